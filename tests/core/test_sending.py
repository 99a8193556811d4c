"""Sending windows: letters wait until they open, a warning that would come too late comes before they close."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.calendar import Calendar, Span
from monitor.core.sending import EARLIEST, LAST_HOUR, is_open, opens, warns
from tests.core.situations import at, clock

ROME, UTC_ZONE = ZoneInfo("Europe/Rome"), ZoneInfo("UTC")
DAYTIME = {day: (Span(8 * 60, 18 * 60),) for day in range(7)}
BY_DAY = Calendar(UTC_ZONE, "office-hours", hours=DAYTIME)
WEEKDAYS = Calendar(UTC_ZONE, "office-hours", closed=frozenset({5, 6}), hours=DAYTIME)
NO_SUNDAY = Calendar(UTC_ZONE, "open-days", closed=frozenset({6}))
HOLIDAY = Calendar(UTC_ZONE, "open-days", holidays=frozenset({date(2026, 11, 10)}))
NEVER = Calendar(UTC_ZONE, "open-days", closed=frozenset(range(7)))


@pytest.mark.parametrize(
    ("what", "calendar", "moment", "expected"),
    [
        ("nobody said when: at any time", None, "Mon 03:00", "Mon 03:00"),
        ("by the clock on the wall all hours are open", Calendar(UTC_ZONE), "Sun 03:00", "Sun 03:00"),
        ("at night: in the morning", BY_DAY, "Mon 03:00", "Mon 08:00"),
        ("in the evening: the next morning", BY_DAY, "Mon 18:00", "Tue 08:00"),
        ("as it opens it is open", BY_DAY, "Mon 08:00", "Mon 08:00"),
        ("a minute before it closes it is open", BY_DAY, "Mon 17:59", "Mon 17:59"),
        ("over a weekend: on Monday", WEEKDAYS, "Fri 18:30", "Mon 08:00"),
        ("a quiet Sunday: as Monday begins", NO_SUNDAY, "Sun 12:00", "Mon 00:00"),
        ("a holiday", HOLIDAY, "Tue 09:00", "Wed 00:00"),
        ("one that never opens holds nothing back", NEVER, "Mon 03:00", "Mon 03:00"),
    ],
)
def test_when_a_letter_may_go(what: str, calendar: Calendar | None, moment: str, expected: str) -> None:
    assert clock(opens(calendar, at(moment))) == expected, what
    assert is_open(calendar, at(moment)) == (moment == expected), what


def test_a_window_is_of_the_clock_on_the_recipients_wall() -> None:
    assert opens(Calendar(ROME, "office-hours", hours=DAYTIME), at("Mon 03:00")) == at("Mon 07:00")


@pytest.mark.parametrize(
    ("what", "moment", "due", "expected"),
    [
        ("by day it goes at its moment", "Tue 10:00", "Tue 14:00", "Tue 10:00"),
        ("at night with time left in the morning it waits for that", "Tue 06:00", "Tue 10:00", "Tue 06:00"),
        ("useless in the morning, it goes the evening before", "Tue 03:00", "Tue 07:00", "Mon 17:00"),
        ("also when the promise runs out as the window opens", "Tue 04:00", "Tue 08:00", "Mon 17:00"),
        ("but not two days before", "Sun 03:00", "Sun 07:00", "Sun 03:00"),
    ],
)
def test_when_a_warning_goes(what: str, moment: str, due: str, expected: str) -> None:
    assert clock(warns(WEEKDAYS, at(moment), at(due))) == expected, what


def test_who_gets_letters_at_any_time_is_warned_at_its_moment() -> None:
    assert warns(None, at("Tue 03:00"), at("Tue 07:00")) == at("Tue 03:00")


_spans = st.tuples(st.integers(0, 23), st.integers(1, 24)).filter(lambda p: p[0] < p[1])
_windows = st.builds(
    lambda zone, closed, span: Calendar(
        ZoneInfo(zone), "office-hours", closed, {day: (Span(span[0] * 60, span[1] * 60),) for day in range(7)}
    ),
    st.sampled_from(["UTC", "Europe/Rome", "Australia/Lord_Howe", "America/St_Johns"]),
    st.frozensets(st.integers(0, 6), max_size=6),
    _spans,
)
_moments = st.integers(0, 2 * 365 * 24 * 60).map(lambda m: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=m))


@given(_windows, _moments)
def test_it_opens_at_the_first_open_moment_and_not_before(window: Calendar, moment: datetime) -> None:
    first = opens(window, moment)
    assert first >= moment
    assert is_open(window, first)
    if first > moment:
        assert not is_open(window, first - timedelta(seconds=1))
        assert opens(window, moment + (first - moment) / 2) == first


@given(_windows, _moments, st.integers(1, 48))
def test_a_warning_is_moved_only_where_it_would_come_too_late(window: Calendar, moment: datetime, hours: int) -> None:
    due = moment + timedelta(hours=hours)
    goes = warns(window, moment, due)
    assert moment - EARLIEST - LAST_HOUR <= goes <= moment
    assert goes == moment or opens(window, moment) >= due
    assert goes == moment or is_open(window, goes + LAST_HOUR - timedelta(seconds=1))
