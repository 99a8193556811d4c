"""FLOOR 1. Whether the store can go on: room on its disk, rights to write, and a database that is sound."""

import os
import sqlite3
import threading
from dataclasses import dataclass
from pathlib import Path

from monitor.store.store import Store, StoreError

FEWEST_BYTES = 50_000_000
"""A round writes far less; but a disk this full is filled by whatever filled it so far."""
CHECK_SECONDS = 10.0
"""So long the database is read through at the start; one too large for that goes unchecked.

Measured: 630 MB with two indexes take 1.4 s from memory, so that about 4 GB are read in this time; a whole
integrity_check would take five times as long.
"""


@dataclass(frozen=True, slots=True)
class Room:
    """The disk of an SQLite store: free bytes, and whether database and folder may be written."""

    free: int
    writable: bool

    @property
    def is_short(self) -> bool:
        """Whether it may be full soon."""
        return self.free < FEWEST_BYTES


def room(store: Store) -> Room | None:
    """The room there is; None where the database is not a file of ours."""
    name = store.engine.url.database
    if not store.is_sqlite or not name or name == ":memory:":
        return None
    path = Path(name)
    try:
        disk = os.statvfs(path.parent)
    except OSError:
        return None
    writable = all(os.access(one, os.W_OK) for one in (path, path.parent)) and not disk.f_flag & os.ST_RDONLY
    return Room(disk.f_bavail * disk.f_frsize, writable)


def size(store: Store) -> int | None:
    """How many bytes the store takes, its write-ahead log included; None where it has no place of its own."""
    if not store.is_sqlite:
        with store.reading() as connection:
            return int(connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one())
    name = store.engine.url.database
    if not name or name == ":memory:":
        return None
    files = [Path(name), Path(f"{name}-wal")]
    return sum(one.stat().st_size for one in files if one.exists())


def expect_sound(store: Store, seconds: float = CHECK_SECONDS) -> bool:
    """Read the database through (PRAGMA quick_check, sqlite.org/pragma.html). False: too large to do so in `seconds`.

    Raises StoreError where it is damaged. PostgreSQL looks after its pages itself.
    """
    if not store.is_sqlite:
        return True
    with store.reading() as connection:
        raw = connection.connection.driver_connection
        if not isinstance(raw, sqlite3.Connection):
            return True
        too_long = threading.Event()

        def stop() -> None:
            too_long.set()
            raw.interrupt()

        timer = threading.Timer(seconds, stop)
        timer.daemon = True
        timer.start()
        try:
            found = raw.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.DatabaseError as error:
            if too_long.is_set():
                return False
            raise StoreError(_damaged(str(error))) from error
        finally:
            timer.cancel()
    if found is not None and found[0] != "ok":
        raise StoreError(_damaged(str(found[0])))
    return True


def _damaged(what: str) -> str:
    return f"the store is damaged ({' '.join(what.split())[:200]}); put a backup in its place"
