"""FLOOR 1. What could not be seen: mailboxes between looks that lie too far apart, and a Sent folder that is gone."""

from datetime import datetime

from sqlalchemy import Connection, delete, select

from monitor.core.blind import Blind
from monitor.store.store import Store, inserting
from monitor.store.tables import blind, folders


def note_blind(connection: Connection, mailbox: str, since: datetime, until: datetime) -> None:
    """A spell is over; said twice, it is one."""
    row = inserting(blind, connection).values(mailbox=mailbox, since=since, until=until)
    connection.execute(row.on_conflict_do_nothing())


def forget_blind(connection: Connection, mailbox: str, after: datetime) -> None:
    """Spells that ended later than it is: the clock was ahead then, and nothing was blind for so long."""
    connection.execute(delete(blind).where(blind.c.mailbox == mailbox, blind.c.until > after))


def blind_spells(store: Store, since: datetime, until: datetime) -> list[Blind]:
    """The spells that did not end before `since` and began before `until`, oldest first."""
    query = select(blind).where(blind.c.until >= since, blind.c.since < until)
    with store.reading() as connection:
        rows = connection.execute(query.order_by(blind.c.since, blind.c.mailbox))
        return [Blind(row.mailbox, row.since, row.until) for row in rows]


def lost_sent(store: Store, address: str) -> str | None:
    """The Sent folder that was read to its end before and is no longer watched, if there is none now; the latest."""
    sent = select(folders).where(folders.c.mailbox == address, folders.c.role == "sent")
    with store.reading() as connection:
        if connection.execute(sent.where(folders.c.watched)).first() is not None:
            return None
        seen = sent.where(folders.c.looked_at.is_not(None)).order_by(folders.c.looked_at.desc())
        row = connection.execute(seen).first()
        return None if row is None else str(row.name)
