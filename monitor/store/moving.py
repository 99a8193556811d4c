"""FLOOR 1. Moves a whole store into another, empty database: all of it or nothing, in constant memory.

Rows go as they lie there, JSON as its text, so that NULL and the JSON null stay apart. Each table is proved by its
count and by the sum of the digests of its rows, which needs no order (databases sort text differently).
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Table,
    Text,
    bindparam,
    cast,
    delete,
    exists,
    func,
    inspect,
    select,
)
from sqlalchemy.engine import make_url

import monitor.store.acting_tables  # its tables are moved too
import monitor.store.report_tables  # noqa: F401  # the same
from monitor.store.advice import advice
from monitor.store.column_types import Json
from monitor.store.lock import AlreadyRunning
from monitor.store.opening import opened_engine
from monitor.store.sharing_tables import daemons, leases
from monitor.store.store import Store, StoreError, database_errors, migrate, newest_revision, revision
from monitor.store.tables import metadata, settings

BATCH = 2_000
MODULUS = 2**128
"""Of the sum of digests: one forged to fit is not the danger here, a lost or changed row is."""

Tell = Callable[[str, int, int], None]


class NotEmpty(StoreError):  # noqa: N818  # it is a state of affairs, not an error of this program
    """Something is in the target already."""


@dataclass(frozen=True, slots=True)
class Moved:
    """How many rows of each table were moved."""

    rows: dict[str, int]


def move(source: Store, url: str, tell: Tell = lambda _what, _done, _all: None) -> Moved:
    """Copy everything from `source` to the database at `url`. Nobody may work on either; nothing else is changed.

    `tell` hears what is done, how many rows of how many. Raises StoreError (NotEmpty, AlreadyRunning, or one that
    says what went wrong); the target is left as empty as it was.
    """
    with database_errors():
        target = Store(opened_engine(url))
        try:
            _made_ready(target)
            # Nobody else writes meanwhile: commands such as `done` wait, or say that they cannot.
            with source.writing() as there, target.writing() as here:
                if daemons_live(there):
                    raise AlreadyRunning("daemons work on this store; stop them first, on all hosts")
                for connection in (there, here):  # one is idle while the other one works
                    if connection.dialect.name == "postgresql":
                        connection.execute(select(func.set_config("idle_in_transaction_session_timeout", "0", True)))
                _expect_empty(here)
                here.execute(delete(settings))
                return Moved(_copied(there, here, tell))
        finally:
            target.close()


def as_config(url: str) -> str:
    """The address as it may stand in a config: without a password."""
    # URL.set() takes None for "as it is".
    plain = make_url(url)._replace(password=None).difference_update_query(["password"])
    return plain.render_as_string(hide_password=False)


def daemons_live(connection: Connection) -> bool:
    """Whether a daemon holds part of a store on PostgreSQL."""
    if connection.dialect.name == "sqlite":
        return False
    return bool(connection.execute(select(exists().where(daemons.c.until >= func.clock_timestamp()))).scalar())


def _made_ready(target: Store) -> None:
    with target.reading() as connection:
        found = revision(connection)
        strangers = sorted(set(inspect(connection).get_table_names()) - {"alembic_version"}) if found is None else []
    if strangers:
        raise NotEmpty(f"the target holds tables of something else ({', '.join(strangers[:3])}): make a new database")
    if found is not None and found > newest_revision():
        raise NotEmpty(f"the target is of a newer inbox-monitor (schema {found}): update this one first")
    migrate(target.engine)
    with target.reading() as connection:
        _expect_empty(connection)  # and again when nobody else can write


def _expect_empty(here: Connection) -> None:
    """A store that was only opened has a key, and nothing signed with it yet: that is empty."""
    for table in metadata.sorted_tables:
        if table not in (settings, daemons) and here.execute(select(exists(select(1).select_from(table)))).scalar():
            raise NotEmpty(
                f"the target is not empty (table {table.name}); nothing was changed there: make a new database"
            )


def _copied(there: Connection, here: Connection, tell: Tell) -> dict[str, int]:
    tables = [table for table in metadata.sorted_tables if table not in (daemons, leases)]
    counts = {table: there.execute(select(func.count()).select_from(table)).scalar_one() for table in tables}
    done, all_ = 0, sum(counts.values()) * 2
    rows: dict[str, int] = {}
    for table in tables:
        sent, count = 0, 0
        for batch in _batches(there, table):
            _put(here, table, batch)
            sent += sum(map(_digest, batch))
            count += len(batch)
            tell("moving", done := done + len(batch), all_)
        came = 0
        for batch in _batches(here, table):
            came += sum(map(_digest, batch))
            tell("moving", done := done + len(batch), all_)
        if (sent - came) % MODULUS or count != counts[table]:
            raise StoreError(f"table {table.name} did not arrive as it was; nothing was changed")
        _go_on_counting(here, table)
        rows[table.name] = count
    return rows


def _batches(connection: Connection, table: Table) -> Iterator[Sequence[Any]]:
    """All rows as they lie there, some at a time."""
    columns = [cast(c, Text).label(c.name) if _is_json(c) else c for c in table.c]
    with connection.execute(select(*columns), execution_options={"yield_per": BATCH}) as result:
        for batch in result.partitions():
            yield [tuple(row) for row in batch]


def _put(connection: Connection, table: Table, rows: Sequence[Any]) -> None:
    if connection.dialect.name == "postgresql":
        try:
            _copy(connection, table, rows)
        except connection.dialect.loaded_dbapi.Error as error:  # past SQLAlchemy, which would have named it
            raise StoreError(f"table {table.name}: {advice(' '.join(str(error).split())[:200])}") from error
        return
    columns = [column.name for column in table.c]
    # Bound as what it is: text of JSON would be written as a JSON string, in quotes once more.
    bound = {c.name: bindparam(c.name, type_=Text() if _is_json(c) else c.type) for c in table.c}
    connection.execute(table.insert().values(bound), [dict(zip(columns, row, strict=True)) for row in rows])


def _copy(connection: Connection, table: Table, rows: Sequence[Any]) -> None:
    """By COPY: several times as fast as INSERT. Raises what the driver raises."""
    names = ", ".join(f'"{column.name}"' for column in table.c)
    raw: Any = connection.connection.driver_connection
    with raw.cursor() as cursor, cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as copy:
        for row in rows:
            copy.write_row(row)


def _is_json(column: Column[Any]) -> bool:
    return isinstance(column.type, Json)


def _go_on_counting(connection: Connection, table: Table) -> None:
    """Ids that the database gives go on after the highest there is. SQLite does so by itself."""
    column = table.autoincrement_column
    if connection.dialect.name == "sqlite" or column is None:
        return
    sequence = connection.execute(select(func.pg_get_serial_sequence(table.name, column.name))).scalar()
    last = connection.execute(select(func.max(column))).scalar()
    if sequence is not None and last is not None:
        connection.execute(select(func.setval(sequence, last)))


def _digest(row: Sequence[Any]) -> int:
    """The same for the same row in either database: JSON by what it says, not by how it is written."""
    told = repr([_plain(value) for value in row]).encode("utf-8", "backslashreplace")
    return int.from_bytes(hashlib.blake2b(told, digest_size=16).digest())


def _plain(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("[", "{"):
        try:
            return json.dumps(json.loads(value, parse_float=_number), sort_keys=True)
        except ValueError:
            return value
    return value


def _number(text: str) -> float | int:
    """PostgreSQL writes 1e3 as 1000."""
    number = float(text)
    return int(number) if number.is_integer() else number
