"""Which messages belong together: any order, any split into batches, loops and chains of any length."""

import itertools
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.conversations import LINKS, Joined, Link, Ties, links, own_id, ties
from monitor.core.conversations import join as join_nodes
from monitor.core.message import FAILED, GMAIL_THREAD, Message
from monitor.core.staff import outsiders
from monitor.core.topic import joining
from tests.core.situations import HOUSE, id_of, mail

LONG = 150_000


def join(batch: Iterable[Message], known: Mapping[str, int], last: int) -> Joined:
    """A batch of messages, with the people outside by HOUSE."""
    return join_nodes([[own_id(m), *nodes(m)] for m in batch], known, last)


def nodes(message: Message) -> list[str]:
    """What a message hangs on."""
    return list(ties(message, HOUSE.staff).nodes)


@st.composite
def mailbox(draw: st.DrawFn) -> list[Message]:
    """Messages 1…n that name any of 1…n, themselves, and phantoms that nobody sees; any subject and person."""
    size = draw(st.integers(1, 12))
    names = st.lists(st.integers(1, size + 3), max_size=3)
    rows = st.sampled_from(
        ["10:00 Ann → info", "10:00 Bob → info: the door", "10:00 info → Ann: the lamp", "10:00 Bob → it"]
    )
    return [
        mail(draw(rows), n, draw(names), references=tuple(map(id_of, draw(names)))).message for n in range(1, size + 1)
    ]


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
    assert (known[id_of(1)], known[id_of(2)]) == (1, 2)
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


@pytest.mark.parametrize(
    "order", ["shuffled", *(pytest.param(order, marks=pytest.mark.full) for order in ("forward", "backward"))]
)
def test_a_chain_of_150_000_mails_is_one_conversation(order: str) -> None:
    template = mail("10:00 Ann → info").message
    chain = [Chained(template, n) for n in range(LONG)]
    if order == "backward":
        chain.reverse()
    if order == "shuffled":
        random.Random(1).shuffle(chain)
    joined = join((each.message() for each in chain), {}, 0)
    assert {id_of(n) for n in range(LONG)} <= joined.numbers.keys()
    assert set(joined.numbers.values()) == {1}


FACTS = st.fixed_dictionaries(
    {},
    optional={
        FAILED: st.just("failed <1@mail.example> ann@x"),
        "thread-index": st.just("Ac" * 20),
        GMAIL_THREAD: st.just("a 1"),
    },
)


@given(mailbox(), FACTS)
def test_all_that_ties_a_mail_is_what_each_reason_finds_strongest_first(
    messages: list[Message], facts: dict[str, str]
) -> None:
    message = replace(messages[0], headers={name: (value,) for name, value in facts.items()})
    people = outsiders(message, HOUSE.staff)
    subject = joining(message)
    found = [tie for rule in LINKS for tie in rule(message, subject, [subject, *(f"@{a}" for a in people)])]
    tied = ties(message, HOUSE.staff)
    assert list(zip(tied.nodes, tied.links, strict=True)) == found
    assert tied.nodes[tied.kept - 1] == own_id(message), "what comes behind it others keep, who name it"


@given(mailbox())
def test_two_mails_are_linked_as_they_are_beside_one_that_has_nothing_to_do_with_them(messages: list[Message]) -> None:
    two = {m.identity: ties(m, HOUSE.staff) for m in messages[:2]}
    strangers = {name: Ties((name,), (Link("join.cited"),), 1) for name in ("<a stranger>", "<another>")}
    beside = links(two | strangers)
    assert links(two) == {identity: beside[identity] for identity in two}


@pytest.mark.parametrize(
    ("in_reply_to", "references", "others", "rule"),
    [
        ((1,), (1,), (1,), "join.in-reply-to"),
        ((9,), (1,), (1,), "join.references"),
        ((), (1, 2), (2,), "join.references"),
        ((9,), (8,), (1,), "join.none"),
        ((), (), (), "join.none"),
    ],
)
def test_a_link_keeps_the_name_of_its_rule_and_the_id(
    in_reply_to: Sequence[int], references: Sequence[int], others: Sequence[int], rule: str
) -> None:
    message = mail("10:00 Ann → info", 5, in_reply_to, references=tuple(map(id_of, references))).message
    found = linked(message, *(mail("09:00 Ann → info", n).message for n in others))
    assert found == Link(rule, id_of(others[-1]) if rule != "join.none" else "")


def test_who_is_only_named_by_others_says_so() -> None:
    message, answer = (mail("10:00 Ann → info", n, answers).message for n, answers in ((5, ()), (6, (5,))))
    assert linked(message, answer).rule == "join.cited"


@pytest.mark.parametrize(
    ("who", "subject", "together"),
    [
        ("Ann", "another question", True),
        ("Bob", "Re: a question", True),
        ("Bob", "Re: aquestion", True),
        ("Bob", "another question", False),
        ("Bob", "", False),
    ],
)
def test_references_alone_tie_only_with_the_same_subject_or_person(who: str, subject: str, together: bool) -> None:
    """Situation 14: people answer old mails to begin new topics."""
    old = mail("10:00 Ann → info: a question", 1).message
    recycled = mail(f"11:00 {who} → info", 2, references=(id_of(1),), subject=subject).message
    for batch in ([old, recycled], [recycled, old]):
        numbers = join(batch, {}, 0).numbers
        assert (numbers[id_of(1)] == numbers[id_of(2)]) is together
    assert linked(recycled, old).rule == ("join.references" if together else "join.none")


def test_two_who_name_the_same_unseen_id_in_references_alone_need_more_in_common() -> None:
    first, second, other = (
        mail(f"10:00 {who} → info: {subject}", n, references=(id_of(99),)).message
        for n, who, subject in ((1, "Ann", "the door"), (2, "Ann", "a chair"), (3, "Bob", "the lamp"))
    )
    numbers = join([first, second, other], {}, 0).numbers
    assert numbers[id_of(1)] == numbers[id_of(2)] != numbers[id_of(3)]


def test_gmail_ties_within_one_account_only() -> None:
    one, same, elsewhere = (
        mail("10:00 Ann → info", n, headers={GMAIL_THREAD: thread}).message
        for n, thread in ((1, "info@ours.example 7"), (2, "info@ours.example 7"), (3, "ops@ours.example 7"))
    )
    numbers = join([one, same, elsewhere], {}, 0).numbers
    assert numbers[id_of(1)] == numbers[id_of(2)] != numbers[id_of(3)]
    assert linked(one, same) == Link("join.gmail-thread", "info@ours.example 7")


INDEX = "AdXXc1h0mXcQG1u+QzKqvGpDDxkN7A=="
ANSWER_INDEX = "AdXXc1h0mXcQG1u+QzKqvGpDDxkN7AAAbXyQ"
"""The same 22 octets, and five more: an answer ([MS-OXOMSG] 2.2.1.3)."""


def test_thread_index_ties_where_ids_are_missing() -> None:
    question = mail("10:00 Ann → info", 1, headers={"thread-index": INDEX}).message
    answer = mail("11:00 info → Ann", 2, headers={"thread-index": ANSWER_INDEX}).message
    assert len(set(join([answer, question], {}, 0).numbers.values())) == 1
    assert linked(answer, question).rule == "join.thread-index"


def test_thread_index_does_not_tie_a_new_topic_that_an_old_mail_was_used_for() -> None:
    old = mail("10:00 Ann → info", 1, (8,), headers={"thread-index": INDEX}).message
    new = mail("11:00 Bob → info: the lamp", 2, (9,), headers={"thread-index": ANSWER_INDEX}).message
    numbers = join([old, new], {}, 0).numbers
    assert numbers[id_of(1)] != numbers[id_of(2)]


def test_a_bounce_belongs_to_the_mail_that_failed() -> None:
    failed = mail("11:00 info → Ann", 2, (1,)).message
    bounce = mail("12:00 Ann → info", 3, headers={FAILED: f"failed {id_of(2)} ann@customer.example"}).message
    assert linked(bounce, failed) == Link("join.bounce", id_of(2))


def test_a_mail_without_an_id_is_tied_by_its_identity() -> None:
    bare = mail("10:00 Ann → info", 1, (2,), identity="sha256:ab", message_id="").message
    assert {"sha256:ab", id_of(2)} <= set(nodes(bare))


def linked(message: Message, *others: Message) -> Link:
    """The rule that ties a message to others."""
    tied = {m.identity: ties(m, HOUSE.staff) for m in (message, *others)}
    return links(tied)[message.identity]


class Chained:
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
