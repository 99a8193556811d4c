"""FLOOR 1. What the fold came to, gathered over all conversations of a batch, and written at once."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, delete, func, select

from monitor.core.alone import Alone
from monitor.core.conversations import Link
from monitor.core.house import House
from monitor.core.wait import Wait
from monitor.store.bulk import Changes, Values, change_all, insert_all, insert_whole
from monitor.store.report_tables import counted
from monitor.store.rows import Derived, New, derived_of, new_message_row, wait_row
from monitor.store.store import among, inserting
from monitor.store.tables import AnyRow, messages, past_waits, reminders, waits

_held = attrgetter(*Derived._fields)


class Writing:
    """What is to be written; lives for one batch."""

    def __init__(self, stored: Sequence[AnyRow] | None) -> None:
        """`stored`: the waits there are; None: they are left alone."""
        self.leaves_waits = stored is None
        self.stored = {row.id: row for row in stored or ()}
        self.by_opener: dict[int, list[AnyRow]] = defaultdict(list)
        for row in sorted(stored or (), key=lambda row: row.id):
            self.by_opener[row.opener].append(row)
        self.inserted: list[Values] = []
        self.changed = Changes()
        self.new: list[dict[str, Any]] = []
        self.kept = Changes()
        self.moved: list[tuple[int, int]] = []

    def alone(self, new: New, found: Alone, link: Link, house: House, ids: Mapping[str, int]) -> None:
        """A new message that is all there is of its conversation, but for its answer; `ids`: their rows."""
        self.insert(new, derived_of(found.verdict, link, found.key, found.seeks))
        if found.wait is not None:
            self.waits(new.conversation, (found.wait,), ids, house)

    def insert(self, new: New, derived: Derived) -> None:
        """A new message."""
        self.inserted.append(new_message_row(new, derived))

    def change(self, row: AnyRow, derived: Derived) -> None:
        """A message whose verdict or link may have changed."""
        values = derived._replace(signals=list(derived.signals))
        if _held(row) != values:  # nearly always the same
            self.changed.note(row, values._asdict())

    def waits(self, number: int, folded: Sequence[Wait], ids: Mapping[str, int], house: House) -> None:
        """Which stored wait is which folded one: a wait keeps row and reminders when an earlier opener turns up."""
        for wait in () if self.leaves_waits else folded:
            values = wait_row(wait, ids, house.team(wait.mailboxes[0]), number)
            of_members = [row for m in wait.members for row in self.by_opener.get(ids[m], ())] if self.stored else ()
            same = [row for row in of_members if row.id in self.stored]
            if not same:
                self.new.append(values)
                continue
            keep, *merged = sorted(same, key=lambda row: row.id)
            self.moved += [(row.id, keep.id) for row in merged]
            for row in merged:
                del self.stored[row.id]
            del self.stored[keep.id]
            self.kept.note(keep, values | {"mailboxes": list(wait.mailboxes)})

    def write(self, connection: Connection) -> None:
        """Reminders of a wait that became part of another one go with it; then the waits themselves."""
        insert_whole(connection, messages, self.inserted)
        change_all(connection, messages, self.changed.rows())
        if self.moved:
            _move_reminders(connection, self.moved)
        gone = [*self.stored, *(old for old, _ in self.moved)]
        if gone:
            connection.execute(delete(waits).where(among(waits.c.id, gone, connection)))
        change_all(connection, waits, self.kept.rows())
        if self.new:
            for number, row in enumerate(self.new, _last_wait(connection) + 1):
                row["id"] = number
            insert_all(connection, waits, self.new)


def _last_wait(connection: Connection) -> int:
    """Ids are never given twice: what reports counted under one must not become another wait's."""
    given = [select(func.max(column)).scalar_subquery() for column in (waits.c.id, past_waits.c.wait, counted.c.wait)]
    return max(each or 0 for each in connection.execute(select(*given)).one())


def _move_reminders(connection: Connection, moved: Sequence[tuple[int, int]]) -> None:
    target = dict(moved)
    rows = (
        connection.execute(select(reminders).where(among(reminders.c.wait, list(target), connection))).mappings().all()
    )
    if rows:
        statement = inserting(reminders, connection).on_conflict_do_nothing()
        connection.execute(statement, [{**row, "wait": target[row["wait"]]} for row in rows])
