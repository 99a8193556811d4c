"""GROUND. Mails that no id ties to their conversation, tied by subject and person (rules.md §2.4): marked "inferred".

Staff mail answers a question when its base subject is the same and says something, the one who waits is among its
recipients, and exactly one such wait was open, opened at most 14 days before. A customer's "Re: …" joins that
customer's own earlier mail of the same subject. Never mails of different outside senders: a wrong merge hides
somebody who waits. Judged only on what came before, so that later mail cannot change what an earlier one meant.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from monitor.core.addresses import plain_address
from monitor.core.house import House
from monitor.core.message import Direction, Seen
from monitor.core.needs_reply import case, judge
from monitor.core.order import in_order
from monitor.core.parties import People
from monitor.core.subject import has_reply_prefix, subject_key
from monitor.core.waits import fold

WINDOW = timedelta(days=14)


@dataclass(slots=True)
class _Group:
    """A strand with those tied to it so far; `by_subject`: the identities that tie them."""

    number: int
    messages: list[Seen]
    by_subject: set[str] = field(default_factory=set)


def may_seek(seen: Seen, direction: Direction) -> bool:
    """Whether a message that names nothing we have seen may be tied by its subject."""
    if seen.draft or not subject_key(seen.message.subject):
        return False
    if direction == "outgoing":
        return not seen.message.names
    return direction == "incoming" and has_reply_prefix(seen.message.subject)


def infer(
    strands: Mapping[int, Sequence[Seen]], seekers: Collection[int], tied: Mapping[int, int], house: House
) -> dict[int, int]:
    """For those of the strands `seekers` that are tied to another by subject: the number of the one that leads.

    `tied` gives the ties of the other strands, which stay as they are.
    """
    ordered = {number: in_order(messages) for number, messages in strands.items() if messages}
    groups = _groups(ordered, {n: to for n, to in tied.items() if n not in seekers})
    found: dict[int, int] = {}
    for number in sorted(set(seekers) & ordered.keys(), key=lambda n: _moment(ordered[n][0])):
        group = groups[number]
        if group.number != number:
            continue  # it leads nowhere of its own: an older tie holds it
        others = {id(g): g for g in groups.values() if g is not group}.values()
        host = _host(ordered[number][0], others, house)
        if host is not None:
            host.messages += group.messages
            host.by_subject |= {group.messages[0].message.identity} | group.by_subject
            for each in [n for n, g in groups.items() if g is group]:
                groups[each] = host
                found[each] = host.number
    return {number: to for number, to in found.items() if number in seekers}


def _groups(ordered: Mapping[int, list[Seen]], tied: Mapping[int, int]) -> dict[int, _Group]:
    groups = {number: _Group(number, list(messages)) for number, messages in ordered.items()}
    for number, to in tied.items():
        if number in groups and to in groups:
            host = groups[to]
            host.messages += ordered[number]
            host.by_subject.add(ordered[number][0].message.identity)
            groups[number] = host
    return groups


def _host(head: Seen, groups: Iterable[_Group], house: House) -> _Group | None:
    """The one group that the first message of a strand belongs to."""
    if judge(case(head, house)).direction == "outgoing":
        return _asked(head, groups, house)
    return _own_earlier(head, groups, house)


def _asked(head: Seen, groups: Iterable[_Group], house: House) -> _Group | None:
    """Where exactly one of its recipients waits for an answer to a mail of this subject."""
    people = People(house)
    to = frozenset(plain_address(r.address) for r in head.message.recipients if not people.ours(r.address))
    key, found = subject_key(head.message.subject), []
    for group in groups:
        before = _before(head, group.messages)
        of_subject = {m.message.identity for m in before if subject_key(m.message.subject) == key}
        if not of_subject:
            continue
        waits = fold(before, house, by_subject=frozenset(group.by_subject)).waits
        found += [
            group
            for wait in waits
            if wait.state == "waiting"
            and head.received_at - wait.opened_at <= WINDOW
            and of_subject & set(wait.members)
            and to & wait.party
        ]
    if not found:  # nobody waits: a second reply, which belongs where they talked if that is in one place
        talked = {id(group): group for _, group in _talks(head, to, groups, house)}
        return next(iter(talked.values())) if len(talked) == 1 else None
    return found[0] if len(found) == 1 else None


def _own_earlier(head: Seen, groups: Iterable[_Group], house: House) -> _Group | None:
    """Where the same person wrote, or was written to, latest under this subject."""
    found = _talks(head, People(house).voices(head), groups, house)
    return max(found, key=lambda pair: pair[0])[1] if found else None


def _talks(
    head: Seen, who: frozenset[str], groups: Iterable[_Group], house: House
) -> list[tuple[tuple[datetime, str], _Group]]:
    """When and where these people wrote, or were written to, under the subject of `head` in the days before it."""
    people, key = People(house), subject_key(head.message.subject)
    found: list[tuple[tuple[datetime, str], _Group]] = []
    for group in groups:
        for seen in _before(head, group.messages):
            if head.received_at - seen.received_at <= WINDOW and subject_key(seen.message.subject) == key:
                took_part = people.voices(seen) | _sent_to(seen, people)
                if took_part & who:
                    found.append((_moment(seen), group))
    return found


def _sent_to(seen: Seen, people: People) -> frozenset[str]:
    """The outsiders among the recipients of what we wrote."""
    if not people.ours(people.writer(seen).address):
        return frozenset()
    return frozenset(plain_address(r.address) for r in seen.message.recipients if not people.ours(r.address))


def _before(head: Seen, messages: Iterable[Seen]) -> list[Seen]:
    """What was known when it was written: a flag set or a mail put away later says nothing of that moment."""
    return [_as_of(seen, head.received_at) for seen in messages if _moment(seen) < _moment(head)]


def _as_of(seen: Seen, when: datetime) -> Seen:
    away = seen.away if seen.away and seen.away.at < when else None
    flag = seen.flag if seen.flag and seen.flag.at and seen.flag.at < when else None
    return seen if (away, flag) == (seen.away, seen.flag) else replace(seen, away=away, flag=flag)


def _moment(seen: Seen) -> tuple[datetime, str]:
    return seen.received_at, seen.message.identity
