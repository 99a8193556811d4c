"""The table: one line for each thing that is measured, the product beside the target and beside simple rules."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

MISSES_SHOWN = 10
COLUMNS = ("", "of", "ours", "target", "", "RFC 3834", "daemon", "either", "headers alone")
BASELINES = COLUMNS[5:]


class Share(NamedTuple):
    """`k` of `n`."""

    k: int
    n: int

    @property
    def value(self) -> float:
        """Between 0 and 1; of nothing, 0."""
        return self.k / self.n if self.n else 0.0

    def __str__(self) -> str:
        return f"{self.value:.2%} ({self.k:,})" if self.n else "–"


class Target(NamedTuple):
    """What was promised, in words and as a test of the value."""

    words: str
    kept: Callable[[float], bool]


def at_least(least: float, form: str = "{:.0%}") -> Target:
    """A value that must not be smaller."""
    return Target(f"≥ {form.format(least)}", lambda value: value >= least)


def at_most(most: float, form: str = "{:.0%}") -> Target:
    """A value that must not be greater."""
    return Target(f"≤ {form.format(most)}", lambda value: value <= most)


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. `figure`: a Share, or a number between 0 and 1; `misses`: each a line of what went wrong."""

    name: str
    figure: Share | float
    of: int
    target: Target | None = None
    baselines: Mapping[str, Share | float] = field(default_factory=dict)
    misses: tuple[str, ...] = ()

    @property
    def value(self) -> float:
        """The figure as a number."""
        return self.figure.value if isinstance(self.figure, Share) else self.figure

    @property
    def kept(self) -> bool | None:
        """Whether the target is kept; None without one."""
        return self.target.kept(self.value) if self.target else None


@dataclass(frozen=True, slots=True)
class Section:
    """Rows that belong together, under a title, and what must be known to read them."""

    title: str
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()


def table(sections: Iterable[Section]) -> str:
    """All sections as one Markdown table, columns aligned, and the notes below it."""
    sections = tuple(sections)
    lines: list[tuple[str, ...]] = [COLUMNS]
    for section in sections:
        lines.append((f"**{section.title}**", *[""] * (len(COLUMNS) - 1)))
        lines += [_cells(row) for row in section.rows]
    widths = [max(len(line[at]) for line in lines) for at in range(len(COLUMNS))]
    printed = ["| " + " | ".join(map(str.ljust, line, widths)) + " |" for line in lines]
    printed.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    notes = [f"- {section.title}: {note}" for section in sections for note in section.notes]
    return "\n".join([*printed, "", *notes])


def misses(sections: Iterable[Section]) -> str:
    """What went wrong, at most ten a row."""
    lines = []
    for section in sections:
        for row in (row for row in section.rows if row.misses):
            lines += ["", f"{section.title}, {row.name}: {len(row.misses)} went wrong"]
            lines += [f"  {miss}" for miss in row.misses[:MISSES_SHOWN]]
    return "\n".join(lines)


def _cells(row: Row) -> tuple[str, ...]:
    sign = {True: "✓", False: "✗", None: ""}[row.kept]
    others = [_shown(row.baselines[name]) if name in row.baselines else "" for name in BASELINES]
    return (row.name, f"{row.of:,}", _shown(row.figure), row.target.words if row.target else "", sign, *others)


def _shown(figure: Share | float) -> str:
    return str(figure) if isinstance(figure, Share) else f"{figure:.4f}"
