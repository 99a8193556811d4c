"""GROUND. May this mail act? The checks on a mail that answers a letter of ours (failures.md §7), each with its name.

The letter it answers was found by its signed id or tag before; what it says has not been looked at yet.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from monitor.core.addresses import ALSO_FROM, spellings
from monitor.core.authentication import is_refuted
from monitor.core.automatic import strong_signs, weak_signs
from monitor.core.house import House
from monitor.core.letter_ids import is_letter_id
from monitor.core.message import Message
from monitor.core.staff import Staff

VALID = timedelta(days=30)
"""So long after a letter was made, and after it came itself, a mail may act."""
MOST_AN_HOUR = 20
"""Mails of one person that act: more than anybody presses buttons, less than harms."""

Refusal = Literal["automatic", "stranger", "refuted", "expired", "too-many"]


@dataclass(frozen=True, slots=True)
class Order:
    """A mail that wants something, and what is known of it. Times in UTC.

    `written_at`: when the letter it answers was made, and `recipient` who got that. `people`: all addresses of the
    config that get letters. `lately`: how many mails of `who` acted in the hour before it came.
    """

    message: Message
    arrived_at: datetime
    written_at: datetime
    recipient: str
    who: str
    lately: int
    house: House


def speaker(message: Message, recipient: str, people: Collection[str], staff: Staff) -> str:
    """The address of the config that a mail's From is, and to which the receipt goes; empty where it is none.

    Names count for nothing, nor do Sender and Reply-To; of a From with several addresses nobody knows who speaks. Who
    writes as the shared mailbox is the one who got the letter.
    """
    if ALSO_FROM in message.headers:
        return ""
    if staff.is_mailbox(message.from_.address):
        return recipient if recipient in people else ""
    return next((spelling for spelling in spellings(message.from_.address) if spelling in people), "")


def _automatic(order: Order) -> bool:
    """A machine wrote it: one sign is enough, as for whatever answers our letters (core/needs_reply.py)."""
    message, house = order.message, order.house
    own = is_letter_id(message.message_id, house.letter_key)
    return own or bool(strong_signs(message)) or bool(weak_signs(message, house.staff))


_CHECKS: tuple[tuple[Refusal, Callable[[Order], bool]], ...] = (
    ("automatic", _automatic),
    ("stranger", lambda order: not order.who),
    ("refuted", lambda order: is_refuted(order.message, order.house)),
    ("expired", lambda order: order.arrived_at - order.written_at > VALID),
    ("too-many", lambda order: order.lately >= MOST_AN_HOUR),
)


def refusal(order: Order) -> Refusal | None:
    """The first check that a mail does not pass; None: it may act."""
    return next((name for name, fails in _CHECKS if fails(order)), None)
