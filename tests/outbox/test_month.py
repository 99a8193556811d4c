"""The sheet for the cross-team meeting: one page on paper, and the same in every form."""

import html
import json
import re

import pytest
from playwright.sync_api import Page

from monitor.core.report.month_json import month_json
from monitor.outbox.letters import Rendered
from tests.outbox.month_samples import LONG, month
from tests.outbox.rendered import ALL, LETTERS, TRANSLATED
from tests.outbox.test_looks import SCHEMES
from tests.servers.chromium import Chromium

MONTHS = [name for name in ALL if name.endswith("month")]
A4 = (595, 842)
"""Points (ISO 216: 210 by 297 mm)."""


def flat(text: str) -> str:
    """What is read, on one line."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text.partition("</head>")[2] or text)).split())


def pages(page: Page, scheme: str) -> tuple[int, list[tuple[int, ...]]]:
    """How many there are on paper, and their sizes in points."""
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    printed = page.pdf(prefer_css_page_size=True)
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", printed)
    return len(re.findall(rb"/Type\s*/Page\b", printed)), [tuple(round(float(one)) for one in box) for box in boxes]


@pytest.mark.parametrize("letters", [ALL, *TRANSLATED.values()], ids=["en", *TRANSLATED])
@pytest.mark.parametrize("name", MONTHS)
def test_it_is_one_page_of_a4(chromium: Chromium, name: str, letters: dict[str, Rendered]) -> None:
    assert chromium.look(letters[name].html, lambda page: pages(page, "light")) == (1, [A4])


def test_a_sheet_too_long_for_a_page_would_have_been_seen(chromium: Chromium) -> None:
    long = ALL["crowded month"].html.replace('class="close"', 'class=""')
    assert chromium.look(long, lambda page: pages(page, "light"))[0] == 2


@pytest.mark.parametrize("scheme", SCHEMES)
def test_on_paper_it_is_dark_on_white_whatever_the_screen(chromium: Chromium, scheme: str) -> None:
    def see(page: Page) -> list[str]:
        page.emulate_media(media="print", color_scheme=scheme)  # type: ignore[arg-type]
        chromium.shot(page, f"month print {scheme}")
        colour = "([of, what]) => getComputedStyle(document.querySelector(of))[what]"
        asked = (("body", "backgroundColor"), ("h1", "color"), (".took", "color"), (".decided", "printColorAdjust"))
        return [page.evaluate(colour, list(one)) for one in asked]

    ink = "rgb(20, 34, 43)"
    assert chromium.look(ALL["month"].html, see) == ["rgb(255, 255, 255)", ink, ink, "exact"]


def test_a_bar_is_as_long_as_its_wait(chromium: Chromium) -> None:
    def widths(page: Page) -> list[float]:
        page.set_viewport_size({"width": 800, "height": 900})
        found: list[float] = page.eval_on_selector_all(
            ".round:has(.span)", "all => all.map(bar => bar.getBoundingClientRect().width)"
        )
        return found

    drawn, lengths = chromium.look(ALL["month"].html, widths), [one.length for one in month().slowest]
    assert [width / drawn[0] for width in drawn] == pytest.approx([one / lengths[0] for one in lengths], abs=0.01)


def test_names_stand_to_the_left_and_no_figure_folds(chromium: Chromium) -> None:
    def see(page: Page) -> tuple[list[str], list[float]]:
        page.set_viewport_size({"width": 800, "height": 900})
        names = "all => [...new Set(all.map(one => getComputedStyle(one).textAlign))]"
        heights = """all => all.map(one => {
          const range = document.createRange();
          range.selectNodeContents(one);
          return range.getBoundingClientRect().height;
        })"""
        return page.eval_on_selector_all(".ruled .name", names), page.eval_on_selector_all(".num, .fig", heights)

    names, heights = chromium.look(ALL["month"].html, see)
    assert names == ["left"]
    assert heights
    assert max(heights) < 25


def test_a_key_says_what_the_pieces_of_a_bar_mean() -> None:
    words = flat(ALL["month"].html)
    assert "with the first team" in words
    assert "with another team" in words
    assert "decided, customer not told yet" in words


def test_text_html_and_json_say_the_same() -> None:
    facts = month()
    letter, found = ALL["month"], month_json(facts)
    for part in (flat(letter.text), flat(letter.html)):
        assert "For 11 of the 34 days in the five longest waits, the answer was already known." in part
        assert f"{found['changed_hands']} of {found['waits']} messages changed hands" in part
        assert f"; over a day in {found['decided_not_told']['over_a_day']} of {found['changed_hands']}" in part
        assert "Membership 4 h → Digital help 44 h → Membership 3 d 4 h" in part
        assert all(f"no. {one['number']}" in part for one in found["slowest"])
        assert all(re.search(rf"{re.escape(one['team'])} {one['waits']} \d+ [dh]", part) for one in found["teams"])
        assert re.search(r"3182 Front desk 5 d 18 h 3554 Membership not yet: 3 d 4 h", part)
        assert "still waiting" in part
        assert "inbox-monitor report --month 2026-10" in part


def test_it_names_nobody_and_no_subject() -> None:
    letter = ALL["month"]
    assert "@" not in letter.text + letter.html.partition("</head>")[2] + json.dumps(month_json(month()))


def test_a_quiet_month_still_has_lines_to_write_on() -> None:
    letter = ALL["quiet month"]
    assert letter.subject == "Nobody’s 24 hours ran out in October (Harbour City Libraries, October 2026)"
    assert "WHAT WE WILL TRY" in letter.text
    assert "WHO HELD THE BALL" not in letter.text
    assert letter.html.count('class="rule"') == 3


def test_a_month_in_which_nothing_changed_hands_has_its_longest_waits_only() -> None:
    letter = LETTERS.render_month(month(LONG[2:3]))
    assert "Local history 6 d 22 h → customer" in flat(letter.text)
    assert "DECIDED, BUT NOT TOLD" not in letter.text


@pytest.mark.parametrize(("code", "name"), [("de", "Oktober 2026"), ("fr", "octobre 2026")])
def test_the_month_is_named_in_the_language(code: str, name: str) -> None:
    assert name in TRANSLATED[code]["month"].subject
