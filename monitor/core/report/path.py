"""GROUND. Where the time went: a wait as the stretches in which each team held the ball (rules.md §1, "handoff").

The clock never restarts: the stretches of a wait fill it from its opening to its end, or to where it is known. What has
no length has no stretches and is in no total: closed or excused waits wanted no reply, and of those answered at an
unknown time nobody can say who held them how long.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from monitor.core.house import A_COLLEAGUE
from monitor.core.report.figures import WaitFacts
from monitor.core.report.spread import FEWEST_IN_A_CELL
from monitor.core.report.survival import reached
from monitor.core.wait import Handoff

NO_TIME, A_DAY = timedelta(0), timedelta(days=1)

Held = Literal["desk", "elsewhere", "decided"]
"""With the wait's own team; with another one; decided inside, and the customer not told yet."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `since` up to `until` (UTC) `team` held the ball."""

    team: str
    since: datetime
    until: datetime
    held: Held = "desk"

    @property
    def length(self) -> timedelta:
        """How long it lasted."""
        return self.until - self.since


@dataclass(frozen=True, slots=True)
class TeamHeld:
    """What one team held of the waits that came to it: how many of them, and how long in all.

    `desk`: as their first desk. `elsewhere`: passed to it. `decided`: it knew the answer, and the customer did not.
    """

    team: str
    waits: int
    desk: timedelta
    elsewhere: timedelta
    decided: timedelta


@dataclass(frozen=True, slots=True)
class Untold:
    """A wait in which the answer lay inside: known at `team`, and for so long the customer was not told.

    `told`: whether they are by now.
    """

    number: int
    team: str
    length: timedelta
    told: bool


@dataclass(frozen=True, slots=True)
class Route:
    """How often so many `waits` went from one team to another, and how long those typically took: the whole wait.

    `typical` as in Group. `longer`: so many of them are known to have taken longer than what was not passed on
    typically does, by which cost is told from chance.
    """

    from_team: str
    to_team: str
    times: int
    typical: timedelta | None
    longest_known: timedelta
    waits: int = 0
    longer: int = 0

    @property
    def is_blank(self) -> bool:
        """Whether they are too few to say what is typical."""
        return self.waits < FEWEST_IN_A_CELL


@dataclass(frozen=True, slots=True)
class Group:
    """So many waits, and how long they typically took, elapsed, by the product-limit estimate.

    `typical` None: the curve does not reach the middle, as too many still wait; then it is over `longest_known`.
    """

    n: int
    typical: timedelta | None
    longest_known: timedelta

    @property
    def is_blank(self) -> bool:
        """Whether they are too few to say what is typical."""
        return self.n < FEWEST_IN_A_CELL


@dataclass(frozen=True, slots=True)
class ChangedHands:
    """What of some weeks' waits changed hands, and what it cost.

    `routes`: the most frequent first. `teams`: in the order of the config, those it does not know last. `untold`:
    longest first.
    """

    weeks: int
    passed_on: Group
    kept: Group
    routes: tuple[Route, ...] = ()
    teams: tuple[TeamHeld, ...] = ()
    untold: tuple[Untold, ...] = ()

    @property
    def over_a_day(self) -> int:
        """Of `untold`: in how many the answer lay inside for longer than a day."""
        return sum(one.length > A_DAY for one in self.untold)

    @property
    def still_waiting(self) -> int:
        """Of `untold`: in how many the customer does not know yet."""
        return sum(not one.told for one in self.untold)


class Kept(NamedTuple):
    """A wait that no handoff is known of: how long it was, elapsed, and whether it `ended` or is known only so far."""

    team: str
    opened_at: datetime
    length: timedelta
    ended: bool


def stretches(team: str, opened_at: datetime, until: datetime, handoffs: Iterable[Handoff]) -> tuple[Stretch, ...]:
    """Who held a wait of `team` from its opening up to `until`: no gap, no overlap, oldest first.

    A handoff stamped before the opening, or before the one it follows, counts from there on; one stamped at the end or
    after it never counts. What a colleague told the desk was the answer if nobody was asked again: it is decided from
    then on, until the customer is told. Else the question had come back, and the desk held it.
    """
    moves = [h for h in handoffs if h.at < until]
    asked = max((n for n, h in enumerate(moves) if not h.decided and h.to_team != team), default=-1)
    known = next((n for n, h in enumerate(moves) if n > asked and h.decided), len(moves))
    steps: list[tuple[datetime, str, Held]] = [(opened_at, team, "desk")]
    for n, move in enumerate(moves):
        held: Held = "decided" if n >= known else "desk" if move.to_team == team else "elsewhere"
        steps.append((max(move.at, steps[-1][0]), move.to_team, held))
    ends = [*(since for since, _, _ in steps[1:]), until]
    return _joined(Stretch(who, since, end, held) for (since, who, held), end in zip(steps, ends, strict=True))


def path(wait: WaitFacts) -> tuple[Stretch, ...]:
    """The stretches of a wait up to where it is known; none where its length is not."""
    until = _until(wait)
    return () if until is None else stretches(wait.team, wait.opened_at, until, wait.handoffs)


def passed_on(wait: WaitFacts) -> list[tuple[str, str]]:
    """From which team to which a wait was passed on, in order; not what only told or gave it back to its own team.

    Who writes from an address of no team is taken for one of those who had the ball. To remind who has it passes
    nothing on.
    """
    until, holder = _until(wait), wait.team
    found: list[tuple[str, str]] = []
    for move in wait.handoffs:
        if until is None or move.at >= until:
            continue
        if not move.decided and move.to_team not in (holder, wait.team):
            nobody = move.from_team in (A_COLLEAGUE, move.to_team)
            found.append((holder if nobody else move.from_team, move.to_team))
        holder = move.to_team
    return found


def routes(waits: Iterable[WaitFacts], usual: timedelta | None = None) -> tuple[Route, ...]:
    """Between which teams they went, the most frequent first. `usual`: what is typical without a hand-over."""
    times: dict[tuple[str, str], int] = defaultdict(int)
    taking: dict[tuple[str, str], list[Kept]] = defaultdict(list)
    for wait in waits:
        ways = passed_on(wait)
        for way in ways:
            times[way] += 1
        for way in dict.fromkeys(ways):
            taking[way].extend(_lengths([wait]))
    made = [_route(way, times[way], found, usual) for way, found in taking.items()]
    return tuple(sorted(made, key=lambda r: (-r.times, r.from_team, r.to_team)))


def _route(way: tuple[str, str], times: int, waits: Sequence[Kept], usual: timedelta | None) -> Route:
    group = _group(waits)
    longer = sum(one.length > usual for one in waits) if usual is not None else 0
    return Route(*way, times, group.typical, group.longest_known, group.n, longer)


def team_totals(waits: Iterable[WaitFacts], kept: Iterable[Kept], teams: Sequence[str]) -> tuple[TeamHeld, ...]:
    """What each team held of these waits: the teams of the house in its order, then others; only who held any."""
    counts: dict[str, int] = defaultdict(int)
    held: dict[tuple[str, Held], timedelta] = defaultdict(timedelta)
    lengths: dict[str, list[timedelta]] = defaultdict(list)
    for one in kept:
        lengths[one.team].append(one.length)
    for team, each in lengths.items():
        counts[team] += len(each)
        held[team, "desk"] += sum(each, NO_TIME)
    for way in map(path, waits):
        for stretch in way:
            held[stretch.team, stretch.held] += stretch.length
        for team in {stretch.team for stretch in way}:
            counts[team] += 1
    others = sorted(counts.keys() - set(teams), key=lambda team: (team == A_COLLEAGUE, team))
    return tuple(
        TeamHeld(team, counts[team], held[team, "desk"], held[team, "elsewhere"], held[team, "decided"])
        for team in (*teams, *others)
        if team in counts
    )


def untold(waits: Iterable[WaitFacts]) -> tuple[Untold, ...]:
    """Of which the answer lay inside, and for how long; longest first."""
    found = []
    for wait in waits:
        if not any(move.decided for move in wait.handoffs):
            continue
        inside = [stretch for stretch in path(wait) if stretch.held == "decided"]
        if inside:
            length = sum((stretch.length for stretch in inside), NO_TIME)
            found.append(Untold(wait.number, inside[0].team, length, wait.state == "answered"))
    return tuple(sorted(found, key=lambda one: (-one.length, one.number)))


def changed_hands(
    moved: Iterable[WaitFacts], kept: Iterable[Kept], teams: Sequence[str], weeks: int
) -> ChangedHands | None:
    """What changed hands of the waits of so many weeks: those with handoffs, and those without.

    `teams`: those of the house, in its order; where there is only one, nothing can change hands: None.
    """
    if len(teams) < 2:
        return None
    moved, stayed = list(moved), list(kept)
    went: list[WaitFacts] = []
    here: list[WaitFacts] = []
    for wait in moved:
        (went if passed_on(wait) else here).append(wait)
    not_passed_on = _group([*stayed, *_lengths(here)])
    return ChangedHands(
        weeks=weeks,
        passed_on=_group(_lengths(went)),
        kept=not_passed_on,
        routes=routes(went, not_passed_on.typical),
        teams=team_totals(moved, stayed, teams),
        untold=untold(moved),
    )


def _until(wait: WaitFacts) -> datetime | None:
    length = wait.length()
    return None if length is None else wait.opened_at + length[0]


def _lengths(waits: Iterable[WaitFacts]) -> Iterator[Kept]:
    for wait in waits:
        if (length := wait.length()) is not None:
            yield Kept(wait.team, wait.opened_at, *length)


def _group(waits: Iterable[Kept]) -> Group:
    lengths = [(one.length, one.ended) for one in waits]
    longest = max((length for length, _ in lengths), default=NO_TIME)
    return Group(len(lengths), reached(lengths, 0.5), longest)


def _joined(pieces: Iterable[Stretch]) -> tuple[Stretch, ...]:
    """Without those of no length; what one team goes on to hold in the same way is one."""
    found: list[Stretch] = []
    for piece in pieces:
        if piece.since >= piece.until:
            continue
        if found and (found[-1].team, found[-1].held) == (piece.team, piece.held):
            found[-1] = replace(found[-1], until=piece.until)
        else:
            found.append(piece)
    return tuple(found)
