"""The waits of many weeks as the store gives them: the same as one by one, lean, and on both databases alike."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, insert, select

from monitor.core.report.path import path
from monitor.core.wait import Handoff
from monitor.store import tables
from monitor.store.hands import handed
from monitor.store.past import keep_waits
from monitor.store.reporting import due_in
from monitor.store.rows import handoffs_row
from monitor.store.store import Store, open_store

TEN = datetime(2026, 11, 9, 10, tzinfo=UTC)
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
NOW = TEN + 13 * WEEK
NOBODY: dict[str, Any] = dict.fromkeys(("message_id", "from_name", "from_address", "subject"), "")
NOBODY |= {name: [] for name in ("recipients", "reply_to", "in_reply_to", "references", "headers")}
ON = Handoff(TEN + HOUR, "Front desk", "a colleague", False, "eva@ours.example")
BACK = Handoff(TEN + 2 * HOUR, "a colleague", "Front desk", True)
WAIT: dict[str, Any] = {
    **dict.fromkeys(("mailbox", "who_name", "who_address"), ""),
    "opener": 1,
    "team": "Front desk",
    "mailboxes": ["info@ours.example"],
    "opened_at": TEN,
    "due_at": TEN + DAY,
    "state": "answered",
    "answered_at": TEN + 5 * HOUR,
    "closed_at": None,
    "handoffs": None,
    "first": True,
    "members": [1],
}


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A store of each kind, with one message that all waits may name."""
    sqlite = f"sqlite:///{tmp_path / 'monitor.db'}"
    opened = open_store(sqlite if request.param == "sqlite" else request.getfixturevalue("postgres_url"))
    with opened.writing() as connection:
        one = {**NOBODY, "id": 1, "identity": "one", "strand": 1, "conversation": 1, "received_at": TEN}
        connection.execute(insert(tables.messages).values(**one))
    yield opened
    opened.close()


def put(store: Store, rows: list[dict[str, Any]]) -> None:
    """These waits, numbered from 1."""
    with store.writing() as connection:
        numbered = [{**WAIT, **row, "id": n, "conversation": n} for n, row in enumerate(rows, 1)]
        connection.execute(insert(tables.waits), numbered)


def bury(store: Store, *numbers: int) -> None:
    """The same waits as they are kept when their mails are not."""
    with store.writing() as connection:
        rows = connection.execute(select(tables.waits).where(tables.waits.c.id.in_(numbers))).all()
        keep_waits(connection, rows, lambda _: NOW)
        connection.execute(tables.waits.delete().where(tables.waits.c.id.in_(numbers)))


def any_wait(chance: random.Random) -> dict[str, Any]:
    opened = TEN + chance.randrange(100 * 24) * HOUR
    state = chance.choice(("answered", "answered", "waiting", "no_reply_needed", "excused"))
    answered = opened + chance.randrange(90) * HOUR if state == "answered" and chance.random() < 0.9 else None
    return {
        "team": chance.choice(("Front desk", "Events")),
        "opened_at": opened,
        "due_at": opened + DAY,
        "state": state,
        "answered_at": answered,
        "closed_at": None if state in ("answered", "waiting") else opened + HOUR,
        "handoffs": handoffs_row(chance.choice(((), (), (ON,), (ON, BACK)))),
    }


def test_lengths_are_those_of_the_waits_one_by_one(store: Store) -> None:
    chance = random.Random(7)
    put(store, [any_wait(chance) for _ in range(150)])
    bury(store, *range(1, 50))
    start, end = TEN + 2 * WEEK, TEN + 11 * WEEK
    cohort = due_in(store, start, end, lambda _: NOW)
    found = handed(store, start, end, lambda _: NOW)
    assert sorted(found.lengths()) == sorted((w.opened_at, *n) for w in cohort if (n := w.length()))
    moved = {w.id: path(w) for w in cohort if w.length() and w.handoffs}
    assert {w.id: path(w) for w in found.moved} == moved
    assert (len(moved) > 20, len(found.kept) > 20) == (True, True)


def test_a_range_has_its_start_and_not_its_end(store: Store) -> None:
    put(store, [{"due_at": TEN + n * DAY, "handoffs": h} for n in (1, 2, 3) for h in (None, handoffs_row([ON]))])
    found = handed(store, TEN + DAY, TEN + 3 * DAY, lambda _: NOW)
    assert (len(found.kept), [w.due_at for w in found.moved]) == (2, [TEN + DAY, TEN + 2 * DAY])


def test_statements_do_not_grow_with_the_waits(store: Store) -> None:
    put(store, [any_wait(random.Random(seed)) for seed in range(150)])
    said: list[str] = []
    event.listen(store.engine, "before_cursor_execute", lambda *args: said.append(args[2]))
    handed(store, TEN, NOW, lambda _: NOW)
    assert sum(statement.startswith("SELECT") for statement in said) == 4


def test_of_who_still_waited_when_they_were_forgotten_no_more_is_known(store: Store) -> None:
    open_ = {"state": "waiting", "answered_at": None}
    put(store, [open_, {**open_, "handoffs": handoffs_row([ON])}])
    bury(store, 1, 2)
    found = handed(store, TEN, NOW, lambda _: NOW + 900 * DAY)
    assert sorted(found.lengths()) == [(TEN, NOW - TEN, False)] * 2


def test_the_past_keeps_the_teams_of_a_way_and_no_person(store: Store) -> None:
    put(store, [{"handoffs": handoffs_row([ON, BACK])}])
    (before,) = handed(store, TEN, NOW, lambda _: NOW).moved
    bury(store, 1)
    (after,) = handed(store, TEN, NOW, lambda _: NOW).moved
    assert [h.person for h in before.handoffs] == ["eva@ours.example", ""]
    assert [h.person for h in after.handoffs] == ["", ""]
    assert path(after) == path(before)
