"""FLOOR 1. Takes a batch of mails in: facts, sightings, conversations, waits and the moved cursor in one transaction.

A constant number of statements for a batch, whether the mailbox holds a thousand messages or ten million (law 10).
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, func, select

from monitor.core.gist import gist_of
from monitor.core.house import House
from monitor.core.ids import hash_of
from monitor.core.message import Message, Place, Role, Seen, together
from monitor.core.sightings import ANSWERED, Sighting, gathered, is_draft, lowered, seen_once
from monitor.store.arrivals import Arrival, Look, Part, move_cursor, note_troubles
from monitor.store.bulk import KEY, Values, change_all
from monitor.store.copies import all_told_apart, as_kept, fresh_of
from monitor.store.folding import refold
from monitor.store.keeping import expect_none_forgotten, kept_from
from monitor.store.knowing import learn
from monitor.store.listed import listed
from monitor.store.rows import New, fortnight_of, message_of, message_row
from monitor.store.sighted import Key, put_sightings, sighting_row
from monitor.store.store import RowError, Store
from monitor.store.strands import Fresh, Strands, conversations_of, join_batch
from monitor.store.tables import AnyRow, folders, messages, sightings
from monitor.store.tying import tie_by_subject


def take_in_together(store: Store, parts: Sequence[Part], house: House) -> None:
    """Store what came into one folder, or several of one mailbox, and move their cursors, in one transaction: a
    question and its answer that come together are folded once. Taking the same in twice changes nothing.

    Raises ForgottenMeanwhile, and stores nothing, where somebody was forgotten since the look began.
    """
    with store.writing() as connection:
        expect_none_forgotten(connection, parts[0].look.forgotten)
        batch: list[tuple[_Copy, Message]] = []
        for part in parts:
            origin = _origin(connection, part.folder, part.cursor.uidvalidity, part.look)
            batch += _readable(origin, part.arrivals)
            note_troubles(connection, part)
        if batch:
            _Intake(connection).run(batch, house)
        for part in parts:
            move_cursor(connection, part.folder, part.cursor)


def seen_elsewhere(
    store: Store, folder: int, uidvalidity: int, found: Sequence[Arrival], house: House, look: Look
) -> None:
    """Mails that left their folder were found in another one; that folder itself is not read, and has no cursor.

    Raises ForgottenMeanwhile as `take_in_together` does.
    """
    if any(isinstance(a.message, Message) for a in found):
        with store.writing() as connection:
            expect_none_forgotten(connection, look.forgotten)
            _Intake(connection).run(_readable(_origin(connection, folder, uidvalidity, look), found), house)


_PLACE = select(folders.c.mailbox, folders.c.role).where(folders.c.id == bindparam("folder"))
_KNOWN = select(messages).where(listed(messages.c.identity_hash, "hashes"))
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


class _Origin(NamedTuple):
    """The folder that mails came from, and the look that saw them there."""

    folder: int
    uidvalidity: int
    place: Place
    look: Look


class _Copy(NamedTuple):
    """One mail of a batch, and where it was seen."""

    arrival: Arrival
    origin: _Origin


_Batch = Sequence[tuple[_Copy, Message]]


def _origin(connection: Connection, folder: int, uidvalidity: int, look: Look) -> _Origin:
    return _Origin(folder, uidvalidity, Place(*connection.execute(_PLACE, {"folder": folder}).one()), look)


def _readable(origin: _Origin, arrivals: Sequence[Arrival]) -> _Batch:
    return [(_Copy(a, origin), a.message) for a in arrivals if isinstance(a.message, Message)]


class _Intake:
    """One batch; lives for a single call."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def run(self, batch: _Batch, house: House) -> None:
        """Facts, strands, sightings, then the fold, which reads them; last what only subjects tie."""
        asked = {m.identity: c.arrival.gist.hash if c.arrival.gist else hash_of(m.identity) for c, m in batch}
        known = self._known(asked)
        batch = as_kept(batch, known, house)
        batch = all_told_apart(batch, {identity: message_of(row) for identity, row in known.items()})
        known |= self._known({m.identity: hash_of(m.identity) for _, m in batch if m.identity not in asked})
        batch = self._kept(batch, known)
        if known:
            identities = {m.identity for _, m in batch}
            known = {identity: row for identity, row in known.items() if identity in identities}
        fresh = fresh_of(batch, known)
        ids = {identity: row.id for identity, row in known.items()}
        house, lessons = learn(self.connection, *_told(batch, fresh), house)
        touched = {row.conversation for row in known.values()}
        touched |= set(conversations_of(self.connection, lessons).values())
        new: dict[int, list[New]] = {}
        begun: Collection[int] = ()
        copies = self._complete(known, fresh, [m for _, m in batch])
        if fresh or copies:
            told = _with_gists(batch, fresh, house)
            strands = join_batch(self.connection, told, copies, house)
            touched, begun = touched | strands.touched, strands.begun
            copies_of = [c for c in batch if c[1].identity in fresh] if known else batch
            new = self._new_messages(told, copies_of, strands, ids)
        self._sight([(c, m) for c, m in batch if m.identity in known] if known else [], ids, known)
        stamps = self._stamp(known) + [n.seen.received_at for each in new.values() for n in each]
        folded = refold(self.connection, touched | new.keys(), house, new, begun=begun)
        self._sight([(c, m) for c, m in batch if m.identity not in known] if known else batch, ids, known)
        tie_by_subject(self.connection, touched, new.keys(), house, stamps, folded)

    def _known(self, hashes: Mapping[str, int]) -> dict[str, AnyRow]:
        """The rows of these identities, each with what it is looked for by."""
        if not hashes:
            return {}
        rows = self.connection.execute(_KNOWN, {"hashes": hashes.values()})
        return {row.identity: row for row in rows if row.identity in hashes}

    def _kept(self, batch: _Batch, known: Collection[str]) -> _Batch:
        """Without new ones as old as what was purged: they were moved here, and what answered them is forgotten."""
        since = kept_from(self.connection, batch[0][0].origin.look.now)
        if since is None:
            return batch
        return [(c, m) for c, m in batch if m.identity in known or c.arrival.arrived_at >= since]

    def _new_messages(
        self,
        fresh: Mapping[str, Fresh],
        copies: _Batch,
        strands: Strands,
        ids: dict[str, int],
    ) -> dict[int, list[New]]:
        """The messages without a row, by conversation; their row ids are put into `ids`."""
        last = self.connection.execute(_LAST).scalar_one()
        lead = {number: number for number in strands.begun}
        lead |= conversations_of(self.connection, set(strands.numbers.values()) - lead.keys())
        came: dict[str, list[_Copy]] = {}
        for copy, message in copies:
            came.setdefault(message.identity, []).append(copy)
        new: dict[int, list[New]] = {}
        for number, (identity, (message, gist)) in enumerate(fresh.items(), last + 1):
            ids[identity] = number
            strand = strands.numbers[identity]
            conversation = lead[strand]
            seen = _seen_now(message, came[identity])
            new.setdefault(conversation, []).append(New(number, strand, conversation, seen, gist))
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
        changed = [{KEY: i, "received_at": s, "fortnight": fortnight_of(s)} for i, s in moved.items()]
        change_all(self.connection, messages, changed)
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

    def _seen_before(self, mailbox: str, now: datetime, rows: Collection[int]) -> set[int]:
        """Which messages an earlier look has seen in this mailbox."""
        given = {"mailbox": mailbox, "now": now, "rows": rows}
        return set(self.connection.execute(_SEEN_BEFORE, given).scalars())

    def _sight(self, batch: _Batch, ids: Mapping[str, int], known: Mapping[str, AnyRow]) -> None:
        if not batch:
            return
        before: set[int] = set()
        if known and any(copy.origin.look.first for copy, _ in batch):
            _, _, place, look = batch[0][0].origin
            before = self._seen_before(place.mailbox, look.now, [ids[i] for i in known])
        rows: dict[Key, Values] = {}
        for (arrival, origin), message in batch:
            row = ids[message.identity]
            answered = _answered(arrival.flags, origin.look, row in before)
            at = origin.folder, origin.uidvalidity, arrival.uid
            rows[at] = sighting_row(at, row, arrival, origin.look.now, answered)
        put_sightings(self.connection, rows)


def _with_gists(batch: _Batch, fresh: Mapping[str, Message], house: House) -> dict[str, Fresh]:
    """Each with its gist: that which came with it, unless it was changed meanwhile. Raises RowError."""
    came = {}
    for (arrival, _), message in batch:
        if arrival.gist is not None and message is arrival.message and message is fresh.get(message.identity):
            came[message.identity] = arrival.gist
    try:
        return {i: (message, came.get(i) or gist_of(message, house.staff)) for i, message in fresh.items()}
    except ValueError as error:
        raise RowError(f"the store does not take this ({error})") from error


def _told(batch: _Batch, fresh: Mapping[str, Message]) -> tuple[list[Message], list[Message]]:
    """What a batch teaches of: the mails in Sent folders, and those in inboxes that were never seen before."""
    sent = [m for c, m in batch if c.origin.place.role == "sent"]
    came = {m.identity for c, m in batch if c.origin.place.role == "inbox"} if fresh else ()
    return sent, [m for identity, m in fresh.items() if identity in came]


def _seen_now(message: Message, copies: Sequence[_Copy]) -> Seen:
    """What was never seen before, with all its copies."""
    if len(copies) == 1:
        ((arrival, (_, _, place, look)),) = copies
        if seen := seen_once(message, arrival.arrived_at, place, arrival.flags, arrival.size, look.now):
            return seen
    received_at = _earliest([(a.arrived_at, a.flags, origin.place.role) for a, origin in copies])
    return gathered(message, received_at, [_sighting(*copy) for copy in copies])


def _sighting(arrival: Arrival, origin: _Origin) -> Sighting:
    """Of a mail that was never seen before."""
    flags, look = lowered(arrival.flags), origin.look
    return Sighting(origin.place, flags, False, arrival.size, look.now, *_answered(flags, look, False))


def _answered(flags: Collection[str], look: Look, known: bool) -> tuple[datetime | None, datetime | None]:
    """Since when it is answered, as in Sighting. A flag that was there before we came was set at an unknown time.

    `known`: we came before, and it was seen.
    """
    if flags and (known or not look.first) and any(flag.lower() == ANSWERED for flag in flags):
        return look.now, look.before
    return None, None


def _earliest(copies: Sequence[tuple[datetime, Collection[str], Role]]) -> datetime:
    """When the first of these copies (arrival, flags, role of its folder) came: a draft only where nothing was sent."""
    return min((is_draft(flags, role), arrived_at) for arrived_at, flags, role in copies)[1]
