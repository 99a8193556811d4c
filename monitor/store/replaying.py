"""FLOOR 1. Stored history for a replay: every wait as it was lived, read a page at a time; nothing is written.

Each page is a read transaction of its own, so that the daemon goes on meanwhile.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, func, or_, select

from monitor.core.house import House, Target, due_at
from monitor.core.lived import Lived, Said, ended_at, known_end, pauses, snoozes
from monitor.core.message import Seen
from monitor.core.order import in_order
from monitor.core.report.figures import WaitFacts
from monitor.core.wait import Mark, Wait
from monitor.core.waits import fold
from monitor.store.acting_tables import acts
from monitor.store.folding import sightings_of
from monitor.store.knowing import informed
from monitor.store.reporting import FACTS, PAST_FACTS, AsOf, facts_of
from monitor.store.rows import seen_of
from monitor.store.store import Store, among
from monitor.store.tables import AnyRow, conversations, letters, messages, past_waits, settings, waits

PAGE = 500
"""So many conversations, or waits, a transaction."""

Tell = Callable[[int, int], None]
"""Is told how many of how many were read."""


def differ_in_targets_only(one: House, other: House) -> bool:
    """Whether the fold gives the same waits in both houses but for when their promises run out."""
    return list(one.desks) == list(other.desks) and _without_targets(one) == _without_targets(other)


def _without_targets(house: House) -> House:
    return replace(house, desks={address: replace(desk, target=Target()) for address, desk in house.desks.items()})


def is_folded_by(store: Store, fingerprint: str) -> bool:
    """Whether the stored waits were folded by these rules (Settings.rules_fingerprint)."""
    with store.reading() as connection:
        return connection.execute(select(settings.c.value).where(settings.c.name == "rules")).scalar() == fingerprint


def stored_waits(store: Store, house: House, since: datetime, as_of: AsOf, tell: Tell) -> Iterator[Lived]:
    """The waits as they are stored, with the promises of this house: of a house that differs in targets only.

    All that are of use from `since` on: those opened since, and those that were not over by then. `as_of`: up to when
    mailboxes are known.
    """
    with store.reading() as connection:
        last = int(connection.execute(select(func.coalesce(func.max(waits.c.id), 0))).scalar_one())
        said = select(messages.c.conversation).join(acts, acts.c.message == messages.c.id)
        by_hand = set(connection.execute(said.distinct()).scalars())
    useful = or_(
        waits.c.state == "waiting",
        waits.c.opened_at >= since,
        waits.c.answered_at >= since,
        waits.c.closed_at >= since,
        (waits.c.state == "answered") & waits.c.answered_at.is_(None),
    )
    query = select(*FACTS, waits.c.opener).where(useful)
    for at in range(0, last, 10 * PAGE):
        with store.reading() as connection:
            page = query.where(waits.c.id > at, waits.c.id <= at + 10 * PAGE).order_by(waits.c.id)
            rows = [row for row in connection.execute(page) if row.conversation not in by_hand]
            cites = _cites(connection, {row.conversation for row in rows if row.evidence == "cited"})
        for row in rows:
            lived = _of_row(row, house, as_of, cites.get(row.conversation, ()))
            if _is_useful(lived, since):
                yield lived
        tell(min(at + 10 * PAGE, last), last)
    yield from _folded(store, sorted(by_hand), house, since, as_of)
    yield from past(store, house, since, as_of)


def folded_waits(store: Store, house: House, since: datetime, as_of: AsOf, tell: Tell) -> Iterator[Lived]:
    """The same of any house: every conversation is folded in memory. Which mails belong together stays as stored."""
    with store.reading() as connection:
        query = select(conversations.c.number).where(conversations.c.lead.is_(None), conversations.c.tied_to.is_(None))
        numbers = connection.execute(query.order_by(conversations.c.number)).scalars().all()
    yield from _folded(store, numbers, house, since, as_of, tell)
    yield from past(store, house, since, as_of)


def past(store: Store, house: House, since: datetime, as_of: AsOf) -> Iterator[Lived]:
    """Waits whose mails are not kept any more: as they were, with the promises of this house."""
    ended = or_(past_waits.c.answered_at >= since, past_waits.c.closed_at >= since, past_waits.c.known_until >= since)
    with store.reading() as connection:
        rows = connection.execute(select(*PAST_FACTS).where(or_(past_waits.c.opened_at >= since, ended))).all()
    for row in rows:
        facts = facts_of(row, row.known_until if row.state == "waiting" else as_of(row.mailboxes))
        facts = replace(facts, id=-facts.id, due_at=due_at(row.opened_at, house.target(row.mailboxes[0])))
        yield Lived(facts, row.known_until if row.state == "waiting" else known_end(*_end(row)))


def letters_sent(store: Store, start: datetime, end: datetime) -> int:
    """How many reminder letters really left in [start, end]."""
    sent = select(func.count()).where(letters.c.kind == "reminder", letters.c.state == "sent")
    with store.reading() as connection:
        return int(connection.execute(sent.where(letters.c.settled_at.between(start, end))).scalar_one())


def _is_useful(wait: Lived, since: datetime) -> bool:
    return wait.ended_at is None or wait.ended_at >= since or wait.facts.opened_at >= since


def _end(row: AnyRow) -> tuple[datetime | None, datetime]:
    return row.answered_at or row.closed_at, row.opened_at


def _of_row(row: AnyRow, house: House, as_of: AsOf, cites: Sequence[datetime]) -> Lived:
    facts = facts_of(row, as_of(row.mailboxes))
    facts = replace(facts, id=row.opener, due_at=due_at(row.opened_at, house.target(row.mailboxes[0])))
    return Lived(facts, None if row.state == "waiting" else known_end(*_end(row), cites))


def _cites(connection: Connection, numbers: Iterable[int]) -> dict[int, list[datetime]]:
    """When mails came that cite an answer, by conversation."""
    found: dict[int, list[datetime]] = defaultdict(list)
    query = select(messages.c.conversation, messages.c.received_at).where(messages.c.cites.is_not(None))
    if numbers := sorted(numbers):
        for row in connection.execute(query.where(among(messages.c.conversation, numbers, connection))):
            found[row.conversation].append(row.received_at)
    return found


def _folded(
    store: Store,
    numbers: Sequence[int],
    house: House,
    since: datetime,
    as_of: AsOf,
    tell: Tell = lambda _done, _all: None,
) -> Iterator[Lived]:
    for at in range(0, len(numbers), PAGE):
        page = numbers[at : at + PAGE]
        with store.reading() as connection:
            told = informed(connection, house)
            rows = connection.execute(select(messages).where(among(messages.c.conversation, page, connection))).all()
            sighted, said = sightings_of(connection, page), _said(connection, page)
        groups: dict[int, list[AnyRow]] = defaultdict(list)
        for row in rows:
            groups[row.conversation].append(row)
        for number, group in groups.items():
            seen = {row.id: seen_of(row, sighted[row.id]) for row in group}
            for wait in _fold_one(number, group, seen, told, said.get(number, ()), as_of):
                if _is_useful(wait, since):
                    yield wait
        tell(min(at + PAGE, len(numbers)), len(numbers))


def _fold_one(
    number: int, rows: Sequence[AnyRow], seen: dict[int, Seen], house: House, said: Sequence[Said], as_of: AsOf
) -> Iterator[Lived]:
    strands: dict[int, list[Seen]] = defaultdict(list)
    for row in rows:
        strands[row.strand].append(seen[row.id])
    by_subject = frozenset(in_order(s)[0].message.identity for strand, s in strands.items() if strand != number)
    messages_ = list(seen.values())
    folded = fold(messages_, house, [s.mark for s in said if s.undone_at is None], by_subject)
    ids = {m.message.identity: n for n, m in seen.items()}
    cites = [m.received_at for m in messages_ if m.message.identity in folded.cites]
    for wait in folded.waits:
        members = [seen[ids[identity]] for identity in wait.members]
        mine = [s for s in said if s.mark.message in wait.members]
        yield Lived(
            _facts(wait, number, ids[wait.opener], house, as_of),
            ended_at(wait, cites),
            snoozes(members, mine),
            pauses(wait, messages_, house, said, by_subject) if mine else (),
        )


def _facts(wait: Wait, number: int, opener: int, house: House, as_of: AsOf) -> WaitFacts:
    return WaitFacts(
        number=number,
        team=house.team(wait.mailboxes[0]),
        state=wait.state,
        opened_at=wait.opened_at,
        due_at=wait.due_at,
        answered_at=wait.answered_at,
        evidence=wait.evidence,
        as_of=as_of(wait.mailboxes),
        mailboxes=wait.mailboxes,
        closed_at=wait.closed_at,
        id=opener,
        handoffs=wait.handoffs,
    )


def _said(connection: Connection, numbers: Sequence[int]) -> dict[int, list[Said]]:
    """All that was said in each of these conversations, also what was taken back."""
    found: dict[int, list[Said]] = defaultdict(list)
    query = select(acts, messages.c.identity, messages.c.conversation).join(messages, messages.c.id == acts.c.message)
    for row in connection.execute(query.where(among(messages.c.conversation, numbers, connection)).order_by(acts.c.id)):
        mark = Mark(row.identity, row.kind, row.at, row.until, row.team, row.person, row.id, row.heard_at)
        found[row.conversation].append(Said(mark, row.undone_at))
    return found
