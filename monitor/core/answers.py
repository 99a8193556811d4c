"""GROUND. Does this message of ours end a wait? Evidence in order of strength; each function may name a grade.

New evidence is a function appended to EVIDENCE.
"""

import re
from collections.abc import Callable, Mapping

from monitor.core.automatic import from_own_list
from monitor.core.message import Message, Seen
from monitor.core.staff import Staff

Evidence = Callable[[Seen], str | None]

_DMARC = re.compile(r"\bdmarc\s*=\s*([a-z]+)", re.IGNORECASE)


def dmarc(message: Message) -> str:
    """The DMARC result in the topmost Authentication-Results (RFC 8601): `pass`, `fail`, `none`, …, or empty.

    Only the topmost counts: a sender can write what they like below it. A `fail` anywhere in it wins: an envelope
    address may contain `dmarc=pass`, and who writes `dmarc=fail` into their own only harms themselves.
    """
    results = [result.lower() for result in _DMARC.findall(message.first("authentication-results"))]
    return "fail" if "fail" in results else next(iter(results), "")


CLAIMED = "claimed.dmarc-fail"
"""The rule of a mail in the name of staff whose authentication failed: shown, but it neither answers nor passes on."""


def is_claimed(seen: Seen, staff: Staff) -> bool:
    """Whether the receiving server says that a mail in the name of staff is not from us (situation 32).

    A signature broken by one of our own lists is no forgery; a list among the recipients is not enough for that.
    """
    if seen.in_role("sent") or dmarc(seen.message) != "fail":
        return False
    return not from_own_list(seen.message, staff)


def sent(seen: Seen) -> str | None:
    """In a Sent folder of a mailbox: to forge it takes that mailbox's login."""
    return "sent" if seen.in_role("sent") else None


def copy_unverified(seen: Seen) -> str | None:
    """An incoming copy from staff (Cc, Bcc, list) that nothing speaks against."""
    return "copy-unverified" if seen.in_role("inbox") else None


EVIDENCE: tuple[Evidence, ...] = (sent, copy_unverified)


def evidence(seen: Seen) -> str | None:
    """The strongest grade that a message of ours has; None: it stops no clock. Claimed ones are not asked."""
    return next((grade for proof in EVIDENCE if (grade := proof(seen))), None)


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
