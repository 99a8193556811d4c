"""FLOOR 1. What `status` shows of the folders: when each was looked at, and every mail that could not be read."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, select

from monitor.store.store import Store
from monitor.store.tables import folders, troubles


@dataclass(frozen=True, slots=True)
class FolderHealth:
    """A watched folder, for `status`."""

    name: str
    role: str
    looked_at: datetime | None
    messages: int | None


@dataclass(frozen=True, slots=True)
class Trouble:
    """A mail that could not be read: where it lies, and why."""

    mailbox: str
    folder: str
    uidvalidity: int
    uid: int
    reason: str


def folder_health(store: Store) -> dict[str, list[FolderHealth]]:
    """The watched folders of every mailbox."""
    found: dict[str, list[FolderHealth]] = {}
    with store.reading() as connection:
        for row in connection.execute(select(folders).where(folders.c.watched).order_by(folders.c.id)):
            found.setdefault(row.mailbox, []).append(FolderHealth(row.name, row.role, row.looked_at, row.messages))
    return found


def trouble_rows(store: Store) -> list[Trouble]:
    """Every mail that could not be read, in the folders as they are now."""
    query = (
        select(folders.c.mailbox, folders.c.name, troubles)
        .join(folders, and_(folders.c.id == troubles.c.folder, folders.c.uidvalidity == troubles.c.uidvalidity))
        .order_by(troubles.c.seen_at, troubles.c.folder, troubles.c.uid)
    )
    with store.reading() as connection:
        return [Trouble(r.mailbox, r.name, r.uidvalidity, r.uid, r.reason) for r in connection.execute(query)]
