"""FLOOR 1. What staff said by hand (acting_tables.acts): written down, taken back, and handed to the fold as marks.

An act hangs on a message, so that it follows its conversation through every merge. It is never removed but with the
message: what is taken back stays in the story.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, insert, select, update

from monitor.core.message import Address
from monitor.core.wait import Handoff, Mark, State
from monitor.store.acting_tables import acts
from monitor.store.rows import last_handoff_of
from monitor.store.store import Store, among
from monitor.store.strands import lead_of
from monitor.store.tables import AnyRow, messages, waits

Kind = Literal["done", "reopen", "snooze", "assign"]
NO_WAIT: State = "no_reply_needed"
"""The state of a message in which nobody waits any more: what it is has been judged anew."""


@dataclass(frozen=True, slots=True)
class StoryAct:
    """One thing that was said by hand. `message`: an identity. Moments in UTC."""

    kind: Kind
    at: datetime
    who: str
    via: str
    message: str
    batch: str = ""
    until: datetime | None = None
    team: str = ""
    person: str = ""
    undone_at: datetime | None = None
    undone_by: str | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """What a message that somebody acts on stands for just now: its conversation, and the wait it is in."""

    message: int
    conversation: int
    who_waits: Address
    subject: str
    state: State = NO_WAIT
    opened_at: datetime | None = None
    snoozed_until: datetime | None = None
    handoff: Handoff | None = None
    team: str = ""
    wrote_again: bool = False
    """Where nobody waits in it any more: whether somebody waits there since a later message."""


def marks_of(connection: Connection, numbers: Collection[int]) -> Mapping[int, list[Mark]]:
    """What stands of what was said, for each of these conversations: one statement."""
    found: dict[int, list[Mark]] = defaultdict(list)
    for row in connection.execute(_in(connection, numbers).where(acts.c.undone_at.is_(None))):
        mark = Mark(
            row.identity, row.kind, row.at, row.until, row.team, row.person, row.id, row.heard_at, row.letter_at
        )
        found[row.conversation].append(mark)
    return found


def acts_of(connection: Connection, numbers: Collection[int]) -> Mapping[int, list[StoryAct]]:
    """All that was said in each of these conversations, oldest first, also what was taken back."""
    found: dict[int, list[StoryAct]] = defaultdict(list)
    for row in connection.execute(_in(connection, numbers).order_by(acts.c.at, acts.c.id)):
        found[row.conversation].append(_story_act(row))
    return found


def targets(connection: Connection, ids: Collection[int]) -> dict[int, Target]:
    """These messages (row ids) and the waits they are in; those that are not there any more are left out."""
    rows = connection.execute(select(messages).where(among(messages.c.id, ids, connection))).all()
    numbers = {row.conversation for row in rows}
    member: dict[int, AnyRow] = {}
    open_: dict[int, datetime] = {}
    for wait in connection.execute(select(waits).where(among(waits.c.conversation, numbers, connection))):
        member |= dict.fromkeys(wait.members, wait)
        if wait.state == "waiting":
            open_[wait.conversation] = max(wait.opened_at, open_.get(wait.conversation, wait.opened_at))
    return {row.id: _target(row, member.get(row.id), open_.get(row.conversation)) for row in rows}


def is_said(connection: Connection, batch: str) -> bool:
    """Whether this was written down before."""
    return connection.execute(select(acts.c.id).where(acts.c.batch == batch).limit(1)).first() is not None


def write_down(connection: Connection, new: Sequence[Mapping[str, Any]]) -> None:
    """Put acts into the store: rows of acting_tables.acts without an id."""
    if new:
        connection.execute(insert(acts), [dict(row) for row in new])


def last_batch(connection: Connection, who: str, since: datetime, until: datetime) -> str | None:
    """What this person said last, of what they have not taken back; None if there is nothing between these moments."""
    query = select(acts.c.batch).where(acts.c.who == who, acts.c.at >= since, acts.c.at <= until)
    query = query.where(acts.c.undone_at.is_(None)).order_by(acts.c.at.desc(), acts.c.id.desc())
    return connection.execute(query.limit(1)).scalar()


def take_back(connection: Connection, batch: str, who: str, now: datetime) -> list[tuple[int, StoryAct]]:
    """What this person said at once does not stand any more; the acts, each with the row id of its message."""
    mine = (acts.c.batch == batch) & (acts.c.who == who) & acts.c.undone_at.is_(None)
    query = select(acts, messages.c.identity).join(messages, messages.c.id == acts.c.message).where(mine)
    rows = connection.execute(query.order_by(acts.c.id)).all()
    connection.execute(update(acts).where(mine).values(undone_at=now, undone_by=who))
    return [(row.message, _story_act(row)) for row in rows]


def waits_of(store: Store, numbers: Collection[int]) -> dict[int, list[AnyRow]]:
    """The waits of the conversations that these numbers lead to, oldest first; unknown numbers are left out."""
    with store.reading() as connection:
        leads = {number: lead_of(connection, number) for number in numbers}
        there = select(messages.c.conversation).where(among(messages.c.conversation, set(leads.values()), connection))
        known = set(connection.execute(there.distinct()).scalars())
        query = select(waits).where(among(waits.c.conversation, known, connection))
        found: dict[int, list[AnyRow]] = defaultdict(list)
        for row in connection.execute(query.order_by(waits.c.opened_at, waits.c.id)):
            found[row.conversation].append(row)
    return {number: found[lead] for number, lead in leads.items() if lead in known}


def _in(connection: Connection, numbers: Collection[int]) -> Any:
    return (
        select(acts, messages.c.identity, messages.c.conversation)
        .join(messages, messages.c.id == acts.c.message)
        .where(among(messages.c.conversation, numbers, connection))
    )


def _story_act(row: AnyRow) -> StoryAct:
    return StoryAct(
        kind=row.kind,
        at=row.at,
        who=row.who,
        via=row.via,
        message=row.identity,
        batch=row.batch,
        until=row.until,
        team=row.team,
        person=row.person,
        undone_at=row.undone_at,
        undone_by=row.undone_by,
    )


def _target(row: AnyRow, wait: AnyRow | None, last_open: datetime | None) -> Target:
    if wait is None:
        return Target(row.id, row.conversation, Address(row.from_name, row.from_address), row.subject)
    return Target(
        message=row.id,
        conversation=row.conversation,
        who_waits=Address(wait.who_name, wait.who_address),
        subject=row.subject,
        state=wait.state,
        opened_at=wait.opened_at,
        snoozed_until=wait.snoozed_until,
        handoff=last_handoff_of(wait.handoffs),
        team=wait.team,
        wrote_again=wait.state != "waiting" and last_open is not None and last_open > wait.opened_at,
    )
