"""FLOOR 1. What was deleted must not be found in the files either.

SQLite overwrites what it deletes (PRAGMA secure_delete), but a page that was rearranged may keep old bytes, and so does
the write-ahead log until it is emptied; only VACUUM writes the file anew (sqlite.org/lang_vacuum.html). PostgreSQL
keeps dead rows until VACUUM, and VACUUM FULL writes the tables anew.
"""

from sqlalchemy.exc import OperationalError

from monitor.store.store import Store
from monitor.store.tables import metadata

SMALL = 256 * 1024 * 1024
"""Octets of a SQLite file that is written anew each day when something went; a larger one would block too long."""


def wipe(store: Store, whole: bool) -> bool:
    """Make what was deleted unreadable; `whole`: write everything anew. False: others held it open; try again later.

    Needs no transaction, and waits for those that run.
    """
    return _wipe_sqlite(store, whole) if store.is_sqlite else _vacuum(store, whole)


def is_small(store: Store) -> bool:
    """Whether writing everything anew takes no longer than a round may stand still."""
    if not store.is_sqlite:
        return False
    with store.reading() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        size = connection.exec_driver_sql("PRAGMA page_size").scalar_one()
    return bool(pages * size <= SMALL)


def _wipe_sqlite(store: Store, whole: bool) -> bool:
    with store.alone() as connection:
        try:
            if whole:
                connection.exec_driver_sql("VACUUM")
            busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar()
        except OperationalError as error:
            if "locked" not in str(error.orig):
                raise
            return False
    return not busy


def _vacuum(store: Store, whole: bool) -> bool:
    how = "FULL" if whole else "ANALYZE"
    with store.alone() as connection:
        for table in metadata.sorted_tables:
            connection.exec_driver_sql(f'VACUUM ({how}) "{table.name}"')
    return True
