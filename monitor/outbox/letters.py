"""FLOOR 1. Renders letters: the only room that knows jinja2 and css_inline. Mail text is a value, never a template."""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from css_inline import CSSInliner
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from monitor.core import headline, sections
from monitor.core.durations import words
from monitor.core.moments import clock, day_and_time, days
from monitor.core.report import ReportFacts
from monitor.outbox.blind_pages import BlindLine, BlindPage, Trouble, Unseen
from monitor.outbox.columns import laid_table
from monitor.outbox.double_pages import DoublePage, Voice
from monitor.outbox.mime import Attachment, Rendered, compose
from monitor.outbox.pages import News, NoticePage, OpeningPage, ReminderPage, WaitingLine, due_words
from monitor.outbox.plain import Laid, cut, defang, tame, wrap
from monitor.outbox.receipts import ReceiptLine, ReceiptPage

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

LONGEST_SUBJECT = 180
MOST_BYTES = 90_000
"""Gmail cuts a letter at about 102 KB; the encoding on the way adds to it."""
_PACKAGE = Path(__file__).resolve().parent.parent
_BLANK_LINES = re.compile(r"\n{3,}")
_LINE_STARTS = re.compile(r"\n\s*")


def shipped_templates() -> Path:
    """The letters that came with the program: inside the package, or beside it in an editable install."""
    inside = _PACKAGE / "templates"
    return inside if inside.is_dir() else _PACKAGE.parent / "templates"


class Letters:
    """The environments, made once. Three files a letter; an operator's own folder comes before the shipped one."""

    def __init__(self, templates_dir: Path | None = None) -> None:
        folders = [folder for folder in (templates_dir, shipped_templates()) if folder is not None]
        self._html = _environment(folders, autoescape=True)
        self._text = _environment(folders, autoescape=False)
        self._inliner = CSSInliner(keep_at_rules=True, load_remote_stylesheets=False, minify_css=True)

    def render_reminder(self, page: ReminderPage) -> Rendered:
        """Who is waiting to hear from you; shortened until it is one that mail programs do not cut."""
        rendered = self._render("reminder", {"page": page})
        while len(rendered.html.encode()) > MOST_BYTES and page.most > 1:
            page = page.shorter()
            rendered = self._render("reminder", {"page": page})
        return rendered

    def render_opening(self, page: OpeningPage) -> Rendered:
        """What was late already when the monitor first looked."""
        return self._render("opening", {"page": page})

    def render_receipt(self, page: ReceiptPage) -> Rendered:
        """What came of a command by mail."""
        return self._render("receipt", {"page": page})

    def render_blind(self, page: BlindPage) -> Rendered:
        """Who waited when a mailbox was last seen, a day ago or longer."""
        return self._render("blind", {"page": page})

    def render_double(self, page: DoublePage) -> Rendered:
        """Two of us answered the same person."""
        return self._render("double", {"page": page})

    def render_notice(self, page: NoticePage) -> Rendered:
        """A calm word to the operator about the monitor itself."""
        return self._render("notice", {"page": page})

    def render_report(self, facts: ReportFacts, why: str = "", attached: str = "") -> Rendered:
        """The weekly report. `attached` names the file that goes with it."""
        values = {
            "facts": facts,
            "headline": headline.headline(facts),
            "lead": headline.lead(facts),
            "cards": _cards(sections.sections(facts)),
            "week": f"Week {facts.week.number} · {_days(facts)}",
            "why": why or f"You are on the list for the weekly report of {facts.organisation}.",
            "attached": attached,
        }
        return self._render("report", values)

    def _render(self, letter: str, values: Mapping[str, Any]) -> Rendered:
        subject = tame(self._text.get_template(f"{letter}.subject.txt").render(values))
        text = self._text.get_template(f"{letter}.txt").render(values)
        html = self._html.get_template(f"{letter}.html").render(values)
        text = _BLANK_LINES.sub("\n\n", text).strip() + "\n"
        return Rendered(_tagged(subject, getattr(values.get("page"), "tag", "")), text, self._inline(html))

    def _inline(self, html: str) -> str:
        # Indentation is a fifth of a long letter, and Gmail cuts at 102 KB; no value holds a line end.
        return _LINE_STARTS.sub("\n", self._inliner.inline(html))


def _tagged(subject: str, tag: str) -> str:
    """The subject with the tag that a reply is known by, which stays whole."""
    if not tag:
        return cut(subject, LONGEST_SUBJECT)
    end = f" [{tag}]"
    return cut(subject, LONGEST_SUBJECT - len(end)) + end


def _environment(folders: list[Path], autoescape: bool) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(folders),
        autoescape=autoescape,  # noqa: S701  # off for text parts only, where it would print &amp;
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_one_line,
    )
    filters: dict[str, Callable[..., Any]] = {
        "clock": clock,
        "day_and_time": day_and_time,
        "defang": defang,
        "due": due_words,
        "words": words,
        "wrap": wrap,
        "columns": laid_table,
    }
    environment.filters.update(filters)
    return environment


def _one_line(value: object) -> object:
    """Whatever a template prints is on one line and harmless, unless we laid it out ourselves."""
    if isinstance(value, str) and not isinstance(value, Laid) and not hasattr(value, "__html__"):
        return tame(value)
    return value


def _cards(all_: list[sections.Section]) -> list[list[sections.Section]]:
    """Sections by the card they stand in; those that are joined to nothing stand under the headline."""
    cards: list[list[sections.Section]] = [[]]
    for section in all_:
        if not section.joined:
            cards.append([])
        cards[-1].append(section)
    return cards


def _days(facts: ReportFacts) -> str:
    return days(facts.week.monday, facts.week.monday + timedelta(days=6))
