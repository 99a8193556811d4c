"""FLOOR 2. What goes back of memory: what was remembered of mails, and what glibc holds (other libraries: nothing)."""

import ctypes
import gc
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import _lru_cache_wrapper
from typing import Any

from monitor.core import automatic, lists, sightings, subject
from monitor.inbox import fetched, people, reading
from monitor.store import column_types, rows
from monitor.store.store import Store

M_ARENA_MAX = -8
"""glibc's malloc.h; mallopt(3)."""
_OF_MAILS = (automatic, column_types, fetched, lists, people, reading, rows, sightings, subject)
"""Who remembers thousands of them. Not inbox/connection.py: what it keeps all connections share."""


def one_heap() -> None:
    """Threads share one heap. glibc gives each its own, up to eight for each core, and what one has freed is of no use
    to the others: what a thread that looked at a mailbox leaves would stay beside what the letters then need. The price
    is a lock that is free: only one thread at a time runs Python."""
    if told := _of_glibc("mallopt"):
        told(M_ARENA_MAX, 1)


class _Walks:
    """How often the collector walks what is new (gc.set_threshold)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._readers = 0
        self._usual = gc.get_threshold()

    @contextmanager
    def rare(self) -> Iterator[None]:
        """While mails are read, by however many threads. All that is made of a batch lives until it is stored, and then
        goes by itself, for nothing in it leads back to it: to walk it on the way takes a tenth of a first look."""
        with self._lock:
            if not self._readers:
                self._usual = gc.get_threshold()
                gc.set_threshold(_OBJECTS_OF_BATCHES, *self._usual[1:])
            self._readers += 1
        try:
            yield
        finally:
            with self._lock:
                self._readers -= 1
                if not self._readers:
                    gc.set_threshold(*self._usual)


_OBJECTS_OF_BATCHES = 400_000
"""More than are alive at a time of 1,500 mails that are stored and 500 that are read meanwhile."""
rarely_walked = _Walks().rare


def give_back(store: Store) -> None:
    """After a look that read much. What was kept at hand for its next mail is dropped, what is free goes back to the
    system, also between used pages (malloc_trim(3)): the letters that follow need as much. Raises StoreError."""
    store.give_back()
    for kept in _kept_at_hand():
        kept.cache_clear()
    if trim := _of_glibc("malloc_trim"):
        trim(ctypes.c_size_t(0))


def _kept_at_hand() -> "Iterator[_lru_cache_wrapper[Any]]":
    """What is remembered of mails (functools.lru_cache): addresses, subjects, flags, their text in the store."""
    for module in _OF_MAILS:
        yield from (value for value in vars(module).values() if isinstance(value, _lru_cache_wrapper))


def _of_glibc(name: str) -> Callable[..., int] | None:
    """musl and macOS know neither."""
    try:
        found: Callable[..., int] = getattr(ctypes.CDLL(None), name)
    except (OSError, AttributeError):
        return None
    return found
