"""GROUND. Mails that no id ties to their conversation, tied by subject and person (rules.md §2.4): marked "inferred".

Staff mail answers a question when its base subject is the same and says something, the one who waits is among its
recipients, and exactly one such wait was open, opened at most 14 days before. A customer's "Re: …" joins that
customer's own earlier mail of the same subject. Never mails of different outside senders: a wrong merge hides somebody.
Judged only on what came before, so that later mail cannot change what an earlier one meant.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from monitor.core.addresses import plain_address
from monitor.core.gist import Gist
from monitor.core.house import House
from monitor.core.message import Message, Seen
from monitor.core.needs_reply import Verdict, case, judge
from monitor.core.order import in_order
from monitor.core.parties import People
from monitor.core.topic import key_of, replies
from monitor.core.waits import fold

WINDOW = timedelta(days=14)

_Moment = tuple[datetime, str]
"""When a message came, and its identity: no two have the same."""


@dataclass(slots=True)
class _Group:
    """A strand with those tied to it so far; `by_subject`: the identities that tie them."""

    number: int
    messages: list[Seen]
    by_subject: set[str] = field(default_factory=set)


def seeks(
    head: Seen, house: House, verdict: Verdict | None = None, gist: Gist | None = None
) -> Literal["incoming", "outgoing"] | None:
    """Whether the first message of a strand may be tied to another strand by its subject: its direction, or None.

    Judged by itself, for what it means must not hang on the conversation it seeks: `verdict`, where that is known, and
    its `gist`.
    """
    message = head.message
    answers, names = gist.replies if gist else replies(message), message.in_reply_to or message.references
    if head.draft or (names and not answers):
        return None
    if not answers and not head.in_role("sent") and not _is_by_us(message, house, gist):
        return None
    if not (gist.key if gist else key_of(message)):
        return None
    direction = (verdict or judge(case(head, house, gist=gist))).direction
    if direction == "outgoing":
        return None if names else "outgoing"
    return "incoming" if direction == "incoming" and answers else None


def _is_by_us(message: Message, house: House, gist: Gist | None) -> bool:
    return gist.by_us if gist else house.staff.is_ours(house.staff.writer(message).address)


def infer(
    strands: Mapping[int, Sequence[Seen]], seekers: Collection[int], tied: Mapping[int, int], house: House
) -> dict[int, int]:
    """For those of the strands `seekers` that are tied to another by subject: the number of the one that leads.

    `tied` gives the ties of the other strands, which stay as they are.
    """
    ordered = {number: in_order(messages) for number, messages in strands.items() if messages}
    search = _Search(ordered, {n: to for n, to in tied.items() if n not in seekers}, house)
    heads = sorted((_moment(ordered[n][0]), n) for n in set(seekers) & ordered.keys())
    found: dict[int, int] = {}
    for _, number in heads:
        group = search.groups[number]
        host = search.host(number) if group.number == number else None
        if host is not None:
            host.messages += group.messages
            host.by_subject |= {group.messages[0].message.identity} | group.by_subject
            for each in search.moved(group, host):
                found[each] = host.number
    return {number: to for number, to in found.items() if number in seekers}


class _Search:
    """Strands, found by who took part under which subject: each with each would take hours for a busy subject."""

    def __init__(self, ordered: Mapping[int, list[Seen]], tied: Mapping[int, int], house: House) -> None:
        self.ordered, self.house, self.people = ordered, house, People(house)
        self.groups = {number: _Group(number, list(messages)) for number, messages in ordered.items()}
        self._members: dict[int, list[int]] = {number: [number] for number in ordered}
        self._keys: dict[str, str] = {}
        self._wrote: dict[str, list[tuple[_Moment, int]]] = defaultdict(list)
        self._took_part: dict[tuple[str, str], list[tuple[_Moment, int]]] = defaultdict(list)
        for number, messages in ordered.items():
            for seen in messages:
                self._know(seen, number)
        for index in (*self._wrote.values(), *self._took_part.values()):
            index.sort()
        for number, to in tied.items():
            if number in self.groups and to in self.groups:
                host = self.groups[to]
                host.messages += ordered[number]
                host.by_subject.add(ordered[number][0].message.identity)
                self.moved(self.groups[number], host)

    def _know(self, seen: Seen, number: int) -> None:
        key = self._keys[seen.message.identity] = key_of(seen.message)
        voices = self.people.voices(seen)
        ours = self.people.ours(self.people.writer(seen).address)
        to = self.people.copied(seen.message) if ours else set()
        for address in voices:
            self._wrote[address].append((_moment(seen), number))
        for address in {*voices, *to} if key else ():
            self._took_part[key, address].append((_moment(seen), number))

    def moved(self, group: _Group, host: _Group) -> list[int]:
        """The strands of a group belong to another one now."""
        members = self._members.pop(group.number)
        self._members[host.number] += members
        self.groups |= dict.fromkeys(members, host)
        return members

    def host(self, number: int) -> _Group | None:
        """The one group that the first message of a strand belongs to; None if it seeks none, or finds none."""
        head = self.ordered[number][0]
        direction = seeks(head, self.house)
        if direction is None:
            return None
        find = self._asked if direction == "outgoing" else self._earlier
        return find(head, self.groups[number])

    def _asked(self, head: Seen, own: _Group) -> _Group | None:
        """Where exactly one of its recipients waits for an answer to a mail of this subject."""
        # A desk is nobody's customer; but it has a copy of most of what it writes.
        to = {plain_address(r.address) for r in head.message.recipients if not self.people.ours(r.address)}
        near = {n for address in to for n in self._between(self._wrote.get(address, []), head)}
        groups = {self.groups[n].number: self.groups[n] for n in near if self.groups[n] is not own}
        found = [groups[n] for n in sorted(groups) for _ in range(self._open_for(head, to, groups[n]))]
        if not found:  # nobody waits: a second reply, which belongs where they talked, if that is in one place
            talked = {self.groups[n].number for _, n in self._talks(head, to, own)}
            return self.groups[talked.pop()] if len(talked) == 1 else None
        return found[0] if len(found) == 1 else None

    def _open_for(self, head: Seen, to: Collection[str], group: _Group) -> int:
        """How many waits of these people, begun under its subject, were open in a group when it was written."""
        before = [_as_of(seen, head.received_at) for seen in group.messages if _moment(seen) < _moment(head)]
        key = self._keys[head.message.identity]
        since = head.received_at - WINDOW
        of_subject = {
            m.message.identity for m in before if m.received_at >= since and self._keys[m.message.identity] == key
        }
        if not of_subject:
            return 0
        waits = fold(before, self.house, by_subject=frozenset(group.by_subject)).waits
        recent = [w for w in waits if w.state == "waiting" and head.received_at - w.opened_at <= WINDOW]
        return sum(bool(of_subject & set(w.members) and w.party & set(to)) for w in recent)

    def _earlier(self, head: Seen, own: _Group) -> _Group | None:
        """Where the same person wrote, or was written to, latest under this subject."""
        key = self._keys[head.message.identity]
        found: list[tuple[_Moment, int]] = []
        for address in self.people.voices(head):
            index = self._took_part.get((key, address), [])
            at = bisect_left(index, (_moment(head), 0)) - 1
            while at >= 0 and self.groups[index[at][1]] is own:
                at -= 1
            if at >= 0 and head.received_at - index[at][0][0] <= WINDOW:
                found.append(index[at])
        return self.groups[max(found)[1]] if found else None

    def _talks(self, head: Seen, who: Collection[str], own: _Group) -> list[tuple[_Moment, int]]:
        """Where these people wrote, or were written to, under its subject in the days before it."""
        key = self._keys[head.message.identity]
        found = []
        for address in who:
            index = self._took_part.get((key, address), [])
            first = bisect_left(index, ((head.received_at - WINDOW, ""), 0))
            found += [t for t in index[first : bisect_left(index, (_moment(head), 0))] if self.groups[t[1]] is not own]
        return found

    def _between(self, index: Sequence[tuple[_Moment, int]], head: Seen) -> set[int]:
        """The strands of what came in the window before a message."""
        first = bisect_left(index, ((head.received_at - WINDOW, ""), 0))
        return {number for _, number in index[first : bisect_left(index, (_moment(head), 0))]}


def _as_of(seen: Seen, when: datetime) -> Seen:
    """What was known at a moment: a flag set or a mail put away later says nothing of it."""
    away = seen.away if seen.away and seen.away.at < when else None
    flag = seen.flag if seen.flag and seen.flag.at and seen.flag.at < when else None
    return seen if (away, flag) == (seen.away, seen.flag) else replace(seen, away=away, flag=flag)


def _moment(seen: Seen) -> _Moment:
    return seen.received_at, seen.message.identity
