"""FLOOR 1. A person outside is forgotten: what only they and we wrote goes, in the rest a mask takes their place."""

import json
import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Connection, Text, bindparam, cast, delete, func, or_, select, update

from monitor.core.conversations import own_id
from monitor.core.forgetting import Mask, Person, takes_part
from monitor.core.house import House
from monitor.core.message import FORGOTTEN_RULE, Address, Message, base_of
from monitor.core.needs_reply import Verdict
from monitor.core.parties import outsiders
from monitor.store.folding import fold_stale, refold
from monitor.store.knowing import escaped, informed
from monitor.store.past import Removed, bury, keep_waits, withdraw_about, withdraw_openings
from monitor.store.reporting import AsOf
from monitor.store.rows import message_of, message_row
from monitor.store.store import Store, among, inserting
from monitor.store.strands import ties_of
from monitor.store.tables import AnyRow, learnt, messages, nodes, troubles, waits

MOST_ROUNDS = 5
"""While a daemon takes in more of the same person, we look again; but not for ever."""


def forget(store: Store, address: str, house: House, as_of: AsOf, now: datetime) -> Removed:
    """Remove every trace of a person outside from the store; what reports count of them stays. Says how much it was.

    Conversations with nobody else outside are removed whole. In the others their mails keep only that somebody wrote
    then, and everywhere a mask (core/forgetting.py) stands for them; their open waits end. Letters not sent yet that
    may speak of them are taken back. `as_of`: up to when mailboxes are known. Raises StoreError.
    """
    person, removed = Person(address), Removed()
    for _ in range(MOST_ROUNDS):
        found = _mentions(store, person)
        if not found:
            break
        with store.writing() as connection:
            removed.add(_Forgetting(connection, person, informed(connection, house), as_of, now).run(found))
    with store.writing() as connection:
        _unlearn(connection, person)
    return removed


def _mentions(store: Store, person: Person) -> set[int]:
    """The messages that bear a trace of them, by row id."""
    query = select(messages).where(or_(*_like(person)))
    with store.reading() as connection:
        rows = connection.execute(query.execution_options(yield_per=500))
        return {row.id for row in rows if takes_part(message_of(row), person) or person.is_in(row.subject)}


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

    def run(self, found: Collection[int]) -> Removed:
        """Whole conversations first, then what is shared with others, then mere mentions elsewhere."""
        connection, mask = self.connection, Mask(self.person, secrets.token_hex(8))
        query = select(messages.c.conversation).where(among(messages.c.id, found, connection))
        numbers = set(connection.execute(query).scalars())
        rows = self._rows(messages.c.conversation, numbers)
        by_number: dict[int, list[AnyRow]] = {}
        for row in rows:
            by_number.setdefault(row.conversation, []).append(row)
        alone = {n for n, each in by_number.items() if self._is_theirs(each) and not self._others(each)}
        told = connection.execute(select(waits).where(among(waits.c.conversation, numbers, connection))).all()
        about = [row for row in told if row.conversation in alone or self._is_theirs(by_number[row.conversation])]
        mask.learn(message_of(row) for row in rows)
        mask.learn_ids(i for row in rows if self._wrote(row) for i in (row.identity, row.message_id) if i)
        mask.learn_phantoms(map(message_of, rows), {row.message_id for row in rows})
        removed = Removed(letters=withdraw_about(connection, about, self.now) + withdraw_openings(connection, about))
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
        return any(self.person.owns(a) for row in rows for a in outsiders(message_of(row), self.house))

    def _others(self, rows: Iterable[AnyRow]) -> bool:
        """Whether anybody else outside takes part. Machines are nobody."""
        people = (m for row in rows if row.direction != "automatic" for m in outsiders(message_of(row), self.house))
        return any(not self.person.owns(address) for address in people)

    def _scrub(self, rows: Sequence[AnyRow], mask: Mask) -> Removed:
        """What is shared with others: masked, and folded again, which leaves the others' waits as they were."""
        connection = self.connection
        elsewhere = _naming(connection, mask.ids.keys(), {row.id for row in rows})
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


def _naming(connection: Connection, ids: Collection[str], but: Collection[int]) -> set[int]:
    """Other messages that name one of these ids, or were linked by it."""
    if not ids:
        return set()
    columns = (messages.c.id, messages.c.in_reply_to, messages.c.references, messages.c.linked_to)
    rows = connection.execute(select(*columns).execution_options(yield_per=5000))
    found = {row.id for row in rows if any(i in ids for i in (*row.in_reply_to, *row.references, row.linked_to))}
    return found - set(but)


def rebuild_nodes(connection: Connection, strands: Collection[int], ids: dict[str, str], house: House) -> None:
    """What ties the messages of these strands: nodes that bear or hide an old id go, those of the masked mails come."""
    rows = connection.execute(select(messages).where(among(messages.c.strand, strands, connection))).all()
    hidden = among(nodes.c.strand, strands, connection) & nodes.c.id.like("~%")
    connection.execute(delete(nodes).where(or_(hidden, among(nodes.c.id, ids, connection))))
    told = [(message_of(row), row.strand) for row in rows]
    ties = [(tie, strand, m.identity != own_id(m)) for m, strand in told for tie in ties_of(m, house)]
    new = {tie.node: strand for tie, strand, all_ in ties if tie.kept or all_}
    if new:
        statement = inserting(nodes, connection).on_conflict_do_nothing()
        connection.execute(statement, [{"id": node, "strand": strand} for node, strand in sorted(new.items())])


def _unlearn(connection: Connection, person: Person) -> None:
    """What their mail alone taught: names of servers in their domain, unless somebody else writes from there."""
    others = select(messages.c.id).where(messages.c.from_address.like(f"%@{escaped(person.domain)}", escape="!"))
    if connection.execute(others.limit(1)).first() is None:
        below = learnt.c.value.like(f"%.{escaped(person.domain)}", escape="!")
        connection.execute(delete(learnt).where(or_(learnt.c.value == person.domain, below)))
    named = troubles.c.reason.like(f"%{escaped(person.local)}%{escaped(person.domain)}%", escape="!")
    connection.execute(delete(troubles).where(named))
