"""What a replay looks up once for years: when letters may go to somebody, and who was away."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config import Settings, load
from monitor.core import sending
from monitor.core.calendar import Calendar, Span
from monitor.core.people import Person
from monitor.core.simulation import Letter
from monitor.core.simulation_figures import Span as Time
from monitor.jobs.simulate import _comings_and_goings, _telling, _Windows
from tests.jobs.test_fortnight import CONFIG, OLGA, OTTO

MONDAY = datetime(2024, 3, 25, tzinfo=UTC)
"""The week in which the clock leaps."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ROME = ZoneInfo("Europe/Rome")
OFFICE = Calendar(ROME, "office-hours", frozenset({5, 6}), {d: (Span(480, 720), Span(780, 1080)) for d in range(5)})
NEVER = Calendar(ROME, "office-hours", frozenset(range(7)), {})


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    config: Path = tmp_path_factory.mktemp("house") / "config.toml"
    config.write_text(CONFIG)
    people = {OLGA: Person(OLGA, calendar=OFFICE), OTTO: Person(OTTO, calendar=NEVER)}
    return replace(load(config), people=people)


@given(minutes=st.integers(-2 * 1440, 12 * 1440), who=st.sampled_from([OLGA, OTTO, "eva@ours.example"]))
def test_a_window_looked_up_once_opens_when_it_opens(settings: Settings, minutes: int, who: str) -> None:
    moment = MONDAY + timedelta(minutes=minutes)
    windows = _Windows(settings, MONDAY, MONDAY + 10 * DAY)
    assert windows.opens(who, moment) == sending.opens(settings.person(who).calendar, moment)


def test_only_mail_that_ends_an_absence_says_that_somebody_is_back() -> None:
    at = [MONDAY + n * HOUR for n in range(6)]
    told = [(at[0], OLGA, False), (at[1], OLGA, True), (at[2], OTTO, False), (at[3], OLGA, False), (at[4], OLGA, False)]
    assert _comings_and_goings(told) == [told[1], told[3]]


def test_the_bar_goes_on_while_it_is_played() -> None:
    span, seen = Time(MONDAY, MONDAY + 9 * DAY, MONDAY, ZoneInfo("UTC")), []
    letters = (Letter(MONDAY + n * DAY, OLGA, ()) for n in range(-3, 9))
    assert len(list(_telling(letters, span, lambda k, n: seen.append((k, n))))) == 12
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == ((10, 20), (20, 20)), "reading was the first half"
