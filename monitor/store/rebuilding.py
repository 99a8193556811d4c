"""FLOOR 1. All that is derived, made again from the facts (law 1): strands, ties by subject, verdicts, waits.

A page at a time, each in a transaction of its own: memory stays the same for any store, and after each page the store
is sound. Who is killed on the way says it again; until then the fingerprint of the rules is missing, so that a daemon
that starts meanwhile folds all again before it reminds anybody.

Rows are corrected where they stand, not emptied and filled: a wait keeps its id as long as somebody who waits in it is
the same, and with it the reminders that were sent.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Select, delete, exists, func, insert, or_, select, update

from monitor.core.conversations import own_id
from monitor.core.house import House
from monitor.core.ids import hash_of
from monitor.store.acting_tables import letter_lines
from monitor.store.bulk import KEY, change_all, insert_all
from monitor.store.folding import fold_stale, refold
from monitor.store.knowing import informed
from monitor.store.rows import fortnight_of, message_of
from monitor.store.store import Store, among
from monitor.store.strands import conversations_of, kept_strands, rejoin
from monitor.store.tables import AnyRow, conversations, messages, reminders, settings, waits
from monitor.store.tying import retie

PAGE = 500
"""So many messages, or conversations, a transaction."""

Tell = Callable[[str, int, int], None]
"""Is told what is made again, how many of how many were."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What there is after it."""

    messages: int
    conversations: int
    waits: int
    waiting: int


def rebuild(store: Store, fingerprint: str, house: House, tell: Tell, page: int = PAGE) -> Rebuilt:
    """Make strands, conversations, verdicts and waits again. `fingerprint`: of these rules. Raises StoreError.

    What nobody can make again is taken as it stands: mails, where they were seen, what was said by hand, the numbers
    of conversations, and what ids have tied, for copies that are gone had a part in it: `nodes`, and the strand of
    each message. Waits come last, when all mails are in their place: a wait that was folded too early could give its
    reminders to another one.
    """
    with store.writing() as connection:
        connection.execute(delete(settings).where(settings.c.name == "rules"))
    pages = _Pages(store, tell, page)
    pages.of_messages("reading", _strand_of_node)
    pages.of_messages("joining", lambda c, rows: _join(c, rows, informed(c, house)))
    with store.writing() as connection:
        _straighten(connection)
    pages.of_messages("placing", _place)
    pages.of_conversations("judging", lambda c, numbers: refold(c, numbers, informed(c, house), waits_too=False))
    pages.of_conversations("tying", lambda c, numbers: retie(c, numbers, informed(c, house), waits_too=False))
    with store.writing() as connection:
        _find_waits(connection)
    pages.of_conversations("folding", lambda c, numbers: refold(c, numbers, informed(c, house)))
    with store.writing() as connection:
        fold_stale(connection, informed(connection, house))
        connection.execute(insert(settings).values(name="rules", value=fingerprint))
    return _counted(store)


@dataclass(frozen=True, slots=True)
class _Pages:
    """All messages, or all conversations, a page in a writing transaction."""

    store: Store
    tell: Tell
    size: int

    def of_messages(self, what: str, do: Callable[[Connection, Sequence[AnyRow]], None]) -> None:
        """Hand over their rows."""

        def with_rows(connection: Connection, ids: Sequence[int]) -> None:
            query = select(messages).where(among(messages.c.id, ids, connection)).order_by(messages.c.id)
            do(connection, connection.execute(query).all())

        self._run(what, select(messages.c.id), with_rows)

    def of_conversations(self, what: str, do: Callable[[Connection, Sequence[int]], object]) -> None:
        """Hand over their numbers."""
        leading = conversations.c.lead.is_(None) & conversations.c.tied_to.is_(None)
        self._run(what, select(conversations.c.number).where(leading), do)

    def _run(self, what: str, query: Select[int], do: Callable[[Connection, Sequence[int]], object]) -> None:
        (column,) = query.selected_columns
        total, done = _count(self.store, query.with_only_columns(func.count())), 0
        last = -1
        while True:
            with self.store.reading() as connection:
                after = query.where(column > last).order_by(column).limit(self.size)
                found = connection.execute(after).scalars().all()
            if not found:
                return
            with self.store.writing() as connection:
                do(connection, found)
            last, done = found[-1], done + len(found)
            self.tell(what, min(done, total), total)


def _strand_of_node(connection: Connection, rows: Sequence[AnyRow]) -> None:
    """A message is in the strand of the node that it bears, if that is kept elsewhere too; the strand has a row."""
    _find_again(connection, rows)
    own = {row.id: own_id(message_of(row)) for row in rows}
    strand = kept_strands(connection, set(own.values()))
    right = {row.id: strand.get(own[row.id], row.strand) for row in rows}
    _correct(connection, messages.c.strand, rows, right)
    numbers = set(right.values())
    known = select(conversations.c.number).where(among(conversations.c.number, numbers, connection))
    if missing := numbers - set(connection.execute(known).scalars()):
        insert_all(connection, conversations, [{"number": n, "stale": False} for n in sorted(missing)])


def _find_again(connection: Connection, rows: Sequence[AnyRow]) -> None:
    """What a message is looked for by follows from its row alone."""
    _correct(connection, messages.c.identity_hash, rows, {row.id: hash_of(row.identity) for row in rows})
    _correct(connection, messages.c.fortnight, rows, {row.id: fortnight_of(row.received_at) for row in rows})


def _correct(connection: Connection, column: Column[Any], rows: Sequence[AnyRow], right: Mapping[int, int]) -> None:
    """Write this column of messages where it differs from what is `right` for a row id."""
    wrong = [row.id for row in rows if getattr(row, column.name) != right[row.id]]
    change_all(connection, messages, [{KEY: id_, column.name: right[id_]} for id_ in wrong])


def _join(connection: Connection, rows: Sequence[AnyRow], house: House) -> None:
    rejoin(connection, [message_of(row) for row in rows], house)


def _straighten(connection: Connection) -> None:
    """A strand that has messages leads to no other; it is tied to none but one that leads, and not to itself."""
    held = exists(select(1).where(messages.c.strand == conversations.c.number))
    connection.execute(update(conversations).where(conversations.c.lead.is_not(None), held).values(lead=None))
    host = conversations.alias("host")
    leads = exists(
        select(1).where(host.c.number == conversations.c.tied_to, host.c.lead.is_(None), host.c.tied_to.is_(None))
    )
    wrong = or_(~leads, conversations.c.lead.is_not(None), conversations.c.tied_to == conversations.c.number)
    connection.execute(update(conversations).where(conversations.c.tied_to.is_not(None), wrong).values(tied_to=None))


def _place(connection: Connection, rows: Sequence[AnyRow]) -> None:
    """A message stands in the conversation that its strand is tied to, else in that of its strand."""
    home = conversations_of(connection, {row.strand for row in rows})
    _correct(connection, messages.c.conversation, rows, {row.id: home[row.strand] for row in rows})


def _find_waits(connection: Connection) -> None:
    """Rows of waits that mails and reminders can do nothing with go; lost ones that reminders speak of come back."""
    connection.execute(delete(waits).where(~exists(select(1).where(messages.c.id == waits.c.opener))))
    if lost := _lost(connection):
        connection.execute(insert(waits), lost)
    connection.execute(delete(reminders).where(~exists(select(1).where(waits.c.id == reminders.c.wait))))


def _lost(connection: Connection) -> list[dict[str, Any]]:
    """Rows for waits that only their reminders remember, for the fold to fill.

    SQLite lets what hangs on a row stay where a program deletes it without `foreign_keys`. Whom a reminder was about is
    known from the lines of its letter; of several lost in one letter the first was given to the mail that came first.
    """
    kept = exists(select(1).where(waits.c.id == reminders.c.wait))
    orphans = connection.execute(select(reminders.c.wait, reminders.c.letter).where(~kept).order_by(reminders.c.wait))
    found: dict[int, dict[str, Any]] = {}
    used: set[int] = set()
    for wait, letter in orphans.all():
        opener = next((row for row in _unclaimed(connection, letter) if row.id not in used), None)
        if wait not in found and opener is not None:
            used.add(opener.id)
            found[wait] = _stub(wait, opener)
    return list(found.values())


def _unclaimed(connection: Connection, letter: int) -> Sequence[AnyRow]:
    """The mails that the lines of a letter are about, and that opened no wait that is known; oldest first."""
    query = select(messages).join(letter_lines, letter_lines.c.message == messages.c.id)
    opens = exists(select(1).where(waits.c.opener == messages.c.id))
    query = query.where(letter_lines.c.letter == letter, ~opens)
    return connection.execute(query.order_by(messages.c.received_at, messages.c.id)).all()


def _stub(wait: int, opener: AnyRow) -> dict[str, Any]:
    moment = opener.received_at
    told = {"mailbox": "", "mailboxes": [], "team": "", "who_name": "", "who_address": "", "state": "waiting"}
    when = {"opened_at": moment, "due_at": moment, "first": True, "members": [opener.id]}
    return {"id": wait, "conversation": opener.conversation, "opener": opener.id, **told, **when}


def _count(store: Store, query: Select[Any]) -> int:
    with store.reading() as connection:
        return int(connection.execute(query).scalar_one())


def _counted(store: Store) -> Rebuilt:
    waiting = select(func.count()).select_from(waits).where(waits.c.state == "waiting")
    led = select(func.count(messages.c.conversation.distinct()))
    queries = select(func.count()).select_from(messages), led, select(func.count()).select_from(waits), waiting
    return Rebuilt(*(_count(store, query) for query in queries))
