"""FLOOR 1. The sheet for the cross-team meeting in the language of whoever reads it: what its templates draw."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from monitor.core.report import month_drawn as drawn
from monitor.core.report.drawn import Piece, Table
from monitor.core.report.month_headline import counted, headline, lead
from monitor.core.report.month_sheet import MonthFacts
from monitor.core.said import Moment, Text, say
from monitor.outbox.language import Language
from monitor.outbox.report_pages import in_language

LINES_TO_WRITE_ON = 3
_ROOMY, _IN_A_LINE = 14, 80
"""Rows of teams and lines of paths for which a page has room; with more they are closer to each other when printed.
So many letters of a path are in a line."""


@dataclass(frozen=True, slots=True)
class Way:
    """One of the longest waits, in a language."""

    length: str
    number: int
    team: str
    pieces: tuple[Piece, ...]
    path: str
    told: bool


@dataclass(frozen=True, slots=True)
class Part:
    """A table of the sheet, with what stands above and below it."""

    note: str
    table: Table
    after: str = ""


def month_values(facts: MonthFacts, why: Text, attached: str, language: Language) -> Mapping[str, Any]:
    """What the templates get. `why` says why it is sent to them; empty where it is not sent."""
    text, zone = language.text, facts.month.zone
    ways = [_way(row, language) for row in drawn.rows(facts)]
    return {
        "facts": facts,
        "headline": text(headline(facts)),
        "lead": " ".join(map(text, lead(facts))),
        "month": text(Moment(facts.month.start, zone, "month and year")),
        "meeting": text(say("for the cross-team meeting")),
        "title": text(drawn.title(facts)),
        "ways": ways,
        "held": _held(facts, language) if facts.passed_on else None,
        "untold": _untold(facts, language) if facts.passed_on else None,
        "counted": " ".join(map(text, counted(facts))),
        "lines": range(LINES_TO_WRITE_ON),
        "close": len(facts.teams) + sum(1 + len(way.path) // _IN_A_LINE for way in ways) > _ROOMY,
        "why": text(why),
        "attached": attached,
    }


def _way(row: drawn.Row, language: Language) -> Way:
    labelled = zip(row.pieces, row.labels, strict=True)
    pieces = tuple(replace(one, text=drawn.label(map(language.text, texts), one.share)) for one, texts in labelled)
    path = "\N{NO-BREAK SPACE}→ ".join(language.text(step).replace(" ", "\N{NO-BREAK SPACE}") for step in row.words)
    return Way(language.text(row.length), row.number, language.text(row.team), pieces, path, row.told)


def _held(facts: MonthFacts, language: Language) -> Part:
    return Part(language.text(drawn.held_note(facts)), in_language(drawn.held_table(facts), language))


def _untold(facts: MonthFacts, language: Language) -> Part:
    note, after = language.text(drawn.untold_note(facts)), language.text(drawn.untold_more(facts))
    return Part(note, in_language(drawn.untold_table(facts), language), after)
