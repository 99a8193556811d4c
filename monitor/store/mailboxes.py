"""FLOOR 1. What we know of each mailbox: its folders and cursors, the last complete look, whether replies are seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, delete, exists, insert, select, update

from monitor.core.cursor import Cursor
from monitor.core.house import House
from monitor.core.message import Role
from monitor.store.folding import fold_stale, refold
from monitor.store.knowing import informed
from monitor.store.store import Store, among
from monitor.store.tables import (
    PUT_OFF,
    AnyRow,
    conversations,
    folders,
    mailboxes,
    past_waits,
    settings,
    waits,
)
from monitor.store.tying import retie

ANSWERED_BY_OTHERS_DAYS = 90
"""For so long a mailbox that answered another one's mail must be seen too before anybody is called late (law 2)."""


@dataclass(frozen=True, slots=True)
class FolderRow:
    """A folder as stored."""

    id: int
    name: str
    role: Role
    cursor: Cursor | None
    looked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MailboxView:
    """How current our view of a mailbox is. Times in UTC."""

    address: str
    first_as_of: datetime | None = None
    as_of: datetime | None = None
    looked_at: datetime | None = None
    outgoing_seen_at: datetime | None = None
    fault: str | None = None
    fault_text: str | None = None
    fault_since: datetime | None = None
    sent_sought_at: datetime | None = None
    readable_since: datetime | None = None
    ahead_by: int | None = None
    ahead_since: datetime | None = None


def watch(store: Store, address: str, wanted: Sequence[tuple[str, Role]]) -> list[FolderRow]:
    """Make sure the mailbox and these folders have rows; others of its folders are no longer watched."""
    known = folders_of(store, address)
    if known and {folder.name: folder.role for folder in known} == dict(wanted) and len(known) == len(wanted):
        return known  # as at nearly every look: nobody need wait for the writer
    with store.writing() as connection:
        if not connection.execute(select(mailboxes.c.address).where(mailboxes.c.address == address)).first():
            connection.execute(insert(mailboxes).values(address=address))
        rows = connection.execute(select(folders).where(folders.c.mailbox == address)).all()
        by_name = {row.name: row for row in rows}
        for name, role in wanted:
            if name not in by_name:
                connection.execute(
                    insert(folders).values(mailbox=address, name=name, role=role, complete=False, watched=True)
                )
            elif by_name[name].role != role or not by_name[name].watched:
                # What it means that a message lies there has changed: judge all again at the next round.
                connection.execute(delete(settings).where(settings.c.name == "rules"))
                connection.execute(
                    update(folders).where(folders.c.id == by_name[name].id).values(role=role, watched=True)
                )
        names = [name for name, _ in wanted]
        old = [row.id for row in rows if row.name not in names and row.watched]
        if old:
            connection.execute(update(folders).where(among(folders.c.id, old, connection)).values(watched=False))
        query = select(folders).where(folders.c.mailbox == address, folders.c.watched).order_by(folders.c.id)
        return [folder_of(row) for row in connection.execute(query)]


def sought_sent(store: Store, address: str, now: datetime) -> None:
    """All folders were looked through for one that holds our mail."""
    with store.writing() as connection:
        if not connection.execute(select(mailboxes.c.address).where(mailboxes.c.address == address)).first():
            connection.execute(insert(mailboxes).values(address=address))
        connection.execute(update(mailboxes).where(mailboxes.c.address == address).values(sent_sought_at=now))


def folder_beside(store: Store, address: str, name: str, role: Role) -> int:
    """The row of a folder that is not watched, but in which a mail was found."""
    with store.writing() as connection:
        here = and_(folders.c.mailbox == address, folders.c.name == name)
        row = connection.execute(select(folders).where(here)).first()
        if row is None:
            new = insert(folders).values(mailbox=address, name=name, role=role, complete=False, watched=False)
            return int(connection.execute(new.returning(folders.c.id)).scalar_one())
        if row.role != role and not row.watched:
            connection.execute(update(folders).where(here).values(role=role))
        return int(row.id)


def folders_of(store: Store, address: str) -> list[FolderRow]:
    """The watched folders of a mailbox, as they are remembered."""
    query = select(folders).where(folders.c.mailbox == address, folders.c.watched).order_by(folders.c.id)
    with store.reading() as connection:
        return [folder_of(row) for row in connection.execute(query)]


def folder_looked_at(store: Store, folder: int, cursor: Cursor, now: datetime) -> None:
    """A folder was read to its end."""
    with store.writing() as connection:
        connection.execute(
            update(folders)
            .where(folders.c.id == folder)
            .values(
                uidvalidity=cursor.uidvalidity,
                uidnext=cursor.uidnext,
                highestmodseq=cursor.highestmodseq,
                messages=cursor.messages,
                complete=True,
                looked_at=now,
            )
        )


def cursor_moved(store: Store, folder: int, cursor: Cursor) -> None:
    """A folder was read up to here, and goes on from here."""
    with store.writing() as connection:
        values = {"uidvalidity": cursor.uidvalidity, "uidnext": cursor.uidnext, "complete": cursor.complete}
        connection.execute(update(folders).where(folders.c.id == folder).values(**values))


def views(store: Store) -> dict[str, MailboxView]:
    """Our view of every mailbox we ever looked at."""
    with store.reading() as connection:
        return {row.address: MailboxView(**row._mapping) for row in connection.execute(select(mailboxes))}


def done_folders(store: Store) -> dict[str, list[str]]:
    """The watched folders of each mailbox where what is put needs no reply."""
    found: dict[str, list[str]] = {}
    query = select(folders.c.mailbox, folders.c.name).where(folders.c.role == "done", folders.c.watched)
    with store.reading() as connection:
        for row in connection.execute(query.order_by(folders.c.id)):
            found.setdefault(row.mailbox, []).append(row.name)
    return found


def answering(store: Store, now: datetime) -> dict[str, set[str]]:
    """For each mailbox the others that answered its mail in the last 90 days: they must be seen too (situation 37)."""
    since = now - timedelta(days=ANSWERED_BY_OTHERS_DAYS)
    asked, replied = mailboxes.alias("asked"), mailboxes.alias("replied")
    # A seek for each pair: a quarter of a year holds more waits than there are pairs.
    answered = exists(select(1).where(
        waits.c.answered_in == replied.c.address, waits.c.mailbox == asked.c.address, waits.c.answered_at >= since
    ))  # fmt: skip
    query = select(asked.c.address, replied.c.address).where(asked.c.address != replied.c.address, answered)
    past = select(past_waits.c.mailboxes, past_waits.c.answered_in).where(
        past_waits.c.answered_at >= since, past_waits.c.answered_in.is_not(None)
    )
    others: dict[str, set[str]] = {}
    with store.reading() as connection:
        found = [(mailbox, other) for mailbox, other in connection.execute(query)]
        found += [(mailboxes[0], other) for mailboxes, other in connection.execute(past) if mailboxes[0] != other]
    for mailbox, other in found:
        others.setdefault(mailbox, set()).add(other)
    return others


def refold_if_rules_changed(store: Store, fingerprint: str, house: House, batch: int = 500) -> int:
    """Fold all conversations again where the rules (`fingerprint`) are not those of the last time; how many."""
    with store.reading() as connection:
        old = connection.execute(select(settings.c.value).where(settings.c.name == "rules")).scalar()
        if old == fingerprint:
            return 0
        query = select(conversations.c.number).where(conversations.c.lead.is_(None), conversations.c.tied_to.is_(None))
        numbers = connection.execute(query).scalars().all()
    # A look under way may find meanwhile that a folder plays another part, and take this row away (`watch`): then what
    # was folded before is folded once more.
    with store.writing() as connection:
        connection.execute(delete(settings).where(settings.c.name == "rules"))
        connection.execute(insert(settings).values(name="rules", value="under way"))
    for at in range(0, len(numbers), batch):
        with store.writing() as connection:
            refold(connection, numbers[at : at + batch], informed(connection, house))
    fold_put_off(store, house)
    for at in range(0, len(numbers), batch):
        with store.writing() as connection:
            retie(connection, numbers[at : at + batch], informed(connection, house))
    with store.writing() as connection:
        connection.execute(update(settings).where(settings.c.name == "rules").values(value=fingerprint))
    return len(numbers)


def fold_put_off(store: Store, house: House) -> None:
    """Fold what was put off because it is large; at the end of each look."""
    with store.reading() as connection:
        if connection.execute(select(conversations.c.number).where(PUT_OFF).limit(1)).first() is None:
            return
    with store.writing() as connection:
        fold_stale(connection, informed(connection, house))


def folder_of(row: AnyRow) -> FolderRow:
    """A row of the table as it is meant."""
    cursor = None
    if row.uidvalidity is not None:
        cursor = Cursor(row.uidvalidity, row.uidnext, row.highestmodseq, row.messages, row.complete)
    return FolderRow(row.id, row.name, row.role, cursor, row.looked_at)
