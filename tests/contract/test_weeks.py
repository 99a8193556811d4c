"""The last weeks as the database counts them, against the figures of the waits themselves; on both databases."""

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, event, insert, select, update

from monitor.core.report.figures import figures
from monitor.core.report.restating import Change, Counted, Tally
from monitor.core.report.week import Week
from monitor.store.reminding import NewLetter
from monitor.store.report_tables import counted, reports, restated
from monitor.store.reporting import claim_report, due_in, withdraw_early
from monitor.store.restating import changes, standing
from monitor.store.store import RowError, Store, open_store
from monitor.store.tables import letters, messages, past_waits, waits
from monitor.store.telling import Frozen, Retold, freeze, last_told
from monitor.store.weeks import tallies

HOUR = timedelta(hours=1)
ZONE = ZoneInfo("Europe/London")
FIRST = datetime(2024, 8, 19, tzinfo=UTC)
"""Twelve weeks before that of 11 November; the clocks go back in between."""
KNOWN = {
    "info@ours.example": FIRST + timedelta(weeks=15),
    "ops@ours.example": FIRST + timedelta(weeks=9, hours=31),
    "old@ours.example": None,
}
"""ops@ is known to the middle of a week, old@ not at all."""


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store of each kind."""
    sqlite = f"sqlite:///{tmp_path / 'monitor.db'}"
    opened = open_store(sqlite if request.param == "sqlite" else request.getfixturevalue("postgres_url"))
    yield opened
    opened.close()


def as_of(mailboxes: Iterable[str]) -> datetime | None:
    known = [KNOWN[each] for each in mailboxes]
    return None if None in known else min(each for each in known if each)


def weeks() -> list[Week]:
    each = [Week.of(FIRST + timedelta(weeks=n, days=3), ZONE) for n in range(13)]
    assert each[-1].name == "2024-W46"
    return each


def wait(number: int, dice: random.Random) -> dict[str, Any]:
    """Any wait: its state, team and mailboxes, and when it was due, from before the first week to after the last."""
    due = FIRST + dice.choice([timedelta(weeks=dice.randrange(-1, 15)), dice.randrange(-200, 2400) * HOUR])
    state = dice.choice(["answered", "answered", "answered", "waiting", "waiting", "no_reply_needed", "excused"])
    after = dice.choice([-HOUR, timedelta(0), timedelta(microseconds=1), 90 * HOUR, None])
    return {
        "conversation": number,
        "mailboxes": dice.choice([["info@ours.example"], ["ops@ours.example"], ["old@ours.example"],
                                  ["info@ours.example", "ops@ours.example"]]),
        "team": dice.choice(["Front desk", "Loans"]),
        "state": state,
        "opened_at": due - 24 * HOUR,
        "due_at": due,
        "answered_at": due + after if state == "answered" and after is not None else None,
        "first": True,
    }  # fmt: skip


def fill(store: Store, dice: random.Random, count: int = 400) -> list[dict[str, Any]]:
    """A store of waits, a quarter of them not kept any more."""
    rows = [wait(number, dice) for number in range(1, count + 1)]
    who = {"opener": 1, "who_name": "", "who_address": "", "members": [1]}
    kept = [{"id": n, "mailbox": row["mailboxes"][0], **who, **row} for n, row in enumerate(rows, 1) if n % 4]
    past = [
        {"wait": n, "known_until": dice.choice([None, row["due_at"] - HOUR, row["due_at"]]), **row}
        for n, row in enumerate(rows, 1)
        if not n % 4
    ]
    message: dict[str, list[str]] = {c.name: [] for c in messages.columns if c.name in
               ("recipients", "reply_to", "in_reply_to", "references", "headers")}  # fmt: skip
    texts = dict.fromkeys(("identity", "message_id", "from_name", "from_address", "subject", "subject_key"), "")
    with store.writing() as connection:
        one = {"id": 1, "strand": 1, "conversation": 1, "received_at": FIRST, "seeks": False, **message, **texts}
        connection.execute(insert(messages).values(one))
        connection.execute(insert(waits), kept)
        connection.execute(insert(past_waits), past)
    return rows


def by_figures(store: Store, week: Week) -> dict[str, Tally]:
    """The same by the waits themselves."""
    teams = defaultdict(list)
    for each in due_in(store, week.start, week.end, as_of):
        teams[each.team].append(each)
    rates = {team: figures(each, [], 90).rate for team, each in teams.items()}
    return {team: Tally(rate.k, rate.n) for team, rate in rates.items() if rate.n}


@pytest.mark.parametrize("seed", range(3))
def test_the_database_counts_each_week_and_team_as_the_figures_do(store: Store, seed: int) -> None:
    fill(store, random.Random(seed))
    counts = tallies(store, weeks(), as_of)
    assert {week.name: counts.get(week.name, {}) for week in weeks()} == {
        week.name: by_figures(store, week) for week in weeks()
    }
    assert sum(tally.n for teams in counts.values() for tally in teams.values()) > 100


def test_it_takes_as_many_statements_for_few_waits_as_for_many(store: Store) -> None:
    ran: list[str] = []
    event.listen(store.engine, "before_cursor_execute", lambda *given: ran.append(given[2]))
    tallies(store, weeks(), as_of)
    for_none = len(ran)
    fill(store, random.Random(7))
    ran.clear()
    tallies(store, weeks(), as_of)
    assert for_none <= len(ran) <= for_none + 1, "one more where a mailbox is known to the middle of a week"


def test_what_was_said_to_be_missed_stays_so_when_its_mailbox_is_known_no_more(store: Store) -> None:
    rows = fill(store, random.Random(1))
    week = weeks()[10]
    unknown = [
        n
        for n, row in enumerate(rows, 1)
        if row["state"] == "waiting" and week.start <= row["due_at"] < week.end and as_of(row["mailboxes"]) is None
    ]
    assert unknown
    before = sum(tally.n for tally in tallies(store, weeks(), as_of)[week.name].values())
    due = week.start + HOUR
    said = [Counted(n, week.name, "Loans", due - 24 * HOUR, due, "waiting", False) for n in unknown]
    with store.writing() as connection:
        freeze(connection, week.name, Frozen(said), week.end)
    forgotten = {n for n in unknown if not n % 4}
    known_then = sum(1 for n in forgotten if _was_known(store, n))
    after = sum(tally.n for tally in tallies(store, weeks(), as_of)[week.name].values())
    assert after == before + len(unknown) - known_then


def _was_known(store: Store, wait_id: int) -> bool:
    with store.reading() as connection:
        query = past_waits.select().where(past_waits.c.wait == wait_id)
        row = connection.execute(query).one()
    return row.known_until is not None and row.due_at <= row.known_until


def shake(store: Store, dice: random.Random) -> None:
    """What may happen to waits: answered, due at another time, merged into others, forgotten, moved to another team."""
    with store.writing() as connection:
        for row in connection.execute(select(waits)).all():
            fate = dice.randrange(12)
            if fate == 0:
                answer = {"state": "answered", "answered_at": row.due_at + dice.choice([-HOUR, HOUR])}
                connection.execute(update(waits).where(waits.c.id == row.id).values(answer))
            elif fate == 1:
                later = row.due_at + dice.choice([-1, 1]) * timedelta(days=dice.randrange(20))
                connection.execute(update(waits).where(waits.c.id == row.id).values(due_at=later))
            elif fate in (2, 3):
                connection.execute(delete(waits).where(waits.c.id == row.id))
            elif fate == 4:
                connection.execute(update(waits).where(waits.c.id == row.id).values(team="Digital help"))
            if fate == 3:
                kept = {
                    c.name: getattr(row, c.name) for c in past_waits.columns if c.name in row._fields and c.name != "id"
                }
                connection.execute(insert(past_waits).values(wait=row.id, known_until=as_of(row.mailboxes), **kept))


def moved(teams: dict[str, Tally], found: list[Change]) -> dict[str, Tally]:
    """What was told of a week, and what is counted otherwise."""
    for change in found:
        for one, sign in ((change.before, -1), (change.now, 1)):
            if one and (met := one.counts_in(change.week)) is not None:
                teams[one.team] = teams.get(one.team, Tally()) + Tally(sign * int(met), sign)
    return {team: tally for team, tally in teams.items() if tally.n}


@pytest.mark.parametrize("seed", range(2))
def test_the_waits_that_changed_are_all_that_changes_the_figures(store: Store, seed: int) -> None:
    dice = random.Random(seed)
    fill(store, dice)
    told = {week.name: dict(tallies(store, weeks(), as_of).get(week.name, {})) for week in weeks()}
    with store.writing() as connection:
        for week in weeks():
            connection.execute(insert(reports).values(week=week.name, made_at=week.end, figures={}))
    for week in weeks():
        counts = Frozen(standing(store, week, as_of))
        with store.writing() as connection:
            freeze(connection, week.name, counts, week.end)
    shake(store, dice)
    now = tallies(store, weeks(), as_of)
    assert sum(told[week.name] != now.get(week.name, {}) for week in weeks()) > 10
    for week in weeks():
        found = changes(store, week, as_of)
        assert found is not None
        assert moved(told[week.name], found) == now.get(week.name, {})
        with store.writing() as connection:
            connection.execute(delete(restated))
            rows = [one.after for one in found if one.after]
            retold = Retold(week.name, Tally(), {}, (), rows)
            freeze(connection, "2024-W47", Frozen((), (retold,)), week.end)
        assert changes(store, week, as_of) == [], "it is told now"


def letter(name: str) -> NewLetter:
    return NewLetter(
        "report", f"<{name}@ours.example>", f"{name}@leaders.example", "Week", b"From: m@ours.example\r\n\r\nHi"
    )


def kept(store: Store) -> list[Any]:
    with store.reading() as connection:
        tables = (reports, restated, counted, letters)
        return [
            tuple(row)[:8] for table in tables for row in connection.execute(select(table).order_by(*table.primary_key))
        ]


def claim(store: Store, week: str, *names: str, retold: Retold | None = None) -> None:
    due = FIRST + timedelta(weeks=10)
    one = Counted(1, week, "Loans", due - 24 * HOUR, due, "waiting", False)
    figures_ = {"overall": {"k": 0, "n": 1}, "teams": [{"team": "Loans", "k": 0, "n": 1}], "as_of": None}
    frozen = Frozen((one,), (retold,) if retold else ())
    claim_report(store, week, [letter(name) for name in names], figures_, frozen, FIRST + timedelta(weeks=12))


def a_reply(week: str) -> Retold:
    due = FIRST + timedelta(weeks=10)
    one = Counted(1, week, "Loans", due - 24 * HOUR, due, "answered", True)
    return Retold(week, Tally(1, 1), {"Loans": Tally(1, 1)}, (("reply-later", 1),), (one,))


def test_a_report_that_cannot_be_claimed_whole_leaves_nothing(store: Store) -> None:
    claim(store, "2024-W44", "ann")
    with store.writing() as connection:
        connection.execute(update(letters).values(state="sent"))
    before = kept(store)
    with pytest.raises(RowError):
        claim(store, "2024-W45", "ben", "ann", retold=a_reply("2024-W44"))
    assert kept(store) == before
    claim(store, "2024-W45", "ben", retold=a_reply("2024-W44"))
    claim(store, "2024-W45", "cleo", retold=a_reply("2024-W44"))
    told = last_told(store, ["2024-W44", "2024-W45"])
    assert (told["2024-W44"].overall, told["2024-W44"].told_in) == (Tally(1, 1), "2024-W45")
    assert told["2024-W45"].teams == {"Loans": Tally(0, 1)}
    assert len(kept(store)) == 2 + 1 + 3 + 2, "once"


def test_a_report_that_is_withdrawn_takes_back_what_it_said_of_others(store: Store) -> None:
    claim(store, "2024-W44", "ann")
    before = [row for row in kept(store) if row]
    claim(store, "2024-W45", "ben", retold=a_reply("2024-W44"))
    assert withdraw_early(store, lambda week: week == "2024-W44", FIRST + timedelta(weeks=11)) == ["2024-W45"]
    assert last_told(store, ["2024-W44", "2024-W45"])["2024-W44"].overall == Tally(0, 1)
    with store.reading() as connection:
        assert [row.told_in for row in connection.execute(select(counted))] == ["2024-W44"]
    assert len(before) == len(kept(store)) - 1, "the letter stays, withdrawn"
