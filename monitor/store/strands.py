"""FLOOR 1. Strands: what ids tie together, as the database remembers it. A conversation leads one strand or several."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import ColumnElement, Connection, bindparam, func, insert, or_, select, update

from monitor.core.conversations import Tie, join, loose_ids, own_id, ties
from monitor.core.house import House
from monitor.core.message import Message
from monitor.core.parties import outsiders
from monitor.store.rows import message_of
from monitor.store.store import among
from monitor.store.tables import conversations, messages, nodes, waits


def ties_of(message: Message, house: House) -> list[Tie]:
    """All that ties a message to others in this house."""
    return ties(message, lambda m: outsiders(m, house))


def join_batch(
    connection: Connection, fresh: Sequence[Message], house: House
) -> tuple[dict[str, list[Tie]], dict[str, int], dict[int, int]]:
    """Put new messages into strands. By identity: their ties, their strands; and strand → the one that leads it now."""
    found = {message.identity: ties_of(message, house) for message in fresh}
    known = _known(connection, found, fresh, house)
    last = connection.execute(select(func.coalesce(func.max(conversations.c.number), 0))).scalar_one()
    batch = [[own_id(m), *(tie.node for tie in found[m.identity])] for m in fresh]
    joined = join(batch, known, last)
    if joined.merged:
        _merge(connection, joined.merged)
    if joined.created:
        connection.execute(insert(conversations), [{"number": n, "stale": False} for n in joined.created])
    kept = {tie.node for each in found.values() for tie in each if tie.kept}
    new = [{"id": i, "strand": n} for i, n in joined.numbers.items() if i in kept and i not in known]
    if new:
        connection.execute(insert(nodes), new)
    return found, {m.identity: joined.numbers[own_id(m)] for m in fresh}, joined.merged


def _known(
    connection: Connection, found: Mapping[str, Sequence[Tie]], fresh: Sequence[Message], house: House
) -> dict[str, int]:
    """The strands of the nodes of a batch: as kept, and as borne by the messages that its References name."""
    wanted = {tie.node for each in found.values() for tie in each}
    rows = connection.execute(select(nodes.c.id, nodes.c.strand).where(among(nodes.c.id, wanted, connection)))
    known = {row.id: row.strand for row in rows}
    named = {i for message in fresh for i in loose_ids(message)}
    if named:
        bearers = connection.execute(select(messages).where(among(messages.c.identity, named, connection)))
        for row in bearers:
            borne = [tie.node for tie in ties_of(message_of(row), house) if not tie.kept]
            known |= {node: row.strand for node in borne if node in wanted and node not in known}
    return known


def _merge(connection: Connection, merged: Mapping[int, int]) -> None:
    """The lowest number leads; the others lead to it for ever."""
    moves = [{"old": old, "new": new} for old, new in merged.items()]
    for column in (messages.c.strand, nodes.c.strand, waits.c.conversation, conversations.c.tied_to):
        statement = update(column.table).where(column == bindparam("old"))
        connection.execute(statement.values({column: bindparam("new")}), moves)
    for column in (conversations.c.number, conversations.c.lead):
        statement = update(conversations).where(column == bindparam("old")).values(lead=bindparam("new"))
        connection.execute(statement, moves)
    connection.execute(update(conversations).where(_own_tie()).values(tied_to=None))
    place_messages(connection, {*merged, *merged.values()})


def _own_tie() -> ColumnElement[bool]:
    return or_(conversations.c.tied_to == conversations.c.number, conversations.c.lead.is_not(None))


def place_messages(connection: Connection, changed: Collection[int]) -> None:
    """Messages stand in the conversation that their strand is tied to, else in its own."""
    tied = select(conversations.c.tied_to).where(conversations.c.number == messages.c.strand).scalar_subquery()
    concerned = or_(among(messages.c.strand, changed, connection), among(messages.c.conversation, changed, connection))
    connection.execute(update(messages).where(concerned).values(conversation=func.coalesce(tied, messages.c.strand)))


def conversations_of(connection: Connection, strands: Collection[int]) -> dict[int, int]:
    """The conversation of each strand."""
    query = select(conversations.c.number, conversations.c.tied_to)
    rows = connection.execute(query.where(among(conversations.c.number, strands, connection)))
    return {row.number: row.number if row.tied_to is None else row.tied_to for row in rows}


def lead_of(connection: Connection, number: int) -> int:
    """The conversation a number leads to: itself, the one it was merged into, or the one it is tied to by subject."""
    query = select(conversations.c.number, conversations.c.lead, conversations.c.tied_to)
    row = connection.execute(query.where(conversations.c.number == number)).first()
    if row is None:
        return number
    if row.lead is not None:
        return lead_of(connection, row.lead)
    return number if row.tied_to is None else int(row.tied_to)
