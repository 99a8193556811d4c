"""FLOOR 1. Mail between partners and us, by people's own hand: no newsletters, no machines, no spam, nothing forged.

Who wrote when is read from an index alone; the mails themselves, of those few who have gone quiet. A copy in a
conversation in which they never wrote, and which we did not begin with them, is no dialogue.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Text, and_, cast, false, func, or_, select, text

from monitor.core.addresses import spellings
from monitor.core.answers import CLAIMED
from monitor.store.indexes import BEGINS
from monitor.store.knowing import escaped
from monitor.store.store import Store, among
from monitor.store.tables import messages

_THEIRS = and_(messages.c.direction == "incoming", or_(messages.c.wants_reply, messages.c.rule.like("closer.%")))
_OURS = and_(messages.c.direction == "outgoing", messages.c.rule != CLAIMED)

Ours = tuple[datetime, frozenset[str]]
"""A mail of ours: when (UTC), and to whom."""


def writers(store: Store, start: datetime, end: datetime) -> dict[str, datetime]:
    """The addresses that wrote to us in [start, end), and when last."""
    last = func.max(messages.c.received_at).label("last")
    query = select(messages.c.from_address, last).where(messages.c.received_at >= start, messages.c.received_at < end)
    with store.reading() as connection:
        rows = connection.execute(query.where(_THEIRS).group_by(messages.c.from_address))
        return {str(row.from_address): row.last for row in rows}


def last_written(store: Store, partner: str, start: datetime, end: datetime) -> tuple[str, datetime] | None:
    """Who of a partner last wrote to us in [start, end), and when. An index is read backwards, as far as that was."""
    named = (
        or_(*(messages.c.from_address == spelling for spelling in spellings(partner)))
        if "@" in partner
        else messages.c.from_address.like(f"%@{escaped(partner)}", escape="!")
    )
    query = select(messages.c.from_address, messages.c.received_at).where(
        messages.c.received_at >= start, messages.c.received_at < end, _THEIRS, named
    )
    with store.reading() as connection:
        row = connection.execute(query.order_by(messages.c.received_at.desc()).limit(1)).first()
        return None if row is None else (row.from_address, row.received_at)


def our_replies(store: Store, addresses: Collection[str], start: datetime, end: datetime) -> list[Ours]:
    """What we wrote in [start, end) in conversations in which one of these addresses wrote since `start`."""
    with store.reading() as connection:
        theirs = among(messages.c.from_address, addresses, connection)
        talked = select(messages.c.conversation).where(theirs, messages.c.received_at >= start)
        return _ours_in(connection, set(connection.execute(talked).scalars()), start, end)


def begun_with(store: Store, partners: Collection[str], start: datetime, end: datetime) -> list[Ours]:
    """What we wrote in [start, end) in conversations that we began then with one of these partners.

    Perhaps a little more: look at the addresses.
    """
    text_ = cast(messages.c.recipients, Text)
    named: list[ColumnElement[bool]] = [text_.like(p, escape="!") for one in partners for p in _patterns(one)]
    # Named like its index, by no parameter: only then is the index taken (sqlite.org/partialindex.html).
    query = select(messages.c.conversation).where(
        text(BEGINS), messages.c.received_at >= start, messages.c.received_at < end, or_(false(), *named)
    )
    with store.reading() as connection:
        return _ours_in(connection, set(connection.execute(query).scalars()), start, end)


def _ours_in(connection: Connection, numbers: Collection[int], start: datetime, end: datetime) -> list[Ours]:
    here = among(messages.c.conversation, numbers, connection)
    query = select(messages.c.received_at, messages.c.recipients).where(
        here, messages.c.received_at >= start, messages.c.received_at < end, _OURS
    )
    rows = connection.execute(query.order_by(messages.c.received_at))
    return [(at, frozenset(address for _, address in recipients)) for at, recipients in rows]


def _patterns(partner: str) -> list[str]:
    """How recipients stand in JSON; with any detail."""
    if "@" not in partner:
        return [f'%@{escaped(partner)}"%']
    parts = (spelling.rpartition("@") for spelling in spellings(partner))
    return [f'%"{escaped(local)}%@{escaped(domain)}"%' for local, _, domain in parts]
