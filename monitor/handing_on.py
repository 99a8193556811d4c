"""ROOF. The program begins anew in the same process (execve(2)), and is handed what it had found out by then.

So a service that runs for months does not keep what it took to understand its command line and its config: 15 MB of the
91 of a first look. The process stays the same to whoever started it: its number, its words, its environment and its
open files.
"""

import os
import pickle
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

import monitor

_HANDED = "INBOX_MONITOR_HANDED_ON"
"""The variable that names the file, by its number; gone once it is read."""
_NAME = "inbox-monitor"
_BROKEN = (OSError, EOFError, pickle.PickleError, AttributeError, ImportError, IndexError, ValueError, TypeError)
"""What pickle raises for what it cannot write, and for what another version wrote: the program may be updated between
the two beginnings. A service that is larger than it could be is better than none."""
_RELOAD = frozenset({signal.SIGHUP})


class Begun(NamedTuple):
    """The program has begun anew. `task`: with what; None where that cannot be read."""

    task: object | None


def hand_on(task: object) -> None:
    """Begin anew with this; returns where that cannot be.

    `task` is pickled into memory that has no name anywhere (memfd_create(2)): the address of a store may have a
    password in it.
    """
    if not hasattr(os, "memfd_create") or not sys.executable:
        return
    with suppress(*_BROKEN), open(os.memfd_create(_NAME, 0), "wb") as file:  # 0: open beyond the exec
        pickle.dump((monitor.__version__, task), file, pickle.HIGHEST_PROTOCOL)
        file.flush()
        _begin_anew(file.fileno())


@contextmanager
def reload_held_back() -> Iterator[None]:
    """Who is told to reload before it can listen must not die of it: that waits for `let_through`, also beyond
    `hand_on`, as the mask and what is pending stay (execve(2))."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _RELOAD)
    try:
        yield
    finally:
        let_through()


def let_through() -> None:
    """What was held back comes now."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _RELOAD)


def begun() -> Begun | None:
    """What this program was handed as it began; None where it was not."""
    number = os.environ.pop(_HANDED, None)
    if number is None:
        return None
    try:
        if not os.readlink(f"/proc/self/fd/{number}").startswith(f"/memfd:{_NAME}"):
            return Begun(None)
        with open(int(number), "rb") as file:
            file.seek(0)
            version, task = pickle.load(file)  # noqa: S301  # written by this very process
    except _BROKEN:
        return Begun(None)
    return Begun(task if version == monitor.__version__ else None)


def _begin_anew(number: int) -> None:
    """Raises OSError. argv[0] is the interpreter's path, by which it finds its libraries."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    words = [sys.executable, *sys.orig_argv[1:]]
    os.execve(sys.executable, words, {**os.environ, _HANDED: str(number)})  # noqa: S606  # ourselves
