"""Indexes without the rows that nobody looks for by them; a subject is looked for within its two weeks.

Revision: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_INDEXES = {
    "ix_conversations_lead": ("conversations", ["lead"]),
    "ix_conversations_tied_to": ("conversations", ["tied_to"]),
    "ix_waits_answered_in_mailbox_answered_at": ("waits", ["answered_in", "mailbox", "answered_at"]),
    "ix_waits_answered_by": ("waits", ["answered_by"]),
    "ix_waits_also_answered_by": ("waits", ["also_answered_by"]),
}


def upgrade() -> None:
    """Made anew: no table is copied, so that what hangs on its rows stays."""
    for name, (table, columns) in _INDEXES.items():
        given = sa.text(f"{columns[0]} IS NOT NULL")
        op.drop_index(name, table)
        op.create_index(name, table, columns, sqlite_where=given, postgresql_where=given)
    seeks = sa.text("seeks")
    for name, where in {"ix_messages_subject_key": None, "ix_messages_seeks": seeks}.items():
        op.drop_index(name, "messages")
        columns = ["subject_key", "received_at"]
        op.create_index(name, "messages", columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    """As for all others."""
    raise NotImplementedError("go back by a backup of the store")
