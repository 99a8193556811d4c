"""Whatever the figures are: never more than three sentences, and each is true; and chance alone is seldom told."""

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.durations import words
from monitor.core.report.facts import ReportFacts
from monitor.core.report.figures import Rate
from monitor.core.report.intervals import wilson
from monitor.core.report.missed import Missed
from monitor.core.report.path import ChangedHands, Group, Route, Untold
from monitor.core.report.talking import MOST
from tests.core.report.test_talking import DAY, HOUR, facts, hours, said, weeks

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
TEAMS = ("Front desk", "Events & rooms", "Loans", "Digital help")
LENGTHS = st.integers(0, 200).map(lambda h: h * HOUR)


@st.composite
def any_facts(draw: st.DrawFn) -> ReportFacts:
    """A week of any figures that go together."""
    teams = draw(st.lists(st.sampled_from(TEAMS), unique=True, min_size=1))
    rates = {}
    for team in teams:
        n = draw(st.sampled_from([0, 5, 12, 40, 300]))
        rates[team] = (max(0, n - draw(st.integers(0, max(1, n // 4)))), n)
    week = facts(*((team, k, n) for team, (k, n) in rates.items()))
    k_n = st.integers(10, 900).flatmap(lambda n: st.integers(n * 3 // 4, n).map(lambda k: Rate(k, n, 90)))
    cells = [replace(c, n=n, late=draw(st.integers(0, n))) for c in hours()[::7] for n in [draw(st.integers(0, 60))]]
    times = [draw(st.integers(1, 60)) for _ in TEAMS]
    routes = tuple(
        Route(a, b, n, draw(st.none() | LENGTHS), 90 * HOUR, n, draw(st.integers(0, n)))
        for (a, b), n in zip(pairwise(TEAMS), times, strict=False)
    )
    untold = tuple(Untold(1, team, draw(LENGTHS), draw(st.booleans())) for team in TEAMS)
    kept = Group(500, draw(st.none() | LENGTHS), 300 * HOUR)
    missed = {team: n - k for team, (k, n) in rates.items() if n > k}
    return replace(
        weeks(week, *draw(st.lists(st.none() | st.integers(60, 100), max_size=12))),
        overall=replace(week.overall, closed_late=draw(st.integers(0, 12))),
        missed=tuple(
            Missed(team, n, draw(st.integers(0, n)), draw(st.none() | LENGTHS), 200 * HOUR)
            for team, n in missed.items()
        ),
        teams_before=tuple((team, draw(k_n)) for team in teams),
        hours=tuple(replace(cell, typical=draw(st.none() | LENGTHS)) for cell in cells),
        changed_hands=ChangedHands(13, Group(99, None, HOUR), kept, routes, (), untold),
    )


def hear_missed(of: ReportFacts, found: re.Match[str]) -> bool:
    rate = dict(of.teams)[found["team"]].rate
    passed, typical = found["passed"], found["typical"]
    (missed,) = (one for one in of.missed if one.team == found["team"])
    return (
        (int(found["k"]), int(found["n"])) == (rate.n - rate.k, rate.n)
        and rate.k / rate.n < 0.9
        and int(passed or 0) == missed.passed_on
        and typical == (words(missed.typical) if missed.typical is not None else f"over {words(missed.longest_known)}")
    )


def hear_untold(of: ReportFacts, found: re.Match[str]) -> bool:
    assert of.changed_hands
    late = [one.length for one in of.changed_hands.untold if not one.told and one.length >= DAY]
    return int(found["n"]) == len(late) >= 2 and found["longest"] == words(max(late))


def hear_closed(of: ReportFacts, found: re.Match[str]) -> bool:
    k, n, late = of.overall.rate.k, of.overall.rate.n, of.overall.closed_late
    told = (int(found["late"]), int(found["k"]), int(found["n"])) == (late, k, n + late)
    return told and k / n >= 0.9 > k / (n + late) and abs(int(found["p"]) - 100 * k / (n + late)) < 1


def hear_hour(of: ReportFacts, found: re.Match[str]) -> bool:
    first = 0 if found["how"] == "before" else int(found["hour"])
    (cell,) = (c for c in of.hours if (DAYS[c.weekday], c.first_hour) == (found["day"], first))
    longer = (cell.longest_known if cell.typical is None else cell.typical) > DAY
    others = [c for c in of.hours if c is not cell]
    more = cell.late / cell.n > sum(c.late for c in others) / sum(c.n for c in others)
    return cell.n >= 8 and longer and more and found["wait"].removeprefix("over ") == words(
        cell.longest_known if cell.typical is None else cell.typical
    )  # fmt: skip


def hear_route(of: ReportFacts, found: re.Match[str]) -> bool:
    assert of.changed_hands
    kept = of.changed_hands.kept.typical
    (route,) = (r for r in of.changed_hands.routes if (r.from_team, r.to_team) == (found["a"], found["b"]))
    length = route.longest_known if route.typical is None else route.typical
    told = (int(found["times"]), found["kept"]) == (route.times, words(kept or DAY))
    return told and kept is not None and length >= 2 * kept and wilson(route.longer, route.waits)[0] > 0.5


def hear_again(of: ReportFacts, found: re.Match[str]) -> bool:
    n = int(found["weeks"])
    before = [one.rate for one in of.weeks[:-1]][-n:]
    return n >= 3 and of.overall.rate.goal_met is True and all(r is not None and r.k / r.n < 0.9 for r in before)


def hear_rose(of: ReportFacts, found: re.Match[str]) -> bool:
    now, then = dict(of.teams)[found["team"]].rate, dict(of.teams_before)[found["team"]]
    printed = (int(found["now"]), int(found["then"]), int(found["k"]), int(found["n"]))
    known = [one.rate is not None for one in of.weeks[:-1]][-int(found["weeks"]) :]
    true = printed == (now.percent, then.percent, then.k, then.n) and now.k / now.n > then.k / then.n
    return true and len(known) == int(found["weeks"]) >= 3 and known[0]


WORDS = r"(?:over )?\d+ (?:minute|hour|day)s?"
TRUE_WHEN: dict[str, Callable[[ReportFacts, re.Match[str]], bool]] = {
    rf"(?P<team>.+) missed (?P<k>\d+) of (?P<n>\d+)\. (?:(?P<passed>\d+) of the \d+ had been passed on; t|T)he \d+ "
    rf"typically waited (?P<typical>{WORDS})\.": hear_missed,
    rf"(?P<n>\d+) conversations are decided, and .*longest has been decided for (?P<longest>{WORDS})\.": hear_untold,
    r"(?P<late>\d+) were closed .* make it (?P<p>\d+)% \((?P<k>\d+) of (?P<n>\d+)\), under .* 90%\.": hear_closed,
    rf"(?P<day>\w+day) (?P<how>before|after|from) (?P<hour>\d\d):00.*: people .* wait (?P<wait>{WORDS})\.": hear_hour,
    rf"(?P<a>.+) to (?P<b>.+): passed on (?P<times>\d+) times .* it is (?P<kept>{WORDS})\.": hear_route,
    r"The target of 90% is met again\. It was not met in the (?P<weeks>\d+) weeks before\.": hear_again,
    r"(?P<team>.+): (?P<now>\d+)% heard back in time\. In the (?P<weeks>\d+) weeks before it was (?P<then>\d+)% "
    r"\((?P<k>\d+) of (?P<n>\d+)\)\.": hear_rose,
}  # fmt: skip
"""Each sentence there is, and what must hold of the figures when it is said; written without the code that says it."""


@settings(max_examples=100, deadline=None)
@given(any_facts())
def test_never_more_than_three_and_each_true_of_the_figures(of: ReportFacts) -> None:
    told = said(of)
    assert len(told) == len(set(told)) <= MOST
    for sentence in told:
        (heard,) = ((hear, found) for form, hear in TRUE_WHEN.items() if (found := re.fullmatch(form, sentence)))
        assert heard[0](of, heard[1]), sentence


def test_chance_alone_is_seldom_worth_a_talk() -> None:
    chance, talks = Random(6), 0
    for _ in range(300):
        rates = [(team, sum(chance.random() < 0.93 for _ in range(40)), 40) for team in (*TEAMS, "Membership")]
        before = tuple((team, Rate(sum(chance.random() < 0.93 for _ in range(480)), 480, 90)) for team, _, _ in rates)
        cells = tuple(
            replace(cell, n=20, late=late, typical=(25 if late > 10 else 3) * HOUR)
            for cell in hours()
            for late in [sum(chance.random() < 0.07 for _ in range(20))]
        )
        talks += len(said(replace(facts(*rates), teams_before=before, hours=cells)))
    assert 0 < talks <= 75, "under one in four weeks, though five teams and 49 hours are looked at; here 52"
