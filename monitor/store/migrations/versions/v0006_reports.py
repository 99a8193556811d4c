"""What reports counted, and what was said of it later; how the ball moved in each wait.

Revision: 0006
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from monitor.store.column_types import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Waits learn all their handoffs. They are folded again at the next round, as only the last one was kept."""
    # Not in batch mode, which makes a table anew: for SQLite its rows are deleted then, and their reminders with them.
    op.add_column("waits", sa.Column("handoffs", JSON, nullable=True))
    op.add_column("past_waits", sa.Column("handoffs", JSON, nullable=True))
    array = "json_array(json(handoff))" if op.get_bind().dialect.name == "sqlite" else "jsonb_build_array(handoff)"
    op.execute(f"UPDATE waits SET handoffs = {array} WHERE CAST(handoff AS text) <> 'null'")  # noqa: S608  # no value
    op.drop_column("waits", "handoff")
    op.execute("DELETE FROM settings WHERE name = 'rules'")
    op.add_column("acts", sa.Column("letter_at", UtcDateTime(), nullable=True))
    # All that reports ask of the mail of some weeks: most rows are kilobytes, and need not be read then.
    columns = ["received_at", "direction", "wants_reply", "rule", "from_address"]
    op.create_index("ix_messages_received_at", "messages", columns)
    begins = sa.text("direction = 'outgoing' AND in_reply_to = '[]' AND \"references\" = '[]'")
    op.create_index("ix_messages_begins", "messages", ["received_at"], sqlite_where=begins, postgresql_where=begins)
    # Who answers whose mail is asked in every round: a seek for each pair of mailboxes, not a walk over all waits.
    op.drop_index("ix_waits_answered_in_answered_at", "waits")
    columns = ["answered_in", "mailbox", "answered_at"]
    op.create_index("ix_waits_answered_in_mailbox_answered_at", "waits", columns)
    op.create_table(
        "counted",
        sa.Column("week", sa.String(length=8), nullable=False),
        sa.Column("wait", ID, autoincrement=False, nullable=False),
        sa.Column("told_in", sa.String(length=8), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("met", sa.Boolean(), nullable=True),
        sa.Column("opener", ID, nullable=True),
        sa.PrimaryKeyConstraint("week", "wait", "told_in", name=op.f("pk_counted")),
    )
    op.create_index("ix_counted_wait", "counted", ["wait"])
    op.create_index("ix_counted_told_in", "counted", ["told_in"])
    op.create_index("ix_past_waits_wait", "past_waits", ["wait"])
    op.create_table(
        "restated",
        sa.Column("week", sa.String(length=8), nullable=False),
        sa.Column("told_in", sa.String(length=8), nullable=False),
        sa.Column("told_at", UtcDateTime(), nullable=False),
        sa.Column("figures", JSON, nullable=False),
        sa.PrimaryKeyConstraint("week", "told_in", name=op.f("pk_restated")),
    )


def downgrade() -> None:
    """What reports said would be lost."""
    raise NotImplementedError("go back by a backup of the store")
