"""FLOOR 1. The ladder's view of the store: which waits may be due, what was already claimed, and the claim itself."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, delete, exists, insert, select

from monitor.core.ladder import Reminder
from monitor.core.wait import Handoff
from monitor.store.acting_tables import letter_lines
from monitor.store.rows import last_handoff_of
from monitor.store.store import RowError, Store, among, inserting
from monitor.store.tables import AnyRow, letters, messages, notices, reminders, sightings, waits


@dataclass(frozen=True, slots=True)
class WaitRow:
    """A waiting person as letters show them. Times in UTC."""

    id: int
    number: int
    mailboxes: tuple[str, ...]
    team: str
    subject: str
    who_name: str
    who_address: str
    opened_at: datetime
    due_at: datetime
    chased_at: datetime | None
    handoff: Handoff | None
    low_urgency: bool = False
    missing: bool = False
    """The message that opened it is in no folder any more."""
    snoozed_until: datetime | None = None
    opener: int = 0
    """Its row in messages."""
    message_id: str = ""
    """That message's own id; empty where it has none."""


@dataclass(frozen=True, slots=True)
class NewLetter:
    """A letter to be claimed: its frozen bytes and what it fulfils.

    `token`: by which an answer to it is known (core/letter_ids.py). `lines`: the message of the wait (its row) that
    stands at each number.
    """

    kind: str
    message_id: str
    recipient: str
    subject: str
    body: bytes
    token: str = ""
    lines: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Notice:
    """A letter sent once for each of `subjects` (mailboxes, faults) to a recipient; None: nothing to say."""

    kind: str
    subjects: tuple[str, ...]
    recipient: str
    letter: NewLetter | None


_OF_OPENER = select(sightings.c.uid).where(sightings.c.message == waits.c.opener).correlate(waits)
_COLUMNS = (
    waits.c.id,
    waits.c.conversation,
    waits.c.mailboxes,
    waits.c.team,
    messages.c.subject,
    waits.c.who_name,
    waits.c.who_address,
    waits.c.opened_at,
    waits.c.due_at,
    waits.c.chased_at,
    waits.c.handoffs,
    waits.c.low_urgency,
    waits.c.snoozed_until,
    waits.c.opener,
    messages.c.message_id,
    (exists(_OF_OPENER) & ~exists(_OF_OPENER.where(sightings.c.gone_at.is_(None)))).label("missing"),
)
_WAITING = select(*_COLUMNS).join(messages, messages.c.id == waits.c.opener).where(waits.c.state == "waiting")


def due_between(store: Store, after: datetime | None, until: datetime) -> list[WaitRow]:
    """Everybody who waits and whose promise runs out in (after, until], most overdue first."""
    query = _WAITING.where(waits.c.due_at <= until)
    if after is not None:
        query = query.where(waits.c.due_at > after)
    with store.reading() as connection:
        return [_wait(row) for row in connection.execute(query.order_by(waits.c.due_at, waits.c.id))]


def latest_waits(store: Store, mailboxes: Collection[str], most: int) -> list[WaitRow]:
    """Who wrote last to one of these mailboxes, still waiting or not; of those the oldest first."""
    query = select(*_COLUMNS).join(messages, messages.c.id == waits.c.opener)
    with store.reading() as connection:
        query = query.where(among(waits.c.mailbox, mailboxes, connection))
        rows = connection.execute(query.order_by(waits.c.opened_at.desc(), waits.c.id.desc()).limit(most)).all()
    return sorted(map(_wait, rows), key=lambda wait: (wait.due_at, wait.id))


def already_claimed(store: Store, ids: Collection[int]) -> dict[int, list[Reminder]]:
    """The reminders already claimed about these waits, by wait."""
    found: dict[int, list[Reminder]] = {}
    with store.reading() as connection:
        for row in connection.execute(select(reminders).where(among(reminders.c.wait, ids, connection))):
            reminder = Reminder(row.wait, row.step, row.occurrence, row.recipient, row.moment)
            found.setdefault(row.wait, []).append(reminder)
    return found


def last_letters(store: Store, ids: Collection[int], now: datetime) -> dict[int, dict[tuple[str, str], datetime]]:
    """By wait when the latest letter about it was made, by step and recipient; not those refused, or of the future."""
    query = (
        select(reminders.c.wait, reminders.c.step, reminders.c.recipient, letters.c.created_at)
        .join(letters, letters.c.id == reminders.c.letter)
        .where(letters.c.state.in_(("pending", "sent")), letters.c.created_at <= now)
        .order_by(letters.c.created_at)
    )
    found: dict[int, dict[tuple[str, str], datetime]] = {}
    with store.reading() as connection:
        for row in connection.execute(query.where(among(reminders.c.wait, ids, connection))):
            found.setdefault(row.wait, {})[row.step, row.recipient] = row.created_at
    return found


def recently_written_to(store: Store, since: datetime, now: datetime, kind: str = "reminder") -> set[str]:
    """Who got, or will get, a letter of this kind made after `since`.

    What was made in the future of `now` keeps nobody waiting: the clock has been set back since.
    """
    query = select(letters.c.recipient).where(
        letters.c.kind == kind,
        letters.c.created_at > since,
        letters.c.created_at <= now,
        letters.c.state.in_(("pending", "sent")),
    )
    with store.reading() as connection:
        return set(connection.execute(query).scalars())


def claim(store: Store, letter: NewLetter, due: Iterable[Reminder], now: datetime) -> None:
    """The first of the three transactions (law 4): the letter and the reminders it fulfils, both or neither."""
    with store.writing() as connection:
        letter_row = put_letter(connection, letter, now)
        rows = [
            {"wait": r.wait, "step": r.step, "occurrence": r.occurrence, "recipient": r.recipient, "moment": r.moment}
            for r in due
        ]
        connection.execute(insert(reminders), [{**row, "letter": letter_row} for row in rows])


def claim_notices(store: Store, new: Sequence[Notice], now: datetime) -> None:
    """The same for letters that are sent once: all of them in one transaction."""
    if not new:
        return
    with store.writing() as connection:
        put_notices(connection, new, now)


def put_notices(connection: Connection, new: Iterable[Notice], now: datetime) -> None:
    """The same within a transaction."""
    for notice in new:
        letter_row = put_letter(connection, notice.letter, now) if notice.letter else None
        rows = [
            {"kind": notice.kind, "subject": subject, "recipient": notice.recipient, "letter": letter_row}
            for subject in notice.subjects
        ]
        connection.execute(insert(notices), rows)


def noticed(store: Store, kind: str) -> set[tuple[str, str]]:
    """(subject, recipient) of all notices of a kind."""
    with store.reading() as connection:
        rows = connection.execute(select(notices.c.subject, notices.c.recipient).where(notices.c.kind == kind))
        return {(row.subject, row.recipient) for row in rows}


def put_letter(connection: Connection, letter: NewLetter, now: datetime) -> int:
    """Put a letter into the outbox; returns its row id. Raises RowError where it is there already.

    Its Message-ID says what it fulfils; so one with that id that was taken back is this one, and waits again. That is
    so when a round is repeated for the very same moment (`--now`).
    """
    values = {
        "kind": letter.kind,
        "message_id": letter.message_id,
        "recipient": letter.recipient,
        "subject": letter.subject,
        "body": letter.body,
        "state": "pending",
        "created_at": now,
        "tries": 0,
        "uncertain": False,
        "next_try_at": now,
        "settled_at": None,
        "reply": "",
        "token": letter.token or None,
    }
    new = inserting(letters, connection).values(**values)
    again = new.on_conflict_do_update(
        index_elements=["message_id"], set_=values, where=letters.c.state == "withdrawn"
    ).returning(letters.c.id)
    row = connection.execute(again).scalar()
    if row is None:
        raise RowError(f"the letter {letter.message_id} is in the outbox already")
    _put_lines(connection, int(row), letter.lines)
    return int(row)


def _put_lines(connection: Connection, letter: int, lines: Mapping[int, int]) -> None:
    connection.execute(delete(letter_lines).where(letter_lines.c.letter == letter))
    if lines:
        rows = [{"letter": letter, "position": position, "message": message} for position, message in lines.items()]
        connection.execute(insert(letter_lines), rows)


def waits_of_letter(store: Store, letter: int) -> list[AnyRow]:
    """The waits a reminder letter speaks of."""
    columns = (waits.c.id, waits.c.state, waits.c.mailboxes, waits.c.snoozed_until)
    query = select(*columns).join(reminders, reminders.c.wait == waits.c.id)
    with store.reading() as connection:
        return list(connection.execute(query.where(reminders.c.letter == letter)).all())


def _wait(row: AnyRow) -> WaitRow:
    return WaitRow(
        id=row.id,
        number=row.conversation,
        mailboxes=tuple(row.mailboxes),
        team=row.team,
        subject=row.subject,
        who_name=row.who_name,
        who_address=row.who_address,
        opened_at=row.opened_at,
        due_at=row.due_at,
        chased_at=row.chased_at,
        handoff=last_handoff_of(row.handoffs),
        low_urgency=row.low_urgency,
        missing=row.missing,
        snoozed_until=row.snoozed_until,
        opener=row.opener,
        message_id=row.message_id,
    )
