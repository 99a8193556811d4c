"""FLOOR 1. Strands: what ids tie together, as the database remembers it. A conversation leads one strand or several.

A node has its strand in `nodes`; that of a message's own id has it in the message's row, unless it was named before.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, or_, select, union_all, update

from monitor.core.conversations import HASHED, Joined, Ties, join, loose_ids, own_id, ties
from monitor.core.gist import Gist
from monitor.core.house import House
from monitor.core.ids import hash_of
from monitor.core.message import Message
from monitor.store.bulk import insert_all
from monitor.store.listed import listed
from monitor.store.rows import message_of
from monitor.store.tables import conversations, messages, nodes, waits

Fresh = tuple[Message, Gist]
"""A message that has no row yet, and what the rules find in it by itself."""


@dataclass(frozen=True, slots=True)
class Strands:
    """Where a batch came to stand. `numbers`: the strand of each new message, by identity.

    `touched`: the conversations that strands came to or left. `begun`: those of which nothing is stored yet.
    """

    numbers: dict[str, int]
    touched: set[int]
    begun: Collection[int]


_Told = tuple[Message, Ties, bool]
"""A message, its ties, and whether all of them are kept."""


def join_batch(connection: Connection, fresh: Mapping[str, Fresh], copies: Sequence[Message], house: House) -> Strands:
    """Put new messages, by identity, into strands. A copy of one that is known may say more, and so tie more."""
    told: list[_Told] = [(m, gist.ties, identity != own_id(m)) for identity, (m, gist) in fresh.items()]
    # The row will not say all that these copies say: so all that ties them is kept.
    told += [(m, ties(m, house.staff), True) for m in copies]
    joined, touched = _join(connection, told, house, fresh.keys())
    return Strands({i: joined.strand(own_id(m)) for i, (m, _) in fresh.items()}, touched, joined.created)


def rejoin(connection: Connection, known: Sequence[Message], house: House) -> set[int]:
    """Tie again messages that have rows: what should have been tied is merged. The conversations that this changed.

    It never parts what stands together: copies that are gone, and mails that were removed, may have tied it.
    """
    return _join(connection, [(m, ties(m, house.staff), False) for m in known], house)[1]


def _join(
    connection: Connection, told: Sequence[_Told], house: House, fresh: Collection[str] = ()
) -> tuple[Joined, set[int]]:
    """Put messages into strands; also the conversations that strands came to or left. `fresh`: who has no row yet."""
    nodes_of = [each.nodes for _, each, _ in told]
    kept = kept_strands(connection, set(chain.from_iterable(nodes_of)), fresh)
    last = connection.execute(_LAST).scalar_one()
    joined = join(nodes_of, kept, last)
    if borne := _borne(connection, told, joined, kept, house):
        joined = join(nodes_of, kept | borne, last)
    touched = _merge(connection, joined.merged) if joined.merged else set()
    if joined.created:
        insert_all(connection, conversations, [{"number": n, "stale": False} for n in joined.created])
    keep = set(chain.from_iterable(each.to_keep(all_) for _, each, all_ in told))
    keep -= kept.keys()
    keep -= {message.identity for message, _, _ in told}  # their rows bear these
    new = [{"id": i, "strand": joined.strand(i)} for i in sorted(keep)]
    if new:
        insert_all(connection, nodes, new)
    return joined, touched


def kept_strands(connection: Connection, wanted: Collection[str], fresh: Collection[str] = ()) -> dict[str, int]:
    """The strands of these nodes, as far as earlier messages have kept or bear them. `fresh`: what none bears."""
    ids = [i for i in wanted if i not in fresh and not i.startswith(HASHED)]
    rows = connection.execute(_KEPT, {"wanted": wanted, "hashes": [hash_of(i) for i in ids]})
    return {row[0]: row[1] for row in rows if row[0] in wanted}


def bearers(connection: Connection, ids: Collection[str]) -> dict[str, int]:
    """Those of these ids that messages bear as their own, each with its strand."""
    rows = connection.execute(_STRANDS, {"hashes": [hash_of(i) for i in ids]})
    return {row[0]: row[1] for row in rows if row[0] in ids}


def _borne(
    connection: Connection, told: Sequence[_Told], joined: Joined, kept: Mapping[str, int], house: House
) -> dict[str, int]:
    """The strands of further nodes: as borne by the messages that the References of a batch name.

    `joined`: the batch without them. Most of what a mail names stands with it already, and has nothing to add.
    """
    named: dict[str, set[int]] = {}
    for message, _, _ in told:
        for i in loose_ids(message):
            named.setdefault(i, set()).add(joined.strand(own_id(message)))
    if not named:
        return {}
    rows = bearers(connection, named.keys()).items()
    apart = {i for i, strand in rows if named[i] != {joined.merged.get(strand, strand)}}
    if not apart:
        return {}
    open_ = joined.owners.keys() - kept.keys()
    found: dict[str, int] = {}
    for row in connection.execute(_NAMED, {"hashes": [hash_of(i) for i in apart]}):
        if row.identity in apart:
            its_own = ties(message_of(row), house.staff)
            found |= {node: row.strand for node in its_own.nodes[its_own.kept :] if node in open_}
    return found


_LAST = select(func.coalesce(func.max(conversations.c.number), 0))
_STRANDS = select(messages.c.identity, messages.c.strand).where(listed(messages.c.identity_hash, "hashes"))
_KEPT = union_all(
    _STRANDS,
    select(nodes.c.id, nodes.c.strand).where(listed(nodes.c.id, "wanted")),
)
_NAMED = select(messages).where(listed(messages.c.identity_hash, "hashes"))


def _merge(connection: Connection, merged: Mapping[int, int]) -> set[int]:
    """The lowest number leads; the others lead to it for ever. Returns the conversations they were in, and are in."""
    strands = {*merged, *merged.values()}
    before = conversations_of(connection, strands)
    moves = [{"old": old, "new": new} for old, new in merged.items()]
    for column in (messages.c.strand, nodes.c.strand, waits.c.conversation, conversations.c.tied_to):
        statement = update(column.table).where(column == bindparam("old"))
        connection.execute(statement.values({column: bindparam("new")}), moves)
    for column in (conversations.c.number, conversations.c.lead):
        statement = update(conversations).where(column == bindparam("old")).values(lead=bindparam("new"))
        connection.execute(statement, moves)
    connection.execute(update(conversations).where(_own_tie()).values(tied_to=None))
    _shorten_ties(connection)
    place_messages(connection, strands)
    return strands | set(before.values()) | set(conversations_of(connection, strands).values())


def _shorten_ties(connection: Connection) -> None:
    """What is tied to a strand that is itself tied stands where that one stands."""
    host = conversations.alias("host")
    further = select(host.c.tied_to).where(host.c.number == conversations.c.tied_to).scalar_subquery()
    tied = select(host.c.number).where(host.c.tied_to.is_not(None))
    connection.execute(update(conversations).where(conversations.c.tied_to.in_(tied)).values(tied_to=further))


def _own_tie() -> ColumnElement[bool]:
    own = or_(conversations.c.tied_to == conversations.c.number, conversations.c.lead.is_not(None))
    return and_(conversations.c.tied_to.is_not(None), own)


def place_messages(connection: Connection, changed: Collection[int]) -> None:
    """Messages stand in the conversation that their strand is tied to, else in its own."""
    connection.execute(_PLACED, {"changed": changed})


_TIED_TO = select(conversations.c.tied_to).where(conversations.c.number == messages.c.strand).scalar_subquery()
_PLACED = (
    update(messages)
    .where(or_(listed(messages.c.strand, "changed"), listed(messages.c.conversation, "changed")))
    .values(conversation=func.coalesce(_TIED_TO, messages.c.strand))
)


def conversations_of(connection: Connection, strands: Collection[int]) -> dict[int, int]:
    """The conversation of each strand."""
    if not strands:
        return {}
    rows = connection.execute(_CONVERSATIONS, {"strands": strands})
    return {number: number if tied_to is None else tied_to for number, tied_to in rows}


_CONVERSATIONS = select(conversations.c.number, conversations.c.tied_to).where(
    listed(conversations.c.number, "strands")
)


def lead_of(connection: Connection, number: int) -> int:
    """The conversation a number leads to: itself, the one it was merged into, or the one it is tied to by subject."""
    query = select(conversations.c.number, conversations.c.lead, conversations.c.tied_to)
    row = connection.execute(query.where(conversations.c.number == number)).first()
    if row is None:
        return number
    if row.lead is not None:
        return lead_of(connection, row.lead)
    return number if row.tied_to is None else int(row.tied_to)
