"""GROUND. How many letters a person may get from us: so many an hour, and after three full hours none for a day.

The last stop of every loop and every flood, whatever its cause (failures.md §5): a person can read ten letters in an
hour; who gets ten an hour for three hours gets them from a fault, and nobody reads them any more.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

HOUR = timedelta(hours=1)
MOST_AN_HOUR = 10
HOURS_RUNNING = 3
LATCHED_FOR = timedelta(hours=24)
LOOK_BACK = LATCHED_FOR + HOURS_RUNNING * HOUR
"""Letters sent before this long ago decide nothing."""


def room(sent_at: Iterable[datetime], now: datetime) -> int:
    """How many more letters a recipient may get at `now`, who got letters at `sent_at` (UTC, in any order).

    What was sent in the future of `now` counts for nothing: the clock has been set back since.
    """
    known = sorted(moment for moment in sent_at if moment <= now)
    return 0 if latched_until(known, now) else max(0, MOST_AN_HOUR - _within(known, now - HOUR, now))


def latched_until(sent_at: Iterable[datetime], now: datetime) -> datetime | None:
    """Until when a recipient gets nothing, because the last letter made the third full hour running; None: is free."""
    known = sorted(moment for moment in sent_at if moment <= now)
    lately = known[bisect_right(known, now - LATCHED_FOR) :]
    last = max((moment for moment in lately if _full_hours(known, moment)), default=None)
    return None if last is None else last + LATCHED_FOR


def _full_hours(known: Sequence[datetime], moment: datetime) -> bool:
    """Whether each of the three hours that end at `moment` brought as many letters as an hour may."""
    ends = [moment - hours * HOUR for hours in range(HOURS_RUNNING)]
    return all(_within(known, end - HOUR, end) >= MOST_AN_HOUR for end in ends)


def _within(known: Sequence[datetime], after: datetime, until: datetime) -> int:
    return bisect_right(known, until) - bisect_right(known, after)
