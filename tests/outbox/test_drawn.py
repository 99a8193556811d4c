"""What sections of the weekly report look like: strip, map, bars, ways and what is told, in HTML and as text."""

import re
from dataclasses import replace

import pytest
from playwright.sync_api import Page

from monitor.core.report.drawn import Box, Cell, Column, Section, Table, Told
from monitor.core.report.sections import each_team, how_counted, not_seen, waiting_longest
from monitor.outbox.columns import laid_map, laid_strip, laid_table
from monitor.outbox.letters import MOST_BYTES, Rendered
from monitor.outbox.plain import COLUMNS
from tests.outbox.drawn_samples import answered_within, drawn, every_shape, strip, told, week_map
from tests.outbox.rendered import ALL, DRAWN, LETTERS, Outline
from tests.outbox.report_samples import IN_TIME, ODD, changed_hands, fifteen_teams, whole
from tests.outbox.test_looks import BOXES, WIDTHS, shown
from tests.servers.chromium import Chromium

SHAPES = DRAWN["every shape"]

ROUTE = """names => {
  const node = [...document.querySelectorAll("th")].find(head => head.innerText.includes("→")).firstChild;
  return names.map(name => {
    const range = document.createRange(), at = node.data.indexOf(name);
    range.setStart(node, at); range.setEnd(node, at + name.length);
    return range.getBoundingClientRect().left;
  });
}"""
"""Where the names of the first route begin."""


def alone(*made: Section) -> Rendered:
    """A report of these sections."""
    return drawn(LETTERS, whole(), made)


@pytest.mark.parametrize("width", WIDTHS.values())
def test_thirteen_weeks_stand_in_one_row_under_their_numbers(chromium: Chromium, width: int) -> None:
    def see(page: Page) -> tuple[list[list[float]], list[list[float]]]:
        shown(page, width)
        return page.evaluate(BOXES, ".week"), page.evaluate(BOXES, ".box")

    heads, boxes = chromium.look(SHAPES.html, see)
    assert len(heads) == len(boxes) == 13
    assert len({top for _, top, _, _ in boxes}) == 1
    assert all(head[0] == box[0] and head[3] <= box[1] for head, box in zip(heads, boxes, strict=True))


def test_a_missed_week_bears_a_sign_and_the_last_one_is_marked() -> None:
    boxes = re.findall(r'<td class="(box[^"]*)"[^>]*>(.*?)</td>', alone(strip()).html)
    assert [("▾" in text) for _, text in boxes] == [("b-missed" in look) for look, _ in boxes]
    assert [look.endswith("now") for look, _ in boxes] == [False] * 12 + [True]


def test_a_box_is_read_as_a_sentence() -> None:
    outline = Outline(alone(strip((None, *IN_TIME[1:]))).html)
    read = [box["aria-label"] for box in outline.of("td") if "box" in box.get("class", "").split()]
    assert read[:2] == ["Week 34: –, too few to rate", "Week 35: 87%"]


def test_few_weeks_do_not_grow_as_wide_as_the_letter(chromium: Chromium) -> None:
    few = alone(strip(IN_TIME[:3])).html
    boxes = chromium.look(few, lambda page: shown(page, 640).evaluate(BOXES, ".box"))
    assert all(right - left < 60 for left, _, right, _ in boxes)


def test_the_map_is_a_table_whose_every_cell_has_two_heads_and_says_something() -> None:
    found = re.search(r'<table class="map".*?</table>', SHAPES.html, re.DOTALL)
    assert found
    outline = Outline(found[0])
    assert [head["scope"] for head in outline.of("th")] == ["col"] * 7 + ["row"] * 7
    cells = re.findall(r'<td class="spot[^>]*>.*?</td>', found[0])
    assert len(cells) == 49
    assert [cell for cell in cells if ">&nbsp;<" in cell and "aria-label=" not in cell] == []


def test_weekdays_are_short_on_a_phone(chromium: Chromium) -> None:
    def words(width: int) -> str:
        return chromium.look(SHAPES.html, lambda page: shown(page, width).inner_text(".map"))

    assert "Wednesday" in words(640)
    assert "Wednesday" not in words(375)
    assert "Wed" in words(375)


def test_weekdays_are_those_of_the_language() -> None:
    german = drawn(LETTERS, whole(), [week_map()], "de")
    assert "Mittwoch" in german.html
    assert re.search(r">Mi\.?</span>", german.html)


def test_what_is_told_opens_with_strong_words_or_without() -> None:
    both = Section(title="Title", told=(Told("Strong & first.", "The rest."), "Only a sentence."))
    html = re.sub(r' style="[^"]*"', "", alone(both).html)
    assert "<b>Strong &amp; first.</b> The rest." in html
    assert "Only a sentence." in html
    assert html.count("<b>") == 2  # the other one is the file's name
    assert "  - Strong & first. The rest.\n  - Only a sentence.\n" in alone(both).text


def test_nothing_in_a_section_is_markup() -> None:
    evil = "<b>x</b>\n{{ 1 }}"
    boxes, cell = (Box(evil, evil, read=f'"{evil}'),), Cell(evil)
    one = Section(
        title=evil, strip=boxes, bars=Table((Column(evil),), ((cell,),)), told=(Told(evil, evil),), after=evil
    )
    html = alone(one).html
    assert [element["class"] for element in Outline(html).of("b") if "class" in element] == []
    assert len(Outline(html).of("b")) == 2  # what is told first, and the file's name
    assert html.count("&lt;b&gt;x&lt;/b&gt; {{ 1 }}") == 7


def test_the_text_part_has_every_figure_that_is_drawn() -> None:
    for section in every_shape():
        text = alone(section).text
        for box in section.strip:
            assert str(box.text) in text
        for _, spots in section.map.rows if section.map else ():
            assert all(str(spot.text) in text for spot in spots)
        tables = [table for table in (section.bars, section.table) if table]
        assert all(str(cell.text) in text for table in tables for row in table.rows for cell in row)
    assert all(str(one) in " ".join(alone(told()).text.split()).replace(" - ", " ") for one in told().told)


def test_bars_in_the_text_part_have_no_line_of_heads_that_are_empty() -> None:
    bars = answered_within().bars
    assert bars
    assert laid_table(bars).splitlines()[0].split() == ["1", "hour", "20%"]


def test_teams_named_from_right_to_left_turn_no_arrow_and_no_figure_round(chromium: Chromium) -> None:
    names = ("שירות לקוחות", "ארכיון", "الأرشيف", "דלפק", "עוד", "אחרון")
    rendered = LETTERS.render_report(replace(whole(), changed_hands=changed_hands(names)))
    apart = [f"\u2068{name}\u2069" for name in names]
    assert f"{apart[0]} → {apart[3]}" in rendered.text
    assert f"{apart[0]} → {apart[3]}" in rendered.html
    assert re.search(rf"^  \u2068{names[0]} *\u2069 +38 ", rendered.text, re.MULTILINE)
    left, right = chromium.look(rendered.html, lambda page: shown(page, 700).evaluate(ROUTE, [names[0], names[3]]))
    assert left < right


def test_a_strip_too_wide_for_a_line_goes_on_below() -> None:
    boxes = tuple(Box(str(34 + at), "7 of 8", "missed" if at else "plain") for at in range(13))
    lines = laid_strip(boxes).splitlines()
    assert lines[1] == "  7 of 8   " + "  ".join(["7 of 8▾"] * 7)
    assert lines[2:4] == ["", "  42       43       44       45       46"]


def test_a_map_too_wide_for_a_line_is_laid_in_two() -> None:
    full = week_map(longest=True).map
    usual = week_map().map
    assert full
    assert usual
    assert laid_map(full).count("Monday") == 2
    assert laid_map(usual).count("Monday") == 1
    assert all(len(line) <= COLUMNS for line in laid_map(full).splitlines())


def test_the_hours_of_a_map_stand_on_one_line() -> None:
    usual = week_map().map
    assert usual
    assert laid_map(usual).splitlines()[0].split("  ")[-1] == "18 on"


def test_fifteen_teams_are_drawn_with_bars_in_a_letter_that_is_not_cut() -> None:
    facts = fifteen_teams()
    own = [make(facts) for make in (each_team, waiting_longest, how_counted, not_seen)]
    shapes = every_shape([team for team, _ in facts.teams])
    whole_letter = drawn(LETTERS, facts, [*filter(None, own), *shapes])
    for letter in (whole_letter, ALL["long report"]):
        assert len(letter.html.encode()) < MOST_BYTES
        assert letter.html.count('class="round') > 15
    assert whole_letter.html.count('class="round') > 30


def test_the_report_of_very_many_teams_keeps_every_figure_and_lets_bars_go() -> None:
    many = tuple((f"{team} {n}", one) for n in range(4) for team, one in fifteen_teams().teams)
    hands = changed_hands(tuple(team for team, _ in fifteen_teams().teams))
    rendered = LETTERS.render_report(replace(whole(), teams=many, changed_hands=hands))
    assert all(f">{team}<" in rendered.html.replace("&amp;", "&") for team, _ in many)
    assert rendered.html.count('class="round') < 30
    assert rendered.html.replace("&nbsp;", " ").count(">44 of 46<") == 12


@pytest.mark.parametrize("name", ODD)
def test_an_odd_report_says_the_same_in_text(name: str) -> None:
    """Each team's row, and each title."""
    rendered = LETTERS.render_report(ODD[name])
    titles = re.findall(r"<h2[^>]*>([^<]+)</h2>", rendered.html)
    assert titles
    assert all(title.upper().replace("&AMP;", "&") in " ".join(rendered.text.split()) for title in titles)
