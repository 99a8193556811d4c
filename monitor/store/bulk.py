"""FLOOR 1. Many rows written by one statement, made from the tables: a batch costs little more than its rows.

SQLAlchemy binds each value of each row by itself, which takes longer than the database needs to write them. SQLite gets
tuples, whose values are turned here, but for whole rows, which hold text already; PostgreSQL one JSON text of all rows,
which it reads by itself (json_to_recordset, PostgreSQL manual §9.16). Both by the connection, in its transaction, seen
by its listeners.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    JSON,
    Boolean,
    ColumnElement,
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

from monitor.store.column_types import Id, Json, UtcDateTime, json_of_rows, json_text
from monitor.store.errors import RowError
from monitor.store.tables import AnyRow

AnyValues = Mapping[str, Any]
Values = tuple[Any, ...]
Names = tuple[str, ...]
KEY = "row"
"""Under this name a change holds the `id` of the row that it is of."""

_SQLITE = sqlite.dialect()
_ROWS = "rows"


def insert_all(connection: Connection, table: Table, rows: Sequence[AnyValues]) -> None:
    """Insert rows; each names the same columns, and others get NULL. JSON that is None is NULL. Raises RowError."""
    if rows:
        _run(connection, _inserting, _Shape(table, tuple(rows[0])), _unnamed(rows))


def insert_whole(connection: Connection, table: Table, rows: Sequence[Values], anew: Names = ()) -> None:
    """Insert rows that are the values of all columns, in their order. Moments and JSON are text (core/texts.py).

    Where the primary key is there, only the columns `anew` are written; no two of them may have one key then.
    Raises RowError.
    """
    if rows:
        _run(connection, _inserting, _Shape(table, tuple(table.c.keys()), anew, as_text=True), rows)


def change_all(connection: Connection, table: Table, rows: Sequence[AnyValues]) -> None:
    """Write these columns of the rows whose `id` they hold under KEY; all name the same. Raises RowError."""
    if rows:
        _run(connection, _changing, _Shape(table, tuple(rows[0])), _unnamed(rows))


def _unnamed(rows: Sequence[AnyValues]) -> list[Values]:
    """Their values, in the order of the first. Nearly all rows name their columns in one order, so that their values
    need not be looked up one by one."""
    usual = [*rows[0]]
    return [tuple(row.values() if [*row] == usual else [row[name] for name in usual]) for row in rows]


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


class _Shape(NamedTuple):
    """What rows of a table name; of them `anew` is written where one is there. `as_text`: moments and JSON are text."""

    table: Table
    names: Names
    anew: Names = ()
    as_text: bool = False


_Making = Callable[[_Shape, bool], Insert | Update]


def _run(connection: Connection, making: _Making, shape: _Shape, rows: Sequence[Values]) -> None:
    try:
        if connection.dialect.name == "sqlite":
            form = _form(making, shape)
            connection.exec_driver_sql(form.text, form.turned(rows))
        else:
            named = [dict(zip(shape.names, row, strict=True)) for row in rows]
            connection.execute(_statement(making, shape), {_ROWS: json_of_rows(named)})
    except (ValueError, OverflowError) as error:  # what cannot even be handed over: a lone surrogate, 2**70
        raise RowError(f"the store does not take this ({error})") from error


@dataclass(frozen=True, slots=True)
class _Form:
    """A statement for SQLite's driver, and how a row becomes its parameters."""

    text: str
    names: Names
    turns: tuple[tuple[str, Callable[[Any], Any] | None], ...]

    def turned(self, rows: Sequence[Values]) -> Sequence[Values]:
        """The parameters of each row. Turned column by column: most of that is done in C."""
        if self.turns == tuple((name, None) for name in self.names):
            return rows
        columns = dict(zip(self.names, zip(*rows, strict=True), strict=True))
        turned = [columns[name] if turn is None else map(turn, columns[name]) for name, turn in self.turns]
        return list(zip(*turned, strict=True))


@lru_cache(maxsize=128)
def _form(making: _Making, shape: _Shape) -> _Form:
    compiled = making(shape, True).compile(dialect=_SQLITE)
    order = compiled.positiontup or ()
    turns = [(name, None if shape.as_text else _turn(shape.table, name)) for name in order]
    return _Form(str(compiled), shape.names, tuple(turns))


def _turn(table: Table, name: str) -> Callable[[Any], Any] | None:
    type_ = Id if name == KEY else table.c[name].type
    if isinstance(type_, Json):
        return json_text
    return None if isinstance(type_, Boolean) else type_.bind_processor(_SQLITE)


@lru_cache(maxsize=128)
def _statement(making: _Making, shape: _Shape) -> Insert | Update:
    return making(shape, False)


def _inserting(shape: _Shape, for_sqlite: bool) -> Insert | Update:
    table, names, anew, _ = shape
    if for_sqlite:
        lite = sqlite.insert(table).values({name: bindparam(name) for name in names})
        return lite.on_conflict_do_update(set_={n: lite.excluded[n] for n in anew}) if anew else lite
    from sqlalchemy.dialects.postgresql import Insert as PgInsert  # not above: a process on SQLite does without it

    given = _given(shape)
    read = select(*(_read(shape, name, given.c[name]) for name in names))
    full = PgInsert(table).from_select(names, read, include_defaults=False)
    keys = [key.name for key in table.primary_key]
    return full.on_conflict_do_update(index_elements=keys, set_={n: full.excluded[n] for n in anew}) if anew else full


def _changing(shape: _Shape, for_sqlite: bool) -> Insert | Update:
    table = shape.table
    given = {name: bindparam(name) for name in shape.names} if for_sqlite else dict(_given(shape).c)
    changed = update(table).where(table.c.id == given[KEY])
    return changed.values({name: value for name, value in given.items() if name != KEY})


def _given(shape: _Shape) -> TableValuedAlias:
    """The rows as PostgreSQL reads them: values with the types of the columns they are for, or text."""
    types = {name: shape.table.c[name].type for name in shape.names if name != KEY}
    if shape.as_text:
        types |= {name: Text() for name, type_ in types.items() if isinstance(type_, UtcDateTime | Json)}
    columns = [column(name, types.get(name, Id)) for name in shape.names]
    told = func.json_to_recordset(cast(bindparam(_ROWS, type_=Text), JSON))
    return told.table_valued(*columns).render_derived(with_types=True)


def _read(shape: _Shape, name: str, given: ColumnElement[Any]) -> ColumnElement[Any]:
    """What is text as the value it stands for; that a moment is in UTC its text does not say."""
    type_ = shape.table.c[name].type
    if not (shape.as_text and isinstance(type_, UtcDateTime | Json)):
        return given
    return cast(given.concat("Z") if isinstance(type_, UtcDateTime) else given, type_)
