"""GROUND. The last 13 weeks as a strip, and what is said of earlier weeks now, as values."""

from collections.abc import Callable, Sequence
from functools import reduce

from monitor.core.blind import WORTH_SAYING
from monitor.core.brief import exact
from monitor.core.report.drawn import Box, Section, Tone
from monitor.core.report.facts import ReportFacts
from monitor.core.report.figures import Rate
from monitor.core.report.restating import Reason, Restated, WeekRate
from monitor.core.said import Said, Text, say, say_n

MANY = 3
"""From so many weeks on, what one change of the config did is told in one sentence."""
OF_SETTINGS: frozenset[Reason] = frozenset({"calendar", "rules"})


def last_weeks(facts: ReportFacts) -> Section | None:
    """A box a week: the share that heard back in time. Nothing where there is only one week to show."""
    weeks = facts.weeks
    first = next((place for place, one in enumerate(weeks) if one.rate), len(weeks))
    shown = weeks[first:]
    rates = [one.rate for one in shown if one.rate]
    if len(rates) < 2:
        return None
    return Section(
        title=say_n("The last %(n)s week", "The last %(n)s weeks", len(shown)),
        note=_of_what(facts, rates),
        strip=tuple(_box(one, is_last=one is shown[-1]) for one in shown),
        after=_after(rates, shown),
    )


def _of_what(facts: ReportFacts, rates: Sequence[Rate]) -> Said:
    """What the boxes show: under ten there are counts and no percentages."""
    if all(rate.percent is None for rate in rates):
        return say("How many people heard back in time, by week.")
    if facts.promise is None:
        return say("Percent of people who heard back within the target, by week.")
    return say("Percent of people who heard back within %(promise)s, by week.", promise=facts.promise)


def restated(facts: ReportFacts) -> Section | None:
    """Earlier weeks that were told otherwise, each with the reason."""
    moved = [one for one in facts.restated if one.differs]
    settings = [one for one in moved if {reason for reason, _ in one.reasons} <= OF_SETTINGS and one.reasons]
    together = settings if len(settings) >= MANY else []
    said = [_by_settings(together)] if together else []
    said += [_restated(one) for one in moved if one not in together]
    others = [one for one in facts.restated if not one.differs]
    if others:
        said.append(_other_teams(others))
    return Section(title=say("Since the last report"), told=tuple(said), joined=True) if said else None


def _by_settings(weeks: Sequence[Restated]) -> Said:
    """What one change of the config did to many weeks, in one sentence."""
    each = [
        say(
            "week %(week)s %(before)s, now %(now)s",
            week=str(one.week.number),
            before=k_of_n(one.before),
            now=k_of_n(one.now),
        )
        for one in weeks
    ]
    return say(
        "The target, its calendar, a rule or a setting was changed, so earlier weeks are counted otherwise: %(weeks)s.",
        weeks=reduce(lambda some, one: say("%(some)s; %(one)s", some=some, one=one), each),
    )


def why(reasons: Sequence[tuple[Reason, int]]) -> Said:
    """The reasons as sentences, one after the other."""
    if not reasons:
        return say("Which messages changed that was not recorded at the time.")
    return _one_after_the_other([_WHY[reason](count) for reason, count in reasons])


def _restated(one: Restated) -> Said:
    return say(
        "Week %(week)s was reported as %(before)s. %(why)s It is now %(now)s.",
        week=str(one.week.number),
        before=k_of_n(one.before),
        why=why(one.reasons),
        now=k_of_n(one.now),
    )


def _other_teams(weeks: Sequence[Restated]) -> Said:
    """Figures of teams alone: said for all weeks at once, as it is a change of the settings that moves them."""
    numbers = _listed([str(one.week.number) for one in weeks])
    return say_n(
        "In week %(weeks)s some messages count for another team than was said; the figures of all together stay.",
        "In weeks %(weeks)s some messages count for another team than was said; the figures of all together stay.",
        len(weeks), weeks=numbers,
    )  # fmt: skip


def k_of_n(rate: Rate) -> Said:
    """`159 of 182`."""
    return say("%(k)s of %(n)s", k=str(rate.k), n=str(rate.n))


# fmt: off
_WHY: dict[Reason, Callable[[int], Said]] = {
    "reply-later": lambda n: say_n(
        "A reply that had not been seen has been found.",
        "%(n)s replies that had not been seen have been found.", n, n=str(n)
    ),
    "seen-later": lambda n: say_n(
        "A message that had not been seen has been found.",
        "%(n)s messages that had not been seen have been found.", n, n=str(n)
    ),
    "earlier": lambda n: say_n(
        "One person has been found to have written earlier.",
        "%(n)s people have been found to have written earlier.", n, n=str(n)
    ),
    "known-later": lambda n: say_n(
        "Of one message it could not be known then that it had no reply in time.",
        "Of %(n)s messages it could not be known then that they had no reply in time.", n, n=str(n)
    ),
    "conversation": lambda n: say_n(
        "One message is counted otherwise, as more of its conversation has been found.",
        "%(n)s messages are counted otherwise, as more of their conversations has been found.", n, n=str(n)
    ),
    "calendar": lambda n: say_n(
        "The target or its calendar was changed, which moved the due time of one message.",
        "The target or its calendar was changed, which moved the due times of %(n)s messages.", n, n=str(n)
    ),
    "by-hand": lambda n: say_n(
        "One was closed or opened again by hand.",
        "%(n)s were closed or opened again by hand.", n, n=str(n)
    ),
    "put-away": lambda n: say_n(
        "One was put away without a reply.",
        "%(n)s were put away without a reply.", n, n=str(n)
    ),
    "put-back": lambda n: say_n(
        "One that had been put away is back.",
        "%(n)s that had been put away are back.", n, n=str(n)
    ),
    "team": lambda n: say_n(
        "One counts for another team.",
        "%(n)s count for another team.", n, n=str(n)
    ),
    "rules": lambda n: say_n(
        "A rule or a setting was changed, and one message is counted otherwise.",
        "A rule or a setting was changed, and %(n)s messages are counted otherwise.", n, n=str(n)
    ),
}
# fmt: on
"""What is said of so many waits that are counted otherwise; from "calendar" on, what somebody here did."""


def _box(one: WeekRate, is_last: bool) -> Box:
    head, rate = str(one.week.number), one.rate
    if rate is None:
        return Box(head, "", "quiet", _read(one, say("nothing came due")))
    if rate.percent is None:
        return Box(head, f"{rate.k}/{rate.n}", "quiet", _read(one, k_of_n(rate)))
    percent = say("%(percent)s%%", percent=rate.percent)
    if not rate.goal_met:
        under = say("%(percent)s, under the target of %(goal)s%%", percent=percent, goal=float(rate.goal))
        return Box(head, str(rate.percent), "missed", _read(one, under))
    tone: Tone = "strong" if is_last else "plain"
    return Box(head, str(rate.percent), tone, _read(one, percent))


def _read(one: WeekRate, what: Said) -> Said:
    """The whole of a box in words."""
    week = str(one.week.number)
    if one.blind < WORTH_SAYING:
        return say("Week %(week)s: %(what)s", week=week, what=what)
    return say(
        "Week %(week)s: %(what)s; not everything could be seen for %(length)s",
        week=week, what=what, length=exact(one.blind),
    )  # fmt: skip


def _after(rates: Sequence[Rate], shown: Sequence[WeekRate]) -> Text:
    rated = [rate for rate in rates if rate.goal_met is not None]
    missed, counts = sum(rate.goal_met is False for rate in rated), [one.rate.n if one.rate else 0 for one in shown]
    blind = [one for one in shown if one.blind >= WORTH_SAYING]
    said: list[Said] = []
    if missed:
        said.append(
            say_n(
                "▾ and amber: under the target of %(goal)s%%, in %(missed)s of %(n)s week.",
                "▾ and amber: under the target of %(goal)s%%, in %(missed)s of %(n)s weeks.",
                len(rated), n=str(len(rated)), missed=str(missed), goal=float(rated[0].goal),
            )
        )  # fmt: skip
    said.append(_how_many(min(counts), max(counts)))
    if len(blind) == len(shown) > 1:
        said.append(say("In none of these weeks could everything be seen."))
    elif blind:
        spells = [say("%(week)s (%(length)s)", week=str(one.week.number), length=exact(one.blind)) for one in blind]
        said.append(
            say_n(
                "Not everything could be seen in week %(weeks)s.", "Not everything could be seen in weeks %(weeks)s.",
                len(blind), weeks=_listed(spells),
            )
        )  # fmt: skip
    return _one_after_the_other(said)


def _how_many(fewest: int, most: int) -> Said:
    if fewest == most:
        return say_n("%(n)s message a week.", "%(n)s messages a week.", most)
    return say("Between %(fewest)s and %(most)s messages a week.", fewest=fewest, most=most)


def _listed(each: Sequence[Text]) -> Text:
    return reduce(lambda some, one: say("%(some)s, %(one)s", some=some, one=one), each)


def _one_after_the_other(sentences: Sequence[Said]) -> Said:
    return reduce(lambda some, one: say("%(some)s %(one)s", some=some, one=one), sentences)
