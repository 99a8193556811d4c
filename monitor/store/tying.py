"""FLOOR 1. Ties by subject (core/inferring.py) as the database remembers them; judged again when their window
changes."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select, update

from monitor.core.house import House
from monitor.core.inferring import WINDOW, infer
from monitor.core.message import Seen
from monitor.store.folding import refold, sightings_of
from monitor.store.rows import seen_of
from monitor.store.store import among
from monitor.store.strands import conversations_of, place_messages
from monitor.store.tables import AnyRow, conversations, messages


def retie(connection: Connection, changed: Collection[int], house: House) -> None:
    """Judge again all that subjects tie in these conversations, whenever it was received: the rules have changed."""
    moments = select(func.min(messages.c.received_at), func.max(messages.c.received_at))
    since, until = connection.execute(moments).one()
    if since is not None:
        tie_by_subject(connection, changed, house, since, until)


def tie_by_subject(
    connection: Connection, changed: Collection[int], house: House, since: datetime, until: datetime
) -> None:
    """Judge again what subjects tie, where messages of the `changed` conversations were received in [since, until]."""
    seekers = _seekers(connection, changed, since, until)
    if not seekers:
        return
    first = min(row.received_at for row in seekers) - WINDOW
    hosts = (
        select(messages.c.strand, messages.c.conversation)
        .where(among(messages.c.subject_key, {row.subject_key for row in seekers}, connection))
        .where(messages.c.received_at >= first, messages.c.received_at <= max(row.received_at for row in seekers))
    )
    numbers = {row.conversation for row in connection.execute(hosts)}
    strands = _strands(connection, numbers)
    before = {n: to for n, to in conversations_of(connection, strands.keys()).items() if n != to}
    wanted = {row.strand for row in seekers}
    after = infer(strands, wanted, before, house)
    moved = {n: after.get(n) for n in wanted & strands.keys() if after.get(n) != before.get(n)}
    if moved:
        _move(connection, moved, before, house)


def _seekers(connection: Connection, changed: Collection[int], since: datetime, until: datetime) -> Sequence[AnyRow]:
    keys = select(messages.c.subject_key).where(
        among(messages.c.conversation, changed, connection), messages.c.subject_key != ""
    )
    query = (
        select(messages.c.strand, messages.c.subject_key, messages.c.received_at)
        .where(messages.c.seeks, messages.c.subject_key.in_(keys))
        .where(messages.c.received_at >= since, messages.c.received_at <= until + WINDOW)
    )
    return connection.execute(query).all()


def _strands(connection: Connection, numbers: Collection[int]) -> dict[int, list[Seen]]:
    rows = connection.execute(select(messages).where(among(messages.c.conversation, numbers, connection))).all()
    sighted = sightings_of(connection, numbers)
    strands: dict[int, list[Seen]] = {}
    for row in rows:
        strands.setdefault(row.strand, []).append(seen_of(row, sighted[row.id]))
    return strands


def _move(connection: Connection, moved: Mapping[int, int | None], before: Mapping[int, int], house: House) -> None:
    """Strands go to their new conversations, with those that were tied to them; all that changed is folded again."""
    tied = [{"strand": n, "to": to} for n, to in moved.items()]
    ties = update(conversations).where(conversations.c.number == bindparam("strand"))
    connection.execute(ties.values(tied_to=bindparam("to")), tied)
    follow = update(conversations).where(conversations.c.tied_to == bindparam("strand"))
    connection.execute(follow.values(tied_to=bindparam("to")), [t for t in tied if t["to"] is not None])
    place_messages(connection, moved.keys())
    refold(connection, _concerned(moved, before), house)


def _concerned(moved: Mapping[int, int | None], before: Mapping[int, int]) -> set[int]:
    found: Iterable[int | None] = (*moved.keys(), *moved.values(), *(before.get(n) for n in moved))
    return {n for n in found if n is not None}
