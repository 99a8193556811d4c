"""FLOOR 1. Conversations older than the config keeps go, a batch at a time; who still waits stays."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, exists, func, insert, select, update

from monitor.store.keeping import note_purged
from monitor.store.past import Removed, bury
from monitor.store.store import Store, among
from monitor.store.tables import letters, messages, notices, reminders, settings, troubles, waits

BATCH = 500
"""Conversations of one transaction: others write between two batches."""

MARGIN = timedelta(days=2)
"""Kept longer than asked for: SEARCH SINCE counts whole days of the server's zone (RFC 3501 §6.4.4), and what is read
again must be known."""

_PURGED = "purged_at"


def is_due(store: Store, now: datetime, every: timedelta) -> bool:
    """Whether the last purge is so long ago, or there was none; one of the future does not count."""
    with store.reading() as connection:
        last = connection.execute(select(settings.c.value).where(settings.c.name == _PURGED)).scalar()
    return last is None or not timedelta(0) <= now - datetime.fromisoformat(last) < every


def purge(store: Store, retention: timedelta, now: datetime) -> Removed:
    """Remove the conversations whose newest message is older than `retention`, and letters settled before.

    Counted from the newest mail of all where that is older than `now`: a clock that is years ahead must not empty the
    store. Raises StoreError.
    """
    removed = Removed()
    with store.reading() as connection:
        newest = connection.execute(select(func.max(messages.c.received_at))).scalar()
        before = min(now, newest or now) - retention - MARGIN
        numbers = _old(connection, before)
    for at in range(0, len(numbers), BATCH):
        with store.writing() as connection:
            still = _old(connection, before, numbers[at : at + BATCH])
            if still:
                note_purged(connection, before)
                removed.add(bury(connection, still, lambda _mailboxes: None, now))
    with store.writing() as connection:
        removed.letters += _old_letters(connection, before)
        connection.execute(delete(troubles).where(troubles.c.seen_at < before))
        _note(connection, now)
    return removed


def _old(connection: Connection, before: datetime, among_these: Collection[int] | None = None) -> Sequence[int]:
    """The conversations in which nothing came since, and nobody waits."""
    waiting = exists(select(1).where(waits.c.conversation == messages.c.conversation, waits.c.state == "waiting"))
    query = select(messages.c.conversation).where(~waiting).group_by(messages.c.conversation)
    if among_these is not None:
        query = query.where(among(messages.c.conversation, among_these, connection))
    query = query.having(func.max(messages.c.received_at) < before)
    return connection.execute(query.order_by(messages.c.conversation)).scalars().all()


def _old_letters(connection: Connection, before: datetime) -> int:
    """Letters settled so long ago, unless a reminder of somebody who still waits stands on them."""
    old = letters.c.settled_at < before
    ids = select(letters.c.id).where(old)
    connection.execute(update(notices).where(notices.c.letter.in_(ids)).values(letter=None))
    needed = exists(select(1).where(reminders.c.letter == letters.c.id))
    return len(connection.execute(delete(letters).where(old, ~needed).returning(letters.c.id)).all())


def _note(connection: Connection, now: datetime) -> None:
    connection.execute(delete(settings).where(settings.c.name == _PURGED))
    connection.execute(insert(settings).values(name=_PURGED, value=now.isoformat()))
