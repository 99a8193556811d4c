"""FLOOR 3. Bars and spinners on a terminal; imported where there is one, for a service has none (2 MB)."""

import logging
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
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


@contextmanager
def counting(stream: TextIO) -> Iterator["Counts"]:
    """A line for each mailbox, with how many messages it told of so far."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TextColumn("{task.completed:,.0f} messages"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=_console(stream), transient=True) as bar:
        yield Counts(bar)


@contextmanager
def filling(stream: TextIO) -> Iterator["Shares"]:
    """A bar for each thing that is read, and how long it still takes."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(file=stream), transient=True) as bar:
        yield Shares(bar)


def spinning(stream: TextIO, words: str) -> AbstractContextManager[object]:
    """These words, until what is waited for is there."""
    return _console(stream).status(words, spinner="dots")


class Counts:
    """Told of (mailbox, messages taken in) by several threads."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._tasks: dict[str, TaskID] = {}
        self._lock = threading.Lock()

    def tell(self, mailbox: str, count: int) -> None:
        """So many more."""
        with self._lock:
            if mailbox not in self._tasks:
                self._tasks[mailbox] = self._bar.add_task(mailbox, total=None)
            self._bar.advance(self._tasks[mailbox], count)


class Shares:
    """Told of (what is read, how many, of how many)."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._tasks: dict[str, TaskID] = {}

    def tell(self, what: str, done: int, all_: int) -> None:
        """So many of all."""
        if what not in self._tasks:
            self._tasks[what] = self._bar.add_task(what)
        self._bar.update(self._tasks[what], completed=done, total=all_)


def _console(stream: TextIO) -> Console:
    """That of the log, where it talks to the terminal too: what it says then stands above the bar, not in it."""
    talking = (each for each in logging.getLogger("monitor").handlers if isinstance(each, RichHandler))
    return next((each.console for each in talking), None) or Console(file=stream)
