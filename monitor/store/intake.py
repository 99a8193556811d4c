"""FLOOR 1. Takes a batch of mails in: facts, sightings, conversations, waits and the moved cursor in one transaction.

A constant number of statements for a batch, whether the mailbox holds a thousand messages or ten million (law 10).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, func, select, update

from monitor.core.cursor import Cursor
from monitor.core.house import House
from monitor.core.message import Message, Place, Role, together
from monitor.core.sightings import ANSWERED, Sighting, gathered, is_draft
from monitor.store.bulk import KEY, change_all, put_all
from monitor.store.copies import all_told_apart, as_kept, fresh_of
from monitor.store.folding import New, refold
from monitor.store.keeping import expect_none_forgotten, kept_from
from monitor.store.knowing import learn
from monitor.store.listed import listed
from monitor.store.rows import message_of, message_row
from monitor.store.store import Store, inserting
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


class Arrival(NamedTuple):
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
    given = {name: getattr(cursor, column) for name, column in _CURSOR.items()}
    connection.execute(_MOVED, {"folder_id": folder, **given})


_CURSOR = {f"new_{name}": name for name in ("uidvalidity", "uidnext", "highestmodseq", "messages", "complete")}
_MOVED = (
    update(folders)
    .where(folders.c.id == bindparam("folder_id"))
    .values({column: bindparam(name) for name, column in _CURSOR.items()})
)
_PLACE = select(folders.c.mailbox, folders.c.role).where(folders.c.id == bindparam("folder"))
_KNOWN = select(messages).where(listed(messages.c.identity, "identities"))
_LAST = select(func.coalesce(func.max(messages.c.id), 0))
_SIGHTED = (
    select(sightings.c.message, sightings.c.arrived_at, sightings.c.flags, folders.c.role)
    .join(folders, folders.c.id == sightings.c.folder)
    .where(listed(sightings.c.message, "rows"))
)
_SEEN_BEFORE = (
    select(sightings.c.message)
    .join(folders, folders.c.id == sightings.c.folder)
    .where(folders.c.mailbox == bindparam("mailbox"), sightings.c.seen_at < bindparam("now"))
    .where(listed(sightings.c.message, "rows"))
)


class _Intake:
    """One batch; lives for a single call."""

    def __init__(self, connection: Connection, folder: int, uidvalidity: int, look: Look) -> None:
        self.connection, self.folder, self.uidvalidity, self.look = connection, folder, uidvalidity, look
        self.place = Place(*connection.execute(_PLACE, {"folder": folder}).one())

    def run(self, batch: Sequence[tuple[Arrival, Message]], house: House) -> None:
        """Facts, strands, sightings, then the fold, which reads them; last what only subjects tie."""
        asked = {m.identity for _, m in batch}
        known = self._known(asked)
        batch = as_kept(batch, known, house)
        batch = all_told_apart(batch, {identity: message_of(row) for identity, row in known.items()})
        known |= self._known({m.identity for _, m in batch} - asked)
        batch = self._kept(batch, known)
        if known:
            identities = {m.identity for _, m in batch}
            known = {identity: row for identity, row in known.items() if identity in identities}
        fresh = fresh_of(batch, known)
        ids = {identity: row.id for identity, row in known.items()}
        house, lessons = learn(self.connection, self.place.role, [m for _, m in batch], fresh.values(), house)
        touched = {row.conversation for row in known.values()}
        touched |= set(conversations_of(self.connection, lessons).values())
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
        return {row.identity: row for row in self.connection.execute(_KNOWN, {"identities": identities})}

    def _kept(
        self, batch: Sequence[tuple[Arrival, Message]], known: Collection[str]
    ) -> Sequence[tuple[Arrival, Message]]:
        """Without new ones as old as what was purged: they were moved here, and what answered them is forgotten."""
        since = kept_from(self.connection, self.look.now)
        return batch if since is None else [(a, m) for a, m in batch if m.identity in known or a.arrived_at >= since]

    def _new_messages(
        self,
        fresh: Mapping[str, Message],
        arrivals: Sequence[tuple[Arrival, Message]],
        strands: Strands,
        ids: dict[str, int],
    ) -> dict[int, list[New]]:
        """The messages without a row, by conversation; their row ids are put into `ids`."""
        last = self.connection.execute(_LAST).scalar_one()
        lead = {number: number for number in strands.begun}
        lead |= conversations_of(self.connection, set(strands.numbers.values()) - lead.keys())
        came: dict[str, list[Arrival]] = {}
        for arrival, message in arrivals:
            came.setdefault(message.identity, []).append(arrival)
        new: dict[int, list[New]] = {}
        for number, (identity, message) in enumerate(fresh.items(), last + 1):
            ids[identity] = number
            strand, copies = strands.numbers[identity], came[identity]
            received_at = copies[0].arrived_at
            if len(copies) > 1:
                received_at = _earliest([(a.arrived_at, a.flags, self.place.role) for a in copies])
            row = message_row(message)
            row["id"], row["received_at"], row["strand"], row["conversation"] = (
                number,
                received_at,
                strand,
                lead[strand],
            )
            seen = gathered(message, received_at, [self._sighting(a) for a in copies])
            new.setdefault(lead[strand], []).append(New(row, seen, strands.ties[identity]))
        return new

    def _stamp(self, known: Mapping[str, AnyRow]) -> list[datetime]:
        """received_at is the earliest of all sightings, in whatever order folders are read; old and new ones."""
        if not known:
            return []
        rows = {row.id: row for row in known.values()}
        found: dict[int, list[tuple[datetime, Collection[str], Role]]] = {}
        for row in self.connection.execute(_SIGHTED, {"rows": rows.keys()}):
            found.setdefault(row.message, []).append((row.arrived_at, row.flags, row.role))
        moved = {i: stamp for i, each in found.items() if (stamp := _earliest(each)) != rows[i].received_at}
        change_all(self.connection, messages, [{KEY: i, "received_at": stamp} for i, stamp in moved.items()])
        return [*moved.values(), *(row.received_at for row in rows.values())]

    def _complete(
        self, known: Mapping[str, AnyRow], fresh: Mapping[str, Message], batch: Sequence[Message]
    ) -> list[Message]:
        """A copy in another folder may say what the first one did not. Returns what the copies say, as they are."""
        if not known:
            return [m for m in batch if m is not fresh[m.identity] and m != fresh[m.identity]]
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

    def _sighting(self, arrival: Arrival) -> Sighting:
        """Of a mail that was never seen before."""
        flags = frozenset([flag.lower() for flag in arrival.flags]) if arrival.flags else arrival.flags
        return Sighting(self.place, flags, False, arrival.size, self.look.now, *self._answered(flags, False))

    def _answered(self, flags: Collection[str], known: bool) -> tuple[datetime | None, datetime | None]:
        """Since when it is answered, as in Sighting. A flag that was there before we came was set at an unknown time.

        `known`: we came before, and it was seen.
        """
        if flags and (known or not self.look.first) and any(flag.lower() == ANSWERED for flag in flags):
            return self.look.now, self.look.before
        return None, None

    def _seen_before(self, rows: Collection[int]) -> set[int]:
        """Which messages an earlier look has seen in this mailbox."""
        given = {"mailbox": self.place.mailbox, "now": self.look.now, "rows": rows}
        return set(self.connection.execute(_SEEN_BEFORE, given).scalars())

    def _sight(
        self, batch: Sequence[tuple[Arrival, Message]], ids: Mapping[str, int], known: Mapping[str, AnyRow]
    ) -> None:
        if not batch:
            return
        before = self._seen_before([ids[i] for i in known]) if self.look.first and known else set()
        rows: dict[int, dict[str, Any]] = {}
        for arrival, message in batch:
            row = ids[message.identity]
            answered_at, answered_after = self._answered(arrival.flags, row in before)
            rows[arrival.uid] = {
                "folder": self.folder,
                "uidvalidity": self.uidvalidity,
                "uid": arrival.uid,
                "message": row,
                "arrived_at": arrival.arrived_at,
                "size": arrival.size,
                "flags": tuple(sorted(arrival.flags)) if arrival.flags else (),
                "seen_at": self.look.now,
                "gone_at": None,
                "answered_at": answered_at,
                "answered_after": answered_after,
            }
        put_all(self.connection, sightings, list(rows.values()), ("message", "flags", "gone_at"))


def _earliest(copies: Sequence[tuple[datetime, Collection[str], Role]]) -> datetime:
    """When the first of these copies (arrival, flags, role of its folder) came: a draft only where nothing was sent."""
    return min((is_draft(flags, role), arrived_at) for arrived_at, flags, role in copies)[1]


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
