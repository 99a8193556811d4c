"""GROUND. Where messages change hands and where the time went, as values."""

from monitor.core.report.drawn import Section
from monitor.core.report.facts import ReportFacts


def changed_hands(facts: ReportFacts) -> Section | None:
    """Between which teams, how often, and what it costs."""
    return None


def held_by(facts: ReportFacts) -> Section | None:
    """Which team held the ball for how long; what was decided and not told."""
    return None
