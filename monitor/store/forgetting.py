"""FLOOR 1. A person outside is forgotten: what only they and we wrote goes, in the rest a mask takes their place."""

import json
import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Connection, Text, bindparam, cast, delete, func, or_, select, update

from monitor.core.conversations import HASHED, own_id, ties
from monitor.core.forgetting import Mask, Person, takes_part
from monitor.core.house import House
from monitor.core.message import FORGOTTEN_RULE, Address, Message, base_of
from monitor.core.needs_reply import Verdict
from monitor.core.staff import outsiders
from monitor.store.folding import fold_stale, refold
from monitor.store.keeping import note_forgotten
from monitor.store.knowing import escaped, informed
from monitor.store.past import (
    Removed,
    bury,
    keep_waits,
    withdraw_about,
    withdraw_naming,
    withdraw_openings,
    withdraw_reports,
)
from monitor.store.reporting import AsOf
from monitor.store.rows import message_of, message_row
from monitor.store.store import Store, among, inserting
from monitor.store.tables import AnyRow, learnt, messages, nodes, troubles, waits

NEVER = datetime.min.replace(tzinfo=UTC)
MOST_ROUNDS = 5
"""While a daemon takes in more of the same person, we look again; but not for ever."""


def forget(store: Store, address: str, house: House, as_of: AsOf, now: datetime) -> Removed:
    """Remove every trace of a person outside from the store; what reports count of them stays. Says how much it was.

    Conversations with nobody else outside are removed whole. In the others their mails keep only that somebody wrote
    then, and everywhere a mask (core/forgetting.py) stands for them; their open waits end. Letters not sent yet that
    may speak of them are taken back. `as_of`: up to when mailboxes are known. Raises StoreError.
    """
    person, removed = Person(address), Removed()
    with store.writing() as connection:
        note_forgotten(connection)  # from here on nothing comes in that was read before
    for _ in range(MOST_ROUNDS):
        found = _mentions(store, person)
        if not found:
            break
        named = _Named.read(store, _own_ids(store, person, found, house))
        with store.writing() as connection:
            removed.add(_Forgetting(connection, person, informed(connection, house), as_of, now, named).run(found))
    with store.writing() as connection:
        _unlearn(connection, person)
    return removed


def _mentions(store: Store, person: Person) -> set[int]:
    """The messages that bear a trace of them, by row id."""
    query = select(messages).where(or_(*_like(person)))
    with store.reading() as connection:
        rows = connection.execute(query.execution_options(yield_per=500))
        return {row.id for row in rows if takes_part(message_of(row), person)}


def _own_ids(store: Store, person: Person, found: Collection[int], house: House) -> set[str]:
    """The ids that will be masked, as far as can be known before the transaction that does it."""
    with store.reading() as connection:
        forgetting = _Forgetting(connection, person, informed(connection, house), lambda _: None, NEVER, _Named())
        return set(forgetting.mask(forgetting.around(found)).ids)


@dataclass(frozen=True, slots=True)
class _Named:
    """Which messages name some ids, as it was read without the writing transaction: there may be millions."""

    ids: frozenset[str] = frozenset()
    by: frozenset[int] = frozenset()
    up_to: int = 0

    @classmethod
    def read(cls, store: Store, ids: Collection[str]) -> "_Named":
        """Those of all messages."""
        with store.reading() as connection:
            last = connection.execute(select(func.coalesce(func.max(messages.c.id), 0))).scalar_one()
            return cls(frozenset(ids), frozenset(_naming(connection, ids)), last)

    def by_now(self, connection: Connection, ids: Collection[str]) -> set[int]:
        """The same for these ids; read is only what has come since, or who names other ids."""
        return {*self.by, *_naming(connection, ids, self.up_to), *_naming(connection, set(ids) - self.ids)}


def _like(person: Person) -> list[ColumnElement[bool]]:
    """A first, coarse look for all columns that may name them; letters beyond ASCII stand escaped in JSON."""
    columns = (messages.c.from_address, messages.c.recipients, messages.c.reply_to, messages.c.headers)
    found: list[ColumnElement[bool]] = []
    for domain in person.domains:
        plain = f"%{escaped(person.local)}%{escaped(domain)}%"
        coded = f"%{escaped(json.dumps(person.local)[1:-1])}%{escaped(domain)}%"
        for column in (*columns, messages.c.subject, messages.c.from_name):
            text = func.lower(cast(column, Text))
            found += [text.like(pattern, escape="!") for pattern in {plain, coded}]
    return found


@dataclass(slots=True)
class _Forgetting:
    """One transaction; lives for a single call."""

    connection: Connection
    person: Person
    house: House
    as_of: AsOf
    now: datetime
    named: _Named

    def around(self, found: Collection[int]) -> Sequence[AnyRow]:
        """All messages of the conversations of these."""
        query = select(messages.c.conversation).where(among(messages.c.id, found, self.connection))
        return self._rows(messages.c.conversation, set(self.connection.execute(query).scalars()))

    def mask(self, rows: Sequence[AnyRow]) -> Mask:
        """What stands for them, for their names and ids in these."""
        mask = Mask(self.person, secrets.token_hex(8))
        mask.learn(message_of(row) for row in rows)
        mask.learn_ids(i for row in rows if self._wrote(row) for i in (row.identity, row.message_id) if i)
        mask.learn_phantoms(map(message_of, rows), {row.message_id for row in rows})
        return mask

    def run(self, found: Collection[int]) -> Removed:
        """Whole conversations first, then what is shared with others, then mere mentions elsewhere."""
        connection, rows = self.connection, self.around(found)
        mask, numbers = self.mask(rows), {row.conversation for row in rows}
        by_number: dict[int, list[AnyRow]] = {}
        for row in rows:
            by_number.setdefault(row.conversation, []).append(row)
        alone = {n for n, each in by_number.items() if self._is_theirs(each) and not self._others(each)}
        told = connection.execute(select(waits).where(among(waits.c.conversation, numbers, connection))).all()
        about = [row for row in told if row.conversation in alone or self._is_theirs(by_number[row.conversation])]
        removed = Removed(letters=withdraw_about(connection, about, self.now) + withdraw_openings(connection, about))
        removed.letters += withdraw_naming(connection, self.now) + withdraw_reports(connection, self.now)
        if alone:
            removed.add(bury(connection, alone, self.as_of, self.now))
        removed.add(self._scrub([row for row in rows if row.conversation not in alone], mask))
        return removed

    def _rows(self, column: ColumnElement[int], values: Collection[int]) -> Sequence[AnyRow]:
        query = select(messages).where(among(column, values, self.connection))  # type: ignore[arg-type]
        return self.connection.execute(query.order_by(messages.c.id)).all()

    def _wrote(self, row: AnyRow) -> bool:
        """Whether a mail is theirs: they wrote it, or it stands at their address."""
        message = message_of(row)
        return self.person.owns(message.from_.address) or self.person.owns(self.house.staff.writer(message).address)

    def _is_theirs(self, rows: Iterable[AnyRow]) -> bool:
        """Whether they take part in a conversation, rather than being named in a header of it."""
        return any(self.person.owns(address) for row in rows for address in self._outside(row))

    def _others(self, rows: Iterable[AnyRow]) -> bool:
        """Whether anybody else outside takes part. Machines are nobody."""
        people = (address for row in rows if row.direction != "automatic" for address in self._outside(row))
        return any(not self.person.owns(address) for address in people)

    def _outside(self, row: AnyRow) -> list[str]:
        return outsiders(message_of(row), self.house.staff)

    def _scrub(self, rows: Sequence[AnyRow], mask: Mask) -> Removed:
        """What is shared with others: masked, and folded again, which leaves the others' waits as they were."""
        connection = self.connection
        elsewhere = self.named.by_now(connection, mask.ids.keys()) - {row.id for row in rows}
        rows = [*rows, *self._rows(messages.c.id, elsewhere)]
        numbers = {row.conversation for row in rows}
        ended = self._end(connection.execute(select(waits).where(among(waits.c.conversation, numbers, connection))))
        keep_waits(connection, ended, self.as_of)
        silent = {member for row in ended for member in row.members}
        theirs = {row.id for row in rows if self._wrote(row)}
        quoted = {base_of(message_of(row)) for row in rows if row.id not in theirs}
        changed: dict[int, Message] = {}
        for row in rows:
            message = message_of(row)
            if row.id in theirs:
                wants = row.wants_reply and row.id not in silent
                decided = Verdict(row.direction, wants, row.rule if wants == row.wants_reply else FORGOTTEN_RULE)
                after = mask.emptied(message, self._writer(message), decided, base_of(message) in quoted)
            else:
                after = mask.scrubbed(message)
            if after != message:
                changed[row.id] = after
        change_messages(connection, changed)
        rebuild_nodes(connection, {row.strand for row in rows}, mask.ids, self.house)
        refold(connection, numbers, self.house)
        fold_stale(connection, self.house)
        return Removed(messages=len(theirs), scrubbed=len(changed.keys() - theirs), waits=len(ended))

    def _writer(self, message: Message) -> Address:
        """Their name is the writer's, also behind a list or a form."""
        return self.house.staff.writer(message)

    def _end(self, rows: Iterable[AnyRow]) -> list[AnyRow]:
        """Of these waits those that still run and are theirs alone: nobody is reminded of them any more."""
        open_ = [row for row in rows if row.state == "waiting"]
        members = {member for row in open_ for member in row.members}
        theirs = {row.id for row in self._rows(messages.c.id, members) if self._wrote(row)}
        return [row for row in open_ if theirs.issuperset(row.members)]


def change_messages(
    connection: Connection, changed: Mapping[int, Message], more: Mapping[int, Mapping[str, Any]] = MappingProxyType({})
) -> None:
    """Write other facts into rows of `messages`; `more`: further columns, the same ones for all of them."""
    facts = {i: {**message_row(message), **more.get(i, {})} for i, message in changed.items()}
    rows = [{"row": i} | {f"new_{name}": value for name, value in each.items()} for i, each in facts.items()]
    if rows:
        names = [key.removeprefix("new_") for key in rows[0] if key != "row"]
        columns = {name: bindparam(f"new_{name}", type_=messages.c[name].type) for name in names}
        connection.execute(update(messages).where(messages.c.id == bindparam("row")).values(columns), rows)


def _naming(connection: Connection, ids: Collection[str], after: int = 0) -> set[int]:
    """The messages with a greater row id than `after` that name one of these ids, or were linked by it."""
    if not ids:
        return set()
    columns = (messages.c.id, messages.c.in_reply_to, messages.c.references, messages.c.linked_to)
    rows = connection.execute(select(*columns).where(messages.c.id > after).execution_options(yield_per=5000))
    return {row.id for row in rows if any(i in ids for i in (*row.in_reply_to, *row.references, row.linked_to))}


def rebuild_nodes(connection: Connection, strands: Collection[int], ids: dict[str, str], house: House) -> None:
    """What ties the messages of these strands: nodes that bear or hide an old id go, those of the masked mails come."""
    rows = connection.execute(select(messages).where(among(messages.c.strand, strands, connection))).all()
    hidden = among(nodes.c.strand, strands, connection) & nodes.c.id.like(f"{HASHED}%")
    connection.execute(delete(nodes).where(or_(hidden, among(nodes.c.id, ids, connection))))
    told = [(message_of(row), row.strand) for row in rows]
    borne = {message.identity for message, _ in told}
    kept = [(ties(m, house.staff).to_keep(m.identity != own_id(m)), strand) for m, strand in told]
    new = {node: strand for found, strand in kept for node in found if node not in borne}
    if new:
        statement = inserting(nodes, connection).on_conflict_do_nothing()
        connection.execute(statement, [{"id": node, "strand": strand} for node, strand in sorted(new.items())])


def _unlearn(connection: Connection, person: Person) -> None:
    """What their mail alone taught: names of servers in their domain, unless somebody else writes from there.

    A name that still stands in a mail's id or check is not theirs alone: customers and we may share a provider.
    """
    others = select(messages.c.id).where(messages.c.from_address.like(f"%@{escaped(person.domain)}", escape="!"))
    if connection.execute(others.limit(1)).first() is None:
        below = learnt.c.value.like(f"%.{escaped(person.domain)}", escape="!")
        for row in connection.execute(select(learnt).where(or_(learnt.c.value == person.domain, below))).all():
            word = escaped(row.value)
            in_id = func.lower(messages.c.message_id).like(f"%@{word}>", escape="!")
            in_check = func.lower(cast(messages.c.headers, Text)).like(f"%{word}%", escape="!")
            taught = select(messages.c.id).where(in_id if row.kind == "id-domain" else in_check)
            if connection.execute(taught.limit(1)).first() is None:
                connection.execute(delete(learnt).where(learnt.c.kind == row.kind, learnt.c.value == row.value))
    named = troubles.c.reason.like(f"%{escaped(person.local)}%{escaped(person.domain)}%", escape="!")
    connection.execute(delete(troubles).where(named))
