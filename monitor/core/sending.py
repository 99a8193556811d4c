"""GROUND. Sending windows: whether letters may go to somebody at a moment, and when they next may.

A window is the open time of its calendar, which may be of any clock (core/calendar.py): the open days of `open-days`,
the opening hours of `office-hours`, all the time for `elapsed` and for None. One that never opens holds nothing back:
better a letter at night than nobody told.
"""

from datetime import datetime, timedelta

from monitor.core.calendar import Calendar, stretches

LAST_HOUR = timedelta(hours=1)
"""So long before the window closes comes a warning that would be useless when it opens: time to answer in."""
EARLIEST = timedelta(hours=12)
"""A warning comes at most so much before its moment, and that hour: a night; not on Friday for Sunday."""
_HORIZONS = tuple(timedelta(days=days) for days in (2, 14, 370))
"""Nearly every window opens within the first; looking further is slow."""


def opens(calendar: Calendar | None, moment: datetime) -> datetime:
    """The first moment from `moment` on at which a letter may go; `moment` itself while the window is open."""
    if calendar is None:
        return moment
    for horizon in _HORIZONS:
        at = moment
        for closed in stretches(moment, moment + horizon, calendar):
            if closed.start > at:
                break
            at = closed.end
        if at < moment + horizon:
            return at
    return moment


def is_open(calendar: Calendar | None, moment: datetime) -> bool:
    """Whether a letter may go at this moment."""
    return opens(calendar, moment) == moment


def warns(calendar: Calendar | None, moment: datetime, due_at: datetime) -> datetime:
    """When a warning goes that falls due at `moment`, before the promise runs out at `due_at`.

    It waits for the window to open, as everything does. But where the promise would have run out by then, it comes an
    hour before the window closes, if that is not too early.
    """
    if calendar is None or opens(calendar, moment) < due_at:
        return moment
    closed_at = moment
    for closed in reversed(stretches(moment - EARLIEST, moment, calendar)):
        if closed.end < closed_at:
            break
        closed_at = closed.start
    return closed_at - LAST_HOUR if closed_at > moment - EARLIEST else moment
