"""FLOOR 2. What the weekly report tells of the last 13 weeks: what changed hands, and where the time went."""

from monitor.config import Settings
from monitor.core.report.path import ChangedHands, changed_hands
from monitor.core.report.week import Week
from monitor.jobs.knowledge import Knowledge
from monitor.store.hands import Handed, handed
from monitor.store.store import Store

WEEKS = 13


def waits_of(store: Store, knowledge: Knowledge, week: Week, weeks: int = WEEKS) -> Handed:
    """The waits due in the `weeks` that end with this one."""
    first = week
    for _ in range(weeks - 1):
        first = first.before()
    return handed(store, first.start, week.end, knowledge.as_of_all)


def hands(found: Handed, settings: Settings, weeks: int = WEEKS) -> ChangedHands | None:
    """What of these changed hands; None in a house of one team."""
    return changed_hands(found.moved, found.kept, tuple(settings.teams), weeks)
