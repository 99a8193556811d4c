"""FLOOR 1. What a look hands over to be stored: mails as they were seen in a folder, and how far that was read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, update

from monitor.core.cursor import Cursor
from monitor.core.gist import Gist
from monitor.core.message import Message
from monitor.store.store import inserting
from monitor.store.tables import folders, troubles


@dataclass(frozen=True, slots=True)
class Look:
    """When we look: `now`, the look before (None: there was none), whether this is the folder's first. Times in UTC.

    `forgotten`: how often somebody had been forgotten (keeping.py) when it began; None: it does not matter.
    """

    now: datetime
    before: datetime | None = None
    first: bool = True
    forgotten: int | None = None


class Arrival(NamedTuple):
    """One mail of a batch as it was seen: its message, or why it could not be read; the gist of the message, where that
    was found out on reading."""

    uid: int
    flags: frozenset[str]
    size: int
    arrived_at: datetime
    message: Message | str
    gist: Gist | None = None


class Part(NamedTuple):
    """What came into one folder, the cursor once that is stored, and the look that saw it."""

    folder: int
    arrivals: Sequence[Arrival]
    cursor: Cursor
    look: Look


def note_troubles(connection: Connection, part: Part) -> None:
    """The mails of it that could not be read, each with its reason."""
    bad = [(a.uid, a.message) for a in part.arrivals if isinstance(a.message, str)]
    if bad:
        same = {"folder": part.folder, "uidvalidity": part.cursor.uidvalidity, "seen_at": part.look.now}
        connection.execute(
            inserting(troubles, connection).on_conflict_do_nothing(),
            [{**same, "uid": uid, "reason": reason} for uid, reason in bad],
        )


def move_cursor(connection: Connection, folder: int, cursor: Cursor) -> None:
    """Remember how far a folder was read."""
    given = {name: getattr(cursor, column) for name, column in _CURSOR.items()}
    connection.execute(_MOVED, {"folder_id": folder, **given})


_CURSOR = {f"new_{name}": name for name in ("uidvalidity", "uidnext", "highestmodseq", "messages", "complete")}
_MOVED = (
    update(folders)
    .where(folders.c.id == bindparam("folder_id"))
    .values({column: bindparam(name) for name, column in _CURSOR.items()})
)
