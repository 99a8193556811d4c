"""FLOOR 1. Folds conversations again and writes what changed: verdicts and waits are derived, never edited.

A constant number of statements for any number of conversations (law 10).
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from monitor.core.house import House
from monitor.core.message import Place, Seen
from monitor.core.needs_reply import Verdict
from monitor.core.waits import Folded, Wait, fold
from monitor.store.rows import seen_of, wait_row
from monitor.store.store import among, inserting
from monitor.store.tables import AnyRow, folders, messages, reminders, sightings, waits

Grouped = dict[int, list[AnyRow]]


@dataclass(frozen=True, slots=True)
class New:
    """A message that has no row yet: its columns but for the verdict, and what the fold needs of it."""

    columns: dict[str, Any]
    seen: Seen


def refold(
    connection: Connection,
    numbers: Collection[int],
    house: House,
    new: Mapping[int, Sequence[New]] = MappingProxyType({}),
) -> None:
    """Fold these conversations and store their verdicts and waits; `new` messages of each are put in on the way."""
    if not numbers:
        return
    rows = _grouped(
        connection.execute(select(messages).where(among(messages.c.conversation, numbers, connection))).all()
    )
    stored = _grouped(connection.execute(select(waits).where(among(waits.c.conversation, numbers, connection))).all())
    places = places_of(connection, numbers)
    verdicts: list[dict[str, Any]] = []
    inserted: list[dict[str, Any]] = []
    changes = _Changes()
    for number in numbers:
        old, fresh = rows[number], new.get(number, ())
        folded = fold([seen_of(row, places[row.id]) for row in old] + [n.seen for n in fresh], house)
        verdicts += _changed_verdicts(old, folded)
        inserted += [n.columns | _verdict_row(folded.verdicts[n.seen.message.identity]) for n in fresh]
        ids = {row.identity: row.id for row in old} | {n.columns["identity"]: n.columns["id"] for n in fresh}
        _match(number, folded.waits, stored[number], ids, house, changes)
    if inserted:
        connection.execute(insert(messages), inserted)
    if verdicts:
        connection.execute(update(messages).where(messages.c.id == bindparam("row")), verdicts)
    changes.write(connection)


def places_of(connection: Connection, numbers: Collection[int]) -> dict[int, set[Place]]:
    """Where the messages of these conversations were ever seen, by message row id."""
    found = connection.execute(
        select(sightings.c.message, folders.c.mailbox, folders.c.role)
        .join(folders, folders.c.id == sightings.c.folder)
        .join(messages, messages.c.id == sightings.c.message)
        .where(among(messages.c.conversation, numbers, connection))
        .distinct()
    )
    places: dict[int, set[Place]] = defaultdict(set)
    for message, mailbox, role in found:
        places[message].add(Place(mailbox, role))
    return places


def _changed_verdicts(rows: Sequence[AnyRow], folded: Folded) -> list[dict[str, Any]]:
    changed = []
    for row in rows:
        new = _verdict_row(folded.verdicts[row.identity])
        if any(getattr(row, name) != value for name, value in new.items()):
            changed.append({"row": row.id, **new})
    return changed


def _verdict_row(v: Verdict) -> dict[str, Any]:
    return {"direction": v.direction, "wants_reply": v.wants_reply, "rule": v.rule, "signals": list(v.signals)}


class _Changes:
    """What is to be written of the waits, gathered over all conversations of a batch."""

    def __init__(self) -> None:
        self.new: list[dict[str, Any]] = []
        self.kept: list[dict[str, Any]] = []
        self.gone: list[int] = []
        self.moved: list[tuple[int, int]] = []

    def write(self, connection: Connection) -> None:
        """Reminders of a wait that became part of another one go with it; then the waits themselves."""
        if self.moved:
            _move_reminders(connection, self.moved)
        if self.gone:
            connection.execute(delete(waits).where(among(waits.c.id, self.gone, connection)))
        if self.kept:
            connection.execute(update(waits).where(waits.c.id == bindparam("row")), self.kept)
        if self.new:
            last = connection.execute(select(func.coalesce(func.max(waits.c.id), 0))).scalar_one()
            connection.execute(insert(waits), [{"id": last + i, **row} for i, row in enumerate(self.new, 1)])


def _match(
    number: int,
    folded: Sequence[Wait],
    stored: Sequence[AnyRow],
    ids: dict[str, int],
    house: House,
    changes: _Changes,
) -> None:
    """Which stored wait is which folded one: a wait keeps its row and its reminders when an earlier opener turns up."""
    left = sorted(stored, key=lambda row: row.id)
    for wait in folded:
        members = {ids[m] for m in wait.members}
        same = [row for row in left if row.opener in members]
        values = {"conversation": number, **wait_row(wait, ids, house.team(wait.mailboxes[0]))}
        if not same:
            changes.new.append(values)
            continue
        keep, *merged = same
        left = [row for row in left if row not in same]
        changes.moved += [(row.id, keep.id) for row in merged]
        changes.gone += [row.id for row in merged]
        if any(getattr(keep, name) != value for name, value in values.items()):
            changes.kept.append({"row": keep.id, **values})
    changes.gone += [row.id for row in left]


def _move_reminders(connection: Connection, moved: Sequence[tuple[int, int]]) -> None:
    target = dict(moved)
    rows = (
        connection.execute(select(reminders).where(among(reminders.c.wait, list(target), connection))).mappings().all()
    )
    if rows:
        statement = inserting(reminders, connection).on_conflict_do_nothing()
        connection.execute(statement, [{**row, "wait": target[row["wait"]]} for row in rows])


def _grouped(rows: Sequence[AnyRow]) -> Grouped:
    groups: Grouped = defaultdict(list)
    for row in rows:
        groups[row.conversation].append(row)
    return groups
