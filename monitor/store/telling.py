"""FLOOR 1. What was told of weeks: by their own report for good, and by later ones where it was said otherwise."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from monitor.core.report.restating import Counted, Reason, Tally, Told
from monitor.store.report_tables import counted, reports, restated
from monitor.store.store import Store, among
from monitor.store.tables import AnyRow, waits

KEPT_WEEKS = 26
"""Of so many weeks that were told it is kept which waits they counted: twice what is compared."""


@dataclass(frozen=True, slots=True)
class Retold:
    """What a report says of an earlier week: its figures, by team too, why, and the waits counted otherwise.

    All of its waits, and no reasons, where nothing was told of it before: it stands in the strip of weeks.
    """

    week: str
    overall: Tally
    teams: Mapping[str, Tally]
    reasons: Sequence[tuple[Reason, int]]
    counted: Sequence[Counted]


@dataclass(frozen=True, slots=True)
class Frozen:
    """What is kept of a report, beside its figures: how it counted each wait, and what it said of earlier weeks."""

    counted: Sequence[Counted] = ()
    retold: Sequence[Retold] = ()
    as_of: datetime | None = None


def sent_reports(store: Store, weeks: Collection[str]) -> dict[str, Told]:
    """What the reports of these weeks said, by week."""
    with store.reading() as connection:
        rows = connection.execute(select(reports).where(among(reports.c.week, weeks, connection))).all()
    return {row.week: _told_first(row) for row in rows}


def last_told(store: Store, weeks: Collection[str]) -> dict[str, Told]:
    """What was last said of these weeks: by the report of the week, or by a later one that told or just showed it."""
    found = sent_reports(store, weeks)
    with store.reading() as connection:
        query = select(restated).where(among(restated.c.week, weeks, connection)).order_by(restated.c.told_in)
        for row in connection.execute(query):
            found[row.week] = _told_later(row)
    return found


def is_latest(store: Store, week: str) -> bool:
    """Whether no report of a later week was sent: the next report is that of this week."""
    with store.reading() as connection:
        return connection.execute(select(reports.c.week).where(reports.c.week > week).limit(1)).first() is None


def told_in(store: Store, week: str) -> list[tuple[Told, Told, tuple[tuple[Reason, int], ...]]]:
    """What the report of a week said of earlier ones, oldest first: as it was told before, as it said, and why.

    What it was the first to show is not among them.
    """
    query = select(restated).where(restated.c.told_in == week).order_by(restated.c.week)
    with store.reading() as connection:
        rows = connection.execute(query).all()
        earlier = select(restated).where(among(restated.c.week, [row.week for row in rows], connection))
        before = connection.execute(earlier.where(restated.c.told_in < week).order_by(restated.c.told_in)).all()
    first = sent_reports(store, [row.week for row in rows])
    latest = first | {row.week: _told_later(row) for row in before}
    said = ((row, [(reason, count) for reason, count in row.figures["reasons"]]) for row in rows if row.week in latest)
    return [(latest[row.week], _told_later(row), tuple(reasons)) for row, reasons in said]


def freeze(connection: Connection, week: str, frozen: Frozen, now: datetime) -> None:
    """Keep how a report counted each wait, and what it said of earlier weeks, in the transaction that claims it."""
    openers = _openers(connection, [one.wait for one in frozen.counted])
    _keep(connection, week, week, [replace(one, opener=openers.get(one.wait)) for one in frozen.counted])
    for each in frozen.retold:
        _keep(connection, each.week, week, each.counted)
    if frozen.retold:
        told = [_retold(each, week, frozen.as_of, now) for each in frozen.retold]
        connection.execute(insert(restated), told)
    newest = select(reports.c.week).order_by(reports.c.week.desc())
    if (oldest := connection.execute(newest.offset(KEPT_WEEKS - 1).limit(1)).scalar()) is not None:
        connection.execute(delete(counted).where(counted.c.week < oldest))


def _keep(connection: Connection, week: str, told_in: str, waits_: Iterable[Counted]) -> None:
    if rows := {one.wait: _row(one, week, told_in) for one in waits_}:
        connection.execute(insert(counted), list(rows.values()))


def thaw(connection: Connection, weeks: Collection[str]) -> None:
    """What these reports counted and said of earlier weeks was not told after all."""
    connection.execute(delete(counted).where(among(counted.c.told_in, weeks, connection)))
    connection.execute(delete(restated).where(among(restated.c.told_in, weeks, connection)))


def said_missed_of(store: Store, week: str) -> set[int]:
    """The waits that a report of this week, or a later one, said were missed."""
    with store.reading() as connection:
        query = select(counted.c.wait).where(counted.c.week == week, counted.c.met.is_(False))
        return set(connection.execute(query).scalars())


def _told_first(row: AnyRow) -> Told:
    figures, overall = row.figures, row.figures["overall"]
    teams = {each["team"]: Tally(each["k"], each["n"]) for each in figures.get("teams", ()) if each["n"]}
    known, is_kept = _moment(figures.get("as_of"), row.made_at), "weeks" in figures
    return Told(row.week, row.week, row.made_at, known, Tally(overall["k"], overall["n"]), teams, is_kept)


def _told_later(row: AnyRow) -> Told:
    figures = row.figures
    teams = {team: Tally(k, n) for team, (k, n) in figures["teams"].items()}
    known = _moment(figures.get("as_of"), row.told_at)
    return Told(row.week, row.told_in, row.told_at, known, Tally(*figures["overall"]), teams)


def _moment(text: str | None, told_at: datetime) -> datetime:
    """Up to when all was known, if it was known; a look that began before the letter may have ended after it."""
    return min(datetime.fromisoformat(text), told_at) if text else told_at


def _retold(each: Retold, told_in: str, as_of: datetime | None, now: datetime) -> dict[str, Any]:
    figures = {
        "overall": list(each.overall),
        "teams": {team: list(tally) for team, tally in each.teams.items()},
        "reasons": [list(one) for one in each.reasons],
        "as_of": as_of.isoformat() if as_of else None,
    }
    return {"week": each.week, "told_in": told_in, "told_at": now, "figures": figures}


def _row(one: Counted, week: str, told_in: str) -> dict[str, Any]:
    return {
        "week": week,
        "wait": one.wait,
        "told_in": told_in,
        "team": one.team,
        "opened_at": one.opened_at,
        "due_at": one.due_at,
        "state": one.state,
        "met": one.counts_in(week),
        "opener": one.opener,
    }


def _openers(connection: Connection, ids: Collection[int]) -> dict[int, int]:
    query = select(waits.c.id, waits.c.opener).where(among(waits.c.id, ids, connection))
    return {row.id: row.opener for row in connection.execute(query)}
