"""GROUND. A promise in words people use: how long, and which hours count; and how much a week gives of them."""

from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple

from monitor.core.calendar import Calendar, Mode
from monitor.core.durations import short, words

COUNTED: dict[Mode, str] = {
    "elapsed": "nights, weekends and holidays count",
    "open-days": "closed weekdays and holidays do not count",
    "office-hours": "only opening hours count",
}
"""Which hours a promise counts."""

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_IN_DAYS = 48 * _HOUR
"""From here on lengths are said in days (durations.words)."""


class Promise(NamedTuple):
    """A reply within this time, and which hours count."""

    within: timedelta
    mode: Mode

    @property
    def words(self) -> str:
        """`24 office hours`."""
        return promise_words(*self)

    @property
    def short(self) -> str:
        """`24 office h`."""
        return promise_short(*self)


def the_one(promises: Iterable[Promise]) -> Promise | None:
    """The promise that all make; None where they differ, and "the target" is all that is true of everybody."""
    found = set(promises)
    return found.pop() if len(found) == 1 else None


def promise_words(length: timedelta, mode: Mode) -> str:
    """`24 hours`; `24 hours on open days`, `2 open days`; `24 office hours`, `30 minutes of office hours`.

    An office has no days of 24 hours, so its hours are never said in days.
    """
    if mode == "office-hours":
        hours, rest = divmod(length, _HOUR)
        return f"{words(length)} of office hours" if rest or not hours else f"{hours} office hour{_s(hours)}"
    if mode == "open-days":
        days, rest = divmod(length, _DAY)
        whole = not rest and length >= _IN_DAYS
        return f"{days} open days" if whole else f"{words(length)} on open days"
    return words(length)


def promise_short(length: timedelta, mode: Mode) -> str:
    """`24 h`, `24 h open`, `24 office h`: for tables."""
    if mode == "office-hours":
        hours, rest = divmod(length, _HOUR)
        return f"{short(length)} office time" if rest or not hours else f"{hours} office h"
    return short(length) if mode == "elapsed" else f"{short(length)} open"


def counted_words(length: timedelta) -> str:
    """`0 min`, `30 h 15 min`: primary time, never in days, as a day of opening hours has no 24."""
    hours, minutes = divmod(max(0, int(length.total_seconds() // 60)), 60)
    return f"{hours} h {minutes} min" if hours and minutes else f"{hours} h" if hours else f"{minutes} min"


def a_week_of(calendar: Calendar) -> timedelta:
    """What an ordinary week counts, by the clock on the wall and without holidays; 0: it never opens."""
    if calendar.mode == "elapsed":
        return 7 * _DAY
    open_days = set(range(7)) - calendar.closed
    if calendar.mode == "open-days":
        return len(open_days) * _DAY
    minutes = sum(_minutes(calendar, day) for day in open_days)
    return timedelta(minutes=minutes)


def working_days(length: timedelta, calendar: Calendar) -> float:
    """How many of the calendar's open days a length of its time fills, on average. Its week must count something."""
    open_ = set(range(7)) - (calendar.closed if calendar.mode != "elapsed" else set())
    days = sum(calendar.mode != "office-hours" or _minutes(calendar, day) > 0 for day in open_)
    return length * days / a_week_of(calendar)


def _minutes(calendar: Calendar, weekday: int) -> int:
    """The open minutes of a weekday; hours given twice count once."""
    return len({minute for start, end in calendar.hours.get(weekday, ()) for minute in range(start, end)})


def _s(count: int) -> str:
    return "" if count == 1 else "s"
