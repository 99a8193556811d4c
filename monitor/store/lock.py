"""FLOOR 1. One daemon on one SQLite: a lock that the kernel lets go when the process dies.

On PostgreSQL daemons share the mailboxes by leases (leases.py).
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from monitor.store.store import Store, StoreError


class AlreadyRunning(StoreError):  # noqa: N818  # it is a state of affairs, not an error of this program
    """Another daemon works on this store."""


@contextmanager
def only_daemon(store: Store) -> Iterator[None]:
    """Hold the file of a SQLite store for this daemon. Raises AlreadyRunning."""
    database = store.engine.url.database
    if not database or database == ":memory:":
        yield
    else:
        with _flock(Path(database)):
            yield


@contextmanager
def _flock(database: Path) -> Iterator[None]:
    """Lock a file beside the database, whatever links lead there: SQLite follows them too, and has its log there."""
    path = Path(f"{database.resolve()}.lock")
    try:
        names = database.stat().st_nlink
        handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}; the service needs to write there") from None
    try:
        if names > 1:
            # Each name would get a log and locks of its own (sqlite.org/howtocorrupt.html, "Multiple links").
            raise StoreError(f"{database} has several names (hard links), under which it would be damaged: keep one")
        _lock_or_leave(handle, database)
        yield
    finally:
        os.close(handle)


def _lock_or_leave(handle: int, database: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise AlreadyRunning(
            f"another inbox-monitor already works on {database}; stop it first, or try again later"
        ) from None
