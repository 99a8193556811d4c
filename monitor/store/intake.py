"""FLOOR 1. Takes a batch of mails in: facts, sightings, conversations, waits and the moved cursor in one transaction.

A constant number of statements for a batch, whether the mailbox holds a thousand messages or ten million (law 10).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from monitor.core.cursor import Cursor
from monitor.core.house import House
from monitor.core.ids import digest
from monitor.core.message import SUBJECT, Message, Place, Role, same_mail, together
from monitor.core.sightings import ANSWERED, Sighting, gathered, is_draft
from monitor.core.topic import alike, without_subject
from monitor.store.bulk import KEY, change_all, put_all
from monitor.store.folding import New, refold
from monitor.store.keeping import expect_none_forgotten, kept_from
from monitor.store.knowing import informed, learn
from monitor.store.rows import message_of, message_row
from monitor.store.store import Store, among, inserting
from monitor.store.strands import Strands, conversations_of, join_batch
from monitor.store.tables import AnyRow, folders, messages, sightings, troubles
from monitor.store.tying import tie_by_subject


@dataclass(frozen=True, slots=True)
class Look:
    """When we look: `now`, the look before (None: there was none), whether this is the folder's first. Times in UTC.

    `forgotten`: how often somebody had been forgotten (keeping.py) when it began; None: it does not matter.
    """

    now: datetime
    before: datetime | None = None
    first: bool = True
    forgotten: int | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """One mail of a batch as it was seen: its message, or why it could not be read."""

    uid: int
    flags: frozenset[str]
    size: int
    arrived_at: datetime
    message: Message | str


def take_in(store: Store, folder: int, batch: Sequence[Arrival], cursor: Cursor, house: House, look: Look) -> None:
    """Store one batch of a folder and move its cursor. Taking the same batch in twice changes nothing.

    Raises ForgottenMeanwhile, and stores nothing, where somebody was forgotten since the look began.
    """
    with store.writing() as connection:
        expect_none_forgotten(connection, look.forgotten)
        readable = [(a, a.message) for a in batch if isinstance(a.message, Message)]
        bad = [(a, a.message) for a in batch if isinstance(a.message, str)]
        if bad:
            _note_troubles(connection, folder, bad, cursor.uidvalidity, look.now)
        if readable:
            _Intake(connection, folder, cursor.uidvalidity, look).run(readable, house)
        move_cursor(connection, folder, cursor)


def seen_elsewhere(
    store: Store, folder: int, uidvalidity: int, found: Sequence[Arrival], house: House, look: Look
) -> None:
    """Mails that left their folder were found in another one; that folder itself is not read, and has no cursor.

    Raises ForgottenMeanwhile as `take_in` does.
    """
    readable = [(a, a.message) for a in found if isinstance(a.message, Message)]
    if readable:
        with store.writing() as connection:
            expect_none_forgotten(connection, look.forgotten)
            _Intake(connection, folder, uidvalidity, look).run(readable, house)


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
    """One batch; lives for a single call."""

    def __init__(self, connection: Connection, folder: int, uidvalidity: int, look: Look) -> None:
        self.connection, self.folder, self.uidvalidity, self.look = connection, folder, uidvalidity, look
        row = connection.execute(select(folders.c.mailbox, folders.c.role).where(folders.c.id == folder)).one()
        self.place = Place(row.mailbox, row.role)

    def run(self, batch: Sequence[tuple[Arrival, Message]], house: House) -> None:
        """Facts, strands, sightings, then the fold, which reads them; last what only subjects tie."""
        asked = {m.identity for _, m in batch}
        known = self._known(asked)
        batch = _as_kept(batch, known, house)
        batch = _told_apart(batch, {identity: message_of(row) for identity, row in known.items()})
        identities = {m.identity for _, m in batch}
        known |= self._known(identities - asked)
        batch = self._kept(batch, known)
        identities = {m.identity for _, m in batch}
        known = {identity: row for identity, row in known.items() if identity in identities}
        fresh: dict[str, Message] = {}
        for _, message in batch:
            if message.identity not in known:
                fresh[message.identity] = together(fresh.get(message.identity, message), message)
        ids = {identity: row.id for identity, row in known.items()}
        lessons = learn(self.connection, self.place.role, [m for _, m in batch], fresh.values())
        house = informed(self.connection, house)
        touched = {row.conversation for row in known.values()}
        touched |= set(conversations_of(self.connection, lessons).values()) if lessons else set()
        new: dict[int, list[New]] = {}
        begun: Collection[int] = ()
        copies = self._complete(known, fresh, [m for _, m in batch])
        if fresh or copies:
            strands = join_batch(self.connection, list(fresh.values()), copies, house)
            touched, begun = touched | strands.touched, strands.begun
            new = self._new_messages(fresh, [a for a in batch if a[1].identity in fresh], strands, ids)
        self._sight([(a, m) for a, m in batch if m.identity in known], ids, known)
        stamps = self._stamp(known) + [n.seen.received_at for each in new.values() for n in each]
        refold(self.connection, touched | new.keys(), house, new, begun=begun)
        self._sight([(a, m) for a, m in batch if m.identity not in known], ids, known)
        tie_by_subject(self.connection, touched, new.keys(), house, stamps)

    def _known(self, identities: Collection[str]) -> dict[str, AnyRow]:
        if not identities:
            return {}
        query = select(messages).where(among(messages.c.identity, identities, self.connection))
        return {row.identity: row for row in self.connection.execute(query)}

    def _kept(
        self, batch: Sequence[tuple[Arrival, Message]], known: Collection[str]
    ) -> Sequence[tuple[Arrival, Message]]:
        """Without new ones as old as what was purged: they were moved here, and what answered them is forgotten."""
        since = kept_from(self.connection, self.look.now)
        return [(a, m) for a, m in batch if since is None or m.identity in known or a.arrived_at >= since]

    def _new_messages(
        self,
        fresh: Mapping[str, Message],
        arrivals: Sequence[tuple[Arrival, Message]],
        strands: Strands,
        ids: dict[str, int],
    ) -> dict[int, list[New]]:
        """The messages without a row, by conversation; their row ids are put into `ids`."""
        last = self.connection.execute(select(func.coalesce(func.max(messages.c.id), 0))).scalar_one()
        lead = {number: number for number in strands.begun}
        lead |= conversations_of(self.connection, set(strands.numbers.values()) - lead.keys())
        came: dict[str, list[Arrival]] = {}
        for arrival, message in arrivals:
            came.setdefault(message.identity, []).append(arrival)
        new: dict[int, list[New]] = {}
        for number, (identity, message) in enumerate(fresh.items(), last + 1):
            ids[identity] = number
            strand = strands.numbers[identity]
            received_at = _earliest([(a.arrived_at, a.flags, self.place.role) for a in came[identity]])
            where = {"id": number, "received_at": received_at, "strand": strand, "conversation": lead[strand]}
            seen = gathered(message, received_at, [self._sighting(a, known=False) for a in came[identity]])
            new.setdefault(lead[strand], []).append(New(where | message_row(message), seen, strands.ties[identity]))
        return new

    def _stamp(self, known: Mapping[str, AnyRow]) -> list[datetime]:
        """received_at is the earliest of all sightings, in whatever order folders are read; old and new ones."""
        if not known:
            return []
        rows = {row.id: row for row in known.values()}
        found: dict[int, list[tuple[datetime, Collection[str], Role]]] = {}
        query = select(sightings.c.message, sightings.c.arrived_at, sightings.c.flags, folders.c.role)
        query = query.join(folders, folders.c.id == sightings.c.folder)
        for row in self.connection.execute(query.where(among(sightings.c.message, rows, self.connection))):
            found.setdefault(row.message, []).append((row.arrived_at, row.flags, row.role))
        moved = {i: stamp for i, each in found.items() if (stamp := _earliest(each)) != rows[i].received_at}
        change_all(self.connection, messages, [{KEY: i, "received_at": stamp} for i, stamp in moved.items()])
        return [*moved.values(), *(row.received_at for row in rows.values())]

    def _complete(
        self, known: Mapping[str, AnyRow], fresh: Mapping[str, Message], batch: Sequence[Message]
    ) -> list[Message]:
        """A copy in another folder may say what the first one did not. Returns what the copies say, as they are."""
        before = {identity: message_of(row) for identity, row in known.items()}
        after = dict(before)
        for message in batch:
            if message.identity in known:
                after[message.identity] = together(after[message.identity], message)
        more = {i: message for i, message in after.items() if message != before[i]}
        if more:
            changed = [{KEY: known[i].id} | message_row(message) for i, message in more.items()]
            change_all(self.connection, messages, changed)
        first = before | dict(fresh)
        return [m for m in batch if m != first[m.identity]] + list(more.values())

    def _sighting(self, arrival: Arrival, known: bool) -> Sighting:
        """A flag that was there before we came was set at an unknown time. `known`: we came before, and it was seen."""
        flags = frozenset(flag.lower() for flag in arrival.flags) if arrival.flags else arrival.flags
        dated = ANSWERED in flags and (known or not self.look.first)
        at, after = (self.look.now, self.look.before) if dated else (None, None)
        return Sighting(self.place, flags, False, arrival.size, self.look.now, at, after)

    def _seen_before(self, rows: Collection[int]) -> set[int]:
        """Which messages an earlier look has seen in this mailbox."""
        query = select(sightings.c.message).join(folders, folders.c.id == sightings.c.folder)
        query = query.where(folders.c.mailbox == self.place.mailbox, sightings.c.seen_at < self.look.now)
        return set(self.connection.execute(query.where(among(sightings.c.message, rows, self.connection))).scalars())

    def _sight(
        self, batch: Sequence[tuple[Arrival, Message]], ids: Mapping[str, int], known: Mapping[str, AnyRow]
    ) -> None:
        if not batch:
            return
        before = self._seen_before([ids[i] for i in known]) if self.look.first and known else set()
        rows: dict[int, dict[str, Any]] = {}
        for arrival, message in batch:
            seen = self._sighting(arrival, known=ids[message.identity] in before)
            rows[arrival.uid] = {
                "folder": self.folder,
                "uidvalidity": self.uidvalidity,
                "uid": arrival.uid,
                "message": ids[message.identity],
                "arrived_at": arrival.arrived_at,
                "size": arrival.size,
                "flags": tuple(sorted(arrival.flags)),
                "seen_at": self.look.now,
                "gone_at": None,
                "answered_at": seen.answered_at,
                "answered_after": seen.answered_after,
            }
        put_all(self.connection, sightings, list(rows.values()), ("message", "flags", "gone_at"))


def _earliest(copies: Sequence[tuple[datetime, Collection[str], Role]]) -> datetime:
    """When the first of these copies (arrival, flags, role of its folder) came: a draft only where nothing was sent."""
    if len(copies) == 1:
        return copies[0][0]
    return min((is_draft(flags, role), arrived_at) for arrived_at, flags, role in copies)[1]


def _as_kept(
    batch: Sequence[tuple[Arrival, Message]], known: Mapping[str, AnyRow], house: House
) -> Sequence[tuple[Arrival, Message]]:
    """The one place where subjects that are not kept go; nor does one come back that went before."""
    if not house.keeps_subjects:
        return [(arrival, without_subject(message, house)) for arrival, message in batch]
    firsts = {identity: message_of(row) for identity, row in known.items() if SUBJECT in row.headers}
    return [(a, alike(m, firsts[m.identity], house) if m.identity in firsts else m) for a, m in batch]


def told_apart(message: Message) -> Message:
    """Another mail under a Message-ID that is known, with an identity of its own."""
    subject = message.about("base") or message.subject
    mark = digest(f"{message.from_.address}\n{message.sent_at}\n{subject}".encode())[7:19]
    return replace(message, identity=f"{message.message_id}#{mark}")


def _told_apart(batch: Sequence[tuple[Arrival, Message]], firsts: dict[str, Message]) -> list[tuple[Arrival, Message]]:
    """A program that repeats one Message-ID must not make people vanish: another mail gets another identity."""
    apart = []
    for arrival, message in batch:
        first = firsts.setdefault(message.identity, message)
        if message.message_id and not same_mail(message, first):
            apart.append((arrival, told_apart(message)))
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
