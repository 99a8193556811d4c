"""FLOOR 1. Whole conversations as people want to see them: `threads` and `explain` are made of these."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, select

from monitor.core.ids import hash_of
from monitor.core.message import Address, Direction, Seen
from monitor.core.sightings import Sighting
from monitor.core.wait import Handoff, State
from monitor.store.acts import StoryAct, acts_of
from monitor.store.folding import Sighted, sightings_of
from monitor.store.rows import handoffs_of, seen_of
from monitor.store.store import Store, among
from monitor.store.strands import lead_of
from monitor.store.tables import AnyRow, conversations, folders, letters, messages, reminders, sightings, waits

PAGE = 200

CLOSING = "closer.thanks"
"""The rule of a message that only says thanks."""


@dataclass(frozen=True, slots=True)
class StoryMessage:
    """A message with its verdict. `cites`, `stands_in`: as in the table."""

    id: int
    seen: Seen
    direction: Direction
    wants_reply: bool
    rule: str
    signals: tuple[str, ...]
    link: str = "join.none"
    linked_to: str = ""
    sightings: tuple[Sighting, ...] = ()
    cites: str | None = None
    stands_in: str | None = None

    @property
    def identity(self) -> str:
        """Which message it is, also where two bear one Message-ID."""
        return self.seen.message.identity

    @property
    def shown_id(self) -> str:
        """Its Message-ID, else its digest."""
        return self.seen.message.message_id or self.seen.message.identity


@dataclass(frozen=True, slots=True)
class StoryWait:
    """A wait. `opener`, `answered_by`: Message-IDs (or digests); `members`, opener first, and `answer`: identities."""

    id: int
    opener: str
    mailboxes: tuple[str, ...]
    team: str
    who: Address
    state: State
    opened_at: datetime
    due_at: datetime
    chased_at: datetime | None
    answered_by: str | None
    answered_at: datetime | None
    evidence: str | None
    handoffs: tuple[Handoff, ...] = ()
    closed_at: datetime | None = None
    members: tuple[str, ...] = ()
    answer: str | None = None
    low_urgency: bool = False
    snoozed_until: datetime | None = None
    also_answered_by: str | None = None
    """The Message-ID of a second answer of ours within minutes (core/doubles.py)."""

    @property
    def handoff(self) -> Handoff | None:
        """The latest: who holds the ball."""
        return self.handoffs[-1] if self.handoffs else None


@dataclass(frozen=True, slots=True)
class Story:
    """One conversation: its messages, its waits, and what was said of them by hand, oldest first."""

    number: int
    messages: tuple[StoryMessage, ...]
    waits: tuple[StoryWait, ...]
    acts: tuple[StoryAct, ...] = ()

    def mailboxes(self) -> set[str]:
        """Every mailbox in which anything of it was seen."""
        return {place.mailbox for m in self.messages for place in m.seen.places}


@dataclass(frozen=True, slots=True)
class StoryReminder:
    """A reminder about a wait, and what became of its letter."""

    wait: int
    step: str
    occurrence: int
    recipient: str
    moment: datetime
    letter_state: str
    settled_at: datetime | None
    letter: str


def all_stories(store: Store) -> Iterator[Story]:
    """Every conversation by number, a page at a time: nothing loads a whole mailbox into memory (law 10)."""
    last = 0
    while True:
        with store.reading() as connection:
            query = select(conversations.c.number).where(
                conversations.c.number > last, conversations.c.lead.is_(None), conversations.c.tied_to.is_(None)
            )
            numbers = connection.execute(query.order_by(conversations.c.number).limit(PAGE)).scalars().all()
            if not numbers:
                return
            page = stories(connection, numbers)
        yield from page
        last = numbers[-1]


def waiting_stories(store: Store, mailbox: str | None = None) -> Iterator[Story]:
    """The conversations in which somebody waits, next due first."""
    with store.reading() as connection:
        query = (
            select(waits.c.conversation, waits.c.mailboxes).where(waits.c.state == "waiting").order_by(waits.c.due_at)
        )
        rows = connection.execute(query).all()
    numbers = list(dict.fromkeys(row.conversation for row in rows if mailbox is None or mailbox in row.mailboxes))
    for at in range(0, len(numbers), PAGE):
        with store.reading() as connection:
            page = stories(connection, numbers[at : at + PAGE])
        yield from page


def stories(connection: Connection, numbers: Sequence[int]) -> list[Story]:
    """These conversations, in this order; numbers that do not exist are left out."""
    rows: dict[int, list[AnyRow]] = defaultdict(list)
    found: dict[int, list[AnyRow]] = defaultdict(list)
    for row in connection.execute(
        select(messages)
        .where(among(messages.c.conversation, numbers, connection))
        .order_by(messages.c.received_at, messages.c.id)
    ):
        rows[row.conversation].append(row)
    for row in connection.execute(
        select(waits).where(among(waits.c.conversation, numbers, connection)).order_by(waits.c.opened_at, waits.c.id)
    ):
        found[row.conversation].append(row)
    sighted, said = sightings_of(connection, numbers), acts_of(connection, numbers)
    return [
        _story(number, rows[number], found[number], sighted, said.get(number, ()))
        for number in numbers
        if number in rows
    ]


def led_by(store: Store, number: int) -> int:
    """The conversation that a number leads to: itself, the one it was merged into, or is tied to by subject."""
    with store.reading() as connection:
        return lead_of(connection, number)


def arrivals_of(store: Store, identity: str) -> datetime | None:
    """When the server took a message that was seen."""
    query = select(sightings.c.arrived_at).join(messages, messages.c.id == sightings.c.message)
    with store.reading() as connection:
        return connection.execute(query.where(_bears(identity)).limit(1)).scalar()


def conversation_of(store: Store, message_id: str) -> int | None:
    """The conversation a Message-ID (or digest) belongs to."""
    query = select(messages.c.conversation).limit(1)
    with store.reading() as connection:
        number = connection.execute(query.where(_bears(message_id))).scalar()
        if number is None:  # one of several mails that bear it may be known by another identity (copies.py)
            number = connection.execute(query.where(messages.c.message_id == message_id)).scalar()
    return None if number is None else int(number)


def _bears(identity: str) -> ColumnElement[bool]:
    return and_(messages.c.identity_hash == hash_of(identity), messages.c.identity == identity)


def story_of(store: Store, number: int) -> Story | None:
    """One conversation, by its number or by one that was merged into it; None if there is none."""
    lead = led_by(store, number)
    with store.reading() as connection:
        return next(iter(stories(connection, [lead])), None)


def closers(store: Store, mailbox: str | None = None) -> list[int]:
    """The conversations of which a message that only says thanks still lies in an inbox, newest first."""
    query = (
        select(messages.c.conversation)
        .join(sightings, sightings.c.message == messages.c.id)
        .join(folders, folders.c.id == sightings.c.folder)
        .where(messages.c.rule == CLOSING, folders.c.role == "inbox", folders.c.watched, sightings.c.gone_at.is_(None))
        .order_by(messages.c.received_at.desc(), messages.c.id)
    )
    if mailbox is not None:
        query = query.where(folders.c.mailbox == mailbox)
    with store.reading() as connection:
        return list(dict.fromkeys(connection.execute(query).scalars()))


def reminders_of(store: Store, ids: Sequence[int]) -> list[StoryReminder]:
    """The reminders of these waits, oldest first."""
    query = (
        select(reminders, letters.c.recipient.label("to"), letters.c.state, letters.c.settled_at, letters.c.message_id)
        .join(letters, letters.c.id == reminders.c.letter)
        .order_by(reminders.c.moment, reminders.c.recipient)
    )
    with store.reading() as connection:
        rows = connection.execute(query.where(among(reminders.c.wait, ids, connection))).all()
    return [
        StoryReminder(r.wait, r.step, r.occurrence, r.to, r.moment, r.state, r.settled_at, r.message_id) for r in rows
    ]


def _story(
    number: int, rows: Sequence[AnyRow], found: Sequence[AnyRow], sighted: Sighted, said: Sequence[StoryAct]
) -> Story:
    told = tuple(
        StoryMessage(
            r.id,
            seen_of(r, sighted[r.id]),
            r.direction,
            r.wants_reply,
            r.rule,
            tuple(r.signals or ()),
            r.link,
            r.linked_to or "",
            tuple(sighted[r.id]),
            r.cites,
            r.stands_in,
        )
        for r in rows
    )
    by_id = {m.id: m for m in told}
    return Story(number, told, tuple(_story_wait(row, by_id) for row in found), tuple(said))


def _story_wait(row: AnyRow, told: dict[int, StoryMessage]) -> StoryWait:
    answer, second = told.get(row.answered_by), told.get(row.also_answered_by)
    return StoryWait(
        id=row.id,
        opener=told[row.opener].shown_id,
        mailboxes=tuple(row.mailboxes),
        team=row.team,
        who=Address(row.who_name, row.who_address),
        state=row.state,
        opened_at=row.opened_at,
        due_at=row.due_at,
        chased_at=row.chased_at,
        answered_by=answer.shown_id if answer else None,
        answered_at=row.answered_at,
        evidence=row.evidence,
        handoffs=handoffs_of(row.handoffs),
        closed_at=row.closed_at,
        members=tuple(told[m].identity for m in row.members if m in told),
        answer=answer.identity if answer else None,
        low_urgency=row.low_urgency,
        snoozed_until=row.snoozed_until,
        also_answered_by=second.shown_id if second else None,
    )
