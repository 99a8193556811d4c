"""What the report counts of conversations that are not kept any more; settled letters are emptied.

Revision: 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from monitor.store.column_types import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """The text of a letter is of no use once it was sent, refused or withdrawn; it names people."""
    op.create_table(
        "past_waits",
        sa.Column("id", ID, nullable=False),
        sa.Column("wait", ID, nullable=False),
        sa.Column("conversation", ID, nullable=False),
        sa.Column("mailboxes", JSON, nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        *(sa.Column(name, UtcDateTime(), nullable=False) for name in ("opened_at", "due_at")),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("answered_in", sa.String(length=254), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("evidence", sa.String(length=20), nullable=True),
        sa.Column("first", sa.Boolean(), nullable=False),
        sa.Column("known_until", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_past_waits")),
    )
    op.create_index("ix_past_waits_due_at", "past_waits", ["due_at"])
    op.create_index("ix_past_waits_answered_at", "past_waits", ["answered_at"])
    op.create_table(
        "past_mail",
        sa.Column("id", ID, nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("mailboxes", JSON, nullable=False),
        sa.Column("rule", sa.String(length=40), nullable=True),
        sa.Column("cites", sa.String(length=6), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_past_mail")),
    )
    op.create_index("ix_past_mail_received_at", "past_mail", ["received_at"])
    op.create_index("ix_waits_opener", "waits", ["opener"])
    op.create_index("ix_waits_answered_by", "waits", ["answered_by"])
    letters = sa.table("letters", sa.column("state"), sa.column("subject"), sa.column("body", sa.LargeBinary))
    op.execute(letters.update().where(letters.c.state != "pending").values(subject="", body=b""))


def downgrade() -> None:
    """What is not kept any more cannot come back."""
    raise NotImplementedError("go back by a backup of the store")
