"""FLOOR 1. One daemon on one store: a lock that the kernel, or the database, lets go when the process dies."""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import SQLAlchemyError

from monitor.store.store import Store, StoreError, database_errors

_DAEMON_LOCK = 0x1B1
_IS_HELD = text(
    "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND classid = :lock AND objid = :token AND objsubid = 2)"
).bindparams(lock=_DAEMON_LOCK)
"""How a lock of two numbers shows (PostgreSQL manual, "pg_locks": classid, objid, and objsubid 2)."""


class AlreadyRunning(StoreError):  # noqa: N818  # it is a state of affairs, not an error of this program
    """Another daemon works on this store."""


@contextmanager
def only_daemon(store: Store) -> Iterator[None]:
    """Hold the store for this daemon. Raises AlreadyRunning; with PostgreSQL also a later `writing` or `keep` may."""
    database = store.engine.url.database
    if not store.is_sqlite:
        held = _Session(store)
        held.take()
        store.hold = held
        try:
            yield
        finally:
            store.hold = None
            held.let_go()
    elif not database or database == ":memory:":
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


class _Session:
    """The session that holds the lock on PostgreSQL. It may be ended there; then somebody else may take the lock.

    With the lock it holds a second one, whose number nobody else has: while that shows, the session lives.
    """

    def __init__(self, store: Store) -> None:
        self._engine = store.engine
        self._connection: Connection | None = None
        self._token = 0

    def take(self) -> None:
        """Begin the session. Raises AlreadyRunning."""
        self.let_go()
        self._token = secrets.randbits(31)
        with database_errors():
            self._connection = connection = self._engine.connect()
            connection.detach()  # back in the pool, it would hold the lock for as long as the process lives
            if not connection.execute(select(func.pg_try_advisory_lock(_DAEMON_LOCK))).scalar():
                self.let_go()
                raise AlreadyRunning(
                    "another inbox-monitor already works on this database; stop it first, or try again later"
                )
            connection.execute(select(func.pg_advisory_lock(_DAEMON_LOCK, self._token)))
            connection.commit()

    def let_go(self) -> None:
        """End the session, if it has not ended already."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(SQLAlchemyError):
                connection.close()

    def check(self, connection: Connection) -> None:
        """Raises StoreError where the lock was lost: what was read before may be outdated by another daemon's work."""
        if not self._lives(connection):
            raise StoreError("the database has ended our session, and so our lock; the next round takes it again")

    def keep(self) -> None:
        """Between two rounds: take a lost lock again. Raises AlreadyRunning where somebody else was faster."""
        with database_errors():
            with self._engine.connect() as connection:
                lives = self._lives(connection)
            if not lives:
                self.take()

    def _lives(self, connection: Connection) -> bool:
        return bool(connection.execute(_IS_HELD, {"token": self._token}).scalar())
