"""FLOOR 1. Indexes of some rows of a table: who writes one of the others does not pay for them."""

from sqlalchemy import Index, text


def index_where(condition: str, name: str, *columns: str) -> Index:
    """An index of the rows for which `condition` holds.

    A query names this condition as it stands here, or SQLite does not take the index (sqlite.org/partialindex.html).
    """
    return Index(name, *columns, sqlite_where=text(condition), postgresql_where=text(condition))


def index_of_given(name: str, *columns: str) -> Index:
    """An index of the rows that hold something in its first column: most are written while that is still empty.

    Both databases take it for whatever compares that column, also where they check a foreign key.
    """
    return index_where(f"{columns[0]} IS NOT NULL", name, *columns)
