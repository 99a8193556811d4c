"""FLOOR 1. An empty database, made at once as it is now: history, and Alembic (12 MB), are for older ones."""

from sqlalchemy import Column, Connection, MetaData, PrimaryKeyConstraint, String, Table, func, insert, inspect, select

import monitor.store.acting_tables  # its tables are part of the schema
import monitor.store.report_tables
import monitor.store.sharing_tables  # noqa: F401  # the same
from monitor.store.tables import metadata

VERSION = "alembic_version"
_version = Table(
    VERSION,
    MetaData(),  # not among ours: the migrations do not know it
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)
"""Where Alembic remembers the revision: the table as it makes it (alembic.runtime.migration)."""

MIGRATING = 1
"""The advisory lock on PostgreSQL under which a schema changes: of two daemons that start at once one waits."""


def lock_schema(connection: Connection) -> None:
    """Until the end of this transaction nobody else changes the schema."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(MIGRATING)))


def make_schema(connection: Connection, revision: str) -> bool:
    """Make all tables, at this `revision`. False, and nothing is made, where somebody else has been faster.

    A table of somebody else that bears one of our names is an error of the database.
    """
    lock_schema(connection)
    if inspect(connection).has_table(VERSION):
        return False
    metadata.create_all(connection, checkfirst=False)
    _version.create(connection)
    connection.execute(insert(_version).values(version_num=revision))
    return True
