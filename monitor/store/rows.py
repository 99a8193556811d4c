"""FLOOR 1. Rows to values of the core and back; nothing here asks the database."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from monitor.core.conversations import Link
from monitor.core.gist import Gist
from monitor.core.ids import hash_of
from monitor.core.message import Address, Message, Place, Role, Seen
from monitor.core.needs_reply import Verdict
from monitor.core.sightings import Sighting, gathered, lowered
from monitor.core.wait import Handoff, Wait
from monitor.store.bulk import Values
from monitor.store.column_types import json_text, moment_column
from monitor.store.tables import AnyRow


class New(NamedTuple):
    """A message that has no row yet: what will be in it but for what rules make of it, with its gist."""

    id: int
    strand: int
    conversation: int
    seen: Seen
    gist: Gist


class Derived(NamedTuple):
    """What rules made of a message: its verdict, what ties it, and the key of its subject. The names are those of its
    columns."""

    direction: str
    wants_reply: bool
    rule: str
    signals: Sequence[str]
    link: str
    linked_to: str
    subject_key: str
    seeks: bool
    cites: str | None = None
    stands_in: str | None = None


def derived_of(
    verdict: Verdict, link: Link, key: str, seeks: bool, cites: str | None = None, stands_in: str | None = None
) -> Derived:
    """Of what the fold came to."""
    direction, wants_reply, rule, signals, _ = verdict
    return Derived(direction, wants_reply, rule, signals, *link, key, seeks, cites, stands_in)


def new_message_row(new: New, derived: Derived) -> Values:
    """All columns of a message in their order, as `insert_whole` takes them: each of a first look is made so, in one
    step. Raises ValueError where a moment has no time zone."""
    number, strand, conversation, seen, gist = new
    message, received_at = seen.message, seen.received_at
    sent_at, recipients, reply_to, in_reply_to, references, headers = gist.texts
    direction, wants_reply, rule, signals, link, linked_to, key, seeks, cites, stands_in = derived
    return (
        *(number, message.identity, gist.hash, message.message_id, strand, conversation),
        *(moment_column(received_at), sent_at, *message.from_, message.subject),
        *(recipients, reply_to, in_reply_to, references, headers),
        *(direction, wants_reply, rule, json_text(signals), link, linked_to, key),
        *(fortnight_of(received_at), seeks, cites, stands_in),
    )


def message_row(message: Message) -> dict[str, Any]:
    """The columns that hold the facts of a message."""
    return {
        "identity": message.identity,
        "identity_hash": hash_of(message.identity),
        "message_id": message.message_id,
        "from_name": message.from_.name,
        "from_address": message.from_.address,
        "subject": message.subject,
        "sent_at": message.sent_at,
        "recipients": message.recipients,
        "reply_to": message.reply_to,
        "in_reply_to": message.in_reply_to,
        "references": message.references,
        "headers": message.headers if message.headers.__class__ is dict else dict(message.headers),
    }


def fortnight_of(moment: datetime) -> int:
    """Which two weeks since 1970 a moment lies in."""
    return int(moment.timestamp()) // _FORTNIGHT


_FORTNIGHT = 14 * 24 * 60 * 60


def message_of(row: AnyRow) -> Message:
    """The message of a row of `messages`."""
    return Message(
        identity=row.identity,
        message_id=row.message_id,
        from_=Address(row.from_name, row.from_address),
        recipients=_addresses(row.recipients),
        subject=row.subject,
        reply_to=_addresses(row.reply_to),
        sent_at=row.sent_at,
        in_reply_to=tuple(row.in_reply_to),
        references=tuple(row.references),
        headers={name: tuple(values) for name, values in row.headers.items()},
    )


def seen_of(row: AnyRow, sightings: Iterable[Sighting]) -> Seen:
    """The message of a row with where it was seen."""
    return gathered(message_of(row), row.received_at, sightings)


def sighting_of(
    mailbox: str,
    role: Role,
    flags: Sequence[str],
    gone_at: datetime | None,
    size: int,
    seen_at: datetime | None,
    arrived_at: datetime,
    answered_at: datetime | None,
    answered_after: datetime | None,
) -> Sighting:
    """Where a message was seen, of the columns of its row and of the folder's."""
    lower = lowered(frozenset(flags))
    return Sighting(
        Place(mailbox, role), lower, gone_at is not None, size, seen_at or arrived_at, answered_at, answered_after
    )


def wait_row(wait: Wait, ids: Mapping[str, int], team: str, conversation: int) -> dict[str, Any]:
    """The columns of a wait; `ids` gives the row id of each identity."""
    return {
        "conversation": conversation,
        "opener": ids[wait.opener],
        "mailbox": wait.mailboxes[0],
        "mailboxes": wait.mailboxes,
        "team": team,
        "who_name": wait.who.name,
        "who_address": wait.who.address,
        "state": wait.state,
        "opened_at": wait.opened_at,
        "due_at": wait.due_at,
        "chased_at": wait.chased_at,
        "answered_by": ids[wait.answered_by] if wait.answered_by else None,
        "answered_at": wait.answered_at,
        "answered_in": wait.answered_in,
        "closed_at": wait.closed_at,
        "evidence": wait.evidence,
        "handoffs": handoffs_row(wait.handoffs) if wait.handoffs else None,
        "first": wait.first,
        "members": [ids[m] for m in wait.members],
        "low_urgency": wait.low_urgency,
        "snoozed_until": wait.snoozed_until,
        "also_answered_by": ids[wait.also_answered_by] if wait.also_answered_by else None,
    }


def handoffs_row(handoffs: Iterable[Handoff]) -> list[list[Any]] | None:
    """Handoffs as JSON; NULL where there are none."""
    return [[h.at.isoformat(), h.from_team, h.to_team, h.decided, h.person] for h in handoffs] or None


def handoffs_of(value: Sequence[Sequence[Any]] | None) -> tuple[Handoff, ...]:
    """Handoffs from JSON."""
    return tuple(Handoff(datetime.fromisoformat(one[0]), *one[1:]) for one in value or ())


def last_handoff_of(value: Sequence[Sequence[Any]] | None) -> Handoff | None:
    """The latest of them: who holds the ball."""
    return handoffs_of(value[-1:])[0] if value else None


def _addresses(value: list[list[str]]) -> tuple[Address, ...]:
    return tuple([_address(name, address) for name, address in value])


_address = lru_cache(maxsize=1024)(Address)
"""The mails of a conversation name the same people."""
