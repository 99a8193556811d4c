"""GROUND. At most three sentences worth talking about this week, computed from the figures; each may stay unsaid."""

from monitor.core.report.facts import ReportFacts
from monitor.core.said import Said

MOST = 3


def worth_talking_about(facts: ReportFacts) -> tuple[Said, ...]:
    """What stands out, the weightiest first; none in a week in which nothing does."""
    return ()
