"""FLOOR 1. The outbox: letters that wait for SMTP, and what became of them."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from monitor.core.flood import LOOK_BACK, MOST_AN_HOUR, latched_until
from monitor.store.store import Store, among
from monitor.store.tables import letters

FIRST_PAUSE = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(hours=24)
LONGEST_PAUSE_OF_SERVER = timedelta(hours=1)
"""When the server as a whole said no: that says nothing of the letter, which should go soon after it is back."""
MOST_UNCERTAIN = 9
"""So often a letter is tried that ends without a clear answer: the last time 21 hours after the first."""
MOST_OF_ONE = 100
"""Far more than one recipient can get in a round (core/flood.py); some of them may be held back as not true now."""
RECEIPT = "receipt"
"""The kind of letter that somebody asked for, by a mail that said what to do."""
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


def pending(store: Store, now: datetime, most: int = 1000, also_later: bool = False) -> Sequence[LetterRow]:
    """The letters that may be tried at `now`: those tried least first, so that a bad one blocks no other; then by age.

    A letter never tried is always due. So is one whose next try lies further ahead than any pause could have put it:
    the clock has been set back meanwhile. Of one recipient's at most `MOST_OF_ONE`, so that a flood hides no other.
    `also_later`: those whose next try is not due yet, too.
    """
    columns = select(*(letters.c[name] for name in LetterRow.__slots__))
    waiting = select(letters.c.id, letters.c.recipient, letters.c.tries, letters.c.next_try_at)
    with store.reading() as connection:
        rows = connection.execute(
            waiting.where(letters.c.state == "pending").order_by(letters.c.tries, letters.c.created_at, letters.c.id)
        )
        of_one: Counter[str] = Counter()
        due: list[int] = []
        for row in rows:
            is_due = also_later or not now < row.next_try_at <= now + _pause(row.tries)
            if is_due and of_one[row.recipient] < MOST_OF_ONE:
                of_one[row.recipient] += 1
                due.append(row.id)
        due = due[:most]
        found = connection.execute(columns.where(among(letters.c.id, due, connection)))
        by_id = {row.id: LetterRow(**row._mapping) for row in found}
    return [by_id[letter] for letter in due if letter in by_id]


def begin_try(store: Store, letter: int) -> bool:
    """From here until the answer is stored we do not know whether it arrived (law 4). False: it was withdrawn."""
    with store.writing() as connection:
        still = update(letters).where(letters.c.id == letter, letters.c.state == "pending")
        begun = still.values(uncertain=True, tries=letters.c.tries + 1).returning(letters.c.id)
        return connection.execute(begun).first() is not None


def mark_sent(store: Store, letter: int, reply: str, now: datetime) -> None:
    """The server took it. That is so whoever sends letters by now: it is noted even where another daemon took over."""
    with store.fenced(None):
        _settle(store, letter, "sent", reply, now)


def mark_refused(store: Store, letter: int, reply: str, now: datetime) -> None:
    """The server will never take it (5xx)."""
    _settle(store, letter, "refused", reply, now)


def try_later(
    store: Store, letter: LetterRow, reply: str, uncertain: bool, now: datetime, longest: timedelta = LONGEST_PAUSE
) -> None:
    """A transient failure: next try after 5, 10, 20 … minutes, at most `longest`. `letter` is as it was before."""
    pause = min(_pause(letter.tries + 1), longest)
    with store.writing() as connection:
        connection.execute(
            update(letters)
            .where(letters.c.id == letter.id)
            .values(next_try_at=now + pause, reply=reply[:500], uncertain=uncertain)
        )


def _pause(tries: int) -> timedelta:
    """The pause after so many tries; none before the first."""
    return min(FIRST_PAUSE * 2 ** min(tries - 1, 12), LONGEST_PAUSE) if tries else timedelta(0)


def note_unreachable(store: Store, waiting: Sequence[LetterRow], reply: str) -> None:
    """The mail server as a whole could not be used: these letters wait for the next round."""
    with store.writing() as connection:
        ids = [letter.id for letter in waiting]
        # Some of them may have been sent, or refused, a moment ago: the server's words about these stay.
        still = update(letters).where(among(letters.c.id, ids, connection), letters.c.state == "pending")
        connection.execute(still.values(reply=reply[:500]))


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


def sent_lately(
    store: Store, recipients: Collection[str], now: datetime, *, asked_for: bool = False
) -> Mapping[str, list[datetime]]:
    """When these people got letters from us, as far back as it decides whether they may get more (core/flood.py).

    Receipts are counted alone (`asked_for`): who presses ten buttons an hour must not miss a reminder for that.
    """
    found: dict[str, list[datetime]] = defaultdict(list)
    query = select(letters.c.recipient, letters.c.settled_at).where(
        letters.c.state == "sent", letters.c.settled_at > now - LOOK_BACK, letters.c.settled_at <= now
    )
    query = query.where(letters.c.kind == RECEIPT if asked_for else letters.c.kind != RECEIPT)
    with store.reading() as connection:
        for row in connection.execute(query.where(among(letters.c.recipient, recipients, connection))):
            found[row.recipient].append(row.settled_at)
    return found


def latched(store: Store, now: datetime) -> dict[str, datetime]:
    """Who gets no letter for now, because they got too many, and until when; the longest latched last."""
    busy = (
        select(letters.c.recipient)
        .where(letters.c.state == "sent", letters.c.settled_at > now - LOOK_BACK, letters.c.settled_at <= now)
        .where(letters.c.kind != RECEIPT)
        .group_by(letters.c.recipient)
        .having(func.count() >= MOST_AN_HOUR)
    )
    with store.reading() as connection:
        recipients = list(connection.execute(busy).scalars())
    until = {who: latched_until(times, now) for who, times in sent_lately(store, recipients, now).items()}
    return dict(sorted(((who, end) for who, end in until.items() if end), key=lambda pair: (pair[1], pair[0])))


@dataclass(frozen=True, slots=True)
class RefusedLetter:
    """A letter that was refused for good, and the server's words."""

    id: int
    kind: str
    recipient: str
    reply: str


def refused_since(store: Store, since: datetime) -> list[RefusedLetter]:
    """Letters given up at or after a moment, oldest first."""
    columns = (letters.c[name] for name in RefusedLetter.__slots__)
    query = select(*columns).where(letters.c.state == "refused", letters.c.settled_at >= since)
    with store.reading() as connection:
        return [RefusedLetter(**row._mapping) for row in connection.execute(query.order_by(letters.c.id))]


def _settle(store: Store, letter: int, state: str, reply: str, now: datetime) -> None:
    with store.writing() as connection:
        connection.execute(
            update(letters)
            .where(letters.c.id == letter)
            .values(state=state, settled_at=now, reply=reply[:500], uncertain=False, subject="", body=b"")
        )
