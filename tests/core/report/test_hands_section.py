"""What the weekly report draws of changed hands: routes by how often, teams in their order, nothing of too few."""

from dataclasses import replace
from datetime import timedelta

from monitor.core.house import A_COLLEAGUE
from monitor.core.report.drawn import Section
from monitor.core.report.hands_section import MOST_ROUTES, changed_hands, held_by
from monitor.core.report.path import ChangedHands, Group, Route, TeamHeld, Untold
from monitor.core.said import plain
from tests.outbox.samples import facts

HOUR, DAY, NONE = timedelta(hours=1), timedelta(days=1), timedelta(0)
HANDS = ChangedHands(
    weeks=13,
    passed_on=Group(86, 22 * HOUR, 9 * DAY),
    kept=Group(2000, 3 * HOUR, 6 * DAY),
    routes=(
        Route("Front desk", "Digital help", 48, 23 * HOUR, 9 * DAY, 41),
        Route("Digital help", "Events", 20, None, 9 * DAY, 20),
        Route("Events", A_COLLEAGUE, 18, 20 * HOUR, 4 * DAY, 7),
    ),
    teams=(
        TeamHeld("Front desk", 1200, 80 * DAY, NONE, 3 * DAY),
        TeamHeld("Digital help", 70, NONE, 37 * DAY, NONE),
        TeamHeld(A_COLLEAGUE, 18, NONE, 19 * HOUR, NONE),
    ),
    untold=(
        Untold(3182, "Front desk", 5 * DAY, True),
        Untold(3554, "Events", 25 * HOUR, False),
        Untold(3555, "Events", DAY, True),
    ),
)


def of(hands: ChangedHands | None) -> tuple[Section | None, Section | None]:
    whole = replace(facts(), changed_hands=hands)
    return changed_hands(whole), held_by(whole)


def rows(section: Section | None, bars: bool = False) -> list[list[str]]:
    """The text of its cells, in English."""
    table = section and (section.bars if bars else section.table)
    assert table
    return [[plain(cell.text) for cell in row] for row in table.rows]


def test_routes_with_how_often_and_what_is_typical() -> None:
    hands, _ = of(HANDS)
    assert rows(hands) == [
        ["Front desk → Digital help", "48", "23 h"],
        ["Digital help → Events", "20", "over 9 d"],
        ["Events → a colleague", "18", "too few"],
    ]
    assert hands
    assert plain(hands.note).startswith("Last 13 weeks: 86 of 2,086 were passed on.")


def test_passed_on_and_not_as_two_bars_and_no_bar_of_too_few() -> None:
    hands, _ = of(HANDS)
    assert rows(hands, bars=True) == [["Passed on", "", "22 h"], ["Not passed on", "", "3 h"]]
    assert hands
    assert hands.bars
    assert [bar.share for row in hands.bars.rows for cell in row if (bar := cell.bar)] == [100, 100 * 3 / 22]
    few, _ = of(replace(HANDS, passed_on=Group(7, 22 * HOUR, 9 * DAY)))
    assert rows(few, bars=True)[0] == ["Passed on", "", "too few"]


def test_only_the_most_frequent_routes_are_told_and_the_rest_is_counted() -> None:
    many = tuple(Route("Front desk", f"Team {n}", 40 - n, HOUR, DAY, 40 - n) for n in range(MOST_ROUTES + 1))
    for more, after in ((0, ""), (1, "and 1 more way.")):
        hands, _ = of(replace(HANDS, routes=many[: MOST_ROUTES + more]))
        assert hands
        assert (len(rows(hands)), plain(hands.after)) == (MOST_ROUTES, after)


def test_where_the_time_went_by_team_and_what_was_not_told() -> None:
    _, held = of(HANDS)
    assert rows(held) == [
        ["Front desk", "1200", "80 d", "–", "3 d"],
        ["Digital help", "70", "–", "37 d", "–"],
        ["a colleague", "18", "–", "19 h", "–"],
    ]
    assert held
    assert [plain(one) for one in held.told] == [
        "Decided, customer not told: 3 of 2,086; over a day in 2.",
        "In 1 of them the customer still waits.",
    ]


def test_where_nothing_changed_hands_nothing_is_said() -> None:
    quiet = ChangedHands(13, Group(0, None, NONE), Group(40, HOUR, DAY), teams=(TeamHeld("A", 40, DAY, NONE, NONE),))
    assert (of(quiet), of(None)) == ((None, None), (None, None))


def test_there_is_no_table_of_no_teams() -> None:
    assert of(replace(HANDS, teams=()))[1] is None
