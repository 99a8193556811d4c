"""An older store is brought up to date with all that is in it."""

from datetime import UTC, datetime
from json import dumps
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, insert, inspect, select, text

from monitor.store import tables
from monitor.store.opening import opened_engine
from monitor.store.rows import fortnight_of, handoffs_of
from monitor.store.store import Store, StoreError, migrate, newest_revision, open_store
from monitor.store.strands import bearers

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


NOTHING: dict[str, Any] = dict.fromkeys(("message_id", "from_name", "from_address", "subject"), "")
NOTHING |= {name: [] for name in ("recipients", "reply_to", "in_reply_to", "references", "headers")}
WAIT: dict[str, Any] = {"opened_at": TEN, "due_at": TEN, "first": True, "members": [1], "mailboxes": ["info"]}
WAIT |= {"state": "waiting", **dict.fromkeys(("mailbox", "team", "who_name", "who_address"), "")}


def remind(connection: Connection, wait: int) -> None:
    """A letter that was sent about a wait."""
    letter = {**LETTER, "id": wait, "message_id": f"<{wait}>", "state": "sent", "subject": "", "body": b""}
    connection.execute(insert(tables.letters).values(**letter))
    told = {"wait": wait, "step": "0h.owners", "occurrence": 0, "recipient": "lead@ours.example", "moment": TEN}
    connection.execute(insert(tables.reminders).values(**told, letter=wait))


def test_who_was_reminded_of_is_not_forgotten_when_waits_learn_more(store: Store) -> None:
    """A table made anew would take its reminders with it on SQLite, and everybody would be told once more."""
    of_old(store, "0004")
    with store.writing() as connection:
        row = {**NOTHING, "id": 1, "identity": "one", "strand": 1, "conversation": 1, "received_at": TEN}
        connection.execute(insert(tables.messages).values(**row))
        connection.execute(insert(tables.waits).values(**WAIT, id=1, conversation=1, opener=1))
        remind(connection, 1)
    migrate(store.engine)
    with store.reading() as connection:
        counts = [connection.scalar(select(func.count()).select_from(t)) for t in (tables.waits, tables.reminders)]
        fortnight = connection.scalar(select(tables.messages.c.fortnight))
    assert (counts, fortnight) == ([1, 1], fortnight_of(TEN))


def test_each_message_is_found_by_its_id_however_many_there_were(store: Store) -> None:
    """More than are changed at once."""
    of_old(store, "0009")
    with store.writing() as connection:
        each = {**NOTHING, "strand": 1, "conversation": 1, "received_at": TEN}
        rows = [{**each, "id": n, "identity": f"<{n}@ours.example>"} for n in range(1, 5_003)]
        connection.execute(insert(tables.messages), rows)
    migrate(store.engine)
    with store.reading() as connection:
        borne = bearers(connection, {row["identity"] for row in rows} | {"<other@ours.example>"})
        wrong = connection.scalar(select(func.count()).where(tables.messages.c.identity_hash == 0))
    assert (len(borne), set(borne.values()), wrong) == (5_002, {1}, 0)


def test_the_latest_handoff_stays_till_waits_are_folded_again(store: Store) -> None:
    """Only the last one was kept: the others are learnt when the rules are asked again, at the next round."""
    of_old(store, "0005")
    held = ["2024-11-11T11:00:00+00:00", "Front desk", "a colleague", False, "eva@ours.example"]
    json = "CAST(:handoff AS jsonb)" if not store.is_sqlite else ":handoff"
    with store.writing() as connection:
        row = {**NOTHING, "id": 1, "identity": "one", "strand": 1, "conversation": 1, "received_at": TEN}
        connection.execute(insert(tables.messages).values(**row))
        for number in (1, 2, 3):
            connection.execute(insert(tables.waits).values(**WAIT, id=number, conversation=1, opener=1))
            remind(connection, number)
        for number, handoff in ((1, dumps(held)), (2, "null")):  # as SQLAlchemy wrote None; 3 is NULL
            said = text(f"UPDATE waits SET handoff = {json} WHERE id = :id")
            connection.execute(said, {"handoff": handoff, "id": number})
        connection.execute(insert(tables.settings).values(name="rules", value="of old"))
    migrate(store.engine)
    with store.reading() as connection:
        found = connection.execute(select(tables.waits.c.handoffs).order_by(tables.waits.c.id)).scalars().all()
        nothing = connection.scalar(text("SELECT count(*) FROM waits WHERE handoffs IS NULL"))
        reminders = connection.scalar(select(func.count()).select_from(tables.reminders))
        rules = connection.scalar(select(tables.settings.c.value).where(tables.settings.c.name == "rules"))
    assert (found, nothing, reminders, rules) == ([[held], None, None], 2, 3, None)
    assert handoffs_of(found[0])[0].to_team == "a colleague"


def _where(index: Any) -> list[str]:
    """The columns of an index, and which rows it holds."""
    return [*map(str, index["column_names"]), *(str(told) for told in index.get("dialect_options", {}).values())]


def schema(store: Store) -> dict[str, Any]:
    """All of it but the order of columns, and what one holds where nothing is said."""
    seen = inspect(store.engine)
    return {
        table: {
            "columns": sorted((c["name"], str(c["type"]), c["nullable"]) for c in seen.get_columns(table)),
            "key": seen.get_pk_constraint(table)["constrained_columns"],
            "foreign": sorted(str(sorted(k.items())) for k in seen.get_foreign_keys(table)),
            "unique": sorted(str(u["column_names"]) for u in seen.get_unique_constraints(table)),
            "indexes": sorted((i["name"] or "", i["unique"], _where(i)) for i in seen.get_indexes(table)),
        }
        for table in seen.get_table_names()
    }


def test_made_at_once_a_store_is_what_history_makes_of_it(store: Store) -> None:
    at_once = schema(store)
    of_old(store, "0001")
    migrate(store.engine)
    grown = schema(store)
    if store.is_sqlite:
        grown["messages"]["unique"].remove("['identity']")  # it would have to be made anew (0010)
    assert grown == at_once
    with store.reading() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == newest_revision()


def test_where_somebody_elses_table_bears_our_name_nothing_is_made(url: str) -> None:
    engine = opened_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE messages (id INTEGER)"))
    engine.dispose()
    with pytest.raises(StoreError):
        open_store(url)
    engine = opened_engine(url)
    assert inspect(engine).get_table_names() == ["messages"]
    engine.dispose()


def test_the_newest_file_names_the_newest_revision() -> None:
    scripts = ScriptDirectory(str(Path(tables.__file__).parent / "migrations"))
    assert newest_revision() == scripts.get_current_head()


def test_a_store_of_a_newer_version_is_refused_in_words(store: Store) -> None:
    with store.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match=r"of a newer inbox-monitor \(schema 9999\)"):
        migrate(store.engine)
