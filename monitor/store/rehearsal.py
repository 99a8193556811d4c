"""FLOOR 1. A store to rehearse on: everything is done as ever, and in the end none of it has happened."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from monitor.store.store import Store, database_errors


class _Rehearsed(Store):
    """All of its transactions are parts of one that is never committed; for one thread."""

    def __init__(self, store: Store, connection: Connection) -> None:
        super().__init__(store.engine, store.letter_key)
        self._connection = connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Sees what was written in the rehearsal."""
        with database_errors():
            yield self._connection

    @contextmanager
    def writing(self, retold: bool = False) -> Iterator[Connection]:
        """Kept until the end of the rehearsal, or undone whole where it fails."""
        with database_errors(), self._connection.begin_nested():
            yield self._connection


@contextmanager
def rehearsal(store: Store) -> Iterator[Store]:
    """The same store for as long as this lasts: it holds the write lock, and is as before when it is over.

    Raises StoreError.
    """
    with store.writing() as connection:
        undo = connection.begin_nested()
        try:
            yield _Rehearsed(store, connection)
        finally:
            undo.rollback()
