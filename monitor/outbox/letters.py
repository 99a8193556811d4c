"""FLOOR 1. Renders letters: the only room that knows jinja2 and css_inline. Mail text is a value, never a template."""

import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from css_inline import CSSInliner
from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError
from markupsafe import Markup, escape

from monitor.core.report.facts import ReportFacts
from monitor.core.report.month_sheet import MonthFacts
from monitor.core.said import Said, Text
from monitor.outbox.blind_pages import BlindLine, BlindPage, Trouble, Unseen
from monitor.outbox.board_pages import BoardPage
from monitor.outbox.catalogues import own_catalogue, own_languages, shipped_catalogue
from monitor.outbox.columns import laid_map, laid_strip, laid_table
from monitor.outbox.double_pages import DoublePage, Voice
from monitor.outbox.language import ENGLISH, Language
from monitor.outbox.mime import Attachment, Rendered, compose
from monitor.outbox.month_pages import month_values
from monitor.outbox.pages import News, NoticePage, OpeningPage, ReminderPage, WaitingLine
from monitor.outbox.plain import Laid, breakable, cut, defang, tame, wrap
from monitor.outbox.receipts import ReceiptLine, ReceiptPage
from monitor.outbox.report_pages import report_values

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
_STYLE = re.compile(r"<style>.*?</style>", re.DOTALL)
_STYLE_SPACE = re.compile(r"\s*([{};])\s*|(?<=:)\s+|\s+(?=!)|(?<=,)\s+")
_NOT_SEEN = re.compile(r"</?tbody>|\n(?=</?t[dhr]\b)")
_INLINER = CSSInliner(keep_at_rules=True, load_remote_stylesheets=False, minify_css=True)


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
        self._presses: dict[str, _Press] = {}
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

    def render_report(self, facts: ReportFacts, why: str = "", attached: str = "", language: str = ENGLISH) -> Rendered:
        """The weekly report, its rows without bars where mail programs would cut it. `attached` names its file."""
        press = self._press(language)
        rendered = press.render("report", report_values(facts, why, attached, press.language))
        if len(rendered.html.encode()) > MOST_BYTES:
            return press.render("report", report_values(facts, why, attached, press.language, is_long=True))
        return rendered

    def render_board(self, page: BoardPage) -> str:
        """The page for a screen on the wall, as HTML for a browser: no letter, so its styles stay where they are."""
        return self._press(page.language).page("board", {"page": page})

    def render_month(self, facts: MonthFacts, why: Text = "", attached: str = "", language: str = ENGLISH) -> Rendered:
        """The sheet for the cross-team meeting: one page, to be printed or mailed."""
        press = self._press(language)
        return press.render("month", month_values(facts, why, attached, press.language))

    def _render(self, letter: str, values: Mapping[str, Any], language: str) -> Rendered:
        return self._press(language).render(letter, values)

    def _press(self, code: str) -> "_Press":
        press = self._presses.get(code)
        if press is None:
            catalogue, folders = shipped_catalogue(self._shipped, code), [self._shipped]
            if self._own is not None:
                folders.insert(0, self._own)
                catalogue, _ = own_catalogue(self._own, code, catalogue)
            press = self._presses[code] = _Press(folders, Language(code, catalogue))
        return press

    def _own_faults(self) -> Iterator[str]:
        if self._own is None:
            return
        if not self._own.is_dir():
            yield f"{self._own}: there is no such folder"
        press = self._press(ENGLISH)
        for path in sorted(self._shipped.iterdir()):
            if (self._own / path.name).is_file() and (fault := press.fault_of(path.name)):
                yield f"{self._own / path.name}: {fault}"
        for code in own_languages(self._own):
            yield from own_catalogue(self._own, code, shipped_catalogue(self._shipped, code))[1]


class _Press:
    """The templates in one language: an environment for HTML, and one for what is only text."""

    def __init__(self, folders: list[Path], language: Language) -> None:
        self.language = language
        self._html = _environment(folders, language, autoescape=True)
        self._text = _environment(folders, language, autoescape=False)

    def render(self, letter: str, values: Mapping[str, Any]) -> Rendered:
        """Raises TemplateError."""
        subject = tame(self._text.get_template(f"{letter}.subject.txt").render(values))
        text = self._text.get_template(f"{letter}.txt").render(values)
        html = self._html.get_template(f"{letter}.html").render(values)
        text = _BLANK_LINES.sub("\n\n", text).strip() + "\n"
        # Indentation is a fifth of a long letter, and Gmail cuts at 102 KB; no value holds a line end. The bodies of
        # tables are written by the inliner and may be left out (HTML 13.1.2.4, "optional tags").
        html = _NOT_SEEN.sub("", _LINE_STARTS.sub("\n", _INLINER.inline(html)))
        html = _STYLE.sub(lambda style: _STYLE_SPACE.sub(r"\1", style[0]), html)
        return Rendered(_tagged(subject, getattr(values.get("page"), "tag", "")), text, html)

    def page(self, name: str, values: Mapping[str, Any]) -> str:
        """Only the HTML, as the template has it. Raises TemplateError."""
        return self._html.get_template(f"{name}.html").render(values)

    def fault_of(self, name: str) -> str:
        """Why a template cannot be read; empty where it can."""
        try:
            self._html.get_template(name)
        except (TemplateError, UnicodeDecodeError) as error:
            return _where(error)
        return ""


def _tagged(subject: str, tag: str) -> str:
    """The subject with the tag that a reply is known by, which stays whole."""
    if not tag:
        return cut(subject, LONGEST_SUBJECT)
    end = f" [{tame(tag)}]"
    return cut(subject, LONGEST_SUBJECT - len(end)) + end


def _where(error: Exception) -> str:
    line = getattr(error, "lineno", None)
    return "it is not UTF-8 text" if isinstance(error, ValueError) else f"line {line}: {error}" if line else str(error)


def _environment(folders: list[Path], language: Language, autoescape: bool) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(folders),
        autoescape=autoescape,  # noqa: S701  # off for text parts only, where it would print &amp;
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=partial(_one_line, language),
        extensions=["jinja2.ext.i18n"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.filters.update(_filters(language))
    # Our own callables instead of those that jinja2.ext makes: theirs would not tame what strangers wrote.
    environment.newstyle_gettext = True  # type: ignore[attr-defined]
    environment.globals.update(_gettext(language, Markup if autoescape else str), language=language.code)
    return environment


def _filters(language: Language) -> dict[str, Callable[..., Any]]:
    return {
        "at": language.at,
        "breakable": lambda text: escape(breakable(tame(text))),
        "brief": language.brief,
        "clock": language.clock,
        "columns": laid_table,
        "columns_of_boxes": laid_strip,
        "columns_of_map": laid_map,
        "csp_hash": _csp_hash,
        "day": language.day,
        "day_and_time": language.day_and_time,
        "defang": lambda value: defang(language.text(value)),
        "listed": language.listed,
        "named": language.text,
        "on": language.on,
        "promise": language.promise,
        "promise_of": language.promise_of,
        "since": language.since,
        "waited": language.waited,
        "words": language.words,
        "wrap": lambda value, indent="", first=None: wrap(language.text(value), indent, first),
    }


def _csp_hash(text: str) -> str:
    """What a Content-Security-Policy calls exactly this script or style by (CSP Level 3 §2.3.1, hash-source)."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _gettext(language: Language, kind: type[str]) -> dict[str, Callable[..., str]]:
    """What `{% trans %}` calls. A translation is ours, as a template is; values are escaped where `kind` does that."""

    def gettext(message: str, /, **values: Any) -> str:
        return language.gettext(message, values, kind)

    def ngettext(one: str, many: str, count: int, /, **values: Any) -> str:
        return language.ngettext(one, many, count, values, kind)

    return {"gettext": gettext, "ngettext": ngettext}


def _one_line(language: Language, value: object) -> object:
    """Whatever a template prints is on one line and harmless, unless we laid it out ourselves."""
    if isinstance(value, Said):
        return tame(language.text(value))
    if isinstance(value, str) and not isinstance(value, Laid) and not hasattr(value, "__html__"):
        return tame(value)
    return value
