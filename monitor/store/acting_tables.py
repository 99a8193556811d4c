"""FLOOR 1. The tables of what staff said by hand: acts, the mails that brought them, the lines they point at."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from monitor.store.column_types import Id, UtcDateTime
from monitor.store.tables import metadata

acts = Table(
    "acts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("heard_at", UtcDateTime),
    Column("who", String(254), nullable=False),
    Column("via", String(8), nullable=False),
    Column("batch", String(120), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("message", ForeignKey("messages.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("until", UtcDateTime),
    Column("team", Text, nullable=False, default=""),
    Column("person", String(254), nullable=False, default=""),
    Column("undone_at", UtcDateTime),
    Column("undone_by", String(254)),
    Column("letter_at", UtcDateTime),
    Index("ix_acts_who_at", "who", "at"),
    Index("ix_acts_batch", "batch"),
)
"""One thing said by hand of the wait that has `message` in it. `kind`: done, reopen, snooze (`until`), assign (`team`,
`person`). `at`: when it was said; `heard_at`: of a mail, the look that heard it; `letter_at`:
when the letter was made that it answers. `via`: mail or cli; `who`: an
address, or the user of the command line. `batch`: what one line said at once, so that it is undone at once."""

heard = Table(
    "heard",
    metadata,
    Column("message_id", String(255), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("who", String(254), nullable=False),
    Column("outcome", String(20), nullable=False),
    Index("ix_heard_who_at", "who", "at"),
)
"""The command mails there were, each acted upon at most once, wherever it is seen again. `outcome`: `done`, or why
not."""

letter_lines = Table(
    "letter_lines",
    metadata,
    Column("letter", ForeignKey("letters.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("message", ForeignKey("messages.id", ondelete="CASCADE"), nullable=False, index=True),
)
"""What stands at number `position` of a letter: the wait that has `message` in it."""
