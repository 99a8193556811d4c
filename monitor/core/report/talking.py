"""GROUND. At most three sentences worth talking about this week, computed from the figures; each may stay unsaid.

Each is true of the facts it is computed from, and is said only when what it tells is more than chance and of more than
a few people. Nothing is said of a person. What this week's people met comes before what a quarter of a year shows, and
good news comes last; of one kind the weightiest is said first, and a second one only where there is room.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from itertools import takewhile

from monitor.core.report.drawn import Told
from monitor.core.report.facts import ReportFacts
from monitor.core.report.figures import Rate
from monitor.core.report.intervals import change, stricter, wilson
from monitor.core.report.missed import Missed
from monitor.core.report.path import Route
from monitor.core.report.spread import HourCell
from monitor.core.report.spread_section import promised_elapsed, typical, weekday
from monitor.core.said import Moment, Said, Text, Value, say, say_n

MOST = 3
FEWEST_MISSED = 3
"""A team that missed fewer is not worth a talk."""
FEWEST_UNTOLD = 2
FEWEST_CLOSED_LATE = 3
FEWEST_TIMES = 13
"""A way between two teams that is gone less than once a week is left alone."""
FEWEST_WEEKS = 3
"""So many weeks in a row under the goal make meeting it again worth a word."""

Weighed = tuple[float, Told]


def worth_talking_about(facts: ReportFacts) -> tuple[Told, ...]:
    """What stands out, the weightiest first; none in a week in which nothing does."""
    kinds = [sorted(find(facts), key=lambda found: -found[0]) for find in KINDS]
    ranked = [(at, kind, told) for kind, found in enumerate(kinds) for at, (_, told) in enumerate(found)]
    chosen = sorted(ranked, key=lambda one: one[:2])[:MOST]
    return tuple(told for _, _, told in sorted(chosen, key=lambda one: (one[1], one[0])))


def _missing(facts: ReportFacts) -> Iterator[Weighed]:
    """Teams under their goal: beyond chance under the goal itself or their own 12 weeks before, of so many teams that
    are looked at; or under the others, for which the ordinary 95 in 100 do: what is said is a count, and true anyway.
    """
    missed, before = {one.team: one for one in facts.missed}, dict(facts.teams_before)
    rates = [figures.rate for _, figures in facts.teams]
    all_, z = (sum(rate.k for rate in rates), sum(rate.n for rate in rates)), stricter(len(rates))
    for team, figures in facts.teams:
        rate = figures.rate
        count = rate.n - rate.k
        others = all_[0] - rate.k, all_[1] - rate.n
        if rate.goal_met is not False or count < FEWEST_MISSED or not others[1]:
            continue  # with one team the headline has said it
        now, then = (rate.k, rate.n), before.get(team, Rate(0, 0, rate.goal))
        surely = 100 * wilson(*now, z)[1] < rate.goal
        if surely or change(now, others) < 0 or change(now, (then.k, then.n), z) < 0:
            lead = say("%(team)s missed %(missed)s of %(n)s.", team=team, missed=str(count), n=str(rate.n))
            yield count - rate.n * (1 - rate.goal / 100), Told(lead, _of_these(missed.get(team)))


def _of_these(missed: Missed | None) -> Text:
    if missed is None:
        return ""
    length = _length(missed.typical, missed.longest_known)
    if not missed.passed_on:
        return say("The %(missed)s typically waited %(length)s.", missed=str(missed.n), length=length)
    return say(
        "%(k)s of the %(missed)s had been passed on; the %(missed)s typically waited %(length)s.",
        k=str(missed.passed_on),
        missed=str(missed.n),
        length=length,
    )


def _untold(facts: ReportFacts) -> Iterator[Weighed]:
    """Answers that lie inside for longer than a whole promise, while somebody waits for them."""
    all_ = facts.changed_hands.untold if facts.changed_hands else ()
    lengths = [one.length for one in all_ if not one.told and one.length >= facts.reply_within]
    if len(lengths) >= FEWEST_UNTOLD:
        lead = say_n(
            "%(n)s conversation is decided, and the customer has not been told.",
            "%(n)s conversations are decided, and the customers have not been told.",
            len(lengths),
        )
        yield len(lengths), Told(lead, say("The longest has been decided for %(length)s.", length=max(lengths)))


def _slow_hours(facts: ReportFacts) -> Iterator[Weighed]:
    """Hours of the week at which who writes typically waits past the promise, and more of them than else.

    All cells are looked at at once, so each has to stand out the more.
    """
    promised = promised_elapsed(facts)
    if promised is None:
        return
    late, n = sum(cell.late for cell in facts.hours), sum(cell.n for cell in facts.hours)
    told = [cell for cell in facts.hours if not cell.is_blank]
    for cell in told:
        rest = late - cell.late, n - cell.n
        slow = cell.typical > promised if cell.typical is not None else cell.longest_known >= promised
        if slow and change((cell.late, cell.n), rest, stricter(len(told))) > 0:
            length, over = typical(cell, promised)
            wait = say("over %(length)s", length=length) if over else length
            rest_said = say("people who write then typically wait %(length)s.", length=wait)
            yield cell.late - cell.n * rest[0] / rest[1], Told(_then(facts, cell), rest_said)


def _then(facts: ReportFacts, cell: HourCell) -> Said:
    """`Saturday after 18:00:`."""
    day = weekday(facts, cell.weekday)
    if cell.first_hour == 0:
        return say("%(day)s before %(time)s:", day=day, time=_clock(facts, cell.end_hour))
    first = _clock(facts, cell.first_hour)
    if cell.end_hour == 24:
        return say("%(day)s after %(time)s:", day=day, time=first)
    return say("%(day)s from %(first)s to %(end)s:", day=day, first=first, end=_clock(facts, cell.end_hour))


def _clock(facts: ReportFacts, hour: int) -> Moment:
    at = datetime.combine(facts.week.monday, time(hour), facts.week.zone)
    return Moment(at, facts.week.zone, "clock")


def _routes(facts: ReportFacts) -> Iterator[Weighed]:
    """Ways between teams that are gone every week, and on which people wait twice as long, beyond chance."""
    hands = facts.changed_hands
    if hands is None or not hands.kept.typical:
        return
    kept, z = hands.kept.typical, stricter(len(hands.routes))
    for route in hands.routes:
        length = route.longest_known if route.typical is None else route.typical
        beyond_chance = wilson(route.longer, route.waits, z)[0] > 0.5  # of the others, half lasted longer
        if route.times >= FEWEST_TIMES and length >= 2 * kept and beyond_chance:
            yield route.times * (length - kept) / timedelta(hours=1), _route(route, hands.weeks, kept)


def _route(route: Route, weeks: int, kept: timedelta) -> Told:
    return Told(
        say("%(from_team)s to %(to_team)s:", from_team=route.from_team, to_team=route.to_team),
        say(
            "passed on %(times)s times in %(weeks)s weeks. These people typically wait %(length)s; without a hand-over "
            "it is %(kept)s.",
            times=str(route.times),
            weeks=str(weeks),
            length=_length(route.typical, route.longest_known),
            kept=kept,
        ),
    )


def _closed_late(facts: ReportFacts) -> Iterator[Weighed]:
    """What was closed only after it was late, where it alone makes the week look as if the goal were met."""
    rate, late = facts.overall.rate, facts.overall.closed_late
    with_them = Rate(rate.k, rate.n + late, rate.goal)
    if late < FEWEST_CLOSED_LATE or not rate.goal_met or with_them.goal_met is not False:
        return
    closed = say_n(
        "%(n)s was closed as “No reply needed” only after its time was over.",
        "%(n)s were closed as “No reply needed” only after their time was over.",
        late,
    )
    counted = say(
        "Counted as missed they would make it %(percent)s%% (%(k)s of %(n)s), under the target of %(goal)s%%.",
        percent=str(with_them.percent),
        k=str(with_them.k),
        n=str(with_them.n),
        goal=float(rate.goal),
    )
    yield late, Told(closed, counted)


def _met_again(facts: ReportFacts) -> Iterator[Weighed]:
    """The goal is met after weeks in a row under it, and that is no chance; "again" where it was met before them."""
    now = facts.overall.rate
    earlier = [one.rate for one in facts.weeks if one.week != facts.week]
    under = list(takewhile(lambda rate: rate is not None and rate.goal_met is False, reversed(earlier)))
    then = sum(rate.k for rate in under if rate), sum(rate.n for rate in under if rate)
    was_met = any(rate is not None and rate.goal_met for rate in earlier)
    if now.goal_met and was_met and len(under) >= FEWEST_WEEKS and change((now.k, now.n), then) > 0:
        lead = say("The target of %(goal)s%% is met again.", goal=float(now.goal))
        yield len(under), Told(lead, say("It was not met in the %(weeks)s weeks before.", weeks=str(len(under))))


def _risen(facts: ReportFacts) -> Iterator[Weighed]:
    """Teams that kept their promise more often than in their 12 weeks before, beyond chance; or in fewer weeks, but
    not in one or two, where no more is known."""
    before, weeks = dict(facts.teams_before), _weeks_before(facts)
    if weeks < FEWEST_WEEKS:
        return
    for team, figures in facts.teams:
        now, then = figures.rate, before.get(team)
        if then is None or now.percent is None or then.percent is None or now.percent <= then.percent:
            continue
        if change((now.k, now.n), (then.k, then.n), stricter(len(facts.teams))) > 0:
            lead = say("%(team)s: %(percent)s%% heard back in time.", team=team, percent=str(now.percent))
            was = say(
                "In the %(weeks)s weeks before it was %(percent)s%% (%(k)s of %(n)s).",
                weeks=str(weeks), percent=str(then.percent), k=str(then.k), n=str(then.n),
            )  # fmt: skip
            yield now.n * (now.k / now.n - then.k / then.n), Told(lead, was)


def _weeks_before(facts: ReportFacts) -> int:
    """How many weeks before this one are known: from the first in which anything came due."""
    earlier = [one for one in facts.weeks if one.week != facts.week]
    return next((len(earlier) - place for place, one in enumerate(earlier) if one.rate), 0)


def _length(typical: timedelta | None, longest_known: timedelta) -> Value:
    return say("over %(length)s", length=longest_known) if typical is None else typical


KINDS: tuple[Callable[[ReportFacts], Iterator[Weighed]], ...] = (
    _missing,
    _untold,
    _closed_late,
    _slow_hours,
    _routes,
    _met_again,
    _risen,
)
"""Every kind of sentence, the weightiest first: each gives what may be said, with its weight among its kind."""
