"""FLOOR 1. Takes a batch of mails in: facts, sightings, conversations, waits and the moved cursor in one transaction.

A constant number of statements for a batch, whether the mailbox holds a thousand messages or ten million (law 10).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, insert, select, update

from monitor.core.conversations import Joined, join, nodes
from monitor.core.cursor import Cursor
from monitor.core.house import House
from monitor.core.ids import digest
from monitor.core.message import Address, Message, Place, Seen, same_mail, with_recipients
from monitor.store import tables
from monitor.store.folding import New, refold
from monitor.store.rows import message_row
from monitor.store.store import Store, among, inserting
from monitor.store.tables import AnyRow, conversations, folders, messages, sightings, troubles, waits


@dataclass(frozen=True, slots=True)
class Arrival:
    """One mail of a batch as it was seen: its message, or why it could not be read."""

    uid: int
    flags: frozenset[str]
    size: int
    arrived_at: datetime
    message: Message | str


def take_in(store: Store, folder: int, batch: Sequence[Arrival], cursor: Cursor, house: House, now: datetime) -> None:
    """Store one batch of a folder and move its cursor. Taking the same batch in twice changes nothing."""
    with store.writing() as connection:
        readable = [(a, a.message) for a in batch if isinstance(a.message, Message)]
        bad = [(a, a.message) for a in batch if isinstance(a.message, str)]
        if bad:
            _note_troubles(connection, folder, bad, cursor.uidvalidity, now)
        if readable:
            _Intake(connection, folder, cursor.uidvalidity).run(readable, house)
        move_cursor(connection, folder, cursor)


def move_cursor(connection: Connection, folder: int, cursor: Cursor) -> None:
    """Remember how far a folder was read."""
    connection.execute(
        update(folders)
        .where(folders.c.id == folder)
        .values(
            uidvalidity=cursor.uidvalidity,
            uidnext=cursor.uidnext,
            highestmodseq=cursor.highestmodseq,
            messages=cursor.messages,
            complete=cursor.complete,
        )
    )


class _Intake:
    """One batch; lives for a single call of `take_in`."""

    def __init__(self, connection: Connection, folder: int, uidvalidity: int) -> None:
        self.connection, self.folder, self.uidvalidity = connection, folder, uidvalidity

    def run(self, batch: Sequence[tuple[Arrival, Message]], house: House) -> None:
        """Facts, conversations, waits. Sightings of known messages come before the fold, which reads them."""
        known = self._known({m.identity for _, m in batch})
        batch = _told_apart(batch, {identity: _outline(row) for identity, row in known.items()})
        known |= self._known({m.identity for _, m in batch} - known.keys())
        earliest: dict[str, datetime] = {}
        fresh: dict[str, Message] = {}
        for arrival, message in batch:
            earliest[message.identity] = min(arrival.arrived_at, earliest.get(message.identity, arrival.arrived_at))
            if message.identity not in known:
                first = fresh.setdefault(message.identity, message)
                fresh[message.identity] = with_recipients(first, message.recipients)
        ids = {identity: row.id for identity, row in known.items()}
        touched = {row.conversation for identity, row in known.items() if identity in earliest}
        new: dict[int, list[New]] = {}
        if fresh:
            joined = self._join(list(fresh.values()))
            touched = {joined.merged.get(number, number) for number in touched}
            new = self._new_messages(fresh, earliest, joined, ids)
        seen_again = [(a, m) for a, m in batch if m.identity in known]
        self._pull_back(known, earliest)
        self._complete(known, [m for _, m in seen_again])
        self._sight(seen_again, ids)
        refold(self.connection, touched | new.keys(), house, new)
        self._sight([(a, m) for a, m in batch if m.identity not in known], ids)

    def _known(self, identities: Collection[str]) -> dict[str, AnyRow]:
        columns = [messages.c[name] for name in _KNOWN_COLUMNS]
        rows = self.connection.execute(select(*columns).where(among(messages.c.identity, identities, self.connection)))
        return {row.identity: row for row in rows}

    def _join(self, fresh: Sequence[Message]) -> Joined:
        named = {node for message in fresh for node in nodes(message)}
        rows = self.connection.execute(
            select(tables.nodes.c.id, tables.nodes.c.conversation).where(
                among(tables.nodes.c.id, named, self.connection)
            )
        )
        known = {row.id: row.conversation for row in rows}
        last = self.connection.execute(select(func.coalesce(func.max(conversations.c.number), 0))).scalar_one()
        joined = join(fresh, known, last)
        self._merge(joined.merged)
        if joined.created:
            self.connection.execute(insert(conversations), [{"number": n} for n in joined.created])
        new_nodes = [{"id": i, "conversation": n} for i, n in joined.numbers.items() if i not in known]
        if new_nodes:
            self.connection.execute(insert(tables.nodes), new_nodes)
        return joined

    def _merge(self, merged: Mapping[int, int]) -> None:
        """The lowest number leads; the others lead to it for ever."""
        if not merged:
            return
        moves = [{"old": old, "new": new} for old, new in merged.items()]
        for table in (messages, waits, tables.nodes):
            statement = update(table).where(table.c.conversation == bindparam("old"))
            self.connection.execute(statement.values(conversation=bindparam("new")), moves)
        for column in (conversations.c.number, conversations.c.lead):
            statement = update(conversations).where(column == bindparam("old")).values(lead=bindparam("new"))
            self.connection.execute(statement, moves)

    def _new_messages(
        self, fresh: Mapping[str, Message], earliest: Mapping[str, datetime], joined: Joined, ids: dict[str, int]
    ) -> dict[int, list[New]]:
        """The messages without a row, by conversation; their row ids are put into `ids`."""
        last = self.connection.execute(select(func.coalesce(func.max(messages.c.id), 0))).scalar_one()
        here = frozenset({self._place()})
        new: dict[int, list[New]] = {}
        for number, (identity, message) in enumerate(fresh.items(), last + 1):
            ids[identity] = number
            conversation = joined.numbers[nodes(message)[0]]
            columns = {"id": number, "received_at": earliest[identity], "conversation": conversation}
            seen = Seen(message, earliest[identity], here)
            new.setdefault(conversation, []).append(New(columns | message_row(message), seen))
        return new

    def _place(self) -> Place:
        row = self.connection.execute(
            select(folders.c.mailbox, folders.c.role).where(folders.c.id == self.folder)
        ).one()
        return Place(row.mailbox, row.role)

    def _pull_back(self, known: Mapping[str, AnyRow], earliest: Mapping[str, datetime]) -> None:
        """received_at is the earliest of all sightings, in whatever order the folders are read."""
        earlier = [
            {"row": known[i].id, "received_at": when}
            for i, when in earliest.items()
            if i in known and when < known[i].received_at
        ]
        if earlier:
            self.connection.execute(update(messages).where(messages.c.id == bindparam("row")), earlier)

    def _complete(self, known: Mapping[str, AnyRow], again: Sequence[Message]) -> None:
        """A copy in another folder may name recipients that the first one did not."""
        recipients = {m.identity: {tuple(a) for a in known[m.identity].recipients} for m in again}
        before = {identity: len(found) for identity, found in recipients.items()}
        for message in again:
            recipients[message.identity] |= {tuple(a) for a in message.recipients}
        more = [
            {"row": known[identity].id, "recipients": [list(a) for a in sorted(found)]}
            for identity, found in recipients.items()
            if len(found) > before[identity]
        ]
        if more:
            self.connection.execute(update(messages).where(messages.c.id == bindparam("row")), more)

    def _sight(self, batch: Sequence[tuple[Arrival, Message]], ids: Mapping[str, int]) -> None:
        if not batch:
            return
        rows = [
            {
                "folder": self.folder,
                "uidvalidity": self.uidvalidity,
                "uid": arrival.uid,
                "message": ids[message.identity],
                "arrived_at": arrival.arrived_at,
                "size": arrival.size,
                "flags": sorted(arrival.flags),
                "gone_at": None,
            }
            for arrival, message in batch
        ]
        upsert = inserting(sightings, self.connection)
        statement = upsert.on_conflict_do_update(
            index_elements=["folder", "uidvalidity", "uid"],
            set_={name: upsert.excluded[name] for name in ("message", "flags", "gone_at")},
        )
        self.connection.execute(statement, rows)


_KNOWN_COLUMNS = ("id", "identity", "conversation", "received_at", "sent_at", "from_address", "subject", "recipients")


def _outline(row: AnyRow) -> Message:
    return Message(row.identity, row.identity, Address("", row.from_address), (), row.subject, sent_at=row.sent_at)


def _told_apart(batch: Sequence[tuple[Arrival, Message]], firsts: dict[str, Message]) -> list[tuple[Arrival, Message]]:
    """A program that repeats one Message-ID must not make people vanish: another mail gets another identity."""
    apart = []
    for arrival, message in batch:
        first = firsts.setdefault(message.identity, message)
        if message.message_id and not same_mail(message, first):
            mark = digest(f"{message.from_.address}\n{message.sent_at}\n{message.subject}".encode())[7:19]
            apart.append((arrival, replace(message, identity=f"{message.message_id}#{mark}")))
        else:
            apart.append((arrival, message))
    return apart


def _note_troubles(
    connection: Connection, folder: int, bad: Sequence[tuple[Arrival, str]], uidvalidity: int, now: datetime
) -> None:
    connection.execute(
        inserting(troubles, connection).on_conflict_do_nothing(),
        [
            {"folder": folder, "uidvalidity": uidvalidity, "uid": a.uid, "reason": reason, "seen_at": now}
            for a, reason in bad
        ],
    )
