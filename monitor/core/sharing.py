"""GROUND. How daemons share mailboxes: what one of them should claim, and what it should let go.

Each may hold one part of all, rounded up. Who holds more lets the rest go, who holds less takes what is free: nothing
moves that need not move, whoever comes or goes, and where the parts are right nobody does anything. (Hashing over those
alive, "rendezvous", needs no such rule, but its parts are uneven: of 60 mailboxes one of three would often hold 26.)
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Move:
    """What one daemon does next."""

    claim: Sequence[str] = ()
    release: Sequence[str] = ()

    def __bool__(self) -> bool:
        return bool(self.claim or self.release)


def part(places: int, daemons: int) -> int:
    """So many of these places each of so many daemons may hold."""
    return -(-places // max(1, daemons))


def move(
    me: str, places: Sequence[str], held: Mapping[str, str], peers: Collection[str], busy: Collection[str] = ()
) -> Move:
    """What the daemon `me` does about `places` now.

    `held`: who holds each place that anybody alive holds. `peers`: the daemons to share with, `me` among them; where
    `me` is not (it came for one round), it takes whatever is free. `busy`: what it looks at just now, and keeps.
    """
    mine = [place for place in places if held.get(place) == me]
    free = [place for place in places if place not in held]
    most = part(len(places), len(peers)) if me in peers else len(places)
    if len(mine) > most:
        idle = [place for place in mine if place not in busy]
        return Move(release=idle[: len(mine) - most])
    return Move(claim=free[: most - len(mine)])
