"""Indexes that a batch of mails does not write all over: a subject is looked for by fortnights; of all senders none is
kept but those for whom a machine answered.

Revision: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_RULES = (
    "automatic.answers-letter", "automatic.auto-submitted", "automatic.autoreply-field", "automatic.null-return-path",
    "automatic.precedence", "automatic.quick-reply", "automatic.weak-signs",
)  # fmt: skip
_SECONDS = {
    "sqlite": "CAST(strftime('%s', received_at) AS INTEGER) / 1209600",
    "postgresql": "floor(extract(epoch FROM received_at) / 1209600)",
}


def upgrade() -> None:
    """Not in batch mode, which makes a table anew: for SQLite its rows are deleted then, and what hangs on them."""
    op.drop_index("ix_messages_subject_key", "messages")
    op.drop_index("ix_messages_from_address_received_at", "messages")
    op.add_column("messages", sa.Column("fortnight", sa.Integer(), nullable=False, server_default=sa.text("0")))
    op.execute(f"UPDATE messages SET fortnight = {_SECONDS[op.get_bind().dialect.name]}")  # noqa: S608  # no value
    op.create_index("ix_messages_subject_key", "messages", ["fortnight", "subject_key", "received_at"])
    responds = sa.text(f"rule IN ({', '.join(repr(rule) for rule in _RULES)})")
    columns = ["from_address", "received_at"]
    op.create_index("ix_messages_responds", "messages", columns, sqlite_where=responds, postgresql_where=responds)


def downgrade() -> None:
    """As for all others."""
    raise NotImplementedError("go back by a backup of the store")
