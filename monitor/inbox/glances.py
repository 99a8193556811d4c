"""FLOOR 1. Glances at many mailboxes at once: all are asked, then each is heard as its answer comes.

So a round trip is waited for once, not once a mailbox, and who answers late, or never, holds nobody up for long.
"""

import selectors
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from monitor.inbox.glance_lines import Glance
from monitor.inbox.glancing import Glancing, Missed

PATIENCE = 5.0
"""So many seconds an answer may take; then the mailbox is looked at in its own time."""
MOST_ON_A_HOST = 100
"""So many are asked of one server before the first one has answered."""


@dataclass(frozen=True, slots=True, eq=False)
class Asking:
    """A mailbox to glance at: where it lies, over which connection, and the folders whose state is asked for."""

    address: str
    host: str
    source: Glancing
    watched: Sequence[str]


@contextmanager
def glances(
    wanted: Iterable[Asking], patience: float = PATIENCE, seconds: Callable[[], float] = time.monotonic
) -> Iterator[Iterator[tuple[str, Glance | Missed]]]:
    """All are asked; then, by address, what each mailbox tells, as it comes.

    Left out is who could not be asked, or would have been after one that did not answer in time, on the same server.
    """
    with selectors.DefaultSelector() as selector:
        gathering = _Gathering(selector, patience, seconds)
        for asking in wanted:
            gathering.queues.setdefault(asking.host, deque()).append(asking)
        try:
            gathering.ask()
            yield gathering.hear()
        finally:
            gathering.end()


class _Gathering:
    """One call of `glances`. `_until`: those who were asked, the longest ago first, and when their time is over."""

    def __init__(self, selector: selectors.BaseSelector, patience: float, seconds: Callable[[], float]) -> None:
        self.queues: dict[str, deque[Asking]] = {}
        self._selector, self._patience, self._seconds = selector, patience, seconds
        self._until: dict[Asking, float] = {}

    def ask(self) -> None:
        for host in self.queues:
            for _ in range(MOST_ON_A_HOST):
                self._ask_next(host)

    def hear(self) -> Iterator[tuple[str, Glance | Missed]]:
        while self._until:
            first = next(iter(self._until.values()))
            for key, _ in self._selector.select(max(0.0, first - self._seconds())):
                if (told := key.data.source.hear_glance()) is not None:
                    self._over(key.data, key.fd)
                    self._ask_next(key.data.host)
                    yield key.data.address, told
            yield from self._give_up()

    def end(self) -> None:
        """Who was not heard would answer to whatever is asked next."""
        for asking in self._until:
            asking.source.end_glance("ended")

    def _ask_next(self, host: str) -> None:
        queue = self.queues[host]
        while queue:
            asking = queue.popleft()
            if asking.source.ask_glance(asking.watched):
                self._selector.register(asking.source, selectors.EVENT_READ, asking)
                self._until[asking] = self._seconds() + self._patience
                return

    def _give_up(self) -> Iterator[tuple[str, Glance | Missed]]:
        now = self._seconds()
        while (asking := next(iter(self._until), None)) is not None and self._until[asking] <= now:
            self.queues[asking.host].clear()
            self._over(asking, asking.source.fileno())
            yield asking.address, asking.source.end_glance("odd")

    def _over(self, asking: Asking, line: int) -> None:
        self._selector.unregister(line)
        del self._until[asking]
