"""A promise in words, what a week gives of it, and that the moment it runs out is always known."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.calendar import Calendar, Mode, Span
from monitor.core.house import Target, due_at, opened_by
from monitor.core.promise import Promise, a_week_of, counted_words, promise_words, the_one, working_days

HOUR = timedelta(hours=1)
LONDON = ZoneInfo("Europe/London")
OFFICE = Calendar(LONDON, "office-hours", frozenset({5, 6}), dict.fromkeys(range(7), (Span(540, 1020),)))


@pytest.mark.parametrize(
    ("hours", "mode", "said"),
    [
        (24, "elapsed", "24 hours"),
        (72, "elapsed", "3 days"),
        (24, "open-days", "24 hours on open days"),
        (48, "open-days", "2 open days"),
        (36, "open-days", "36 hours on open days"),
        (1, "office-hours", "1 office hour"),
        (24, "office-hours", "24 office hours"),
        (72, "office-hours", "72 office hours"),
        (0.5, "office-hours", "30 minutes of office hours"),
    ],
)
def test_a_promise_says_which_hours_it_means(hours: float, mode: Mode, said: str) -> None:
    assert promise_words(hours * HOUR, mode) == said


@pytest.mark.parametrize(("minutes", "said"), [(0, "0 min"), (59, "59 min"), (60, "1 h"), (1815, "30 h 15 min")])
def test_counted_time_is_never_said_in_days(minutes: int, said: str) -> None:
    assert counted_words(timedelta(minutes=minutes)) == said


def test_only_a_promise_that_all_make_is_named() -> None:
    day, office = Promise(24 * HOUR, "elapsed"), Promise(24 * HOUR, "office-hours")
    assert the_one([day, day]) == day
    assert the_one([day, office]) is None


def test_a_day_of_24_hours_is_three_working_days_of_eight() -> None:
    assert a_week_of(OFFICE) == 40 * HOUR
    assert working_days(24 * HOUR, OFFICE) == 3
    assert working_days(24 * HOUR, Calendar(LONDON, "open-days", frozenset({5, 6}))) == 1
    assert working_days(24 * HOUR, Calendar(LONDON)) == 1


def test_a_calendar_that_never_opens_counts_by_the_clock_on_the_wall() -> None:
    never = Target(24 * HOUR, calendar=replace(OFFICE, closed=frozenset(range(7))))
    opened = datetime(2026, 11, 9, 10, tzinfo=UTC)
    assert due_at(opened, never) == opened + 24 * HOUR


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  # timezones= makes them aware
    st.timedeltas(timedelta(0), timedelta(days=3660)),
    st.frozensets(st.integers(0, 6)),
)
def test_whatever_the_calendar_a_wait_is_due_at_some_moment(
    opened: datetime, within: timedelta, closed: frozenset[int]
) -> None:
    assert due_at(opened, Target(within, calendar=Calendar(LONDON, "open-days", closed))) >= opened


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.timedeltas(timedelta(0), timedelta(days=6)),
)
def test_what_was_opened_before_falls_due_before(due: datetime, within: timedelta) -> None:
    target = Target(within, calendar=OFFICE)
    opened = opened_by(due, target)
    assert due_at(opened - timedelta(microseconds=1), target) <= due
