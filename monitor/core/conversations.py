"""GROUND. Which messages belong together: union-find over what ties them (rules.md §2), strongest first:

In-Reply-To ties without a test. People answer old mails to begin new topics, so an id that stands in References alone
ties only together with an equal base subject or a shared outside person. Gmail's thread number ties within one
account, Exchange's Thread-Index where ids are missing. An id that nobody has seen (a phantom) still joins those who
name it. Each condition is a node of its own, so nothing here depends on the order in which messages arrive; and nothing
recurses, so loops and chains of any length do no harm.
"""

from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import NamedTuple

from monitor.core.message import FAILED, GMAIL_THREAD, Message
from monitor.core.staff import Staff, outsiders
from monitor.core.topic import joining

FIRST_REFERENCES, LAST_REFERENCES = 2, 8
"""So many of the ids in References are followed: the root, and the nearest, which the others hang on."""

HASHED = "~"
"""So begin the nodes of an id and a condition; ids are kept as they are."""
THREAD_INDEX = 29
"""Base64 digits of the 22 octets of Thread-Index that all mails of a conversation share ([MS-OXOMSG] 2.2.1.3)."""


class Link(NamedTuple):
    """The rule that put a message where it is, and what it saw: an id, a thread's number, or nothing."""

    rule: str
    to: str = ""


Tie = tuple[str, Link]
"""A node a message hangs on, with the rule and what it says of it."""


class Ties(NamedTuple):
    """All that ties a message to others, strongest rule first: the nodes it hangs on, and the link of each.

    By the first `kept` of them others must find it later.
    """

    nodes: tuple[str, ...]
    links: tuple[Link, ...]
    kept: int

    def to_keep(self, all_: bool) -> tuple[str, ...]:
        """The nodes that a store keeps for it: those that others find it by, or all."""
        return self.nodes if all_ else self.nodes[: self.kept]


ALONE = Link("join.none")


@dataclass(frozen=True, slots=True)
class Joined:
    """`owners`: a message of the batch, by its place there, for every node met; `strands`: that of each message;
    `merged`: strand → the one that now leads it."""

    owners: Mapping[str, int]
    strands: Sequence[int]
    merged: dict[int, int]
    created: tuple[int, ...]

    def strand(self, node: str) -> int:
        """The strand of a node that was met."""
        return self.strands[self.owners[node]]

    @property
    def numbers(self) -> dict[str, int]:
        """That of every node, made anew: mail to many people has thirty nodes a message and more."""
        return {node: self.strands[owner] for node, owner in self.owners.items()}


def own_id(message: Message) -> str:
    """The node of the message itself."""
    return message.message_id or message.identity


def ties(message: Message, staff: Staff) -> Ties:
    """All that ties a message to others; its own id is always among it."""
    subject = joining(message)
    keys = ([subject] if subject else []) + [f"@{address}" for address in outsiders(message, staff)]
    found: list[Tie] = []
    if not _TYING.isdisjoint(message.headers):
        found = [tie for rule in LINKS[:-1] for tie in rule(message, subject, keys)]
    elif message.in_reply_to or message.references:
        found = _in_reply_to(message, subject, keys) + _references(message, subject, keys)
    # Whoever names this mail later keeps the nodes that it has beside its id; whoever named it before has kept them.
    nodes, links = zip(*found, *_cited(message, subject, keys), strict=True)
    return Ties(nodes, links, len(found) + 1)


def loose_ids(message: Message) -> tuple[str, ...]:
    """The ids that stand in References alone, as far as they are followed."""
    if not message.references:
        return ()
    ids = [i for i in message.references if i not in message.in_reply_to]
    if len(ids) > FIRST_REFERENCES + LAST_REFERENCES:
        ids = ids[:FIRST_REFERENCES] + ids[-LAST_REFERENCES:]
    return tuple(ids)


def failed_ids(message: Message) -> tuple[str, ...]:
    """The ids of the mails whose failure a delivery report tells."""
    told = message.headers.get(FAILED)
    return tuple(dict.fromkeys(value.split(" ")[1] for value in told)) if told else ()


def join(batch: Collection[Iterable[str]], known: Mapping[str, int], last_number: int) -> Joined:
    """Put a batch into strands: each message is the nodes of its ties.

    `known` gives the strand of every node of the batch that was met before (phantoms too).
    New strands get the numbers after `last_number`; where a batch joins several known ones, the lowest leads.
    """
    forest, owners = _Forest(len(batch)), dict[str, int]()
    for message, nodes in enumerate(batch):
        for node in nodes:
            owner = owners.setdefault(node, message)  # most nodes are of one message alone
            if owner != message:
                forest.union(owner, message)
    met: dict[int, int] = {}
    for node, number in known.items():
        if (owned := owners.get(node)) is not None:
            forest.union(met.setdefault(number, owned), owned)
    return _numbered(forest, owners, met, last_number)


def links(tied: Mapping[str, Ties]) -> dict[str, Link]:
    """By identity, the strongest rule that ties each message to another one of these (given with their ties)."""
    if len(tied) == 1:  # most strands, while they are young
        return dict.fromkeys(tied, ALONE)
    if len(tied) == 2:  # most others
        (one, some), (other, more) = tied.items()
        if some.nodes[0] == more.nodes[0]:  # an answer, and what it answers
            return {one: some.links[0], other: more.links[0]}
        return {one: _strongest(some, more.nodes), other: _strongest(more, some.nodes)}
    met: set[str] = set()
    shared: set[str] = set()
    for ties in tied.values():
        shared |= met.intersection(ties.nodes)
        met.update(ties.nodes)
    return {identity: _strongest(ties, shared) for identity, ties in tied.items()}


def _strongest(ties: Ties, shared: Container[str]) -> Link:
    """The link of the first of these nodes that is shared."""
    for node, link in zip(ties.nodes, ties.links, strict=True):
        if node in shared:
            return link
    return ALONE


Rule = Callable[[Message, str, Sequence[str]], list[Tie]]
"""A message, its base subject, and all conditions (subject, outside people) under which an id in References ties it."""


def _in_reply_to(message: Message, subject: str, _keys: Sequence[str]) -> list[Tie]:
    found = []
    for i in message.in_reply_to:
        link = Link("join.in-reply-to", i)
        found.append((i, link))
        if subject:  # for mails that name the same id in References alone
            found.append((_both(i, subject), link))
    return found


def _references(message: Message, _subject: str, keys: Sequence[str]) -> list[Tie]:
    loose = loose_ids(message)
    if not loose:  # most name one id, and in both fields
        return []
    named = [(i, Link("join.references", i)) for i in reversed(loose)]
    return [(node, link) for i, link in named for node in _each(i, keys)]


def _bounce(message: Message, _subject: str, _keys: Sequence[str]) -> list[Tie]:
    return [(i, Link("join.bounce", i)) for i in failed_ids(message)]


def _gmail_thread(message: Message, _subject: str, _keys: Sequence[str]) -> list[Tie]:
    threads = message.headers.get(GMAIL_THREAD, ())
    return [(f"gmail {thread}", Link("join.gmail-thread", thread)) for thread in threads]


def _thread_index(message: Message, subject: str, _keys: Sequence[str]) -> list[Tie]:
    # Beside ids it ties only below an equal subject: Outlook keeps it where an old mail begins a new topic.
    index = message.first("thread-index").replace(" ", "")[:THREAD_INDEX]
    if len(index) < THREAD_INDEX:
        return []
    link = Link("join.thread-index", index)
    below = (f"index {_both(index, subject)}", link)
    return [below] if message.names else [(f"index {index}", link), below]


def _cited(message: Message, _subject: str, keys: Sequence[str]) -> list[Tie]:
    own = own_id(message)
    return [(own, _CITED), *[(node, _CITED) for node in _each(own, keys)]]


_TYING = frozenset({FAILED, GMAIL_THREAD, "thread-index"})
"""Without one of these facts, and without ids, nothing but the last rule has anything to say."""
LINKS: tuple[Rule, ...] = (_in_reply_to, _references, _bounce, _gmail_thread, _thread_index, _cited)
"""The strongest first. A new one comes before the last, which alone has nodes that others keep (`ties`)."""


_CITED = Link("join.cited", "others name it")


def _both(i: str, key: str) -> str:
    """One node for an id and a condition; short, because a store keeps many of them."""
    return _each(i, (key,))[0]


def _each(i: str, keys: Iterable[str]) -> list[str]:
    """The node for an id and each of these conditions: BLAKE2b (RFC 7693) over `id`, a line feed, and the condition."""
    nodes = []
    for key in keys:
        whole = _DIGEST.copy()  # in half the time that a new one takes
        whole.update(f"{i}\n{key}".encode("utf-8", "replace"))
        nodes.append(HASHED + whole.hexdigest())
    return nodes


_DIGEST = blake2b(digest_size=12)
"""Of nothing as yet."""


def _numbered(forest: "_Forest", owners: Mapping[str, int], met: Mapping[int, int], last_number: int) -> Joined:
    """`owners`: a message of each node; `met`: one of each strand that was known before."""
    leads: dict[int, int] = {}
    merged: dict[int, int] = {}
    for number in sorted(met):
        lead = leads.setdefault(forest.find(met[number]), number)
        if lead != number:
            merged[number] = lead
    of_message: list[int] = []
    created: list[int] = []
    for root in map(forest.find, range(len(forest.parents))):
        if root not in leads:
            last_number += 1
            leads[root] = last_number
            created.append(last_number)
        of_message.append(leads[root])
    return Joined(owners, of_message, merged, tuple(created))


class _Forest:
    """Union-find with path halving and union by size: near-linear however the chain is built (Tarjan 1975)."""

    def __init__(self, size: int) -> None:
        """So many, each by itself; their numbers begin at 0."""
        self.parents = list(range(size))
        self._sizes = [1] * size

    def find(self, one: int) -> int:
        parents = self.parents
        while parents[one] != one:
            parents[one] = parents[parents[one]]
            one = parents[one]
        return one

    def union(self, one: int, other: int) -> None:
        one, other = self.find(one), self.find(other)
        if one == other:
            return
        if self._sizes[one] < self._sizes[other]:
            one, other = other, one
        self.parents[other] = one
        self._sizes[one] += self._sizes[other]
