"""GROUND. Which people belong to one wait: the same person under several addresses, who was copied, who copies."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from monitor.core.addresses import plain_address
from monitor.core.house import House
from monitor.core.message import Address, Message, Seen
from monitor.core.wait import Handoff

FEW = 8
"""So many parties are tried one by one."""
MOST_HANDOFFS = 50
"""So many are kept of a wait: every one of those who wait in a conversation keeps its own, so that hundreds of internal
mails among hundreds of people would be tens of thousands. Nobody reads a longer way."""


@dataclass(slots=True, eq=False)
class Party:
    """Those who wait together: their addresses and full names, and whom they copied."""

    members: list[Seen] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    addresses: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    mentioned: set[str] = field(default_factory=set)
    handoffs: tuple[Handoff, ...] = ()
    number: int = 0
    """Its place among all parties of the conversation, in the order in which they began to wait."""

    @property
    def opener(self) -> Seen:
        """Its oldest message."""
        return self.members[0]

    def is_reached(self, to: Iterable[str], named: Iterable[Address]) -> bool:
        """Whether a mail to these addresses reaches one of them; another address under the same full name does too."""
        if any(plain_address(a) in self.addresses for a in to):
            return True
        return bool(self.names) and any(full_name(r.name) in self.names for r in named)

    def hand_over(self, handoff: Handoff) -> None:
        """The ball moved, or they were reminded who has it.

        Of the same said again and again the first is kept, since when, and the latest; of more than MOST_HANDOFFS the
        first ones and the latest, so that it is always known who has the ball.
        """
        kept = self.handoffs
        again = len(kept) > 1 and kept[-1].says == kept[-2].says == handoff.says
        if again or len(kept) == MOST_HANDOFFS:
            kept = kept[:-1]
        self.handoffs = (*kept, handoff)


class People:
    """Who is who in one conversation. `guests`: staff who are its customers; `writers`: those known, by identity."""

    def __init__(
        self, house: House, guests: frozenset[str] = frozenset(), writers: Mapping[str, Address] = MappingProxyType({})
    ) -> None:
        self.house, self.guests = house, guests
        self._writers = dict(writers)
        self._voices: dict[str, frozenset[str]] = {}

    def ours(self, address: str) -> bool:
        """Whether an address is ours in this conversation."""
        return self.house.staff.is_ours(address) and address not in self.guests

    def writer(self, seen: Seen) -> Address:
        """The person who wrote it."""
        found = self._writers.get(seen.message.identity)
        if found is None:
            found = self._writers[seen.message.identity] = self.house.staff.writer(seen.message)
        return found

    def voices(self, seen: Seen) -> frozenset[str]:
        """The addresses that stand for the writer: From, the person behind it, Reply-To; not those of ours."""
        found = self._voices.get(seen.message.identity)
        if found is None:
            found = voices_of(seen.message, self.writer(seen), self.house, self.guests)
            self._voices[seen.message.identity] = found
        return found

    def add(self, party: Party, seen: Seen) -> None:
        """One more message of those who wait together."""
        party.members.append(seen)
        party.ids.add(seen.message.message_id)
        party.addresses |= self.voices(seen)
        if name := full_name(self.writer(seen).name):
            party.names.add(name)
        party.mentioned |= self.copied(seen.message)

    def copied(self, message: Message) -> set[str]:
        """The outsiders among its recipients."""
        return {plain_address(r.address) for r in message.recipients if not self.ours(r.address)}

    def relates(self, seen: Seen, party: Party) -> bool:
        """Whether this message belongs to that party, rather than to another customer in the same conversation.

        The same person, somebody they copied, somebody who copies them; a full name written twice; or mail of a
        list, where everybody reads everything: to a list of ours, or without recipients (list archives leave them out).
        """
        recipients = {plain_address(r.address) for r in seen.message.recipients}
        opener_to = {plain_address(r.address) for r in party.opener.message.recipients}
        if not (recipients or opener_to) or any(self.house.staff.is_outsiders_list(a) for a in recipients & opener_to):
            return True
        if self.voices(seen) & (party.addresses | party.mentioned) or recipients & party.addresses:
            return True
        return full_name(self.writer(seen).name) in party.names


class Waiting:
    """The parties that wait at one point of the walk, oldest first, each found at once by who and what is in it.

    A conversation may have as many of them as messages: to try each party for each message would take hours. So once
    they are more than a FEW, they are looked up by their signs.
    """

    def __init__(self, people: People, few: int = FEW) -> None:
        self.people, self._few = people, few
        self._parties: dict[int, Party] = {}
        self._known: dict[str, dict[int, None]] | None = None
        self._last = 0

    def __iter__(self) -> Iterator[Party]:
        return iter(list(self._parties.values()))

    def begin(self) -> Party:
        """A new party, with nobody in it yet."""
        self._last += 1
        self._parties[self._last] = Party(number=self._last)
        return self._parties[self._last]

    def add(self, party: Party, seen: Seen) -> None:
        """One more message of a party that waits."""
        self.people.add(party, seen)
        if self._known is not None:
            self._know(party, seen, self._known)

    def leave(self, party: Party, rest: Sequence[Seen]) -> None:
        """The party waits no longer; those who wrote the `rest` of its messages wait on, in its place."""
        if (known := self._known) is not None:
            for sign in {sign for seen in party.members for sign in self._signs(party, seen)}:
                known.get(sign, {}).pop(party.number, None)
        if not rest:
            del self._parties[party.number]
            return
        self._parties[party.number] = left = Party(handoffs=party.handoffs, number=party.number)
        for seen in rest:
            self.add(left, seen)

    def related(self, seen: Seen) -> Party | None:
        """The oldest party that a message belongs to."""
        return next((p for p in self._near(lambda: self._related(seen)) if self.people.relates(seen, p)), None)

    def reached(self, to: Iterable[str], named: Sequence[Address]) -> list[Party]:
        """The parties that a mail to these addresses reaches (see `Party.is_reached`)."""
        to = list(to)
        near = self._near(
            lambda: [*(f"@{plain_address(a)}" for a in to), *(f"name {full_name(r.name)}" for r in named)]
        )
        return [p for p in near if p.is_reached(to, named)]

    def with_ids(self, ids: Iterable[str]) -> list[Party]:
        """The parties that have a message with one of these Message-IDs."""
        ids = frozenset(ids)
        return [p for p in self._near(lambda: [f"id {i}" for i in ids]) if not p.ids.isdisjoint(ids)]

    def with_messages(self, identities: Iterable[str]) -> list[Party]:
        """The parties that have one of these messages."""
        found = frozenset(identities)
        near = self._near(lambda: [f"message {i}" for i in found])
        return [p for p in near if any(m.message.identity in found for m in p.members)]

    def _near(self, signs: Callable[[], Iterable[str]]) -> list[Party]:
        """All parties that such signs may mean, and while they are few all others too; oldest first."""
        if len(self._parties) <= self._few:
            return list(self._parties.values())
        if self._known is None:
            self._known = {}
            for party in self._parties.values():
                for seen in party.members:
                    self._know(party, seen, self._known)
        numbers = {number for sign in signs() for number in self._known.get(sign, ())}
        return [self._parties[number] for number in sorted(numbers)]

    def _know(self, party: Party, seen: Seen, known: dict[str, dict[int, None]]) -> None:
        for sign in self._signs(party, seen):
            known.setdefault(sign, {})[party.number] = None

    def _related(self, seen: Seen) -> list[str]:
        """The signs of a party that a message may belong to."""
        signs = [f"@{a}" for a in self.people.voices(seen)] + [f"to {a}" for a in self.people.voices(seen)]
        signs += [f"@{plain_address(r.address)}" for r in seen.message.recipients]
        return [
            *signs,
            f"name {full_name(self.people.writer(seen).name)}",
            *_list_signs(seen.message, self.people.house),
        ]

    def _signs(self, party: Party, seen: Seen) -> list[str]:
        message = seen.message
        signs = [f"message {message.identity}", f"id {message.message_id}"]
        signs += [f"@{a}" for a in self.people.voices(seen)]
        signs += [f"to {a}" for a in self.people.copied(message)]
        if name := full_name(self.people.writer(seen).name):
            signs.append(f"name {name}")
        return signs + (_list_signs(message, self.people.house) if seen is party.opener else [])


def _list_signs(message: Message, house: House) -> list[str]:
    """The lists of ours it went to; or that it shows no recipients, as mails of list archives do."""
    to = {plain_address(r.address) for r in message.recipients}
    lists = {a for a in to if house.staff.is_outsiders_list(a)}
    return [f"list {a}" for a in sorted(lists)] if message.recipients else ["no recipients"]


def voices_of(message: Message, writer: Address, house: House, guests: frozenset[str]) -> frozenset[str]:
    """The addresses that stand for the `writer` of a message; see `People.voices`."""
    if not message.reply_to and writer.address == message.from_.address:  # nearly all
        return frozenset((plain_address(writer.address),))
    all_ = {writer.address, message.from_.address, *(a.address for a in message.reply_to)}
    outside = [plain_address(a) for a in all_ if a and (a in guests or not house.staff.is_ours(a))]
    return frozenset(outside or (plain_address(writer.address),))


def full_name(name: str) -> str:
    """A name of at least two words, folded; empty where it is shorter: there are many Anns."""
    words = name.split()
    return " ".join(words).casefold() if len(words) > 1 else ""


def guests(messages: Sequence[Seen], house: House) -> frozenset[str]:
    """Staff who wrote to a desk as its customer: they opened the conversation, and the desk serves its own house."""
    if not messages:
        return frozenset()
    first = messages[0]
    inboxes = [house.desks.get(mailbox) for mailbox, role in first.places if role == "inbox"]
    desks = [desk for desk in inboxes if desk is not None and desk.internal_customers]
    if not desks or first.in_role("sent"):
        return frozenset()
    writer = house.staff.writer(first.message).address
    if writer in house.staff.mailboxes:
        return frozenset()
    served = any(writer not in house.owners.get(d.team, frozenset()) for d in desks)
    return frozenset({writer}) if served and house.staff.is_ours(writer) else frozenset()
