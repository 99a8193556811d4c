"""Tied by subject and person alone (rules.md §2.4): only where nothing else can be meant, on what came before."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.inferring import infer, seeks
from monitor.core.message import Address, Away, Flag, Seen
from tests.core.situations import HOUSE, MONDAY, at, mail

LIFT = "The lift is broken"
ASK = mail(f"10:00 Ann → info: {LIFT}")
REPLY = mail(f"12:00 info → Ann: Re: {LIFT}", 2)


def later(seen: Seen, **length: int) -> Seen:
    return replace(seen, received_at=seen.received_at + timedelta(**length))


def tied(*strands: Sequence[Seen], seekers: Sequence[int] = ()) -> dict[int, int]:
    """Which strand is tied to which, by their places among those given; all of them seek."""
    numbered = dict(enumerate(strands, 1))
    return infer(numbered, seekers or list(numbered), {}, HOUSE)


def test_our_reply_without_ids_answers_the_one_who_waits_under_this_subject() -> None:
    assert tied([ASK], [REPLY]) == {2: 1}


@pytest.mark.parametrize(
    ("what", "asked", "reply"),
    [
        ("a generic subject", "10:00 Ann → info: Your invoice", "12:00 info → Ann: Re: Your invoice"),
        ("one word", "10:00 Ann → info: Elevator", "12:00 info → Ann: Re: Elevator"),
        ("no subject", "10:00 Ann → info: Re:", "12:00 info → Ann: Re:"),
        ("another subject", f"10:00 Ann → info: {LIFT}", "12:00 info → Ann: Re: The door is broken"),
        ("another recipient", f"10:00 Ann → info: {LIFT}", f"12:00 info → Bob: Re: {LIFT}"),
        ("a colleague", f"10:00 Ann → info: {LIFT}", f"12:00 info → it: Fwd: {LIFT}"),
        ("before the question", f"10:00 Ann → info: {LIFT}", f"09:00 info → Ann: {LIFT}"),
        ("fifteen days", f"10:00 Ann → info: {LIFT}", f"Mon 10:01 info → Ann: {LIFT}"),
    ],
)
def test_it_answers_nobody_if_anything_else_may_be_meant(what: str, asked: str, reply: str) -> None:
    answer = later(mail(reply, 2), days=15) if what == "fifteen days" else mail(reply, 2)
    assert tied([mail(asked)], [answer]) == {}, what


@pytest.mark.parametrize(("days", "found"), [(14, {2: 1}), (15, {})])
def test_fourteen_days_and_not_more(days: int, found: dict[int, int]) -> None:
    assert tied([ASK], [replace(REPLY, received_at=ASK.received_at + timedelta(days=days))]) == found


def test_a_wait_is_of_a_subject_only_by_what_came_under_it_in_these_days() -> None:
    """Stamped weeks before what it answers: whether it can be found must not hang on what else is looked at."""
    hall = later(mail("10:00 Ann → info: The hall is cold", 3), days=12)
    assert tied([hall, mail(f"10:00 Ann → info: {LIFT}", 1, [3])], [later(REPLY, days=20)]) == {}


def test_of_two_open_questions_it_answers_neither() -> None:
    """Ann asks twice, a week apart, under one subject and with no ids between."""
    again = mail(f"11:00 Ann → info: {LIFT}", 3)
    assert tied([ASK], [again], [REPLY]) == {}


def test_with_one_of_two_answered_it_answers_the_other() -> None:
    again = mail(f"11:00 Ann → info: {LIFT}", 3)
    answered = [ASK, mail(f"10:30 info → Ann: Re: {LIFT}", 4, (1,))]
    assert tied(answered, [again], [REPLY]) == {3: 2}


def test_mail_to_two_who_wait_under_one_subject_answers_neither() -> None:
    assert tied([ASK], [mail(f"11:00 Bob → info: {LIFT}", 3)], [mail(f"12:00 info → Ann, Bob: Re: {LIFT}", 2)]) == {}


def test_who_is_named_by_ids_is_not_looked_for_by_subject() -> None:
    assert not seeks(mail(f"12:00 info → Ann: Re: {LIFT}", 2, (9,)), HOUSE)
    assert seeks(REPLY, HOUSE)


def test_a_draft_seeks_nothing() -> None:
    assert not seeks(replace(REPLY, draft=True), HOUSE)


@pytest.mark.parametrize("subject", [f"Re: {LIFT}", f"AW: {LIFT}", f"[desk] Re[2]: {LIFT.upper()}"])
def test_a_customers_re_joins_her_own_earlier_mail(subject: str) -> None:
    assert tied([ASK], [mail(f"12:00 Ann → info: {subject}", 2)]) == {2: 1}


@pytest.mark.parametrize(
    ("what", "row"),
    [
        ("no reply prefix", f"12:00 Ann → info: {LIFT}"),
        ("a forward", f"12:00 Ann → info: Fwd: {LIFT}"),
        ("somebody else", f"12:00 Bob → info: Re: {LIFT}"),
        ("somebody whom Ann copied", f"12:00 Sue → info: Re: {LIFT}"),
    ],
)
def test_never_mails_of_different_outside_senders_nor_a_new_mail_of_the_same(what: str, row: str) -> None:
    assert tied([mail(f"10:00 Ann → info, cc Sue: {LIFT}")], [mail(row, 2)]) == {}, what


def test_a_customers_re_joins_what_we_wrote_to_her() -> None:
    started = mail(f"10:00 info → Ann: {LIFT}")
    assert tied([started], [mail(f"12:00 Ann → info: Re: {LIFT}", 2)]) == {2: 1}
    assert tied([started], [mail(f"12:00 Bob → info: Re: {LIFT}", 2)]) == {}


def test_of_two_earlier_conversations_the_latest() -> None:
    again = mail(f"11:00 Ann → info: {LIFT}", 3)
    assert tied([ASK], [again], [mail(f"12:00 Ann → info: Re: {LIFT}", 2)]) == {3: 2}


@pytest.mark.parametrize(
    ("flag", "away", "found"),
    [
        (Flag(at("14:00")), None, {}),
        (None, Away("done", at("14:00")), {}),
        (Flag(at("11:00")), None, {3: 2}),
        (None, Away("trash", at("11:00")), {3: 2}),
    ],
)
def test_what_happened_after_it_was_written_does_not_count(
    flag: Flag | None, away: Away | None, found: dict[int, int]
) -> None:
    """Of two that she asked one was over when we wrote, or became so later: then both were open, none is answered."""
    again = mail(f"10:30 Ann → info: {LIFT}", 9)
    reply = mail(f"12:00 info → Ann: Re: {LIFT}", 3)
    assert tied([replace(ASK, flag=flag, away=away)], [again], [reply]) == found


def test_a_second_reply_belongs_where_they_talked_and_answers_nobody() -> None:
    first, second = mail(f"11:00 info → Ann: Re: {LIFT}", 2, (1,)), mail(f"13:00 info → Ann: Re: {LIFT}", 3)
    assert tied([ASK, first], [second]) == {2: 1}
    elsewhere = [mail(f"09:00 Ann → info: {LIFT}", 7), mail(f"09:30 info → Ann: Re: {LIFT}", 8, (7,))]
    assert tied([ASK, first], elsewhere, [second]) == {}, "they talked in two places"


def test_a_tie_by_subject_carries_the_next_one() -> None:
    """Ann ─ info (no ids) ─ Ann, "Re:" (no ids) ─ info (no ids): one conversation of four strands."""
    rows = [
        ASK,
        REPLY,
        mail(f"13:00 Ann → info: Re: {LIFT}", 3),
        mail(f"14:00 info → Ann: Re: {LIFT}", 4),
    ]
    assert tied(*([row] for row in rows)) == {2: 1, 3: 1, 4: 1}


@st.composite
def strands(draw: st.DrawFn) -> list[list[Seen]]:
    """Up to nine strands of one or two mails, under few subjects, over three weeks."""
    found: list[list[Seen]] = []
    for number in range(1, draw(st.integers(1, 9)) + 1):
        who, to = draw(st.sampled_from([("Ann", "info"), ("Bob", "info"), ("info", "Ann"), ("info", "Ann, Bob")]))
        subject = draw(st.sampled_from([LIFT, f"Re: {LIFT}", "Re: The lost card", "Hello"]))
        seen = mail(f"10:00 {who} → {to}: {subject}", number, draw(st.sampled_from([(), (), (77,)])))
        found.append([replace(seen, received_at=MONDAY + timedelta(days=draw(st.integers(0, 20))))])
    return found


@given(strands(), st.randoms(use_true_random=False))
def test_neither_order_nor_numbers_matter_and_each_tie_leads_to_one_that_leads(
    found: list[list[Seen]], chance: random.Random
) -> None:
    expected = partition(found)
    shuffled = list(found)
    chance.shuffle(shuffled)
    assert partition(shuffled) == expected


@given(strands(), st.integers(0, 8))
def test_judged_one_after_the_other_they_come_out_as_judged_at_once(found: list[list[Seen]], at_first: int) -> None:
    """As the store does it: what is tied already stays, and the rest is judged."""
    numbered = dict(enumerate(sorted(found, key=lambda s: (s[0].received_at, s[0].message.identity)), 1))
    early = {n: s for n, s in numbered.items() if n <= at_first}
    before = infer(early, list(early), {}, HOUSE)
    rest = [n for n in numbered if n not in early]
    assert before | infer(numbered, rest, before, HOUSE) == infer(numbered, list(numbered), {}, HOUSE)


def partition(found: list[list[Seen]]) -> set[frozenset[str]]:
    ties = tied(*found)
    assert not set(ties.values()) & ties.keys()
    groups: dict[int, set[str]] = {}
    for number, strand in enumerate(found, 1):
        groups.setdefault(ties.get(number, number), set()).update(s.message.identity for s in strand)
    return {frozenset(group) for group in groups.values()}


def test_many_mails_of_ours_under_one_subject_are_tied_to_nobody_and_soon_judged() -> None:
    """A desk tells 3,000 readers that a book is there: looked for by person, not by trying all pairs."""
    row = "10:00 info → Ann: Your book is waiting for you"
    told = [[mail(row, n, recipients=(Address("", f"reader{n}@customer.example"),))] for n in range(1, 3001)]
    assert tied(*told) == {}
