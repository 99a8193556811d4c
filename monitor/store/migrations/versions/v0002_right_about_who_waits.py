"""Strands and ties by subject, links by name, where and since when a mail lies, what was learnt.

Revision: 0002
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from monitor.store.column_types import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """What was folded before is judged again at the next round: the fingerprint of the rules goes."""
    _add("mailboxes", [sa.Column("sent_sought_at", UtcDateTime(), nullable=True)])
    _conversations()
    _nodes()
    _messages()
    _places_and_waits()
    op.create_table(
        "learnt",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("value", sa.String(length=254), nullable=False),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "value", name=op.f("pk_learnt")),
    )
    op.execute("DELETE FROM settings WHERE name = 'rules'")


def downgrade() -> None:
    """Derived columns could be dropped, but what was seen since would be lost."""
    raise NotImplementedError("go back by a backup of the store")


def _conversations() -> None:
    _add("conversations", [sa.Column("tied_to", ID, nullable=True), _flag("stale")])
    op.create_index(op.f("ix_conversations_tied_to"), "conversations", ["tied_to"])
    _index_where("ix_conversations_stale", "conversations", "stale", "stale")


def _nodes() -> None:
    op.drop_index("ix_nodes_conversation", "nodes")
    with op.batch_alter_table("nodes") as table:
        table.alter_column("conversation", new_column_name="strand")
    op.create_index(op.f("ix_nodes_strand"), "nodes", ["strand"])


def _messages() -> None:
    _add(
        "messages",
        [
            sa.Column("strand", ID, nullable=False, server_default="0"),
            sa.Column("link", sa.String(length=20), nullable=True),
            sa.Column("linked_to", sa.Text(), nullable=True),
            sa.Column("subject_key", sa.Text(), nullable=False, server_default=""),
            _flag("seeks"),
            sa.Column("cites", sa.String(length=6), nullable=True),
            sa.Column("stands_in", sa.String(length=254), nullable=True),
        ],
    )
    op.execute("UPDATE messages SET strand = conversation")
    op.create_index(op.f("ix_messages_strand"), "messages", ["strand"])
    op.create_index("ix_messages_subject_key", "messages", ["subject_key"])
    _index_where("ix_messages_seeks", "messages", "subject_key", "seeks")
    _index_where("ix_messages_cites", "messages", "received_at", "cites IS NOT NULL")
    _index_where("ix_messages_stands_in", "messages", "received_at", "stands_in IS NOT NULL")


def _places_and_waits() -> None:
    moments = ("seen_at", "answered_at", "answered_after")
    _add("sightings", [sa.Column(name, UtcDateTime(), nullable=True) for name in moments])
    _add(
        "waits",
        [
            sa.Column("closed_at", UtcDateTime(), nullable=True),
            sa.Column("members", JSON, nullable=False, server_default="[]"),
            _flag("low_urgency"),
        ],
    )


def _add(table: str, columns: "Sequence[sa.Column[Any]]") -> None:
    for column in columns:
        op.add_column(table, column)


def _flag(name: str) -> "sa.Column[bool]":
    return sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())


def _index_where(name: str, table: str, column: str, where: str) -> None:
    op.create_index(name, table, [column], sqlite_where=sa.text(where), postgresql_where=sa.text(where))
