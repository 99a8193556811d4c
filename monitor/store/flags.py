"""FLOOR 1. What changes of mails that were seen before: their flags, and that they are gone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, bindparam, func, select, update

from monitor.core.house import House
from monitor.core.message import Message
from monitor.core.sightings import ANSWERED
from monitor.store.arrivals import Look
from monitor.store.folding import refold
from monitor.store.knowing import informed
from monitor.store.rows import message_of
from monitor.store.store import Store, among
from monitor.store.tables import folders, messages, sightings, waits


def forget_sightings(store: Store, folder: int, now: datetime) -> None:
    """The uids of this folder mean nothing any more (RFC 3501 §2.3.1.1). The messages, and where they were seen, stay.

    Their rows get a uidvalidity no server gives: one restored from a backup reuses its uids for other mails.
    """
    with store.writing() as connection:
        current = select(folders.c.uidvalidity).where(folders.c.id == folder).scalar_subquery()
        lowest = select(func.min(sightings.c.uidvalidity)).where(sightings.c.folder == folder)
        unused = min(connection.execute(lowest).scalar() or 0, 0) - 1
        old = update(sightings).where(sightings.c.folder == folder, sightings.c.uidvalidity == current)
        connection.execute(old.values(uidvalidity=unused, gone_at=func.coalesce(sightings.c.gone_at, now)))
        connection.execute(update(folders).where(folders.c.id == folder).values(uidvalidity=None, complete=False))


@dataclass(frozen=True, slots=True)
class WaitingMail:
    """A mail of somebody who waits, as it was last seen in a folder."""

    uid: int
    flags: frozenset[str]
    message: Message


def waiting_mails(store: Store, folder: int) -> dict[int, WaitingMail]:
    """By uid, the mails in this folder that belong to a wait which still runs."""
    with store.reading() as connection:
        rows = connection.execute(
            select(sightings.c.uid, sightings.c.flags, messages)
            .join(folders, and_(folders.c.id == sightings.c.folder, folders.c.uidvalidity == sightings.c.uidvalidity))
            .join(messages, messages.c.id == sightings.c.message)
            .join(waits, waits.c.conversation == messages.c.conversation)
            .where(sightings.c.folder == folder, sightings.c.gone_at.is_(None), waits.c.state == "waiting")
            .where(messages.c.wants_reply, messages.c.received_at >= waits.c.opened_at)
        )
        return {row.uid: WaitingMail(row.uid, frozenset(row.flags), message_of(row)) for row in rows}


def flags_changed(
    store: Store,
    folder: int,
    changed: Mapping[int, frozenset[str]],
    gone: Iterable[int],
    house: House,
    look: Look,
) -> None:
    """Keep what the server says of the flags; uids that are no longer there are gone, their messages stay."""
    gone = list(gone)
    with store.writing() as connection:
        current = select(folders.c.uidvalidity).where(folders.c.id == folder).scalar_subquery()
        here = and_(sightings.c.folder == folder, sightings.c.uidvalidity == current)
        if changed:
            at = update(sightings).where(here, sightings.c.uid == bindparam("at"))
            query = select(sightings.c.uid, sightings.c.flags).where(here, among(sightings.c.uid, changed, connection))
            # One that was answered before stays so since then: other flags of it may change at any time.
            before = {row.uid for row in connection.execute(query) if _is_answered(row.flags)}
            answered = [{"at": uid} for uid, flags in changed.items() if _is_answered(flags) and uid not in before]
            connection.execute(at, [{"at": uid, "flags": sorted(flags)} for uid, flags in changed.items()])
            if answered:
                connection.execute(at.values(answered_at=look.now, answered_after=look.before), answered)
        if gone:
            connection.execute(
                update(sightings).where(here, among(sightings.c.uid, gone, connection)).values(gone_at=look.now)
            )
        uids = among(sightings.c.uid, [*changed, *gone], connection)
        query = select(messages.c.conversation).join(sightings, sightings.c.message == messages.c.id)
        touched = set(connection.execute(query.where(here, uids)).scalars())
        refold(connection, touched, informed(connection, house))


def _is_answered(flags: Iterable[str]) -> bool:
    return ANSWERED in {flag.lower() for flag in flags}
