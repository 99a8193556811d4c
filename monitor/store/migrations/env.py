"""FLOOR 1. How Alembic runs here: on the connection it is handed, the whole upgrade in one transaction."""

from alembic import context
from sqlalchemy import Connection

from monitor.store.making import lock_schema
from monitor.store.tables import metadata


def run(connection: Connection) -> None:
    """Upgrade on this connection. On PostgreSQL two daemons that start at once wait for each other."""
    context.configure(
        connection=connection, target_metadata=metadata, render_as_batch=True, transactional_ddl=True, compare_type=True
    )
    with context.begin_transaction():
        lock_schema(connection)
        context.run_migrations()
    connection.commit()


run(context.config.attributes["connection"])
