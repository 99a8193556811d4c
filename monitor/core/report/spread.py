"""GROUND. How waits spread: the share answered within so many hours; typical waits by the hour of the week."""

from dataclasses import dataclass
from datetime import timedelta

LIMITS = tuple(timedelta(hours=hours) for hours in (1, 4, 8, 24, 48, 96))
"""Within which hours the report tells how many were answered; the promise stands among them."""
FEWEST_IN_A_CELL = 8
"""Under so many waits a cell of the week's map is left blank."""


@dataclass(frozen=True, slots=True)
class Within:
    """`k` of `n` were answered within `limit`, elapsed. `share` 0…1 by the product-limit estimate: who still waits
    counts for as long as they are known to. None: the estimate does not reach so far."""

    limit: timedelta
    share: float | None
    k: int
    n: int
    is_promise: bool = False


@dataclass(frozen=True, slots=True)
class HourCell:
    """Who wrote on a weekday (0: Monday) in `[first_hour, end_hour)` of the house's clock: how many, and how long they
    typically waited; None: too few, or over `longest_known`."""

    weekday: int
    first_hour: int
    end_hour: int
    n: int
    typical: timedelta | None
    longest_known: timedelta

    @property
    def is_blank(self) -> bool:
        """Whether they are too few to say anything."""
        return self.n < FEWEST_IN_A_CELL
