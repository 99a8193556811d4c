"""GROUND. What we know of one mail: facts from its headers, never its text."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Literal, NamedTuple, TypeVar

from monitor.core.subject import base_subject

Facts = Mapping[str, tuple[str, ...]]
"""Header fields the rules look at: lower-case names, values in their order, topmost first."""

Role = Literal["inbox", "sent", "done", "junk", "trash", "drafts", "elsewhere"]
"""The part a folder plays. Junk, trash and drafts are the ignored ones: never read, only looked into for a mail that
left its folder; so is `elsewhere`, any other folder (an archive)."""
Direction = Literal["incoming", "outgoing", "internal", "automatic"]


class Address(NamedTuple):
    """A name as the mail shows it (may be empty) and an address, lower case."""

    name: str
    address: str

    def __reduce__(self) -> tuple[Callable[..., "Address"], tuple[object, ...]]:
        """As pickle is to write it: the way of a named tuple costs it twice the time. Made of a tuple it is in C."""
        return tuple.__new__, (Address, tuple(self))


NOBODY = Address("", "")

FAILED = ":failed"
"""A fact read from the parts of a delivery report (RFC 3464), not from a header: `action <id> recipient` of each
failure. No header field can have a name with a colon, so nobody can forge it."""
GMAIL_THREAD = ":gmail-thread"
"""`mailbox X-GM-THRID`: the number Gmail gives a thread within one account."""
CALENDAR = ":calendar-method"
"""The method of a calendar part within a mail, from BODYSTRUCTURE: Outlook's class is the same for question and
answer."""
CLOSER = ":closer"
"""What the opt-in body peek saw: `yes` or `no` (core/closers.py). The text itself is never kept."""

SUBJECT = ":subject"
"""What rules ask of a subject that is not kept, and its answers (core/topic.py)."""

FORGOTTEN = ":forgotten"
"""A fact of a mail whose writer was forgotten (core/forgetting.py): direction, whether it wants a reply (`yes`, `no`)
and the rule, as they were decided; nothing is left to judge it by."""

FORGOTTEN_RULE = "forgotten.person"
"""Why a mail wants no reply whose writer still waited when they were forgotten."""


@dataclass(frozen=True, slots=True)
class Message:
    """One mail, whichever folders and mailboxes it was seen in. All text is sanitised (law 9).

    `identity` is the canonical Message-ID, else a digest of the raw headers; `message_id` is empty for the latter.
    `headers` holds the further fields the rules look at: lower-case names, values in their order, topmost first.
    """

    identity: str
    message_id: str
    from_: Address
    recipients: tuple[Address, ...]
    subject: str
    reply_to: tuple[Address, ...] = ()
    sent_at: datetime | None = None
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    headers: Facts = field(default_factory=dict)

    def __reduce__(self) -> tuple[type["Message"], tuple[object, ...]]:
        """As pickle is to write it, from the process that reads to the one that stores: half the time of a state."""
        return Message, _VALUES(self)

    def first(self, name: str) -> str:
        """The topmost value of a header field, or an empty string."""
        return self.headers.get(name, ("",))[0]

    def about(self, question: str) -> str | None:
        """What was kept of a subject that is not kept itself, "" for no; None: ask the subject (core/topic.py)."""
        kept = self.headers.get(SUBJECT)
        if kept is None:
            return None
        told = (value.partition(" ") for value in kept)
        return next((answer for asked, _, answer in told if asked == question), "")

    @property
    def names(self) -> tuple[str, ...]:
        """Every id this message names, In-Reply-To first."""
        return self.in_reply_to + self.references


_VALUES: Callable[[Message], tuple[object, ...]] = attrgetter(*(each.name for each in fields(Message)))


class Place(NamedTuple):
    """Where a message was seen: a mailbox's address and the role of the folder in it."""

    mailbox: str
    role: Role


@dataclass(frozen=True, slots=True)
class Away:
    """Somebody put it away: into the done folder, Junk or Trash; `at` (UTC): the look that first saw it there."""

    kind: Literal["done", "junk", "trash"]
    at: datetime


@dataclass(frozen=True, slots=True)
class Flag:
    """`\\Answered` (RFC 3501 §2.3.2) is set.

    `at` (UTC): the look that first saw it, None where it was set before the first one; `after`: the look before that.
    """

    at: datetime | None
    after: datetime | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """A message with all the places it was ever seen in; `received_at` (UTC) is the earliest of them.

    `size` (octets) is the largest of its copies, 0 where unknown. `draft`: seen only with `\\Draft`. `missing`: it is
    in no folder any more. `known_at` (UTC): the look that first saw it; None where that is not known.
    """

    message: Message
    received_at: datetime
    places: frozenset[Place]
    size: int = 0
    away: Away | None = None
    flag: Flag | None = None
    draft: bool = False
    missing: bool = False
    known_at: datetime | None = None

    def in_role(self, role: Role) -> bool:
        """Whether it was ever seen in a folder of this role, in any mailbox."""
        for _, each in self.places:  # noqa: SIM110  # a quarter of the cost of a generator, and every rule asks
            if each == role:
                return True
        return False


EARLIEST_SANE_YEAR = 1990
FUTURE_ALLOWED = timedelta(minutes=10)
LATER_THAN_RECEIVED = timedelta(hours=24)


def arrival(internaldate: datetime | None, hop: datetime | None, sent_at: datetime | None, now: datetime) -> datetime:
    """When one sighting's mail arrived, in UTC (rules.md §1).

    The server's INTERNALDATE, unless it is insane: before 1990, over ten minutes in the future, or over a
    day after the topmost readable Received (`hop`; an imported mailbox stamps the day of the import).
    Then that Received, else a sane Date header, else `now`, the moment of the first look.
    """
    stamp = _sane(internaldate, now)
    if stamp is not None and hop is None:  # nearly all
        return stamp
    received, written = _sane(hop, now), _sane(sent_at, now)
    if stamp is not None and (received is None or stamp - received <= LATER_THAN_RECEIVED):
        return stamp
    return received or written or now


def _sane(moment: datetime | None, now: datetime) -> datetime | None:
    if moment is None or moment.year < EARLIEST_SANE_YEAR or moment > now + FUTURE_ALLOWED:
        return None
    return moment


def together(one: Message, other: Message) -> Message:
    """Two copies of one mail as one message, in whatever order they were read.

    Only the copy in Sent knows the Bcc, and a list rewrites From in its own: recipients are those of both, the writer
    is that of the copy no list rewrote. A fact that leaves mail out (a list's header, a spam mark) counts only if
    both copies have it: who wrote to the desk itself waits, whatever came through a list beside it.
    """
    if one == other:
        return one
    first, second = sorted((one, other), key=_copy_order)
    kept = {SUBJECT: first.headers[SUBJECT]} if SUBJECT in first.headers else {}
    return replace(
        first,
        recipients=_either(first.recipients, second.recipients),
        reply_to=first.reply_to or second.reply_to,
        in_reply_to=_either(first.in_reply_to, second.in_reply_to),
        references=max(first.references, second.references, key=lambda ids: (len(ids), ids)),
        headers={**_facts_together(first.headers, second.headers), **kept},
    )


def _copy_order(message: Message) -> tuple[object, ...]:
    via = " via " in message.from_.name.casefold() or "x-original-from" in message.headers
    named = (message.in_reply_to, message.references, message.recipients)
    subject = message.subject, message.headers.get(SUBJECT, ())
    return (via, message.from_, subject, message.sent_at is None, message.sent_at or 0, message.reply_to, named)


_T = TypeVar("_T")


def _either(some: tuple[_T, ...], more: tuple[_T, ...]) -> tuple[_T, ...]:
    if set(more) <= set(some):
        return some
    return more if set(some) <= set(more) else tuple(sorted({*some, *more}, key=str))


LEAVES_OUT = ("list-", "precedence", "x-precedence", "x-spam", "x-ses-spam", "feedback-id", "x-campaign")
"""The beginnings of header fields of a copy, not of the mail: who passed it on, and what they took it for."""


def _facts_together(some: Facts, more: Facts) -> Facts:
    facts: dict[str, tuple[str, ...]] = {}
    for name in some.keys() | more.keys():
        if name in some and name in more:
            facts[name] = max(some[name], more[name], key=lambda values: ("pass" in values[0].lower(), values))
        elif not name.startswith(LEAVES_OUT):
            facts[name] = some.get(name) or more[name]
    return facts


def same_mail(one: Message, other: Message) -> bool:
    """Whether two mails with one Message-ID are one mail, rather than two by a program that repeats its ids.

    Lists rewrite From and tag the subject but leave the Date alone; so only a mail that differs in its Date
    *and* in From and subject is another one.
    """
    if one.sent_at == other.sent_at or one.sent_at is None or other.sent_at is None:
        return True
    return one.from_.address == other.from_.address or base_of(one) == base_of(other)


def base_of(message: Message) -> str:
    """The base subject (RFC 5256 §2.1), or the digest that stands for one not kept: equal where that is."""
    kept = message.about("base")
    return base_subject(message.subject) if kept is None else kept
