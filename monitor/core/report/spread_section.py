"""GROUND. How waits spread, as values: answered within so many hours, and by the hour at which people write."""

from monitor.core.report.drawn import Section
from monitor.core.report.facts import ReportFacts


def answered_within(facts: ReportFacts) -> Section | None:
    """A bar for each limit."""
    return None


def by_the_hour(facts: ReportFacts) -> Section | None:
    """The map of the week: when people write, and how long they then wait."""
    return None
