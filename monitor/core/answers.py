"""GROUND. Does this message of ours end a wait? Evidence in order of strength; each function may name a grade.

New evidence is a function appended to EVIDENCE. What ends a wait without a message of ours that we see, `cited` and
`flag`, stands in waits.py.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from monitor.core.authentication import standing
from monitor.core.house import House
from monitor.core.message import FAILED, Message, Seen


class Proof(NamedTuple):
    """A message of ours that may be an answer. `by_subject`: nothing but subject and recipient ties it to the
    question."""

    seen: Seen
    house: House
    by_subject: bool = False


Evidence = Callable[[Proof], str | None]

TELLS_FAILURE = frozenset({FAILED, "x-failed-recipients"})
"""The facts of a mail that tells that another one was not delivered."""

CLAIMED = "claimed.dmarc-fail"
"""The rule of a mail in the name of staff whose authentication failed: shown, but it neither answers nor passes on."""


def is_claimed(seen: Seen, house: House) -> bool:
    """Whether the receiving server says that a mail in the name of staff is not from us (situation 32)."""
    return not seen.in_role("sent") and standing(seen.message, house) == "fail"


def inferred(proof: Proof) -> str | None:
    """Tied by subject and recipient alone (rules.md §2.4)."""
    return "inferred" if proof.by_subject and (sent(proof) or copy(proof) or copy_unverified(proof)) else None


def sent(proof: Proof) -> str | None:
    """In a Sent folder of a mailbox: to forge it takes that mailbox's login."""
    return "sent" if proof.seen.in_role("sent") else None


def copy(proof: Proof) -> str | None:
    """An incoming copy from staff (Cc, Bcc, list) that passed authentication."""
    return "copy" if _received(proof.seen) and standing(proof.seen.message, proof.house) == "pass" else None


def copy_unverified(proof: Proof) -> str | None:
    """An incoming copy that nothing speaks against: believed, unless the config asks for more."""
    return "copy-unverified" if _received(proof.seen) and not proof.house.authenticated_replies else None


def _received(seen: Seen) -> bool:
    return seen.in_role("inbox") or seen.in_role("done")


EVIDENCE: tuple[Evidence, ...] = (inferred, sent, copy, copy_unverified)


def evidence(proof: Proof) -> str | None:
    """The grade that a message of ours has; None: it stops no clock. Claimed ones and drafts are not asked."""
    for rule in EVIDENCE:
        if grade := rule(proof):
            return grade
    return None


def failures(messages: Iterable[Message]) -> dict[str, frozenset[str]]:
    """By id, to whom that mail could not be delivered. Only `failed` counts: a delayed mail may still arrive.

    From the parts of delivery reports (RFC 3464), or from X-Failed-Recipients of a bounce that names the mail (Exim).
    """
    found: dict[str, set[str]] = {}
    for message in messages:
        if TELLS_FAILURE.isdisjoint(message.headers):
            continue
        for value in message.headers.get(FAILED, ()):
            action, name, address = value.split(" ", 2)
            if action == "failed":
                found.setdefault(name, set()).add(address)
        if message.first("x-failed-recipients") and FAILED not in message.headers:
            failed = {a.strip(" <>").lower() for a in message.first("x-failed-recipients").split(",")}
            for name in message.names:
                found.setdefault(name, set()).update(failed)
    return {name: frozenset(addresses) for name, addresses in found.items()}


def without_failed(to: frozenset[str], failed: frozenset[str]) -> frozenset[str]:
    """Whom a mail reached after all. A failed address that it was not written to stands behind its only recipient."""
    if failed and len(to) == 1 and not failed & to:
        return frozenset()
    return to - failed
