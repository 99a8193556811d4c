"""FLOOR 1. Indexes of some rows of a table: who writes one of the others does not pay for them."""

from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateIndex

from monitor.core.absence import RESPONDERS

BEGINS = "direction = 'outgoing' AND in_reply_to = '[]' AND \"references\" = '[]'"
"""Mail of ours that answers nothing."""
RESPONDS = f"rule IN ({', '.join(repr(rule) for rule in sorted(RESPONDERS))})"
"""Mail of a machine that may answer for somebody who is away."""
CITES, STANDS_IN = "cites IS NOT NULL", "stands_in IS NOT NULL"
_CONDITION = "condition"


def index_where(condition: str, name: str, *columns: str) -> Index:
    """An index of the rows for which `condition` holds.

    A query names this condition as it stands here, or SQLite does not take the index (sqlite.org/partialindex.html).
    """
    return Index(name, *columns, sqlite_where=text(condition), info={_CONDITION: condition})


@compiles(CreateIndex, "postgresql")
def _created(create: CreateIndex, compiler: Any, **more: Any) -> str:
    """With its condition. As an argument of the index it would bring 2 MB of SQLAlchemy's knowledge of PostgreSQL into
    each process on SQLite."""
    if (condition := create.element.info.get(_CONDITION)) is not None:
        create.element.dialect_options["postgresql"]["where"] = text(condition)
    made: str = compiler.visit_create_index(create, **more)
    return made


def index_of_given(name: str, *columns: str) -> Index:
    """An index of the rows that hold something in its first column: most are written while that is still empty.

    Both databases take it for whatever compares that column, also where they check a foreign key.
    """
    return index_where(f"{columns[0]} IS NOT NULL", name, *columns)
