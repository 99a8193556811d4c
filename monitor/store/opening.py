"""FLOOR 1. How each database is opened: the file of SQLite made for us alone, PostgreSQL asked as we need it."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from monitor.core.texts import to_json
from monitor.store.column_types import from_json
from monitor.store.errors import StoreAddressError, StoreError

BUSY_SECONDS = 30
MOST_SPARE = 7
"""Connections beyond the five a pool keeps: eight looks, the round, and who renews our leases; two to spare."""
_PATIENCE: Mapping[str, Any] = {
    "connect_timeout": 10, "tcp_user_timeout": 20_000,
    "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3,
}  # fmt: skip
"""A database that a cut network hides is noticed within twenty seconds (libpq, "Parameter Key Words"), not after two
hours, unless the URL says otherwise."""
_PRAGMAS = (
    "page_size=8192", "journal_mode=WAL", "wal_autocheckpoint=2000", "foreign_keys=ON", "synchronous=FULL",
    "secure_delete=ON", "cache_size=-4096",
)  # fmt: skip
"""Ids and subjects have no order, so that a large batch writes everywhere in their indexes: larger pages are fewer to
write (a file keeps the size it was made with), 16 MB of journal come back to the same page more often before it is
copied, and a connection has 4 MB of pages at hand, not 2."""
_NORMAL = 1
"""`synchronous`, as SQLite numbers it."""
_ADDRESSES = 'write "sqlite:////path/to/file" or "postgresql://user@host/database"'
_IN_UTF8 = "createdb --encoding=UTF8 --template=template0"


def opened_engine(url: str) -> Engine:
    """A database, as yet as it is. Raises StoreAddressError."""
    try:
        parsed = make_url(url)
        kind = parsed.get_backend_name()
        if kind == "sqlite":
            return _sqlite(url, parsed.database)
        if kind != "postgresql":
            raise StoreAddressError(f"[store] url: {kind} is not supported; {_ADDRESSES}")
        return _postgresql(parsed)
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise StoreAddressError(f"[store] url is not a database address; {_ADDRESSES}") from None
    except ImportError as error:
        raise StoreAddressError(
            f"the database driver is missing ({error.name}): pip install 'inbox-monitor[postgresql]'"
        ) from None


def _postgresql(url: URL) -> Engine:
    if "@" in (url.host or ""):  # it would be looked up, and named in each error
        raise StoreAddressError("[store] url: write %40 for an @ in the password, or leave the password to ~/.pgpass")
    words = {name: word for name, word in _PATIENCE.items() if name not in url.query}
    words |= {"application_name": f"inbox-monitor {os.getpid()}"}
    # Whatever the database's own default: who has waited for the one writer must see what that one wrote.
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        isolation_level="READ COMMITTED",
        pool_pre_ping=True,
        max_overflow=MOST_SPARE,
        connect_args=words,
    )

    @event.listens_for(engine, "connect", insert=True)  # before SQLAlchemy asks what it could not read
    def _on_connect(raw: Any, _record: object) -> None:
        if (found := raw.info.parameter_status("server_encoding")) != "UTF8":
            raw.close()
            raise StoreError(f"the database cannot hold all mail, it is in {found}; make it anew with {_IN_UTF8}")
        # A date of the last day of the year 9999 could not be read back east of Greenwich. Not among the `options` of
        # the connection: these are the administrator's.
        raw.autocommit = True
        raw.execute("SET TIME ZONE 'UTC'").close()
        raw.autocommit = False

    return engine


def _sqlite(url: str, database: str | None) -> Engine:
    if database and database != ":memory:":
        path = Path(database)
        try:
            for folder in reversed([f for f in path.parents if not f.exists()]):
                folder.mkdir(exist_ok=True, mode=0o700)  # `parents` would make those between by the umask
            _make(path)
        except OSError as error:
            raise StoreError(
                f"{path}: {error.strerror}; the service needs to write there, or set [store] url"
            ) from None
    engine = create_engine(
        url, connect_args={"timeout": BUSY_SECONDS}, json_serializer=to_json, json_deserializer=from_json
    )

    @event.listens_for(engine, "connect")
    def _on_connect(raw: Any, _record: object) -> None:
        # The driver must not begin transactions by itself: it would begin DEFERRED ones, and a read that
        # turns into a write then fails at once instead of waiting (failures.md §1).
        raw.isolation_level = None
        for pragma in _PRAGMAS:
            raw.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        _wait_for_the_disk(connection, not options.get("retold"))
        if not options.get("alone"):
            connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writer") else "BEGIN")

    return engine


def _wait_for_the_disk(connection: Connection, always: bool) -> None:
    """Whether the COMMIT of the transaction that begins waits for the disk, as it does `always` but where told not to.

    In WAL mode a commit with synchronous=NORMAL survives the end of the process, and may be undone by a power cut; the
    file stays whole, and checkpoints wait for the disk as ever (sqlite.org/pragma.html#pragma_synchronous). A later
    commit with FULL syncs the whole log, and who reads it after a power cut ends at the first frame that is not there
    (sqlite.org/fileformat2.html#walformat): none is ever kept without those before it. Said at the beginning, for
    within a transaction SQLite lets nobody change it, and so that no fault in between leaves it as it was.
    """
    known, raw = connection.info, connection.connection.dbapi_connection
    if raw is None or always == ("usually" not in known):
        return
    if always:
        raw.execute(f"PRAGMA synchronous={known['usually']}").close()
        del known["usually"]
    else:
        known["usually"] = raw.execute("PRAGMA synchronous").fetchone()[0]
        raw.execute(f"PRAGMA synchronous={min(known['usually'], _NORMAL)}").close()


def _make(path: Path) -> None:
    """Made before SQLite does, so that nobody else may ever read it (failures.md §7). Raises OSError.

    What root makes in the folder of the service belongs to the service: who looks by hand must not lock it out.
    """
    try:
        # Only a file that is new is given away, never one that a link in that folder leads to (O_EXCL, open(2)).
        file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    except FileExistsError:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        return
    try:
        owner = path.parent.stat()
        if os.geteuid() == 0 and owner.st_uid != 0:
            os.fchown(file, owner.st_uid, owner.st_gid)
    finally:
        os.close(file)
