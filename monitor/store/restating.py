"""FLOOR 1. Which waits of a week are counted otherwise than it was told, and what is known of them since.

Only the weeks whose figures differ (weeks.py) are looked at so closely.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, literal_column, null, select

from monitor.core.report.restating import Change, Counted, News
from monitor.core.report.week import Week
from monitor.core.wait import is_met
from monitor.store.acting_tables import acts
from monitor.store.report_tables import counted
from monitor.store.reporting import AsOf, while_waiting
from monitor.store.store import Store, among
from monitor.store.tables import AnyRow, messages, past_waits, sightings, waits


def changes(
    store: Store, week: Week, as_of: AsOf, since_sent: bool = False, counted_none: bool = False
) -> list[Change] | None:
    """The waits of a week that are counted otherwise than last told, or with `since_sent` than its own report did.

    None: it was not kept which waits were counted; with `counted_none` there were none. Raises StoreError.
    """
    with store.reading() as connection:
        then = _then(connection, week.name, since_sent)
        if not then and not counted_none:
            return None
        now = _now(connection, week, as_of, then)
        nothing = News()
        maybe = [Change(week.name, then.get(one), now.get(one), nothing) for one in sorted({*then, *now})]
        found = [change for change in maybe if change.is_one]
        ids = [wait for change in found if (wait := _id(change)) is not None]
        others = _elsewhere(connection, week, [i for i in ids if i not in then])
        gone = [i for i in ids if i not in now]
        moved = _by_id(connection, gone, week, as_of)
        news = _news(connection, found)
    return [
        replace(
            change,
            before=change.before or others.get(_id(change)),
            now=change.now or moved.get(_id(change)),
            news=news.get(_id(change), News()),
        )
        for change in found
    ]


def standing(store: Store, week: Week, as_of: AsOf) -> list[Counted]:
    """How each wait of a week counts now."""
    with store.reading() as connection:
        return list(_now(connection, week, as_of, {}).values())


def _id(change: Change) -> int:
    one = change.before or change.now
    return one.wait if one else 0


def _then(connection: Connection, week: str, since_sent: bool) -> dict[int, Counted]:
    query = select(counted).where(counted.c.week == week)
    if since_sent:
        query = query.where(counted.c.told_in == week)
    return {row.wait: _counted(row) for row in connection.execute(query.order_by(counted.c.told_in)).all()}


def _counted(row: AnyRow) -> Counted:
    return Counted(row.wait, row.week, row.team, row.opened_at, row.due_at, row.state, row.met, row.opener)


_WAIT: tuple[ColumnElement[Any], ...] = (
    waits.c.id, waits.c.team, waits.c.opened_at, waits.c.due_at, waits.c.state, waits.c.answered_at,
    while_waiting(waits), waits.c.opener, literal_column("NULL").label("known_until"),
    literal_column("0").label("is_past"),
)  # fmt: skip
_PAST: tuple[ColumnElement[Any], ...] = (
    past_waits.c.wait.label("id"), past_waits.c.team, past_waits.c.opened_at, past_waits.c.due_at, past_waits.c.state,
    past_waits.c.answered_at, while_waiting(past_waits), null().label("opener"), past_waits.c.known_until,
    literal_column("1").label("is_past"),
)  # fmt: skip


_ENDS: tuple[ColumnElement[Any], ...] = (
    waits.c.id, waits.c.opener, waits.c.members, waits.c.answered_at, waits.c.answered_by, waits.c.closed_at,
)  # fmt: skip


def _now(connection: Connection, week: Week, as_of: AsOf, then: Mapping[int, Counted]) -> dict[int, Counted]:
    """The waits due in a week."""
    found: dict[int, Counted] = {}
    for columns, due in ((_PAST, past_waits.c.due_at), (_WAIT, waits.c.due_at)):
        for row in connection.execute(select(*columns).where(due >= week.start, due < week.end)).all():
            found[row.id] = _standing(row, week.name, as_of, then.get(row.id))
    return found


def _by_id(connection: Connection, ids: Collection[int], week: Week, as_of: AsOf) -> dict[int, Counted]:
    """The waits that are not due in the week any more, wherever they are now."""
    found: dict[int, Counted] = {}
    for columns, column in ((_PAST, past_waits.c.wait), (_WAIT, waits.c.id)):
        for row in connection.execute(select(*columns).where(among(column, ids, connection))):
            found[row.id] = _standing(row, Week.of(row.due_at, week.zone).name, as_of, None)
    return found


def _standing(row: AnyRow, due_in: str, as_of: AsOf, then: Counted | None) -> Counted:
    known = row.known_until if row.is_past else as_of(row.mailboxes) if row.state == "waiting" else None
    met = is_met(row.state, row.answered_at, row.due_at, known)
    if row.state == "waiting" and then is not None and then.met is False:
        met = False
    return Counted(row.id, due_in, row.team, row.opened_at, row.due_at, row.state, met, row.opener)


def _elsewhere(connection: Connection, week: Week, ids: Collection[int]) -> dict[int, Counted]:
    """How waits that this week did not count were counted by another."""
    query = select(counted).where(among(counted.c.wait, ids, connection), counted.c.week != week.name)
    rows = connection.execute(query.order_by(counted.c.told_in, counted.c.week)).all()
    return {row.wait: _counted(row) for row in rows if row.met is not None} if ids else {}


def _news(connection: Connection, found: Sequence[Change]) -> dict[int, News]:
    """When what changed these waits was seen or done; of what is not kept any more only what is counted of it."""
    ids = [_id(change) for change in found]
    openers = {_id(c): one.opener for c in found for one in (c.before, c.now) if one and one.opener is not None}
    rows = {row.id: row for row in connection.execute(select(*_ENDS).where(among(waits.c.id, ids, connection)))}
    past = select(past_waits.c.wait, past_waits.c.answered_at, past_waits.c.closed_at).where(
        among(past_waits.c.wait, ids, connection)
    )
    old = {row.wait: row for row in connection.execute(past)}
    conversations = _conversations(connection, openers.values())
    seen, acted = _seen(connection, set(conversations.values())), _acted(connection, set(conversations.values()))
    placed = _placed(connection, openers.values())
    latest = _latest(connection, set(conversations.values()), seen)
    news: dict[int, News] = {}
    for i in ids:
        row, opener = rows.get(i), openers.get(i)
        kept = row or old.get(i)
        conversation = conversations.get(opener) if opener is not None else None
        members = set(row.members) if row else {opener}
        news[i] = News(
            answered_at=kept.answered_at if kept else None,
            closed_at=kept.closed_at if kept else None,
            opener=seen.get(row.opener if row else opener),
            placed=placed.get(row.opener if row else opener),
            answer=seen.get(row.answered_by) if row else None,
            conversation=latest.get(conversation),
            acted=max((at for member, at in acted if member in members), default=None),
        )
    return news


def _conversations(connection: Connection, openers: Iterable[int | None]) -> dict[int, int]:
    query = select(messages.c.id, messages.c.conversation).where(among(messages.c.id, set(openers), connection))
    return {row.id: row.conversation for row in connection.execute(query)}


_SEEN = func.coalesce(sightings.c.seen_at, sightings.c.arrived_at)


def _seen(connection: Connection, numbers: Collection[int]) -> dict[int | None, datetime]:
    """When each message of these conversations was first seen, wherever it was."""
    first = func.min(_SEEN).label("first")
    query = select(sightings.c.message, first).join(messages, messages.c.id == sightings.c.message)
    query = query.where(among(messages.c.conversation, numbers, connection)).group_by(sightings.c.message)
    return {row.message: row.first for row in connection.execute(query)}


def _placed(connection: Connection, openers: Iterable[int | None]) -> dict[int | None, datetime]:
    """When each of these messages was first seen where it was put last."""
    query = select(sightings.c.message, func.max(_SEEN).label("last")).group_by(sightings.c.message)
    rows = connection.execute(query.where(among(sightings.c.message, set(openers), connection)))
    return {row.message: row.last for row in rows}


def _latest(
    connection: Connection, numbers: Collection[int], seen: Mapping[int | None, datetime]
) -> dict[int | None, datetime]:
    """When something new was last seen in each of these conversations."""
    query = select(messages.c.id, messages.c.conversation).where(among(messages.c.conversation, numbers, connection))
    latest: dict[int | None, datetime] = {}
    for row in connection.execute(query):
        if row.id in seen:
            latest[row.conversation] = max(seen[row.id], latest.get(row.conversation, seen[row.id]))
    return latest


def _acted(connection: Connection, numbers: Collection[int]) -> list[tuple[int, datetime]]:
    """When something was closed or opened again by hand, or that was taken back: (message, when we knew)."""
    query = select(acts.c.message, acts.c.at, acts.c.heard_at, acts.c.undone_at)
    query = query.join(messages, messages.c.id == acts.c.message).where(acts.c.kind.in_(("done", "reopen")))
    rows = connection.execute(query.where(among(messages.c.conversation, numbers, connection)))
    return [(row.message, max(filter(None, (row.heard_at or row.at, row.undone_at)))) for row in rows]
