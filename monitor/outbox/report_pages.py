"""FLOOR 1. The weekly report in the language of whoever reads it: the values that its templates draw."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from monitor.core.report.drawn import Cell, Column, Section, Table, Tile
from monitor.core.report.facts import ReportFacts
from monitor.core.report.headline import headline, lead
from monitor.core.report.sections import sections
from monitor.core.said import say
from monitor.outbox.language import Language


def report_values(facts: ReportFacts, why: str, attached: str, language: Language) -> Mapping[str, Any]:
    """What the templates get. `why` says why it is sent to them, else that they are on the list of the report."""
    week = say("Week %(number)s · %(days)s", number=str(facts.week.number), days=_days(facts, language))
    listed = say("You are on the list for the weekly report of %(organisation)s.", organisation=facts.organisation)
    return {
        "facts": facts,
        "headline": language.text(headline(facts)),
        "lead": " ".join(map(language.text, lead(facts))),
        "cards": _cards([_section(section, language) for section in sections(facts)]),
        "week": language.text(week),
        "why": why or language.text(listed),
        "attached": attached,
    }


def _cards(all_: Sequence[Section]) -> list[list[Section]]:
    """Sections by the card they stand in; those that are joined to nothing stand under the headline."""
    cards: list[list[Section]] = [[]]
    for section in all_:
        if not section.joined:
            cards.append([])
        cards[-1].append(section)
    return cards


def _days(facts: ReportFacts, language: Language) -> str:
    return language.days(facts.week.monday, facts.week.monday + timedelta(days=6))


def _section(section: Section, language: Language) -> Section:
    """The same in a language: text only."""
    text = language.text
    return replace(
        section,
        title=text(section.title),
        note=text(section.note),
        legend=text(section.legend),
        tiles=tuple(_tile(tile, language) for tile in section.tiles),
        table=section.table and _table(section.table, language),
        points=tuple(map(text, section.points)),
        warnings=tuple(map(text, section.warnings)),
        after=text(section.after),
    )


def _tile(tile: Tile, language: Language) -> Tile:
    return replace(
        tile, figure=language.text(tile.figure), label=language.text(tile.label), rest=language.text(tile.rest)
    )


def _table(table: Table, language: Language) -> Table:
    rows = tuple(tuple(_cell(cell, language) for cell in row) for row in table.rows)
    return Table(tuple(_column(column, language) for column in table.columns), rows)


def _cell(cell: Cell, language: Language) -> Cell:
    return replace(cell, text=language.text(cell.text))


def _column(column: Column, language: Language) -> Column:
    before, after = language.text(column.before), language.text(column.after)
    return replace(column, title=language.text(column.title), before=before, after=after)
