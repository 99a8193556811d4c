"""FLOOR 1. The tables of who does what, where several daemons share one database. All moments are the database's."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from monitor.store.column_types import UtcDateTime
from monitor.store.tables import metadata

daemons = Table(
    "daemons",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("lasting", Boolean, nullable=False),
    Column("config", String(64), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("renewed_at", UtcDateTime, nullable=False),
    Column("until", UtcDateTime, nullable=False),
)
"""Who works on this database. `until`: what it holds may be taken over then, unless it is heard of again. `lasting`: it
goes on until it is stopped, and gets its part; others (`run --once`) take what is free. `config`: a digest of what it
reads and by which rules."""

leases = Table(
    "leases",
    metadata,
    Column("place", String(300), primary_key=True),
    Column("daemon", ForeignKey("daemons.id", ondelete="SET NULL")),
    Column("term", BigInteger, nullable=False),
    Column("claimed_at", UtcDateTime, nullable=False),
    Index("ix_leases_daemon", "daemon"),
)
"""Who reads each mailbox, and who acts. `term` grows with each claim: work begun under an older one writes nothing."""
