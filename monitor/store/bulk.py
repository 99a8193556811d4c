"""FLOOR 1. Many rows written by one statement, made from the tables: a batch costs little more than its rows.

SQLAlchemy binds each value of each row by itself, which takes longer than the database needs to write them. SQLite gets
tuples, whose values are turned here; PostgreSQL one JSON text of all rows, which it reads by itself
(json_to_recordset, PostgreSQL manual §9.16). Both by the connection, in its transaction, seen by its listeners.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Connection,
    Insert,
    Table,
    TableValuedAlias,
    Text,
    Update,
    bindparam,
    cast,
    column,
    func,
    select,
    update,
)
from sqlalchemy.dialects import sqlite

from monitor.store.column_types import Id, Json, json_of_rows, json_text
from monitor.store.errors import RowError
from monitor.store.tables import AnyRow

AnyValues = Mapping[str, Any]
KEY = "row"
"""Under this name a change holds the `id` of the row that it is of."""

_SQLITE = sqlite.dialect()
_ROWS = "rows"


def insert_all(connection: Connection, table: Table, rows: Sequence[AnyValues]) -> None:
    """Insert rows; each names the same columns, and others get NULL. JSON that is None is NULL. Raises RowError."""
    if rows:
        _run(connection, _inserting, table, tuple(rows[0]), (), rows)


def put_all(connection: Connection, table: Table, rows: Sequence[AnyValues], anew: tuple[str, ...]) -> None:
    """Insert rows; where the primary key is there, only the columns `anew` are written.

    No two of them may have one key. Raises RowError.
    """
    if rows:
        _run(connection, _inserting, table, tuple(rows[0]), anew, rows)


def change_all(connection: Connection, table: Table, rows: Sequence[AnyValues]) -> None:
    """Write these columns of the rows whose `id` they hold under KEY; all name the same. Raises RowError."""
    if rows:
        _run(connection, _changing, table, tuple(rows[0]), (), rows)


class Changes:
    """What is to be changed in rows of one table: of all of them the columns that differ in any of them.

    An index on a column that is written is written too, changed or not (sqlite.org/queryplanner.html): so the others
    are left out.
    """

    def __init__(self) -> None:
        self._found: list[tuple[int, AnyValues]] = []
        self._names: set[str] = set()

    def note(self, row: AnyRow, values: AnyValues) -> None:
        """What the row `row` should hold. Each row names the same columns."""
        stored = row._mapping
        names = [name for name, value in values.items() if stored[name] != value]
        if names:
            self._names.update(names)
            self._found.append((row.id, values))

    def rows(self) -> list[dict[str, Any]]:
        """As `change_all` takes them."""
        names = sorted(self._names)
        return [{KEY: id_, **{name: values[name] for name in names}} for id_, values in self._found]


_Making = Callable[[Table, tuple[str, ...], tuple[str, ...], bool], Insert | Update]


def _run(
    connection: Connection,
    making: _Making,
    table: Table,
    names: tuple[str, ...],
    anew: tuple[str, ...],
    rows: Sequence[AnyValues],
) -> None:
    try:
        if connection.dialect.name == "sqlite":
            form = _form(making, table, names, anew)
            connection.exec_driver_sql(form.text, form.tuples(rows))
        else:
            connection.execute(_statement(making, table, names, anew), {_ROWS: json_of_rows(rows)})
    except (ValueError, OverflowError) as error:  # what cannot even be handed over: a lone surrogate, 2**70
        raise RowError(f"the store does not take this ({error})") from error


@dataclass(frozen=True, slots=True)
class _Form:
    """A statement for SQLite's driver, and how a row becomes its parameters."""

    text: str
    pick: Callable[[AnyValues], tuple[Any, ...]]
    turns: tuple[tuple[int, Callable[[Any], Any]], ...]

    def tuples(self, rows: Sequence[AnyValues]) -> list[tuple[Any, ...]]:
        """The parameters of each row. Turned column by column: most of that is done in C."""
        columns: list[Iterable[Any]] = list(zip(*map(self.pick, rows), strict=True))
        for at, turn in self.turns:
            columns[at] = map(turn, columns[at])
        return list(zip(*columns, strict=True))


@lru_cache(maxsize=128)
def _form(making: _Making, table: Table, names: tuple[str, ...], anew: tuple[str, ...]) -> _Form:
    compiled = making(table, names, anew, True).compile(dialect=_SQLITE)
    order = tuple(compiled.positiontup or ())
    turns = [(at, _turn(table, name)) for at, name in enumerate(order)]
    pick = itemgetter(*order) if len(order) > 1 else lambda row: (row[order[0]],)
    return _Form(str(compiled), pick, tuple((at, turn) for at, turn in turns if turn is not None))


def _turn(table: Table, name: str) -> Callable[[Any], Any] | None:
    type_ = Id if name == KEY else table.c[name].type
    if isinstance(type_, Json):
        return json_text
    return None if isinstance(type_, Boolean) else type_.bind_processor(_SQLITE)


@lru_cache(maxsize=128)
def _statement(making: _Making, table: Table, names: tuple[str, ...], anew: tuple[str, ...]) -> Insert | Update:
    return making(table, names, anew, False)


def _inserting(table: Table, names: tuple[str, ...], anew: tuple[str, ...], for_sqlite: bool) -> Insert | Update:
    if for_sqlite:
        lite = sqlite.insert(table).values({name: bindparam(name) for name in names})
        return lite.on_conflict_do_update(set_={n: lite.excluded[n] for n in anew}) if anew else lite
    from sqlalchemy.dialects.postgresql import Insert as PgInsert  # not above: a process on SQLite does without it

    given = _given(table, names)
    full = PgInsert(table).from_select(names, select(*given.c), include_defaults=False)
    keys = [key.name for key in table.primary_key]
    return full.on_conflict_do_update(index_elements=keys, set_={n: full.excluded[n] for n in anew}) if anew else full


def _changing(table: Table, names: tuple[str, ...], _anew: tuple[str, ...], for_sqlite: bool) -> Insert | Update:
    given = {name: bindparam(name) for name in names} if for_sqlite else dict(_given(table, names).c)
    changed = update(table).where(table.c.id == given[KEY])
    return changed.values({name: value for name, value in given.items() if name != KEY})


def _given(table: Table, names: tuple[str, ...]) -> TableValuedAlias:
    """The rows as PostgreSQL reads them: values with the types of the columns they are for."""
    columns = [column(name, Id if name == KEY else table.c[name].type) for name in names]
    told = func.json_to_recordset(cast(bindparam(_ROWS, type_=Text), JSON))
    return told.table_valued(*columns).render_derived(with_types=True)
