"""FLOOR 2. How the waits of a week and of its quarter spread, for the weekly report."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from monitor.config import Settings
from monitor.core.promise import Promise, the_one
from monitor.core.report.figures import WaitFacts
from monitor.core.report.missed import Missed, missed_by_team
from monitor.core.report.spread import HourCell, Lengths, Within, by_hour, within_limits


@dataclass(frozen=True, slots=True)
class Spread:
    """What ReportFacts has of the same names."""

    within: tuple[Within, ...]
    hours: tuple[HourCell, ...]
    missed: tuple[Missed, ...]


def spread(settings: Settings, cohort: Sequence[WaitFacts], quarter: Lengths) -> Spread:
    """How the week's `cohort` spreads, and the quarter that ends with it."""
    promise = the_one(desk.target.promise for desk in settings.desks.values())
    return Spread(
        within=within_limits(cohort, promise, settings.target.goal),
        hours=by_hour(quarter, settings.zone, _by_the_clock(promise)),
        missed=missed_by_team(cohort),
    )


def _by_the_clock(promise: Promise | None) -> timedelta | None:
    return promise.within if promise is not None and promise.mode == "elapsed" else None
