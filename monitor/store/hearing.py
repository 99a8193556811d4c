"""FLOOR 1. What people say to our letters: which letter a mail answers, which mails were heard, who spoke how often.

Of a command mail its Message-ID, when it came, who wrote it (an address of the config) and what came of it are kept.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, or_, select, update

from monitor.core.letter_ids import is_token_of
from monitor.core.orders import VALID
from monitor.store.acting_tables import heard, letter_lines
from monitor.store.reminding import NewLetter, put_letter
from monitor.store.store import Store, among, inserting
from monitor.store.tables import letters, mailboxes, reminders

PREFIX = "commands:"
"""Before the address of the commands mailbox, where its rows stand among those of the mailboxes that are watched: it
may be one of them, and is never taken for one."""
KEPT = 2 * VALID
"""Longer than any letter can be answered: nothing that was heard is heard again."""
ANSWERABLE = ("reminder", "receipt")
"""The kinds of letters that have numbers to speak of."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A letter of ours that a mail answers."""

    id: int
    kind: str
    message_id: str
    recipient: str
    token: str
    written_at: datetime


def letters_answered(store: Store, message_ids: Collection[str], tokens: Collection[str]) -> list[Answered]:
    """The letters that bear one of these ids or tokens, as this store's key signed them."""
    columns = (letters.c.id, letters.c.kind, letters.c.message_id, letters.c.recipient, letters.c.token)
    with store.reading() as connection:
        named = or_(among(letters.c.message_id, message_ids, connection), among(letters.c.token, tokens, connection))
        query = select(*columns, letters.c.created_at.label("written_at")).where(
            named, letters.c.token.is_not(None), letters.c.kind.in_(ANSWERABLE)
        )
        found = [Answered(**row._mapping) for row in connection.execute(query)]
    return [one for one in found if is_token_of(one.token, one.message_id, store.letter_key)]


def lines_of(store: Store, letter: int) -> dict[int, int]:
    """What stands at each number of a letter: a message (its row) of the wait."""
    query = select(letter_lines.c.position, letter_lines.c.message).where(letter_lines.c.letter == letter)
    with store.reading() as connection:
        return {row.position: row.message for row in connection.execute(query)}


def told_before(store: Store, wait: int, recipient: str) -> list[str]:
    """The Message-IDs of the reminders that were sent to a recipient about a wait, oldest first."""
    query = (
        select(letters.c.message_id)
        .join(reminders, reminders.c.letter == letters.c.id)
        .where(reminders.c.wait == wait, letters.c.recipient == recipient, letters.c.state == "sent")
        .order_by(letters.c.created_at, letters.c.id)
    )
    with store.reading() as connection:
        return list(dict.fromkeys(connection.execute(query).scalars()))


def were_heard(store: Store, message_ids: Collection[str]) -> set[str]:
    """Those of these mails that were heard already."""
    with store.reading() as connection:
        query = select(heard.c.message_id).where(among(heard.c.message_id, message_ids, connection))
        return set(connection.execute(query).scalars())


def times(store: Store, who: str, outcomes: Collection[str], since: datetime, until: datetime) -> int:
    """How many mails of somebody with one of these outcomes came after `since`, up to `until`."""
    with store.reading() as connection:
        query = select(func.count()).where(heard.c.who == who, heard.c.at > since, heard.c.at <= until)
        return int(connection.execute(query.where(heard.c.outcome.in_(outcomes))).scalar_one())


def note_heard(connection: Connection, message_id: str, at: datetime, who: str, outcome: str) -> bool:
    """Remember a mail; False where it was heard already, and nothing may come of it once more."""
    row = inserting(heard, connection).values(message_id=message_id, at=at, who=who, outcome=outcome)
    new = row.on_conflict_do_nothing(index_elements=["message_id"]).returning(heard.c.message_id)
    return connection.execute(new).first() is not None


def note_outcome(connection: Connection, message_id: str, outcome: str) -> None:
    """What came of it after all."""
    connection.execute(update(heard).where(heard.c.message_id == message_id).values(outcome=outcome))


def put_receipt(connection: Connection, receipt: NewLetter | None, now: datetime) -> None:
    """Put a receipt into the outbox, if there is one."""
    if receipt is not None:
        put_letter(connection, receipt, now)


def forget_heard(store: Store, now: datetime, kept: timedelta = KEPT) -> None:
    """Drop what can matter no more."""
    old = heard.c.at < now - kept
    with store.reading() as connection:
        if connection.execute(select(heard.c.message_id).where(old).limit(1)).first() is None:
            return
    with store.writing() as connection:
        connection.execute(delete(heard).where(old))


@dataclass(frozen=True, slots=True)
class EarView:
    """How the commands mailbox is: when it was last read to its end, and what is wrong with it since when."""

    as_of: datetime | None = None
    fault: str | None = None
    fault_text: str | None = None
    fault_since: datetime | None = None
    readable_since: datetime | None = None


def ear_view(store: Store, address: str) -> EarView:
    """What is known of the commands mailbox."""
    columns = (mailboxes.c[name] for name in EarView.__slots__)
    with store.reading() as connection:
        row = connection.execute(select(*columns).where(mailboxes.c.address == PREFIX + address)).first()
        return EarView(**row._mapping) if row else EarView()
