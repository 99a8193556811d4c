"""FLOOR 1. How Alembic runs here: on the connection it is handed, the whole upgrade in one transaction."""

from alembic import context
from sqlalchemy import Connection, func, select

import monitor.store.acting_tables  # its tables are part of the schema
import monitor.store.report_tables
import monitor.store.sharing_tables  # noqa: F401  # the same
from monitor.store.tables import metadata


def run(connection: Connection) -> None:
    """Upgrade on this connection. On PostgreSQL two daemons that start at once wait for each other."""
    context.configure(
        connection=connection, target_metadata=metadata, render_as_batch=True, transactional_ddl=True, compare_type=True
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(1)))
        context.run_migrations()
    connection.commit()


run(context.config.attributes["connection"])
