"""GROUND. What a section of the weekly report is made of: titles, figures, tables, bars; in no language yet."""

from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Literal

from monitor.core.said import Shown, Text

Tone = Literal["plain", "strong", "quiet", "missed", "waiting"]
"""Missed is amber, waiting is red: only for people who wait. Each is said in words or with a sign too."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One large figure: `8`, `of 16 waiting`, `Past 24 hours right now`."""

    figure: Shown
    label: Text
    rest: Text = ""
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of 0…100, with a notch where the target lies."""

    share: float
    notch: float | None = None
    tone: Tone = "plain"


Look = Literal["desk", "elsewhere", "decided"]
"""What a piece of a bar means: with the first team, with another, or decided and not told yet."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a bar that shows a way: so long a share 0…100 of the longest way, in a look, with a word in it where
    it is long enough."""

    share: float
    look: Look
    text: Shown = ""


@dataclass(frozen=True, slots=True)
class Told:
    """A sentence that opens with strong words: `Events & rooms missed 6 of 36.` `3 of the 6 had been passed on.`"""

    lead: Text
    rest: Text = ""

    def __str__(self) -> str:
        return f"{self.lead} {self.rest}".strip()


@dataclass(frozen=True, slots=True)
class Box:
    """One of a strip of boxes, of which the last is what it is about: what stands above it, in it, and `read` in its
    place where it is only read.

    There is room for three figures: more folds. Missed gets its sign ▾ when it is drawn; quiet says nothing of it.
    """

    head: Text
    text: Shown = ""
    tone: Tone = "plain"
    read: Text = ""


@dataclass(frozen=True, slots=True)
class Spot:
    """A cell of a map: the darker the `shade` (1…5), the longer; 0 is blank. `read`: all of it in words."""

    text: Shown = ""
    shade: int = 0
    read: Text = ""


@dataclass(frozen=True, slots=True)
class Map:
    """Rows of spots under common heads; `shades` says what each shade means, from 1 on. `shorts` stand for the heads
    of the rows on a phone; without any they stay as they are."""

    heads: tuple[Text, ...]
    rows: tuple[tuple[Shown, tuple[Spot, ...]], ...]
    shades: tuple[Text, ...]
    shorts: tuple[Shown, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """A column's head; `before` and `after` say what a figure is where the heads are not shown (a phone)."""

    title: Text
    right: bool = False
    span: int = 1
    before: Text = ""
    after: Text = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a row: text, a bar, or the pieces of one, over `span` columns."""

    text: Shown = ""
    tone: Tone = "plain"
    bar: Bar | None = None
    span: int = 1
    pieces: tuple[Piece, ...] = ()


NOTHING = Cell("–", "quiet")


@dataclass(frozen=True, slots=True)
class Table:
    """`columns` head the cells of each row; a column with a span stands over several of them."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def placed(self, row: tuple[Cell, ...]) -> list[tuple[int, Column, Cell]]:
        """Each cell of a row with the place it begins at and the column that heads it."""
        heads = [column for column in self.columns for _ in range(column.span)]
        ends = list(accumulate(cell.span for cell in row))
        return [(end - cell.span, heads[end - cell.span], cell) for end, cell in zip(ends, row, strict=True)]

    def without_bars(self) -> "Table":
        """The same in figures only."""
        rows = tuple(tuple(replace(cell, bar=None, pieces=()) for cell in row) for row in self.rows)
        return Table(self.columns, rows)


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the report; whatever is not empty is drawn, in this order.

    `legend` explains what is drawn, so it is left out of the text part; `joined` stays in the card above. `bars`: a
    table whose bars are the figures. `points` are counted, `told` are sentences one below the other, set off.
    """

    title: Text = ""
    note: Text = ""
    legend: Text = ""
    tiles: tuple[Tile, ...] = ()
    strip: tuple[Box, ...] = ()
    map: Map | None = None
    bars: Table | None = None
    table: Table | None = None
    points: tuple[Text, ...] = ()
    told: tuple[Told | Text, ...] = ()
    warnings: tuple[Text, ...] = ()
    after: Text = ""
    joined: bool = False
