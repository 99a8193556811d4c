"""What staff say by hand: acts, the mails that bring them, the lines of letters they point at; who writes when.

Revision: 0005
"""

import sqlalchemy as sa
from alembic import op

from monitor.store.column_types import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Waits learn until when they are snoozed and which second answer there was; letters learn their token."""
    _acts()
    op.create_table(
        "heard",
        sa.Column("message_id", sa.String(length=255), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("who", sa.String(length=254), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_heard")),
    )
    op.create_index("ix_heard_who_at", "heard", ["who", "at"])
    op.create_table(
        "letter_lines",
        sa.Column("letter", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("message", ID, nullable=False),
        sa.ForeignKeyConstraint(["letter"], ["letters.id"], name=op.f("fk_letter_lines_letter"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["message"], ["messages.id"], name=op.f("fk_letter_lines_message"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("letter", "position", name=op.f("pk_letter_lines")),
    )
    op.create_index("ix_letter_lines_message", "letter_lines", ["message"])
    op.create_index("ix_messages_from_address_received_at", "messages", ["from_address", "received_at"])
    # Not in batch mode, which makes a table anew: for SQLite its rows are deleted then, and their reminders with them.
    op.add_column("waits", sa.Column("snoozed_until", UtcDateTime(), nullable=True))
    op.add_column("waits", sa.Column("also_answered_by", ID, nullable=True))
    op.create_index("ix_waits_also_answered_by", "waits", ["also_answered_by"])
    op.add_column("letters", sa.Column("token", sa.String(length=20), nullable=True))
    op.create_index("ix_letters_token", "letters", ["token"])


def _acts() -> None:
    op.create_table(
        "acts",
        sa.Column("id", ID, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("heard_at", UtcDateTime(), nullable=True),
        sa.Column("who", sa.String(length=254), nullable=False),
        sa.Column("via", sa.String(length=8), nullable=False),
        sa.Column("batch", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("message", ID, nullable=False),
        sa.Column("until", UtcDateTime(), nullable=True),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("person", sa.String(length=254), nullable=False),
        sa.Column("undone_at", UtcDateTime(), nullable=True),
        sa.Column("undone_by", sa.String(length=254), nullable=True),
        sa.ForeignKeyConstraint(["message"], ["messages.id"], name=op.f("fk_acts_message"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acts")),
    )
    op.create_index("ix_acts_message", "acts", ["message"])
    op.create_index("ix_acts_who_at", "acts", ["who", "at"])
    op.create_index("ix_acts_batch", "acts", ["batch"])


def downgrade() -> None:
    """What was said by hand would be lost."""
    raise NotImplementedError("go back by a backup of the store")
