"""How long many people waited, read in few columns, is what the waits themselves say: on both databases."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import insert, select

from monitor.core.cursor import Cursor
from monitor.core.house import Desk, House
from monitor.core.message import Address, Message
from monitor.core.report.figures import by_team, figures
from monitor.core.staff import Staff
from monitor.store.intake import Arrival, Look, take_in
from monitor.store.lengths import kept_by_team, waited_in
from monitor.store.mailboxes import watch
from monitor.store.reporting import due_in
from monitor.store.store import Store, open_store
from monitor.store.tables import messages, past_waits, waits

INFO, OPS, ANN = "info@ours.example", "ops@ours.example", "ann@reader.example"
NOW = datetime(2026, 11, 16, 8, tzinfo=UTC)
START = NOW - timedelta(weeks=13)
HOUSE = House(Staff(mailboxes=frozenset({INFO}), domains=("ours.example",)), {INFO: Desk(INFO, "Front desk")})


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A store of each kind, with 400 invented waits of all kinds, 100 of them of who was forgotten."""
    sqlite = f"sqlite:///{tmp_path / 'monitor.db'}"
    opened = open_store(sqlite if request.param == "sqlite" else request.getfixturevalue("postgres_url"))
    folder = next(row.id for row in watch(opened, INFO, [("INBOX", "inbox")]))
    mail = Message("<1@reader.example>", "<1@reader.example>", Address("", ANN), (Address("", INFO),), "Hours")
    take_in(opened, folder, [Arrival(1, frozenset(), 9000, NOW, mail)], Cursor(7, 2), HOUSE, Look(NOW))
    chance = Random(13)
    with opened.writing() as connection:
        opener = connection.execute(select(messages.c.id)).scalar_one()
        rows = [row(chance, number, opener) for number in range(1000, 1400)]
        connection.execute(insert(waits), rows[:300])
        names = [column.name for column in past_waits.columns if column.name not in ("id", "wait", "known_until")]
        past = [{**{name: r[name] for name in names}, "wait": r["id"], "known_until": known(r)} for r in rows[300:]]
        connection.execute(insert(past_waits), past)
    yield opened
    opened.close()


def row(chance: Random, number: int, opener: int) -> dict[str, Any]:
    opened = START + timedelta(seconds=chance.randrange(-100_000, 8_200_000))
    state = chance.choice(["answered"] * 6 + ["waiting", "waiting", "no_reply_needed", "excused"])
    replied = state == "answered" and chance.random() < 0.9
    length = timedelta(seconds=chance.randrange(200_000))
    return {
        "id": number,
        "conversation": number,
        "opener": opener,
        "mailbox": INFO,
        "mailboxes": chance.choice([[INFO], [INFO, OPS], [OPS]]),
        "team": chance.choice(["Front desk", "Events & rooms"]),
        "who_name": "",
        "who_address": ANN,
        "state": state,
        "opened_at": opened,
        "due_at": opened + timedelta(hours=chance.choice([8, 24, 72])),
        "chased_at": None,
        "answered_at": opened + length if replied else None,
        "answered_in": None,
        "closed_at": None,
        "evidence": None,
        "handoffs": [[NOW.isoformat(), "a", "b", False, ""]] if chance.random() < 0.3 else None,
        "first": True,
        "members": [opener],
        "low_urgency": False,
    }


def known(of: dict[str, Any]) -> datetime | None:
    return of["opened_at"] + timedelta(hours=of["id"] % 90) if of["id"] % 3 else None


def as_of(mailboxes: Iterable[str]) -> datetime | None:
    """Nothing is known of ops@ alone."""
    return NOW - timedelta(days=2, seconds=11) if INFO in mailboxes else None


def test_the_lengths_are_those_of_the_waits_themselves(store: Store) -> None:
    found = list(waited_in(store, START, NOW, as_of))
    whole = [(wait, length) for wait in due_in(store, START, NOW, as_of) if (length := wait.length()) is not None]
    expected = Counter((wait.opened_at, *length) for wait, length in whole)
    assert Counter(found) == expected
    assert len(found) > 200
    assert {answered for _, _, answered in found} == {True, False}


def test_the_promises_kept_by_each_team_are_those_of_its_figures(store: Store) -> None:
    found = kept_by_team(store, START, NOW, as_of)
    teams = by_team(due_in(store, START, NOW, as_of), [])
    assert found == {team: (rate.k, rate.n) for team, of in teams.items() for rate in [figures(of, [], 90).rate]}
    assert sorted(found) == ["Events & rooms", "Front desk"]
    assert kept_by_team(store, NOW + timedelta(weeks=9), NOW + timedelta(weeks=10), as_of) == {}
