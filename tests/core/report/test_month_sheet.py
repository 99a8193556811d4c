"""The sheet for the cross-team meeting: where the time of a month's longest waits went, in sentences that are true."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.blind import Blind
from monitor.core.house import A_COLLEAGUE
from monitor.core.promise import Promise
from monitor.core.report import month_drawn as drawn
from monitor.core.report import month_headline as opening
from monitor.core.report.figures import WaitFacts
from monitor.core.report.month_json import month_json
from monitor.core.report.month_sheet import MonthFacts
from monitor.core.report.path import TeamHeld
from monitor.core.said import plain
from monitor.core.wait import Handoff
from tests.outbox.month_samples import LONG, MADE_AT, OCTOBER, TEAMS, Step, month, wait
from tests.outbox.samples import DAY, HOUR

DESK, HELP = "Front desk", "Digital help"


def headline(*cohort: WaitFacts, **other: Any) -> str:
    return str(opening.headline(month(cohort, **other)))


def lead(*cohort: WaitFacts, **other: Any) -> str:
    return " ".join(map(str, opening.lead(month(cohort, **other))))


def labels(row: drawn.Row) -> list[str]:
    both = zip(row.pieces, row.labels, strict=True)
    return [drawn.label(map(plain, texts), piece.share) for piece, texts in both]


def cells(table: Any) -> list[list[str]]:
    return [[plain(cell.text) for cell in row] for row in table.rows]


@pytest.mark.parametrize(
    ("cohort", "sentence"),
    [
        (LONG, "For 11 of the 34 days in the five longest waits, the answer was already known."),
        (LONG[:1], "For 6 of the 9 days in the longest wait, the answer was already known."),
        (
            [wait(1, (DESK, 5), (HELP, 72), (DESK, 2)), wait(2, (DESK, 20))],
            "For 3 of the 4 days in the two longest waits, another team had the question.",
        ),
        (
            [wait(1, (DESK, 30), (HELP, 1.5), (DESK, 0.5))],
            "For 30 of the 32 hours in the longest wait, the team they wrote to had the question.",
        ),
        ([wait(1, (DESK, 1), (HELP, 0.5))],
         "For 30 of the 90 minutes in the longest wait, another team had the question."),
        ([*(wait(n, (DESK, 90)) for n in range(5)), wait(9, (DESK, 1), (HELP, 1))],
         "For all 19 days in the five longest waits, the team they wrote to had the question."),
        ([wait(1, (DESK, 30)), wait(2, (HELP, 3))], "No message changed hands in October."),
        ([], "Nobody’s 24 hours ran out in October."),
        ([wait(1, (DESK, 3), state="excused")], "There is no wait to talk about in October."),
    ],
)  # fmt: skip
def test_it_opens_with_where_the_time_went(cohort: list[WaitFacts], sentence: str) -> None:
    assert headline(*cohort) == sentence


def test_what_is_not_known_yet_is_not_said_to_be_nothing() -> None:
    for as_of in (None, OCTOBER.start - HOUR):
        assert headline(as_of=as_of) == "We cannot say yet how October went."


def test_a_promise_that_differs_is_called_the_target() -> None:
    both = (Promise(DAY, "elapsed"), Promise(2 * DAY, "open-days"))
    assert headline(promises=both) == "Nobody’s target ran out in October."
    assert str(opening.counted(month(promises=both))[0]) == "Waits whose target ran out in October."
    assert str(opening.counted(month())[0]) == "Waits whose 24 hours ran out in October."


def test_a_month_of_another_year_is_named_with_it_and_one_that_is_not_over_says_so() -> None:
    later, earlier = MADE_AT + 90 * DAY, OCTOBER.start + 10 * DAY
    assert headline(made_at=later) == "Nobody’s 24 hours ran out in October 2026."
    assert headline(made_at=earlier, as_of=earlier) == "Nobody’s 24 hours ran out in October so far."
    known = "The month is not over; the mailboxes are known up to Sunday 11 October, 00:00."
    assert lead(made_at=earlier, as_of=earlier) == known


@pytest.mark.parametrize(
    ("cohort", "sentence"),
    [
        (LONG, "In October, 4 of 5 messages changed hands; in 3 of them the answer lay inside for over a day."),
        (
            [wait(1, (DESK, 2), (HELP, 2))],
            "In October, 1 of 1 message changed hands; in none of them did the answer lie inside for over a day.",
        ),
        (
            [wait(1, (DESK, 30)), wait(2, (DESK, 50))],
            "All 2 messages stayed with the team they were written to; the longest wait was 2 days.",
        ),
        (
            [wait(1, (DESK, 30))],
            "The 1 message of the month stayed with the team it was written to; the wait was 30 hours.",
        ),
        ([], ""),
    ],
)
def test_then_comes_how_many_changed_hands(cohort: list[WaitFacts], sentence: str) -> None:
    assert lead(*cohort) == sentence


def test_how_far_we_could_see_is_said_with_it() -> None:
    assert lead(as_of=None) == "The mailboxes have not been read completely yet."
    early = OCTOBER.end - DAY
    assert lead(as_of=early) == "The mailboxes are known up to Saturday 31 October, 00:00, not to the month’s end."
    spells = [Blind("a@x.example", OCTOBER.start, OCTOBER.start + hours * HOUR) for hours in (0.5, 0.6)]
    one, short = spells, [replace(spells[0], mailbox="b@x.example")]
    assert lead(blind=one + short) == "1 mailbox could not be seen for part of the month."
    assert lead(blind=short) == ""


def test_the_longest_waits_come_first_open_ones_as_far_as_they_are_known() -> None:
    facts = month([wait(n, (DESK, 24 + n % 4), state="waiting" if n % 2 else "answered") for n in range(8)])
    assert [one.number for one in facts.slowest] == [3, 7, 2, 6, 1]
    assert [one.told for one in facts.slowest] == [False, False, True, True, False]
    assert facts.slowest[0].length == 27 * HOUR


def test_who_waited_for_a_time_that_nobody_knows_is_not_counted() -> None:
    unknown = replace(wait(1, (DESK, 3), (HELP, 4)), answered_at=None)
    facts = month([unknown, wait(2, (DESK, 3), state="no_reply_needed")])
    assert (facts.n, facts.unknown, facts.no_reply, facts.passed_on) == (0, 1, 1, 0)


def test_a_path_is_told_in_words_and_drawn_to_one_scale() -> None:
    first, *_, last = drawn.rows(month(LONG))
    assert " → ".join(map(str, first.words)) == "Front desk 5 h → Digital help 3 d 2 h → Front desk 5 d 18 h → customer"
    assert [(one.look, round(one.share, 1)) for one in first.pieces] == [
        ("desk", 2.3), ("elsewhere", 34.1), ("decided", 63.6),
    ]  # fmt: skip
    assert labels(first) == ["", "Digital help 3 d 2 h", "Front desk 5 d 18 h"]
    assert round(sum(one.share for one in last.pieces), 1) == round(100 * 123 / 217, 1)
    assert labels(last) == ["23 h", "3 d 3 h", "25 h"]


def test_who_is_not_told_has_no_customer_at_the_end() -> None:
    (row,) = drawn.rows(month(LONG[3:4]))
    assert [str(step) for step in row.words] == ["Membership 4 h", "Digital help 44 h", "Membership 3 d 4 h"]


def test_a_path_of_many_hands_is_told_by_its_ends() -> None:
    (row,) = drawn.rows(month([wait(1, *((TEAMS[n % 6], n + 1) for n in range(9)))]))
    assert [str(step) for step in row.words] == [
        "Front desk 1 h", "Events & rooms 2 h", "5 more stretches", "Events & rooms 8 h", "Loans & collections 9 h",
        "customer",
    ]  # fmt: skip
    assert len(row.pieces) == 9


def test_teams_stand_in_the_order_of_the_config_with_what_they_held_of_what_changed_hands() -> None:
    gone = wait(7, ("Closed branch", 1), (DESK, 2))
    facts = month([*LONG[:1], gone, wait(8, ("Membership", 99))])
    hours = [(one.team, one.waits, one.desk / HOUR, one.elsewhere / HOUR, one.decided / HOUR) for one in facts.teams]
    assert hours == [(DESK, 2, 5, 2, 138), (HELP, 1, 0, 74, 0), ("Closed branch", 1, 1, 0, 0)]
    assert str(drawn.held_note(facts)) == "The 2 messages that changed hands."
    assert [row[:3] for row in cells(drawn.held_table(facts))] == [
        [DESK, "2", "6 d"], [HELP, "1", "3 d"], ["Closed branch", "1", "1 h"],
    ]  # fmt: skip


def test_the_answers_that_lay_inside_longest_are_named_by_number_and_team() -> None:
    facts = month([*LONG, *(wait(n, (DESK, 1), (HELP, 2), (DESK, n, "decided")) for n in range(1, 5))])
    rows = cells(drawn.untold_table(facts))
    assert rows[:3] == [
        ["3182", DESK, "5 d 18 h"], ["3554", "Membership", "not yet: 3 d 4 h"], ["3590", "Loans & collections", "25 h"],
    ]  # fmt: skip
    assert (len(rows), str(drawn.untold_more(facts))) == (6, "and 2 more, none of them longer.")
    assert str(drawn.untold_note(facts)) == "Over a day in 3 of 8."


def test_what_is_typical_is_said_from_ten_on_and_counts_who_was_not_told() -> None:
    known = [wait(n, (DESK, 1), (HELP, 2), (DESK, n, "decided")) for n in range(1, 10)]
    assert str(drawn.untold_note(month(known))) == "Over a day in 0 of 9."
    open_ = wait(10, (DESK, 1), (HELP, 2), (DESK, 10, "decided"), state="waiting")
    assert str(drawn.untold_note(month([*known, open_]))) == "Typically 5 h; over a day in 0 of 10."
    waiting = [replace(one, state="waiting", answered_at=None, as_of=one.answered_at) for one in known]
    assert month([*waiting, open_]).typically_untold.typical is None


def test_a_day_inside_is_not_over_a_day() -> None:
    facts = month([wait(1, (DESK, 1), (HELP, 2), (DESK, 24, "decided"))])
    assert facts.over_a_day == 0
    assert str(drawn.untold_note(month([wait(1, (DESK, 1), (HELP, 2))]))) == (
        "Nobody waited for an answer that was already known inside."
    )


def test_persons_are_not_named() -> None:
    plain_ = wait(1, (DESK, 2), (A_COLLEAGUE, 3))
    by_hand = replace(plain_, handoffs=tuple(replace(one, person="ann@desk.example") for one in plain_.handoffs))
    facts = month([by_hand])
    told = json.dumps(month_json(facts)) + repr(drawn.rows(facts)) + repr(drawn.held_table(facts))
    assert "ann" not in told
    assert str(drawn.rows(facts)[0].words[1]) == "a colleague 3 h"


def test_json_has_every_figure_and_its_lengths_add_up() -> None:
    found = json.loads(json.dumps(month_json(month(LONG))))
    assert (found["month"], found["from"], found["to"]) == ("2026-10", "2026-09-30T23:00:00Z", "2026-11-01T00:00:00Z")
    assert (found["waits"], found["changed_hands"], found["decided_not_told"]["over_a_day"]) == (5, 4, 3)
    assert [one["number"] for one in found["slowest"]] == [3182, 3338, 3413, 3554, 3590]
    assert all(sum(part["seconds"] for part in one["path"]) == one["seconds"] for one in found["slowest"])
    total = found["slowest_total"]
    assert total.pop("seconds") == sum(total.values()) == sum(one["seconds"] for one in found["slowest"])
    inside = found["decided_not_told"]["waits"]
    assert inside[1] == {"number": 3554, "team": "Membership", "seconds": 76 * 3600, "told": False}


# -- for all waits

HELD = st.tuples(st.sampled_from([*TEAMS, A_COLLEAGUE]), st.floats(0, 400))
STEPS: st.SearchStrategy[Step] = st.one_of(HELD, HELD.map(lambda held: (*held, "decided")))


@st.composite
def waits(draw: st.DrawFn) -> WaitFacts:
    """Answered or waiting, in any hands; a decided stretch never comes first."""
    steps: list[Step] = [draw(HELD), *draw(st.lists(STEPS, max_size=6))]
    return wait(draw(st.integers(1, 99)), *steps, state=draw(st.sampled_from(["answered", "waiting"])))


def held(one: TeamHeld) -> timedelta:
    return one.desk + one.elsewhere + one.decided


SHEETS = st.lists(waits(), max_size=9).map(month)


@given(SHEETS)
def test_no_time_is_lost_and_none_is_counted_twice(facts: MonthFacts) -> None:
    parts = facts.spent("desk") + facts.spent("elsewhere") + facts.spent("decided")
    assert parts == facts.total == sum((one.length for one in facts.slowest), timedelta(0))
    assert facts.over_a_day <= len(facts.untold) <= facts.passed_on <= facts.n
    assert sum((held(one) for one in facts.teams), timedelta(0)) >= sum((o.length for o in facts.untold), timedelta(0))


@given(SHEETS)
def test_the_headline_never_counts_more_than_there_is(facts: MonthFacts) -> None:
    found = re.search(r"For (\d+) of the ([\d,]+)", str(opening.headline(facts)))
    if found:
        assert int(found[1]) < int(found[2].replace(",", ""))


@given(SHEETS)
def test_no_bar_is_longer_than_the_longest(facts: MonthFacts) -> None:
    for row in drawn.rows(facts):
        assert sum(one.share for one in row.pieces) <= 100.001


@given(st.text(max_size=40), st.floats(0, 100))
def test_a_word_stands_only_where_it_has_room(text: str, share: float) -> None:
    assert drawn.label([text, ""], share) == (text if len(text) <= (4.1 * share - 10) / 6.3 else "")


def test_a_handoff_after_the_answer_changes_nothing() -> None:
    late = wait(1, (DESK, 5))
    after = replace(late, handoffs=(Handoff(late.opened_at + DAY, DESK, HELP, False),))
    assert month([after]) == month([late])
