"""A headless Chromium to look at letters with: it loads nothing, and says what it was asked for."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from pathlib import Path
from typing import Any, Self, TypeVar

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

Seen = TypeVar("Seen")
SECONDS = 180.0
"""A busy machine is no failure."""
FONTS = Path(__file__).with_name("fonts.conf")
"""Liberation Sans first: a layout is as wide as its font, and machines differ in theirs."""
WITHOUT_A_PAGE = ("region", "landmark-one-main")
"""Rules of axe-core about the page around a letter: the program that shows the mail has the landmarks."""
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


class Chromium:
    """Runs in a thread of its own: Playwright leaves an event loop running in the one that it was started in."""

    def __init__(self, program: str, shots: Path) -> None:
        self.shots = shots
        self._program = program
        self._thread = ThreadPoolExecutor(1, "chromium")
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None

    def __enter__(self) -> Self:
        self._thread.submit(self._open).result(SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.submit(self._close).result(SECONDS)
        self._thread.shutdown()

    def look(self, html: str, see: Callable[[Page], Seen]) -> Seen:
        """What `see` finds on a fresh page with this letter. Fails where the letter asks for anything or runs."""
        return self._thread.submit(self._look, html, see).result(SECONDS)

    def shot(self, page: Page, name: str) -> None:
        """Keep a picture of the whole page."""
        page.screenshot(path=self.shots / f"{name.replace(' ', '-')}.png", full_page=True)

    def _look(self, html: str, see: Callable[[Page], Seen]) -> Seen:
        assert self._browser is not None
        with self._browser.new_context() as context, context.new_page() as page:
            page.set_default_timeout(SECONDS * 1000)
            asked: list[str] = []
            context.route("**/*", lambda route: route.abort())
            page.on("request", lambda request: asked.append(request.url))
            page.on("dialog", lambda dialog: asked.append(f"dialog: {dialog.message}"))
            page.on("pageerror", lambda error: asked.append(f"script: {error}"))
            page.set_content(html)
            seen = see(page)
            assert asked == [], asked
            assert page.title() == _title(html), page.title()
            return seen

    def _open(self) -> None:
        # As root, in a container, Chromium has no sandbox to go into.
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        self._playwright = sync_playwright().start()
        self._browser = self._playwright.chromium.launch(
            executable_path=self._program, args=arguments, env={**os.environ, "FONTCONFIG_FILE": str(FONTS)}
        )

    def _close(self) -> None:
        if self._browser is not None:
            self._browser.close()
        if self._playwright is not None:
            self._playwright.stop()


def _title(html: str) -> str:
    return unescape(html.partition("<title>")[2].partition("</title>")[0]).strip()


def accessibility_faults(page: Page, a_whole_page: bool = False) -> list[str]:
    """What axe-core finds, and the contrast that it could not make out; `a_whole_page`: it is no letter."""
    rules: dict[str, Any] = {} if a_whole_page else {rule: {"enabled": False} for rule in WITHOUT_A_PAGE}
    rules["target-size"] = {"enabled": True}
    options = {"runOnly": {"type": "tag", "values": TAGS}, "rules": rules, "resultTypes": ["violations", "incomplete"]}
    response = Axe().run(page, options=options).response
    unclear = [one for one in response["incomplete"] if one["id"] == "color-contrast"]
    found = [(one["id"], node) for one in response["violations"] + unclear for node in one["nodes"]]
    return [f"{rule}: {node['html'][:200]}" for rule, node in found if not _is_one_letter(node)]


def _is_one_letter(node: dict[str, Any]) -> bool:
    """Whether axe-core would not judge a contrast as the text is a lone sign or figure: longer ones have its colour."""
    keys = {(check.get("data") or {}).get("messageKey") for check in node["any"]}
    return bool(keys & {"shortTextContent", "nonBmp"})
