"""GROUND. How the weekly report opens: the answer in one sentence, and what belongs to it."""

from collections.abc import Iterator

from monitor.core.report.facts import ReportFacts
from monitor.core.report.figures import Rate
from monitor.core.report.intervals import change
from monitor.core.report.weeks_section import k_of_n, why
from monitor.core.said import Moment, Said, say, say_n


def headline(facts: ReportFacts) -> Said:
    """The answer, in one sentence that is always true."""
    rate = facts.overall.rate
    if rate.n:
        return _heard_back(facts, rate)
    if facts.as_of is None or facts.as_of < facts.week.end or facts.unseen:
        return say("We cannot say yet how this week went.")
    if facts.overall.unknown or facts.overall.no_reply_needed or facts.overall.excused:
        return say("A quiet week: there is no reply to rate.")
    if facts.promise:
        return say("A quiet week: nobody’s %(promise)s ran out.", promise=facts.promise)
    return say("A quiet week: nobody’s target ran out.")


def lead(facts: ReportFacts) -> list[Said]:
    """What follows the headline: the target, what was closed late, the week before, how this week was sent, and how far
    we could see."""
    parts = (_target(facts.overall.rate), _closed_late(facts), _against(facts), *_sent(facts), *_limits(facts))
    return [part for part in parts if part]


def _heard_back(facts: ReportFacts, rate: Rate) -> Said:
    promise, k, n = facts.promise, str(rate.k), str(rate.n)
    if rate.percent is not None and promise:
        return say("%(percent)s%% of people heard back within %(promise)s.", percent=rate.percent, promise=promise)
    if rate.percent is not None:
        return say("%(percent)s%% of people heard back within the target.", percent=rate.percent)
    if promise:
        return say_n(
            "%(k)s of %(n)s person heard back within %(promise)s.",
            "%(k)s of %(n)s people heard back within %(promise)s.", rate.n, k=k, n=n, promise=promise,
        )  # fmt: skip
    return say_n(
        "%(k)s of %(n)s person heard back within the target.",
        "%(k)s of %(n)s people heard back within the target.", rate.n, k=k, n=n,
    )  # fmt: skip


def _target(rate: Rate) -> Said:
    k, n, goal = str(rate.k), str(rate.n), float(rate.goal)
    if rate.n == 0:
        return say("So there is nothing to hold against the target.")
    if rate.goal_met is None:
        return say("That is too few to hold against the target of %(goal)s%%.", goal=goal)
    if rate.goal_met:
        return say(
            "The target of %(goal)s%% was met: %(k)s of %(n)s messages were answered in time.", goal=goal, k=k, n=n
        )
    return say(
        "The target of %(goal)s%% was not met: %(k)s of %(n)s messages were answered in time.", goal=goal, k=k, n=n
    )


def _closed_late(facts: ReportFacts) -> Said | None:
    """Beside the percentage, so that closing late does not polish it unseen (rules.md §1, "met")."""
    late = facts.overall.closed_late
    if not late:
        return None
    more = facts.overall.rate.n > 0
    if facts.promise:
        return _closed_after(more, late, say("after %(promise)s", promise=facts.promise))
    return _closed_after(more, late, say("after the target"))


def _closed_after(more: bool, late: int, after: Said) -> Said:
    if more:
        return say_n(
            "%(n)s more was closed as “No reply needed” only %(after)s, and is not counted.",
            "%(n)s more were closed as “No reply needed” only %(after)s, and are not counted.",
            late, n=str(late), after=after,
        )  # fmt: skip
    return say_n(
        "%(n)s was closed as “No reply needed” only %(after)s, and is not counted.",
        "%(n)s were closed as “No reply needed” only %(after)s, and are not counted.",
        late, n=str(late), after=after,
    )  # fmt: skip


def _against(facts: ReportFacts) -> Said | None:
    now, before = facts.overall.rate, facts.previous
    if before is None or before.n == 0 or now.percent is None:
        return None
    if before.percent is None:
        k, n = str(before.k), str(before.n)
        return say("The week before had too few to compare (%(k)s of %(n)s).", k=k, n=n)
    moved = change((now.k, now.n), (before.k, before.n))
    if moved > 0:
        return say("That is better than the week before (%(percent)s%%).", percent=before.percent)
    if moved < 0:
        return say("That is worse than the week before (%(percent)s%%).", percent=before.percent)
    return say("That is about the same as the week before (%(percent)s%%).", percent=before.percent)


def _sent(facts: ReportFacts) -> Iterator[Said]:
    """That it was sent before: that it is sent again, and how it was sent where it stands otherwise now."""
    near, zone = facts.made_at, facts.week.zone
    if facts.is_repeat and facts.sent_at is None:
        yield say("This report is sent because somebody asked for it.")
    elif facts.is_repeat and facts.sent_at:
        when = Moment(facts.sent_at, zone, near=near)
        yield say("This report is sent again because somebody asked for it; it was sent first on %(when)s.", when=when)
    if facts.sent and facts.sent.differs:
        when, before = Moment(facts.sent.told_at, zone, near=near), k_of_n(facts.sent.before)
        reasons = why(facts.sent.reasons)
        yield say("It was sent as %(before)s on %(when)s. %(why)s", before=before, when=when, why=reasons)


def _limits(facts: ReportFacts) -> Iterator[Said]:
    if facts.as_of is None:
        yield say("The mailboxes have not been read completely yet.")
    elif facts.as_of < facts.week.end:
        known = Moment(facts.as_of, facts.week.zone)
        yield say("The mailboxes are known up to %(known)s, not to the week’s end.", known=known)
    if facts.unseen:
        yield say("Not everything could be seen; what is missing is said below.")
