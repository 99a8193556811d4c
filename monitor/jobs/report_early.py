"""FLOOR 2. A report that came too early. Asked in each round, so apart from what makes reports (report.py): a house
without them needs none of that in memory."""

import logging
from datetime import datetime

from monitor.config import Settings
from monitor.core.report.week import Week
from monitor.jobs.logged import event
from monitor.store.reporting import withdraw_early
from monitor.store.store import Store

log = logging.getLogger("monitor.report")


def take_back_early(store: Store, settings: Settings, now: datetime) -> None:
    """A report made while the clock was ahead, of a week that is not over, must not stand for the true one."""
    for week in withdraw_early(store, lambda name: Week.parse(name, settings.zone).end <= now, now):
        log.warning(
            "the report of %s was made too early, as the clock was ahead; the true one follows",
            week,
            extra=event("report taken back", week=week),
        )
