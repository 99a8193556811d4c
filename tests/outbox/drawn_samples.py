"""Sections made by hand, of every shape that a report can draw, as full as they get."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from monitor.core.brief import brief
from monitor.core.report import sections
from monitor.core.report.drawn import Bar, Box, Cell, Column, Look, Map, Piece, Section, Spot, Table, Told, Tone
from monitor.core.report.facts import ReportFacts
from monitor.core.report.figures import Rate
from monitor.core.said import Moment, Text
from monitor.outbox.letters import Letters, Rendered
from tests.outbox.report_samples import BANDS, IN_TIME, LONG, NAMES, TYPICAL_HOURS
from tests.outbox.samples import HOUR, LONDON

MONDAY = datetime(2026, 11, 9, 12, 0, tzinfo=UTC)


def drawn(letters: Letters, facts: ReportFacts, made: Sequence[Section], language: str = "en") -> Rendered:
    """The report of these facts with these sections in the place of its own, but for the first."""
    with pytest.MonkeyPatch.context() as patch:
        first, *_, last = sections.sections(facts)
        makers = tuple(lambda _, one=one: one for one in (first, *made, last))
        patch.setattr(sections, "SECTIONS", makers)
        return letters.render_report(facts, attached="2026-W46.csv", language=language)


def told() -> Section:
    """Sentences, one of them without strong words."""
    return Section(
        title="Worth talking about this week",
        told=(
            Told("Events & rooms missed 6 of 36.", "3 of the 6 had been passed on; the 6 typically waited 46 hours."),
            Told("Saturday after 18:00:", "people who write then typically wait 37 hours."),
            "Passed on 48 times in 13 weeks. These people typically wait 23 hours; without a hand-over it is 3 hours.",
        ),
        joined=True,
    )


def strip(rates: Sequence[tuple[int, int] | None] = IN_TIME) -> Section:
    """A box a week."""
    return Section(
        title="The last 13 weeks",
        note="Percent of people who heard back within 24 hours, by week.",
        strip=tuple(_box(34 + at, kept, at == len(rates) - 1) for at, kept in enumerate(rates)),
        after="▾ and amber: under the target of 90%, in 7 of 13 weeks. Between 160 and 194 messages a week.",
    )


def _box(week: int, kept: tuple[int, int] | None, is_now: bool) -> Box:
    rate = Rate(*(kept or (0, 0)), 90)
    if rate.percent is None:
        few = f"{rate.k} of {rate.n}" if rate.n else "–"
        return Box(str(week), few, "quiet", f"Week {week}: {few}, too few to rate")
    tone: Tone = "missed" if not rate.goal_met else "strong" if is_now else "plain"
    return Box(str(week), str(rate.percent), tone, f"Week {week}: {rate.percent}%")


def week_map(longest: bool = False) -> Section:
    """When people write; `longest`: each cell with as much as it can hold."""
    days = [
        (Moment(MONDAY + timedelta(days=at), LONDON, way)) for way in ("weekday", "short-weekday") for at in range(7)
    ]
    return Section(
        title="When people write, and how long they then wait",
        note="Typical wait by the hour of arrival, last 13 weeks.",
        map=Map(
            ("to 8", *(f"{first}–{end}" for first, end in BANDS[1:-1]), "18 on"),
            tuple(
                (day, tuple(_spot(135 if longest else hours) for hours in row))
                for day, row in zip(days, TYPICAL_HOURS, strict=False)
            ),
            ("to 3 h", "to 8 h", "to 16 h", "to 24 h", "over 24 h"),
            tuple(days[7:]),
        ),
        after="Blank: fewer than 8 messages, too few to say.",
    )


def _spot(hours: int) -> Spot:
    shade = next((at for at, limit in enumerate((0, 3, 8, 16, 24)) if hours <= limit), 5)
    return Spot(brief(hours * HOUR), shade) if hours else Spot(read="too few to say")


def answered_within() -> Section:
    """A bar for each limit, with the target's notch in one."""
    found = (("1 hour", 20), ("4 hours", 49), ("8 hours", 57), ("24 hours", 92), ("48 hours", 95), ("96 hours", 96))
    return Section(
        title="How long people waited",
        note="Share of this week’s messages answered within …",
        bars=Table(
            (Column(""), Column("", span=2)),
            tuple(_bar(words, share, f"{share}%", words == "24 hours") for words, share in found),
        ),
        after="The mark is the target of 90%. People who still wait are counted for as long as they have waited.",
    )


def _bar(words: Text, share: float, figure: str, is_promise: bool = False, tone: Tone = "plain") -> tuple[Cell, ...]:
    strong: Tone = "strong" if is_promise else "plain"
    return (Cell(words, strong), Cell(bar=Bar(share, 90 if is_promise else None, tone)), Cell(figure, strong))


def hands() -> Section:
    """Bars, and a table below them."""
    routes = ((0, 3, 48, 23), (1, 3, 41, 20), (0, 1, 34, 21), (3, 4, 25, 27), (4, 3, 18, 19))
    bars = (_bar("Passed on", 100, "22 hours", tone="quiet"), _bar("Not passed on", 14, "3 hours"))
    columns = Column("From, to"), Column("Times", right=True), Column("Typical wait", right=True)
    return Section(
        title="Where messages change hands",
        note="Last 13 weeks. The person’s clock keeps running the whole time.",
        bars=Table((Column(""), Column("", span=2)), bars),
        table=Table(
            columns,
            tuple(
                (Cell(f"{NAMES[a]} → {NAMES[b]}"), Cell(str(times)), Cell(brief(hours * HOUR), "strong"))
                for a, b, times, hours in routes
            ),
        ),
    )


def held(teams: Sequence[str] = NAMES) -> Section:
    """Where the time went: pieces of a bar a team."""
    shares = ((5, 3, 31), (24, 9, 5), (20, 4, 6), (7, 91, 2), (9, 30, 19), (0, 22, 0))
    columns = Column("Team"), Column("Waits", right=True), Column("In all", span=2)
    return Section(
        title="Where the time went",
        note="The waits that changed hands, by the team that held them.",
        table=Table(columns, tuple(_held(team, shares[at % 6]) for at, team in enumerate(teams))),
        after="The answer lay inside for over a day in 6 of 86 waits.",
    )


def _held(team: str, shares: tuple[int, ...]) -> tuple[Cell, ...]:
    looks: tuple[Look, ...] = get_args(Look)
    pieces = tuple(Piece(share, look) for share, look in zip(shares, looks, strict=True))
    return Cell(team), Cell("38"), Cell(brief(sum(shares) * 9 * HOUR)), Cell(pieces=pieces)


def every_shape(teams: Sequence[str] = NAMES) -> tuple[Section, ...]:
    """One section of each shape."""
    return told(), strip(), answered_within(), week_map(), hands(), held(teams)


def as_full_as_they_get() -> tuple[Section, ...]:
    """Boxes of words, of three figures, and few of them; a map whose every cell is full; names without an end."""
    few = ((7, 8), (5, 5), (0, 1), None, (9, 9), (3, 7), None, (5, 7), (9, 9), (1, 9), (2, 3), (4, 5), (5, 7))
    strips = strip(few), strip(((150, 165), (100, 174))), strip((*IN_TIME[:-1], (100, 100)))
    return (*strips, week_map(longest=True), held(LONG))
