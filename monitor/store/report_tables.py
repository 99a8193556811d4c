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
    Column("team", Text, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("state", String(16), nullable=False),
    Column("met", Boolean),
    Index("ix_counted_wait", "wait"),
)
"""How each wait of a week was counted when it was last told: by its report, or by a later one that restated it."""

restated = Table(
    "restated",
    metadata,
    Column("week", String(8), primary_key=True),
    Column("told_in", String(8), primary_key=True),
    Column("told_at", UtcDateTime, nullable=False),
    Column("figures", Json, nullable=False),
)
"""What a later report (`told_in`) said of a week: `k`, `n`, and the `reasons`."""
