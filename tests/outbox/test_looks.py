"""Every letter looked at in a browser: on a phone and a screen, light and dark, and as poorer mail programs show it."""

import re
from collections.abc import Mapping, Sequence
from itertools import combinations, product
from typing import Any

import pytest
from playwright.sync_api import Page

from monitor.outbox.letters import Rendered
from tests.outbox.rendered import ALL, DRAWN, LETTERS, ODD_REPORTS, TRANSLATED, right_to_left
from tests.outbox.samples import reminder
from tests.servers.chromium import Chromium, accessibility_faults

WIDTHS = {"wide": 700, "narrow": 640, "phone": 375}
SCHEMES = ("light", "dark")
REMINDERS = [name for name, letter in ALL.items() if "waiting to hear" in letter.html]
DIAGONAL = (("wide", "light"), ("phone", "dark"))
SOME_VIEWS = (*DIAGONAL, ("narrow", "light"))
EVERY_VIEW = tuple(product(WIDTHS, SCHEMES))
"""axe-core looks for seconds: at each width and each scheme once."""
AXE = (
    "reminder",
    "hostile",
    "unheard",
    "opening",
    "blind",
    "double",
    "receipt of several",
    "notice",
    "report",
    "month",
)
"""One of each kind: the others are made of the same parts, and are gone through in the long run."""
SMALLEST_TARGET = 24
"""CSS pixels: WCAG 2.2, 2.5.8 Target Size (Minimum)."""

OUTSIDE = """() => [...document.body.querySelectorAll("*")].filter(e => {
  const box = e.getBoundingClientRect();
  return box.width > 0 && (box.right > innerWidth + 1 || box.left < -1);
}).map(e => e.outerHTML.slice(0, 120))"""

BOXES = """of => [...document.querySelectorAll(of)].map(e => {
  const box = e.getBoundingClientRect();
  return [box.left, box.top, box.right, box.bottom];
})"""

PLACE = """text => {
  const found = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; node = walk.nextNode();) {
    const at = node.data.indexOf(text);
    if (at < 0 || !node.parentElement.getClientRects().length) continue;
    const range = document.createRange();
    range.setStart(node, at); range.setEnd(node, at + text.length);
    const box = range.getBoundingClientRect();
    found.push([box.left, box.right]);
  }
  return found;
}"""


def shown(page: Page, width: int, scheme: Any = "light", forced: Any = "none") -> Page:
    """The page as it stands there."""
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme, forced_colors=forced)
    return page


def sideways(page: Page) -> list[str]:
    """What reaches over the edge."""
    scrolls = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return [*(["it scrolls sideways"] if scrolls else []), *page.evaluate(OUTSIDE)]


def bad_targets(page: Page) -> list[object]:
    """Buttons too small for a finger, and buttons or links that lie over each other."""
    buttons, pressed = page.evaluate(BOXES, ".button"), page.evaluate(BOXES, ".button a")
    links = page.evaluate(BOXES, ".links a")
    small = [b for b in pressed if min(b[2] - b[0], b[3] - b[1]) < SMALLEST_TARGET]
    return small + [pair for some in (buttons, links) for pair in combinations(some, 2) if over(*pair)]


def over(one: list[float], other: list[float]) -> bool:
    """Whether two boxes have room in common."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


@pytest.mark.parametrize("views", [SOME_VIEWS, pytest.param(EVERY_VIEW, marks=pytest.mark.full)], ids=["some", "every"])
@pytest.mark.parametrize("name", ALL)
def test_it_fits_and_can_be_read_by_everybody(chromium: Chromium, name: str, views: Sequence[tuple[str, str]]) -> None:
    def see(page: Page) -> dict[str, object]:
        found: dict[str, object] = {}
        for width_name, scheme in views:
            shown(page, WIDTHS[width_name], scheme)
            look = f"{name} {width_name} {scheme}"
            if width_name != "narrow":
                chromium.shot(page, look)
            if (width_name, scheme) in DIAGONAL and (name in AXE or views is EVERY_VIEW):
                found[look] = accessibility_faults(page)
            found[f"{look}: fits"] = sideways(page) + bad_targets(page)
        return {look: faults for look, faults in found.items() if faults}

    assert chromium.look(ALL[name].html, see) == {}


@pytest.mark.parametrize("name", [*DRAWN, *ODD_REPORTS])
def test_reports_of_odd_weeks_and_houses_fit_too(chromium: Chromium, name: str) -> None:
    """What is drawn otherwise than in a usual report is drawn by hand, so axe-core looks at those alone."""

    def see(page: Page) -> list[object]:
        found: list[object] = []
        for width_name, scheme in (("narrow", "light"), ("phone", "dark")):
            shown(page, WIDTHS[width_name], scheme)
            chromium.shot(page, f"{name} {width_name} {scheme}")
            found += sideways(page)
            found += accessibility_faults(page) if name in DRAWN else []
        return found

    assert chromium.look((DRAWN | ODD_REPORTS)[name].html, see) == []


@pytest.mark.parametrize("language", TRANSLATED)
@pytest.mark.parametrize("name", ["reminder", "opening", "blind", "receipt of several", "report", "month"])
def test_in_other_languages_it_fits_too(chromium: Chromium, name: str, language: str) -> None:
    """Colours and outline are those of the English letter, which axe-core looks at; words are longer."""

    def see(page: Page) -> list[object]:
        found = []
        for width_name, width in WIDTHS.items():
            shown(page, width)
            if width_name != "narrow":
                chromium.shot(page, f"{name} {language} {width_name}")
            found += sideways(page) + bad_targets(page)
        return found

    assert chromium.look(TRANSLATED[language][name].html, see) == []


@pytest.mark.parametrize("name", REMINDERS)
def test_without_its_style_block_it_is_in_order_and_fits_a_phone(chromium: Chromium, name: str) -> None:
    """Gmail's app shows mail of other providers so."""

    def see(page: Page) -> list[object]:
        shown(page, 375)
        chromium.shot(page, f"{name} bare")
        return sideways(page) + bad_targets(page)

    html = re.sub(r"<style>.*?</style>", "", ALL[name].html, flags=re.DOTALL)
    assert chromium.look(html, see) == []


def test_without_its_style_block_the_text_is_the_same_in_the_same_order(chromium: Chromium) -> None:
    html = ALL["reminder"].html
    bare = re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)
    full, less = (chromium.look(one, lambda page: shown(page, 700).inner_text("body")) for one in (html, bare))
    assert full.split() == less.split()
    wanted = (
        "3 people",
        "Meeting room",
        "past the target",
        "Hand over",
        "Step-free",
        "To make this stop",
        "everything",
    )
    places = [full.index(words) for words in wanted]
    assert places == sorted(places)


def test_with_colours_of_ones_own_a_button_still_has_an_edge(chromium: Chromium) -> None:
    def see(page: Page) -> list[str]:
        shown(page, 375, forced="active")
        chromium.shot(page, "reminder forced colours")
        edges = "all => all.map(e => getComputedStyle(e).borderTopWidth + ' ' + getComputedStyle(e).borderTopStyle)"
        seen: list[str] = page.eval_on_selector_all(".button", edges)
        return seen

    edges = chromium.look(ALL["reminder"].html, see)
    assert edges == ["1px solid"] * 12


@pytest.mark.parametrize("letters", [ALL, *TRANSLATED.values()], ids=["en", *TRANSLATED])
def test_all_buttons_of_one_are_in_one_row_on_a_screen_and_in_two_on_a_phone(
    chromium: Chromium, letters: Mapping[str, Rendered]
) -> None:
    def rows(width: int) -> int:
        boxes = chromium.look(letters["one"].html, lambda page: shown(page, width).evaluate(BOXES, ".button"))
        return len({top for _, top, _, _ in boxes})

    assert [rows(width) for width in WIDTHS.values()] == [1, 1, 2]


@pytest.mark.parametrize("width", WIDTHS.values())
def test_a_name_from_right_to_left_turns_nobody_round(chromium: Chromium, width: int) -> None:
    """The address begins with figures, which go to the left of a name that is not kept apart (UAX #9 W2 to N1)."""

    def see(page: Page) -> list[Any]:
        shown(page, width)
        return [page.evaluate(PLACE, text) for text in ("1204@post.example", "דוד", "09:36", "number\xa0", "past the")]

    letter = LETTERS.render_reminder(reminder(right_to_left()))
    address, (name, *_), *others = chromium.look(letter.html, see)
    assert name[1] <= address[0][0]
    assert all(len({tuple(box) for box in boxes}) == 1 for boxes in others)
    loose = letter.html.translate(dict.fromkeys((0x2068, 0x2069)))
    address, (name, *_), *others = chromium.look(loose, see)
    assert not name[1] <= address[0][0]


def test_a_planted_script_would_have_been_seen(chromium: Chromium) -> None:
    planted = ALL["hostile"].html.replace("</h1>", "<img src=x onerror=\"document.title='pwned'\"></h1>", 1)
    with pytest.raises(AssertionError, match="pwned"):
        chromium.look(planted, lambda page: page.wait_for_function("document.title == 'pwned'"))


def test_anything_loaded_would_have_been_seen(chromium: Chromium) -> None:
    planted = ALL["hostile"].html.replace("</h1>", "<img src=https://evil.example/1.png></h1>", 1)
    with pytest.raises(AssertionError, match="evil"):
        chromium.look(planted, lambda page: page.wait_for_function("document.images[0].complete"))


def test_a_letter_too_wide_would_have_been_seen(chromium: Chromium) -> None:
    wide = ALL["one"].html.replace("<h1", '<h1 class="x"', 1).replace("overflow-wrap:anywhere", "white-space:nowrap")
    assert chromium.look(wide, lambda page: sideways(shown(page, 375)))


def test_faint_text_and_heads_out_of_order_would_have_been_seen(chromium: Chromium) -> None:
    faint = ALL["one"].html.replace("color:#55626b", "color:#c8d0d4").replace("<h2", "<h4").replace("</h2", "</h4")
    faults = chromium.look(faint, lambda page: accessibility_faults(shown(page, 700)))
    assert {fault.partition(":")[0] for fault in faults} >= {"color-contrast", "heading-order"}
