"""Which messages belong together: any order, any split into batches, loops and chains of any length."""

import itertools
import random
from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.conversations import join, link, nodes
from monitor.core.message import Message
from tests.core.situations import id_of, mail

LONG = 150_000


@st.composite
def mailbox(draw: st.DrawFn) -> list[Message]:
    """Messages 1…n that name any of 1…n, themselves, and phantoms that nobody ever sees."""
    size = draw(st.integers(1, 12))
    names = st.lists(st.integers(1, size + 3), max_size=3)
    return [mail("10:00 Ann → info", n, draw(names)).message for n in range(1, size + 1)]


@given(mailbox())
def test_messages_belong_together_when_ids_connect_them(messages: list[Message]) -> None:
    assert partition(messages, join(messages, {}, 0).numbers) == naive(messages)


@given(mailbox(), st.randoms(use_true_random=False))
def test_any_order_gives_the_same_partition(messages: list[Message], chance: random.Random) -> None:
    expected = partition(messages, join(messages, {}, 0).numbers)
    chance.shuffle(messages)
    assert partition(messages, join(messages, {}, 0).numbers) == expected


@given(mailbox(), st.randoms(use_true_random=False), st.lists(st.integers(1, 12), max_size=4))
def test_any_split_into_batches_gives_the_same_partition(
    messages: list[Message], chance: random.Random, cuts: list[int]
) -> None:
    expected = naive(messages)
    chance.shuffle(messages)
    bounds = [0, *sorted(cuts), len(messages)]
    batches = [messages[a:b] for a, b in itertools.pairwise(bounds)]
    assert partition(messages, stored(batches)) == expected


def test_a_late_parent_merges_two_conversations_and_the_lowest_number_leads() -> None:
    one, two = mail("10:00 Ann → info", 1).message, mail("10:00 Ann → info", 2).message
    both = mail("11:00 Ann → info", 3, (1, 2)).message
    known = join([one, two], {}, 0).numbers
    assert sorted(known.values()) == [1, 2]
    joined = join([both], known, 2)
    assert joined.merged == {2: 1}
    assert joined.created == ()
    assert joined.numbers[id_of(3)] == 1


def test_an_id_that_nobody_has_seen_still_joins_those_who_name_it() -> None:
    children = [mail("10:00 Ann → info", n, (99,)).message for n in (1, 2, 3)]
    assert set(join(children, {}, 7).numbers.values()) == {8}


def test_what_only_mails_of_an_earlier_batch_named_joins_a_later_one() -> None:
    first = join([mail("10:00 Ann → info", 1, (99,)).message], {}, 0)
    later = join([mail("11:00 Ann → info", 2, (99,)).message], {id_of(99): first.numbers[id_of(99)]}, 1)
    assert later.numbers[id_of(2)] == 1


def test_ids_differ_by_case() -> None:
    one = mail("10:00 Ann → info", 1, message_id="<A@x.example>").message
    other = mail("10:00 Ann → info", 2, message_id="<a@x.example>").message
    assert len(set(join([one, other], {}, 0).numbers.values())) == 2


@pytest.mark.parametrize("order", ["forward", "backward", "shuffled"])
def test_a_chain_of_150_000_mails_is_one_conversation(order: str) -> None:
    template = mail("10:00 Ann → info").message
    chain = [Link(template, n) for n in range(LONG)]
    if order == "backward":
        chain.reverse()
    if order == "shuffled":
        random.Random(1).shuffle(chain)
    joined = join((each.message() for each in chain), {}, 0)
    assert len(joined.numbers) == LONG + 1
    assert set(joined.numbers.values()) == {1}


@pytest.mark.parametrize(
    ("in_reply_to", "references", "others", "rule"),
    [
        ((1,), (1,), (1,), "join.in-reply-to"),
        ((9,), (1,), (1,), "join.references"),
        ((), (1, 2), (2,), "join.references"),
        ((), (), (5,), "join.cited"),
        ((9,), (8,), (1,), "join.none"),
        ((), (), (), "join.none"),
    ],
)
def test_a_link_keeps_the_name_of_its_rule(
    in_reply_to: Sequence[int], references: Sequence[int], others: Sequence[int], rule: str
) -> None:
    message = mail("10:00 Ann → info", 5, in_reply_to, references=tuple(map(id_of, references))).message
    assert link(message, frozenset(map(id_of, others))) == rule


def test_a_mail_without_an_id_is_tied_by_its_identity() -> None:
    bare = mail("10:00 Ann → info", 1, (2,), identity="sha256:ab", message_id="").message
    assert nodes(bare) == ("sha256:ab", id_of(2))


class Link:
    """One mail of a long chain, made when it is asked for."""

    def __init__(self, template: Message, number: int) -> None:
        self.template, self.number = template, number

    def message(self) -> Message:
        """Names the one before it."""
        own, before = id_of(self.number), id_of(self.number - 1)
        template = self.template
        return Message(own, own, template.from_, template.recipients, template.subject, in_reply_to=(before,))


def stored(batches: Iterable[Sequence[Message]]) -> dict[str, int]:
    """The conversation of every id, as the store keeps it from batch to batch."""
    kept: dict[str, int] = {}
    last = 0
    for batch in batches:
        asked = {node for message in batch for node in nodes(message)}
        joined = join(batch, {node: kept[node] for node in asked & kept.keys()}, last)
        assert all(lead < number for number, lead in joined.merged.items())
        assert not set(joined.created) & set(kept.values())
        kept = {node: joined.merged.get(number, number) for node, number in kept.items()} | joined.numbers
        last = max(last, *joined.created, 0)
    return kept


def partition(messages: Iterable[Message], numbers: dict[str, int]) -> set[frozenset[str]]:
    """The messages of each conversation."""
    groups: dict[int, set[str]] = {}
    for message in messages:
        groups.setdefault(numbers[message.identity], set()).add(message.identity)
    return {frozenset(group) for group in groups.values()}


def naive(messages: Iterable[Message]) -> set[frozenset[str]]:
    """The same by merging sets until nothing overlaps."""
    groups: list[tuple[set[str], set[str]]] = []
    for message in messages:
        ids, members = set(nodes(message)), {message.identity}
        for other in [g for g in groups if g[0] & ids]:
            groups.remove(other)
            ids |= other[0]
            members |= other[1]
        groups.append((ids, members))
    return {frozenset(members) for _, members in groups}
