"""FLOOR 1. The tables of what reports said: figures as sent, the waits they counted, what was said later."""

from sqlalchemy import Boolean, Column, Index, String, Table, Text

from monitor.store.column_types import Id, Json, UtcDateTime
from monitor.store.tables import metadata

reports = Table(
    "reports",
    metadata,
    Column("week", String(8), primary_key=True),
    Column("made_at", UtcDateTime, nullable=False),
    Column("figures", Json, nullable=False),
)
"""What was sent of a week, for good."""

counted = Table(
    "counted",
    metadata,
    Column("week", String(8), primary_key=True),
    Column("wait", Id, primary_key=True, autoincrement=False),
    Column("told_in", String(8), primary_key=True),
    Column("team", Text, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("state", String(16), nullable=False),
    Column("met", Boolean),
    Column("opener", Id),
    Index("ix_counted_wait", "wait"),
    Index("ix_counted_told_in", "told_in"),
)
"""How each wait of a week was counted: all of them by the report of the week, and again those that a later report
(`told_in`) counted otherwise; the latest row of a wait holds. `met` NULL: not in the percentage of this week.
`opener`: the message, which may be gone since."""

restated = Table(
    "restated",
    metadata,
    Column("week", String(8), primary_key=True),
    Column("told_in", String(8), primary_key=True),
    Column("told_at", UtcDateTime, nullable=False),
    Column("figures", Json, nullable=False),
)
"""What a later report (`told_in`) said of a week: `overall` and `teams` with k and n, and the `reasons`."""
