"""An older store is brought up to date with all that is in it."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, insert, select, text

from monitor.store import tables
from monitor.store.store import Store, migrate

TEN = datetime(2024, 11, 11, 10, tzinfo=UTC)
STATES = ("pending", "sent", "refused", "withdrawn")
LETTER = {"kind": "reminder", "recipient": "lead@ours.example", "created_at": TEN, "next_try_at": TEN}


def of_old(store: Store, revision: str) -> None:
    """The same store, empty, as it was at a revision."""
    tables.metadata.drop_all(store.engine)
    with store.engine.begin() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
    migrate(store.engine, revision)


def test_letters_that_were_settled_before_are_emptied(store: Store) -> None:
    of_old(store, "0003")
    with store.writing() as connection:
        rows = [{**LETTER, "message_id": s, "state": s, "subject": "Zaplanted", "body": b"Zaplanted"} for s in STATES]
        connection.execute(insert(tables.letters), rows)
    migrate(store.engine)
    with store.reading() as connection:
        kept = {row.state: (row.subject, bytes(row.body)) for row in connection.execute(select(tables.letters))}
    assert kept == dict.fromkeys(STATES, ("", b"")) | {"pending": ("Zaplanted", b"Zaplanted")}


def test_who_was_reminded_of_is_not_forgotten_when_waits_learn_more(store: Store) -> None:
    """A table made anew would take its reminders with it on SQLite, and everybody would be told once more."""
    of_old(store, "0004")
    message: dict[str, Any] = dict.fromkeys(("message_id", "from_name", "from_address", "subject"), "")
    message |= {name: [] for name in ("recipients", "reply_to", "in_reply_to", "references", "headers")}
    wait = {"opened_at": TEN, "due_at": TEN, "first": True, "members": [1], "mailboxes": ["info"], "state": "waiting"}
    wait |= dict.fromkeys(("mailbox", "team", "who_name", "who_address"), "")
    with store.writing() as connection:
        row = {**message, "id": 1, "identity": "one", "strand": 1, "conversation": 1, "received_at": TEN}
        connection.execute(insert(tables.messages).values(**row))
        connection.execute(insert(tables.waits).values(**wait, id=1, conversation=1, opener=1))
        letter = {**LETTER, "id": 1, "message_id": "<one>", "state": "sent", "subject": "", "body": b""}
        connection.execute(insert(tables.letters).values(**letter))
        told = {"wait": 1, "step": "0h.owners", "occurrence": 0, "recipient": "lead@ours.example", "moment": TEN}
        connection.execute(insert(tables.reminders).values(**told, letter=1))
    migrate(store.engine)
    with store.reading() as connection:
        counts = [connection.scalar(select(func.count()).select_from(t)) for t in (tables.waits, tables.reminders)]
    assert counts == [1, 1]
