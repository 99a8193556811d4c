"""GROUND. The last 13 weeks as a strip, and what is said of earlier weeks now, as values."""

from monitor.core.report.drawn import Section
from monitor.core.report.facts import ReportFacts


def last_weeks(facts: ReportFacts) -> Section | None:
    """A box a week: the share that heard back in time."""
    return None


def restated(facts: ReportFacts) -> Section | None:
    """Earlier weeks that were told otherwise, each with the reason."""
    return None
