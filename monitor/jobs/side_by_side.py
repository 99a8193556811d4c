"""FLOOR 2. Folders of one mailbox read side by side: what came into them at the same time is stored at once.

A question and its answer, which lie in two folders, are then folded once, not twice; and what is written with each
transaction, the leaves of all indexes, is written once for many mails.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from monitor.inbox.source import SourceError
from monitor.jobs import look
from monitor.jobs.arriving import Arrived

PATIENCE_SECONDS = 5.0
"""So long mails are gathered for that; a slow server's are stored as they come."""

Side = tuple[int, Arrived]
"""Of which folder, by its place among those that are read, and mails of it."""
_NOTHING = Arrived((), 0, more=False, newest=None)
_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)


def side_by_side(
    folders: Sequence[Iterator[Arrived]], clock: Callable[[], float] = time.monotonic
) -> Iterator[list[Side]]:
    """What came into several folders, gathered from their batches, and cut where another one has not come so far in
    time. Each mail comes once, and those of a folder come in the order of their uids. `clock` counts seconds.

    Raises SourceError once all that came before it is handed on.
    """
    hands = _Hands(folders)
    while True:
        fault: SourceError | None = None
        try:
            hands.fill(clock)
        except SourceError as error:
            fault = error
        if sides := hands.taken():
            yield sides
        if fault is not None:
            raise fault
        if not sides:
            return


class _Hands:
    """What is held of each folder, and which of them may have more."""

    def __init__(self, folders: Sequence[Iterator[Arrived]]) -> None:
        self._folders = folders
        self._open = set(range(len(folders)))
        self._held = dict.fromkeys(range(len(folders)), _NOTHING)
        self._latest = dict.fromkeys(range(len(folders)), _BEFORE_ALL)
        """How far each has come in time: when the latest that is held of it arrived."""

    def fill(self, clock: Callable[[], float]) -> None:
        """Until there is enough, and something of each folder that has any. Raises SourceError."""
        until = clock() + PATIENCE_SECONDS
        while self._open:
            last = min(self._open, key=self._latest.__getitem__)
            enough = self._is_enough() or clock() > until
            if enough and self._held[last].arrivals:
                return
            if (batch := next(self._folders[last], None)) is None:
                self._open.discard(last)
            elif batch.arrivals:
                self._held[last] = _both(self._held[last], batch)
                self._latest[last] = max(self._latest[last], *[a.arrived_at for a in batch.arrivals])

    def _is_enough(self) -> bool:
        held = self._held.values()
        if sum(each.weight for each in held) >= 3 * look.WEIGHT:
            return True
        return sum(len(each.arrivals) for each in held) >= look.STORED_AT_ONCE

    def taken(self) -> list[Side]:
        """What none of the others may have something earlier to; empty where nothing is left."""
        # What came after that may have its answer in a batch that is not read yet; the folder it is of goes whole.
        until = min([self._latest[n] for n in self._open], default=None)
        cut = {n: _cut(held, until) for n, held in self._held.items()}
        self._held = {n: later for n, (_, later) in cut.items()}
        # The latest that is held of one is among what is left of it, if anything is.
        self._latest = {n: at if self._held[n].arrivals else _BEFORE_ALL for n, at in self._latest.items()}
        return [(n, now) for n, (now, _) in cut.items() if now.arrivals]


def _both(held: Arrived, more: Arrived) -> Arrived:
    arrivals, weight = [*held.arrivals, *more.arrivals], held.weight + more.weight
    return replace(more, arrivals=arrivals, newest=more.newest or held.newest, weight=weight)


def _cut(held: Arrived, until: datetime | None) -> tuple[Arrived, Arrived]:
    """What stands before the first mail that came later, and the rest."""
    arrivals = held.arrivals
    at = next((n for n, a in enumerate(arrivals) if a.arrived_at > until), None) if until else None
    if at is None:
        return held, _NOTHING
    weight = held.weight * at // len(arrivals)
    now = replace(held, arrivals=arrivals[:at], reached=arrivals[at].uid, more=True, newest=None, weight=weight)
    return now, replace(held, arrivals=arrivals[at:], weight=held.weight - weight)
