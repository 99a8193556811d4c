"""FLOOR 1. Ties by subject (core/inferring.py) as the database remembers them; judged again as their window changes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, exists, func, select, update

from monitor.core.house import House
from monitor.core.inferring import WINDOW, infer
from monitor.core.message import Seen
from monitor.store.folding import large, refold, sightings_of
from monitor.store.listed import listed
from monitor.store.rows import seen_of
from monitor.store.strands import conversations_of, place_messages
from monitor.store.tables import SEEKS, AnyRow, conversations, messages

MOST_ROUNDS = 100
"""What one tie changes may change another, always of a later mail; so this ends. A fault must not go on for ever."""


@dataclass(frozen=True, slots=True)
class _Changed:
    """What was received in [since, until] in these conversations has changed."""

    numbers: set[int]
    since: datetime
    until: datetime


def retie(connection: Connection, changed: Collection[int], house: House, waits_too: bool = True) -> None:
    """Judge again all that subjects tie in these conversations, whenever it was received: the rules have changed.

    `waits_too`: whether what this changes is folded to its waits.
    """
    tie_by_subject(connection, changed, (), house, (), waits_too)


def tie_by_subject(
    connection: Connection,
    touched: Collection[int],
    new: Collection[int],
    house: House,
    stamps: Collection[datetime],
    waits_too: bool = True,
) -> None:
    """Judge again what subjects tie, where conversations changed: all of a `touched` one, of a `new` one at `stamps`.

    A conversation of more than LARGE messages takes no part: everybody writes there, and it is folded later.
    """
    whole = [stamp for stamp in connection.execute(_SPAN, {"touched": touched}).one() if stamp] if touched else []
    if not (moments := [*stamps, *whole]):
        return
    changed = _Changed({*touched, *new}, min(moments), max(moments))
    for _ in range(MOST_ROUNDS):
        after = _judge(connection, changed, house, waits_too)
        if after is None:
            return
        changed = after


def _judge(connection: Connection, changed: _Changed, house: House, waits_too: bool) -> _Changed | None:
    """One round; what it changed."""
    lost = _lost(connection, changed.numbers)
    seekers = _seekers(connection, changed)
    if not seekers and not lost:
        return None
    numbers = _hosts(connection, seekers) | set(lost.values())
    strands = _strands(connection, numbers - large(connection, numbers))
    before = {n: to for n, to in conversations_of(connection, strands.keys()).items() if n != to} | lost
    wanted = ({row.strand for row in seekers} & strands.keys()) | lost.keys()
    after = infer(strands, wanted, before, house)
    moved = {n: after.get(n) for n in wanted if after.get(n) != before.get(n)}
    if not moved:
        return None
    concerned = _move(connection, moved, before)
    refold(connection, concerned, house, waits_too=waits_too)
    stamps = [seen.received_at for n in moved for seen in strands.get(n, ())]
    return _Changed(concerned, min(stamps), max(stamps)) if stamps else None


def _lost(connection: Connection, numbers: Collection[int]) -> dict[int, int]:
    """Strands of these conversations that are tied by subject, but whose first message seeks nothing any more."""
    return {row.number: row.tied_to for row in connection.execute(_LOST, {"numbers": numbers})}


def _seekers(connection: Connection, changed: _Changed) -> Sequence[AnyRow]:
    until = changed.until + WINDOW
    return connection.execute(_SEEKERS, {"numbers": changed.numbers, "since": changed.since, "until": until}).all()


_SPAN = select(func.min(messages.c.received_at), func.max(messages.c.received_at)).where(
    listed(messages.c.conversation, "touched")
)
_LOST = select(conversations.c.number, conversations.c.tied_to).where(
    conversations.c.tied_to.is_not(None),
    ~exists(select(1).where(messages.c.strand == conversations.c.number, messages.c.seeks)),
    listed(conversations.c.tied_to, "numbers"),
)
_KEYS = select(messages.c.subject_key).where(listed(messages.c.conversation, "numbers"), messages.c.subject_key != "")
_SEEKERS = select(messages.c.strand, messages.c.conversation, messages.c.subject_key, messages.c.received_at).where(
    SEEKS,
    messages.c.subject_key.in_(_KEYS),
    messages.c.received_at >= bindparam("since"),
    messages.c.received_at <= bindparam("until"),
)


def _hosts(connection: Connection, seekers: Sequence[AnyRow]) -> set[int]:
    """The conversations in which a mail of such a subject came at most 14 days before; and those they are in now."""
    if not seekers:
        return set()
    stamps = [row.received_at for row in seekers]
    given = {"keys": {row.subject_key for row in seekers}, "since": min(stamps) - WINDOW, "until": max(stamps)}
    return set(connection.execute(_HOSTS, given).scalars()) | {row.conversation for row in seekers}


def _strands(connection: Connection, numbers: Collection[int]) -> dict[int, list[Seen]]:
    rows = connection.execute(_MESSAGES, {"numbers": numbers}).all()
    sighted = sightings_of(connection, numbers)
    strands: dict[int, list[Seen]] = {}
    for row in rows:
        strands.setdefault(row.strand, []).append(seen_of(row, sighted[row.id]))
    return strands


_HOSTS = (
    select(messages.c.conversation)
    .where(listed(messages.c.subject_key, "keys"))
    .where(messages.c.received_at >= bindparam("since"), messages.c.received_at <= bindparam("until"))
    .distinct()
)
_MESSAGES = select(messages).where(listed(messages.c.conversation, "numbers"))


def _move(connection: Connection, moved: Mapping[int, int | None], before: Mapping[int, int]) -> set[int]:
    """Strands go to their new conversations, with those that were tied to them; the conversations that changed."""
    tied = [{"strand": n, "to": to} for n, to in moved.items()]
    ties = update(conversations).where(conversations.c.number == bindparam("strand"))
    connection.execute(ties.values(tied_to=bindparam("to")), tied)
    if led := [each for each in tied if each["to"] is not None]:
        follow = update(conversations).where(conversations.c.tied_to == bindparam("strand"))
        connection.execute(follow.values(tied_to=bindparam("to")), led)
    place_messages(connection, moved.keys())
    found = (*moved.keys(), *moved.values(), *(before.get(n) for n in moved))
    return {n for n in found if n is not None}
