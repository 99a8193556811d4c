"""FLOOR 2. A look has an end, whatever the server does."""

import threading
import time
from collections.abc import Callable

from monitor.core.patience import deadline


class Deadline:
    """Cuts a look that makes no end (`patience.deadline`): a server that drips never runs into the read timeout."""

    def __init__(self, cut: Callable[[], None]) -> None:
        self._cut = cut
        self._began = time.monotonic()
        self._taken_in = 0
        self._timer = self._started(self._began)

    def progressed(self, count: int) -> None:
        """So many more mails were taken in."""
        self.over()
        self._taken_in += count
        self._timer = self._started(time.monotonic())

    def over(self) -> None:
        """The look has ended."""
        self._timer.cancel()

    def _started(self, now: float) -> threading.Timer:
        timer = threading.Timer(max(0.0, deadline(self._began, now, self._taken_in) - now), self._cut)
        timer.daemon = True
        timer.start()
        return timer
