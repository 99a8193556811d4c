"""Where the time went: every moment of a wait is held by one team, and nothing restarts the clock."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.house import A_COLLEAGUE
from monitor.core.report.figures import WaitFacts
from monitor.core.report.path import Kept, changed_hands, passed_on, path, stretches, untold
from monitor.core.wait import Handoff
from monitor.core.waits import fold
from tests.core.situations import HOUSE, MONDAY, at, talk

HOUR = timedelta(hours=1)
FRONT, EVENTS, IT = "Front desk", "Events", "IT"
TEAMS = (FRONT, EVENTS, IT)


def hour(hours: float) -> datetime:
    """So many hours after the wait opened."""
    return MONDAY + hours * HOUR


def moved(row: str) -> Handoff:
    """`3 Front desk → IT`; with a `!` at the end it was decided."""
    when, _, way = row.rstrip("!").partition(" ")
    from_, to = way.split(" → ")
    return Handoff(hour(float(when)), from_, to, row.endswith("!"))


def wait(length: float = 10, rows: Sequence[str] = (), team: str = FRONT, state: str = "answered") -> WaitFacts:
    """A wait of so many hours: answered then, or known till then."""
    end, answered = hour(length), state == "answered"
    handoffs = tuple(map(moved, rows))
    return WaitFacts(
        7, team, state, MONDAY, hour(24), end if answered else None, None, None if answered else end, handoffs=handoffs
    )


def told(of: WaitFacts) -> str:
    """`Front desk 3, IT 4 elsewhere`."""
    marks = {"desk": "", "elsewhere": " elsewhere", "decided": " decided"}
    return ", ".join(f"{s.team} {s.length / HOUR:g}{marks[s.held]}" for s in path(of))


ASKED, TOLD = f"3 {FRONT} → {IT}", f"7 {IT} → {FRONT}!"


@pytest.mark.parametrize(
    ("what", "rows", "way"),
    [
        ("nobody else had it", [], "Front desk 10"),
        ("passed on and answered there", [ASKED], "Front desk 3, IT 7 elsewhere"),
        ("decided, and told at last", [ASKED, TOLD], "Front desk 3, IT 4 elsewhere, Front desk 3 decided"),
        ("a colleague told it unasked", [TOLD], "Front desk 7, Front desk 3 decided"),
        ("told twice: known since the first", [ASKED, TOLD, f"8 {EVENTS} → {FRONT}!"],
         "Front desk 3, IT 4 elsewhere, Front desk 3 decided"),
        ("given to one of the desk, to tell it", [ASKED, TOLD, f"8 {FRONT} → {FRONT}"],
         "Front desk 3, IT 4 elsewhere, Front desk 3 decided"),
        ("what came back was no answer: another was asked", [ASKED, TOLD, f"8 {FRONT} → {EVENTS}"],
         "Front desk 3, IT 4 elsewhere, Front desk 1, Events 2 elsewhere"),
        ("handed back by hand", [ASKED, f"7 {IT} → {FRONT}"], "Front desk 3, IT 4 elsewhere, Front desk 3"),
        ("from one to the next", [ASKED, f"5 {IT} → {EVENTS}"], "Front desk 3, IT 2 elsewhere, Events 5 elsewhere"),
        ("asked again and again", [ASKED, f"5 {FRONT} → {IT}"], "Front desk 3, IT 7 elsewhere"),
        ("to a colleague of no team", [f"3 {FRONT} → {A_COLLEAGUE}"], "Front desk 3, a colleague 7 elsewhere"),
        ("at once", [f"0 {FRONT} → {IT}"], "IT 10 elsewhere"),
        ("stamped before it opened", [f"-5 {FRONT} → {IT}"], "IT 10 elsewhere"),
        ("stamped after the end", [f"10 {FRONT} → {IT}", f"11 {IT} → {EVENTS}"], "Front desk 10"),
        ("an asking after the end takes no answer back", [ASKED, TOLD, f"12 {FRONT} → {EVENTS}"],
         "Front desk 3, IT 4 elsewhere, Front desk 3 decided"),
        ("stamped before the one it follows", [f"5 {FRONT} → {IT}", f"4 {IT} → {EVENTS}"],
         "Front desk 5, Events 5 elsewhere"),
    ],
)  # fmt: skip
def test_who_held_it_for_how_long(what: str, rows: list[str], way: str) -> None:
    assert told(wait(rows=rows)) == way, what


@pytest.mark.parametrize("state", ["no_reply_needed", "excused"])
def test_what_has_no_length_was_held_by_nobody(state: str) -> None:
    unknown = replace(wait(rows=[ASKED]), answered_at=None)
    never_seen = replace(wait(rows=[ASKED], state="waiting"), as_of=None)
    closed = replace(wait(rows=[ASKED]), state=state, closed_at=hour(5))
    assert [path(each) for each in (unknown, never_seen, closed)] == [(), (), ()]
    hands = changed_hands([unknown, never_seen, closed], [], TEAMS, 13)
    assert hands is not None
    assert (hands.passed_on.n, hands.kept.n, hands.routes, hands.teams, hands.untold) == (0, 0, (), (), ())


HANDOFFS = st.lists(
    st.builds(
        Handoff,
        st.integers(-5, 30).map(hour),
        st.sampled_from((*TEAMS, A_COLLEAGUE)),
        st.sampled_from((*TEAMS, A_COLLEAGUE)),
        st.booleans(),
    ),
    max_size=8,
)


@given(HANDOFFS, st.integers(0, 24), st.sampled_from(TEAMS))
def test_stretches_fill_a_wait_without_gap_or_overlap(handoffs: list[Handoff], length: int, team: str) -> None:
    found = stretches(team, MONDAY, hour(length), handoffs)
    assert sum((s.length for s in found), timedelta(0)) == length * HOUR
    assert all(s.length > timedelta(0) for s in found)
    edges = [MONDAY, *(s.until for s in found)]
    assert [s.since for s in found] == edges[:-1]
    assert edges[-1] == hour(length)
    assert all((a.team, a.held) != (b.team, b.held) for a, b in itertools.pairwise(found))
    assert all(s.team != team for s in found if s.held == "elsewhere")
    assert all(s.team == team for s in found if s.held == "desk")


WAITS = st.lists(
    st.builds(
        lambda handoffs, length, team, state: replace(wait(length, (), team, state), handoffs=tuple(handoffs)),
        HANDOFFS,
        st.integers(0, 24),
        st.sampled_from(TEAMS),
        st.sampled_from(("answered", "waiting", "excused")),
    ),
    max_size=6,
)


@given(WAITS, st.permutations(TEAMS))
def test_the_teams_together_held_all_that_was_waited(waits: list[WaitFacts], order: list[str]) -> None:
    kept = [Kept(IT, MONDAY, HOUR, True)]
    hands = changed_hands(waits, kept, order, 13)
    assert hands is not None
    waited = sum((length[0] for w in waits if (length := w.length())), HOUR)
    assert sum((t.desk + t.elsewhere + t.decided for t in hands.teams), timedelta(0)) == waited
    assert hands.passed_on.n + hands.kept.n == 1 + sum(w.length() is not None for w in waits)
    known = [t.team for t in hands.teams if t.team in order]
    assert known == [t for t in order if t in known], "never ranked"
    assert [t.team for t in hands.teams][len(known) :] in ([], [A_COLLEAGUE])
    decided = sum((t.decided for t in hands.teams), timedelta(0))
    assert sum((u.length for u in hands.untold), timedelta(0)) == decided
    assert sum(r.times for r in hands.routes) == sum(len(passed_on(w)) for w in waits)


@pytest.mark.parametrize(
    ("what", "rows", "ways"),
    [
        ("on and back", [ASKED, TOLD], [(FRONT, IT)]),
        ("on, back, and on again", [ASKED, TOLD, f"8 {FRONT} → {IT}"], [(FRONT, IT), (FRONT, IT)]),
        ("asked again and again", [ASKED, f"5 {FRONT} → {IT}"], [(FRONT, IT)]),
        ("on by who had it", [ASKED, f"5 {A_COLLEAGUE} → {EVENTS}"], [(FRONT, IT), (IT, EVENTS)]),
        ("two asked by the desk", [ASKED, f"5 {FRONT} → {EVENTS}"], [(FRONT, IT), (FRONT, EVENTS)]),
        ("handed back by hand", [ASKED, f"5 {IT} → {FRONT}"], [(FRONT, IT)]),
        ("after the answer", [f"11 {FRONT} → {IT}"], []),
        ("told unasked", [TOLD], []),
    ],
)
def test_what_was_passed_on(what: str, rows: list[str], ways: list[tuple[str, str]]) -> None:
    assert passed_on(wait(rows=rows)) == ways, what


def test_routes_tell_the_typical_whole_wait_and_open_ones_count_as_long_as_known() -> None:
    many = [wait(n, [f"0.5 {FRONT} → {IT}"]) for n in range(1, 9)]
    open_ = [wait(20, [f"0.5 {FRONT} → {IT}", f"1 {IT} → {EVENTS}"], state="waiting")] * 9
    hands = changed_hands([*many, *open_], [Kept(FRONT, MONDAY, n * HOUR, True) for n in (1, 2, 9)], TEAMS, 13)
    assert hands is not None
    first, second = hands.routes
    # Of 17 only 8 have ended, so that the curve stays above a half.
    assert (first.from_team, first.to_team, first.times, first.waits) == (FRONT, IT, 17, 17)
    assert (first.typical, first.longest_known, first.is_blank) == (None, 20 * HOUR, False)
    assert (second.from_team, second.to_team, second.times, second.typical) == (IT, EVENTS, 9, None)
    assert (hands.kept.n, hands.kept.typical, hands.kept.is_blank) == (3, 2 * HOUR, True)


def test_an_answer_that_lies_inside_is_told_longest_first() -> None:
    short, long = wait(8, [ASKED, TOLD]), replace(wait(90, [ASKED, TOLD], state="waiting"), number=8)
    found = [(u.number, u.team, u.length, u.told) for u in untold([short, wait(), wait(rows=[ASKED]), long])]
    assert found == [(8, FRONT, 83 * HOUR, False), (7, FRONT, HOUR, True)]


def test_in_a_house_of_one_team_nothing_changes_hands() -> None:
    assert changed_hands([wait(rows=[ASKED])], [], (FRONT,), 13) is None


def test_the_way_of_a_conversation_from_the_desk_to_a_colleague_and_back() -> None:
    rows = ["10:00 Ann → info", "12:00 info → ops", "15:00 ops → info", "Tue 10:00 info → Ann"]
    (one,) = fold(talk(*rows), HOUSE).waits
    found = stretches("Information", one.opened_at, at("Tue 10:00"), one.handoffs)
    assert [(s.team, s.length / HOUR, s.held) for s in found] == [
        ("Information", 2, "desk"),
        ("Operations", 3, "elsewhere"),
        ("Information", 19, "decided"),
    ]
