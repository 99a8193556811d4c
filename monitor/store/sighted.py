"""FLOOR 1. Where mails were seen, written for a whole batch."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, select

from monitor.store.bulk import insert_all, put_all
from monitor.store.tables import sightings

_SOME_BETWEEN = (
    select(sightings.c.uid)
    .where(sightings.c.folder == bindparam("folder"), sightings.c.uidvalidity == bindparam("validity"))
    .where(sightings.c.uid.between(bindparam("first"), bindparam("last")))
    .limit(1)
)


def put_sightings(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows of `sightings`; of what was seen there before the flags are written, and that it is there.

    Nearly always nothing was. That is asked first, as SQLite copies each page it writes for a row that may be there (a
    statement journal, sqlite.org/tempfiles.html). No two rows may have one key. Raises RowError.
    """
    if _are_there(connection, rows):
        put_all(connection, sightings, rows, ("message", "flags", "gone_at"))
    else:
        insert_all(connection, sightings, rows)


def _are_there(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Whether any uid between the first and the last of these was seen before, in any of their folders."""
    uids: dict[tuple[int, int], list[int]] = {}
    for row in rows:
        uids.setdefault((row["folder"], row["uidvalidity"]), []).append(row["uid"])
    given = [{"folder": f, "validity": v, "first": min(each), "last": max(each)} for (f, v), each in uids.items()]
    return any(connection.execute(_SOME_BETWEEN, each).first() for each in given)
