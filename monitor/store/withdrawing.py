"""FLOOR 1. Letters taken back from the outbox, because what they say is true no longer or is said in a newer one."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Connection, case, delete, func, select, update

from monitor.store.store import Store, among
from monitor.store.tables import letters, notices, reminders, waits


def withdraw_outdated(store: Store, now: datetime) -> int:
    """Withdraw the reminders in the outbox that are no longer true; who of them still waits falls due again.

    A letter whose last try ended without a clear answer may already have arrived: it is sent again as it is, with the
    same Message-ID, unless everybody in it was answered.
    """
    with store.writing() as connection:
        asleep = waits.c.snoozed_until.is_not(None) & (waits.c.snoozed_until > now)
        still = func.sum(case((waits.c.state != "waiting", 0), (asleep, 0), else_=1)).label("still")
        rows = connection.execute(
            select(letters.c.id, letters.c.uncertain, func.count().label("all"), still)
            .join(reminders, reminders.c.letter == letters.c.id)
            .join(waits, waits.c.id == reminders.c.wait)
            .where(letters.c.state == "pending", letters.c.kind == "reminder")
            .group_by(letters.c.id, letters.c.uncertain)
        ).all()
        gone = [row.id for row in rows if row.still == 0 or (row.still < row.all and not row.uncertain)]
        gone += _orphans(connection)
        return _withdraw(connection, gone, now)


def withdraw_waiting(store: Store, recipients: Collection[str], now: datetime) -> int:
    """Withdraw the reminders to these people that were surely not sent yet; what is in them falls due again."""
    with store.writing() as connection:
        query = select(letters.c.id).where(
            letters.c.state == "pending", letters.c.kind == "reminder", letters.c.uncertain.is_(False)
        )
        gone = connection.execute(query.where(among(letters.c.recipient, recipients, connection))).scalars().all()
        return _withdraw(connection, gone, now)


def withdraw_unwanted(
    store: Store, wanted: Mapping[str, Collection[str]], watched: Collection[str], now: datetime
) -> int:
    """Withdraw what waits for people who are to get no letters of its kind (`wanted`, by kind) any more.

    Also what may have arrived, and reminders about mailboxes none of which is `watched` any more. What was in them
    counts as untold: it falls due again for whoever is to get it now.
    """
    pending = select(letters.c.id, letters.c.kind, letters.c.recipient).where(letters.c.state == "pending")
    about = select(reminders.c.letter, waits.c.mailboxes).join(waits, waits.c.id == reminders.c.wait)
    with store.reading() as connection:
        rows = connection.execute(pending).all()
        gone = {row.id for row in rows if row.recipient not in wanted.get(row.kind, (row.recipient,))}
        mailboxes: dict[int, set[str]] = {}
        for row in connection.execute(about.where(among(reminders.c.letter, [row.id for row in rows], connection))):
            mailboxes.setdefault(row.letter, set()).update(row.mailboxes)
    gone |= {letter for letter, its in mailboxes.items() if its.isdisjoint(watched)}
    if not gone:
        return 0
    with store.writing() as connection:
        connection.execute(delete(notices).where(among(notices.c.letter, gone, connection)))
        return _withdraw(connection, gone, now)


def _withdraw(connection: Connection, gone: Collection[int], now: datetime) -> int:
    if gone:
        connection.execute(delete(reminders).where(among(reminders.c.letter, gone, connection)))
        withdrawn = update(letters).where(among(letters.c.id, gone, connection))
        connection.execute(withdrawn.values(state="withdrawn", settled_at=now, subject="", body=b""))
    return len(gone)


def _orphans(connection: Connection) -> list[int]:
    # All its waits are gone: what looked like a person turned out to be a machine.
    query = (
        select(letters.c.id)
        .outerjoin(reminders, reminders.c.letter == letters.c.id)
        .where(letters.c.state == "pending", letters.c.kind == "reminder", reminders.c.wait.is_(None))
    )
    return list(connection.execute(query).scalars())
