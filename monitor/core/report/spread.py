"""GROUND. How waits spread: the share answered within so many hours; typical waits by the hour of the week."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from monitor.core.promise import Promise
from monitor.core.report.figures import FEWEST_FOR_PERCENT, WaitFacts, whole_percent
from monitor.core.report.survival import answered_by, product_limit, reached

LIMITS = tuple(timedelta(hours=hours) for hours in (1, 4, 8, 24, 48, 96))
"""Within which hours the report tells how many were answered; the promise stands among them."""
FEWEST_IN_A_CELL = 8
"""Under so many waits a cell of the week's map is left blank."""
BANDS = ((0, 8), (8, 10), (10, 12), (12, 14), (14, 16), (16, 18), (18, 24))
"""The hours of a day that the week's map tells together, each [first, end) by the house's clock."""

_BAND_OF_HOUR = tuple(band for band, (first, end) in enumerate(BANDS) for _ in range(first, end))
_QUARTER = 900
"""Seconds. Every zone's offset has been whole quarters of an hour since 1972, and changes on one (tz database)."""


@dataclass(frozen=True, slots=True)
class Within:
    """`k` of `n` were answered within `limit`, elapsed. `share` 0…1 by the product-limit estimate: who still waits
    counts for as long as they are known to. None: the estimate does not reach so far, because everybody who is left is
    known for less; then it is at least `least`, to which the estimate comes before it ends.

    `goal`, 0…100: rounding never crosses it, in no row, so that a longer limit never shows the smaller share.
    """

    limit: timedelta
    share: float | None
    k: int
    n: int
    is_promise: bool = False
    goal: float = 0.0
    least: float = 0.0

    @property
    def at_least(self) -> bool:
        """Whether the share is only known to be at least `percent`."""
        return self.share is None

    @property
    def known(self) -> float:
        """The share 0…1, or what it is at least."""
        return max(self.least, self.k / self.n if self.n else 0.0) if self.share is None else self.share

    @property
    def percent(self) -> int | None:
        """Rounded as `Rate.percent`; None under ten, and where nothing is known."""
        if self.n < FEWEST_FOR_PERCENT or (self.at_least and not self.known):
            return None
        # Where nobody's wait ended unknown before the limit it is k of n, and must be the figure of the headline.
        plain, estimated = 100 * self.k / self.n, 100 * self.known
        exact = plain if abs(plain - estimated) < 1e-9 else estimated
        return whole_percent(exact, self.k, self.n, self.goal)


@dataclass(frozen=True, slots=True)
class HourCell:
    """Who wrote on a weekday (0: Monday) in `[first_hour, end_hour)` of the house's clock: how many, and how long they
    typically waited; None: too few, or over `longest_known`. `late`: so many of them are known to have waited for
    longer than the promise by the clock; 0 where it is none."""

    weekday: int
    first_hour: int
    end_hour: int
    n: int
    typical: timedelta | None
    longest_known: timedelta
    late: int = 0

    @property
    def is_blank(self) -> bool:
        """Whether they are too few to say anything."""
        return self.n < FEWEST_IN_A_CELL


def within_limits(cohort: Iterable[WaitFacts], promise: Promise | None, goal: float) -> tuple[Within, ...]:
    """The share answered within each limit; the promise stands among them, marked, where it is one by the clock.

    A promise of opening hours or open days is no length of elapsed time: then none is marked.
    """
    lengths = [length for wait in cohort if (length := wait.length()) is not None]
    curve = product_limit(lengths)
    longest = max((length for length, _ in lengths), default=timedelta(0))
    promised = promise.within if promise is not None and promise.mode == "elapsed" else None
    limits = sorted({*LIMITS, promised}) if promised else LIMITS
    return tuple(
        Within(
            limit=limit,
            share=answered_by(curve, limit, longest),
            k=sum(answered and length <= limit for length, answered in lengths),
            n=len(lengths),
            is_promise=limit == promised,
            goal=goal,
            least=1 - curve[-1][1] if curve else 0.0,
        )
        for limit in limits
    )


Lengths = Iterable[tuple[datetime, timedelta, bool]]
"""Of many waits: when each opened (UTC), how long it was or is known to be, elapsed, and whether it was answered."""


def by_hour(waits: Lengths, zone: ZoneInfo, promised: timedelta | None) -> tuple[HourCell, ...]:
    """The map of the week: a cell for every weekday and band, by when waits opened on the clock of the house; none
    without a wait. `promised`: the promise, where it is one by the clock."""
    cells: dict[tuple[int, int], list[tuple[timedelta, bool]]] = defaultdict(list)
    places: dict[int, tuple[int, int]] = {}
    for opened_at, length, answered in waits:
        quarter = int(opened_at.timestamp()) // _QUARTER
        place = places.get(quarter)
        if place is None:
            place = places[quarter] = _place(opened_at, zone)
        cells[place].append((length, answered))
    if not cells:
        return ()
    return tuple(
        _cell(day, band, cells.get((day, band), ()), promised) for day in range(7) for band in range(len(BANDS))
    )


def _place(opened_at: datetime, zone: ZoneInfo) -> tuple[int, int]:
    """(weekday, band) on the clock of the house. On the day of 25 hours both passages of an hour are that hour."""
    local = opened_at.astimezone(zone)
    return local.weekday(), _BAND_OF_HOUR[local.hour]


def _cell(day: int, band: int, lengths: Sequence[tuple[timedelta, bool]], promised: timedelta | None) -> HourCell:
    first, end = BANDS[band]
    few = len(lengths) < FEWEST_IN_A_CELL
    return HourCell(
        weekday=day,
        first_hour=first,
        end_hour=end,
        n=len(lengths),
        typical=None if few else reached(lengths, 0.5),
        longest_known=max((length for length, _ in lengths), default=timedelta(0)),
        late=0 if promised is None else sum(length > promised for length, _ in lengths),
    )
