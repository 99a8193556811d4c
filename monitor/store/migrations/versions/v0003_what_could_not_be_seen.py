"""When a mailbox could not be seen, since when it can be read again, and whose clock runs before ours.

Revision: 0003
"""

import sqlalchemy as sa
from alembic import op

from monitor.store.column_types import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing is known of earlier spells: they begin to be noted now."""
    op.create_table(
        "blind",
        sa.Column("mailbox", sa.String(length=254), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("mailbox", "since", name=op.f("pk_blind")),
    )
    op.create_index("ix_blind_until", "blind", ["until"])
    op.add_column("mailboxes", sa.Column("readable_since", UtcDateTime(), nullable=True))
    op.add_column("mailboxes", sa.Column("ahead_by", sa.Integer(), nullable=True))
    op.add_column("mailboxes", sa.Column("ahead_since", UtcDateTime(), nullable=True))


def downgrade() -> None:
    """What was noted of blind spells would be lost."""
    raise NotImplementedError("go back by a backup of the store")
