"""Double answers: which second answers are told, and that it does not matter in which order they are seen."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.doubles import WITHIN, are_two
from monitor.core.message import FAILED, Address, Seen
from monitor.core.waits import fold
from tests.core.situations import HOUSE, IT, id_of, mail, talk

ASKED = mail("10:00 Ann → info", 1)
ANSWERED = mail("10:30 info → Ann", 2, (1,))


def second(row: str, *answers: int, **facts: object) -> Seen:
    """The third row of the conversation; it names the question alone."""
    return mail(row, 3, answers or (1,), **facts)


def also(*messages: Seen) -> list[str | None]:
    """Who also answered, of each wait in its order."""
    return [wait.also_answered_by for wait in fold(messages, HOUSE).waits]


@pytest.mark.parametrize(
    ("row", "is_double"),
    [
        ("10:34 ops → Ann", True),
        ("10:40 ops → Ann", True),
        ("10:34 Eva → Ann, cc info", True),
        ("10:41 ops → Ann", False),  # she could have seen it by then
        ("10:34 info → Ann", False),  # perhaps one person's correction
        ("10:34 ops → Bob", False),  # somebody else
        ("10:34 ops → info", False),  # internal
        ("10:34 Bob → Ann, info", False),  # no one of us
    ],
)
def test_only_another_of_us_who_answers_the_same_person_soon_is_told(row: str, is_double: bool) -> None:
    (told, *_) = also(ASKED, ANSWERED, second(row))
    assert told == (id_of(3) if is_double else None)


def test_the_wait_stays_answered_by_the_first() -> None:
    (wait,) = fold([ASKED, ANSWERED, second("10:34 ops → Ann")], HOUSE).waits
    assert (wait.answered_by, wait.also_answered_by) == (id_of(2), id_of(3))


def test_who_names_the_first_answer_knew_of_it() -> None:
    assert also(ASKED, ANSWERED, second("10:34 ops → Ann", 1, 2)) == [None]


def test_an_automatic_answer_is_no_second_voice() -> None:
    assert also(ASKED, ANSWERED, second("10:34 ops → Ann", headers={"auto-submitted": "auto-replied"})) == [None]


def test_an_answer_to_what_she_wrote_since_is_one_of_its_own() -> None:
    again = mail("10:32 Ann → info", 4, (1,))
    assert also(ASKED, ANSWERED, again, second("10:34 ops → Ann", 1)) == [None, None]


def test_an_answer_to_somebody_else_with_her_in_copy_is_none() -> None:
    other = mail("10:10 Bob → info", 4, (1,))
    assert also(ASKED, other, ANSWERED, second("10:34 ops → Bob, cc Ann", 4)) == [None, None]


def test_what_goes_to_a_list_is_for_everybody() -> None:
    assert also(ASKED, ANSWERED, second("10:34 ops → list, cc Ann")) == [None]


def test_a_second_answer_that_did_not_arrive_is_none() -> None:
    report = {"content-type": "multipart/report", FAILED: f"failed {id_of(3)} ann@customer.example"}
    bounce = mail("10:36 Sue → ops", 4, (3,), headers=report)
    assert also(ASKED, ANSWERED, second("10:34 ops → Ann"), bounce) == [None]


def test_of_three_answers_the_first_two_are_told() -> None:
    third = mail("10:36 Eva → Ann, cc info", 4, (1,))
    assert also(ASKED, ANSWERED, second("10:34 ops → Ann"), third) == [id_of(3)]


def by(name: str, address: str = "info@ours.example", sender: str = "") -> Seen:
    """A message of ours with this From, and Sender."""
    seen = mail("10:30 info → Ann", 2, headers={"sender": sender} if sender else {})
    return replace(seen, message=replace(seen.message, from_=Address(name, address)))


EVA, TOM, OWN = "Eva Marsh <eva@ours.example>", "tom@ours.example", "eva@ours.example"


@pytest.mark.parametrize(
    ("one", "other", "two"),
    [
        (by("Eva Marsh"), by("Tom Reed"), True),
        (by("Eva Marsh"), by("Eva Marsh"), False),
        (by("Eva"), by("Eva Marsh"), False),
        (by("Eva Marsh"), by(""), False),
        (by("Eva Marsh"), by("Info"), False),
        (by("Eva Marsh"), by("Library at Ours"), False),
        (by("Info desk"), by("Info"), False),
        (by("Info", sender=EVA), by("Info", sender=TOM), True),
        (by("Info", sender=EVA), by("Info", sender=OWN), False),
        (by("Info", sender=EVA), by("Info"), False),
        (by("Info", sender=EVA), by("Eva", OWN), False),
        (by("Info", sender="bob@customer.example"), by("Info", sender=TOM), False),
        (by("Eva Marsh", OWN), by("Info"), True),
        (by("Eva Marsh", OWN), by("Eva Marsh"), False),
        (by("Eva Marsh", OWN), by("E. Marsh", OWN), False),
        (by("", IT), by("", OWN), True),
    ],
)
def test_two_people_are_two_only_where_it_is_sure(one: Seen, other: Seen, two: bool) -> None:
    assert are_two(one, other, HOUSE) is are_two(other, one, HOUSE) is two


ROWS = st.sampled_from(
    ["Ann → info", "Bob → info", "info → Ann", "ops → Ann", "Eva → Ann, cc info", "ops → Bob, cc Ann"]
)


@st.composite
def busy_minutes(draw: st.DrawFn) -> list[Seen]:
    """A question, and what everybody does within twenty minutes of it, each naming some of what was before."""
    found = [ASKED]
    for number in range(2, draw(st.integers(3, 7))):
        answers = draw(st.lists(st.integers(1, number), max_size=2))
        one = mail(f"10:00 {draw(ROWS)}", number, answers)
        found.append(replace(one, received_at=one.received_at + timedelta(minutes=draw(st.integers(0, 20)))))
    return found


@given(busy_minutes(), st.randoms(use_true_random=False))
def test_what_is_told_holds_and_is_the_same_in_any_order(messages: list[Seen], chance: random.Random) -> None:
    folded = fold(messages, HOUSE)
    chance.shuffle(messages)
    assert fold(messages, HOUSE) == folded
    by_id = {seen.message.identity: seen for seen in messages}
    for wait in folded.waits:
        if wait.also_answered_by is None:
            continue
        assert wait.answered_by is not None
        first, also_ = by_id[wait.answered_by], by_id[wait.also_answered_by]
        assert abs(also_.received_at - first.received_at) <= WITHIN
        assert first.message.message_id not in also_.message.names
        assert are_two(first, also_, HOUSE)
        assert wait.also_answered_by not in {w.answered_by for w in folded.waits}


def test_the_question_may_be_seen_last() -> None:
    assert also(second("10:34 ops → Ann"), ANSWERED, ASKED) == [id_of(3)]
    assert also(*talk("10:00 Ann → info", "10:30 info → Ann", "10:34 ops → Ann")) == [None], "each names the one before"
