"""GROUND. Which message came first. Clients stamp their own Sent copies, and their clocks are not ours."""

from collections.abc import Iterable, Sequence
from heapq import heappop, heappush

from monitor.core.message import Seen

Named = Sequence[set[int]]
"""For each message, by its place, the places of those it names."""


def in_order(messages: Iterable[Seen]) -> list[Seen]:
    """Oldest first, but a message that names another comes after it, whatever the stamps say (rules.md §1)."""
    ordered = list(messages)
    if len(ordered) == 1:  # most conversations, while they are young
        return ordered
    ordered.sort(key=lambda seen: (seen.received_at, seen.message.identity))
    places: dict[str, int] = {}
    for at, seen in enumerate(ordered):
        places.setdefault(seen.message.message_id or seen.message.identity, at)
    named = [{places[n] for n in seen.message.names if n in places} for seen in ordered]
    if all(other < at for at, others in enumerate(named) for other in others):
        return ordered
    return [ordered[at] for at in _each_after_named(_without_rings(named))]


def _each_after_named(named: Named) -> list[int]:
    """0, 1, 2, … but each after those it names (Kahn 1962, CACM 5:558–562)."""
    followers: dict[int, list[int]] = {}
    for at, others in enumerate(named):
        for other in others:
            followers.setdefault(other, []).append(at)
    missing = [len(others) for others in named]
    ready = [at for at, count in enumerate(missing) if not count]
    taken: list[int] = []
    while ready:
        taken.append(heappop(ready))
        for follower in followers.get(taken[-1], ()):
            missing[follower] -= 1
            if not missing[follower]:
                heappush(ready, follower)
    return taken


def _without_rings(named: Named) -> Named:
    """The same without the names that close a ring; of such names, that of the later message goes. Never recursive."""
    kept: list[set[int]] = [set() for _ in named]
    on_path: dict[int, bool] = {}
    for start in reversed(range(len(named))):
        path = [] if start in on_path else [(start, iter(sorted(named[start])))]
        on_path.setdefault(start, bool(path))
        while path:
            at, others = path[-1]
            other = next(others, None)
            if other is None:
                on_path[path.pop()[0]] = False
            elif not on_path.get(other):
                kept[at].add(other)
                if other not in on_path:
                    on_path[other] = True
                    path.append((other, iter(sorted(named[other]))))
    return kept
