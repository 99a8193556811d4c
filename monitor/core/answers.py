"""GROUND. Does this message of ours end a wait? Evidence in order of strength; each function may name a grade.

New evidence is a function appended to EVIDENCE.
"""

import re
from collections.abc import Callable, Mapping

from monitor.core.message import Message, Seen
from monitor.core.staff import Staff

Evidence = Callable[[Seen, Staff], str | None]

_DMARC = re.compile(r"\bdmarc\s*=\s*([a-z]+)", re.IGNORECASE)


def dmarc(message: Message) -> str:
    """The DMARC result in the topmost Authentication-Results (RFC 8601): `pass`, `fail`, `none`, …, or empty.

    Only the topmost counts: a sender can write what they like below it.
    """
    match = _DMARC.search(message.first("authentication-results"))
    return match[1].lower() if match else ""


def is_claimed(seen: Seen, staff: Staff) -> bool:
    """A copy in the name of staff whose authentication failed: shown as a claimed reply, stops no clock.

    A signature broken by one of our own lists is no forgery.
    """
    message = seen.message
    if seen.in_role("sent") or dmarc(message) != "fail":
        return False
    return not any(r.address in staff.lists or r.address in staff.groups for r in message.recipients)


def sent(seen: Seen, _staff: Staff) -> str | None:
    """In a Sent folder of a mailbox: to forge it takes that mailbox's login."""
    return "sent" if seen.in_role("sent") else None


def copy_unverified(seen: Seen, staff: Staff) -> str | None:
    """An incoming copy from staff (Cc, Bcc, list) that nothing speaks against."""
    return "copy-unverified" if seen.in_role("inbox") and not is_claimed(seen, staff) else None


EVIDENCE: tuple[Evidence, ...] = (sent, copy_unverified)


def evidence(seen: Seen, staff: Staff) -> str | None:
    """The strongest grade that a message of ours has, or None: then it stops no clock."""
    return next((grade for proof in EVIDENCE if (grade := proof(seen, staff))), None)


def reached(
    message: Message, writers: Mapping[str, frozenset[str]], reach: Mapping[str, frozenset[str]]
) -> frozenset[str]:
    """Whom a message of ours reaches, by address.

    Its recipients; a Sent copy without recipient headers reaches those who stand behind the message it names:
    `writers` gives every outside message's writer (with Reply-To), `reach` whom our earlier messages reached.
    """
    if message.recipients:
        return frozenset(r.address for r in message.recipients)
    for name in message.in_reply_to + message.references[-1:]:
        if name in writers:
            return writers[name]
        if name in reach:
            return reach[name]
    return frozenset()
