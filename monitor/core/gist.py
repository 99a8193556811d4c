"""GROUND. What the rules find in a message by itself, once it is known who is staff: no other message is asked.

Nothing but these two goes in, and plain values come out, so that the process that reads may find it out as well.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from monitor.core.automatic import strong_signs, weak_signs
from monitor.core.conversations import Link, Ties, ties
from monitor.core.ids import hash_of
from monitor.core.message import Address, Message
from monitor.core.spam import spam_mark
from monitor.core.staff import Staff
from monitor.core.texts import FactTexts, texts_of
from monitor.core.topic import key_of, replies


class Signs(NamedTuple):
    """What speaks for a machine, a list or spam: strong signs as (rule, what was seen), weak ones by their kind."""

    strong: tuple[tuple[str, str], ...]
    weak: Mapping[str, str]
    spam: str | None


class Gist(NamedTuple):
    """`hash`: what its identity is looked for by (ids.hash_of); `ties`: all that ties it to others
    (conversations.ties); `key`: what its subject is tied by (topic.key_of); `replies`: whether that says that it
    answers something (topic.replies); `writer`: the person who wrote it (Staff.writer); `by_us`: whether that is one of
    us; `texts`: its facts as a store keeps them."""

    hash: int
    ties: Ties
    key: str
    replies: bool
    writer: Address
    by_us: bool
    signs: Signs
    texts: FactTexts

    def __reduce__(self) -> tuple[Callable[..., "Gist"], tuple[object, ...]]:
        """As pickle is to write it, from the process that reads to the one that stores: in two thirds of the time."""
        hash_, (nodes, links, kept), key, replies_, writer, by_us, signs, texts = self
        return _gist, (hash_, nodes, links, kept, key, replies_, writer, by_us, signs, *texts)


def _gist(hash_: int, nodes: tuple[str, ...], links: tuple[Link, ...], kept: int, *more: Any) -> Gist:
    """Each made of a tuple, which is done in C."""
    key, replies_, writer, by_us, signs, *texts = more
    tied, told = _made(Ties, (nodes, links, kept)), _made(FactTexts, texts)
    return _made(Gist, (hash_, tied, key, replies_, writer, by_us, signs, told))


_made = tuple.__new__


NO_SIGNS = Signs((), {}, None)


def gist_of(message: Message, staff: Staff) -> Gist:
    """Of a message as it will be kept: whatever changes it later changes this. Raises ValueError as `texts_of` does."""
    tied, signs, writer = ties(message, staff), signs_of(message, staff), staff.writer(message)
    of_subject = key_of(message), replies(message)
    by_us = staff.is_ours(writer.address)
    return Gist(hash_of(message.identity), tied, *of_subject, writer, by_us, signs, texts_of(message))


def signs_of(message: Message, staff: Staff) -> Signs:
    """All signs of a message."""
    found = Signs(tuple(strong_signs(message)), weak_signs(message, staff), spam_mark(message))
    return found if any(found) else NO_SIGNS
