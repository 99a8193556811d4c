"""FLOOR 1. The tables. A column more is a line here and a migration; of messages and sightings one in their rows."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    String,
    Table,
    Text,
    UniqueConstraint,
    and_,
    text,
)

from monitor.store.column_types import Id, Json, JsonOrNull, UtcDateTime
from monitor.store.indexes import BEGINS, CITES, RESPONDS, STANDS_IN, index_of_given, index_where

AnyRow = Row[*tuple[Any, ...]]
"""A row of whatever columns were asked for."""
metadata = MetaData(naming_convention={
    "ix": "ix_%(table_name)s_%(column_0_name)s", "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s", "pk": "pk_%(table_name)s",
})  # fmt: skip

named = Column("name", String(40), primary_key=True)
settings = Table("settings", metadata, named, Column("value", Text, nullable=False))

mailboxes = Table(
    "mailboxes",
    metadata,
    Column("address", String(254), primary_key=True),
    Column("first_as_of", UtcDateTime),
    Column("as_of", UtcDateTime),
    Column("looked_at", UtcDateTime),
    Column("outgoing_seen_at", UtcDateTime),
    Column("fault", String(20)),
    Column("fault_text", Text),
    Column("fault_since", UtcDateTime),
    Column("sent_sought_at", UtcDateTime),
    Column("readable_since", UtcDateTime),
    Column("ahead_by", Integer),
    Column("ahead_since", UtcDateTime),
)
"""`readable_since`: the look that ended its last fault. `ahead_by`: by how many seconds the server's clock runs before
ours, where that is too much; `ahead_since`: the look that first saw it."""

blind = Table(
    "blind",
    metadata,
    Column("mailbox", String(254), primary_key=True),
    Column("since", UtcDateTime, primary_key=True),
    Column("until", UtcDateTime, nullable=False),
    Index("ix_blind_until", "until"),
)
"""When a mailbox could not be seen: from one complete look to the next, where they lie too far apart."""

folders = Table(
    "folders",
    metadata,
    Column("id", Id, primary_key=True),
    Column("mailbox", ForeignKey("mailboxes.address"), nullable=False),
    Column("name", Text, nullable=False),
    Column("role", String(10), nullable=False),
    Column("uidvalidity", BigInteger),
    Column("uidnext", BigInteger),
    Column("highestmodseq", BigInteger),
    Column("messages", BigInteger),
    Column("complete", Boolean, nullable=False, default=False),
    Column("looked_at", UtcDateTime),
    Column("watched", Boolean, nullable=False, default=True),
    UniqueConstraint("mailbox", "name"),
)

conversations = Table(
    "conversations",
    metadata,
    Column("number", Id, primary_key=True, autoincrement=False),
    Column("lead", Id),
    Column("tied_to", Id),
    Column("stale", Boolean, nullable=False, default=False),
    index_of_given("ix_conversations_lead", "lead"),
    index_of_given("ix_conversations_tied_to", "tied_to"),
    index_where("stale", "ix_conversations_stale", "stale"),
)
"""A number of its own for each strand (what ids tie together). It leads its conversation, unless it was merged into
another (`lead`) or is tied to one by subject (`tied_to`). `stale`: to be folded at the end of the look."""
PUT_OFF = and_(text("conversations.stale"), conversations.c.stale)
"""Stale. Named like its index too: only then does SQLite take it (sqlite.org/partialindex.html)."""

nodes = Table(
    "nodes",
    metadata,
    Column("id", Text, primary_key=True),
    Column("strand", Id, nullable=False, index=True),
)

messages = Table(
    "messages",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("identity", Text, nullable=False),
    Column("identity_hash", Integer, nullable=False, server_default=text("0"), index=True),
    Column("message_id", Text, nullable=False),
    Column("strand", Id, nullable=False, index=True),
    Column("conversation", Id, nullable=False, index=True),
    Column("received_at", UtcDateTime, nullable=False),
    Column("sent_at", UtcDateTime),
    Column("from_name", Text, nullable=False),
    Column("from_address", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("recipients", Json, nullable=False),
    Column("reply_to", Json, nullable=False),
    Column("in_reply_to", Json, nullable=False),
    Column("references", Json, nullable=False),
    Column("headers", Json, nullable=False),
    Column("direction", String(10)),
    Column("wants_reply", Boolean),
    Column("rule", String(40)),
    Column("signals", Json),
    Column("link", String(20)),
    Column("linked_to", Text),
    Column("subject_key", Text, nullable=False, default=""),
    Column("fortnight", Integer, nullable=False, server_default=text("0")),
    Column("seeks", Boolean, nullable=False, default=False),
    Column("cites", String(6)),
    Column("stands_in", String(254)),
    Index("ix_messages_subject_key", "fortnight", "subject_key", "received_at"),
    Index("ix_messages_received_at", "received_at", "direction", "wants_reply", "rule", "from_address"),
    index_where(BEGINS, "ix_messages_begins", "received_at"),
    index_where("seeks", "ix_messages_seeks", "subject_key", "received_at"),
    index_where(CITES, "ix_messages_cites", "received_at"),
    index_where(STANDS_IN, "ix_messages_stands_in", "received_at"),
    index_where(RESPONDS, "ix_messages_responds", "received_at", "from_address"),
)
"""`identity`: no two rows have the same, for who writes looks for it first (intake.py) by its `identity_hash`.
`seeks`: the first of its strand, which may be tied by its subject. `cites`: whether the message of ours that a mail
answers was seen. `stands_in`: the mailbox for which an outsider answered. `fortnight`: when it came (rows.py): in
the order of subjects alone each batch would write all over their index, and so it writes one place of it or two."""
SEEKS = and_(text("messages.seeks"), messages.c.seeks)
"""It seeks, named like its index as in PUT_OFF."""

sightings = Table(
    "sightings",
    metadata,
    Column("folder", ForeignKey("folders.id"), primary_key=True),
    Column("uidvalidity", BigInteger, primary_key=True),
    Column("uid", BigInteger, primary_key=True),
    Column("message", ForeignKey("messages.id"), nullable=False, index=True),
    Column("arrived_at", UtcDateTime, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("flags", Json, nullable=False),
    Column("seen_at", UtcDateTime),
    Column("gone_at", UtcDateTime),
    Column("answered_at", UtcDateTime),
    Column("answered_after", UtcDateTime),
)
"""`seen_at`, `gone_at`: the looks that first saw it there, and no longer. `answered_at`: the look that first saw
\\Answered, None where it was set before; `answered_after`: the look before that."""

waits = Table(
    "waits",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("conversation", Id, nullable=False, index=True),
    Column("opener", ForeignKey("messages.id"), nullable=False),
    Column("mailbox", String(254), nullable=False),
    Column("mailboxes", Json, nullable=False),
    Column("team", Text, nullable=False),
    Column("who_name", Text, nullable=False),
    Column("who_address", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("chased_at", UtcDateTime),
    Column("answered_by", ForeignKey("messages.id")),
    Column("answered_at", UtcDateTime),
    Column("answered_in", String(254)),
    Column("closed_at", UtcDateTime),
    Column("evidence", String(20)),
    Column("handoffs", JsonOrNull),
    Column("first", Boolean, nullable=False),
    Column("members", Json, nullable=False),
    Column("low_urgency", Boolean, nullable=False, default=False),
    Column("snoozed_until", UtcDateTime),
    Column("also_answered_by", Id),
    Index("ix_waits_state_due_at", "state", "due_at"),
    Index("ix_waits_due_at", "due_at"),
    Index("ix_waits_opener", "opener"),
    index_of_given("ix_waits_answered_in_mailbox_answered_at", "answered_in", "mailbox", "answered_at"),
    index_of_given("ix_waits_answered_by", "answered_by"),
    index_of_given("ix_waits_also_answered_by", "also_answered_by"),
)
"""Where a message is deleted, the database looks for waits that name it: each such column has an index."""

past_waits = Table(
    "past_waits",
    metadata,
    Column("id", Id, primary_key=True),
    Column("wait", Id, nullable=False),
    Column("conversation", Id, nullable=False),
    Column("mailboxes", Json, nullable=False),
    Column("team", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("answered_at", UtcDateTime),
    Column("answered_in", String(254)),
    Column("closed_at", UtcDateTime),
    Column("evidence", String(20)),
    Column("first", Boolean, nullable=False),
    Column("known_until", UtcDateTime),
    Column("handoffs", JsonOrNull),
    Index("ix_past_waits_wait", "wait"),
    Index("ix_past_waits_due_at", "due_at"),
    Index("ix_past_waits_answered_at", "answered_at"),
)
"""Waits whose mails are not kept any more, without the person: the report's history. `wait`: the row it was, for the
order of waits. `known_until`: as_of when somebody who still waited was forgotten; the wait is known no further."""

past_mail = Table(
    "past_mail",
    metadata,
    Column("id", Id, primary_key=True),
    Column("received_at", UtcDateTime, nullable=False),
    Column("mailboxes", Json, nullable=False),
    Column("rule", String(40)),
    Column("cites", String(6)),
    Index("ix_past_mail_received_at", "received_at"),
)
"""What the report counts of mails that are not kept any more: the inboxes each was in, the rule that left it out, and
`cites` as in messages."""

learnt = Table(
    "learnt",
    metadata,
    Column("kind", String(20), primary_key=True),
    Column("value", String(254), primary_key=True),
    Column("times", BigInteger, nullable=False),
)
"""What the mail itself teaches: `id-domain` of ids in our Sent folders, `authserv-id` of who checks incoming mail."""

letters = Table(
    "letters",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", String(12), nullable=False),
    Column("message_id", Text, nullable=False, unique=True),
    Column("recipient", String(254), nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("state", String(12), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("tries", Integer, nullable=False, default=0),
    Column("uncertain", Boolean, nullable=False, default=False),
    Column("next_try_at", UtcDateTime, nullable=False),
    Column("settled_at", UtcDateTime),
    Column("reply", Text, nullable=False, default=""),
    Column("token", String(20), index=True),
    Index("ix_letters_state_next_try_at", "state", "next_try_at"),
    Index("ix_letters_recipient_created_at", "recipient", "created_at"),
)

reminders = Table(
    "reminders",
    metadata,
    Column("wait", ForeignKey("waits.id", ondelete="CASCADE"), primary_key=True),
    Column("step", String(200), primary_key=True),
    Column("occurrence", Integer, primary_key=True),
    Column("recipient", String(254), primary_key=True),
    Column("moment", UtcDateTime, nullable=False),
    Column("letter", ForeignKey("letters.id"), nullable=False, index=True),
)

notices = Table(
    "notices",
    metadata,
    Column("kind", String(12), primary_key=True),
    Column("subject", String(254), primary_key=True),
    Column("recipient", String(254), primary_key=True),
    Column("letter", ForeignKey("letters.id"), index=True),
)

troubles = Table(
    "troubles",
    metadata,
    Column("folder", ForeignKey("folders.id"), primary_key=True),
    Column("uidvalidity", BigInteger, primary_key=True),
    Column("uid", BigInteger, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
)
