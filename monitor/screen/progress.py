"""FLOOR 3. A long first look shows how far it is: a bar on a terminal, a log line every 1,000 messages elsewhere."""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.logging import RichHandler
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

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
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TextColumn("{task.completed:,.0f} messages"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=_console(stream), transient=True) as bar:
        yield _Bars(bar).tell


@contextmanager
def share_on(stream: TextIO) -> Iterator[Callable[[str, int, int], None]]:
    """A function that is told (what is read, how many, of how many): a bar on a terminal, nothing elsewhere."""
    if not stream.isatty():
        yield lambda _what, _done, _all: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(file=stream), transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def tell(what: str, done: int, all_: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what)
            bar.update(tasks[what], completed=done, total=all_)

        yield tell


@contextmanager
def waiting_on(stream: TextIO, words: str) -> Iterator[None]:
    """A line on a terminal that says what is waited for, until that is there; nothing elsewhere."""
    if not stream.isatty():
        yield
        return
    with _console(stream).status(words, spinner="dots"):
        yield


def _console(stream: TextIO) -> Console:
    """That of the log, where it talks to the terminal too: what it says then stands above the bar, not in it."""
    talking = (each for each in logging.getLogger("monitor").handlers if isinstance(each, RichHandler))
    return next((each.console for each in talking), None) or Console(file=stream)


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


class _Bars:
    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._tasks: dict[str, object] = {}
        self._lock = threading.Lock()

    def tell(self, mailbox: str, count: int) -> None:
        with self._lock:
            if mailbox not in self._tasks:
                self._tasks[mailbox] = self._bar.add_task(mailbox, total=None)
            self._bar.advance(self._tasks[mailbox], count)  # type: ignore[arg-type]  # TaskID is an int NewType
