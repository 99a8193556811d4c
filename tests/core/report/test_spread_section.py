"""How waits spread, as it is drawn: bars and a map that agree with their keys, and nothing where nothing is known."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.promise import Promise
from monitor.core.report.drawn import Map, Section, Spot
from monitor.core.report.facts import ReportFacts
from monitor.core.report.spread import BANDS, LIMITS, HourCell, Within
from monitor.core.report.spread_section import answered_within, by_the_hour
from monitor.core.said import plain
from tests.outbox.samples import facts

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OFFICE = (Promise(DAY, "office-hours"),)


def within(n: int, *shares: float | None, promise: timedelta | None = DAY) -> ReportFacts:
    """Of n, these shares within each limit; None: not known so far."""
    found = tuple(
        Within(limit, share, round((share or 0.6) * n), n, limit == promise, 90 if limit == promise else 0)
        for limit, share in zip(LIMITS, shares, strict=True)
    )
    return replace(facts(), within=found)


def rows(section: Section | None) -> list[list[str]]:
    """The words of the bars."""
    assert section is not None
    assert section.bars is not None
    return [[str(plain(cell.text)) for cell in row if cell.text] for row in section.bars.rows]


def test_a_row_for_each_limit_with_the_promise_strong_and_marked() -> None:
    section = answered_within(within(168, 0.2, 0.49, 0.57, 0.917, 0.95, 0.96))
    assert rows(section) == [
        ["1 hour", "20%", "34 of 168"],
        ["4 hours", "49%", "82 of 168"],
        ["8 hours", "57%", "96 of 168"],
        ["24 hours", "92%", "154 of 168"],
        ["48 hours", "95%", "160 of 168"],
        ["96 hours", "96%", "161 of 168"],
    ]
    assert section is not None
    assert section.bars is not None
    drawn = [(row[0].tone, bar.notch) for row in section.bars.rows for cell in row if (bar := cell.bar)]
    assert drawn == [("plain", None)] * 3 + [("strong", 90.0)] + [("plain", None)] * 2
    assert str(section.legend) == "The mark is the target of 90%."
    assert str(section.after) == "People who still wait are counted for as long as they have waited."


def test_where_the_estimate_does_not_reach_it_says_at_least() -> None:
    assert rows(answered_within(within(12, 0.5, 0.5, 0.5, 0.5, None, None)))[-1] == [
        "96 hours",
        "at least 58%",
        "7 of 12",
    ]
    nobody = replace(facts(), within=(Within(HOUR, None, 0, 12), Within(DAY, None, 0, 12)))
    assert rows(answered_within(nobody)) == [["1 hour", "–", "0 of 12"], ["24 hours", "–", "0 of 12"]]


def test_under_ten_there_are_counts_without_a_bar_or_a_percentage() -> None:
    section = answered_within(within(7, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8))
    assert rows(section)[3] == ["24 hours", "4 of 7"]
    assert "%" not in "".join(map("".join, rows(section)))
    assert "Bar(" not in repr(section)


def test_a_promise_of_opening_hours_has_no_mark() -> None:
    section = answered_within(within(168, 0.2, 0.49, 0.57, 0.917, 0.95, 0.96, promise=None))
    assert section is not None
    assert "mark" not in str(section.legend)
    assert "strong" not in repr(section)


def test_a_limit_of_minutes_is_said_in_minutes() -> None:
    limits = (timedelta(minutes=30), timedelta(minutes=90))
    section = answered_within(replace(facts(), within=tuple(Within(limit, 0.5, 6, 12) for limit in limits)))
    assert [row[0] for row in rows(section)] == ["30 min", "1 h 30 min"]


def test_nobody_who_came_due_makes_no_bars() -> None:
    assert answered_within(facts()) is None
    assert answered_within(replace(facts(), within=(Within(HOUR, None, 0, 0),))) is None


# -- the map


def hours(*cells: HourCell) -> ReportFacts:
    return replace(facts(), hours=cells)


def cell(hours: float | None, n: int = 20, day: int = 0, band: int = 1, longest: float = 200) -> HourCell:
    return HourCell(day, *BANDS[band], n, None if hours is None else hours * HOUR, longest * HOUR)


def drawn(of: ReportFacts) -> Map:
    section = by_the_hour(of)
    assert section is not None
    assert section.map is not None
    return section.map


def spot(of: ReportFacts) -> Spot:
    """The one that is not blank."""
    (found,) = (spot for _, row in drawn(of).rows for spot in row if spot.shade)
    return found


def words(all_: Iterable[object]) -> list[str]:
    return [str(one) for one in all_]


@pytest.mark.parametrize(
    ("typical", "text", "shade"),
    [
        (0.5, "30 min", 1),
        (3, "3 h", 1),
        (3.9, "3 h", 1),  # as it is printed
        (4, "4 h", 2),
        (8, "8 h", 2),
        (9, "9 h", 3),
        (16, "16 h", 3),
        (17, "17 h", 4),
        (24, "24 h", 4),
        (24.1, "over 24 h", 5),  # rounding must not hide it
        (37, "37 h", 5),
        (60, "2 d", 5),  # a spot has room for no more
        (None, "over 8 d", 5),
    ],
)
def test_a_spot_is_as_dark_as_its_key_says(typical: float | None, text: str, shade: int) -> None:
    of = hours(cell(typical))
    assert (str(spot(of).text), spot(of).shade) == (text, shade)
    assert words(drawn(of).shades) == ["to 3 h", "to 8 h", "to 16 h", "to 24 h", "over 24 h"]


@pytest.mark.parametrize(
    ("longest", "text", "shade"), [(24, "over 24 h", 5), (23.5, "over 23 h", 4), (10, "over 10 h", 3)]
)
def test_where_the_middle_is_not_reached_it_is_over_what_is_known(longest: float, text: str, shade: int) -> None:
    found = spot(hours(cell(None, longest=longest)))
    assert (str(found.text), found.shade) == (text, shade)
    assert str(found.read) == f"typically over {int(longest)} hours, 20 messages"


@pytest.mark.parametrize(
    ("promise", "shades"),
    [
        (timedelta(hours=8), ["to 1 h", "to 3 h", "to 5 h", "to 8 h", "over 8 h"]),
        (timedelta(hours=48), ["to 6 h", "to 16 h", "to 32 h", "to 2 d", "over 2 d"]),
        (timedelta(hours=4), ["to 30 min", "to 1 h 20 min", "to 2 h 40 min", "to 4 h", "over 4 h"]),
    ],
)
def test_the_shades_follow_the_promise(promise: timedelta, shades: list[str]) -> None:
    assert words(drawn(replace(hours(cell(2)), reply_within=promise)).shades) == shades


def test_nothing_is_over_a_promise_that_no_clock_on_the_wall_counts() -> None:
    of = replace(hours(cell(60)), promises=OFFICE)
    assert words(drawn(of).shades) == ["to 3 h", "to 8 h", "to 16 h", "over 16 h"]
    assert spot(of).shade == 4


def test_the_map_has_a_row_a_day_and_a_column_a_band() -> None:
    found = drawn(hours(cell(2)))
    assert words(found.heads) == ["to 8", "8–10", "10–12", "12–14", "14–16", "16–18", "18 on"]
    assert words(name for name, _ in found.rows) == [
        "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"
    ]  # fmt: skip
    assert {len(row) for _, row in found.rows} == {7}
    assert str(found.rows[0][1][1].text) == "2 h"


def test_few_are_blank_and_a_map_of_blanks_is_not_drawn() -> None:
    of = hours(cell(2), cell(2, n=7, day=3))
    few = drawn(of).rows[3][1][1]
    assert (few.text, few.shade, str(few.read)) == ("", 0, "too few to say")
    section = by_the_hour(of)
    assert section is not None
    assert str(section.after) == "Blank: fewer than 8 messages, too few to say."
    assert by_the_hour(hours(cell(2, n=7))) is None
    assert by_the_hour(facts()) is None


def test_a_full_map_says_nothing_of_blanks() -> None:
    every = tuple(cell(2, day=day, band=band) for day in range(7) for band in range(len(BANDS)))
    section = by_the_hour(hours(*every))
    assert section is not None
    assert section.after == ""


@given(st.integers(0, 300 * 60), st.sampled_from([1, 4, 8, 10, 24, 36, 48, 72]))
def test_only_what_is_over_the_promise_has_the_last_shade(minutes: int, promise: int) -> None:
    of = replace(hours(cell(minutes / 60)), reply_within=promise * HOUR)
    assert (spot(of).shade == 5) == (timedelta(hours=minutes / 60) > promise * HOUR)
