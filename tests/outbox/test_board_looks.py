"""The page on the wall in a browser: on a screen and a phone, light and dark, by keyboard and by ear, and grown old."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

import pytest
from playwright.sync_api import Page

from monitor.outbox.board_pages import BoardPage
from monitor.outbox.letters import Letters
from tests.outbox.board_samples import board, boards, lines, ordinary, team
from tests.outbox.samples import NOW
from tests.outbox.test_looks import sideways
from tests.servers.chromium import WITHOUT_A_PAGE, Chromium, accessibility_faults

LETTERS = Letters()
BOARDS = dict(boards())
MINUTE = timedelta(minutes=1)
WALL, LAPTOP, PHONE = (1920, 1080), (1280, 720), (375, 800)
ALL_IN_VIEW = "document.documentElement.scrollHeight <= innerHeight"
FOCUSED = "document.activeElement.textContent.trim()"
COLOURS = "of => [...document.querySelectorAll(of)].map(e => getComputedStyle(e).color)"
LEGIBLE = 19
"""CSS pixels on a wall of 1920: on a screen of 43 inches 20 of them are 10 mm, to be read from three metres."""
AXE = ("ordinary", "doubtful", "quiet", "hostile")
"""axe-core looks for seconds; the others differ from these in their number of columns only."""
SMALLEST = """() => Math.min(...[...document.querySelectorAll("main *")].filter(
  e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) && !e.classList.contains("said")
).map(e => parseFloat(getComputedStyle(e).fontSize)))"""

Seen = TypeVar("Seen")


def look(
    chromium: Chromium,
    html: str,
    see: Callable[[Page], Seen],
    at: datetime = NOW + MINUTE,
    size: tuple[int, int] = WALL,
) -> Seen:
    """What `see` finds where the clock of the screen shows `at` when the page is loaded."""

    def with_a_clock(page: Page) -> Seen:
        page.clock.install(time=at)
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.set_content(html)
        return see(page)

    return chromium.look(html, with_a_clock)


def rendered(page: BoardPage) -> str:
    return LETTERS.render_board(page)


def text(page: Page) -> str:
    return page.inner_text("body")


@pytest.mark.parametrize("name", BOARDS)
def test_it_fits_every_screen_and_can_be_read_by_everybody(chromium: Chromium, name: str) -> None:
    def see(page: Page) -> dict[str, object]:
        found: dict[str, object] = {}
        for (width, height), scheme in ((WALL, "light"), (WALL, "dark"), (LAPTOP, "light"), (PHONE, "dark")):
            page.set_viewport_size({"width": width, "height": height})
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            at = f"{width} {scheme}"
            if width != LAPTOP[0]:
                chromium.shot(page, f"board {name} {at}")
            if name in AXE and (width, scheme) in ((1920, "light"), (375, "dark")):
                found[f"{at}: axe"] = accessibility_faults(page, a_whole_page=True)
            found[f"{at}: sideways"] = sideways(page)
            if (width, height) == WALL and (size := page.evaluate(SMALLEST)) < LEGIBLE:
                found[f"{at}: small"] = size
            found[f"{at}: below"] = [] if width == PHONE[0] or page.evaluate(ALL_IN_VIEW) else ["it scrolls"]
        return {at: faults for at, faults in found.items() if faults}

    assert look(chromium, rendered(BOARDS[name]), see) == {}


@pytest.mark.parametrize("language", ["de", "fr"])
def test_longer_words_of_other_languages_fit_too(chromium: Chromium, language: str) -> None:
    pages = {name: rendered(page) for name, page in boards(language)}

    def see(page: Page) -> list[str]:
        found: list[str] = []
        for name, html in pages.items():
            for width, height in (WALL, LAPTOP, PHONE):
                page.set_viewport_size({"width": width, "height": height})
                page.set_content(html)
                below = width != PHONE[0] and not page.evaluate(ALL_IN_VIEW)
                found += [f"{name} {width}: {fault}" for fault in (*sideways(page), *["it scrolls"] * below)]
        page.set_content(pages["ordinary"])
        return found

    assert look(chromium, pages["ordinary"], see) == []


def test_what_a_screen_reader_says_of_a_page_is_the_answer_first_and_then_every_team(chromium: Chromium) -> None:
    page = board(team("Front desk", *lines(4171, 26, 3)), team("Membership"))
    heard = look(chromium, rendered(page), lambda seen: seen.locator("body").aria_snapshot())
    assert (
        heard
        == """\
- status
- banner:
  - paragraph: Harbour City Libraries
  - heading "2 people are waiting to hear from us." [level=1]
  - term: late
  - definition: "1"
  - term: longest wait
  - definition: 26 hours
  - paragraph:
    - text: As it stood at
    - time: 10:00 Saturday 14 November
- main:
  - heading "Front desk" [level=2]
  - paragraph: 2 waiting
  - list:
    - listitem:
      - paragraph: "Waiting: 26 hours"
      - paragraph: late since 08:00
      - paragraph: came Fri 08:00
      - paragraph: no. 4171
    - listitem:
      - paragraph: "Waiting: 3 hours"
      - paragraph: due Sun 07:00
      - paragraph: came 07:00
      - paragraph: no. 4172
  - paragraph: seen up to 09:56
  - heading "Membership" [level=2]
  - paragraph: Nobody is waiting.
  - paragraph: seen up to 09:56
- contentinfo:
  - paragraph: "Promised: a reply within 24 hours. Due soon: in less than 4 hours. Oldest first; no names, no subjects."
  - button "Hold this page\""""
    )


def test_the_only_thing_to_press_is_reached_by_one_tab_and_pressed_by_keyboard(chromium: Chromium) -> None:
    def see(page: Page) -> list[object]:
        page.keyboard.press("Tab")
        reached = page.evaluate(FOCUSED)
        ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        page.keyboard.press("Space")
        held = page.get_attribute("button", "aria-pressed")
        page.keyboard.press("Enter")
        let_go = page.get_attribute("button", "aria-pressed")
        page.keyboard.press("Tab")
        return [reached, ring, held, let_go, page.evaluate(FOCUSED) == reached]

    assert look(chromium, rendered(ordinary()), see) == ["Hold this page", "solid", "true", "false", False]


@pytest.mark.parametrize(
    ("age", "says"),
    [
        (timedelta(0), None),
        (14 * MINUTE, None),
        (16 * MINUTE, "This page has not been renewed since 10:00 (Saturday 14 November)"),
        (timedelta(days=8), "This page has not been renewed since 10:00 (Saturday 14 November)"),
        (-4 * MINUTE, None),
        (-6 * MINUTE, "The clock of this screen is behind that of the monitor"),
    ],
)
def test_a_page_that_nobody_renews_says_so(chromium: Chromium, age: timedelta, says: str | None) -> None:
    def see(page: Page) -> tuple[str, str]:
        if says:
            chromium.shot(page, f"board old {age.days} {age.seconds}")
        return page.inner_text(".news"), page.locator("role=status").inner_text()

    said, heard = look(chromium, rendered(ordinary()), see, NOW + age)
    assert said == heard
    assert said.startswith(says) if says else said == ""


def test_a_page_grows_old_while_it_is_looked_at(chromium: Chromium) -> None:
    def see(page: Page) -> list[str]:
        page.click("button")  # held, so that it is not loaded anew
        young = page.inner_text(".news")
        page.clock.run_for(15 * 60_000)
        return [young, page.inner_text(".news")[:29]]

    assert look(chromium, rendered(ordinary()), see) == ["", "This page has not been renewed"[:29]]


@pytest.mark.parametrize(("held", "loads"), [(False, 1), (True, 0)])
def test_it_loads_itself_anew_after_a_minute_unless_it_is_held(chromium: Chromium, held: bool, loads: int) -> None:
    html = rendered(ordinary())

    def see(page: Page) -> int:
        if held:
            page.click("button")
        page.evaluate("window.before = true")
        page.clock.run_for(50_000)
        assert page.evaluate("window.before"), "too early"
        if held:
            page.clock.run_for(600_000)
        else:
            with page.expect_navigation():
                page.clock.run_for(15_000)
        anew = 0 if page.evaluate("window.before === true") else 1
        page.set_content(html)
        return anew

    assert look(chromium, html, see) == loads


def test_nothing_but_its_own_style_and_script_would_run_or_be_loaded(chromium: Chromium) -> None:
    """The Content-Security-Policy: what escaping would let through stays without effect."""
    planted = rendered(ordinary()).replace(
        "</h1>",
        "</h1><script>document.title='pwned'</script><style>h1{display:none}</style>"
        "<b id=b style='display:none' onclick=\"document.title='pwned'\">x</b>",
        1,
    )

    def see(page: Page) -> list[object]:
        page.click("#b")
        return [page.locator("h1").is_visible(), page.locator("#b").is_visible()]

    assert look(chromium, planted, see) == [True, True]


def test_the_control_without_the_policy_the_planted_script_would_have_run(chromium: Chromium) -> None:
    planted = rendered(ordinary()).replace("Content-Security-Policy", "x", 1)
    planted = planted.replace("</h1>", "</h1><script>document.title='pwned'</script>", 1)
    with pytest.raises(AssertionError, match="pwned"):
        look(chromium, planted, lambda page: page.title())


def test_late_is_said_by_colour_and_word_and_sign(chromium: Chromium) -> None:
    def see(page: Page) -> list[object]:
        late, soon = page.evaluate(COLOURS, ".late .due"), page.evaluate(COLOURS, ".due-soon .due")
        page.emulate_media(forced_colors="active")
        chromium.shot(page, "board forced colours")
        same = {*page.evaluate(COLOURS, ".late .due"), *page.evaluate(COLOURS, "li .due")}
        shown = [page.inner_text(f"li{kind} .long").strip()[0] for kind in (".late", ".due-soon", ".in-time")]
        page.emulate_media(forced_colors="none", media="print")
        chromium.shot(page, "board printed")
        return [late[0] != soon[0], len(same), *shown, page.locator("button").is_visible()]

    assert look(chromium, rendered(ordinary()), see) == [True, 1, "▲", "◆", "●", False]


def test_without_scripts_it_still_renews_itself_and_says_what_it_cannot(chromium: Chromium) -> None:
    html = rendered(ordinary())
    assert '<noscript><meta http-equiv="refresh" content="60"></noscript>' in html
    bare = (
        html.replace("<noscript>", "")
        .replace("</noscript>", "")
        .replace("<script>", "<!--")
        .replace("</script>", "-->")
    )
    bare = bare.replace('<meta http-equiv="refresh" content="60">', "")

    def see(page: Page) -> list[object]:
        return ["cannot tell when it is old" in text(page), page.locator("button").is_visible()]

    assert look(chromium, bare, see) == [True, False]


def test_a_line_below_the_screen_heads_out_of_order_and_a_page_without_landmarks_would_have_been_seen(
    chromium: Chromium,
) -> None:
    html = rendered(ordinary())
    tall = html.replace("<main>", "<main>" + "<section><p>x</p></section>" * 9)
    assert not look(chromium, tall, lambda page: page.evaluate(ALL_IN_VIEW))
    loose = (
        html.replace("<h2>", "<h4>").replace("</h2>", "</h4>").replace("<main>", "<div>").replace("</main>", "</div>")
    )
    faults = look(chromium, loose, lambda page: accessibility_faults(page, a_whole_page=True))
    assert {fault.partition(":")[0] for fault in faults} >= {"heading-order", *WITHOUT_A_PAGE}
