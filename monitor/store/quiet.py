"""FLOOR 1. Mailboxes in which nothing has changed: noted together, in one transaction, as a look at each would note it.

The statements of a round in which nothing happens are as many for one mailbox as for a thousand.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import NamedTuple

from sqlalchemy import Connection, and_, select, update

from monitor.core.cursor import Cursor, FolderState, Plan, plan
from monitor.core.message import Role
from monitor.store.leases import Hold
from monitor.store.looks import note_complete
from monitor.store.store import Store, among
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


_FOLDERS = select(
    folders.c.mailbox, folders.c.id, folders.c.name, folders.c.role, folders.c.watched,
    folders.c.looked_at.is_not(None), folders.c.complete,
    folders.c.uidvalidity, folders.c.uidnext, folders.c.highestmodseq, folders.c.messages,
)  # fmt: skip


def note_quiet(store: Store, glanced: Iterable[Glanced], now: datetime, hold: Hold) -> set[str]:
    """Of these mailboxes those where a look would find nothing new, and of them those still held: noted as looked at.

    Returns their addresses; the others are to be looked at. Raises StoreError.
    """
    by_address = {one.address: one for one in glanced}
    with store.reading() as connection:
        quiet = _quiet(connection, by_address)
    if not quiet:
        return set()
    with store.writing() as connection:
        held = hold.stands(connection, quiet)
        looked_at = [folder for address in held for folder in quiet[address]]
        connection.execute(update(folders).where(among(folders.c.id, looked_at, connection)).values(looked_at=now))
        note_complete(connection, {address: by_address[address].stale_after for address in held}, now)
    return held


def _quiet(connection: Connection, glanced: Mapping[str, Glanced]) -> dict[str, list[int]]:
    """The ids of the watched folders of each mailbox in which nothing is to be done."""
    if not glanced or connection.execute(select(conversations.c.number).where(conversations.c.stale).limit(1)).first():
        return {}  # a look folds what was put off
    rows: dict[str, list[_Folder]] = defaultdict(list)
    for mailbox, *row in connection.execute(_FOLDERS.where(among(folders.c.mailbox, glanced, connection))):
        rows[mailbox].append(_Folder(*row))
    sought = select(mailboxes.c.address, mailboxes.c.sent_sought_at).where(
        among(mailboxes.c.address, [each.address for each in glanced.values() if each.seeks_since], connection)
    )
    sought_at = {row.address: row.sent_sought_at for row in connection.execute(sought)}
    quiet: dict[str, list[int]] = {}
    asks: dict[int, str] = {}
    for address, one in glanced.items():
        watched = [folder for folder in rows[address] if folder.watched]
        if not _as_wanted(one, watched, rows[address], sought_at.get(address)):
            continue
        plans = {folder.id: _plan(folder, one.states.get(folder.name)) for folder in watched}
        if all(step is not None for step in plans.values()):
            quiet[address] = list(plans)
            asks |= {folder: address for folder, step in plans.items() if step and step.ask_flags}
    for folder in _where_somebody_waits(connection) & asks.keys() if asks else ():
        quiet.pop(asks[folder], None)
    return quiet


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


def _where_somebody_waits(connection: Connection) -> set[int]:
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
    return set(connection.execute(query).scalars())
