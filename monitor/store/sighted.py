"""FLOOR 1. Where mails were seen, written for a whole batch."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from monitor.store.arrivals import Arrival
from monitor.store.bulk import Values, insert_whole
from monitor.store.column_types import json_text, moment_column
from monitor.store.tables import sightings

_SOME_BETWEEN = (
    select(sightings.c.uid)
    .where(sightings.c.folder == bindparam("folder"), sightings.c.uidvalidity == bindparam("validity"))
    .where(sightings.c.uid.between(bindparam("first"), bindparam("last")))
    .limit(1)
)


Key = tuple[int, int, int]
"""A folder, its uidvalidity, and a uid."""


def sighting_row(
    key: Key, message: int, arrival: Arrival, seen_at: datetime, answered: tuple[datetime | None, datetime | None]
) -> Values:
    """All columns of a sighting in their order, as `put_sightings` takes them. `message`: its row; `answered`: as in
    Sighting. Raises ValueError where a moment has no time zone."""
    at, flags = moment_column(arrival.arrived_at), json_text(tuple(sorted(arrival.flags)))
    return *key, message, at, arrival.size, flags, moment_column(seen_at), None, *map(moment_column, answered)


def put_sightings(connection: Connection, rows: Mapping[Key, Values]) -> None:
    """Insert rows of `sightings`; of what was seen there before the flags are written, and that it is there.

    Nearly always nothing was. That is asked first, as SQLite copies each page it writes for a row that may be there (a
    statement journal, sqlite.org/tempfiles.html). Raises RowError.
    """
    anew = ("message", "flags", "gone_at") if _are_there(connection, rows) else ()
    insert_whole(connection, sightings, list(rows.values()), anew)


def _are_there(connection: Connection, keys: Iterable[Key]) -> bool:
    """Whether any uid between the first and the last of these was seen before, in any of their folders."""
    uids: dict[tuple[int, int], list[int]] = {}
    for folder, uidvalidity, uid in keys:
        uids.setdefault((folder, uidvalidity), []).append(uid)
    given = [{"folder": f, "validity": v, "first": min(each), "last": max(each)} for (f, v), each in uids.items()]
    return any(connection.execute(_SOME_BETWEEN, each).first() for each in given)
