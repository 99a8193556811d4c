"""Messages are looked for by 32 bits made of their identity: an index of numbers is a fourth as large as one of ids.
Mail of machines that may answer for somebody is in the order of time: nobody asks for all that there ever was.

SQLite cannot let go of the index of ids without making the table anew; its rows would be deleted then, and what hangs
on them. So a store that was made before keeps both.

Revision: 0010
"""

from hashlib import blake2b

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_PAGE = 5_000
_RULES = (
    "automatic.answers-letter", "automatic.auto-submitted", "automatic.autoreply-field", "automatic.null-return-path",
    "automatic.precedence", "automatic.quick-reply", "automatic.weak-signs",
)  # fmt: skip


def upgrade() -> None:
    """A page of messages at a time: a store may hold millions."""
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint("uq_messages_identity", "messages")
    op.add_column("messages", sa.Column("identity_hash", sa.Integer(), nullable=False, server_default=sa.text("0")))
    last: int | None = 0
    while last is not None:
        last = _fill(op.get_bind(), last)
    op.create_index("ix_messages_identity_hash", "messages", ["identity_hash"])
    op.drop_index("ix_messages_responds", "messages")
    responds, columns = sa.text(f"rule IN ({', '.join(map(repr, _RULES))})"), ["received_at", "from_address"]
    op.create_index("ix_messages_responds", "messages", columns, sqlite_where=responds, postgresql_where=responds)


def _fill(connection: sa.Connection, after: int) -> int | None:
    """Write the hashes of the next page; the last row of it, None where there is none."""
    messages = sa.table("messages", sa.column("id"), sa.column("identity"), sa.column("identity_hash"))
    page = sa.select(messages.c.id, messages.c.identity).where(messages.c.id > after).order_by(messages.c.id)
    rows = connection.execute(page.limit(_PAGE)).all()
    if not rows:
        return None
    hashed = sa.update(messages).where(messages.c.id == sa.bindparam("row"))
    connection.execute(
        hashed.values(identity_hash=sa.bindparam("hash")),
        [{"row": row.id, "hash": _hash_of(row.identity)} for row in rows],
    )
    return int(rows[-1].id)


def _hash_of(identity: str) -> int:
    return int.from_bytes(blake2b(identity.encode("utf-8", "surrogatepass"), digest_size=4).digest(), signed=True)


def downgrade() -> None:
    """As for all others."""
    raise NotImplementedError("go back by a backup of the store")
