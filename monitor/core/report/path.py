"""GROUND. Where the time went: a wait as the stretches in which each team held the ball (rules.md §1, "handoff")."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Held = Literal["desk", "elsewhere", "decided"]
"""With the wait's own team; with another one; decided inside, and the customer not told yet."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `since` up to `until` (UTC) `team` held the ball."""

    team: str
    since: datetime
    until: datetime
    held: Held = "desk"


@dataclass(frozen=True, slots=True)
class TeamHeld:
    """What one team held of the waits that came to it: how many of them, and how long in all, by `Held`."""

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
    """How often waits went from one team to another, and the typical wait of those (elapsed; the whole wait).

    `typical` None: the curve does not reach the middle; then it is over `longest_known`.
    """

    from_team: str
    to_team: str
    times: int
    typical: timedelta | None
    longest_known: timedelta


@dataclass(frozen=True, slots=True)
class Group:
    """So many waits, and how long they typically took; `typical` as in Route."""

    n: int
    typical: timedelta | None
    longest_known: timedelta


@dataclass(frozen=True, slots=True)
class ChangedHands:
    """What of some weeks' waits changed hands, and what it cost. `untold`: longest first."""

    weeks: int
    passed_on: Group
    kept: Group
    routes: tuple[Route, ...] = ()
    teams: tuple[TeamHeld, ...] = ()
    untold: tuple[Untold, ...] = ()
