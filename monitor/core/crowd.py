"""GROUND. Who stands in a letter when many wait: nobody pushes others out of it by writing a lot (failures.md §7)."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from monitor.core.addresses import plain_address

ROOM = 20
"""So many lines fit any letter; up to so many, everything stands as it is."""
MOST_OF_ONE = 3
"""Who has more open questions than this has one line, and the others are counted beside it."""
MOST_OF_A_DOMAIN = 10
"""After so many lines of one domain come those of all others."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Spot(Generic[T]):
    """One line of a letter, and how many more of the same sender it stands for."""

    one: T
    more: int = 0


def spots(waiting: Sequence[T], address_of: Callable[[T], str]) -> list[Spot[T]]:
    """A line for each who waits, in the order of `waiting`, unless there are more than ROOM.

    Then a sender with over MOST_OF_ONE of them has one line, the first; and where ROOM is still not enough, the first
    ten of each domain come before the next ten of any. Every honest person stands in the letter however much one
    sender, or the machines of one domain, have written.
    """
    if len(waiting) <= ROOM:
        return [Spot(one) for one in waiting]
    lines = _by_sender(waiting, address_of)
    return lines if len(lines) <= ROOM else _by_domain(lines, address_of)


def _by_sender(waiting: Sequence[T], address_of: Callable[[T], str]) -> list[Spot[T]]:
    senders = [plain_address(address_of(one)) for one in waiting]
    counts, lines = Counter(senders), []
    seen: set[str] = set()
    for one, sender in zip(waiting, senders, strict=True):
        if counts[sender] <= MOST_OF_ONE:
            lines.append(Spot(one))
        elif sender not in seen:
            lines.append(Spot(one, counts[sender] - 1))
        seen.add(sender)
    return lines


def _by_domain(lines: Sequence[Spot[T]], address_of: Callable[[T], str]) -> list[Spot[T]]:
    before: Counter[str] = Counter()
    turns = []
    for line in lines:
        domain = _domain(address_of(line.one))
        turns.append(before[domain] // MOST_OF_A_DOMAIN)
        before[domain] += 1
    return [line for _, line in sorted(zip(turns, lines, strict=True), key=lambda pair: pair[0])]


def _domain(address: str) -> str:
    """Its last two labels: whoever floods invents hosts. A shared suffix (co.uk) only moves lines of a long list."""
    return ".".join(address.rpartition("@")[2].split(".")[-2:])
