"""The three clocks over every change of the clocks of ten years in six zones, against one that walks every minute."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import accumulate, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.calendar import Calendar, Counted, Span, due_at, primary, stretches

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ZONES = (
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Asia/Tehran",
    "America/Santiago",
)
"""On Lord Howe the clock changes by half an hour; in Casablanca with Ramadan; in Tehran in the first minute of a day,
until 2022; in Santiago back over midnight."""
FROM, TO = datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)
BEFORE, AFTER = 4 * DAY, 9 * DAY
"""What is walked around a change."""


def transitions(zone: str) -> list[datetime]:
    """The moments (UTC) from 2020 to 2029 at which the zone's offset changes."""
    tz, found = ZoneInfo(zone), []

    def offset(seconds: int) -> timedelta | None:
        return (FROM + timedelta(seconds=seconds)).astimezone(tz).utcoffset()

    for day in range((TO - FROM).days):
        first, last = day * 86400, (day + 1) * 86400
        if offset(first) != offset(last):
            at = bisect_left(range(first, last), True, key=lambda second: offset(second) == offset(last))
            found.append(FROM + timedelta(seconds=first + at))
    return found


CHANGES = [(zone, change) for zone in ZONES for change in transitions(zone)]


def calendars(zone: str, change: datetime) -> Sequence[Calendar]:
    """Each mode, with borders in the very hours that change, and holidays beside them."""
    tz = ZoneInfo(zone)
    around = change.astimezone(tz).date()
    office = Calendar(tz, "office-hours", frozenset({5}), dict.fromkeys(range(7), (Span(540, 720), Span(780, 1020))))
    night = dict.fromkeys(range(7), (Span(0, 30), Span(60, 150), Span(175, 240), Span(1380, 1440)))
    return (
        Calendar(tz),
        Calendar(tz, "open-days", frozenset({5})),
        Calendar(tz, "open-days", holidays=frozenset({around + DAY}), part_holidays={around: (Span(90, 165),)}),
        office,
        replace(office, closed=frozenset(), hours=night),
    )


class Walk:
    """Every minute around a change. The clock on the wall has come as far as it ever showed (its first showing)."""

    def __init__(self, zone: str, change: datetime) -> None:
        tz = ZoneInfo(zone)
        self.start = (change - BEFORE).replace(second=0, microsecond=0)
        count = int((BEFORE + AFTER) / MINUTE)
        shown = ((self.start + n * MINUTE).astimezone(tz).replace(tzinfo=None) for n in range(count))
        self.wall = list(accumulate(shown, max))

    def counted(self, calendar: Calendar) -> list[int]:
        """How many minutes were counted before each minute."""
        minutes = {day: open_minutes(calendar, day) for day in {wall.date() for wall in self.wall}}
        is_open = (w.hour * 60 + w.minute in minutes[w.date()] for w in self.wall)
        return list(accumulate(is_open, initial=0))


def open_minutes(calendar: Calendar, day: date) -> set[int]:
    """The minutes of a day, on the wall, that are open."""
    if calendar.mode == "elapsed":
        return set(range(1440))
    if day.weekday() in calendar.closed or day in calendar.holidays:
        return set()
    hours = calendar.hours.get(day.weekday(), ()) if calendar.mode == "office-hours" else ((0, 1440),)
    off = {m for s, e in calendar.part_holidays.get(day, ()) for m in range(s, e)}
    return {m for s, e in hours for m in range(s, e)} - off


@lru_cache(maxsize=2)
def walk(zone: str, change: datetime) -> Walk:
    return Walk(zone, change)


def test_the_zones_change_as_often_as_they_do() -> None:
    counts = {zone: sum(z == zone for z, _ in CHANGES) for zone in ZONES}
    assert counts["Europe/London"] == counts["America/New_York"] == counts["Australia/Lord_Howe"] == 20
    assert counts["Asia/Tehran"] == 6
    assert counts["Africa/Casablanca"] >= 18
    assert counts["America/Santiago"] == 20


@pytest.mark.parametrize(("zone", "change"), CHANGES, ids=lambda v: v if isinstance(v, str) else f"{v:%Y-%m-%d}")
def test_all_clocks_agree_with_one_that_walks_every_minute(zone: str, change: datetime) -> None:
    walked = walk(zone, change)
    for calendar in calendars(zone, change):
        counted = walked.counted(calendar)
        for hours in (-50, -25, -3, -0.5, 0, 0.75, 2, 27):
            first = int((change + hours * HOUR - walked.start) / MINUTE)
            opened = walked.start + first * MINUTE
            for minutes in (1, 45, 180, 480, 1440):
                last = bisect_left(counted, counted[first] + minutes)
                due = due_at(opened, minutes * MINUTE, calendar)
                assert due == walked.start + last * MINUTE, (calendar, opened, minutes)
                assert primary(opened, due, calendar) == minutes * MINUTE
                closed = sum((s.end - s.start for s in stretches(opened, due, calendar)), timedelta(0))
                assert closed == due - opened - minutes * MINUTE


SPANS = st.sets(st.sampled_from(range(0, 1441, 15)), min_size=2, max_size=4).map(
    lambda edges: tuple(Span(s, e) for s, e in list(pairwise(sorted(edges)))[::2])
)


@st.composite
def changing(draw: st.DrawFn) -> tuple[Calendar, datetime]:
    """A calendar, and a moment within three days of a change of its clock."""
    zone, change = draw(st.sampled_from(CHANGES))
    near = [change.astimezone(ZoneInfo(zone)).date() + n * DAY for n in range(-3, 4)]
    calendar = Calendar(
        ZoneInfo(zone),
        draw(st.sampled_from(["elapsed", "open-days", "office-hours"])),
        draw(st.frozensets(st.integers(0, 6), max_size=3)),
        dict.fromkeys(range(7), draw(SPANS)),
        draw(st.frozensets(st.sampled_from(near), max_size=2)),
        draw(st.dictionaries(st.sampled_from(near), SPANS, max_size=2)),
    )
    return calendar, change + draw(st.timedeltas(-3 * DAY, 3 * DAY))


LENGTHS = st.timedeltas(timedelta(0), 6 * DAY)


@given(changing(), LENGTHS, LENGTHS, LENGTHS)
def test_near_a_change_of_the_clock_exactly_the_promise_is_counted(
    of: tuple[Calendar, datetime], within: timedelta, longer: timedelta, later: timedelta
) -> None:
    calendar, opened = of
    due = due_at(opened, within, calendar)
    assert primary(opened, due, calendar) == within
    assert due <= due_at(opened, within + longer, calendar)
    assert due <= due_at(opened + later, within, calendar)
    closed = stretches(opened, due, calendar)
    assert sum((s.end - s.start for s in closed), within) == due - opened


@given(changing(), st.lists(st.tuples(LENGTHS, st.timedeltas(timedelta(0), 40 * DAY)), min_size=1, max_size=4))
def test_many_waits_counted_together_are_counted_as_each_alone(
    of: tuple[Calendar, datetime], waits: list[tuple[timedelta, timedelta]]
) -> None:
    calendar, opened = of
    together = Counted(calendar)
    for later, length in waits:
        start, end = opened + later, opened + later + length
        assert together.primary(start, end) == primary(start, end, calendar)


LONDON = ZoneInfo("Europe/London")
NINE_TO_FIVE = Calendar(LONDON, "office-hours", frozenset({5, 6}), dict.fromkeys(range(7), (Span(540, 1020),)))
OPEN_DAYS = Calendar(LONDON, "open-days", frozenset({5, 6}))
LUNCH = replace(NINE_TO_FIVE, hours=dict.fromkeys(range(7), (Span(540, 750), Span(810, 1020))))
LATE = replace(NINE_TO_FIVE, hours=dict.fromkeys(range(7), (Span(1200, 1440),)))
FRIDAY_OFF = replace(OPEN_DAYS, holidays=frozenset({date(2026, 12, 25)}))
SATURDAY_OFF = replace(OPEN_DAYS, holidays=frozenset({date(2026, 12, 26)}))
HALF_THURSDAY = replace(NINE_TO_FIVE, part_holidays={date(2026, 12, 31): (Span(720, 1440),)})
ALL_PARTS = replace(NINE_TO_FIVE, part_holidays={date(2026, 12, 31): (Span(0, 600), Span(600, 1440))})


@pytest.mark.parametrize(
    ("calendar", "opened", "hours", "due"),
    [
        pytest.param(NINE_TO_FIVE, "2026-11-14 10:00", 1, "2026-11-16 10:00", id="arrives while closed"),
        pytest.param(NINE_TO_FIVE, "2026-11-13 16:00", 1, "2026-11-13 17:00", id="runs out at closing, is due then"),
        pytest.param(NINE_TO_FIVE, "2026-11-13 17:00", 1, "2026-11-16 10:00", id="arrives as we close"),
        pytest.param(NINE_TO_FIVE, "2026-11-16 09:00", 8, "2026-11-16 17:00", id="arrives as we open"),
        pytest.param(LATE, "2026-11-13 23:00", 1, "2026-11-14 00:00", id="24:00 ends a day"),
        pytest.param(LATE, "2026-11-13 23:00", 2, "2026-11-16 21:00", id="after 24:00 comes the next opening"),
        pytest.param(LUNCH, "2026-11-16 12:00", 1, "2026-11-16 14:00", id="several spans a day"),
        pytest.param(LUNCH, "2026-11-16 12:00", 0.5, "2026-11-16 12:30", id="due at lunch, not after it"),
        pytest.param(OPEN_DAYS, "2026-11-15 10:00", 24, "2026-11-17 00:00", id="a closed day counts nothing"),
        pytest.param(
            replace(OPEN_DAYS, closed=frozenset({5})), "2026-03-28 12:00", 24, "2026-03-30 01:00", id="23 hours"
        ),
        pytest.param(
            replace(OPEN_DAYS, closed=frozenset({5})), "2026-10-24 12:00", 24, "2026-10-25 23:00", id="25 hours"
        ),
        pytest.param(FRIDAY_OFF, "2026-12-24 12:00", 24, "2026-12-28 12:00", id="holiday before a weekend"),
        pytest.param(SATURDAY_OFF, "2026-12-25 12:00", 24, "2026-12-28 12:00", id="a holiday on a weekend counts once"),
        pytest.param(HALF_THURSDAY, "2026-12-31 10:00", 8, "2027-01-01 15:00", id="part holiday"),
        pytest.param(ALL_PARTS, "2026-12-31 10:00", 1, "2027-01-01 10:00", id="parts that are a whole day"),
        pytest.param(HALF_THURSDAY, "2026-12-31 12:00", 0, "2027-01-01 09:00", id="no promise is due at the opening"),
    ],
)
def test_the_edges_of_a_calendar(calendar: Calendar, opened: str, hours: float, due: str) -> None:
    moments = [datetime.fromisoformat(text).replace(tzinfo=LONDON).astimezone(UTC) for text in (opened, due)]
    assert due_at(moments[0], hours * HOUR, calendar) == moments[1]


@pytest.mark.parametrize("closed", [time(0), time(12)])
def test_a_calendar_without_an_open_hour_is_refused_wherever_one_begins(closed: time) -> None:
    never = replace(NINE_TO_FIVE, closed=frozenset(range(7)))
    with pytest.raises(ValueError, match="nothing is open"):
        due_at(datetime.combine(date(2026, 11, 14), closed, UTC), HOUR, never)
