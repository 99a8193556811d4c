"""FLOOR 1. How Alembic runs here: on the connection it is handed, the whole upgrade in one transaction."""

from alembic import context
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, select

import monitor.store.acting_tables  # its tables are part of the schema
import monitor.store.report_tables
import monitor.store.sharing_tables  # noqa: F401  # the same
from monitor.store.tables import metadata


def run(connection: Connection) -> None:
    """Upgrade on this connection. On PostgreSQL two daemons that start at once wait for each other.

    An empty database is made at once as it is now, and takes no part in history (Alembic's cookbook, "Building an Up to
    Date Database from Scratch"): a fifth of the time.
    """
    context.configure(
        connection=connection, target_metadata=metadata, render_as_batch=True, transactional_ddl=True, compare_type=True
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(1)))
        found = context.get_context()
        if context.config.attributes["at_once"] and not found.get_current_heads():
            metadata.create_all(connection, checkfirst=False)  # tables of somebody else are an error, as in migrations
            found.stamp(ScriptDirectory.from_config(context.config), "head")
        else:
            context.run_migrations()
    connection.commit()


run(context.config.attributes["connection"])
