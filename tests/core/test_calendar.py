"""The three clocks of a promise (rules.md §1): days of 23 and 25 hours, closed days, opening hours."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.calendar import Calendar, Mode, Span, Stretch, due_at, primary, stretches
from monitor.core.wait import is_met

HOUR = timedelta(hours=1)
BERLIN = ZoneInfo("Europe/Berlin")
ZONES = tuple(
    map(
        ZoneInfo,
        (
            "Europe/Berlin",
            "America/New_York",
            "Asia/Kathmandu",
            "Pacific/Apia",
            "Australia/Lord_Howe",
            "America/St_Johns",
        ),
    )
)
"""Apia left out the 30th of December 2011; on Lord Howe the clock changes by half an hour; in St. John's it went back
over midnight until 2011."""

WEEKEND = frozenset({5, 6})
DAILY = (Span(9 * 60, 12 * 60), Span(13 * 60, 17 * 60))
OPEN_DAYS = Calendar(BERLIN, "open-days", closed=WEEKEND)
OFFICE = Calendar(BERLIN, "office-hours", closed=WEEKEND, hours=dict.fromkeys(range(7), DAILY))


def at(text: str, zone: ZoneInfo = BERLIN) -> datetime:
    """`"2026-11-08 10:00"`, by the clock on the wall, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def test_19_a_question_of_sunday_answered_on_sunday_is_met_after_no_primary_time() -> None:
    """Sunday 10:00 Ann, 12:30 info: the clock of open days has not begun, the one on the wall shows 2.5 hours."""
    opened, answered = at("2026-11-08 10:00"), at("2026-11-08 12:30")
    due = due_at(opened, 24 * HOUR, OPEN_DAYS)
    assert due == at("2026-11-10 00:00")
    assert is_met("answered", answered, due, answered) is True
    assert primary(opened, answered, OPEN_DAYS) == timedelta(0)
    assert answered - opened == 2.5 * HOUR
    assert stretches(opened, answered, OPEN_DAYS) == [Stretch(opened, answered, "closed: Sunday")]


@pytest.mark.parametrize(
    ("opened", "due"),
    [
        ("2026-11-09 10:00", "2026-11-10 10:00"),  # a Monday
        ("2026-11-13 10:00", "2026-11-16 10:00"),
        ("2026-11-13 00:00", "2026-11-14 00:00"),
        ("2026-11-14 00:00", "2026-11-17 00:00"),
        ("2026-11-15 23:59", "2026-11-17 00:00"),
    ],
)
def test_closed_weekdays_stop_the_clock_of_open_days(opened: str, due: str) -> None:
    assert due_at(at(opened), 24 * HOUR, OPEN_DAYS) == at(due)


@pytest.mark.parametrize(
    ("opened", "due"),
    [
        ("2026-03-28 12:00", "2026-03-29 13:00"),
        ("2026-03-29 00:00", "2026-03-30 01:00"),
        ("2026-10-24 12:00", "2026-10-25 11:00"),
        ("2026-10-25 00:00", "2026-10-25 23:00"),
    ],
)
def test_an_open_day_counts_its_real_hours_where_the_clock_changes(opened: str, due: str) -> None:
    always = replace(OPEN_DAYS, closed=frozenset())
    assert due_at(at(opened), 24 * HOUR, always) == at(due)
    assert due_at(at(opened), 24 * HOUR, always) - at(opened) == 24 * HOUR


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-11-09", 24)])
def test_a_day_has_the_hours_that_it_has(day: str, hours: int) -> None:
    start, end = at(f"{day} 00:00"), at(f"{date.fromisoformat(day) + timedelta(days=1)} 00:00")
    assert primary(start, end, replace(OPEN_DAYS, closed=frozenset())) == hours * HOUR


@pytest.mark.parametrize(
    ("opened", "within", "due"),
    [
        ("2026-11-09 10:00", 1, "2026-11-09 11:00"),
        ("2026-11-09 10:00", 2, "2026-11-09 12:00"),
        ("2026-11-09 10:00", 3, "2026-11-09 14:00"),
        ("2026-11-09 12:30", 1, "2026-11-09 14:00"),
        ("2026-11-09 10:00", 24, "2026-11-12 14:00"),
        ("2026-11-13 16:30", 1, "2026-11-16 09:30"),
        ("2026-11-14 10:00", 0, "2026-11-16 09:00"),
    ],
)
def test_only_opening_hours_count_in_office_hours(opened: str, within: float, due: str) -> None:
    assert due_at(at(opened), within * HOUR, OFFICE) == at(due)


def test_a_late_shift_goes_on_over_midnight() -> None:
    night = replace(OFFICE, hours={0: (Span(20 * 60, 24 * 60),), 1: (Span(0, 4 * 60),)})
    assert due_at(at("2026-11-09 19:00"), 6 * HOUR, night) == at("2026-11-10 02:00")


@pytest.mark.parametrize(
    ("span", "day", "minutes"),
    [
        (Span(60, 4 * 60), "2026-03-29", 120),
        (Span(2 * 60, 3 * 60), "2026-03-29", 0),
        (Span(150, 195), "2026-03-29", 15),
        (Span(60, 150), "2026-03-29", 60),
        (Span(60, 4 * 60), "2026-10-25", 240),
        (Span(60, 150), "2026-10-25", 90),
        (Span(150, 180), "2026-10-25", 90),
    ],
)
def test_opening_hours_where_the_clock_leaps_and_where_it_shows_an_hour_twice(
    span: Span, day: str, minutes: int
) -> None:
    """At 02:00 the clock leaps to 03:00; at 03:00 it goes back to 02:00, and the first showing counts as the border."""
    calendar = Calendar(BERLIN, "office-hours", hours={6: (span,)})
    next_day = f"{date.fromisoformat(day) + timedelta(days=1)} 00:00"
    assert primary(at(f"{day} 00:00"), at(next_day), calendar) == timedelta(minutes=minutes)


def test_a_day_that_a_country_left_out_is_not_waited_for() -> None:
    apia = ZoneInfo("Pacific/Apia")
    always = Calendar(apia, "open-days")
    assert due_at(at("2011-12-29 12:00", apia), 24 * HOUR, always) == at("2011-12-31 12:00", apia)


def test_holidays_stop_the_clock_whole_and_in_part() -> None:
    christmas = replace(
        OPEN_DAYS,
        holidays=frozenset({date(2026, 12, 25)}),
        part_holidays={date(2026, 12, 24): (Span(12 * 60, 24 * 60),)},
    )
    opened = at("2026-12-24 10:00")
    assert due_at(opened, 24 * HOUR, christmas) == at("2026-12-28 22:00")
    assert stretches(opened, at("2026-12-28 22:00"), christmas) == [
        Stretch(at("2026-12-24 12:00"), at("2026-12-26 00:00"), "closed: holiday"),
        Stretch(at("2026-12-26 00:00"), at("2026-12-27 00:00"), "closed: Saturday"),
        Stretch(at("2026-12-27 00:00"), at("2026-12-28 00:00"), "closed: Sunday"),
    ]


def test_an_evening_and_the_morning_after_it_are_one_closed_stretch() -> None:
    without_lunch = replace(OFFICE, hours={0: (Span(9 * 60, 17 * 60),), 1: DAILY})
    assert stretches(at("2026-11-09 10:00"), at("2026-11-11 10:00"), without_lunch) == [
        Stretch(at("2026-11-09 17:00"), at("2026-11-10 09:00"), "closed: outside hours"),
        Stretch(at("2026-11-10 12:00"), at("2026-11-10 13:00"), "closed: outside hours"),
        Stretch(at("2026-11-10 17:00"), at("2026-11-11 00:00"), "closed: outside hours"),
        Stretch(at("2026-11-11 00:00"), at("2026-11-11 10:00"), "closed: Wednesday"),
    ]


@pytest.mark.parametrize(
    "never",
    [
        replace(OPEN_DAYS, closed=frozenset(range(7))),
        replace(OFFICE, hours={}),
        replace(OFFICE, hours={6: DAILY}),
        replace(OPEN_DAYS, holidays=frozenset(date(2026, 1, 1) + timedelta(days=n) for n in range(800))),
        replace(OFFICE, part_holidays={date(2026, 1, 1) + timedelta(days=n): (Span(0, 1440),) for n in range(800)}),
    ],
)
def test_a_calendar_that_opens_in_no_hour_of_a_year_says_what_to_do(never: Calendar) -> None:
    with pytest.raises(ValueError, match="take a weekday out of `closed`"):
        due_at(at("2026-11-09 10:00"), HOUR, never)
    assert primary(at("2026-11-09 10:00"), at("2027-12-09 10:00"), never) == timedelta(0)


def test_work_is_bounded_by_a_hundred_years() -> None:
    rarely = replace(OFFICE, hours={0: (Span(0, 1),)})
    with pytest.raises(ValueError, match="make reply_within shorter"):
        due_at(at("2026-11-09 10:00"), 24000 * HOUR, rarely)
    for counts in (primary, stretches):
        with pytest.raises(ValueError, match="a hundred years"):
            counts(at("1926-11-01 10:00"), at("2026-11-09 10:00"), OFFICE)


@pytest.mark.parametrize("span", [(60, 60), (61, 60), (-1, 60), (0, 1441)])
def test_spans_that_there_are_not_are_refused(span: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="it must begin before it ends"):
        Calendar(BERLIN, hours={0: (Span(*span),)})
    with pytest.raises(ValueError, match="it must begin before it ends"):
        Calendar(BERLIN, part_holidays={date(2026, 12, 24): (Span(*span),)})


def test_weekdays_that_there_are_not_are_refused() -> None:
    with pytest.raises(ValueError, match="weekdays go from 0"):
        Calendar(BERLIN, closed=frozenset({7}))


@pytest.mark.parametrize("mode", ["elapsed", "open-days"])
def test_naive_moments_and_negative_promises_are_refused(mode: Mode) -> None:
    naive, calendar = at("2026-11-09 10:00").replace(tzinfo=None), Calendar(BERLIN, mode)
    with pytest.raises(ValueError, match="without a time zone"):
        due_at(naive, HOUR, calendar)
    with pytest.raises(ValueError, match="without a time zone"):
        primary(at("2026-11-09 10:00"), naive, calendar)
    with pytest.raises(ValueError, match="no time at all"):
        due_at(at("2026-11-09 10:00"), -HOUR, calendar)


MOMENTS = st.datetimes(datetime(2008, 1, 1), datetime(2018, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # timezones= makes them aware
LENGTHS = st.timedeltas(timedelta(0), timedelta(days=20))


@st.composite
def spans(draw: st.DrawFn) -> tuple[Span, ...]:
    edges = sorted(draw(st.sets(st.sampled_from(range(0, 1441, 30)), min_size=2, max_size=4)))
    return tuple(Span(start, end) for start, end in zip(edges[::2], edges[1::2], strict=False))


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    days = st.dates(date(2008, 1, 1), date(2018, 1, 1))
    return Calendar(
        zone=draw(st.sampled_from(ZONES)),
        mode=draw(st.sampled_from(["open-days", "office-hours"])),
        closed=draw(st.frozensets(st.integers(0, 6), max_size=3)),
        hours=dict.fromkeys(range(7), draw(spans())),
        holidays=draw(st.frozensets(days, max_size=9)),
        part_holidays=draw(st.dictionaries(days, spans(), max_size=3)),
    )


@given(calendars(), MOMENTS, LENGTHS)
def test_exactly_the_promise_is_counted_until_it_is_due(
    calendar: Calendar, opened: datetime, within: timedelta
) -> None:
    due = due_at(opened, within, calendar)
    assert primary(opened, due, calendar) == within
    if within:
        assert primary(opened, due - timedelta(microseconds=1), calendar) < within


@given(calendars(), MOMENTS, LENGTHS, LENGTHS)
def test_who_writes_later_is_not_due_earlier(
    calendar: Calendar, opened: datetime, later: timedelta, within: timedelta
) -> None:
    assert due_at(opened, within, calendar) <= due_at(opened + later, within, calendar)


@given(calendars(), MOMENTS, LENGTHS, LENGTHS)
def test_time_adds_up_over_any_moment_between(
    calendar: Calendar, start: datetime, one: timedelta, other: timedelta
) -> None:
    middle, end = start + one, start + one + other
    assert primary(start, middle, calendar) + primary(middle, end, calendar) == primary(start, end, calendar)


@given(calendars(), MOMENTS, LENGTHS)
def test_what_is_not_counted_is_closed_for_a_reason(calendar: Calendar, start: datetime, length: timedelta) -> None:
    end = start + length
    closed = stretches(start, end, calendar)
    assert sum((s.end - s.start for s in closed), timedelta(0)) + primary(start, end, calendar) == length
    assert all(start <= s.start < s.end <= end and s.reason.startswith("closed: ") for s in closed)
    assert all(s.end <= t.start for s, t in pairwise(closed))
    assert all(primary(s.start, s.end, calendar) == timedelta(0) for s in closed)


@given(calendars(), MOMENTS, LENGTHS)
def test_by_the_clock_a_promise_is_plain_addition(calendar: Calendar, opened: datetime, within: timedelta) -> None:
    elapsed = replace(calendar, mode="elapsed")
    assert due_at(opened, within, elapsed) == opened + within
    assert primary(opened, opened + within, elapsed) == within
    assert stretches(opened, opened + within, elapsed) == []


@given(st.sampled_from(ZONES), MOMENTS, LENGTHS)
def test_where_no_day_is_closed_open_days_are_elapsed_time(zone: ZoneInfo, opened: datetime, within: timedelta) -> None:
    assert due_at(opened, within, Calendar(zone, "open-days")) == opened + within


@given(calendars(), MOMENTS, LENGTHS, st.sampled_from(ZONES))
def test_the_zone_a_moment_is_given_in_changes_nothing(
    calendar: Calendar, opened: datetime, within: timedelta, zone: ZoneInfo
) -> None:
    assert due_at(opened.astimezone(zone), within, calendar) == due_at(opened, within, calendar)
    assert due_at(opened.astimezone(zone), within, calendar).tzinfo is UTC


@given(calendars(), MOMENTS, LENGTHS)
def test_no_time_is_counted_backwards(calendar: Calendar, start: datetime, back: timedelta) -> None:
    assert primary(start, start - back, calendar) == timedelta(0)
    assert stretches(start, start - back, calendar) == []
