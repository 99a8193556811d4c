"""A fortnight of rounds: whatever windows, absences, snoozes and handoffs there are, nobody who waits is forgotten.

And nobody is bothered: no letter outside the window, no two within an hour, nothing told twice.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from monitor.config import load
from monitor.core.calendar import Calendar, Span
from monitor.core.people import Absence, Person
from monitor.core.sending import is_open
from monitor.inbox.memory import MemoryFolder, MemorySource
from monitor.jobs.claims import OutboxClaims
from monitor.jobs.knowledge import know
from monitor.jobs.remind import LETTER_PAUSE, remind
from monitor.store.outbox import mark_sent, pending
from monitor.store.tables import letters, reminders, waits
from tests.jobs.test_hidden_replies import DAY, HEAD, HOUR, INFO, LETTERS, MONDAY, OPS, Desk

OLGA, OTTO, SUE, EVA = (f"{name}@ours.example" for name in ("olga", "otto", "sue", "eva"))
CONFIG = (
    HEAD
    + 'poll_every = "2h"\n'
    + '[[mailbox]]\naddress = "info@ours.example"\nteam = "Front desk"\n'
    + '[[mailbox]]\naddress = "ops@ours.example"\nteam = "Operations"\nreplies = "confirmed"\n'
    + f'[[team]]\nname = "Front desk"\nowners = ["{OLGA}", "{OTTO}"]\n'
    + f'[[team]]\nname = "Operations"\nowners = ["{EVA}"]\n'
    + '[[reminder]]\nafter = "-4h"\n[[reminder]]\nafter = "0h"\nrepeat = "24h"\n'
    + '[[reminder]]\nafter = "3d"\nto = "Operations"\n'
)
WEEK_AND_MORE = timedelta(days=9)
"""No window drawn here stays closed for longer, nobody is snoozed for longer."""


class Fortnight(NamedTuple):
    """What happens in it. `asks`: hours; `snoozes`: (mail, from hour, hours); `hands_on`: mails passed on to ops@."""

    people: Mapping[str, Person]
    asks: list[int]
    snoozes: list[tuple[int, int, int]]
    hands_on: set[int]


_windows = st.none() | st.builds(
    lambda begin, length, closed: Calendar(
        ZoneInfo("Europe/Rome"),
        "office-hours",
        closed,
        {day: (Span(begin * 60, (begin + length) * 60),) for day in range(7)},
    ),
    st.integers(0, 18),
    st.integers(3, 6),
    st.frozensets(st.integers(0, 6), max_size=4),
)
_absences = st.lists(
    st.tuples(st.integers(11, 24), st.integers(0, 6)).map(
        lambda p: Absence(date(2024, 11, p[0]), date(2024, 11, p[0]) + timedelta(days=p[1]))
    ),
    max_size=2,
)


def _person(address: str) -> st.SearchStrategy[Person]:
    others = [each for each in (OLGA, OTTO, SUE) if each != address]
    return st.builds(
        lambda window, away, substitute: Person(
            address, calendar=window, away=tuple(away), substitute=substitute if away else None
        ),
        _windows,
        _absences,
        st.none() | st.sampled_from(others),
    )


_fortnights = st.builds(
    Fortnight,
    st.fixed_dictionaries({each: _person(each) for each in (OLGA, OTTO, SUE, EVA)}),
    st.lists(st.integers(1, 100), min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(1, 4), st.integers(20, 120), st.integers(1, 100)), max_size=3),
    st.sets(st.integers(1, 4)),
)


def lived(fortnight: Fortnight, desk: Desk) -> list[tuple[str, datetime]]:
    """Every letter of the fortnight, (recipient, when it left); a round every four hours, and one soon after."""
    left: list[tuple[str, datetime]] = []
    for hour in sorted(fortnight.asks):
        desk.asks(MONDAY + hour * HOUR, f"r{hour}@reader.example")
    for mail in sorted(m for m in fortnight.hands_on if m <= len(fortnight.asks)):
        asked = MONDAY + sorted(fortnight.asks)[mail - 1] * HOUR
        desk.sends(asked + 3 * HOUR, f"h{mail}@ours.example", OPS, f"{mail}@reader.example")
    for hour in range(0, 14 * 24, 4):
        for now in (MONDAY + hour * HOUR, MONDAY + hour * HOUR + timedelta(minutes=40)):
            for snooze in fortnight.snoozes:
                if hour <= snooze[1] < hour + 4:
                    with desk.store.writing() as connection:
                        until = now + snooze[2] * HOUR
                        connection.execute(update(waits).where(waits.c.id == snooze[0]).values(snoozed_until=until))
            if now.minute == 0:
                desk.look(now)
            remind(
                desk.store, desk.settings, LETTERS, know(desk.store, desk.settings, now), OutboxClaims(desk.store), now
            )
            for letter in pending(desk.store, now):
                assert is_open(desk.settings.person(letter.recipient).calendar, now)
                mark_sent(desk.store, letter.id, "ok", now)
                left.append((letter.recipient, now))
    return left


@pytest.mark.parametrize("examples", [1, pytest.param(10, marks=pytest.mark.full)])
def test_nobody_who_waits_is_forgotten_and_nobody_bothered(examples: int) -> None:
    phases = [Phase.explicit, Phase.reuse, Phase.generate]
    settings(max_examples=examples, phases=phases)(given(_fortnights)(nobody_is))()


def nobody_is(fortnight: Fortnight) -> None:
    """Forgotten, or bothered."""
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(Path(folder))
        path = Path(folder) / "config.toml"
        path.write_text(CONFIG)
        desk.settings = replace(load(path), people=fortnight.people)
        desk.sources = {
            INFO: MemorySource(desk.inbox, desk.sent),
            OPS: MemorySource(MemoryFolder("INBOX"), MemoryFolder("Sent", frozenset({"\\sent"}))),
        }
        left = lived(fortnight, desk)
        for recipient in {who for who, _ in left}:
            times = sorted(when for who, when in left if who == recipient)
            assert all(later - sooner >= LETTER_PAUSE for sooner, later in pairwise(times))
        with desk.store.reading() as connection:
            told = connection.execute(select(reminders.c.wait, letters.c.settled_at).join(letters)).all()
            waiting = connection.execute(select(waits.c.id, waits.c.due_at, waits.c.snoozed_until)).all()
        assert len(waiting) == len(fortnight.asks)
        for wait in waiting:
            latest = max([row.settled_at for row in told if row.wait == wait.id], default=wait.due_at - DAY)
            owed = max(wait.due_at, wait.snoozed_until or wait.due_at)
            assert latest >= owed or owed + WEEK_AND_MORE > MONDAY + 14 * DAY, (
                "told of after it was due, and once awake"
            )
        desk.store.close()
