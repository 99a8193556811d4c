"""Several daemons share the mailboxes of one database.

Revision: 0007
"""

import sqlalchemy as sa
from alembic import op

from monitor.store.column_types import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Who works, and who holds what."""
    op.create_table(
        "daemons",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("lasting", sa.Boolean(), nullable=False),
        sa.Column("config", sa.String(length=64), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("renewed_at", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_daemons")),
    )
    op.create_table(
        "leases",
        sa.Column("place", sa.String(length=300), nullable=False),
        sa.Column("daemon", sa.String(length=32), nullable=True),
        sa.Column("term", sa.BigInteger(), nullable=False),
        sa.Column("claimed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["daemon"], ["daemons.id"], name=op.f("fk_leases_daemon"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_leases")),
    )
    op.create_index("ix_leases_daemon", "leases", ["daemon"])


def downgrade() -> None:
    """As for all others."""
    raise NotImplementedError("go back by a backup of the store")
