"""FLOOR 1. Mailboxes in which nothing has changed: noted together, in one transaction, as a look at each would note it.

The statements of a round in which nothing happens are as many for one mailbox as for a thousand.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import NamedTuple

from sqlalchemy import and_, bindparam, select, update

from monitor.core.cursor import Cursor, FolderState, Plan, plan
from monitor.core.message import Role
from monitor.store.leases import Hold
from monitor.store.listed import listed
from monitor.store.looks import note_complete
from monitor.store.store import Store
from monitor.store.tables import conversations, folders, mailboxes, messages, sightings, waits


@dataclass(frozen=True, slots=True)
class Glanced:
    """What a server says of a mailbox in which a look would read these folders, and what else that look would do.

    `seeks_since`: none of them is a Sent folder, and a look would seek one unless that was done after this moment.
    `needs_sent`: a Sent folder that is gone would be a fault. `stale_after`: how old its view may grow.
    """

    address: str
    wanted: Mapping[str, Role]
    states: Mapping[str, FolderState]
    stale_after: timedelta
    seeks_since: datetime | None = None
    needs_sent: bool = True


class _Folder(NamedTuple):
    """A folder as stored, as far as it matters here: of hundreds of mailboxes each round."""

    id: int
    name: str
    role: Role
    watched: bool
    looked_at_once: bool
    complete: bool
    uidvalidity: int | None
    uidnext: int | None
    highestmodseq: int | None
    messages: int | None


@dataclass(frozen=True, slots=True)
class Noted:
    """What is stored of mailboxes, as far as a glance at them is compared with it.

    `put_off`: a look has conversations to fold. `sought_at`: when a Sent folder was sought, of those where it is.
    """

    put_off: bool
    folders: Mapping[str, Sequence[_Folder]]
    sought_at: Mapping[str, datetime | None]


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A mailbox in which all is as it was: its watched folders, and those of which a look would yet ask flags if
    somebody waits there."""

    address: str
    stale_after: timedelta
    folders: Sequence[int]
    asks: Set[int]


_PUT_OFF = select(conversations.c.number).where(conversations.c.stale).limit(1)
_FOLDERS = select(
    folders.c.mailbox, folders.c.id, folders.c.name, folders.c.role, folders.c.watched,
    folders.c.looked_at.is_not(None), folders.c.complete,
    folders.c.uidvalidity, folders.c.uidnext, folders.c.highestmodseq, folders.c.messages,
).where(listed(folders.c.mailbox, "addresses"))  # fmt: skip
_SOUGHT = select(mailboxes.c.address, mailboxes.c.sent_sought_at).where(listed(mailboxes.c.address, "addresses"))
_LOOKED_AT = update(folders).where(listed(folders.c.id, "ids")).values(looked_at=bindparam("moment"))


def noted(store: Store, addresses: Collection[str], seeking: Collection[str]) -> Noted:
    """To be asked while the servers make their answers. `seeking`: a look at these seeks a Sent folder now and then.

    What is read here of a mailbox changes only by a look at it. Raises StoreError.
    """
    rows: dict[str, list[_Folder]] = defaultdict(list)
    with store.reading() as connection:
        put_off = connection.execute(_PUT_OFF).first() is not None
        for mailbox, *row in connection.execute(_FOLDERS, {"addresses": addresses}):
            rows[mailbox].append(_Folder(*row))
        sought = connection.execute(_SOUGHT, {"addresses": seeking}).all() if seeking else ()
    return Noted(put_off, rows, {row.address: row.sent_sought_at for row in sought})


def unchanged(known: Noted, one: Glanced) -> Unchanged | None:
    """Whether a look at this mailbox would find nothing new, by what was `noted` since the round began."""
    rows = known.folders.get(one.address, ())
    watched = [folder for folder in rows if folder.watched]
    # What was put off is folded by a look, at whichever mailbox.
    if known.put_off or not _as_wanted(one, watched, rows, known.sought_at.get(one.address)):
        return None
    plans = {folder.id: _plan(folder, one.states.get(folder.name)) for folder in watched}
    asks = {folder for folder, step in plans.items() if step and step.ask_flags}
    return Unchanged(one.address, one.stale_after, list(plans), asks) if None not in plans.values() else None


def note_quiet(store: Store, quiet: Iterable[Unchanged], now: datetime, hold: Hold) -> set[str]:
    """These mailboxes, but those with a mail whose flags are to be asked, and of them those still held: noted as looked
    at. Returns their addresses; the others are to be looked at. Raises StoreError.
    """
    found = {one.address: one for one in quiet}
    if any(one.asks for one in found.values()):
        waiting = _where_somebody_waits(store)
        found = {address: one for address, one in found.items() if not one.asks & waiting}
    if not found:
        return set()
    # Undone by a power cut, we only know less than we did: nobody is called late by that, and the next round tells it.
    with store.writing(retold=True) as connection:
        held = hold.stands(connection, found)
        looked_at = [folder for address in held for folder in found[address].folders]
        connection.execute(_LOOKED_AT, {"ids": looked_at, "moment": now})
        note_complete(connection, {address: found[address].stale_after for address in held}, now)
    return held


def _as_wanted(one: Glanced, watched: Sequence[_Folder], rows: Sequence[_Folder], sought: datetime | None) -> bool:
    """Whether a look would read just these folders, and neither seek a Sent folder nor miss one."""
    roles = {folder.name: folder.role for folder in watched}
    found = {name: role for name, role in roles.items() if role == "sent"} if one.seeks_since else {}
    if not watched or roles != {**one.wanted, **found} or len(found) > 1:
        return False
    if one.seeks_since is None or found:
        return True
    lost = any(row.role == "sent" and row.looked_at_once for row in rows)
    return sought is not None and sought > one.seeks_since and not (lost and one.needs_sent)


def _plan(folder: _Folder, state: FolderState | None) -> Plan | None:
    """Of a folder that is as it was when it was read to its end; None where it is not."""
    if state is None or not folder.complete or folder.uidnext is None:
        return None
    told = state.uidvalidity, state.uidnext, state.highestmodseq, state.messages
    if told != (folder.uidvalidity, folder.uidnext, folder.highestmodseq, folder.messages):
        return None
    return _plan_of_unchanged(state.highestmodseq is not None, state.messages is not None)


@cache
def _plan_of_unchanged(modseq: bool, messages: bool) -> Plan:
    """What a look would do where nothing has changed, by what its server tells; nothing, or nothing but ask flags."""
    numbers = 1, 1, 1 if modseq else None, 1 if messages else None
    return plan(Cursor(*numbers), FolderState(*numbers))


def _where_somebody_waits(store: Store) -> set[int]:
    """The folders with a mail whose flags a look would ask (`flags.waiting_mails`).

    Of all folders: asked for some, SQLite would go through all that lies in these, instead of through the few waits.
    """
    query = (
        select(sightings.c.folder)
        .distinct()
        .join(folders, and_(folders.c.id == sightings.c.folder, folders.c.uidvalidity == sightings.c.uidvalidity))
        .join(messages, messages.c.id == sightings.c.message)
        .join(waits, waits.c.conversation == messages.c.conversation)
        .where(sightings.c.gone_at.is_(None), waits.c.state == "waiting")
        .where(messages.c.wants_reply, messages.c.received_at >= waits.c.opened_at)
    )
    with store.reading() as connection:
        return set(connection.execute(query).scalars())
