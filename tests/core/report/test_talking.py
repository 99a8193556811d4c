"""What is worth talking about: true, beyond chance, at most three sentences, and none in a week like any other."""

from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.core.promise import Promise
from monitor.core.report.facts import ReportFacts
from monitor.core.report.figures import Rate
from monitor.core.report.missed import Missed
from monitor.core.report.path import ChangedHands, Group, Route, Untold
from monitor.core.report.restating import WeekRate
from monitor.core.report.spread import BANDS, HourCell
from monitor.core.report.talking import worth_talking_about
from tests.outbox.samples import facts as sample
from tests.outbox.samples import figures

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def facts(*teams: tuple[str, int, int]) -> ReportFacts:
    """A week in which each team kept k of n; without a team, 95 of 100 by two of them."""
    each = teams or (("Front desk", 48, 50), ("Events & rooms", 47, 50))
    overall = figures(sum(k for _, k, _ in each), sum(n for _, _, n in each))
    return sample(overall, teams=tuple((team, figures(k, n)) for team, k, n in each))


def said(of: ReportFacts) -> list[str]:
    return [str(one) for one in worth_talking_about(of)]


def hours(*slow: tuple[int, int, int, int, float]) -> tuple[HourCell, ...]:
    """A quarter of 40 messages a cell that wait 2 hours, 2 of them past the promise; and other cells: weekday, band,
    n, late, typical hours."""
    cells = {(d, b): HourCell(d, *BANDS[b], 40, 2 * HOUR, 90 * HOUR, 2) for d in range(7) for b in range(len(BANDS))}
    for day, band, n, late, typical in slow:
        cells[day, band] = HourCell(day, *BANDS[band], n, typical * HOUR if typical else None, 90 * HOUR, late)
    return tuple(cells.values())


def hands(*routes: Route, untold: tuple[Untold, ...] = ()) -> ChangedHands:
    return ChangedHands(13, Group(120, 22 * HOUR, 90 * HOUR), Group(800, 3 * HOUR, 90 * HOUR), routes, (), untold)


COSTLY = Route("Front desk", "Digital help", 48, 23 * HOUR, 90 * HOUR, waits=47, longer=44)


def test_nothing_is_said_of_a_week_like_any_other() -> None:
    assert said(replace(facts(), hours=hours(), changed_hands=hands())) == []
    assert said(sample(figures(0, 0), None, ())) == []


# -- a team under its goal

MISSED = Missed("Events & rooms", 6, 3, 46 * HOUR, 60 * HOUR)


@pytest.mark.parametrize(
    ("teams", "missed", "sentences"),
    [
        # The week of the look: 30 of 36, where the others kept 124 of 131.
        (
            (("Events & rooms", 30, 36), ("Front desk", 124, 131)),
            MISSED,
            ["Events & rooms missed 6 of 36. 3 of the 6 had been passed on; the 6 typically waited 46 hours."],
        ),
        (
            (("Events & rooms", 30, 36), ("Front desk", 124, 131)),
            replace(MISSED, passed_on=0, typical=None),
            ["Events & rooms missed 6 of 36. The 6 typically waited over 2 days."],
        ),
        # Surely under the goal, though the others are no better.
        (
            (("Events & rooms", 70, 100), ("Front desk", 70, 100)),
            None,
            ["Events & rooms missed 30 of 100.", "Front desk missed 30 of 100."],
        ),
        # 8 of 10, where 90 are the goal: it may be chance.
        ((("Events & rooms", 8, 10), ("Front desk", 46, 50)), None, []),
        # Under ten: no rate.
        ((("Events & rooms", 2, 9), ("Front desk", 130, 131)), None, []),
        # Over the goal is over the goal, however good the others are.
        ((("Events & rooms", 91, 100), ("Front desk", 1000, 1000)), None, []),
        # One team alone: the headline has said it.
        ((("Events & rooms", 50, 100),), None, []),
    ],
)
def test_a_team_under_its_goal(
    teams: tuple[tuple[str, int, int], ...], missed: Missed | None, sentences: list[str]
) -> None:
    assert said(replace(facts(*teams), missed=(missed,) if missed else ())) == sentences


def test_a_team_that_fell_under_its_goal_is_told_where_it_used_to_keep_it() -> None:
    fell = facts(("Events & rooms", 34, 40), ("Front desk", 43, 50))
    assert said(fell) == []
    before = (("Events & rooms", Rate(390, 400, 90)),)
    assert said(replace(fell, teams_before=before)) == ["Events & rooms missed 6 of 40."]
    assert said(replace(fell, teams_before=(("Events & rooms", Rate(340, 400, 90)),))) == []


# -- hours of the week


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        ((5, 6, 20, 14, 37), "Saturday after 18:00: people who write then typically wait 37 hours."),
        ((0, 0, 20, 14, 30), "Monday before 08:00: people who write then typically wait 30 hours."),
        ((4, 4, 20, 14, 50), "Friday from 14:00 to 16:00: people who write then typically wait 2 days."),
        ((4, 4, 20, 14, 24.5), "Friday from 14:00 to 16:00: people who write then typically wait over 24 hours."),
        ((4, 4, 20, 14, 0), "Friday from 14:00 to 16:00: people who write then typically wait over 3 days."),
    ],
)
def test_a_slow_hour_of_the_week(cell: tuple[int, int, int, int, float], sentence: str) -> None:
    assert said(replace(facts(), hours=hours(cell))) == [sentence]


@pytest.mark.parametrize(
    "cell",
    [
        (5, 6, 20, 14, 23.9),  # slow, but inside the promise
        (5, 6, 7, 7, 37),  # blank
    ],
)
def test_an_hour_is_not_told_that_is_inside_the_promise_or_may_be_chance(
    cell: tuple[int, int, int, int, float],
) -> None:
    assert said(replace(facts(), hours=hours(cell))) == []


def test_what_may_be_chance_among_49_hours_is_not_told() -> None:
    rather_slow = tuple(replace(cell, typical=20 * HOUR, late=16) for cell in hours())
    five_of_eight = replace(rather_slow[-1], n=8, late=5, typical=25 * HOUR)
    assert said(replace(facts(), hours=(*rather_slow[:-1], five_of_eight))) == []
    eight_of_eight = replace(five_of_eight, late=8)
    assert len(said(replace(facts(), hours=(*rather_slow[:-1], eight_of_eight)))) == 1


def test_no_hour_stands_out_where_all_are_slow_or_no_clock_is_promised() -> None:
    slow = tuple(replace(cell, typical=30 * HOUR, late=25) for cell in hours())
    assert said(replace(facts(), hours=slow)) == []
    office = replace(facts(), promises=(Promise(DAY, "office-hours"),))
    assert said(replace(office, hours=hours((5, 6, 20, 14, 37)))) == []


# -- ways between teams, and what is decided


def test_a_way_between_teams_that_costs() -> None:
    assert said(replace(facts(), changed_hands=hands(COSTLY))) == [
        "Front desk to Digital help: passed on 48 times in 13 weeks. These people typically wait 23 hours; without a "
        "hand-over it is 3 hours."
    ]


@pytest.mark.parametrize(
    "route",
    [
        replace(COSTLY, times=12, waits=12, longer=12),  # less than once a week
        replace(COSTLY, typical=5 * HOUR),  # not twice as long
        replace(COSTLY, longer=28),  # 28 of 47 may be chance
    ],
)
def test_a_way_is_not_told_that_is_rare_quick_or_chance(route: Route) -> None:
    assert said(replace(facts(), changed_hands=hands(route))) == []


def test_of_two_ways_the_costlier_is_told_and_the_other_where_there_is_room() -> None:
    rarer = replace(COSTLY, to_team="Membership", times=20, waits=20, longer=19, typical=27 * HOUR)
    told = said(replace(facts(), changed_hands=hands(rarer, COSTLY)))
    assert [one.split(":")[0] for one in told] == ["Front desk to Digital help", "Front desk to Membership"]


def test_what_is_decided_and_not_told() -> None:
    each = [(30 * HOUR, False), (80 * HOUR, False), (99 * HOUR, True), (5 * HOUR, False)]
    waiting = [Untold(number, "Front desk", length, told) for number, (length, told) in enumerate(each)]
    assert said(replace(facts(), changed_hands=hands(untold=tuple(waiting)))) == [
        "2 conversations are decided, and the customers have not been told. The longest has been decided for 3 days."
    ]
    assert said(replace(facts(), changed_hands=hands(untold=tuple(waiting[1:])))) == []


# -- what was closed late, and good news


@pytest.mark.parametrize(
    ("k", "n", "closed", "sentences"),
    [
        (
            92,
            100,
            6,
            [
                "6 were closed as “No reply needed” only after their time was over. Counted as missed they would make "
                "it 87% (92 of 106), under the target of 90%."
            ],
        ),
        (92, 100, 2, []),  # too few
        (98, 100, 6, []),  # the goal is met with them too
        (80, 100, 6, []),  # it is not met without them either
    ],
)
def test_closing_late_is_told_where_it_alone_meets_the_goal(k: int, n: int, closed: int, sentences: list[str]) -> None:
    week = facts(("Desk", k, n))
    assert said(replace(week, overall=replace(week.overall, closed_late=closed))) == sentences


def weeks(of: ReportFacts, *percents: int | None) -> ReportFacts:
    """The weeks before, of 100 each, and this one."""
    found, week = [WeekRate(of.week, of.overall.rate)], of.week
    for percent in reversed(percents):
        week = week.before()
        found.append(WeekRate(week, None if percent is None else Rate(percent, 100, 90)))
    return replace(of, weeks=tuple(reversed(found)))


@pytest.mark.parametrize(
    ("percents", "told"),
    [
        ((95, 80, 79, 84), ["The target of 90% is met again. It was not met in the 3 weeks before."]),
        ((95, 80, 79), []),  # two weeks
        ((80, 79, 84), []),  # nobody knows whether it ever was
        ((80, 79, 84, 91), []),  # it was met last week
        ((95, 80, 79, 84, None), []),  # nobody knows of last week
        ((95, 89, 89, 89), []),  # 95 against 89 of 100 may be chance
    ],
)
def test_the_goal_is_met_again(percents: tuple[int | None, ...], told: list[str]) -> None:
    assert said(weeks(facts(("Desk", 95, 100)), *percents)) == told


def test_a_team_that_rose() -> None:
    week = weeks(facts(("Front desk", 99, 100), ("Events & rooms", 95, 100)), *12 * [93])
    before = (("Front desk", Rate(1020, 1160, 90)), ("Events & rooms", Rate(1090, 1160, 90)))
    assert said(replace(week, teams_before=before)) == [
        "Front desk: 99% heard back in time. In the 12 weeks before it was 88% (1020 of 1160)."
    ]


@pytest.mark.parametrize(("known", "told"), [((None, 93, None, 93), "In the 3 weeks before"), ((None, 93, 93), None)])
def test_a_team_rose_over_no_more_weeks_than_are_known(known: tuple[int | None, ...], told: str | None) -> None:
    week = replace(facts(("Front desk", 99, 100)), teams_before=(("Front desk", Rate(102, 116, 90)),))
    sentences = said(weeks(week, *known))
    assert [told in one for one in sentences] == [True] if told else sentences == []


def test_what_this_week_met_comes_first_and_good_news_last() -> None:
    week = facts(("Front desk", 198, 200), ("Events & rooms", 30, 50), ("Digital help", 35, 50))
    full = replace(
        weeks(week, *12 * [88]),
        teams_before=(("Front desk", Rate(1020, 1160, 90)),),
        hours=hours((5, 6, 20, 14, 37)),
        changed_hands=hands(COSTLY),
    )
    heads = [str(one.lead) for one in worth_talking_about(full)]
    assert heads == ["Events & rooms missed 20 of 50.", "Saturday after 18:00:", "Front desk to Digital help:"]
    fewer = [str(one.lead) for one in worth_talking_about(replace(full, hours=(), changed_hands=None))]
    assert fewer == [heads[0], "Digital help missed 15 of 50.", "Front desk: 99% heard back in time."]
