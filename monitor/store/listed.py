"""FLOOR 1. Statements that are made once, and told when they are run which values a column is to be among.

To make one with SQLAlchemy takes several times as long as SQLite needs to answer it, and a batch asks a dozen.
"""

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import ARRAY, BindParameter, Boolean, Column, ColumnElement, Dialect, Text, TypeDecorator, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.sql.visitors import InternalTraversal
from sqlalchemy.types import TypeEngine


def listed(column: Column[Any], name: str) -> ColumnElement[bool]:
    """`column IN` the values that the statement is given under `name`: one parameter, whatever their number.

    As store.among, for a statement that is kept. Several may share one name.
    """
    return _Listed(column, name)


class _Values(TypeDecorator[Collection[Any]]):
    """Many values of one type as one parameter: a JSON list for SQLite, an array for PostgreSQL."""

    impl = Text
    cache_ok = True

    def __init__(self, of: TypeEngine[Any]) -> None:
        super().__init__()
        self.of = of

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """As each database takes them."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else ARRAY(self.of))

    def process_bind_param(self, value: Collection[Any] | None, dialect: Dialect) -> Any:
        """Any collection; in its order, which does not matter."""
        return json.dumps(list(value or ())) if dialect.name == "sqlite" else list(value or ())


class _Listed(ColumnElement[bool]):
    _traverse_internals = [  # noqa: RUF012  # as SQLAlchemy wants it
        ("column", InternalTraversal.dp_clauseelement),
        ("values", InternalTraversal.dp_clauseelement),
    ]
    type = Boolean()

    def __init__(self, column: Column[Any], name: str) -> None:
        self.column = column
        self.values: BindParameter[Any] = bindparam(name, type_=_Values(column.type))

    def self_group(self, against: OperatorType | None = None) -> "_Listed":
        """As it stands: SQLAlchemy would compare it with 1, for a database that may know no booleans."""
        return self


@compiles(_Listed, "sqlite")
def _on_sqlite(element: _Listed, compiler: SQLCompiler, **more: Any) -> str:
    column, values = compiler.process(element.column, **more), compiler.process(element.values, **more)
    # json_each reads the list, so that no limit on the number of parameters applies.
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608  # a placeholder


@compiles(_Listed, "postgresql")
def _on_postgresql(element: _Listed, compiler: SQLCompiler, **more: Any) -> str:
    column, values = compiler.process(element.column, **more), compiler.process(element.values, **more)
    return f"{column} = ANY ({values})"
