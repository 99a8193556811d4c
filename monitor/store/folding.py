"""FLOOR 1. Folds conversations again and writes what changed: verdicts and waits are derived, never edited.

A constant number of statements for any number of conversations (law 10).
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from sqlalchemy import Connection, func, select, update

from monitor.core.alone import alone
from monitor.core.conversations import ALONE, Link, Ties, links, ties
from monitor.core.exchange import exchange
from monitor.core.gist import Gist
from monitor.core.house import House
from monitor.core.inferring import seeks
from monitor.core.message import Seen
from monitor.core.needs_reply import case, judge
from monitor.core.order import in_order
from monitor.core.sightings import Sighting
from monitor.core.topic import key_of
from monitor.core.wait import Folded, Mark
from monitor.core.waits import fold_ordered
from monitor.store.acts import marks_of
from monitor.store.bulk import insert_whole
from monitor.store.outcome import Writing
from monitor.store.rows import Derived, New, derived_of, new_message_row, seen_of, sighting_of
from monitor.store.store import among
from monitor.store.tables import (
    PUT_OFF,
    AnyRow,
    conversations,
    folders,
    messages,
    sightings,
    waits,
)

Grouped = dict[int, list[AnyRow]]
Sighted = dict[int, list[Sighting]]

LARGE = 2000
"""A conversation of more messages is folded once a look, not with each batch: a list of years would take hours."""


class Span(NamedTuple):
    """When the first and the last message of a conversation came; whether one sought by its subject, and does no more:
    another one is now the first of its strand."""

    first: datetime
    last: datetime
    turned: bool


class _Told(NamedTuple):
    """A message of a conversation that is folded: its row, or what will be in it."""

    of: AnyRow | New
    seen: Seen
    ties: Ties

    @property
    def gist(self) -> Gist | None:
        """Of what is new; what is known was stored without."""
        return self.of.gist if isinstance(self.of, New) else None


def refold(
    connection: Connection,
    numbers: Collection[int],
    house: House,
    new: Mapping[int, Sequence[New]] = MappingProxyType({}),
    waits_too: bool = True,
    begun: Collection[int] = (),
) -> dict[int, Span]:
    """Fold these conversations and store verdicts, links and waits; `new` messages of each are put in on the way.

    Without `waits_too` the waits only follow the mails that opened them, for somebody who folds again when all is in
    its place. Of those that have just `begun` nothing else is stored.

    Returns the spans of those that were folded, without what is new; of large ones, which are put off, none.
    """
    known = set(numbers).difference(begun)
    later = large(connection, known) if known else set()
    if later:
        _put_off(connection, later, house, [n for number in later for n in new.get(number, ())])
    numbers = [number for number in numbers if number not in later]
    stored = _stored(connection, known - later)
    if not waits_too:
        bring_home(connection, known - later)
    writing, begun = Writing(stored.waits if waits_too else None), frozenset(begun)
    spans: dict[int, Span] = {}
    for number in numbers:
        came = new.get(number, ())
        if number in begun and _at_once(number, came, house, writing):  # nearly all, in a first look
            continue
        rows = stored.rows.get(number, ())
        told = [_of_row(row, stored.sighted, house) for row in rows]
        told += [_Told(n, n.seen, n.gist.ties) for n in came]
        seekers = _fold_one(number, told, stored.said.get(number, ()), house, writing)
        if rows:
            spans[number] = _span(rows, seekers)
    writing.write(connection)
    return spans


def _span(rows: Sequence[AnyRow], seekers: Collection[str]) -> Span:
    stamps = [row.received_at for row in rows]
    return Span(min(stamps), max(stamps), any(row.seeks and row.identity not in seekers for row in rows))


def fold_stale(connection: Connection, house: House) -> int:
    """Fold the large conversations that were put off; how many there were."""
    numbers = connection.execute(select(conversations.c.number).where(PUT_OFF)).scalars().all()
    for number in numbers:
        stored = _stored(connection, [number])
        writing = Writing(stored.waits)
        told = [_of_row(row, stored.sighted, house) for row in stored.rows.get(number, ())]
        _fold_one(number, told, stored.said.get(number, ()), house, writing)
        writing.write(connection)
    if numbers:
        connection.execute(update(conversations).where(PUT_OFF).values(stale=False))
    return len(numbers)


def bring_home(connection: Connection, numbers: Collection[int]) -> None:
    """The waits that mails of these conversations opened stand there too."""
    home = select(messages.c.conversation).where(messages.c.id == waits.c.opener).scalar_subquery()
    openers = select(messages.c.id).where(among(messages.c.conversation, numbers, connection))
    moved = waits.c.opener.in_(openers) & (waits.c.conversation != home)
    connection.execute(update(waits).where(moved).values(conversation=home))


def sightings_of(connection: Connection, numbers: Collection[int]) -> Sighted:
    """Where the messages of these conversations were ever seen, by message row id."""
    found = connection.execute(
        select(*_SIGHTING)
        .join(folders, folders.c.id == sightings.c.folder)
        .join(messages, messages.c.id == sightings.c.message)
        .where(among(messages.c.conversation, numbers, connection))
    )
    sighted: Sighted = defaultdict(list)
    for message, *more in found:
        sighted[message].append(sighting_of(*more))
    return sighted


_SIGHTING = (
    *(sightings.c.message, folders.c.mailbox, folders.c.role, sightings.c.flags, sightings.c.gone_at, sightings.c.size),
    *(sightings.c.seen_at, sightings.c.arrived_at, sightings.c.answered_at, sightings.c.answered_after),
)


def large(connection: Connection, numbers: Collection[int]) -> set[int]:
    """Those of these conversations that have more than LARGE messages."""
    query = (
        select(messages.c.conversation)
        .where(among(messages.c.conversation, numbers, connection))
        .group_by(messages.c.conversation)
        .having(func.count() > LARGE)
    )
    return set(connection.execute(query).scalars())


def _put_off(connection: Connection, numbers: Collection[int], house: House, new: Sequence[New]) -> None:
    """Each new message is judged by itself for now; the waits follow at the end of the look."""
    rows = []
    for each in new:
        judged = Folded({each.seen.message.identity: judge(case(each.seen, house, gist=each.gist))}, ())
        rows.append(new_message_row(each, _derived(each.seen, judged, ALONE, gist=each.gist)))
    insert_whole(connection, messages, rows)
    connection.execute(
        update(conversations).where(among(conversations.c.number, numbers, connection)).values(stale=True)
    )


class _Stored(NamedTuple):
    """What the store holds of some conversations: messages and marks by its number, waits, sightings by message."""

    rows: Grouped
    waits: Sequence[AnyRow]
    sighted: Sighted
    said: Mapping[int, Sequence[Mark]]


def _stored(connection: Connection, numbers: Collection[int]) -> _Stored:
    if not numbers:
        return _Stored({}, (), {}, {})
    rows: Grouped = defaultdict(list)
    for row in connection.execute(select(messages).where(among(messages.c.conversation, numbers, connection))):
        rows[row.conversation].append(row)
    stored = connection.execute(select(waits).where(among(waits.c.conversation, numbers, connection))).all()
    return _Stored(rows, stored, sightings_of(connection, numbers), marks_of(connection, numbers))


def _of_row(row: AnyRow, sighted: Sighted, house: House) -> _Told:
    seen = seen_of(row, sighted[row.id])
    return _Told(row, seen, ties(seen.message, house.staff))


def _fold_one(number: int, told: Sequence[_Told], said: Sequence[Mark], house: House, writing: Writing) -> set[str]:
    """Write one conversation; the identities of its messages that may be tied by their subject."""
    ordered = in_order([t.seen for t in told])
    strands: dict[int, list[_Told]] = defaultdict(list)
    for each in told:
        strands[each.of.strand].append(each)
    linked: dict[str, Link] = {}
    for strand in strands.values():
        linked |= links({t.seen.message.identity: t.ties for t in strand})
    whole = len(strands) == 1  # its messages are those of the conversation
    heads = {n: ordered[0] if whole else in_order([t.seen for t in strand])[0] for n, strand in strands.items()}
    tied = [head.message for n, head in heads.items() if n != number]
    linked |= {head.identity: Link("join.inferred", head.subject) for head in tied}
    gists = {t.seen.message.identity: t.gist for t in told if t.gist is not None}
    folded = fold_ordered(ordered, house, said, frozenset([head.identity for head in tied]), gists)
    firsts = [(head, gists.get(head.message.identity)) for head in heads.values()]
    seekers = {head.message.identity for head, gist in firsts if seeks(head, house, gist=gist)}
    for each in told:
        identity = each.seen.message.identity
        derived = _derived(each.seen, folded, linked[identity], identity in seekers, each.gist)
        if isinstance(each.of, New):
            writing.insert(each.of, derived)
        else:
            writing.change(each.of, derived)
    ids = {t.seen.message.identity: t.of.id for t in told}
    writing.waits(number, folded.waits, ids, house)
    return seekers


def _at_once(number: int, came: Sequence[New], house: House, writing: Writing) -> bool:
    """Whether a conversation that has just begun is of so few mails that it needs no walk; then it is done."""
    if not 0 < len(came) < 3 or not came[0].strand == came[-1].strand == number:
        return False
    if len(came) == 1:
        (new,) = came
        ids = {new.seen.message.identity: new.id}
        writing.alone(new, alone(new.seen, house, new.gist), ALONE, house, ids)
        return True
    one, other = came
    asked, answer = (other, one) if one.seen.message.names else (one, other)
    found = exchange(asked.seen, answer.seen, house, (asked.gist, answer.gist))
    if found is None:
        return False
    question, reply = asked.seen.message.identity, answer.seen.message.identity
    linked = links({question: asked.gist.ties, reply: answer.gist.ties})
    writing.alone(asked, found.asked, linked[question], house, {question: asked.id, reply: answer.id})
    writing.insert(answer, derived_of(found.answer, linked[reply], found.key, seeks=False))
    return True


def _derived(seen: Seen, folded: Folded, link: Link, seeks_: bool = False, gist: Gist | None = None) -> Derived:
    identity, key = seen.message.identity, gist.key if gist else key_of(seen.message)
    more = folded.cites.get(identity), folded.stand_ins.get(identity)
    return derived_of(folded.verdicts[identity], link, key, seeks_, *more)
