"""FLOOR 1. The outbox: letters that wait for SMTP, and what became of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from monitor.store.store import Store, among
from monitor.store.tables import letters

FIRST_PAUSE = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(hours=24)
STATES = ("pending", "tried", "sent", "withdrawn", "refused", "refused_lately")


@dataclass(frozen=True, slots=True)
class LetterRow:
    """A letter as it lies in the outbox."""

    id: int
    kind: str
    message_id: str
    recipient: str
    subject: str
    body: bytes
    tries: int
    uncertain: bool


def pending(store: Store, now: datetime, most: int = 1000) -> Sequence[LetterRow]:
    """The letters that may be tried at `now`, oldest first."""
    with store.reading() as connection:
        rows = connection.execute(
            select(*(letters.c[name] for name in LetterRow.__slots__))
            .where(letters.c.state == "pending", letters.c.next_try_at <= now)
            .order_by(letters.c.created_at, letters.c.id)
            .limit(most)
        )
        return [LetterRow(**row._mapping) for row in rows]


def begin_try(store: Store, letter: int) -> None:
    """From here until the answer is stored we do not know whether it arrived (law 4)."""
    with store.writing() as connection:
        connection.execute(
            update(letters).where(letters.c.id == letter).values(uncertain=True, tries=letters.c.tries + 1)
        )


def mark_sent(store: Store, letter: int, reply: str, now: datetime) -> None:
    """The server took it."""
    _settle(store, letter, "sent", reply, now)


def mark_refused(store: Store, letter: int, reply: str, now: datetime) -> None:
    """The server will never take it (5xx)."""
    _settle(store, letter, "refused", reply, now)


def try_later(store: Store, letter: LetterRow, reply: str, uncertain: bool, now: datetime) -> None:
    """A transient failure: next try after 5, 10, 20 … minutes, at most a day."""
    pause = min(FIRST_PAUSE * 2 ** min(letter.tries, 12), LONGEST_PAUSE)
    with store.writing() as connection:
        connection.execute(
            update(letters)
            .where(letters.c.id == letter.id)
            .values(next_try_at=now + pause, reply=reply[:500], uncertain=uncertain)
        )


def note_unreachable(store: Store, waiting: Sequence[LetterRow], reply: str) -> None:
    """The mail server as a whole could not be used: these letters wait for the next round."""
    with store.writing() as connection:
        ids = [letter.id for letter in waiting]
        connection.execute(update(letters).where(among(letters.c.id, ids, connection)).values(reply=reply[:500]))


def counts(store: Store, refused_since: datetime) -> dict[str, int]:
    """How many letters are in each state; `tried` are those pending that were not taken so far.

    `refused_lately` are those refused for good since `refused_since`.
    """
    with store.reading() as connection:
        rows = connection.execute(select(letters.c.state, func.count().label("letters")).group_by(letters.c.state))
        found = {row.state: int(row.letters) for row in rows}
        tried = select(func.count()).where(letters.c.state == "pending", letters.c.reply != "")
        found["tried"] = connection.execute(tried).scalar_one()
        lately = select(func.count()).where(letters.c.state == "refused", letters.c.settled_at >= refused_since)
        found["refused_lately"] = connection.execute(lately).scalar_one()
    return {state: found.get(state, 0) for state in STATES}


def _settle(store: Store, letter: int, state: str, reply: str, now: datetime) -> None:
    with store.writing() as connection:
        connection.execute(
            update(letters)
            .where(letters.c.id == letter)
            .values(state=state, settled_at=now, reply=reply[:500], uncertain=False)
        )
