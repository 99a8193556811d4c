"""FLOOR 1. The letters there are, and what each is made of. press.py draws them, from the first one on."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monitor.core.said import Text
from monitor.outbox.blind_pages import BlindLine, BlindPage, Trouble, Unseen
from monitor.outbox.board_pages import BoardPage
from monitor.outbox.double_pages import DoublePage, Voice
from monitor.outbox.mime import Attachment, Rendered, compose
from monitor.outbox.pages import News, NoticePage, OpeningPage, ReminderPage, WaitingLine
from monitor.outbox.receipts import ReceiptLine, ReceiptPage

if TYPE_CHECKING:
    from monitor.core.report.facts import ReportFacts
    from monitor.core.report.month_sheet import MonthFacts
    from monitor.outbox.press import Press

__all__ = [
    "Attachment",
    "BlindLine",
    "BlindPage",
    "DoublePage",
    "Letters",
    "News",
    "NoticePage",
    "OpeningPage",
    "ReceiptLine",
    "ReceiptPage",
    "ReminderPage",
    "Rendered",
    "Trouble",
    "Unseen",
    "Voice",
    "WaitingLine",
    "compose",
]

MOST_BYTES = 90_000
"""Gmail cuts a letter at about 102 KB; the encoding on the way adds to it."""
_ENGLISH = "en"
_PACKAGE = Path(__file__).resolve().parent.parent


def shipped_templates() -> Path:
    """The letters that came with the program: inside the package, or beside it in an editable install."""
    inside = _PACKAGE / "templates"
    return inside if inside.is_dir() else _PACKAGE.parent / "templates"


class Letters:
    """The letters in every language. Three files a letter; an operator's own folder comes before the shipped one.

    `faults`: what is wrong with the operator's own files, a line each. A template that is wrong stops the letters that
    need it, and no others; for a message of a catalogue the shipped one stands in.
    """

    def __init__(self, templates_dir: Path | None = None) -> None:
        self._own, self._shipped = templates_dir, shipped_templates()
        self._presses: dict[str, Press] = {}
        self.faults = tuple(self._own_faults())

    def render_reminder(self, page: ReminderPage) -> Rendered:
        """Who is waiting to hear from you; shortened until it is one that mail programs do not cut."""
        rendered = self._render("reminder", {"page": page}, page.language)
        while len(rendered.html.encode()) > MOST_BYTES and page.most > 1:
            page = page.shorter()
            rendered = self._render("reminder", {"page": page}, page.language)
        return rendered

    def render_opening(self, page: OpeningPage) -> Rendered:
        """What was late already when the monitor first looked."""
        return self._render("opening", {"page": page}, page.language)

    def render_receipt(self, page: ReceiptPage) -> Rendered:
        """What came of a command by mail."""
        return self._render("receipt", {"page": page}, page.language)

    def render_blind(self, page: BlindPage) -> Rendered:
        """Who waited when a mailbox was last seen, a day ago or longer."""
        return self._render("blind", {"page": page}, page.language)

    def render_double(self, page: DoublePage) -> Rendered:
        """Two of us answered the same person."""
        return self._render("double", {"page": page}, page.language)

    def render_notice(self, page: NoticePage) -> Rendered:
        """A calm word to the operator about the monitor itself."""
        return self._render("notice", {"page": page}, page.language)

    def render_report(
        self, facts: "ReportFacts", why: str = "", attached: str = "", language: str = _ENGLISH
    ) -> Rendered:
        """The weekly report, its rows without bars where mail programs would cut it. `attached` names its file."""
        press = self._press(language)
        rendered = press.report(facts, why, attached)
        return (
            rendered if len(rendered.html.encode()) <= MOST_BYTES else press.report(facts, why, attached, is_long=True)
        )

    def render_board(self, page: BoardPage) -> str:
        """The page for a screen on the wall, as HTML for a browser: no letter, so its styles stay where they are."""
        return self._press(page.language).page("board", {"page": page})

    def render_month(
        self, facts: "MonthFacts", why: Text = "", attached: str = "", language: str = _ENGLISH
    ) -> Rendered:
        """The sheet for the cross-team meeting: one page, to be printed or mailed."""
        return self._press(language).month(facts, why, attached)

    def _render(self, letter: str, values: Mapping[str, Any], language: str) -> Rendered:
        return self._press(language).render(letter, values)

    def _press(self, code: str) -> "Press":
        press = self._presses.get(code)
        if press is None:
            # Not before the first letter: a first look needs the 6 MB for itself until then, and leaves them to it.
            from monitor.outbox.press import press_of

            press = self._presses[code] = press_of(code, self._shipped, self._own)
        return press

    def _own_faults(self) -> Iterator[str]:
        if self._own is None:
            return
        if not self._own.is_dir():
            yield f"{self._own}: there is no such folder"
        from monitor.outbox.press import faults_of  # only where there are templates of one's own to be read

        yield from faults_of(self._press(_ENGLISH), self._shipped, self._own)
