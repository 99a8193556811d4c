"""FLOOR 1. One daemon on one store: a lock that the kernel, or the database, lets go when the process dies."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import func, select

from monitor.store.store import Store, StoreError

_DAEMON_LOCK = 0x1B1


class AlreadyRunning(Exception):  # noqa: N818  # it is a state of affairs, not an error of this program
    """Another daemon works on this store."""


@contextmanager
def only_daemon(store: Store) -> Iterator[None]:
    """Hold the store for this daemon. Raises AlreadyRunning."""
    database = store.engine.url.database
    if not store.is_sqlite:
        with _advisory(store):
            yield
        return
    if not database or database == ":memory:":
        yield
        return
    path = Path(f"{database}.lock")
    try:
        handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}; the service needs to write there") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise AlreadyRunning(
            f"another inbox-monitor already works on {database}; stop it first, or try again later"
        ) from None
    try:
        yield
    finally:
        os.close(handle)


@contextmanager
def _advisory(store: Store) -> Iterator[None]:
    with store.engine.connect() as connection:
        connection.detach()  # back in the pool, it would hold the lock for as long as the process lives
        if not connection.execute(select(func.pg_try_advisory_lock(_DAEMON_LOCK))).scalar():
            raise AlreadyRunning(
                "another inbox-monitor already works on this database; stop it first, or try again later"
            )
        connection.commit()
        yield
