"""FLOOR 1. What a look at a mailbox came to: seen whole, of one mailbox or of many at once; or what went wrong."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, exists, func, insert, select, update

from monitor.store.blind import forget_blind, note_blind
from monitor.store.listed import listed
from monitor.store.store import Store, among
from monitor.store.tables import AnyRow, blind, folders, mailboxes, messages, sightings, waits

CLOCK_SKEW = timedelta(minutes=5)
"""The server's clock may run so far before ours: what Kerberos takes for the same time too (RFC 4120, section 8.2)."""


_CHANGED: tuple[str, ...] = ("first_as_of", "fault", "fault_text", "fault_since", "readable_since")
_CHANGED += ("ahead_by", "ahead_since", "outgoing_seen_at")
"""What a complete look may change of a mailbox beside when it was."""
_OLDEST = select(func.min(folders.c.looked_at)).where(folders.c.mailbox == mailboxes.c.address, folders.c.watched)
_BLIND_UNTIL = select(func.max(blind.c.until)).where(blind.c.mailbox == mailboxes.c.address)
_AS_BEFORE = select(
    mailboxes, _OLDEST.scalar_subquery().label("now_as_of"), _BLIND_UNTIL.scalar_subquery().label("blind_until")
).where(listed(mailboxes.c.address, "addresses"))
"""The rows of mailboxes, and what their folders and blind spells say."""
_AS_USUAL = (
    update(mailboxes)
    .where(listed(mailboxes.c.address, "addresses"))
    .values(as_of=bindparam("seen_until"), looked_at=bindparam("moment"))
)


def looked_completely(
    store: Store,
    address: str,
    now: datetime,
    stale_after: timedelta | None = None,
    ahead: timedelta | None = None,
    unchanged: Collection[int] = (),
) -> None:
    """Every folder of the mailbox was read to its end: its as_of moves. In the `unchanged` ones all was as it was.

    It was blind since the last such look, if that is longer ago than `stale_after`. `ahead`: how far the server's
    clock ran before ours when the newest mail arrived; None where no mail is new.
    """
    with store.writing() as connection:
        if unchanged:
            looked = update(folders).where(among(folders.c.id, unchanged, connection))
            connection.execute(looked.values(looked_at=now))
        note_complete(connection, {address: stale_after}, now, ahead)


def note_complete(
    connection: Connection, stale_after: Mapping[str, timedelta | None], now: datetime, ahead: timedelta | None = None
) -> None:
    """The same of all these mailboxes, in a constant number of statements, once their folders are noted."""
    found = connection.execute(_AS_BEFORE, {"addresses": stale_after}).all()
    silent = [row.address for row in found if row.outgoing_seen_at is None]
    showing = _showing_replies(connection, silent) if silent else set()
    usual: dict[datetime | None, list[str]] = {}
    others, spells = [], []
    for row in found:
        limit, gap = stale_after[row.address], row.now_as_of - row.as_of if row.now_as_of and row.as_of else None
        if limit is not None and gap is not None and gap > limit:
            spells.append((row.address, row.as_of, row.now_as_of))
        if values := _news(row, now, ahead, row.address in showing):
            before = {name: row._mapping[name] for name in _CHANGED}
            others.append({"at": row.address, "as_of": row.now_as_of, "looked_at": now, **before, **values})
        else:
            usual.setdefault(row.now_as_of, []).append(row.address)
    note_blind(connection, spells)
    forget_blind(connection, [row.address for row in found if row.blind_until and row.blind_until > now], now)
    for as_of, addresses in usual.items():
        connection.execute(_AS_USUAL, {"addresses": addresses, "seen_until": as_of, "moment": now})
    if others:
        at = update(mailboxes).where(mailboxes.c.address == bindparam("at"))
        connection.execute(at, others)


def failed_look(store: Store, address: str, fault: str, text: str, now: datetime) -> None:
    """The mailbox could not be read; since when is kept until it can be, whatever kinds of fault there are."""
    with store.writing() as connection:
        row = connection.execute(select(mailboxes).where(mailboxes.c.address == address)).first()
        if row is None:
            connection.execute(insert(mailboxes).values(address=address))
        # Not later than now: it may have been noted while the clock was ahead.
        since = min(row.fault_since or now, now) if row is not None and row.fault is not None else now
        connection.execute(
            update(mailboxes)
            .where(mailboxes.c.address == address)
            .values(looked_at=now, fault=fault, fault_text=text, fault_since=since)
        )


def _news(row: AnyRow, now: datetime, ahead: timedelta | None, shows_replies: bool) -> dict[str, Any]:
    """All that a complete look changes beside when it was; empty where it changes nothing of that."""
    after: dict[str, Any] = {}
    if row.fault is not None or row.fault_text is not None or row.fault_since is not None:
        after |= {"fault": None, "fault_text": None, "fault_since": None}
    if row.first_as_of is None or row.now_as_of is None or row.first_as_of > row.now_as_of:
        # In the future: the clock was ahead then, and whoever becomes late until that day would enter no ladder.
        after["first_as_of"] = row.now_as_of
    if row.fault is not None or row.readable_since is None or row.readable_since > now:
        after["readable_since"] = now
    if ahead is not None:
        after |= _clock(row, ahead, now)
    if row.outgoing_seen_at is None and shows_replies:
        after["outgoing_seen_at"] = now
    return {name: value for name, value in after.items() if value != row._mapping[name]} if after else after


def _clock(row: AnyRow, ahead: timedelta, now: datetime) -> dict[str, Any]:
    if ahead <= CLOCK_SKEW:
        return {"ahead_by": None, "ahead_since": None}
    return {"ahead_by": min(int(ahead.total_seconds()), 2**31 - 1), "ahead_since": row.ahead_since or now}


def _showing_replies(connection: Connection, addresses: Collection[str]) -> set[str]:
    """Those of which an outgoing mail was ever seen: in a Sent folder, or as a copy that answered somebody."""
    at = mailboxes.c.address
    in_sent = exists(
        select(1)
        .select_from(sightings)
        .join(folders, folders.c.id == sightings.c.folder)
        .join(messages, messages.c.id == sightings.c.message)
        .where(folders.c.mailbox == at, folders.c.role == "sent", messages.c.direction == "outgoing")
    )
    answered = exists(select(1).where(waits.c.answered_in == at))
    query = select(at).where(among(at, addresses, connection), in_sent | answered)
    return set(connection.execute(query).scalars())
