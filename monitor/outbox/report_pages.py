"""FLOOR 1. The weekly report in the language of whoever reads it: the values that its templates draw."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from monitor.core.report.drawn import Box, Column, Map, Section, Spot, Table, Tile, Told
from monitor.core.report.facts import ReportFacts
from monitor.core.report.headline import headline, lead
from monitor.core.report.sections import sections
from monitor.core.said import Text, say
from monitor.outbox.language import Language


def report_values(
    facts: ReportFacts, why: str, attached: str, language: Language, is_long: bool = False
) -> Mapping[str, Any]:
    """What the templates get. `why` says why it is sent to them, else that they are on the list of the report.

    `is_long`: of very many teams, so that rows have figures and no bars.
    """
    week = say("Week %(number)s · %(days)s", number=str(facts.week.number), days=_days(facts, language))
    listed = say("You are on the list for the weekly report of %(organisation)s.", organisation=facts.organisation)
    return {
        "facts": facts,
        "headline": language.text(headline(facts)),
        "lead": " ".join(map(language.text, lead(facts))),
        "cards": _cards([_section(_short(one) if is_long else one, language) for one in sections(facts)]),
        "week": language.text(week),
        "why": why or language.text(listed),
        "attached": attached,
    }


def _short(section: Section) -> Section:
    return replace(section, table=section.table and section.table.without_bars())


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
        strip=tuple(_box(box, language) for box in section.strip),
        map=section.map and _map(section.map, language),
        bars=section.bars and in_language(section.bars, language),
        table=section.table and in_language(section.table, language),
        points=tuple(map(text, section.points)),
        told=tuple(_told(one, language) for one in section.told),
        warnings=tuple(map(text, section.warnings)),
        after=text(section.after),
    )


def _tile(tile: Tile, language: Language) -> Tile:
    return replace(
        tile, figure=language.text(tile.figure), label=language.text(tile.label), rest=language.text(tile.rest)
    )


def _box(box: Box, language: Language) -> Box:
    return replace(box, head=language.text(box.head), text=language.text(box.text), read=language.text(box.read))


def _map(map_: Map, language: Language) -> Map:
    """Its rows have short heads then, be they the same."""
    text, heads = language.text, [head for head, _ in map_.rows]
    return Map(
        heads=tuple(map(text, map_.heads)),
        rows=tuple((text(head), tuple(_spot(spot, language) for spot in spots)) for head, spots in map_.rows),
        shades=tuple(map(text, map_.shades)),
        shorts=tuple(map(text, map_.shorts or heads)),
    )


def _spot(spot: Spot, language: Language) -> Spot:
    return replace(spot, text=language.text(spot.text), read=language.text(spot.read))


def _told(one: Told | Text, language: Language) -> Told:
    """Without strong words it is all rest."""
    if isinstance(one, Told):
        return Told(language.text(one.lead), language.text(one.rest))
    return Told("", language.text(one))


def in_language(table: Table, language: Language) -> Table:
    """A table whose texts are those of the language."""
    rows = tuple(tuple(replace(cell, text=language.text(cell.text)) for cell in row) for row in table.rows)
    return Table(tuple(_column(column, language) for column in table.columns), rows)


def _column(column: Column, language: Language) -> Column:
    before, after = language.text(column.before), language.text(column.after)
    return replace(column, title=language.text(column.title), before=before, after=after)
