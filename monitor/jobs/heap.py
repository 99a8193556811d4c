"""FLOOR 2. What the C library holds of memory: glibc alone is told anything; elsewhere nothing is done."""

import ctypes
from collections.abc import Callable

M_ARENA_MAX = -8
"""glibc's malloc.h; mallopt(3)."""


def one_heap() -> None:
    """Threads share one heap. glibc gives each its own, up to eight for each core, and what one has freed is of no use
    to the others: what a thread that looked at a mailbox leaves would stay beside what the letters then need. The price
    is a lock that is free: only one thread at a time runs Python."""
    if told := _of_glibc("mallopt"):
        told(M_ARENA_MAX, 1)


def give_back() -> None:
    """After a look that read much: free pages go back to the system, also between used ones (malloc_trim(3))."""
    if trim := _of_glibc("malloc_trim"):
        trim(ctypes.c_size_t(0))


def _of_glibc(name: str) -> Callable[..., int] | None:
    """musl and macOS know neither."""
    try:
        found: Callable[..., int] = getattr(ctypes.CDLL(None), name)
    except (OSError, AttributeError):
        return None
    return found
