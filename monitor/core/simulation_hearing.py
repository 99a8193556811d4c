"""GROUND. Who hears of a wait in a replay, and when that next changes: somebody leaves, or is back."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice

from monitor.core.ladder import Step

Hears = Callable[[Sequence[str], datetime], Mapping[str, str]]
"""Who gets it for each of these at a moment."""


class Hearing:
    """Who hears of what, asked once from one turn to the next (simulation.Rules)."""

    def __init__(
        self, steps: Sequence[Step], teams: Mapping[str, Sequence[str]], hears: Hears, turns: Iterable[datetime]
    ) -> None:
        self._steps, self._teams, self._hears, self._turns = steps, teams, hears, sorted(set(turns))
        self._place = -1
        self._known: dict[Sequence[str], Mapping[str, str]] = {}
        self._groups: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
        self._ahead: dict[tuple[str, ...], datetime | None] = {}

    def hears(self, recipients: Sequence[str], look: datetime) -> Mapping[str, str]:
        """Who gets it for each of them at a look; no look is asked for after a later one."""
        if self._place < (place := bisect_right(self._turns, look)):
            self._place, self._known = place, {}
        if recipients not in self._known:
            self._known[recipients] = self._hears(recipients, look)
        return self._known[recipients]

    def turn(self, owners: tuple[str, ...], look: datetime) -> datetime | None:
        """The next turn at which somebody else hears of a wait with these owners."""
        turn = self._ahead.get(owners, look)
        if turn is not None and turn <= look:
            turn = self._ahead[owners] = self._next_turn(owners, look)
        return turn

    def _next_turn(self, owners: tuple[str, ...], look: datetime) -> datetime | None:
        groups = self._groups.setdefault(owners, list(self._together(owners)))
        now = [self.hears(each, look) for each in groups]
        coming = islice(self._turns, bisect_right(self._turns, look), None)
        return next((at for at in coming if [self._hears(each, at) for each in groups] != now), None)

    def _together(self, owners: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        """All whom a letter may be for together: by each step, and at the end of a snooze (ladder.due)."""
        steps = [(step.after, step.recipients(owners, self._teams)) for step in self._steps]
        yield from dict.fromkeys(recipients for _, recipients in steps)
        for last, _ in steps:
            yield tuple(dict.fromkeys(r for after, recipients in steps if after <= last for r in recipients))
