"""GROUND. The weekly report's figures, over the waits whose promise ran out in that week (the due-date cohort)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.core.report.survival import product_limit, quantile
from monitor.core.wait import Handoff, is_met

FEWEST_FOR_PERCENT = 10
"""Under this many waits we print "5 of 7" and no percentage."""


@dataclass(frozen=True, slots=True)
class WaitFacts:
    """What the report needs of one wait. Times in UTC; `as_of` is what we know of its mailbox."""

    number: int
    team: str
    state: str
    opened_at: datetime
    due_at: datetime
    answered_at: datetime | None
    evidence: str | None
    as_of: datetime | None
    mailboxes: tuple[str, ...] = ()
    closed_at: datetime | None = None
    """When it was closed or excused."""
    id: int = 0
    """Which wait it is in the store."""
    handoffs: tuple[Handoff, ...] = ()
    """How the ball moved, oldest first."""

    @property
    def is_late(self) -> bool:
        """Whether somebody waits past the target, as far as we know."""
        return self.state == "waiting" and self.as_of is not None and self.due_at <= self.as_of

    @property
    def closed_late(self) -> bool:
        """Whether it was closed as "no reply needed" only after the promise had run out."""
        return self.state == "no_reply_needed" and self.closed_at is not None and self.closed_at > self.due_at

    def length(self) -> tuple[timedelta, bool] | None:
        """(length, answered); open waits count as long as we know of them. None: it does not count or is unknown."""
        if self.state == "answered" and self.answered_at is not None:
            return self.answered_at - self.opened_at, True
        if self.state == "waiting" and self.as_of is not None:
            return max(timedelta(0), self.as_of - self.opened_at), False
        return None


def whole_percent(exact: float, k: int, n: int, goal: float) -> int:
    """A percentage of `k` of `n`, rounded but never across the goal."""
    percent = round(exact)
    if (percent >= goal) != (exact >= goal):
        percent = int(exact) if exact < goal else int(exact) + 1
    # Neither "100%" nor "0%" while there was one of the other kind; that weighs more than a goal of 99.5.
    return max(min(percent, 100 if k == n else 99), 1 if k else 0)


@dataclass(frozen=True, slots=True)
class Rate:
    """k of n kept the promise. `percent` is None under ten; `goal_met` likewise."""

    k: int
    n: int
    goal: float

    @property
    def percent(self) -> int | None:
        """Rounded, but never across the goal: 89.6 % is printed as 89, not as a missed 90."""
        if self.n < FEWEST_FOR_PERCENT:
            return None
        return whole_percent(100 * self.k / self.n, self.k, self.n, self.goal)

    @property
    def goal_met(self) -> bool | None:
        """Whether the goal was kept; None under ten."""
        return None if self.n < FEWEST_FOR_PERCENT else 100 * self.k / self.n >= self.goal


@dataclass(frozen=True, slots=True)
class Figures:
    """One team's week, or everybody's. Lengths elapsed by the clock."""

    rate: Rate
    median: timedelta | None
    p90: timedelta | None
    longest_known: timedelta
    waiting: int
    late: int
    late_answers: int
    open_misses: int
    unknown: int
    """Answered at a time we do not know: outside the percentage, said apart."""
    no_reply_needed: int
    excused: int
    closed_late: int = 0
    """Of `no_reply_needed`: only after the promise had run out; said apart, so that closing late polishes nothing."""
    deleted: int = 0
    spam: int = 0
    """Of `excused`: deleted unanswered, or moved to Junk."""


def figures(cohort: Sequence[WaitFacts], open_now: Sequence[WaitFacts], goal: float) -> Figures:
    """The figures of one week: `cohort` are the waits due in it, `open_now` all that wait at the time of the report."""
    met = [is_met(w.state, w.answered_at, w.due_at, w.as_of) for w in cohort]
    lengths = [length for w in cohort if (length := w.length()) is not None]
    curve = product_limit(lengths)
    return Figures(
        rate=Rate(sum(m is True for m in met), sum(m is not None for m in met), goal),
        median=quantile(curve, 0.5),
        p90=quantile(curve, 0.9),
        longest_known=max((length for length, _ in lengths), default=timedelta(0)),
        waiting=len(open_now),
        late=sum(w.is_late for w in open_now),
        late_answers=sum(m is False and w.state == "answered" for m, w in zip(met, cohort, strict=True)),
        open_misses=sum(m is False and w.state == "waiting" for m, w in zip(met, cohort, strict=True)),
        unknown=sum(w.state == "answered" and w.answered_at is None for w in cohort),
        no_reply_needed=sum(w.state == "no_reply_needed" for w in cohort),
        excused=sum(w.state == "excused" for w in cohort),
        closed_late=sum(w.closed_late for w in cohort),
        deleted=sum((w.state, w.evidence) == ("excused", "deleted") for w in cohort),
        spam=sum((w.state, w.evidence) == ("excused", "spam") for w in cohort),
    )


def by_team(waits: Iterable[WaitFacts], teams: Sequence[str]) -> dict[str, list[WaitFacts]]:
    """The waits of each team, in the order of the config; teams it no longer knows come last."""
    groups: dict[str, list[WaitFacts]] = {team: [] for team in teams}
    for wait in waits:
        groups.setdefault(wait.team, []).append(wait)
    return groups
