"""GROUND. The three clocks of a promise (rules.md §1): by the clock, over open days, over office hours.

A local day has 23, 24 or 25 hours; so all counting is done in UTC between the borders that the local clock gives.
"""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Literal, NamedTuple, Protocol
from zoneinfo import ZoneInfo

Mode = Literal["elapsed", "open-days", "office-hours"]
"""`elapsed`: every hour counts. `open-days`: every hour of an open day. `office-hours`: only opening hours."""

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MIDNIGHT = 24 * 60
"""The end of a day, in minutes."""
HOLIDAY, OUTSIDE = "closed: holiday", "closed: outside hours"
OPEN = ""

MOST_CLOSED_DAYS = 366
MOST_DAYS = 36525
"""A hundred years: the longest length of time that a config takes; nothing here walks on for longer."""


class Span(NamedTuple):
    """A part of a local day: from `start` up to `end`, in minutes of the clock on the wall; 1440 is 24:00."""

    start: int
    end: int


WHOLE_DAY = (Span(0, MIDNIGHT),)


class PartDays(Protocol):
    """Days that are closed in part: a mapping, or what works them out when it is asked."""

    def get(self, day: date, default: tuple[Span, ...], /) -> tuple[Span, ...]:
        """The closed spans of a day."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """When the clock of a promise runs. Weekdays: 0 is Monday.

    `closed` weekdays and `holidays` count nothing; nor do the spans of `part_holidays`, days that are closed in part.
    `hours`: the opening hours by weekday, for `office-hours` only; a weekday without any is closed. `elapsed` looks at
    none of these. Raises ValueError for spans and weekdays that there are not.
    """

    zone: ZoneInfo
    mode: Mode = "elapsed"
    closed: frozenset[int] = frozenset()
    hours: Mapping[int, tuple[Span, ...]] = field(default_factory=dict)
    holidays: Container[date] = frozenset()
    part_holidays: PartDays = field(default_factory=dict[date, tuple[Span, ...]])

    def __post_init__(self) -> None:
        if not {*self.closed, *self.hours} <= set(range(7)):
            raise ValueError("weekdays go from 0 (Monday) to 6 (Sunday)")
        parts = self.part_holidays.values() if isinstance(self.part_holidays, Mapping) else ()
        for spans in (*self.hours.values(), *parts):
            for start, end in spans:
                if not 0 <= start < end <= MIDNIGHT:
                    raise ValueError(f"{_clock(start)}-{_clock(end)} is no part of a day: it must begin before it ends")


class Stretch(NamedTuple):
    """From `start` up to `end` (UTC) the clock stands still, and why: "closed: Sunday"."""

    start: datetime
    end: datetime
    reason: str


def due_at(opened_at: datetime, reply_within: timedelta, calendar: Calendar) -> datetime:
    """The first moment (UTC) at which `reply_within` has been counted since `opened_at`.

    What arrives while closed is counted from the next opening; what runs out as we close is due then. Raises ValueError
    where nothing opens for a whole year, where it would take over a hundred years, and for a naive moment or a negative
    length.
    """
    if reply_within < timedelta(0):
        raise ValueError("a promise cannot be shorter than no time at all")
    opened = _utc(opened_at)
    if calendar.mode == "elapsed":
        return opened + reply_within
    left = reply_within
    for start, end, reason in _walk(opened, calendar):
        if reason == OPEN:
            if left <= end - start:
                return start + left
            left -= end - start
    raise ValueError("the promise does not fit into a hundred years of this calendar: make reply_within shorter")


def primary(start: datetime, end: datetime, calendar: Calendar) -> timedelta:
    """The time that this clock counts from `start` to `end`; 0 where `end` is not later.

    Raises ValueError for naive moments, and over a hundred years but in mode `elapsed`.
    """
    first, last = _utc(start), _utc(end)
    if calendar.mode == "elapsed":
        return max(last - first, timedelta(0))
    pieces = _between(first, last, calendar)
    return sum((piece.end - piece.start for piece in pieces if piece.reason == OPEN), timedelta(0))


class Counted:
    """Primary time of many waits by one calendar: what a whole day counts is worked out once."""

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar
        self._days: dict[date, timedelta] = {}

    def primary(self, start: datetime, end: datetime) -> timedelta:
        """The same as `primary`."""
        zone = self._calendar.zone
        first, last = (_utc(moment).astimezone(zone).date() for moment in (start, end))
        if self._calendar.mode == "elapsed" or not 1 < (last - first).days <= MOST_DAYS:
            return primary(start, end, self._calendar)
        inside = (first + timedelta(days=n) for n in range(1, (last - first).days))
        whole = sum(map(self._day, inside), timedelta(0))
        before = primary(start, _moment(first, MIDNIGHT, zone), self._calendar)
        return before + whole + primary(_moment(last, 0, zone), end, self._calendar)

    def _day(self, day: date) -> timedelta:
        if day not in self._days:
            begin, end = (_moment(day, minute, self._calendar.zone) for minute in (0, MIDNIGHT))
            self._days[day] = primary(begin, end, self._calendar)
        return self._days[day]


def stretches(start: datetime, end: datetime, calendar: Calendar) -> list[Stretch]:
    """The closed stretches from `start` to `end`, in their order; those that meet for one reason are one.

    Raises ValueError for naive moments and over a hundred years.
    """
    found: list[Stretch] = []
    if calendar.mode == "elapsed":
        return found
    for piece in _between(_utc(start), _utc(end), calendar):
        if piece.reason == OPEN:
            continue
        if found and (found[-1].end, found[-1].reason) == (piece.start, piece.reason):
            found[-1] = found[-1]._replace(end=piece.end)
        else:
            found.append(piece)
    return found


def _between(start: datetime, end: datetime, calendar: Calendar) -> Iterator[Stretch]:
    """The open and closed stretches from `start` to `end`."""
    if end - start > timedelta(days=MOST_DAYS):
        raise ValueError("over a hundred years lie between these moments")
    if start >= end:
        return
    for piece in _walk(start, calendar, closed_for_ever=True):
        yield piece._replace(end=min(piece.end, end))
        if piece.end >= end:
            return


def _walk(start: datetime, calendar: Calendar, closed_for_ever: bool = False) -> Iterator[Stretch]:
    """The open and closed stretches from `start` (UTC) on, day by day; the open ones have the reason "".

    Raises ValueError after a year in which nothing was open, unless that is allowed.
    """
    first = last_open = day = start.astimezone(calendar.zone).date()
    begins = start
    while (day - first).days <= MOST_DAYS + 1:
        for span, reason in _pieces(day, calendar):
            ends = _moment(day, span.end, calendar.zone)
            if begins < ends:  # an hour that the clock leaps over in spring has no length
                last_open = day if reason == OPEN else last_open
                yield Stretch(begins, ends, reason)
                begins = ends
        if (day - last_open).days >= MOST_CLOSED_DAYS and not closed_for_ever:
            raise ValueError(
                f"nothing is open from {last_open} on for a whole year: "
                "take a weekday out of `closed`, days out of `holidays`, or give opening `hours`"
            )
        day += timedelta(days=1)


def _pieces(day: date, calendar: Calendar) -> list[tuple[Span, str]]:
    """A local day cut into what is open ("") and what is closed, with the reason."""
    weekday = day.weekday()
    hours = WHOLE_DAY if calendar.mode == "open-days" else calendar.hours.get(weekday, ())
    if weekday in calendar.closed or not hours:
        return [(WHOLE_DAY[0], f"closed: {DAYS[weekday]}")]
    if day in calendar.holidays:
        return [(WHOLE_DAY[0], HOLIDAY)]
    off = calendar.part_holidays.get(day, ())
    if hours == WHOLE_DAY and not off:
        return [(WHOLE_DAY[0], OPEN)]
    edges = sorted({0, MIDNIGHT}.union(*hours, *off))
    return [(Span(start, end), _reason(start, hours, off)) for start, end in pairwise(edges)]


def _reason(minute: int, hours: tuple[Span, ...], off: tuple[Span, ...]) -> str:
    if not any(start <= minute < end for start, end in hours):
        return OUTSIDE
    return HOLIDAY if any(start <= minute < end for start, end in off) else OPEN


@lru_cache(maxsize=4096)  # thousands of waits lie in the same days
def _moment(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """The first moment (UTC) at which the clock on the wall has come to this minute of the day; 1440 ends the day.

    A time that the clock shows twice in autumn is its first showing (fold=0, PEP 495); one that it leaps over in spring
    is the moment of the leap, so that opening hours never overlap.
    """
    wall = datetime.combine(day, time.min) + timedelta(minutes=minute)
    moment = wall.replace(tzinfo=zone).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == wall:
        return moment
    before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    while moment - before > timedelta(seconds=1):
        middle = before + (moment - before) // 2
        middle -= timedelta(microseconds=middle.microsecond)
        if middle.astimezone(zone).replace(tzinfo=None) < wall:
            before = middle
        else:
            moment = middle
    return moment


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return moment.astimezone(UTC)


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
