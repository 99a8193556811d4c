"""GROUND. Who is "us", and which person wrote a mail."""

from dataclasses import dataclass

from monitor.core.message import Address, Message, Seen
from monitor.core.patterns import matches

PERSON_BEHIND = ("x-original-from", "x-original-sender")
"""Where a list or group that rewrites From leaves the person (Google Groups, Microsoft 365, Mailman 2.1.18+)."""


@dataclass(frozen=True, slots=True)
class Staff:
    """Everything that is "us". All addresses and domains lower case; patterns are those of patterns.py.

    A domain matches exactly; write `*.example.org` for its subdomains. `customers` wins over `domains`:
    a university shares one domain between its staff and its students.
    """

    mailboxes: frozenset[str] = frozenset()
    people: frozenset[str] = frozenset()
    domains: tuple[str, ...] = ()
    customers: tuple[str, ...] = ()
    lists: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    forms: frozenset[str] = frozenset()

    def why(self, address: str) -> str:
        """The name of the rule that says whether `address` is ours: `staff.outside` and `staff.customer` are not."""
        if address in self.mailboxes:
            return "staff.mailbox"
        if address in self.people:
            return "staff.person"
        if address in self.lists or address in self.groups:
            return "staff.list"
        if any(matches(address, pattern) for pattern in self.customers):
            return "staff.customer"
        domain = address.rpartition("@")[2]
        if domain and any(matches(domain, pattern) for pattern in self.domains):
            return "staff.domain"
        return "staff.outside"

    def is_ours(self, address: str) -> bool:
        """Whether `address` belongs to staff."""
        return self.why(address) not in ("staff.outside", "staff.customer")

    def writer(self, message: Message) -> Address:
        """The person who wrote it: From, but the person behind a web form, or behind a From that a list rewrote."""
        from_ = message.from_
        if from_.address in self.forms and message.reply_to:
            return message.reply_to[0]
        if from_.address in self.lists or from_.address in self.groups or self._rewritten(from_):
            return _person_behind(message) or from_
        return from_

    def _rewritten(self, from_: Address) -> bool:
        # "Jane Doe via Info <info@ours>": a group's or list's way round DMARC.
        return from_.address in self.mailboxes and " via " in from_.name.casefold()


def was_sent(seen: Seen, staff: Staff) -> bool:
    """Whether it lies in a Sent folder as ours: to put it there took that mailbox's login.

    A customer's mail that somebody dragged into Sent, from outside and to us alone, is still a customer's.
    """
    if not seen.in_role("sent"):
        return False
    recipients = seen.message.recipients
    goes_out = not recipients or any(not staff.is_ours(r.address) for r in recipients)
    return goes_out or staff.is_ours(staff.writer(seen.message).address)


def _person_behind(message: Message) -> Address | None:
    for name in PERSON_BEHIND:
        address = message.first(name).strip("<> ").lower()
        if "<" in address:
            address = address.rpartition("<")[2]
        if "@" in address:
            return Address(message.from_.name, address)
    return next((a for a in message.reply_to if a.address != message.from_.address), None)
