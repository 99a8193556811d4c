"""FLOOR 1. The people of a header: each with a name that can be shown, and an address to be known by."""

from functools import lru_cache

from monitor.core.addresses import a_labels
from monitor.core.message import Address
from monitor.inbox import plain
from monitor.inbox.cleaning import clean, shown

LONGEST_NAME = 120
LONGEST_ADDRESS = 254  # RFC 5321 §4.5.3.1.3

LONGEST_CACHED = 200
"""Characters of what is read once for all mails that have it: an address header, or one person of it."""
MOST_CACHED = 512
"""Whole headers: longer ones seldom repeat, and shorter ones name so few people that a full cache holds 3 MB at the
very most."""
MOST_PEOPLE = 2048
"""Who writes to many names the same people again and again, but seldom all of them (a full cache: 0.8 MB, and with
the longest names 1.3)."""


def person(name: str, address: str) -> Address:
    """A name that only repeats the address is none."""
    name, address = shown(name, LONGEST_NAME), clean(address, LONGEST_ADDRESS).lower()
    return Address("" if name.lower() == address else name, a_labels(address)[:LONGEST_ADDRESS])


@lru_cache(maxsize=MOST_CACHED)
def plain_people(value: str) -> tuple[Address, ...] | None:
    """The people a plain address header names; None where it is not plain. Who wrote once often writes again."""
    mailboxes = plain.mailboxes(value)
    if mailboxes is None:
        return None
    short = len(value) <= LONGEST_CACHED or max(map(len, mailboxes)) <= LONGEST_CACHED
    people = tuple(map(plain_person if short else plain_person.__wrapped__, mailboxes))
    return None if None in people else people  # type: ignore[return-value]  # mypy does not narrow what a tuple holds


@lru_cache(maxsize=MOST_PEOPLE)
def plain_person(mailbox: str) -> Address | None:
    """Whom one of plain.mailboxes names; None where it is not plain."""
    pair = plain.mailbox(mailbox)
    if pair is None:
        return None
    name, address = pair
    # All there can be to sanitise in it came out of an encoded word.
    if not name.isascii() or "  " in name or len(name) > LONGEST_NAME or len(address) > LONGEST_ADDRESS:
        return person(name, address)
    address = address.lower()
    return Address("" if name.lower() == address else name, address)
