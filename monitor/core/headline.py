"""GROUND. How the weekly report opens: the answer in one sentence, and what belongs to it."""

from monitor.core.intervals import change
from monitor.core.moments import day_and_time
from monitor.core.report import ReportFacts
from monitor.core.week import Rate


def headline(facts: ReportFacts) -> str:
    """The answer, in one sentence that is always true."""
    rate, promise = facts.overall.rate, facts.promised
    if rate.percent is not None:
        return f"{rate.percent}% of people heard back within {promise}."
    if rate.n:
        return f"{rate.k} of {rate.n} {'person' if rate.n == 1 else 'people'} heard back within {promise}."
    if facts.as_of is None or facts.as_of < facts.week.end or facts.unseen:
        return "We cannot say yet how this week went."
    if facts.overall.unknown or facts.overall.no_reply_needed or facts.overall.excused:
        return "A quiet week: there is no reply to rate."
    return f"A quiet week: nobody’s {promise.removeprefix('the ')} ran out."


def lead(facts: ReportFacts) -> str:
    """What follows the headline: the target, what was closed late, the week before, and how far we could see."""
    parts = (_target(facts.overall.rate), _closed_late(facts), _against(facts), *_limits(facts))
    return " ".join(part for part in parts if part)


def _target(rate: Rate) -> str:
    if rate.n == 0:
        return "So there is nothing to hold against the target."
    if rate.goal_met is None:
        return f"That is too few to hold against the target of {rate.goal:g}%."
    verdict = "met" if rate.goal_met else "not met"
    return f"The target of {rate.goal:g}% was {verdict}: {rate.k} of {rate.n} messages were answered in time."


def _closed_late(facts: ReportFacts) -> str:
    """Beside the percentage, so that closing late does not polish it unseen (rules.md §1, "met")."""
    late, more = facts.overall.closed_late, " more" if facts.overall.rate.n else ""
    if not late:
        return ""
    were, are = ("was", "is") if late == 1 else ("were", "are")
    promise = facts.promised
    return f"{late}{more} {were} closed as “No reply needed” only after {promise}, and {are} not counted."


def _against(facts: ReportFacts) -> str:
    now, before = facts.overall.rate, facts.previous
    if before is None or before.n == 0 or now.percent is None:
        return ""
    if before.percent is None:
        return f"The week before had too few to compare ({before.k} of {before.n})."
    moved = {1: "better than", 0: "about the same as", -1: "worse than"}[change((now.k, now.n), (before.k, before.n))]
    return f"That is {moved} the week before ({before.percent}%)."


def _limits(facts: ReportFacts) -> list[str]:
    said = []
    if facts.as_of is None:
        said.append("The mailboxes have not been read completely yet.")
    elif facts.as_of < facts.week.end:
        known = day_and_time(facts.as_of, facts.week.zone)
        said.append(f"The mailboxes are known up to {known}, not to the week’s end.")
    if facts.unseen:
        said.append("Not everything could be seen; what is missing is said below.")
    return said
