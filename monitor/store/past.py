"""FLOOR 1. Conversations that are not kept any more: what reports count of them stays, without any person.

A constant number of statements for any number of conversations (law 10). Numbers are never given twice: the row of the
last conversation stays.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from monitor.store.acting_tables import letter_lines
from monitor.store.report_tables import reports
from monitor.store.reporting import AsOf
from monitor.store.rows import handoffs_of, handoffs_row
from monitor.store.store import among
from monitor.store.tables import (
    AnyRow,
    conversations,
    folders,
    letters,
    messages,
    nodes,
    notices,
    past_mail,
    past_waits,
    reminders,
    sightings,
    waits,
)

WITHDRAWN = "reopening"
"""The kind of a notice whose opening digest was withdrawn unsent: it is made anew at the next round."""
ANEW = "report-anew"
"""The same of a weekly report; its subject begins with the week."""


@dataclass(slots=True)
class Removed:
    """How much was removed: conversations and messages whole, messages of others `scrubbed`, letters taken back."""

    conversations: int = 0
    messages: int = 0
    scrubbed: int = 0
    waits: int = 0
    letters: int = 0

    def __bool__(self) -> bool:
        return any(getattr(self, f.name) for f in fields(self))

    def add(self, other: "Removed") -> None:
        """Both together."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))


def bury(connection: Connection, numbers: Collection[int], as_of: AsOf, now: datetime) -> Removed:
    """Remove these conversations; their waits and what reports count of their mail go to the tables of the past."""
    rows = connection.execute(select(waits).where(among(waits.c.conversation, numbers, connection))).all()
    removed = Removed(len(numbers), waits=len(rows), letters=withdraw_about(connection, rows, now))
    keep_waits(connection, rows, as_of)
    _keep_mail(connection, numbers)
    held = connection.execute(
        select(messages.c.id, messages.c.strand).where(among(messages.c.conversation, numbers, connection))
    ).all()
    ids, strands = [row.id for row in held], {*numbers, *(row.strand for row in held)}
    _delete(connection, waits.c.conversation, numbers)  # and the reminders about them, by their foreign key
    _delete(connection, sightings.c.message, ids)
    _delete(connection, messages.c.id, ids)
    _delete(connection, nodes.c.strand, strands)
    last = select(func.max(conversations.c.number)).scalar_subquery()
    columns = (conversations.c.number, conversations.c.lead, conversations.c.tied_to)
    gone = or_(*(among(column, strands, connection) for column in columns))
    connection.execute(delete(conversations).where(gone, conversations.c.number < last))
    connection.execute(update(conversations).where(gone).values(lead=None, tied_to=None, stale=False))
    removed.messages = len(ids)
    return removed


def keep_waits(connection: Connection, rows: Iterable[AnyRow], as_of: AsOf) -> None:
    """What reports count of these waits, teams and no person. `as_of`: up to when their mailboxes are known."""
    columns = [c.name for c in past_waits.columns if c.name not in ("id", "wait", "known_until")]
    kept: list[dict[str, Any]] = []
    for row in rows:
        known = as_of(row.mailboxes) if row.state == "waiting" else None
        handoffs = handoffs_row(replace(one, person="") for one in handoffs_of(row.handoffs))
        told = {name: getattr(row, name) for name in columns} | {"handoffs": handoffs}
        kept.append({"wait": row.id, "known_until": known, **told})
    if kept:
        connection.execute(insert(past_waits), kept)


def withdraw_about(connection: Connection, rows: Collection[AnyRow], now: datetime) -> int:
    """Take back the letters not sent yet that may speak of these waits; who else is in them falls due again.

    Also one that may have arrived already: better told twice than that a letter names who was to be forgotten.
    """
    mine = among(reminders.c.wait, [row.id for row in rows], connection)
    query = select(letters.c.id).join(reminders, reminders.c.letter == letters.c.id).where(mine)
    gone = set(connection.execute(query.where(letters.c.state == "pending")).scalars())
    _delete(connection, reminders.c.letter, gone)
    members = {member for row in rows for member in row.members}
    receipts = select(letters.c.id).join(letter_lines, letter_lines.c.letter == letters.c.id)
    receipts = receipts.where(letters.c.state == "pending", among(letter_lines.c.message, members, connection))
    gone |= set(connection.execute(receipts).scalars())
    taken_back = update(letters).where(among(letters.c.id, gone, connection))
    connection.execute(taken_back.values(state="withdrawn", settled_at=now, subject="", body=b""))
    return len(gone)


def withdraw_openings(connection: Connection, rows: Collection[AnyRow]) -> int:
    """Opening digests do not say of whom they speak: those of the mailboxes of these waits go, to be made anew."""
    mailboxes = {m for row in rows for m in row.mailboxes}
    mine = select(notices.c.letter).join(letters, letters.c.id == notices.c.letter)
    mine = mine.where(notices.c.kind == "opening", letters.c.state == "pending")
    gone = set(connection.execute(mine.where(among(notices.c.subject, mailboxes, connection))).scalars())
    if gone:
        rows = connection.execute(select(notices).where(among(notices.c.letter, gone, connection))).all()
        old = delete(notices).where(notices.c.kind == WITHDRAWN)
        old = old.where(among(notices.c.recipient, {row.recipient for row in rows}, connection))
        connection.execute(old.where(among(notices.c.subject, {row.subject for row in rows}, connection)))
        renewed = update(notices).where(among(notices.c.letter, gone, connection))
        connection.execute(renewed.values(kind=WITHDRAWN, letter=None))
        _delete(connection, letters.c.id, gone)
    return len(gone)


def withdraw_naming(connection: Connection, now: datetime) -> int:
    """The same of letters of what cannot be seen, and of double answers: they are few, so all of them are made anew."""
    waiting = select(letters.c.id).where(letters.c.state == "pending", letters.c.kind.in_(("blind", "double")))
    gone = set(connection.execute(waiting).scalars())
    withdraw_told(connection, gone, now)
    return len(gone)


def withdraw_reports(connection: Connection, now: datetime) -> int:
    """The same of weekly reports, which name partners that have gone quiet; the sheet of a month names nobody."""
    pending = select(letters.c.id, letters.c.recipient, reports.c.week, notices.c.subject).where(
        letters.c.kind == "report", letters.c.state == "pending"
    )
    found = pending.outerjoin(notices, notices.c.letter == letters.c.id)
    found = found.outerjoin(reports, reports.c.made_at == letters.c.created_at)
    rows = [(row, row.subject or row.week or "") for row in connection.execute(found)]
    gone = {row.id: (subject, row.recipient) for row, subject in rows if not subject or "W" in subject}
    withdraw_told(connection, gone, now)
    if again := {(subject, recipient) for subject, recipient in gone.values() if subject}:
        new = [{"kind": ANEW, "subject": subject, "recipient": recipient} for subject, recipient in sorted(again)]
        connection.execute(insert(notices), new)
    return len(gone)


def withdraw_told(connection: Connection, gone: Collection[int], now: datetime) -> None:
    """Take back these letters that are sent once; what they told counts as untold."""
    _delete(connection, notices.c.letter, gone)
    taken_back = update(letters).where(among(letters.c.id, gone, connection))
    connection.execute(taken_back.values(state="withdrawn", settled_at=now, subject="", body=b""))


def _keep_mail(connection: Connection, numbers: Collection[int]) -> None:
    """Of the mails that reports count by themselves: left out, or proving whether replies are seen."""
    query = (
        select(messages.c.id, messages.c.received_at, messages.c.rule, messages.c.wants_reply, messages.c.cites)
        .add_columns(folders.c.mailbox)
        .join(sightings, sightings.c.message == messages.c.id)
        .join(folders, folders.c.id == sightings.c.folder)
        .where(among(messages.c.conversation, numbers, connection), folders.c.role == "inbox")
        .where(or_(messages.c.wants_reply.is_(False), messages.c.cites.is_not(None)))
        .order_by(messages.c.id, folders.c.mailbox)
        .distinct()
    )
    found: dict[int, AnyRow] = {}
    inboxes: dict[int, list[str]] = defaultdict(list)
    for row in connection.execute(query):
        found[row.id] = row
        inboxes[row.id].append(row.mailbox)
    kept = [
        {
            "received_at": row.received_at,
            "mailboxes": inboxes[i],
            "rule": None if row.wants_reply else row.rule,
            "cites": row.cites,
        }
        for i, row in found.items()
    ]
    if kept:
        connection.execute(insert(past_mail), kept)


def _delete(connection: Connection, column: Any, values: Collection[Any]) -> None:
    connection.execute(delete(column.table).where(among(column, values, connection)))
