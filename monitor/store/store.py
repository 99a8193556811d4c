"""FLOOR 1. The database: opened, migrated, and handed out as transactions. SQLite by default, PostgreSQL by URL."""

import json
import os
import secrets
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Connection,
    Engine,
    Table,
    any_,
    bindparam,
    create_engine,
    event,
    func,
    inspect,
    select,
)
from sqlalchemy.dialects.postgresql import Insert as PgInsert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert
from sqlalchemy.engine import make_url
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    NoSuchModuleError,
    SQLAlchemyError,
    StatementError,
)

from monitor.store.advice import advice
from monitor.store.tables import settings

BUSY_SECONDS = 30
MOST_SPARE = 7
"""Connections beyond the five a pool keeps: eight looks, the round, and who renews our leases; two to spare."""
_PATIENCE: Mapping[str, Any] = {
    "connect_timeout": 10, "tcp_user_timeout": 20_000,
    "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3,
}  # fmt: skip
"""A database that a cut network hides is noticed within twenty seconds (libpq, "Parameter Key Words"), not after two
hours, unless the URL says otherwise."""
IDLE_SECONDS = 60
"""So long a writer on PostgreSQL that was suspended, or cut off, in the middle of a transaction keeps the others out.
Then the database ends its session."""
_WRITER_LOCK = 0x1B0  # any number: one writer at a time on PostgreSQL, as BEGIN IMMEDIATE gives on SQLite
_ADDRESSES = 'write "sqlite:////path/to/file" or "postgresql://user@host/database"'
_MIGRATIONS = Path(__file__).parent / "migrations"


class StoreError(Exception):
    """The database cannot be used; the text says why and what to do."""


class RowError(StoreError):
    """The database works, but will not take these rows."""


class StoreAddressError(StoreError):
    """The address of the database is wrong: no waiting mends that."""


class Fence(Protocol):
    """What a thread must still hold for what it writes (leases.py), where several daemons share the store."""

    def check(self, connection: Connection) -> None:
        """In a writing transaction. Raises StoreError where it was lost."""

    def expect(self) -> None:
        """Before something is sent. Raises StoreError where it may have been lost."""


class Store:
    """An open database. Safe to share between threads; every method takes or opens a transaction of its own."""

    def __init__(self, engine: Engine, letter_key: bytes = b"") -> None:
        self.engine = engine
        self.letter_key = letter_key
        self._together = threading.local()
        self._fences = threading.local()

    @property
    def is_sqlite(self) -> bool:
        """Whether it is one file with one writer."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads. Raises StoreError."""
        with database_errors(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """The one writing transaction at a time; committed at the end, or rolled back whole. Raises StoreError.

        Within `together` it is part of that.
        """
        if (outer := getattr(self._together, "connection", None)) is not None:
            yield outer
            return
        with database_errors(), self.engine.connect().execution_options(writer=True) as connection, connection.begin():
            if not self.is_sqlite:
                idle = func.set_config("idle_in_transaction_session_timeout", f"{IDLE_SECONDS}s", True)
                connection.execute(select(func.pg_advisory_xact_lock(_WRITER_LOCK), idle))
            if (fence := getattr(self._fences, "fence", None)) is not None:
                fence.check(connection)
            yield connection

    @contextmanager
    def together(self) -> Iterator[Connection]:
        """One writing transaction for all that this thread writes within: all of it or nothing. Raises StoreError."""
        with self.writing() as connection:
            self._together.connection = connection
            try:
                yield connection
            finally:
                self._together.connection = None

    @contextmanager
    def fenced(self, fence: Fence | None) -> Iterator[None]:
        """All that this thread writes within is written only while `fence` stands; None: in any case."""
        before = getattr(self._fences, "fence", None)
        self._fences.fence = fence
        try:
            yield
        finally:
            self._fences.fence = before

    def expect_fence(self) -> None:
        """Raises StoreError where what this thread must hold may have been lost meanwhile."""
        if (fence := getattr(self._fences, "fence", None)) is not None:
            fence.expect()

    @contextmanager
    def alone(self) -> Iterator[Connection]:
        """A connection outside of every transaction, as VACUUM wants it. Raises StoreError."""
        options: dict[str, Any] = {"alone": True} if self.is_sqlite else {"isolation_level": "AUTOCOMMIT"}
        with database_errors(), self.engine.connect().execution_options(**options) as connection:
            yield connection

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def open_store(url: str) -> Store:
    """Open the database at a SQLAlchemy `url`, bringing its schema up to date. Raises StoreError."""
    with database_errors():
        engine = opened_engine(url)
        migrate(engine)
    store = Store(engine)
    store.letter_key = _letter_key(store)
    return store


def migrate(engine: Engine, to: str = "head") -> None:
    """Bring the schema up to date, or up to a revision; writes nothing where it is."""
    with engine.connect() as connection:
        if revision(connection) == newest_revision():
            return
    # Not above: it takes longer to import than most commands take, and is needed once for each new version of ours.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    with engine.connect().execution_options(writer=True) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, to)


def newest_revision() -> str:
    """The newest revision of the schema: `0006` of `v0006_reports.py`."""
    return max(path.name[1:5] for path in (_MIGRATIONS / "versions").glob("v*.py"))


def revision(connection: Connection) -> str | None:
    """The revision a database is at; None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()


def among(column: Column[Any], values: Collection[Any], connection: Connection) -> ColumnElement[bool]:
    """`column IN values` as one bound parameter: one statement, whatever the number of values."""
    if connection.dialect.name == "sqlite":
        # json_each reads the list, so that no limit on the number of parameters applies.
        listed = func.json_each(json.dumps(list(values))).table_valued("value")
        return column.in_(select(listed.c.value))
    return column == any_(bindparam(None, list(values), type_=ARRAY(column.type)))


def inserting(table: Table, connection: Connection) -> PgInsert | SqliteInsert:
    """An INSERT that may be told what to do on a conflict: said alike for both databases, in two classes."""
    return SqliteInsert(table) if connection.dialect.name == "sqlite" else PgInsert(table)


def opened_engine(url: str) -> Engine:
    """A database, as yet as it is. Raises StoreAddressError."""
    try:
        parsed = make_url(url)
        kind = parsed.get_backend_name()
        if kind == "sqlite":
            return _sqlite(url, parsed.database)
        if kind != "postgresql":
            raise StoreAddressError(f"[store] url: {kind} is not supported; {_ADDRESSES}")
        # In UTC: a date of the last day of the year 9999 could not be read back east of Greenwich.
        words = {name: word for name, word in _PATIENCE.items() if name not in parsed.query}
        words |= {"options": "-c timezone=utc", "application_name": f"inbox-monitor {os.getpid()}"}
        url_ = parsed.set(drivername="postgresql+psycopg")
        return create_engine(url_, pool_pre_ping=True, max_overflow=MOST_SPARE, connect_args=words)
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise StoreAddressError(f"[store] url is not a database address; {_ADDRESSES}") from None
    except ImportError as error:
        raise StoreAddressError(
            f"the database driver is missing ({error.name}): pip install 'inbox-monitor[postgresql]'"
        ) from None


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
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS})

    @event.listens_for(engine, "connect")
    def _on_connect(raw: Any, _record: object) -> None:
        # The driver must not begin transactions by itself: it would begin DEFERRED ones, and a read that
        # turns into a write then fails at once instead of waiting (failures.md §1).
        raw.isolation_level = None
        for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL", "secure_delete=ON"):
            raw.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if not options.get("alone"):
            connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writer") else "BEGIN")

    return engine


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


def _letter_key(store: Store) -> bytes:
    """The key that signs our letters' ids: made once for each store, 256 random bits."""
    stored = select(settings.c.value).where(settings.c.name == "letter_key")
    with store.reading() as connection:  # who only reads waits for no writer
        row = connection.execute(stored).scalar()
    if row is None:
        with store.writing() as connection:
            row = connection.execute(stored).scalar()
            if row is None:
                row = secrets.token_hex(32)
                connection.execute(settings.insert().values(name="letter_key", value=row))
    return bytes.fromhex(row)


@contextmanager
def database_errors() -> Iterator[None]:
    """Database errors as one line that says what to do."""
    try:
        yield
    except (DataError, IntegrityError) as error:
        raise RowError(f"the store does not take this ({' '.join(str(error.orig).split())[:200]})") from error
    except DBAPIError as error:
        raise StoreError(advice(" ".join(str(error.orig).split())[:200])) from error
    except StatementError as error:  # a value that cannot even be handed over, such as a lone surrogate
        raise RowError(f"the store does not take this ({' '.join(str(error.orig).split())[:200]})") from error
    except SQLAlchemyError as error:
        raise StoreError(f"the store failed: {' '.join(str(error).split())[:200]}") from error
