"""FLOOR 1. What customers' mail tells of us: replies that we never saw, and outsiders who answer for us."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select

from monitor.core.invisible import Invisible
from monitor.core.message import Message
from monitor.store.rows import message_of
from monitor.store.store import Store
from monitor.store.tables import folders, messages, past_mail, sightings


def invisible_replies(store: Store, start: datetime, end: datetime) -> dict[str, Invisible]:
    """By mailbox, of the customers' messages that arrived in its inbox in [start, end) and answer one of ours.

    Mailboxes without such a message are left out. A message in the inboxes of two mailboxes counts in both.
    """
    arrived = (
        select(folders.c.mailbox, messages.c.id, messages.c.cites)
        .join(sightings, sightings.c.message == messages.c.id)
        .join(folders, folders.c.id == sightings.c.folder)
        .where(messages.c.cites.is_not(None), messages.c.received_at >= start, messages.c.received_at < end)
        .where(folders.c.role == "inbox")
        .distinct()
        .subquery()
    )
    unseen = func.sum(case((arrived.c.cites == "unseen", 1), else_=0))
    query = select(arrived.c.mailbox, unseen, func.count()).group_by(arrived.c.mailbox)
    past = select(past_mail.c.mailboxes, past_mail.c.cites).where(
        past_mail.c.cites.is_not(None), past_mail.c.received_at >= start, past_mail.c.received_at < end
    )
    counts: dict[str, Counter[str]] = {}
    with store.reading() as connection:
        for mailbox, k, n in connection.execute(query):
            counts[mailbox] = Counter(unseen=int(k), all=int(n))
        for row in connection.execute(past):
            for mailbox in row.mailboxes:
                counts.setdefault(mailbox, Counter()).update(("all", row.cites))
    return {mailbox: Invisible(count["unseen"], count["all"]) for mailbox, count in counts.items()}


@dataclass(frozen=True, slots=True)
class StandIn:
    """Somebody who answered for a mailbox: in how many of its conversations, and when last (UTC)."""

    mailbox: str
    address: str
    conversations: int
    last: datetime


def stand_ins(store: Store, since: datetime, fewest: int, writer: Callable[[Message], str]) -> list[StandIn]:
    """Who answered customers in at least `fewest` conversations of one mailbox from `since` on; the latest first.

    `writer` says whose address counts; From may be a group's. Only the messages of those who answered are read.
    """
    query = (
        select(messages)
        .where(messages.c.stands_in.is_not(None), messages.c.received_at >= since)
        .order_by(messages.c.received_at, messages.c.id)
    )
    found: dict[tuple[str, str], set[int]] = {}
    last: dict[tuple[str, str], datetime] = {}
    with store.reading() as connection:
        for row in connection.execute(query.execution_options(yield_per=500)):
            key = (row.stands_in, writer(message_of(row)))
            found.setdefault(key, set()).add(row.conversation)
            last[key] = row.received_at
    people = [StandIn(*key, len(in_), last[key]) for key, in_ in found.items() if len(in_) >= fewest]
    return sorted(people, key=lambda p: (-p.last.timestamp(), p.mailbox, p.address))
