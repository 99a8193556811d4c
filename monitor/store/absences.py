"""FLOOR 1. Who said by an automatic reply that they are away, in the mail of the watched mailboxes."""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import Connection, select, text

from monitor.core.absence import LONGEST, says_away
from monitor.core.authentication import standing
from monitor.core.house import House
from monitor.store.indexes import RESPONDS
from monitor.store.knowing import informed
from monitor.store.rows import message_of
from monitor.store.store import Store, among
from monitor.store.tables import AnyRow, messages


def automatic_replies(store: Store, people: Collection[str], house: House, now: datetime) -> dict[str, datetime]:
    """Of whom an automatic reply says that they are away, and when it came: the latest of each.

    Not of those who wrote something by their own hand since, and never by a mail that is not from whom it says.
    """
    replied: dict[str, datetime] = {}
    with store.reading() as connection:
        house = informed(connection, house)
        for row in _mail_of_responders(connection, people, now - LONGEST, now):
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
    found: list[tuple[datetime, str, bool]] = []
    with store.reading() as connection:
        house = informed(connection, house)
        for row in _mail_of_responders(connection, people, start, end):
            message = message_of(row)
            if standing(message, house) == "fail":
                continue
            is_away = row.direction == "automatic"
            if not is_away or says_away(row.rule or "", row.signals or (), bool(message.names)):
                found.append((row.received_at, row.from_address, is_away))
    return found


def _mail_of_responders(
    connection: Connection, people: Collection[str], start: datetime, end: datetime
) -> Iterable[AnyRow]:
    """Of those of these people in whose name a machine answered in (start, end]: all that came since the first of
    these answers, oldest first. Before that nothing says anything of an absence."""
    within = messages.c.received_at > start, messages.c.received_at <= end
    answered = select(messages.c.from_address, messages.c.received_at).where(text(RESPONDS), *within)
    machines = connection.execute(answered.where(among(messages.c.from_address, people, connection))).all()
    if not machines:
        return ()
    theirs = among(messages.c.from_address, {row.from_address for row in machines}, connection)
    since = min(row.received_at for row in machines)
    query = select(messages).where(messages.c.received_at >= since, messages.c.received_at <= end, theirs)
    return connection.execute(query.order_by(messages.c.received_at))
