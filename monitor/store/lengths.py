"""FLOOR 1. How long people waited, over many weeks: few columns of many waits, by indexed ranges of due_at.

What is kept no more (forgetting.py) counts as before.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Table, case, extract, func, select

from monitor.core.report.spread import Lengths
from monitor.store.reporting import AsOf
from monitor.store.store import Store
from monitor.store.tables import past_waits, waits

_ZERO = timedelta(0)


def waited_in(store: Store, start: datetime, end: datetime, as_of: AsOf) -> Lengths:
    """How long those waited whose promise runs out in [start, end), in no order; as `WaitFacts.length` has it, but in
    whole seconds.

    Only those that count: answered at a time that is known, or waiting where something is known of the mailboxes.
    """
    with store.reading() as connection:
        return [
            one
            for table in (waits, past_waits)
            for part in (_answered(connection, table, start, end), _waiting(connection, table, start, end, as_of))
            for one in part
        ]


def kept_by_team(store: Store, start: datetime, end: datetime, as_of: AsOf) -> dict[str, tuple[int, int]]:
    """(kept, counted) promises of each team among the waits whose promise runs out in [start, end), as `is_met`."""
    found: dict[str, tuple[int, int]] = {}
    with store.reading() as connection:
        for table in (waits, past_waits):
            for team, k, n in (*_met(connection, table, start, end), *_missed(connection, table, start, end, as_of)):
                kept, counted = found.get(team, (0, 0))
                found[team] = (kept + k, counted + n)
    return found


def _answered(connection: Connection, table: Table, start: datetime, end: datetime) -> Lengths:
    # Seconds are counted by the database: making moments of 100,000 rows takes three times as long.
    opened, answered = extract("epoch", table.c.opened_at), extract("epoch", table.c.answered_at)
    query = (
        select(opened, answered)
        .where(table.c.state == "answered", table.c.due_at >= start, table.c.due_at < end)
        .where(table.c.answered_at.is_not(None))
    )
    for began, ended in connection.execute(query):
        since = int(began)
        yield datetime.fromtimestamp(since, UTC), timedelta(0, int(ended) - since), True


def _waiting(connection: Connection, table: Table, start: datetime, end: datetime, as_of: AsOf) -> Lengths:
    for opened, _, _, known in _open(connection, table, start, end, as_of):
        yield opened, max(_ZERO, known - opened), False


def _met(connection: Connection, table: Table, start: datetime, end: datetime) -> Iterator[tuple[str, int, int]]:
    in_time = func.sum(case((table.c.answered_at <= table.c.due_at, 1), else_=0))
    query = (
        select(table.c.team, in_time, func.count())
        .where(table.c.state == "answered", table.c.due_at >= start, table.c.due_at < end)
        .where(table.c.answered_at.is_not(None))
        .group_by(table.c.team)
    )
    for team, k, n in connection.execute(query):
        yield team, int(k), int(n)


def _missed(
    connection: Connection, table: Table, start: datetime, end: datetime, as_of: AsOf
) -> Iterator[tuple[str, int, int]]:
    for _, due, team, known in _open(connection, table, start, end, as_of):
        if due <= known:
            yield team, 0, 1


def _open(
    connection: Connection, table: Table, start: datetime, end: datetime, as_of: AsOf
) -> Iterator[tuple[datetime, datetime, str, datetime]]:
    """(opened, due, team, up to when it is known) of those who wait and something is known of."""
    until = table.c.known_until if table is past_waits else None
    query = (
        select(table.c.opened_at, table.c.due_at, table.c.team, table.c.mailboxes)
        .add_columns(*([] if until is None else [until]))
        .where(table.c.state == "waiting", table.c.due_at >= start, table.c.due_at < end)
    )
    for opened, due, team, mailboxes, *last in connection.execute(query):
        # Of somebody who waited when they were forgotten, no more will ever be known.
        known = last[0] if last else as_of(mailboxes)
        if known is not None:
            yield opened, due, team, known
