"""GROUND. What a reader of the weekly report sees below its headline: SECTIONS of values that one template can draw."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import accumulate
from typing import Literal

from monitor.core.durations import short, words
from monitor.core.invisible import total
from monitor.core.moments import day_and_time, short_day_and_time
from monitor.core.report import Longest, ReportFacts
from monitor.core.week import FEWEST_FOR_PERCENT, Figures, Rate

Tone = Literal["plain", "strong", "quiet", "missed", "waiting"]
"""Missed is amber, waiting is red: only for people who wait. Each is said in words or with a sign too."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One large figure: `8`, `of 16 waiting`, `Past 24 hours right now`."""

    figure: str
    label: str
    rest: str = ""
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of 0…100, with a notch where the target lies."""

    share: float
    notch: float | None = None
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Column:
    """A column's head; `before` and `after` say what a figure is where the heads are not shown (a phone)."""

    title: str
    right: bool = False
    span: int = 1
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a row: text, or a bar, over `span` columns."""

    text: str = ""
    tone: Tone = "plain"
    bar: Bar | None = None
    span: int = 1


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


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the report; whatever is not empty is drawn, in this order.

    `legend` explains what is drawn, so it is left out of the text part; `joined` stays in the card above.
    """

    title: str = ""
    note: str = ""
    legend: str = ""
    tiles: tuple[Tile, ...] = ()
    table: Table | None = None
    points: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    after: str = ""
    joined: bool = False


def sections(facts: ReportFacts) -> list[Section]:
    """All sections that have something to say, in their order."""
    return [section for make in SECTIONS if (section := make(facts)) is not None]


def tiles(facts: ReportFacts) -> Section:
    """The three figures under the headline."""
    all_, promise = facts.overall, facts.promised
    tone: Tone = "waiting" if all_.late else "plain"
    late = Tile(str(all_.late), f"Past {promise} right now", f"of {all_.waiting} waiting", tone)
    return Section(
        joined=True,
        tiles=(
            Tile(_time(all_.median, all_, facts.reply_within, words), "Typical wait"),
            Tile(_time(all_.p90, all_, facts.reply_within, words), "9 in 10 heard back within"),
            late if all_.waiting else Tile("Nobody", "Waiting right now"),
        ),
    )


def each_team(facts: ReportFacts) -> Section | None:
    """A row a team, in the order of the config: teams are never ranked."""
    if not facts.teams:
        return None
    promise, near = facts.promised, facts.promise.short if facts.promise else "target"
    missed, goal = any(f.rate.goal_met is False for _, f in facts.teams), f"{facts.overall.rate.goal:g}%"
    return Section(
        title="Each team",
        note=f"Heard back within {promise}." + (f" ▾ is under the target of {goal}." if missed else ""),
        legend=f"The mark in the bar is the target{'' if missed else f' of {goal}'}.",
        table=Table(
            (
                Column("Team"),
                Column("In time", span=3),
                Column("Typical wait", right=True, before="typically"),
                Column("Waiting now", right=True, after="waiting"),
                Column(f"Past {near}", right=True, after=f"past {near}"),
            ),
            tuple(_team_row(team, figures, facts.reply_within) for team, figures in facts.teams),
        ),
    )


def waiting_longest(facts: ReportFacts) -> Section | None:
    """Who waits longest: team and number, no subject and no name."""
    if not facts.longest:
        return None
    slowest, more = max(one.waited for one in facts.longest), facts.overall.late - len(facts.longest)
    number = Column("Number", right=True, before="number")
    return Section(
        title="Waiting longest",
        note="Still open, oldest first.",
        table=Table(
            (Column("Team"), Column("Arrived"), Column("Waiting", span=2), number),
            tuple(_longest_row(one, facts, slowest) for one in facts.longest),
        ),
        after=f"and {more} more past {facts.promised}." if more > 0 else "",
    )


def how_counted(facts: ReportFacts) -> Section:
    """Five plain sentences, so that nobody has to guess."""
    return Section(
        title="How this is counted",
        points=(
            "A wait begins with the oldest unanswered message from a person and ends with the first reply a colleague "
            "writes to them. Automatic replies never count.",
            f"It belongs to the week in which its {facts.promised.removeprefix('the ')} ran out. What was never "
            "answered is a miss, so nothing is undecided and a past week does not move.",
            f"The clock is the customer’s: {_counted(facts)}, and passing a message on does not restart it.",
            "“Typical” is the middle person: half waited less, half longer. There are no averages, and no names.",
            f"Under {FEWEST_FOR_PERCENT} messages we print “5 of 7” and no percentage. A change from week to week is "
            "named only when it is bigger than chance.",
        ),
    )


def _counted(facts: ReportFacts) -> str:
    """Which hours the promises count. How long people waited is always said in all hours."""
    said = {
        "elapsed": "nights and weekends count",
        "open-days": "only closed days do not count",
        "office-hours": "only opening hours count",
    }
    if len(facts.modes) > 1:
        return "which hours count is for each team to promise"
    (mode,) = facts.modes
    return said[mode] if mode == "elapsed" else f"{said[mode]} towards the target, and waits are told in all hours"


def not_seen(facts: ReportFacts) -> Section | None:
    """Where we were blind."""
    said = facts.unseen
    if facts.history_from is not None:
        back = day_and_time(facts.history_from, facts.week.zone)
        said = (*said, f"Mail has been read back to {back}; what arrived earlier is not in these figures.")
    return Section(title="What we could not see", warnings=said, joined=True) if said else None


def left_out(facts: ReportFacts) -> Section | None:
    """What was left out, and how many: messages that want no reply, waits that ended without one, replies not seen."""
    found = [(what, str(count)) for what, count in (*facts.left_out, *_without_reply(facts)) if count]
    unseen = total(facts.invisible.values())
    if unseen.k:
        found.append(("Replies we could not see, of those that people answered", f"{unseen.k} of {unseen.n}"))
    if not found:
        return None
    rows = tuple((Cell(what), Cell(count)) for what, count in found)
    return Section(title="Left out", table=Table((Column("What"), Column("How many", right=True)), rows), joined=True)


def _without_reply(facts: ReportFacts) -> list[tuple[str, int]]:
    all_, promise = facts.overall, facts.promised
    return [
        ("Closed as “No reply needed”", all_.no_reply_needed),
        (f"– of these only after {promise}", all_.closed_late),
        ("Deleted without a reply", all_.deleted),
        ("Moved to Junk without a reply", all_.spam),
    ]


SECTIONS: tuple[Callable[[ReportFacts], Section | None], ...] = (
    tiles,
    each_team,
    waiting_longest,
    how_counted,
    not_seen,
    left_out,
)
"""The one place for a new section: a function appended here is drawn in the letter, its text part and on a phone."""


def _team_row(team: str, figures: Figures, promise: timedelta) -> tuple[Cell, ...]:
    return (
        Cell(team),
        *_in_time(figures.rate),
        _wait_cell(figures, promise),
        Cell(str(figures.waiting)) if figures.waiting else NOTHING,
        Cell(str(figures.late), "waiting") if figures.late else NOTHING,
    )


def _in_time(rate: Rate) -> tuple[Cell, ...]:
    if rate.n == 0:
        return (Cell("nothing came due", "quiet", span=2), NOTHING)
    counted = Cell(f"{rate.k} of {rate.n}")
    if rate.percent is None:
        return (Cell("too few to rate", "quiet", span=2), counted)
    tone: Tone = "strong" if rate.goal_met else "missed"
    percent = f"{rate.percent}%" if rate.goal_met else f"▾ {rate.percent}%"
    return (Cell(percent, tone), Cell(bar=Bar(100 * rate.k / rate.n, rate.goal, tone)), counted)


def _wait_cell(figures: Figures, promise: timedelta) -> Cell:
    typical = _time(figures.median, figures, promise, short)
    return NOTHING if typical == "–" else Cell(typical)


def _longest_row(one: Longest, facts: ReportFacts, slowest: timedelta) -> tuple[Cell, ...]:
    tone: Tone = "waiting" if one.waited >= facts.reply_within else "strong"
    return (
        Cell(one.team),
        Cell(short_day_and_time(one.opened_at, facts.week.zone, facts.made_at), "quiet"),
        Cell(short(one.waited), tone),
        Cell(bar=Bar(100 * one.waited / slowest if slowest else 0, None, tone)),
        Cell(str(one.number), "quiet"),
    )


def _time(length: timedelta | None, figures: Figures, promise: timedelta, say: Callable[[timedelta], str]) -> str:
    """A quantile in words; "over N h" where the curve does not reach it, or rounding would hide a broken promise."""
    if length is None:
        return f"over {say(figures.longest_known)}" if figures.longest_known else "–"
    return f"over {say(length)}" if length > promise and say(length) == say(promise) else say(length)
