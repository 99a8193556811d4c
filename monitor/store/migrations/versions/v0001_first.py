"""The first schema.

Revision: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from monitor.store.column_types import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Make all tables, those that others point to first."""
    _conversations()
    _letters()
    _mailboxes()
    _messages()
    _nodes()
    _reports()
    _settings()
    _folders()
    _notices()
    _waits()
    _reminders()
    _sightings()
    _troubles()


def downgrade() -> None:
    """There is nothing before it."""
    raise NotImplementedError("the first schema has no predecessor")


def _conversations() -> None:
    op.create_table(
        "conversations",
        sa.Column("number", ID, autoincrement=False, nullable=False),
        sa.Column("lead", ID, nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_conversations")),
    )
    op.create_index(op.f("ix_conversations_lead"), "conversations", ["lead"], unique=False)


def _letters() -> None:
    op.create_table(
        "letters",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("uncertain", sa.Boolean(), nullable=False),
        sa.Column("next_try_at", UtcDateTime(), nullable=False),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letters")),
        sa.UniqueConstraint("message_id", name=op.f("uq_letters_message_id")),
    )
    op.create_index("ix_letters_recipient_created_at", "letters", ["recipient", "created_at"], unique=False)
    op.create_index("ix_letters_state_next_try_at", "letters", ["state", "next_try_at"], unique=False)


def _mailboxes() -> None:
    op.create_table(
        "mailboxes",
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("first_as_of", UtcDateTime(), nullable=True),
        sa.Column("as_of", UtcDateTime(), nullable=True),
        sa.Column("looked_at", UtcDateTime(), nullable=True),
        sa.Column("outgoing_seen_at", UtcDateTime(), nullable=True),
        sa.Column("fault", sa.String(length=20), nullable=True),
        sa.Column("fault_text", sa.Text(), nullable=True),
        sa.Column("fault_since", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_mailboxes")),
    )


def _messages() -> None:
    op.create_table(
        "messages",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("conversation", ID, nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("from_name", sa.Text(), nullable=False),
        sa.Column("from_address", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("recipients", JSON, nullable=False),
        sa.Column("reply_to", JSON, nullable=False),
        sa.Column("in_reply_to", JSON, nullable=False),
        sa.Column("references", JSON, nullable=False),
        sa.Column("headers", JSON, nullable=False),
        sa.Column("direction", sa.String(length=10), nullable=True),
        sa.Column("wants_reply", sa.Boolean(), nullable=True),
        sa.Column("rule", sa.String(length=40), nullable=True),
        sa.Column("signals", JSON, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint("identity", name=op.f("uq_messages_identity")),
    )
    op.create_index(op.f("ix_messages_conversation"), "messages", ["conversation"], unique=False)


def _nodes() -> None:
    op.create_table(
        "nodes",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("conversation", ID, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nodes")),
    )
    op.create_index(op.f("ix_nodes_conversation"), "nodes", ["conversation"], unique=False)


def _reports() -> None:
    op.create_table(
        "reports",
        sa.Column("week", sa.String(length=8), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("figures", JSON, nullable=False),
        sa.PrimaryKeyConstraint("week", name=op.f("pk_reports")),
    )


def _settings() -> None:
    op.create_table(
        "settings",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_settings")),
    )


def _folders() -> None:
    op.create_table(
        "folders",
        sa.Column("id", ID, nullable=False),
        sa.Column("mailbox", sa.String(length=254), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=True),
        sa.Column("uidnext", sa.BigInteger(), nullable=True),
        sa.Column("highestmodseq", sa.BigInteger(), nullable=True),
        sa.Column("messages", sa.BigInteger(), nullable=True),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("looked_at", UtcDateTime(), nullable=True),
        sa.Column("watched", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["mailbox"], ["mailboxes.address"], name=op.f("fk_folders_mailbox")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_folders")),
        sa.UniqueConstraint("mailbox", "name", name=op.f("uq_folders_mailbox")),
    )


def _notices() -> None:
    op.create_table(
        "notices",
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("subject", sa.String(length=254), nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("letter", ID, nullable=True),
        sa.ForeignKeyConstraint(["letter"], ["letters.id"], name=op.f("fk_notices_letter")),
        sa.PrimaryKeyConstraint("kind", "subject", "recipient", name=op.f("pk_notices")),
    )
    op.create_index(op.f("ix_notices_letter"), "notices", ["letter"], unique=False)


def _waits() -> None:
    op.create_table(
        "waits",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("conversation", ID, nullable=False),
        sa.Column("opener", ID, nullable=False),
        sa.Column("mailbox", sa.String(length=254), nullable=False),
        sa.Column("mailboxes", JSON, nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("who_name", sa.Text(), nullable=False),
        sa.Column("who_address", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("chased_at", UtcDateTime(), nullable=True),
        sa.Column("answered_by", ID, nullable=True),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("answered_in", sa.String(length=254), nullable=True),
        sa.Column("evidence", sa.String(length=20), nullable=True),
        sa.Column("handoff", JSON, nullable=True),
        sa.Column("first", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["answered_by"], ["messages.id"], name=op.f("fk_waits_answered_by")),
        sa.ForeignKeyConstraint(["opener"], ["messages.id"], name=op.f("fk_waits_opener")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waits")),
    )
    op.create_index("ix_waits_answered_in_answered_at", "waits", ["answered_in", "answered_at"], unique=False)
    op.create_index(op.f("ix_waits_conversation"), "waits", ["conversation"], unique=False)
    op.create_index("ix_waits_due_at", "waits", ["due_at"], unique=False)
    op.create_index("ix_waits_state_due_at", "waits", ["state", "due_at"], unique=False)


def _reminders() -> None:
    op.create_table(
        "reminders",
        sa.Column("wait", ID, nullable=False),
        sa.Column("step", sa.String(length=200), nullable=False),
        sa.Column("occurrence", sa.Integer(), nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("moment", UtcDateTime(), nullable=False),
        sa.Column("letter", ID, nullable=False),
        sa.ForeignKeyConstraint(["letter"], ["letters.id"], name=op.f("fk_reminders_letter")),
        sa.ForeignKeyConstraint(["wait"], ["waits.id"], name=op.f("fk_reminders_wait"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("wait", "step", "occurrence", "recipient", name=op.f("pk_reminders")),
    )
    op.create_index(op.f("ix_reminders_letter"), "reminders", ["letter"], unique=False)


def _sightings() -> None:
    op.create_table(
        "sightings",
        sa.Column("folder", ID, nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=False),
        sa.Column("uid", sa.BigInteger(), nullable=False),
        sa.Column("message", ID, nullable=False),
        sa.Column("arrived_at", UtcDateTime(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("flags", JSON, nullable=False),
        sa.Column("gone_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["folder"], ["folders.id"], name=op.f("fk_sightings_folder")),
        sa.ForeignKeyConstraint(["message"], ["messages.id"], name=op.f("fk_sightings_message")),
        sa.PrimaryKeyConstraint("folder", "uidvalidity", "uid", name=op.f("pk_sightings")),
    )
    op.create_index(op.f("ix_sightings_message"), "sightings", ["message"], unique=False)


def _troubles() -> None:
    op.create_table(
        "troubles",
        sa.Column("folder", ID, nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=False),
        sa.Column("uid", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["folder"], ["folders.id"], name=op.f("fk_troubles_folder")),
        sa.PrimaryKeyConstraint("folder", "uidvalidity", "uid", name=op.f("pk_troubles")),
    )
