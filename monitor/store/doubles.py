"""FLOOR 1. Who was answered by two of us within minutes (core/doubles.py), and the two answers."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from monitor.core.message import Seen
from monitor.store.folding import sightings_of
from monitor.store.rows import seen_of
from monitor.store.store import Store, among
from monitor.store.tables import AnyRow, messages, waits


@dataclass(frozen=True, slots=True)
class Double:
    """A wait that two answered. `answers`: the one that ended it first. Times in UTC."""

    number: int
    subject: str
    who_name: str
    who_address: str
    mailboxes: tuple[str, ...]
    team: str
    opened_at: datetime
    due_at: datetime
    answers: tuple[Seen, Seen]


def doubles(store: Store, since: datetime) -> list[Double]:
    """The waits that were answered by two after a moment, oldest first."""
    query = select(waits).where(waits.c.also_answered_by.is_not(None), waits.c.answered_at > since)
    with store.reading() as connection:
        rows = connection.execute(query.order_by(waits.c.answered_at, waits.c.id)).all()
        if not rows:
            return []
        named = {i for row in rows for i in (row.opener, row.answered_by, row.also_answered_by)}
        found = {
            row.id: row for row in connection.execute(select(messages).where(among(messages.c.id, named, connection)))
        }
        sighted = sightings_of(connection, {row.conversation for row in rows})
    seen = {i: seen_of(row, sighted[i]) for i, row in found.items()}
    return [_double(row, found[row.opener], (seen[row.answered_by], seen[row.also_answered_by])) for row in rows]


def _double(row: AnyRow, opener: AnyRow, answers: tuple[Seen, Seen]) -> Double:
    return Double(
        number=row.conversation,
        subject=opener.subject,
        who_name=row.who_name,
        who_address=row.who_address,
        mailboxes=tuple(row.mailboxes),
        team=row.team,
        opened_at=row.opened_at,
        due_at=row.due_at,
        answers=answers,
    )
