"""GROUND. Which messages belong together: union-find over the ids they bear and name (rules.md §2).

An id that nobody has seen (a phantom) still joins those who name it. Nothing here recurses, so loops and
chains of any length do no harm, and the result does not depend on the order in which messages arrive.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from monitor.core.message import Message

Link = str
"""`join.in-reply-to`, `join.references` or `join.none`: the rule that put a message where it is."""


@dataclass(frozen=True, slots=True)
class Joined:
    """`numbers`: the conversation of every id met; `merged`: conversation → the one that now leads it."""

    numbers: dict[str, int]
    merged: dict[int, int]
    created: tuple[int, ...]


def nodes(message: Message) -> tuple[str, ...]:
    """The ids that a message ties together: its own and all it names."""
    return (message.message_id or message.identity, *message.names)


def join(batch: Iterable[Message], known: Mapping[str, int], last_number: int) -> Joined:
    """Put a batch into conversations.

    `known` gives the conversation number of every id of the batch that was met before (phantoms too).
    New conversations get the numbers after `last_number`; where a batch joins several known ones, the lowest leads.
    """
    forest = _Forest()
    for message in batch:
        first, *others = nodes(message)
        forest.add(first)
        for other in others:
            forest.union(first, other)
    for node, number in known.items():
        if node in forest.parents:
            forest.union(node, number)
    return _numbered(forest, last_number)


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


def link(message: Message, others_nodes: frozenset[str]) -> Link:
    """The rule that joined `message` to the rest of its conversation, whose ids borne and named are `others_nodes`."""
    if any(i in others_nodes for i in message.in_reply_to):
        return "join.in-reply-to"
    if any(i in others_nodes for i in message.references):
        return "join.references"
    return "join.cited" if message.message_id in others_nodes else "join.none"


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
