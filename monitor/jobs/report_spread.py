"""FLOOR 2. How the waits of a week and of its quarter spread, for the weekly report."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.config import Settings
from monitor.core.promise import Promise, the_one
from monitor.core.report.figures import Rate, WaitFacts
from monitor.core.report.missed import Missed, missed_by_team
from monitor.core.report.spread import MAP_WEEKS, HourCell, Within, by_hour, within_limits
from monitor.core.report.week import Week
from monitor.jobs.knowledge import Knowledge
from monitor.store.lengths import kept_by_team, waited_in
from monitor.store.store import Store


@dataclass(frozen=True, slots=True)
class Spread:
    """What ReportFacts has of the same names."""

    within: tuple[Within, ...]
    hours: tuple[HourCell, ...]
    missed: tuple[Missed, ...]
    teams_before: tuple[tuple[str, Rate], ...]


def spread(store: Store, settings: Settings, knowledge: Knowledge, week: Week, cohort: Sequence[WaitFacts]) -> Spread:
    """How the week's `cohort` spreads, and the quarter that ends with it: MAP_WEEKS weeks, read in few columns."""
    promise = the_one(desk.target.promise for desk in settings.desks.values())
    start = quarter_start(week)
    return Spread(
        within=within_limits(cohort, promise, settings.target.goal),
        hours=by_hour(waited_in(store, start, week.end, knowledge.as_of_all), settings.zone, _by_the_clock(promise)),
        missed=missed_by_team(cohort),
        teams_before=_before(store, settings, knowledge, start, week.start),
    )


def quarter_start(week: Week) -> datetime:
    """The first moment of the MAP_WEEKS weeks that end with this one: a Monday 00:00 in the zone of the house."""
    first = week.monday - timedelta(weeks=MAP_WEEKS - 1)
    return datetime.combine(first, datetime.min.time(), week.zone)


def _by_the_clock(promise: Promise | None) -> timedelta | None:
    return promise.within if promise is not None and promise.mode == "elapsed" else None


def _before(
    store: Store, settings: Settings, knowledge: Knowledge, start: datetime, end: datetime
) -> tuple[tuple[str, Rate], ...]:
    """In the order of the config; teams that have no waits in those weeks, or are gone, are left out."""
    found = kept_by_team(store, start, end, knowledge.as_of_all)
    return tuple((team, Rate(*found[team], settings.target.goal)) for team in settings.teams if team in found)
