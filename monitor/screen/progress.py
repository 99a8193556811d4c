"""FLOOR 3. A long first look shows how far it is: a bar on a terminal, a log line every 1,000 messages elsewhere."""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from monitor.jobs.logged import event
from monitor.jobs.look import Progress as Tell

EVERY = 1000

log = logging.getLogger("monitor.poll")


@contextmanager
def progress_on(stream: TextIO) -> Iterator[Tell]:
    """A function that is told (mailbox, messages taken in) and shows it on `stream`."""
    if not stream.isatty():
        yield _Lines().tell
        return
    from monitor.screen import bars  # not above: a service needs none of it

    with bars.counting(stream) as counts:
        yield counts.tell


@contextmanager
def share_on(stream: TextIO) -> Iterator[Callable[[str, int, int], None]]:
    """A function that is told (what is read, how many, of how many): a bar on a terminal, nothing elsewhere."""
    if not stream.isatty():
        yield lambda _what, _done, _all: None
        return
    from monitor.screen import bars

    with bars.filling(stream) as shares:
        yield shares.tell


@contextmanager
def waiting_on(stream: TextIO, words: str) -> Iterator[None]:
    """A line on a terminal that says what is waited for, until that is there; nothing elsewhere."""
    if not stream.isatty():
        yield
        return
    from monitor.screen import bars

    with bars.spinning(stream, words):
        yield


class _Lines:
    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def tell(self, mailbox: str, count: int) -> None:
        with self._lock:
            before = self._counts[mailbox] // EVERY
            self._counts[mailbox] += count
            after = self._counts[mailbox]
        if after // EVERY > before:
            said = event("reading", mailbox=mailbox, messages=after)
            log.info("%s: %d messages read", mailbox, after, extra=said)
