"""FLOOR 1. The database: opened, migrated, and handed out as transactions. SQLite by default, PostgreSQL by URL."""

import json
import secrets
import threading
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import (
    ARRAY,
    BindParameter,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Engine,
    Table,
    Text,
    any_,
    bindparam,
    func,
    inspect,
    select,
)
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.pool import QueuePool
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.visitors import InternalTraversal

from monitor.store.errors import RowError as RowError  # who asks the store finds here what it raises
from monitor.store.errors import StoreAddressError as StoreAddressError
from monitor.store.errors import StoreError as StoreError
from monitor.store.errors import database_errors as database_errors
from monitor.store.making import VERSION, make_schema
from monitor.store.opening import opened_engine
from monitor.store.tables import settings

if TYPE_CHECKING:
    from sqlalchemy.dialects.postgresql import Insert as PgInsert

IDLE_SECONDS = 60
"""So long a writer on PostgreSQL that was suspended, or cut off, in the middle of a transaction keeps the others out.
Then the database ends its session."""
_WRITER_LOCK = 0x1B0  # any number: one writer at a time on PostgreSQL, as BEGIN IMMEDIATE gives on SQLite
_MIGRATIONS = Path(__file__).parent / "migrations"


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
    def writing(self, retold: bool = False) -> Iterator[Connection]:
        """The one writing transaction at a time; committed at the end, or rolled back whole. Raises StoreError.

        Within `together` it is part of that. `retold`: a power cut may undo it, until the next other one is committed,
        for a later round tells the same again; so on SQLite it does not wait for the disk (opening.py).
        """
        if (outer := getattr(self._together, "connection", None)) is not None:
            yield outer
            return
        options = {"writer": True, "retold": retold}
        with database_errors(), self.engine.connect().execution_options(**options) as connection, connection.begin():
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

    def give_back(self) -> None:
        """What the idle connections of SQLite keep of its file in memory: up to 4 MB each. The next look reads it anew
        (sqlite.org/pragma.html#pragma_shrink_memory). Raises StoreError."""
        if self.is_sqlite and isinstance(self.engine.pool, QueuePool):
            with ExitStack() as held:
                for _ in range(self.engine.pool.checkedin()):
                    held.enter_context(self.reading()).exec_driver_sql("PRAGMA shrink_memory")

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
        with ExitStack() as at_a_fault:
            at_a_fault.callback(engine.dispose)
            migrate(engine)
            at_a_fault.pop_all()
    store = Store(engine)
    store.letter_key = _letter_key(store)
    return store


def migrate(engine: Engine, to: str = "head") -> None:
    """Bring the schema up to date, or up to a revision; writes nothing where it is.

    Raises StoreError where a newer version of ours has used it.
    """
    newest = newest_revision()
    with engine.connect() as connection:
        found = revision(connection)
    if found == newest:
        return
    if found is not None and found > newest:
        raise StoreError(f"the store is of a newer inbox-monitor (schema {found}): update this one")
    if found is None and to == "head":
        with engine.connect().execution_options(writer=True) as connection, connection.begin():
            if make_schema(connection, newest):
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
    if not inspect(connection).has_table(VERSION):
        return None
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()


def among(column: Column[Any], values: Collection[Any], connection: Connection) -> ColumnElement[bool]:
    """`column IN values` as one bound parameter: one statement, whatever the number of values."""
    if connection.dialect.name == "sqlite":
        # json_each reads the list, so that no limit on the number of parameters applies.
        return column.op("IN", is_comparison=True, return_type=_BOOLEAN)(_Listed(json.dumps(list(values))))
    return column == any_(bindparam(None, list(values), type_=ARRAY(column.type)))


class _Listed(ColumnElement[Any]):
    """The values of a JSON list, for SQLite. Made of a function's rows by SQLAlchemy's own means, it took longer to say
    than to run."""

    _traverse_internals = [("listed", InternalTraversal.dp_clauseelement)]  # noqa: RUF012  # as SQLAlchemy wants it

    def __init__(self, listed: str) -> None:
        self.listed: BindParameter[str] = bindparam(None, listed, type_=_TEXT, unique=True)


@compiles(_Listed, "sqlite")
def _written(element: _Listed, compiler: SQLCompiler, **more: Any) -> str:
    listed = compiler.process(element.listed, **more)
    return f"(SELECT value FROM json_each({listed}))"  # noqa: S608  # a placeholder


_BOOLEAN, _TEXT = Boolean(), Text()


def inserting(table: Table, connection: Connection) -> "PgInsert | SqliteInsert":
    """An INSERT that may be told what to do on a conflict: said alike for both databases, in two classes."""
    if connection.dialect.name == "sqlite":
        return SqliteInsert(table)
    from sqlalchemy.dialects.postgresql import Insert as PgInsert  # not above: a process on SQLite does without it

    return PgInsert(table)


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
