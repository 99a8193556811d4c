"""GROUND. Which messages belong together: union-find over what ties them (rules.md §2), strongest first:

In-Reply-To ties without a test. People answer old mails to begin new topics, so an id that stands in References alone
ties only together with an equal base subject or a shared outside person. Gmail's thread number ties within one
account, Exchange's Thread-Index where ids are missing. An id that nobody has seen (a phantom) still joins those who
name it. Each condition is a node of its own, so nothing here depends on the order in which messages arrive; and nothing
recurses, so loops and chains of any length do no harm.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import NamedTuple

from monitor.core.message import FAILED, GMAIL_THREAD, Message
from monitor.core.topic import joining

Outsiders = Callable[[Message], Iterable[str]]
"""The addresses of the people outside who take part in a message."""

FIRST_REFERENCES, LAST_REFERENCES = 2, 8
"""So many of the ids in References are followed: the root, and the nearest, which the others hang on."""

THREAD_INDEX = 29
"""Base64 digits of the 22 octets of Thread-Index that all mails of a conversation share ([MS-OXOMSG] 2.2.1.3)."""


class Link(NamedTuple):
    """The rule that put a message where it is, and what it saw: an id, a thread's number, or nothing."""

    rule: str
    to: str = ""


class Tie(NamedTuple):
    """A node a message hangs on, with the rule and what it says of it. `kept`: others must find it later."""

    node: str
    link: Link
    kept: bool = True


ALONE = Link("join.none")


@dataclass(frozen=True, slots=True)
class Joined:
    """`numbers`: the strand of every node met; `merged`: strand → the one that now leads it."""

    numbers: dict[str, int]
    merged: dict[int, int]
    created: tuple[int, ...]


def own_id(message: Message) -> str:
    """The node of the message itself."""
    return message.message_id or message.identity


def ties(message: Message, outsiders: Outsiders) -> list[Tie]:
    """All that ties a message to others, strongest rule first; its own id is always among them."""
    subject = joining(message)
    keys = ([subject] if subject else []) + [f"@{address}" for address in outsiders(message)]
    named = message.in_reply_to or message.references or not _TYING.isdisjoint(message.headers)
    return [tie for rule in LINKS for tie in rule(message, subject, keys)] if named else _cited(message, subject, keys)


def loose_ids(message: Message) -> tuple[str, ...]:
    """The ids that stand in References alone, as far as they are followed."""
    ids = [i for i in message.references if i not in message.in_reply_to]
    if len(ids) > FIRST_REFERENCES + LAST_REFERENCES:
        ids = ids[:FIRST_REFERENCES] + ids[-LAST_REFERENCES:]
    return tuple(ids)


def failed_ids(message: Message) -> tuple[str, ...]:
    """The ids of the mails whose failure a delivery report tells."""
    told = message.headers.get(FAILED)
    return tuple(dict.fromkeys(value.split(" ")[1] for value in told)) if told else ()


def join(batch: Iterable[Sequence[str]], known: Mapping[str, int], last_number: int) -> Joined:
    """Put a batch into strands: each message is the nodes of its ties.

    `known` gives the strand of every node of the batch that was met before (phantoms too).
    New strands get the numbers after `last_number`; where a batch joins several known ones, the lowest leads.
    """
    forest = _Forest()
    for first, *others in batch:
        forest.add(first)
        for node in others:
            forest.union(first, node)
    for node, number in known.items():
        if node in forest.parents:
            forest.union(node, number)
    return _numbered(forest, last_number)


def links(tied: Mapping[str, Sequence[Tie]]) -> dict[str, Link]:
    """By identity, the strongest rule that ties each message to another one of these (given with their ties)."""
    if len(tied) == 1:  # most strands, while they are young
        return dict.fromkeys(tied, ALONE)
    met = Counter[str]()
    for ties in tied.values():
        met.update({tie.node for tie in ties})
    return {identity: next((tie.link for tie in ties if met[tie.node] > 1), ALONE) for identity, ties in tied.items()}


Rule = Callable[[Message, str, Sequence[str]], list[Tie]]
"""A message, its base subject, and all conditions (subject, outside people) under which an id in References ties it."""


def _in_reply_to(message: Message, subject: str, _keys: Sequence[str]) -> list[Tie]:
    found = []
    for i in message.in_reply_to:
        link = Link("join.in-reply-to", i)
        found.append(Tie(i, link))
        if subject:  # for mails that name the same id in References alone
            found.append(Tie(_both(i, subject), link))
    return found


def _references(message: Message, _subject: str, keys: Sequence[str]) -> list[Tie]:
    if not message.references:
        return []
    return [Tie(_both(i, key), Link("join.references", i)) for i in reversed(loose_ids(message)) for key in keys]


def _bounce(message: Message, _subject: str, _keys: Sequence[str]) -> list[Tie]:
    return [Tie(i, Link("join.bounce", i)) for i in failed_ids(message)]


def _gmail_thread(message: Message, _subject: str, _keys: Sequence[str]) -> list[Tie]:
    threads = message.headers.get(GMAIL_THREAD, ())
    return [Tie(f"gmail {thread}", Link("join.gmail-thread", thread)) for thread in threads]


def _thread_index(message: Message, subject: str, _keys: Sequence[str]) -> list[Tie]:
    # Beside ids it ties only below an equal subject: Outlook keeps it where an old mail begins a new topic.
    index = message.first("thread-index").replace(" ", "")[:THREAD_INDEX]
    if len(index) < THREAD_INDEX:
        return []
    link = Link("join.thread-index", index)
    below = Tie(f"index {_both(index, subject)}", link)
    return [below] if message.names else [Tie(f"index {index}", link), below]


def _cited(message: Message, _subject: str, keys: Sequence[str]) -> list[Tie]:
    own, link = own_id(message), Link("join.cited", "others name it")
    # Whoever names this mail later keeps the node; whoever named it before has kept it.
    return [Tie(own, link), *[Tie(_both(own, key), link, False) for key in keys]]


_TYING = frozenset({FAILED, GMAIL_THREAD, "thread-index"})
"""Without one of these facts, and without ids, nothing but the last rule has anything to say."""
LINKS: tuple[Rule, ...] = (_in_reply_to, _references, _bounce, _gmail_thread, _thread_index, _cited)


def _both(i: str, key: str) -> str:
    """One node for an id and a condition; short, because a store keeps many of them."""
    return "~" + blake2b(f"{i}\n{key}".encode("utf-8", "replace"), digest_size=12).hexdigest()


def _numbered(forest: "_Forest", last_number: int) -> Joined:
    leads: dict[str | int, int] = {}
    merged: dict[int, int] = {}
    existing = sorted(node for node in forest.parents if isinstance(node, int))
    for number in existing:
        lead = leads.setdefault(forest.find(number), number)
        if lead != number:
            merged[number] = lead
    numbers: dict[str, int] = {}
    created: list[int] = []
    for node in list(forest.parents):
        if isinstance(node, int):
            continue
        root = forest.find(node)
        if root not in leads:
            last_number += 1
            leads[root] = last_number
            created.append(last_number)
        numbers[node] = leads[root]
    return Joined(numbers, merged, tuple(created))


class _Forest:
    """Union-find with path halving and union by size: near-linear however the chain is built (Tarjan 1975)."""

    def __init__(self) -> None:
        self.parents: dict[str | int, str | int] = {}
        self._sizes: dict[str | int, int] = {}

    def add(self, node: str | int) -> None:
        if node not in self.parents:
            self.parents[node] = node
            self._sizes[node] = 1

    def find(self, node: str | int) -> str | int:
        while self.parents[node] != node:
            self.parents[node] = self.parents[self.parents[node]]
            node = self.parents[node]
        return node

    def union(self, one: str | int, other: str | int) -> None:
        self.add(one)
        self.add(other)
        one, other = self.find(one), self.find(other)
        if one == other:
            return
        if self._sizes[one] < self._sizes[other]:
            one, other = other, one
        self.parents[other] = one
        self._sizes[one] += self._sizes[other]
