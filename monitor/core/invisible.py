"""GROUND. Replies that leave by a path we cannot see, measured by the customers who answer them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from monitor.core.report.figures import Rate

WINDOW = timedelta(days=28)
"""Four whole weeks, so that a quiet one or a holiday does not decide alone."""
FEWEST = 5
"""Fewer may be one colleague's bad day, or one odd mail program; five are a habit of the house."""
MOST_PERCENT = 20.0
"""From one reply in five on, a reminder would often be about somebody who was answered: nobody trusts it any more."""


@dataclass(frozen=True, slots=True)
class Invisible:
    """Of `n` messages in which customers answer one of ours, `k` answer one that we never saw (rules.md §2, end)."""

    k: int = 0
    n: int = 0

    @property
    def percent(self) -> int | None:
        """Rounded, but never across the limit; None under ten, as in the report."""
        return Rate(self.k, self.n, MOST_PERCENT).percent

    @property
    def too_many(self) -> bool:
        """Whether silence proves nothing here any more."""
        return self.k >= FEWEST and 100 * self.k >= MOST_PERCENT * self.n

    @property
    def words(self) -> str:
        """`7 of 20 (35%)`, `5 of 7`."""
        return f"{self.k} of {self.n}" + ("" if self.percent is None else f" ({self.percent}%)")


def total(of: Iterable[Invisible]) -> Invisible:
    """All of them together."""
    every = list(of)
    return Invisible(sum(one.k for one in every), sum(one.n for one in every))
