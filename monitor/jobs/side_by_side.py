"""FLOOR 2. Folders of one mailbox read side by side: what came into them at the same time comes in one batch.

A question and its answer, which lie in two folders, are then stored and folded once, not twice.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from monitor.jobs.arriving import Arrived

Side = tuple[int, Arrived]
"""Of which folder, by its place among those that are read, and a batch of it."""


def side_by_side(folders: Sequence[Iterator[Arrived]]) -> Iterator[list[Side]]:
    """The batches of several folders, each cut where another one has not come so far in time.

    Each mail comes once, and those of a folder come in the order of their uids; of each folder at most one batch is
    held. Batches without mails are left out.
    """
    held: dict[int, Arrived] = {}
    while True:
        # Fetched as late as can be: where that fails, all that came before it has been stored.
        held |= {n: batch for n, each in enumerate(folders) if n not in held and (batch := _next(each))}
        if not held:
            return
        # What came after that may have its answer in a batch that is not read yet; the folder it is of goes whole.
        until = min(max(a.arrived_at for a in batch.arrivals) for batch in held.values())
        cut = {n: _cut(batch, until) for n, batch in held.items()}
        held = {n: later for n, (_, later) in cut.items() if later}
        yield [(n, now) for n, (now, _) in cut.items() if now]


def _next(batches: Iterator[Arrived]) -> Arrived | None:
    return next((batch for batch in batches if batch.arrivals), None)


def _cut(batch: Arrived, until: datetime) -> tuple[Arrived | None, Arrived | None]:
    """What stands before the first mail that came later, and the rest."""
    arrivals = batch.arrivals
    at = next((n for n, arrival in enumerate(arrivals) if arrival.arrived_at > until), len(arrivals))
    if at == len(arrivals):
        return batch, None
    rest = replace(batch, arrivals=arrivals[at:])
    return (
        replace(batch, arrivals=arrivals[:at], reached=arrivals[at].uid, more=True, newest=None) if at else None
    ), rest
