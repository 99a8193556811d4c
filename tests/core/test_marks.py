"""What is said by hand of those who wait: done, opened again, put off, handed over; and what mail does to it later."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.message import Away, Flag, Seen
from monitor.core.wait import LONGEST_SNOOZE, Handoff, Mark, Wait
from monitor.core.waits import fold
from tests.core.situations import HOUSE, at, id_of, mail, number_of, talk
from tests.core.test_fold import HOURS, LEARNT, conversations

ASK = mail("10:00 Ann → info")
CHASE = mail("13:00 Ann → info", 2, (1,))
ANSWERED = talk("10:00 Ann → info", "11:00 info → Ann")


def mark(kind: Any, number: int, when: str, until: str = "", **who: Any) -> Mark:
    return Mark(id_of(number), kind, at(when), at(until) if until else None, **who)


def told(messages: list[Seen], *marks: Mark) -> list[tuple[str, str | None, str]]:
    """State, evidence and members of each wait."""
    waits = fold(messages, HOUSE, marks).waits
    return [(w.state, w.evidence, " ".join(map(number_of, w.members))) for w in waits]


def the_wait(messages: list[Seen], *marks: Mark) -> Wait:
    (wait,) = fold(messages, HOUSE, marks).waits
    return wait


class TestReopen:
    @pytest.mark.parametrize(
        ("what", "ended"),
        [
            ("answered", ANSWERED),
            ("put into the done folder", [replace(ASK, away=Away("done", at("11:00")))]),
            ("put into Junk", [replace(ASK, away=Away("junk", at("11:00")))]),
            ("put into Trash", [replace(ASK, away=Away("trash", at("11:00")))]),
            ("flagged as answered", [replace(ASK, flag=Flag(at("11:00"), at("10:30")))]),
            ("flagged before we came", [replace(ASK, flag=Flag(None))]),
        ],
    )
    def test_whatever_ended_a_wait_up_to_that_moment_did_not(self, what: str, ended: list[Seen]) -> None:
        assert the_wait(ended).state != "waiting", what
        wait = the_wait(ended, mark("reopen", 1, "12:00"))
        assert (wait.state, wait.evidence, wait.closed_at, wait.answered_by) == ("waiting", None, None, None)
        assert (wait.opened_at, wait.due_at) == (at("10:00"), at("Tue 10:00")), "its clock was never touched"

    def test_what_ends_it_later_ends_it(self) -> None:
        later = mail("14:00 info → Ann", 3, (1,))
        wait = the_wait([*ANSWERED, later], mark("reopen", 1, "12:00"))
        assert (wait.state, wait.answered_by, wait.answered_at) == ("answered", id_of(3), at("14:00"))
        wait = the_wait(ANSWERED, mark("reopen", 1, "12:00"), mark("done", 1, "13:00"))
        assert (wait.state, wait.closed_at) == ("no_reply_needed", at("13:00"))

    def test_a_chase_after_a_false_answer_belongs_to_the_wait_that_goes_on(self) -> None:
        chase = mail("13:00 Ann → info", 3, (2,))
        assert told([*ANSWERED, chase]) == [("answered", "sent", "1"), ("waiting", None, "3")]
        assert told([*ANSWERED, chase], mark("reopen", 1, "14:00")) == [("waiting", None, "1 3")]

    def test_of_a_wait_of_two_mails_it_may_name_either(self) -> None:
        messages = [ASK, CHASE, mail("14:00 info → Ann", 3, (2,))]
        for number in (1, 2):
            assert told(messages, mark("reopen", number, "15:00")) == [("waiting", None, "1 2")]

    def test_it_says_nothing_of_another_customer(self) -> None:
        messages = talk("10:00 Ann → info", "10:30 Bob → info", "11:00 info → Ann, Bob")
        assert told(messages, mark("reopen", 2, "12:00")) == [("answered", "sent", "1"), ("waiting", None, "2")]

    def test_it_says_nothing_of_an_earlier_wait_of_the_same_person(self) -> None:
        messages = talk("10:00 Ann → info", "11:00 info → Ann", "12:00 Ann → info", "13:00 info → Ann")
        reopened = told(messages, mark("reopen", 3, "14:00"))
        assert reopened == [("answered", "sent", "1"), ("waiting", None, "3")]

    @pytest.mark.parametrize(
        ("received", "known", "said", "heard", "state"),
        [
            ("11:00", "11:05", "12:00", "12:05", "waiting"),
            ("11:00", "12:06", "12:00", "12:05", "answered"),
            ("12:01", "12:05", "12:00", "12:05", "answered"),
            ("11:59", "12:05", "12:00", "12:05", "waiting"),
            ("12:09", "11:59", "12:00", "12:00", "waiting"),
        ],
    )
    def test_it_takes_back_only_what_had_happened_and_was_known(
        self, received: str, known: str, said: str, heard: str, state: str
    ) -> None:
        """A reply that came to light later, or was sent later, is one; a stamp that is ahead makes none later."""
        reply = replace(mail(f"{received} info → Ann", 2, (1,)), known_at=at(known))
        reopen = replace(mark("reopen", 1, said), heard_at=at(heard))
        assert the_wait([ASK, reply], reopen).state == state

    def test_what_was_put_away_may_have_been_before_the_look_that_saw_it(self) -> None:
        reopen = replace(mark("reopen", 1, "12:00"), heard_at=at("12:05"))
        assert the_wait([replace(ASK, away=Away("done", at("12:05")))], reopen).state == "waiting"
        assert the_wait([replace(ASK, away=Away("done", at("12:06")))], reopen).state == "no_reply_needed"

    def test_it_takes_back_a_reply_that_only_a_citation_proves(self) -> None:
        cites = mail("12:00 Ann → info", 3, in_reply_to=("<unseen@mail.example>",), references=(id_of(1),))
        house = replace(LEARNT, staff=HOUSE.staff)
        seen = fold([ASK, cites], house).waits
        assert [w.evidence for w in seen] == ["cited", None]
        (wait,) = fold([ASK, cites], house, [mark("reopen", 1, "13:00")]).waits
        assert wait.members == (id_of(1), id_of(3))


class TestDone:
    def test_said_again_of_a_wait_that_is_over_it_does_not_end_the_next_one(self) -> None:
        """An old letter's line 2 says nothing of what Ann wrote since."""
        marks = mark("done", 1, "12:00"), mark("done", 1, "14:00")
        assert told([ASK, CHASE], *marks) == [("no_reply_needed", "closed", "1"), ("waiting", None, "2")]

    def test_it_stays_as_it_was_when_it_is_said_twice(self) -> None:
        wait = the_wait([ASK], mark("done", 1, "12:00"), mark("done", 1, "14:00"))
        assert wait.closed_at == at("12:00")


class TestSnooze:
    def test_it_is_quiet_until_then_and_waits_on(self) -> None:
        wait = the_wait([ASK], mark("snooze", 1, "12:00", "Wed 12:00"))
        assert (wait.state, wait.snoozed_until, wait.due_at) == ("waiting", at("Wed 12:00"), at("Tue 10:00"))

    @pytest.mark.parametrize(
        ("what", "marks", "until"),
        [
            ("the latest word, though it is shorter", [("12:00", "Wed 12:00"), ("13:00", "Tue 12:00")], "Tue 12:00"),
            ("the latest word, though it is longer", [("12:00", "Tue 12:00"), ("13:00", "Wed 12:00")], "Wed 12:00"),
            ("of two at once the longer one", [("12:00", "Tue 12:00"), ("12:00", "Wed 12:00")], "Wed 12:00"),
        ],
    )
    def test_of_several_one_counts(self, what: str, marks: list[tuple[str, str]], until: str) -> None:
        said = [mark("snooze", 1, *each) for each in marks]
        assert the_wait([ASK], *said).snoozed_until == the_wait([ASK], *reversed(said)).snoozed_until == at(until), what

    def test_seven_days_are_the_most_whatever_was_written_down(self) -> None:
        far = Mark(id_of(1), "snooze", at("12:00"), at("12:00") + timedelta(days=99))
        endless = replace(far, until=None)
        for each in (far, endless):
            assert the_wait([ASK], each).snoozed_until == at("12:00") + LONGEST_SNOOZE

    def test_who_writes_again_is_quiet_no_more(self) -> None:
        assert the_wait([ASK, CHASE], mark("snooze", 1, "12:00", "Wed 12:00")).snoozed_until is None
        assert the_wait([ASK, CHASE], mark("snooze", 1, "14:00", "Wed 12:00")).snoozed_until == at("Wed 12:00")

    def test_a_mail_stamped_a_little_ahead_is_put_off_all_the_same(self) -> None:
        wait = the_wait([mail("10:05 Ann → info")], mark("snooze", 1, "10:00", "Tue 10:00"))
        assert wait.snoozed_until == at("Tue 10:00")

    def test_opened_again_it_is_over(self) -> None:
        marks = mark("snooze", 1, "12:00", "Wed 12:00"), mark("reopen", 1, "13:00")
        assert the_wait([ASK], *marks).snoozed_until is None
        assert the_wait([ASK], *marks, mark("snooze", 1, "14:00", "Thu 12:00")).snoozed_until == at("Thu 12:00")

    def test_a_wait_that_is_over_is_not_put_off(self) -> None:
        assert the_wait(ANSWERED, mark("snooze", 1, "10:30", "Wed 12:00")).snoozed_until is None

    def test_another_customer_of_the_conversation_is_not(self) -> None:
        waits = fold(
            talk("10:00 Ann → info", "11:00 Bob → info"), HOUSE, [mark("snooze", 1, "12:00", "Wed 12:00")]
        ).waits
        assert [w.snoozed_until for w in waits] == [at("Wed 12:00"), None]


class TestAssign:
    def test_the_ball_moves_and_the_clock_does_not(self) -> None:
        wait = the_wait([ASK], mark("assign", 1, "12:00", team="IT"))
        assert wait.handoff == Handoff(at("12:00"), "Information", "IT", False)
        assert (wait.state, wait.due_at) == ("waiting", at("Tue 10:00"))

    def test_it_is_with_a_person_of_a_team_or_of_none(self) -> None:
        wait = the_wait([ASK], mark("assign", 1, "12:00", team="IT", person="it@ours.example"))
        assert wait.handoff == Handoff(at("12:00"), "Information", "IT", False, "it@ours.example")
        wait = the_wait([ASK], mark("assign", 1, "12:00", person="eva@ours.example"))
        assert wait.handoff == Handoff(at("12:00"), "Information", "a colleague", False, "eva@ours.example")

    def test_it_comes_from_whoever_had_it(self) -> None:
        wait = the_wait([ASK], mark("assign", 1, "12:00", team="IT"), mark("assign", 1, "13:00", team="Operations"))
        assert wait.handoff == Handoff(at("13:00"), "IT", "Operations", False)
        wait = the_wait([ASK], mark("assign", 1, "12:00", team="IT"), mark("assign", 1, "13:00", team="Information"))
        assert wait.handoff == Handoff(at("13:00"), "IT", "Information", False)

    def test_a_later_mail_among_us_moves_it_on(self) -> None:
        passed = mail("13:00 info → ops", 2, (1,))
        wait = the_wait([ASK, passed], mark("assign", 1, "12:00", team="IT"))
        assert wait.handoff == Handoff(at("13:00"), "Information", "Operations", False)
        wait = the_wait([ASK, passed], mark("assign", 1, "14:00", team="IT"))
        assert wait.handoff == Handoff(at("14:00"), "Operations", "IT", False)

    def test_who_decided_without_telling_gave_it_back_first(self) -> None:
        decided = mail("13:00 it → info", 3, (2,))
        passed = mail("11:00 info → it", 2, (1,))
        assert the_wait([ASK, passed, decided]).handoff == Handoff(at("13:00"), "IT", "Information", True)
        wait = the_wait([ASK, passed, decided], mark("assign", 1, "14:00", team="Operations"))
        assert wait.handoff == Handoff(at("14:00"), "Information", "Operations", False)

    def test_a_wait_that_was_over_stays_where_it_was(self) -> None:
        assert the_wait(ANSWERED, mark("assign", 1, "12:00", team="IT")).handoff is None


@pytest.mark.parametrize(
    ("said", "state"),
    [
        (("done", "reopen"), "waiting"),
        (("reopen", "done"), "no_reply_needed"),
        (("done", "reopen", "done"), "no_reply_needed"),
    ],
)
def test_of_what_was_said_at_one_moment_the_last_counts(said: tuple[Any, ...], state: str) -> None:
    """Two mails may be read in one look."""
    marks = [replace(mark(kind, 1, "12:00"), order=place) for place, kind in enumerate(said, 1)]
    assert the_wait([ASK], *marks).state == state


def test_of_two_hand_overs_at_one_moment_the_last_counts() -> None:
    marks = [replace(mark("assign", 1, "12:00", team=team), order=n) for n, team in enumerate(("Operations", "IT"), 1)]
    assert the_wait([ASK], *marks).handoff == Handoff(at("12:00"), "Operations", "IT", False)


KINDS = ("done", "reopen", "snooze", "assign")
MARKS = st.lists(
    st.builds(
        Mark,
        st.integers(1, 8).map(id_of),
        st.sampled_from(KINDS),
        st.sampled_from(HOURS),
        st.sampled_from([None, *HOURS, HOURS[-1] + timedelta(days=30)]),
        st.sampled_from(("", "IT", "Operations")),
        st.sampled_from(("", "eva@ours.example")),
        st.integers(0, 2),
    ),
    max_size=4,
)


@given(conversations(), MARKS, st.randoms(use_true_random=False), st.sampled_from([HOUSE, LEARNT]))
def test_any_order_of_mails_and_marks_gives_the_same_waits(
    messages: list[Seen], marks: list[Mark], chance: Any, house: Any
) -> None:
    expected = fold(messages, house, marks)
    chance.shuffle(messages)
    chance.shuffle(marks)
    assert fold(messages, house, marks) == expected


@given(conversations(), MARKS)
def test_what_holds_whatever_is_said(messages: list[Seen], marks: list[Mark]) -> None:
    plain, folded = fold(messages, HOUSE), fold(messages, HOUSE, marks)
    assert folded.verdicts == plain.verdicts, "marks judge no mail"
    members = sorted(m for wait in folded.waits for m in wait.members)
    assert members == sorted(m for wait in plain.waits for m in wait.members), "nobody appears or vanishes"
    moments = {mark.at for mark in marks if mark.kind == "snooze"}
    for wait in folded.waits:
        if wait.snoozed_until is not None:
            assert wait.state == "waiting"
            assert wait.snoozed_until - max(moments) <= LONGEST_SNOOZE


@given(conversations(), MARKS)
def test_who_is_opened_again_after_all_else_waits(messages: list[Seen], marks: list[Mark]) -> None:
    last = HOURS[-1] + timedelta(hours=1)
    everybody = [Mark(s.message.identity, "reopen", last) for s in messages]
    assert {w.state for w in fold(messages, HOUSE, [*marks, *everybody]).waits} <= {"waiting"}


@given(conversations(), MARKS)
def test_who_is_snoozed_or_assigned_waits_as_long_as_before(messages: list[Seen], marks: list[Mark]) -> None:
    """Neither moves the clock, or ends anything."""
    ending = [m for m in marks if m.kind in ("done", "reopen")]
    stripped = [w._replace(handoffs=(), snoozed_until=None) for w in fold(messages, HOUSE, marks).waits]
    assert stripped == [w._replace(handoffs=(), snoozed_until=None) for w in fold(messages, HOUSE, ending).waits]
