"""FLOOR 1. Who said by an automatic reply that they are away, in the mail of the watched mailboxes."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select

from monitor.core.absence import LONGEST, says_away
from monitor.core.authentication import standing
from monitor.core.house import House
from monitor.store.knowing import informed
from monitor.store.rows import message_of
from monitor.store.store import Store, among
from monitor.store.tables import messages


def automatic_replies(store: Store, people: Collection[str], house: House, now: datetime) -> dict[str, datetime]:
    """Of whom an automatic reply says that they are away, and when it came: the latest of each.

    Not of those who wrote something by their own hand since, and never by a mail that is not from whom it says.
    """
    lately = (messages.c.received_at > now - LONGEST, messages.c.received_at <= now)
    machines = select(messages.c.from_address).where(*lately, messages.c.direction == "automatic")
    replied: dict[str, datetime] = {}
    with store.reading() as connection:
        house = informed(connection, house)
        answered = machines.where(among(messages.c.from_address, people, connection))
        named = set(connection.execute(answered).scalars())
        theirs = select(messages).where(*lately, among(messages.c.from_address, named, connection))
        for row in connection.execute(theirs.order_by(messages.c.received_at)) if named else ():
            message = message_of(row)
            if standing(message, house) == "fail":
                continue
            if row.direction != "automatic":
                replied.pop(row.from_address, None)
            elif says_away(row.rule or "", row.signals or (), bool(message.names)):
                replied[row.from_address] = row.received_at
    return replied


def absences_told(
    store: Store, people: Collection[str], house: House, start: datetime, end: datetime
) -> list[tuple[datetime, str, bool]]:
    """What `automatic_replies` goes by, of a longer time: (when, who, away or back), oldest first, in (start, end]."""
    within = (messages.c.received_at > start, messages.c.received_at <= end)
    found: list[tuple[datetime, str, bool]] = []
    with store.reading() as connection:
        house = informed(connection, house)
        machines = select(messages.c.from_address).where(*within, messages.c.direction == "automatic")
        named = set(connection.execute(machines.where(among(messages.c.from_address, people, connection))).scalars())
        theirs = select(messages).where(*within, among(messages.c.from_address, named, connection))
        for row in connection.execute(theirs.order_by(messages.c.received_at)) if named else ():
            message = message_of(row)
            if standing(message, house) == "fail":
                continue
            is_away = row.direction == "automatic"
            if not is_away or says_away(row.rule or "", row.signals or (), bool(message.names)):
                found.append((row.received_at, row.from_address, is_away))
    return found
