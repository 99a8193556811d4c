"""FLOOR 2. What the weekly report tells of the quarter that ends with its week: it is read once, for all of that."""

from monitor.config import Settings
from monitor.core.report.path import ChangedHands, changed_hands
from monitor.core.report.week import QUARTER, Week
from monitor.jobs.knowledge import Knowledge
from monitor.store.hands import Handed, handed
from monitor.store.store import Store


def quarter_of(store: Store, knowledge: Knowledge, week: Week) -> Handed:
    """The waits due in the QUARTER of weeks that end with this one."""
    return handed(store, week.quarter()[0].start, week.end, knowledge.as_of_all)


def hands(found: Handed, settings: Settings) -> ChangedHands | None:
    """What of these changed hands; None in a house of one team."""
    return changed_hands(found.moved, found.kept, tuple(settings.teams), QUARTER)
