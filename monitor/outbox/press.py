"""FLOOR 1. Renders templates: the only module that knows jinja2 and css_inline. Mail text is a value, never a template.

letters.py imports it when the first letter is drawn: it brings 6 MB, which a first look needs for itself until then.
"""

import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from css_inline import CSSInliner
from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError
from markupsafe import Markup, escape

from monitor.core.said import Said, Text
from monitor.outbox.catalogues import own_catalogue, own_languages, shipped_catalogue
from monitor.outbox.columns import laid_map, laid_strip, laid_table
from monitor.outbox.language import Language
from monitor.outbox.mime import Rendered
from monitor.outbox.plain import Laid, breakable, cut, defang, tame, wrap

if TYPE_CHECKING:
    from monitor.core.report.facts import ReportFacts
    from monitor.core.report.month_sheet import MonthFacts

LONGEST_SUBJECT = 180
_BLANK_LINES = re.compile(r"\n{3,}")
_LINE_STARTS = re.compile(r"\n\s*")
_STYLE = re.compile(r"<style>.*?</style>", re.DOTALL)
_STYLE_SPACE = re.compile(r"\s*([{};])\s*|(?<=:)\s+|\s+(?=!)|(?<=,)\s+")
_NOT_SEEN = re.compile(r"</?tbody>|\n(?=</?t[dhr]\b)")
_INLINER = CSSInliner(keep_at_rules=True, load_remote_stylesheets=False, minify_css=True)


class Press:
    """The templates in one language: an environment for HTML, and one for what is only text."""

    def __init__(self, folders: Sequence[Path], language: Language) -> None:
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

    def report(self, facts: "ReportFacts", why: str, attached: str, is_long: bool = False) -> Rendered:
        """The weekly report; one that is too long for mail programs without its bars. Raises TemplateError."""
        from monitor.outbox.report_pages import report_values  # not above: a reminder does without it

        return self.render("report", report_values(facts, why, attached, self.language, is_long=is_long))

    def month(self, facts: "MonthFacts", why: Text, attached: str) -> Rendered:
        """The sheet for the cross-team meeting. Raises TemplateError."""
        from monitor.outbox.month_pages import month_values  # the same

        return self.render("month", month_values(facts, why, attached, self.language))

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


def press_of(code: str, shipped: Path, own: Path | None) -> Press:
    """For one language (ISO 639-1): an operator's own templates and messages, if any, before the shipped ones."""
    catalogue = shipped_catalogue(shipped, code)
    if own is None:
        return Press([shipped], Language(code, catalogue))
    return Press([own, shipped], Language(code, own_catalogue(own, code, catalogue)[0]))


def faults_of(press: Press, shipped: Path, own: Path) -> Iterator[str]:
    """What is wrong with an operator's own files, a line each; `press` is one that has them."""
    for path in sorted(shipped.iterdir()):
        if (own / path.name).is_file() and (fault := press.fault_of(path.name)):
            yield f"{own / path.name}: {fault}"
    for code in own_languages(own):
        yield from own_catalogue(own, code, shipped_catalogue(shipped, code))[1]


def _tagged(subject: str, tag: str) -> str:
    """The subject with the tag that a reply is known by, which stays whole."""
    if not tag:
        return cut(subject, LONGEST_SUBJECT)
    end = f" [{tame(tag)}]"
    return cut(subject, LONGEST_SUBJECT - len(end)) + end


def _where(error: Exception) -> str:
    line = getattr(error, "lineno", None)
    return "it is not UTF-8 text" if isinstance(error, ValueError) else f"line {line}: {error}" if line else str(error)


def _environment(folders: Sequence[Path], language: Language, autoescape: bool) -> Environment:
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
