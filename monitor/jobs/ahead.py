"""FLOOR 2. While one batch is stored the next one is fetched and read."""

from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TypeVar

T = TypeVar("T")


def ahead(batches: Iterator[T], more: Callable[[T], bool]) -> Generator[T, None, None]:
    """The same batches in the same order. Where there are `more` behind one, a thread makes the next one meanwhile.

    Never more than one batch ahead, so that memory stays flat; never by two threads at once, as they come over one
    connection; what went wrong with a batch is raised in its place. Close it (contextlib.closing) where it may not come
    to its end: that waits for the batch under way, and no thread is left.
    """
    with ExitStack() as to_end:
        pool: ThreadPoolExecutor | None = None
        batch = next(batches, None)
        while batch is not None:
            if not more(batch):
                yield batch
                batch = next(batches, None)
                continue
            pool = pool or to_end.enter_context(ThreadPoolExecutor(1, thread_name_prefix="fetch"))
            try:
                coming = pool.submit(next, batches, None)
            except RuntimeError:  # no further thread may be started, where tasks are few: then one after the other
                yield batch
                yield from batches
                return
            yield batch
            batch = coming.result()
