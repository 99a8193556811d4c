"""GROUND. Partners that have gone quiet, as values."""

from monitor.core.report.drawn import Section
from monitor.core.report.facts import ReportFacts


def gone_quiet(facts: ReportFacts) -> Section | None:
    """With whom there used to be dialogue every week, and there is none now."""
    return None
