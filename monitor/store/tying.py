"""FLOOR 1. Ties by subject (core/inferring.py) as the database remembers them; judged again as their window changes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, exists, func, select, update

from monitor.core.house import House
from monitor.core.inferring import WINDOW, infer
from monitor.core.message import Seen
from monitor.store.folding import Span, large, refold, sightings_of
from monitor.store.listed import listed
from monitor.store.rows import fortnight_of, seen_of
from monitor.store.strands import conversations_of, place_messages
from monitor.store.tables import SEEKS, AnyRow, conversations, messages

MOST_ROUNDS = 100
"""What one tie changes may change another, always of a later mail; so this ends. A fault must not go on for ever."""


@dataclass(frozen=True, slots=True)
class _Changed:
    """These conversations are others since then. `until`: when their last mail came; one that comes in the middle may
    change whether that one opened a wait."""

    numbers: set[int]
    since: datetime
    until: datetime


def retie(connection: Connection, changed: Collection[int], house: House, waits_too: bool = True) -> None:
    """Judge again all that subjects tie in these conversations, whenever it was received: the rules have changed.

    `waits_too`: whether what this changes is folded to its waits.
    """
    first, last = connection.execute(_SPAN, {"changed": changed}).one()
    if first is not None:
        _judge_all(connection, _Changed(set(changed), first, last), house, waits_too)


def tie_by_subject(
    connection: Connection,
    touched: Collection[int],
    new: Collection[int],
    house: House,
    stamps: Collection[datetime],
    folded: Mapping[int, Span],
) -> None:
    """Judge again what subjects tie, where conversations changed: all of a `touched` one, of a `new` one from `stamps`
    on. `folded`: the spans of all those that were there before, as `refold` told them.

    A conversation of more than LARGE messages takes no part: everybody writes there, and it is folded later.
    """
    moments = [*stamps, *(span.first for number, span in folded.items() if number in touched or span.turned)]
    if moments:
        until = max([*moments, *(span.last for span in folded.values())])
        _judge_all(connection, _Changed({*touched, *new}, min(moments), until), house)


def _judge_all(connection: Connection, changed: _Changed, house: House, waits_too: bool = True) -> None:
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
    strands, heads = _strands(connection, numbers - large(connection, numbers))
    before = {n: to for n, to in conversations_of(connection, strands.keys()).items() if n != to} | lost
    if wider := _wider(changed, strands, heads, before):
        return wider
    wanted = ({row.strand for row in seekers} & strands.keys()) | lost.keys()
    after = infer(strands, wanted, before, house)
    moved = {n: after.get(n) for n in wanted if after.get(n) != before.get(n)}
    if not moved:
        return None
    concerned = _move(connection, moved, before)
    folded = refold(connection, concerned, house, waits_too=waits_too)
    went = moved.keys() | {n for n, to in before.items() if to in moved}  # with those that were tied to them
    stamps = [seen.received_at for n in went for seen in strands.get(n, ())]
    if not stamps:
        return None
    return _Changed(concerned, min(stamps), max([*stamps, *(span.last for span in folded.values())]))


def _wider(
    changed: _Changed, strands: Mapping[int, Sequence[Seen]], heads: Mapping[int, datetime], before: Mapping[int, int]
) -> _Changed | None:
    """A strand is tied from its first message on. Where that came after others of the strand, which answer it, the tie
    says nothing of what came between: all since those is judged together. None where that is so already."""
    behind = {n: min(s.received_at for s in strands[n]) for n in heads}
    behind = {n: first for n, first in behind.items() if first < heads[n]}
    since = min(behind.values(), default=changed.since)
    if since >= changed.since:
        return None
    numbers = changed.numbers | {before.get(n, n) for n in behind}
    return _Changed(numbers, since, max([changed.until, *(heads[n] for n in behind)]))


def _lost(connection: Connection, numbers: Collection[int]) -> dict[int, int]:
    """Strands of these conversations that are tied by subject, but whose first message seeks nothing any more."""
    return {row.number: row.tied_to for row in connection.execute(_LOST, {"numbers": numbers})}


def _seekers(connection: Connection, changed: _Changed) -> Sequence[AnyRow]:
    until = changed.until + WINDOW
    return connection.execute(_SEEKERS, {"numbers": changed.numbers, "since": changed.since, "until": until}).all()


_SPAN = select(func.min(messages.c.received_at), func.max(messages.c.received_at)).where(
    listed(messages.c.conversation, "changed")
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
    since, until = min(stamps) - WINDOW, max(stamps)
    given = {"keys": {row.subject_key for row in seekers}, "since": since, "until": until}
    given["fortnights"] = range(fortnight_of(since), fortnight_of(until) + 1)
    return set(connection.execute(_HOSTS, given).scalars()) | {row.conversation for row in seekers}


def _strands(connection: Connection, numbers: Collection[int]) -> tuple[dict[int, list[Seen]], dict[int, datetime]]:
    """The strands of these conversations; when the first message came of each that may be tied."""
    sighted = sightings_of(connection, numbers)
    strands: dict[int, list[Seen]] = {}
    heads: dict[int, datetime] = {}
    for row in connection.execute(_MESSAGES, {"numbers": numbers}):  # one by one: they are large
        strands.setdefault(row.strand, []).append(seen_of(row, sighted[row.id]))
        if row.seeks:
            heads[row.strand] = row.received_at
    return strands, heads


_HOSTS = (
    select(messages.c.conversation)
    .where(listed(messages.c.fortnight, "fortnights"), listed(messages.c.subject_key, "keys"))
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
