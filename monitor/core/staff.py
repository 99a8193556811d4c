"""GROUND. Who is "us", and which person wrote a mail."""

import re
from dataclasses import dataclass, field

from monitor.core.addresses import ALSO_FROM, addresses_in, plain_address, spellings
from monitor.core.lists import named_lists
from monitor.core.message import Address, Message, Seen
from monitor.core.patterns import matches_any

PERSON_BEHIND = ("x-original-from", "x-original-sender")
"""Where a list or group that rewrites From leaves the person (Google Groups, Microsoft 365, Mailman 2.1.18+)."""

_VIA = re.compile(r"(?P<who>.*?) via .+", re.IGNORECASE)
MOST_KNOWN = 2_000
"""So many addresses are remembered with what they are; then it begins anew."""
_OUTSIDE = ("staff.outside", "staff.customer")
_GROUPS_IO = re.compile(r"(?P<local>[^@=]+)=(?P<domain>[^@=]+\.[^@=]+)@(?:[\w-]+\.)?groups\.io")


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
    _known: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)
    """The rule of each address lately asked for: the same few are asked for in every mail of a conversation."""

    def why(self, address: str) -> str:
        """The name of the rule that says whether `address` is ours: `staff.outside` and `staff.customer` are not."""
        rule = self._known.get(address)
        if rule is None:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            rule = self._known[address] = self._rule(address)
        return rule

    def _rule(self, address: str) -> str:
        known = spellings(address)
        if not self.mailboxes.isdisjoint(known):
            return "staff.mailbox"
        if not self.people.isdisjoint(known):
            return "staff.person"
        if not (self.lists.isdisjoint(known) and self.groups.isdisjoint(known)):
            return "staff.list"
        if self.customers and any(matches_any(spelling, self.customers) for spelling in known):
            return "staff.customer"
        domain = address.rpartition("@")[2]
        # `x@evil.example@ours.example` is no address of anybody: servers differ in what they make of it.
        if domain and address.count("@") < 2 and matches_any(domain, self.domains):
            return "staff.domain"
        return "staff.outside"

    def is_ours(self, address: str) -> bool:
        """Whether `address` belongs to staff."""
        return (self._known.get(address) or self.why(address)) not in _OUTSIDE

    def is_mailbox(self, address: str) -> bool:
        """Whether it is a watched mailbox or an alias of one; `info+permits@` is info@."""
        return _is_in(self.mailboxes, address)

    def is_list(self, address: str) -> bool:
        """Whether it is one of our lists or groups."""
        return self.is_outsiders_list(address) or _is_in(self.groups, address)

    def is_mailbox_or_list(self, address: str) -> bool:
        """Whether it is one of these, or an alias of one."""
        for spelling in spellings(address):  # nearly always one
            if spelling in self.mailboxes or spelling in self.lists or spelling in self.groups:
                return True
        return False

    def is_outsiders_list(self, address: str) -> bool:
        """Whether it is a list of ours that outsiders read."""
        return _is_in(self.lists, address)

    def is_form(self, message: Message) -> bool:
        """Whether a web form wrote it in the name of the person in Reply-To."""
        return bool(message.reply_to) and _is_in(self.forms, message.from_.address)

    def writer(self, message: Message) -> Address:
        """The person who wrote it: From, but the person behind a web form, or behind a From that a list rewrote.

        Of a From with several addresses the first that is outside: nobody becomes staff by writing beside them.
        """
        if ALSO_FROM in message.headers and (outsider := self._outsider(message)):
            return outsider
        if message.reply_to and self.is_form(message):
            return message.reply_to[0]
        if self._is_rewritten(message):
            return self._person_behind(message) or message.from_
        return message.from_

    def _outsider(self, message: Message) -> Address | None:
        if not self.is_ours(message.from_.address):
            return message.from_
        return next((Address("", a) for a in message.headers[ALSO_FROM] if not self.is_ours(a)), None)

    def _is_rewritten(self, message: Message) -> bool:
        """Whether a list or group put its own address into From: a way round DMARC.

        A list of ours; a mailbox of ours in "Jane Doe via Info <info@…>"; any list that the mail's headers name, where
        "via" or Google's X-Original-From says so; groups.io, whose addresses hold the person's.
        """
        from_ = message.from_
        if (self.lists or self.groups) and self.is_list(from_.address):
            return True
        via = " via " in from_.name.casefold()
        if via and (self.is_mailbox(from_.address) or _GROUPS_IO.fullmatch(from_.address)):
            return True
        return (via or PERSON_BEHIND[0] in message.headers) and from_.address in named_lists(message)

    def _person_behind(self, message: Message) -> Address | None:
        """Whoever the headers name first; a person of ours only where none of them names an outsider.

        And only where the list is ours: an outsider may call any address of theirs a list, and name staff behind it.
        """
        from_ = message.from_.address
        candidates = [a for a in _people_behind(message) if a != from_ and not self.is_list(a)]
        outsider = next((a for a in candidates if not self.is_ours(a)), None)
        person = outsider or (next(iter(candidates), None) if self.is_ours(from_) else None)
        return Address(_without_via(message.from_.name), person) if person else None


def was_sent(seen: Seen, staff: Staff) -> bool:
    """Whether it lies in a Sent folder as ours: to put it there took that mailbox's login.

    A customer's mail that somebody dragged into Sent, from outside and to us alone, is still a customer's.
    """
    if not seen.in_role("sent"):
        return False
    recipients = seen.message.recipients
    to_us_alone = recipients and all(map(staff.is_ours, [r.address for r in recipients]))
    return not to_us_alone or staff.is_ours(staff.writer(seen.message).address)


def _is_in(addresses: frozenset[str], address: str) -> bool:
    return bool(addresses) and not addresses.isdisjoint(spellings(address))


def _without_via(name: str) -> str:
    """`Ann Other` of "'Ann Other' via Info"."""
    match = _VIA.fullmatch(name)
    return match["who"].strip("' ") if match else name


def _people_behind(message: Message) -> tuple[str, ...]:
    """The addresses that may be the person's, best first."""
    values = (message.first(name).rpartition("<")[2] for name in PERSON_BEHIND)
    found = [address for value in values for address in addresses_in(value)[:1]]
    if match := _GROUPS_IO.fullmatch(message.from_.address):
        found.append(f"{match['local']}@{match['domain']}")
    found += (a.address for a in message.reply_to)
    # Mailman puts the author into Cc, by name, where Reply-To must be the list's.
    name = _without_via(message.from_.name).casefold()
    named = (r.address for r in message.recipients if name and r.name.casefold() == name)
    return tuple(dict.fromkeys([*found, *named] if not set(found) - {message.from_.address} else found))


def outsiders(message: Message, staff: Staff) -> list[str]:
    """The addresses of the people outside who take part in a message, at most ten."""
    everybody = [a.address for a in message.recipients]
    everybody.append(staff.writer(message).address)
    if message.reply_to:
        everybody += [a.address for a in message.reply_to]
    outside = [plain_address(a) for a in everybody if a and not staff.is_ours(a)]
    return outside if len(outside) < 2 else sorted(set(outside))[:MOST_OUTSIDERS]


MOST_OUTSIDERS = 10
