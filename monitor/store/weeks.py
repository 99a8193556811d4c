"""FLOOR 1. How weeks stand now: k of n of each week and team, counted by the database, however many waits there are.

The same as `figures` of the waits of each week, which a test holds: a constant number of statements over ranges of
due_at.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Select,
    Table,
    and_,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    union_all,
)

from monitor.core.report.restating import Tally
from monitor.core.report.week import Week
from monitor.store.report_tables import counted
from monitor.store.reporting import AsOf
from monitor.store.store import Store
from monitor.store.tables import past_waits, waits

Teams = dict[str, Tally]


def tallies(store: Store, weeks: Sequence[Week], as_of: AsOf) -> dict[str, Teams]:
    """k of n by week and team; `weeks` follow each other, oldest first. What has nothing to count is left out.

    `as_of` says up to when mailboxes are known. Raises StoreError.
    """
    found: dict[str, Teams] = defaultdict(dict)
    with store.reading() as connection:
        for table in (waits, past_waits):
            for row in connection.execute(_answered(table, weeks)):
                _add(found[row.week], row.team, Tally(int(row.k), int(row.n)))
        for row in connection.execute(_forgotten(weeks)):
            _add(found[row.week], row.team, Tally(0, int(row.n)))
        for (week, team), missed in _waiting(connection, weeks, as_of).items():
            _add(found[week], team, Tally(0, missed))
    return {week: teams for week, teams in found.items() if teams}


def _add(teams: Teams, team: str, tally: Tally) -> None:
    if tally.n:
        teams[team] = teams.get(team, Tally()) + tally


def in_week(due: ColumnElement[datetime], weeks: Sequence[Week]) -> ColumnElement[str]:
    """The name of the week of `weeks` in which a moment lies that lies in one of them."""
    return case(*((due >= week.start, week.name) for week in reversed(weeks))).label("week")


def _in_range(table: Table, weeks: Sequence[Week]) -> ColumnElement[bool]:
    return and_(table.c.due_at >= weeks[0].start, table.c.due_at < weeks[-1].end)


def _answered(table: Table, weeks: Sequence[Week]) -> CompoundSelect[Any]:
    """Each week by itself, in one statement: a third of the time that it takes to ask of each wait in which it is."""
    kept = func.sum(case((table.c.answered_at <= table.c.due_at, 1), else_=0)).label("k")
    answered = and_(table.c.state == "answered", table.c.answered_at.is_not(None))
    counts = (
        select(literal(week.name).label("week"), table.c.team, kept, func.count().label("n"))
        .where(_in_range(table, [week]), answered)
        .group_by(table.c.team)
        for week in weeks
    )
    return union_all(*counts)


def _forgotten(weeks: Sequence[Week]) -> Select[Any]:
    """Of those who waited when they were forgotten, who was past due then, or was said to be."""
    week = in_week(past_waits.c.due_at, weeks)
    each = select(week, past_waits.c.team, past_waits.c.wait, past_waits.c.due_at, past_waits.c.known_until)
    one = each.where(past_waits.c.state == "waiting", _in_range(past_waits, weeks)).subquery()
    late = or_(one.c.due_at <= one.c.known_until, said_missed(one.c.week, one.c.wait))
    return select(one.c.week, one.c.team, func.count().label("n")).where(late).group_by(one.c.week, one.c.team)


def said_missed(week: ColumnElement[str], wait: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether a report said that this wait was missed. That stays known, also of a mailbox that is watched no more."""
    return exists(select(1).where(counted.c.week == week, counted.c.wait == wait, counted.c.met.is_(False)))


def _waiting(connection: Connection, weeks: Sequence[Week], as_of: AsOf) -> Mapping[tuple[str, str], int]:
    """Who waits past due, as far as their mailboxes are known: by groups that share mailboxes, and singly only where a
    mailbox is known to the middle of a group."""
    week = in_week(waits.c.due_at, weeks)
    each = select(week, waits.c.id, waits.c.team, waits.c.mailboxes, waits.c.due_at)
    one = each.where(waits.c.state == "waiting", _in_range(waits, weeks)).subquery()
    missed = case((said_missed(one.c.week, one.c.id), 1), else_=0).label("missed")
    judged = select(one.c.week, one.c.team, one.c.mailboxes, one.c.due_at, missed).subquery()
    group = (judged.c.week, judged.c.team, judged.c.mailboxes, judged.c.missed)
    first, last = func.min(judged.c.due_at).label("first"), func.max(judged.c.due_at).label("last")
    counts: dict[tuple[str, str], int] = defaultdict(int)
    is_partly = False
    for row in connection.execute(select(*group, first, last, func.count().label("n")).group_by(*group)):
        known = as_of(row.mailboxes)
        if row.missed or (known is not None and row.last <= known):
            counts[row.week, row.team] += int(row.n)
        elif known is not None and row.first <= known:
            is_partly = True
    if is_partly:
        _count_singly(connection, judged, as_of, counts)
    return counts


def _count_singly(connection: Connection, judged: Any, as_of: AsOf, counts: dict[tuple[str, str], int]) -> None:
    """The groups in whose middle knowledge ends."""
    rows = connection.execute(select(judged).where(judged.c.missed == literal(0))).all()
    groups: dict[tuple[str, str, tuple[str, ...]], list[datetime]] = defaultdict(list)
    for row in rows:
        groups[row.week, row.team, tuple(row.mailboxes)].append(row.due_at)
    for (week, team, mailboxes), due in groups.items():
        known = as_of(mailboxes)
        if known is not None and min(due) <= known < max(due):
            counts[week, team] += sum(each <= known for each in due)
