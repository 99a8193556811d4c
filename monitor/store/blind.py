"""FLOOR 1. What could not be seen: mailboxes between looks that lie too far apart, and a Sent folder that is gone."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, delete, select

from monitor.core.blind import Blind
from monitor.store.past import withdraw_told
from monitor.store.store import Store, among, inserting
from monitor.store.tables import blind, folders, letters, notices


def note_blind(connection: Connection, spells: Collection[tuple[str, datetime, datetime]]) -> None:
    """Spells (mailbox, since, until) are over; said twice, one is one."""
    if spells:
        rows = [{"mailbox": mailbox, "since": since, "until": until} for mailbox, since, until in spells]
        connection.execute(inserting(blind, connection).on_conflict_do_nothing(), rows)


def forget_blind(connection: Connection, mailboxes: Collection[str], after: datetime) -> None:
    """Spells of these that ended later than it is: the clock was ahead then, and nothing was blind for so long."""
    if mailboxes:
        connection.execute(delete(blind).where(among(blind.c.mailbox, mailboxes, connection), blind.c.until > after))


def blind_spells(store: Store, since: datetime, until: datetime) -> list[Blind]:
    """The spells that did not end before `since` and began before `until`, oldest first."""
    query = select(blind).where(blind.c.until >= since, blind.c.since < until)
    with store.reading() as connection:
        rows = connection.execute(query.order_by(blind.c.since, blind.c.mailbox))
        return [Blind(row.mailbox, row.since, row.until) for row in rows]


def withdraw_blind(store: Store, ended: Collection[tuple[str, str]], now: datetime) -> set[tuple[str, str]]:
    """Take back the letters not sent yet that tell only of spells (subject, recipient) that are over.

    Returns those spells: nobody was told of them.
    """
    waiting = select(notices).join(letters, letters.c.id == notices.c.letter)
    waiting = waiting.where(notices.c.kind == "blind", letters.c.state == "pending")
    about: dict[int, set[tuple[str, str]]] = {}
    with store.reading() as connection:
        recipients = {recipient for _, recipient in ended}
        for row in connection.execute(waiting.where(among(notices.c.recipient, recipients, connection))):
            about.setdefault(row.letter, set()).add((row.subject, row.recipient))
    gone = {letter: spells for letter, spells in about.items() if spells <= set(ended)}
    if gone:
        with store.writing() as connection:
            withdraw_told(connection, gone, now)
    return {spell for spells in gone.values() for spell in spells}


def lost_sent(store: Store, address: str) -> str | None:
    """The Sent folder that was read to its end before and is no longer watched, if there is none now; the latest."""
    sent = select(folders).where(folders.c.mailbox == address, folders.c.role == "sent")
    with store.reading() as connection:
        if connection.execute(sent.where(folders.c.watched)).first() is not None:
            return None
        seen = sent.where(folders.c.looked_at.is_not(None)).order_by(folders.c.looked_at.desc())
        row = connection.execute(seen).first()
        return None if row is None else str(row.name)
