"""What rules ask of a subject comes out the same where the subject is not kept, and none of its words is left."""

import ast
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.core import topic
from monitor.core.conversations import ties
from monitor.core.house import House
from monitor.core.inferring import seeks
from monitor.core.message import SUBJECT, Address, Message, base_of, same_mail, together
from monitor.core.needs_reply import Answers, Case, case, judge
from monitor.core.staff import Staff
from monitor.core.topic import NOT_KEPT, alike, key_of, without_subject
from tests.core.situations import HOUSE, at, mail

IGNORES = replace(HOUSE, ignored_subjects=("[printer] *", "*lost?card*", "Re:*"))
ALL_OURS = Staff(domains=("*",))
"""Then no outside person ties anything."""
ANN = mail("10:00 Ann → info")
PIECES = (
    "Re: ", "RE[2]: ", "AW: ", "Fwd: ", "[desk] ", "[printer] ", "[Fwd: ", "] ", " (fwd)", "Automatic reply: ",
    "Undeliverable: ", "Thanks ", "thank you", "Hello", "Rechnung", "4711", "The broken lift", "the  BROKEN lift",
    "Thebrokenlift", "The broken-lift", "lost card", "Parkausweis für", "住民票の写し", "ありがとう", "?", "!", " ",
    "Report domain: x.example Submitter: y.example Report-ID: 1", "İstanbul ", "\u200f", "e\u0301", "x" * 210,
)  # fmt: skip
SUBJECTS = st.lists(st.sampled_from(PIECES), max_size=4).map("".join) | st.text(max_size=30)
QUESTIONS: tuple[Callable[[Message], bool], ...] = (
    topic.replies,
    topic.looks_automatic,
    topic.reports_dmarc,
    topic.says_thanks,
    lambda message: topic.is_ignored(message, IGNORES),
    lambda message: not key_of(message),
    lambda message: not topic.joining(message),
    lambda message: not message.subject,
)
COMPARED: tuple[Callable[[Message], str], ...] = (base_of, topic.joining, key_of)


def under(subject: str, **more: object) -> Message:
    return replace(ANN.message, subject=subject, **more)  # type: ignore[arg-type]


def bare(message: Message, house: House = IGNORES) -> Message:
    return without_subject(message, house)


@given(SUBJECTS)
@example("")
@example("Re:")
def test_every_question_has_the_same_answer(subject: str) -> None:
    message = under(subject)
    assert [ask(bare(message)) for ask in QUESTIONS] == [ask(message) for ask in QUESTIONS]


@given(SUBJECTS, SUBJECTS)
@example("The broken lift", "Re: [desk] The broken lift (fwd)")
@example("The broken lift", "the  BROKEN lift")
@example("The broken lift", "Thebrokenlift")
@example("The broken lift", "The broken-lift")
@example("Hello", "Re: Hello")
def test_two_are_equal_for_each_comparison_just_as_their_subjects_are(one: str, other: str) -> None:
    first, second = under(one), under(other)
    for compared in COMPARED:
        assert (compared(bare(first)) == compared(bare(second))) == (compared(first) == compared(second)), compared


@given(SUBJECTS, st.integers(0, 30_000), st.booleans(), st.booleans())
def test_the_verdict_is_the_same(subject: str, size: int, answers: bool, sent: bool) -> None:
    row = mail("10:00 info → Ann") if sent else ANN
    seen = replace(row, message=replace(row.message, subject=subject), size=size)
    told = Answers(answers, False, at("10:05") - at("10:00"))
    verdicts = [judge(_case(replace(seen, message=m), told)) for m in (seen.message, bare(seen.message))]
    first, second = (v._replace(signals=()) for v in verdicts)
    assert first == second
    assert seeks(replace(seen, message=bare(seen.message)), IGNORES) == seeks(seen, IGNORES)


def _case(seen: object, answers: Answers) -> Case:
    return case(seen, IGNORES, answers=answers)  # type: ignore[arg-type]


@given(SUBJECTS, SUBJECTS)
def test_ids_in_references_tie_just_as_before(one: str, other: str) -> None:
    first = under(one, references=("<far@x.example>",))
    second = under(other, identity="<2@x.example>", message_id="<2@x.example>", references=("<far@x.example>",))
    assert _tied(bare(first), bare(second)) == _tied(first, second)


def _tied(one: Message, other: Message) -> bool:
    nodes = [ties(message, ALL_OURS).nodes for message in (one, other)]
    return not set(nodes[0]).isdisjoint(nodes[1])


@given(SUBJECTS, SUBJECTS)
def test_whether_two_mails_under_one_id_are_one_is_decided_as_before(one: str, other: str) -> None:
    first = under(one, sent_at=at("10:00"))
    second = under(other, sent_at=at("11:00"), from_=Address("", "list@lists.example"))
    assert same_mail(bare(first), bare(second)) == same_mail(first, second)
    assert same_mail(bare(first), alike(second, bare(first), IGNORES)) == same_mail(first, second)


@given(SUBJECTS, SUBJECTS)
def test_copies_become_one_message_in_any_order_with_the_answers_of_one_of_them(one: str, other: str) -> None:
    first, second = bare(under(one)), bare(under(other))
    merged = together(first, second)
    assert merged == together(second, first)
    assert (merged.subject, merged.headers[SUBJECT]) in {(m.subject, m.headers[SUBJECT]) for m in (first, second)}


@pytest.mark.parametrize("subject", ["The zaplanted lift", "Re: zaplanted", "Automatic reply: zaplanted", "Zaplanted"])
def test_no_word_of_the_subject_is_left(subject: str) -> None:
    message = bare(under(subject))
    assert message.subject == NOT_KEPT
    assert "zaplanted" not in repr(message).lower()
    signals = case(replace(ANN, message=message), IGNORES).signals
    assert "zaplanted" not in repr((signals, ties(message, ALL_OURS))).lower()


def test_the_digests_are_keyed_and_tell_nothing_of_each_other() -> None:
    message = under("lift")
    digests = [value.partition(" ")[2] for value in bare(message).headers[SUBJECT]]
    others = bare(message, replace(IGNORES, letter_key=b"another key")).headers[SUBJECT]
    assert len(set(digests)) == len(digests)
    assert not set(bare(message).headers[SUBJECT]) & set(others)


def test_a_generic_subject_still_ties_nothing_by_itself() -> None:
    assert key_of(bare(under("Re: Your invoice 4711"))) == ""


def test_it_goes_once_and_stays_what_it_is() -> None:
    message = bare(under("Re: [printer] out of paper"))
    assert bare(message) is message
    assert bare(message, replace(IGNORES, ignored_subjects=(), letter_key=b"another key")) is message


def test_a_pattern_that_is_withdrawn_ignores_no_more_and_a_newer_one_cannot() -> None:
    message = bare(under("[printer] out of paper"))
    assert topic.is_ignored(message, replace(IGNORES, ignored_subjects=("[printer] *",)))
    assert not topic.is_ignored(message, replace(IGNORES, ignored_subjects=()))
    assert not topic.is_ignored(message, replace(IGNORES, ignored_subjects=("*paper",)))


def test_who_writes_our_words_as_a_subject_is_judged_by_them() -> None:
    assert key_of(under(NOT_KEPT)) == key_of(under("subject not kept")) != ""


def test_no_rule_reads_a_subject_itself() -> None:
    """The three that keep, merge or mask it do; and the weak sign that shows how it began."""
    core = Path(topic.__file__).parent
    found = {
        path.stem
        for path in core.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == "subject"
    }
    assert found == {"automatic", "forgetting", "message", "topic"}
