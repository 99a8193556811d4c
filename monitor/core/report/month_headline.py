"""GROUND. How the sheet for the cross-team meeting opens and how it is counted, in sentences that are always true."""

from collections.abc import Iterator
from datetime import timedelta

from monitor.core.blind import WORTH_SAYING
from monitor.core.report.month_sheet import MonthFacts
from monitor.core.report.path import Held
from monitor.core.said import Moment, Said, say, say_n

WORTH_NAMING = 0.1
"""A headline names what took at least this share of the time."""
_HOUR, _MINUTE = timedelta(hours=1), timedelta(minutes=1)


def headline(facts: MonthFacts) -> Said:
    """Where the time of the longest waits went, in one sentence that is always true."""
    if not facts.n:
        return _nothing(facts)
    if not facts.passed_on:
        return say("No message changed hands in %(month)s.", month=_month(facts))
    parts: tuple[Held, ...] = ("decided", "elsewhere")
    held: Held = next((held for held in parts if _is_worth_naming(facts, held)), "desk")
    share, waits = _share(facts.spent(held), facts.total), _the_longest(len(facts.slowest))
    if held == "decided":
        return say("For %(share)s in %(waits)s, the answer was already known.", share=share, waits=waits)
    if held == "elsewhere":
        return say("For %(share)s in %(waits)s, another team had the question.", share=share, waits=waits)
    return say("For %(share)s in %(waits)s, the team they wrote to had the question.", share=share, waits=waits)


def lead(facts: MonthFacts) -> list[Said]:
    """What follows the headline: how many changed hands, and how far we could see."""
    return [*_how_many(facts), *_limits(facts)]


def counted(facts: MonthFacts) -> list[Said]:
    """How it is counted."""
    month, promise = _month(facts), facts.promise
    return [
        say("Waits whose %(promise)s ran out in %(month)s.", promise=promise, month=month)
        if promise
        else say("Waits whose target ran out in %(month)s.", month=month),
        say("The customer’s clock runs from their first unanswered message; passing it on never restarts it."),
        say("Teams, never names."),
    ]


def _month(facts: MonthFacts) -> Said | Moment:
    month = _its_name(facts)
    return month if facts.is_over else say("%(month)s so far", month=month)


def _its_name(facts: MonthFacts) -> Moment:
    return Moment(facts.month.start, facts.month.zone, "month", facts.made_at)


def _nothing(facts: MonthFacts) -> Said:
    month, promise = _month(facts), facts.promise
    if facts.as_of is None or facts.as_of <= facts.month.start:
        return say("We cannot say yet how %(month)s went.", month=_its_name(facts))
    if facts.unknown or facts.no_reply:
        return say("There is no wait to talk about in %(month)s.", month=month)
    if promise:
        return say("Nobody’s %(promise)s ran out in %(month)s.", promise=promise, month=month)
    return say("Nobody’s target ran out in %(month)s.", month=month)


def _is_worth_naming(facts: MonthFacts, held: Held) -> bool:
    spent = facts.spent(held)
    return spent >= _MINUTE and spent >= WORTH_NAMING * facts.total


def _share(part: timedelta, total: timedelta) -> Said:
    """`11 of the 34 days`: in the largest unit of which the part has two; all of it is said only of all of it."""
    unit = next(unit for unit in (24 * _HOUR, _HOUR, _MINUTE) if part >= 2 * unit or unit == _MINUTE)
    n = max(1, round(total / unit))
    k = n if part == total else min(round(part / unit), n - 1)
    if part == total:
        return _all_of(n, unit)
    if unit == _MINUTE:
        return say_n("%(k)s of the %(n)s minute", "%(k)s of the %(n)s minutes", n, k=k)
    if unit == _HOUR:
        return say_n("%(k)s of the %(n)s hour", "%(k)s of the %(n)s hours", n, k=k)
    return say_n("%(k)s of the %(n)s day", "%(k)s of the %(n)s days", n, k=k)


def _all_of(n: int, unit: timedelta) -> Said:
    if unit == _MINUTE:
        return say_n("the whole %(n)s minute", "all %(n)s minutes", n)
    if unit == _HOUR:
        return say_n("the whole %(n)s hour", "all %(n)s hours", n)
    return say_n("the whole %(n)s day", "all %(n)s days", n)


def _the_longest(count: int) -> Said:
    return say("the %(count)s longest waits", count=in_words(count)) if count > 1 else say("the longest wait")


def in_words(count: int) -> Said:
    """`two` to `five`."""
    return {2: say("two"), 3: say("three"), 4: say("four")}.get(count, say("five"))


def _how_many(facts: MonthFacts) -> Iterator[Said]:
    n, month = facts.n, _month(facts)
    if not n:
        return
    if not facts.passed_on:
        longest = max((one.length for one in facts.slowest), default=timedelta(0))
        yield say_n(
            "The %(n)s message of the month stayed with the team it was written to; the wait was %(length)s.",
            "All %(n)s messages stayed with the team they were written to; the longest wait was %(length)s.",
            n, length=longest,
        )  # fmt: skip
        return
    changed = say_n(
        "In %(month)s, %(k)s of %(n)s message changed hands",
        "In %(month)s, %(k)s of %(n)s messages changed hands",
        n, k=facts.passed_on, month=month,
    )  # fmt: skip
    if facts.over_a_day:
        long = str(facts.over_a_day)
        yield say("%(changed)s; in %(k)s of them the answer lay inside for over a day.", changed=changed, k=long)
    else:
        yield say("%(changed)s; in none of them did the answer lie inside for over a day.", changed=changed)


def _limits(facts: MonthFacts) -> Iterator[Said]:
    zone = facts.month.zone
    if facts.as_of is None:
        yield say("The mailboxes have not been read completely yet.")
    elif not facts.is_over:
        known = Moment(facts.as_of, zone, "full", facts.made_at)
        yield say("The month is not over; the mailboxes are known up to %(known)s.", known=known)
    elif facts.as_of < facts.month.end:
        known = Moment(facts.as_of, zone, "full", facts.made_at)
        yield say("The mailboxes are known up to %(known)s, not to the month’s end.", known=known)
    if unseen := _unseen_mailboxes(facts):
        yield say_n(
            "%(n)s mailbox could not be seen for part of the month.",
            "%(n)s mailboxes could not be seen for part of the month.",
            unseen,
        )


def _unseen_mailboxes(facts: MonthFacts) -> int:
    """Those that were out of sight for longer than is worth saying."""
    lost: dict[str, timedelta] = {}
    for spell in facts.blind:
        lost[spell.mailbox] = lost.get(spell.mailbox, timedelta(0)) + spell.length
    return sum(length >= WORTH_SAYING for length in lost.values())
