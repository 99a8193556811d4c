"""GROUND. What some weeks of mail say before anything is stored: how many questions came, how many have a reply.

The same rules as for what is stored, over messages held in memory: so `check` can tell it before the first look.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from typing import NamedTuple

from monitor.core.conversations import join, ties
from monitor.core.house import House
from monitor.core.ids import id_domain
from monitor.core.inferring import infer, seeks
from monitor.core.message import Message, Seen, together
from monitor.core.order import in_order
from monitor.core.sightings import Sighting, gathered
from monitor.core.wait import Wait
from monitor.core.waits import fold


class Copy(NamedTuple):
    """A mail as it was found in a folder; `received_at` in UTC."""

    message: Message
    received_at: datetime
    seen: Sighting


@dataclass(frozen=True, slots=True)
class Lately:
    """Of one mailbox: questions that began to wait, how many of them have a reply, mails of ours in its Sent folder."""

    questions: int = 0
    answered: int = 0
    sent: int = 0
    last_sent: datetime | None = None


def lately(copies: Iterable[Copy], house: House, since: Mapping[str, datetime]) -> dict[str, Lately]:
    """For each of these mailboxes since its moment (UTC), from the mail that was found in all of them."""
    seen = _merged(copies)
    house = replace(house, id_domains=house.id_domains | _own_domains(seen))
    waits = [w for w in _waits(seen, house) if w.state in ("waiting", "answered")]
    return {mailbox: _of_one(mailbox, begin, waits, seen) for mailbox, begin in since.items()}


def _of_one(mailbox: str, begin: datetime, waits: Sequence[Wait], seen: Sequence[Seen]) -> Lately:
    own = [w for w in waits if w.mailboxes[0] == mailbox and w.opened_at >= begin]
    sent = [m.received_at for m in seen if (mailbox, "sent") in m.places and m.received_at >= begin]
    return Lately(len(own), sum(w.state == "answered" for w in own), len(sent), max(sent, default=None))


def _merged(copies: Iterable[Copy]) -> list[Seen]:
    """Copies of one mail as one message, with all the places it was seen in."""
    found: dict[str, list[Copy]] = defaultdict(list)
    for copy in copies:
        found[copy.message.identity].append(copy)
    return [
        gathered(reduce(together, (c.message for c in same)), min(c.received_at for c in same), (c.seen for c in same))
        for same in found.values()
    ]


def _own_domains(seen: Iterable[Seen]) -> frozenset[str]:
    """As the store learns them: those of the ids that lie in Sent."""
    return frozenset(id_domain(m.message.message_id) for m in seen if m.in_role("sent") and m.message.message_id)


def _waits(seen: Sequence[Seen], house: House) -> list[Wait]:
    strands = _strands(seen, house)
    seekers = {number for number, strand in strands.items() if seeks(in_order(strand)[0], house)}
    tied = infer(strands, seekers, {}, house)
    told: dict[int, list[Seen]] = defaultdict(list)
    heads: dict[int, set[str]] = defaultdict(set)
    for number, strand in strands.items():
        leader = tied.get(number, number)
        told[leader] += strand
        if leader != number:
            heads[leader].add(in_order(strand)[0].message.identity)
    return [w for number, each in told.items() for w in fold(each, house, (), frozenset(heads[number])).waits]


def _strands(seen: Sequence[Seen], house: House) -> Mapping[int, list[Seen]]:
    nodes = [ties(m.message, house.staff).nodes for m in seen]
    numbers = join(nodes, {}, 0).numbers
    found: dict[int, list[Seen]] = defaultdict(list)
    for message, own in zip(seen, nodes, strict=True):
        found[numbers[own[0]]].append(message)
    return found
