"""FLOOR 1. The waits of many weeks, as lean as can be: how long each was, and of those that changed hands how."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from sys import intern
from typing import NamedTuple

from sqlalchemy import Connection, FromClause, and_, extract, null, or_, select

from monitor.core.report.figures import WaitFacts
from monitor.core.report.path import Kept
from monitor.store.reporting import FACTS, PAST_FACTS, AsOf, facts_of, while_waiting
from monitor.store.store import Store
from monitor.store.tables import past_waits, waits

AT_ONCE = 2000
"""Rows fetched together."""


class Handed(NamedTuple):
    """The waits of some weeks whose length is known, each once: those with handoffs, and all others."""

    moved: list[WaitFacts]
    kept: list[Kept]

    def lengths(self) -> Iterator[tuple[datetime, timedelta, bool]]:
        """Of each: when it opened (UTC), how long it was, and whether it ended or is known only so far."""
        for _, opened_at, length, ended in self.kept:
            yield opened_at, length, ended
        for wait in self.moved:
            if (known := wait.length()) is not None:
                yield wait.opened_at, *known


def handed(store: Store, start: datetime, end: datetime, as_of: AsOf) -> Handed:
    """The waits whose promise runs out in [start, end): four statements for any number of them.

    A big store has a hundred thousand in a quarter of a year. Nearly all of them were answered by the team they came
    to: of those only two moments and the team are read.
    """
    found = Handed([], [])
    with store.reading() as connection:
        for table in (waits, past_waits):
            found.kept.extend(_answered(connection, table, start, end))
        for facts in _others(connection, start, end, as_of):
            length = facts.length()
            if length is not None and facts.handoffs:
                found.moved.append(facts)
            elif length is not None:
                found.kept.append(Kept(facts.team, facts.opened_at, *length))
    return found


def _answered(connection: Connection, table: FromClause, start: datetime, end: datetime) -> Iterator[Kept]:
    """In whole seconds, which the database counts: to make moments of all of them would take half the time of all.

    Fetched by many, as one after the other takes half as long again.
    """
    columns = table.c
    opened, answered = extract("epoch", columns.opened_at), extract("epoch", columns.answered_at)
    query = select(columns.team, opened, answered).where(
        columns.due_at >= start,
        columns.due_at < end,
        columns.state == "answered",
        columns.answered_at.is_not(None),
        columns.handoffs.is_(null()),
    )
    for rows in connection.execute(query).partitions(AT_ONCE):
        for team, since, until in rows:
            opened_at, length = datetime.fromtimestamp(int(since), UTC), timedelta(0, int(until) - int(since))
            yield Kept._make((intern(team), opened_at, length, True))


def _others(connection: Connection, start: datetime, end: datetime, as_of: AsOf) -> Iterator[WaitFacts]:
    """Those that wait, and those with handoffs; mailboxes only of those that wait."""
    for table, facts in ((waits, FACTS), (past_waits, PAST_FACTS)):
        columns, asked = table.c, [while_waiting(table) if one.name == "mailboxes" else one for one in facts]
        due = and_(columns.due_at >= start, columns.due_at < end)
        wanted = or_(columns.state == "waiting", columns.handoffs.is_not(null()))
        for row in connection.execute(select(*asked).where(due, wanted).order_by(columns.due_at)).all():
            if row.state != "waiting":
                yield facts_of(row, None)
            else:
                yield facts_of(row, row.known_until if table is past_waits else as_of(row.mailboxes))
