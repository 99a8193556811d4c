"""GROUND. Double answers: two of us answered the same person within minutes, and the second did not know of the first.

Told to the two, so that they can agree on one voice; the wait stays answered by the first (rules.md §5, situation 2).
"""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple

from monitor.core.addresses import addresses_in, plain_address
from monitor.core.house import House
from monitor.core.message import Seen
from monitor.core.parties import Party
from monitor.core.replies import Reply

WITHIN = timedelta(minutes=10)
"""About as long as a mail is being written: who sends later than this could have seen the first answer arrive in the
shared Sent folder, and adds to it by intent."""

_WORD = re.compile(r"[^\W\d_]+")
SHORTEST_OF_THE_HOUSE = 4
"""A word of so many letters that is also in the mailbox's address names the house, or the desk: nobody in it."""


class _First(NamedTuple):
    """What ended somebody's wait."""

    reply: Reply
    party: Party


@dataclass(slots=True)
class Doubles:
    """Lives for one walk over a conversation. `found`: by a wait's opener, the second answer (both are identities)."""

    house: House
    found: dict[str, str] = field(default_factory=dict)
    _lately: list[_First] = field(default_factory=list)

    def walk(self, reply: Reply, ended: list[Party]) -> None:
        """The next message of ours that goes out, and the parties whose wait it has ended.

        One that ends anybody's wait is an answer of its own: to what they wrote since, or to somebody else. What goes
        to a list of ours is for everybody.
        """
        at = reply.seen.received_at
        if self._lately:
            self._lately = [one for one in self._lately if abs(at - one.reply.seen.received_at) <= WITHIN]
        if reply.to_list:
            return
        for first in self._lately if not ended else ():
            opener = first.party.opener.message.identity
            if opener not in self.found and reply.reaches(first.party) and _is_double(first.reply, reply, self.house):
                self.found[opener] = reply.seen.message.identity
        self._lately += [_First(reply, party) for party in ended]


def _is_double(first: Reply, second: Reply, house: House) -> bool:
    """Whether the second knew nothing of the first, whose Message-ID it would name, and is another person's."""
    knew = first.seen.message.message_id in second.seen.message.names
    return not knew and are_two(first.seen, second.seen, house)


def are_two(one: Seen, other: Seen, house: House) -> bool:
    """Whether two messages of ours were surely written by two of us; else it may be one person's correction.

    Sender names who sent in another's name (RFC 5322 §3.6.2). Two addresses are two people, unless they bear one name.
    From one shared mailbox only two people's names tell: those of the desk or the house say nothing.
    """
    hands = hand(one, house), hand(other, house)
    if all(hands):
        return hands[0] != hands[1]
    writers = house.staff.writer(one.message), house.staff.writer(other.message)
    addresses = {plain_address(writer.address) for writer in writers}
    if any(hands) and not addresses.isdisjoint(hands):
        return False
    words = [_words(writer.name) for writer in writers]
    if len(addresses) == 2:
        return not words[0] or words[0] != words[1]
    names_people = house.staff.is_mailbox(writers[0].address) and not any(hands)
    return names_people and all(_names_a_person(w, writers[0].address) for w in words) and not _is_part(*words)


def hand(seen: Seen, house: House) -> str:
    """The address of the colleague who sent it in the mailbox's name; empty where that is not said."""
    found = addresses_in(seen.message.first("sender"))[:1]
    staff = house.staff
    people = [a for a in found if staff.is_ours(a) and not staff.is_mailbox(a) and not staff.is_list(a)]
    return plain_address(people[0]) if people else ""


def _words(name: str) -> frozenset[str]:
    return frozenset(_WORD.findall(name.casefold()))


def _names_a_person(words: frozenset[str], address: str) -> bool:
    local, _, domain = address.casefold().rpartition("@")
    own = {w for w in words if w == local or (len(w) >= SHORTEST_OF_THE_HOUSE and (w in local or w in domain))}
    return bool(words) and not own


def _is_part(some: frozenset[str], more: frozenset[str]) -> bool:
    """`Eva` and `Eva Marsh` may be one."""
    return some <= more or more <= some
