"""FLOOR 1. What the page on the wall says, as values: `templates/board.html` draws them. No names; no subjects unless
asked for."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from monitor.core.promise import Promise
from monitor.core.said import Text
from monitor.outbox.pages import shown_title

State = Literal["late", "perhaps late", "due soon", "in time"]
"""`perhaps late`: past the target, but what we do not see may have answered them."""

MOST_COLUMNS, MOST_RANKS, MOST_OF_ALL = 4, 3, 5
"""More than four teams side by side are hard to read; five only where there would be more than three ranks else."""
ROOM, DOUBTED = 36.28, 2.4
"""What the teams have of a screen of 16:9, and what the sentence about doubts takes of it.

In the page's own unit (rem), of which the screen is 45 high; so are all heights here, as board.css makes them.
"""
_TEAM, _NAME, _LINE, _WIDE_LINE, _UNDER, _BETWEEN = 4.37, 1.7, 3.5, 2.35, 1.15, 0.7
_WARNING, _WIDE_WARNING = 4.5, 2.3
_NAME_FITS = {1: 80, 2: 40, 3: 24, 4: 16, 5: 17}
"""So many letters of a team's name stand in one row, by columns."""
_FEW = 2
"""Up to so many columns are so wide that a line stands in one row."""
_LEAST = 1


@dataclass(frozen=True, slots=True)
class BoardLine:
    """One who waits. `waited` is as of the page, or of the last look where that is old. Moments in UTC.

    `holder`: the team that has it now, where that is not its own; `with_colleague`: somebody in no team has it.
    `decided`: a colleague knows the answer, the customer was not told. `more`: so many more of the same sender have no
    line of their own. `subject` None: not shown.
    """

    number: int
    waited: timedelta
    arrived: datetime
    due: datetime
    state: State
    snoozed_until: datetime | None = None
    holder: str = ""
    with_colleague: bool = False
    decided: bool = False
    missing: bool = False
    low_urgency: bool = False
    more: int = 0
    subject: str | None = None

    @property
    def title(self) -> Text:
        """The subject, with links made dead; empty where none is shown."""
        return "" if self.subject is None else shown_title(self.subject)

    @property
    def marks(self) -> int:
        """How much more is said of it than times and number."""
        said = (self.snoozed_until, self.holder, self.with_colleague, self.decided, self.missing, self.low_urgency)
        return sum(map(bool, (*said, self.more)))


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why what a team's list says may not be so.

    `never read` (no look at `mailbox` was complete yet), `unseen` (it was last seen whole at `since`), `hidden` (too
    many of its replies are never seen), `no replies` (none ever was), `held` (an unusual share became late at once).
    """

    kind: Literal["never read", "unseen", "hidden", "no replies", "held"]
    mailbox: str
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class BoardTeam:
    """Who waits for one team. `lines`: whom to leave out last, first; `most` of them are drawn.

    `seen_up_to`: as_of of the mailbox seen longest ago; None: one was never seen whole.
    """

    name: str
    seen_up_to: datetime | None
    lines: tuple[BoardLine, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    most: int = 0

    @property
    def shown(self) -> tuple[BoardLine, ...]:
        """The lines that are drawn, oldest first."""
        return tuple(sorted(self.lines[: self.most], key=lambda line: (line.arrived, line.number)))

    @property
    def hidden(self) -> int:
        """How many more wait."""
        return sum(1 + line.more for line in self.lines[self.most :])

    @property
    def waiting(self) -> int:
        """How many wait."""
        return sum(1 + line.more for line in self.lines)


@dataclass(frozen=True, slots=True)
class BoardPage:
    """The whole page, as of `now`; made by `fitted`. `every`: how often a screen loads it anew.

    `old_after`: from this age on it says that nobody renews it. `promise` None: different things were promised.
    `soon`: what "due soon" means; None: that differs too.
    """

    organisation: str
    now: datetime
    zone: ZoneInfo
    teams: tuple[BoardTeam, ...]
    old_after: timedelta
    every: timedelta = timedelta(minutes=1)
    promise: Promise | None = None
    soon: timedelta | None = None
    language: str = field(default="en", kw_only=True)

    @property
    def columns(self) -> int:
        """So many teams stand side by side on a wide screen: each keeps its place, whoever waits."""
        return _columns(len(self.teams))

    @property
    def waiting(self) -> int:
        """How many wait in all."""
        return sum(team.waiting for team in self.teams)

    @property
    def longest(self) -> timedelta:
        """How long the longest has waited."""
        return max((line.waited for team in self.teams for line in team.lines), default=timedelta(0))

    @property
    def shows_subjects(self) -> bool:
        """Whether any line has one."""
        return any(line.subject is not None for team in self.teams for line in team.lines)

    @property
    def doubted(self) -> tuple[str, ...]:
        """The teams of whom not everything is known."""
        return tuple(team.name for team in self.teams if team.doubts)

    @property
    def is_blank(self) -> bool:
        """Whether nothing is known yet of anybody."""
        return all(team.seen_up_to is None for team in self.teams) and not self.waiting

    def count(self, state: State) -> int:
        """How many are in this state."""
        return sum(1 + line.more for team in self.teams for line in team.lines if line.state == state)


def fitted(page: BoardPage) -> BoardPage:
    """The page with as many lines of each team as a screen of 16:9 has room for: one more for the shortest in turn.

    Teams side by side share their height. Each team that has lines keeps at least one, however many teams there are.
    """
    across = page.columns
    ranks = [page.teams[n : n + across] for n in range(0, len(page.teams), across)]
    most = [_LEAST] * len(ranks)
    room = ROOM - _BETWEEN * (len(ranks) - 1) - (DOUBTED if page.doubted else 0)
    growing = set(range(len(ranks)))
    while growing:
        shortest = min(growing, key=lambda n: (most[n], n))
        most[shortest] += 1
        heights = (max(_height(team, lines, across) for team in rank) for rank, lines in zip(ranks, most, strict=True))
        if sum(heights) > room:
            most[shortest] -= 1
        elif any(len(team.lines) > most[shortest] for team in ranks[shortest]):
            continue
        growing.remove(shortest)
    drawn = [replace(team, most=lines) for rank, lines in zip(ranks, most, strict=True) for team in rank]
    return replace(page, teams=tuple(drawn))


def _height(team: BoardTeam, lines: int, columns: int) -> float:
    """What a team takes with so many lines; a team alone has them in two columns."""
    wide, shown = columns <= _FEW, team.lines[:lines]
    rows = [_WIDE_LINE if wide else _LINE] * len(shown)
    rows += [_UNDER * _rows_under(line, columns) for line in shown]
    warnings = (_WIDE_WARNING if wide else _WARNING) * len(team.doubts)
    name = _NAME * ((len(team.name) - 1) // _NAME_FITS[columns])
    return _TEAM + name + warnings + sum(rows) / (2 if columns == 1 else 1)


def _rows_under(line: BoardLine, columns: int) -> int:
    """The rows below the first two: marks, two or three in a row where there is room, a subject, times that wrap."""
    beside = 3 if columns <= _FEW else 2 if columns == _FEW + 1 else 1
    due = columns > MOST_COLUMNS or (columns == MOST_COLUMNS and line.state == "perhaps late")
    return -(-line.marks // beside) + (line.subject is not None) + due


def _columns(teams: int) -> int:
    """The fewest ranks of at most MOST_COLUMNS, and of those the most even: 5 and 6 are two ranks of 3."""
    ranks = -(-teams // MOST_COLUMNS)
    if ranks > MOST_RANKS:
        return MOST_OF_ALL
    return -(-teams // ranks) if teams else 1
