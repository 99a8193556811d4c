"""GROUND. The sheet for the cross-team meeting as values: a month's longest waits, and where their time went."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.core.blind import Blind
from monitor.core.promise import Promise, the_one
from monitor.core.report.figures import FEWEST_FOR_PERCENT, WaitFacts
from monitor.core.report.month import Month
from monitor.core.report.path import Group, Held, Stretch, TeamHeld, Untold, path, team_totals, untold
from monitor.core.report.survival import product_limit, quantile

MOST_SLOW = 5
A_DAY = timedelta(days=1)
_NO_TIME = timedelta(0)

Path = tuple[Stretch, ...]
"""A wait as the stretches in which each team held the ball, oldest first."""


@dataclass(frozen=True, slots=True)
class Slow:
    """One of the longest waits: `number` of its conversation, the team that was written to, and its path.

    `told`: somebody heard back; else they still wait, and `length` is how long we know of.
    """

    number: int
    team: str
    length: timedelta
    told: bool
    path: Path


@dataclass(frozen=True, slots=True)
class MonthFacts:
    """Everything the sheet says. Times in UTC; lengths elapsed by the clock; `as_of` as in the weekly report."""

    organisation: str
    month: Month
    made_at: datetime
    as_of: datetime | None
    promises: tuple[Promise, ...]
    n: int
    """The waits whose target ran out in the month and whose length is known, open ones as far as we know of them."""
    unknown: int
    """Answered at a time nobody knows."""
    no_reply: int
    """Ended without a reply: closed, deleted or spam."""
    slowest: tuple[Slow, ...]
    """Longest first."""
    passed_on: int
    """So many of the `n` changed hands."""
    teams: tuple[TeamHeld, ...]
    """Who held those, in the order of the config."""
    untold: tuple[Untold, ...]
    """Those in which the answer lay inside, longest first."""
    blind: tuple[Blind, ...] = ()
    """What of the month could not be seen."""

    @property
    def promise(self) -> Promise | None:
        """What all promise; None where they differ."""
        return the_one(self.promises)

    @property
    def is_over(self) -> bool:
        """Whether the month had ended when this was made."""
        return self.made_at >= self.month.end

    @property
    def over_a_day(self) -> int:
        """In so many the answer lay inside for longer than a day."""
        return sum(one.length > A_DAY for one in self.untold)

    @property
    def typically_untold(self) -> Group:
        """How long an answer lay inside; those not told yet are censored. No `typical` under ten."""
        curve = product_limit((one.length, one.told) for one in self.untold)
        enough = len(self.untold) >= FEWEST_FOR_PERCENT
        longest = max((one.length for one in self.untold), default=_NO_TIME)
        return Group(len(self.untold), quantile(curve, 0.5) if enough else None, longest)

    @property
    def total(self) -> timedelta:
        """How long the slowest took together."""
        return sum((one.length for one in self.slowest), _NO_TIME)

    def spent(self, held: Held) -> timedelta:
        """How long of that the ball was held so."""
        return _length(each for one in self.slowest for each in one.path if each.held == held)


def month_facts(
    cohort: Sequence[WaitFacts],
    *,
    organisation: str,
    month: Month,
    made_at: datetime,
    as_of: datetime | None,
    promises: Sequence[Promise],
    teams: Sequence[str],
    blind: Sequence[Blind] = (),
) -> MonthFacts:
    """The sheet of a month: `cohort` are the waits whose target ran out in it, `teams` those of the config."""
    ways = [(wait, path(wait)) for wait in cohort if wait.length() is not None]
    moved = [wait for wait, way in ways if len(way) > 1]
    return MonthFacts(
        organisation=organisation,
        month=month,
        made_at=made_at,
        as_of=as_of,
        promises=tuple(promises),
        n=len(ways),
        unknown=sum(wait.state == "answered" and wait.answered_at is None for wait in cohort),
        no_reply=sum(wait.state in ("no_reply_needed", "excused") for wait in cohort),
        slowest=slowest(ways),
        passed_on=len(moved),
        teams=team_totals(moved, (), teams),
        untold=untold(moved),
        blind=tuple(blind),
    )


def slowest(ways: Iterable[tuple[WaitFacts, Path]]) -> tuple[Slow, ...]:
    """The longest waits, longest first; of two that are as long the lower number."""
    all_ = (Slow(w.number, w.team, _length(way), w.state == "answered", way) for w, way in ways if way)
    return tuple(sorted(all_, key=lambda one: (-one.length, one.number))[:MOST_SLOW])


def _length(way: Iterable[Stretch]) -> timedelta:
    return sum((one.length for one in way), _NO_TIME)
