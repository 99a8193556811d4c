"""What people do to mail beside answering it: close, move, delete, mark as spam, save a draft; and what time does.

Situations 15, 20 to 23, 25 and 26 of rules.md §5; and where each of the 38 stands.
"""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from monitor.core.calendar import Calendar
from monitor.core.house import Desk, Target
from monitor.core.ladder import Reminder, Step, Told, due
from monitor.core.message import Away, Flag, Message, Place, Role, Seen
from monitor.core.sightings import Sighting, gathered
from monitor.core.wait import Mark, is_met
from monitor.core.waits import fold
from tests.core.situations import HOUSE, INFO, OPS, at, id_of, lines, mail, talk

ASK = mail("10:00 Ann → info")
TESTS = Path(__file__).resolve().parents[1]


def marked(messages: list[Seen], *marks: Mark) -> list[tuple[str, str | None]]:
    """State and evidence of each wait."""
    return [(w.state, w.evidence) for w in fold(messages, HOUSE, marks).waits]


def done(number: int, when: str) -> Mark:
    return Mark(id_of(number), "done", at(when))


def reopened(number: int, when: str) -> Mark:
    return Mark(id_of(number), "reopen", at(when))


class Test15ClosedByHand:
    """Ann → info; somebody says that no reply is needed."""

    def test_15_closed_by_hand_it_needs_no_reply_and_is_no_answer(self) -> None:
        (wait,) = fold([ASK], HOUSE, [done(1, "12:00")]).waits
        assert (wait.state, wait.evidence, wait.closed_at) == ("no_reply_needed", "closed", at("12:00"))
        assert (wait.answered_at, wait.answered_by) == (None, None)
        assert is_met(wait.state, wait.answered_at, wait.due_at, at("Fri 10:00")) is None

    def test_15_when_the_customer_writes_again_she_waits_anew(self) -> None:
        again = mail("Tue 09:00 Ann → info", 2, (1,))
        closed, open_ = fold([ASK, again], HOUSE, [done(1, "12:00")]).waits
        assert (closed.state, open_.state) == ("no_reply_needed", "waiting")
        assert (open_.opened_at, open_.due_at, open_.first) == (at("Tue 09:00"), at("Wed 09:00"), True)

    def test_15_a_mark_closes_the_chases_before_it_and_only_them(self) -> None:
        rows = [ASK, mail("11:00 Ann → info", 2, (1,)), mail("13:00 Ann → info", 3, (1,))]
        closed, open_ = fold(rows, HOUSE, [done(1, "12:00")]).waits
        assert (closed.members, open_.members) == ((id_of(1), id_of(2)), (id_of(3),))

    def test_15_reopened_it_waits_from_its_first_mail(self) -> None:
        (wait,) = fold([ASK], HOUSE, [done(1, "12:00"), reopened(1, "13:00")]).waits
        assert (wait.state, wait.opened_at, wait.due_at) == ("waiting", at("10:00"), at("Tue 10:00"))

    def test_15_the_latest_word_counts_in_whatever_order_marks_are_given(self) -> None:
        marks = [done(1, "12:00"), reopened(1, "13:00"), done(1, "14:00")]
        assert marked([ASK], *marks) == marked([ASK], *reversed(marks)) == [("no_reply_needed", "closed")]

    def test_15_what_was_answered_before_stays_answered(self) -> None:
        assert marked(talk("10:00 Ann → info", "11:00 info → Ann"), done(1, "12:00")) == [("answered", "sent")]

    def test_15_another_customer_of_the_conversation_waits_on(self) -> None:
        assert marked(talk("10:00 Ann → info", "11:00 Bob → info"), done(1, "12:00")) == [
            ("no_reply_needed", "closed"),
            ("waiting", None),
        ]

    def test_15_a_mark_of_a_mail_that_is_stamped_a_little_ahead_counts_all_the_same(self) -> None:
        assert marked([mail("10:05 Ann → info")], done(1, "10:00")) == [("no_reply_needed", "closed")]

    def test_15_a_mark_of_a_message_that_is_not_there_does_nothing(self) -> None:
        assert marked([ASK], done(9, "12:00")) == [("waiting", None)]


@pytest.mark.parametrize(
    ("kind", "state", "evidence"),
    [("done", "no_reply_needed", "closed"), ("trash", "excused", "deleted"), ("junk", "excused", "spam")],
    ids=["20_done", "21_deleted", "22_junk"],
)
class TestPutAway:
    """Ann → info, and a later look finds her mail in the done folder, Trash or Junk."""

    def test_20_and_21_and_22_says_why_nobody_waits(self, kind: str, state: str, evidence: str) -> None:
        (wait,) = fold([put(ASK, kind, "14:00")], HOUSE).waits
        assert (wait.state, wait.evidence, wait.closed_at) == (state, evidence, at("14:00"))
        assert (wait.opened_at, wait.answered_at) == (at("10:00"), None)

    def test_of_an_answered_mail_says_nothing(self, kind: str, state: str, evidence: str) -> None:
        rows = [put(ASK, kind, "14:00"), mail("11:00 info → Ann", 2, (1,))]
        assert lines(rows) == ["1 of Mon 10:00 (Ann): answered by 2 Mon 11:00 (sent)"]

    def test_who_answers_and_tidies_up_between_two_looks_has_answered(
        self, kind: str, state: str, evidence: str
    ) -> None:
        both = replace(put(ASK, kind, "14:00"), flag=Flag(at("14:00"), at("13:55")))
        assert [w.evidence for w in fold([both], HOUSE).waits] == ["flag"]

    def test_only_the_mail_that_was_put_away_is_over(self, kind: str, state: str, evidence: str) -> None:
        rows = [put(ASK, kind, "14:00"), mail("11:00 Ann → info", 2, (1,))]
        first, second = fold(rows, HOUSE).waits
        assert (first.members, first.state) == ((id_of(1),), state)
        assert (second.members, second.state, second.opened_at) == ((id_of(2),), "waiting", at("11:00"))


def put(seen: Seen, kind: str, when: str) -> Seen:
    return replace(seen, away=Away(kind, at(when)))  # type: ignore[arg-type]


def sighted(message: Message, *where: tuple[Role, bool]) -> Seen:
    """Sightings at info@, as (role, gone)."""
    found = [Sighting(Place(INFO, role), frozenset(), gone, 1, at("14:00")) for role, gone in where]
    return gathered(message, at("10:00"), found)


@pytest.mark.parametrize(
    ("what", "where", "expected"),
    [
        ("20 moved to an archive", [("inbox", True), ("elsewhere", False)], "waiting"),
        ("20 moved to another inbox folder", [("inbox", True), ("inbox", False)], "waiting"),
        ("20 gone without a trace", [("inbox", True)], "waiting"),
        ("21 in Trash", [("inbox", True), ("trash", False)], "excused"),
        ("21 deleted here, kept there", [("inbox", False), ("trash", False)], "waiting"),
        ("22 in Junk", [("inbox", True), ("junk", False)], "excused"),
        ("22 fetched back from Junk", [("inbox", True), ("junk", True), ("inbox", False)], "waiting"),
        ("in the done folder", [("inbox", True), ("done", False)], "no_reply_needed"),
        (
            "done, with a label in the archive",
            [("inbox", True), ("done", False), ("elsewhere", False)],
            "no_reply_needed",
        ),
        ("done and back", [("inbox", True), ("done", True), ("inbox", False)], "waiting"),
    ],
)
def test_20_to_22_where_a_mail_lies_now_says_what_became_of_it(
    what: str, where: list[tuple[Role, bool]], expected: str
) -> None:
    (wait,) = fold([sighted(ASK.message, *where)], HOUSE).waits
    assert wait.state == expected, what


@pytest.mark.parametrize(("flags", "role"), [({"\\draft"}, "sent"), ({"\\draft"}, "inbox"), (set(), "drafts")])
def test_23_a_saved_draft_is_no_answer_until_a_copy_was_sent(flags: set[str], role: Role) -> None:
    """Ann ─ a draft to Ann ─ … ─ the same mail in Sent."""
    reply = mail("11:00 info → Ann", 2, (1,)).message
    draft = Sighting(Place(INFO, role), frozenset(flags), False, 1, at("11:05"))
    saved = gathered(reply, at("11:00"), [draft])
    assert saved.draft
    assert lines([ASK, saved]) == ["1 of Mon 10:00 (Ann): waiting"]
    sent = gathered(
        reply, at("15:00"), [draft, Sighting(Place(INFO, "sent"), frozenset({"\\seen"}), False, 1, at("15:05"))]
    )
    assert lines([ASK, sent]) == ["1 of Mon 10:00 (Ann): answered by 2 Mon 15:00 (sent)"]


def test_14_a_recycled_mail_with_a_new_subject_and_other_people_is_another_story() -> None:
    """Its ids tie it nowhere (tests/core/test_join.py); where a fold meets both, each customer waits alone."""
    recycled = mail("12:00 Bob → info: the summer fair", 3, references=(id_of(1),))
    assert lines([*talk("10:00 Ann → info", "11:00 info → Ann"), recycled])[1] == "3 of Mon 12:00 (Bob): waiting"


STEPS = (Step(timedelta(0)), Step(timedelta(days=2), ("chief@ours.example",)), Step(timedelta(days=5)))


def test_25_after_eight_days_of_downtime_each_recipient_gets_the_highest_step_once() -> None:
    """Due on Tuesday, next look a week on Wednesday."""
    back = at("Wed 10:30") + timedelta(days=7)
    found = due(1, at("Tue 10:00"), STEPS, ["olga@ours.example"], back, Told({}))
    assert sorted((r.recipient, r.step) for r in found) == [
        ("chief@ours.example", "48h.chief@ours.example"),
        ("olga@ours.example", "0h.owners"),
    ]
    last = {r.recipient: r.moment for r in found}
    claimed = {(r.step, r.occurrence, r.recipient) for r in found}
    again: list[Reminder] = due(1, at("Tue 10:00"), STEPS, ["olga@ours.example"], back, Told(last, claimed))
    assert again == [], "what lies before never fires later"


def test_26_a_changed_target_moves_what_is_due_and_nothing_else() -> None:
    """Ann waits, Bob was answered after six hours; the promise becomes four hours."""
    rows = [ASK, mail("10:00 Bob → info", 2), mail("16:00 info → Bob", 3, (2,))]
    shorter = replace(HOUSE, desks={INFO: Desk(INFO, "Information", Target(timedelta(hours=4))), OPS: HOUSE.desks[OPS]})
    before, after = fold(rows, HOUSE).waits, fold(rows, shorter).waits
    assert [w.due_at for w in after] == [at("14:00"), at("14:00")]
    assert [w._replace(due_at=at("00:00")) for w in after] == [w._replace(due_at=at("00:00")) for w in before]
    assert [is_met(w.state, w.answered_at, w.due_at, at("12:00")) for w in before] == [None, True]
    assert [is_met(w.state, w.answered_at, w.due_at, at("12:00")) for w in after] == [None, False]


def test_26_a_changed_calendar_moves_what_is_due_and_nothing_else() -> None:
    """Ann of Monday waits, Bob was answered; then Tuesdays are closed."""
    rows = [ASK, mail("10:00 Bob → info", 2), mail("16:00 info → Bob", 3, (2,))]
    quiet = Target(calendar=Calendar(ZoneInfo("UTC"), "open-days", frozenset({1})))
    closed = replace(HOUSE, desks={INFO: Desk(INFO, "Information", quiet), OPS: HOUSE.desks[OPS]})
    before, after = fold(rows, HOUSE).waits, fold(rows, closed).waits
    assert [w.due_at for w in after] == [at("Wed 10:00"), at("Wed 10:00")]
    assert [w._replace(due_at=at("00:00")) for w in after] == [w._replace(due_at=at("00:00")) for w in before]


def test_each_of_the_38_situations_is_a_named_test() -> None:
    """Most stand in tests/core/test_situations*.py and again through Dovecot in tests/story/.

    19 is a matter of calendars (tests/core/test_calendar.py). 14 and 29 are joined in tests/core/test_join.py too. 25
    is a matter of the ladder and of letters, 27 and 33 of letters alone, 37 and 38 of what is known of a mailbox
    (jobs/knowledge.py): these have no core half but the ladder's, and are stories.
    """
    named = re.compile(r"def test_(\d+(?:_(?:and|to)_\d+)*)_")
    found: set[int] = set()
    for file in TESTS.rglob("test_*.py"):
        for numbers in named.findall(file.read_text()):
            parts = [int(n) for n in re.findall(r"\d+", numbers)]
            found |= set(range(parts[0], parts[-1] + 1)) if "_to_" in numbers else set(parts)
    assert set(range(1, 39)) - found == set()
