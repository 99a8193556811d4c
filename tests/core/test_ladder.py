"""The ladder: whom to remind, and when. An obligation exists at most once; nothing fires twice or for the past."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.durations import parse_duration
from monitor.core.ladder import Reminder, Step, due, next_after
from tests.core.situations import MONDAY, at, clock

DUE = at("Tue 10:00")
OWNERS = ("olga@ours.example", "otto@ours.example")


def step(text: str) -> Step:
    """`"2h → owners, boss@x every 24h"`, `"-4h → owners once"`."""
    after, _, rest = text.partition(" → ")
    to, _, repeat = rest.rpartition(" every ") if " every " in rest else (rest.removesuffix(" once"), "", "")
    return Step(parse_duration(after), tuple(to.split(", ")), parse_duration(repeat) if repeat else None)


def said(reminders: Sequence[Reminder]) -> list[str]:
    """`"olga 0h.owners #1 Wed 10:00"`."""
    return [f"{r.recipient.partition('@')[0]} {r.step} #{r.occurrence} {clock(r.moment)}" for r in reminders]


WARN, FIRST, BOSS = "-4h → owners once", "0h → owners every 24h", "24h → boss@ours.example once"


@pytest.mark.parametrize(
    ("what", "steps", "as_of", "expected"),
    [
        ("before anything is due", [FIRST], "Tue 09:59", []),
        ("at the very moment", [FIRST], "Tue 10:00", ["olga 0h.owners #0 Tue 10:00"]),
        ("a negative step warns before", [WARN, FIRST], "Tue 06:00", ["olga -4h.owners #0 Tue 06:00"]),
        ("the later step goes first", [WARN, FIRST], "Tue 11:00", ["olga 0h.owners #0 Tue 10:00"]),
        ("whichever way they are written", [FIRST, WARN], "Tue 11:00", ["olga 0h.owners #0 Tue 10:00"]),
        ("again every 24 h", [FIRST], "Wed 10:00", ["olga 0h.owners #1 Wed 10:00"]),
        ("after days down only the latest", [FIRST], "Sat 09:00", ["olga 0h.owners #3 Fri 10:00"]),
        (
            "a step that does not repeat is due for good",
            [BOSS],
            "Sat 09:00",
            ["boss 24h.boss@ours.example #0 Wed 10:00"],
        ),
        (
            "one for each who must hear of it",
            [FIRST, BOSS],
            "Wed 12:00",
            ["olga 0h.owners #1 Wed 10:00", "boss 24h.boss@ours.example #0 Wed 10:00"],
        ),
    ],
)
def test_what_is_due(what: str, steps: list[str], as_of: str, expected: list[str]) -> None:
    assert said(due(1, DUE, map(step, steps), OWNERS[:1], at(as_of), {})) == expected, what


@pytest.mark.parametrize(
    ("what", "last", "as_of", "expected"),
    [
        ("already reminded of this", "Tue 10:00", "Wed 09:59", []),
        ("the next occurrence", "Tue 10:00", "Wed 10:00", ["olga 0h.owners #1 Wed 10:00"]),
        ("what lies before the last one never fires", "Wed 09:00", "Wed 09:59", []),
        ("a shorter target moved the past: nothing again", "Fri 10:00", "Thu 10:00", []),
    ],
)
def test_what_is_due_after_an_earlier_reminder(what: str, last: str, as_of: str, expected: list[str]) -> None:
    assert said(due(1, DUE, [step(FIRST)], OWNERS[:1], at(as_of), {OWNERS[0]: at(last)})) == expected, what


@pytest.mark.parametrize(
    ("what", "as_of", "expected"),
    [
        ("the first one, due again, was sent already", "Tue 10:00", []),
        ("until the next occurrence", "Wed 09:59", []),
        ("which is due by the new promise", "Wed 10:00", ["olga 0h.owners #1 Wed 10:00"]),
    ],
)
def test_a_target_made_longer_after_the_first_reminder(what: str, as_of: str, expected: list[str]) -> None:
    claimed = {("0h.owners", 0, OWNERS[0])}
    found = due(1, DUE, [step(FIRST)], OWNERS[:1], at(as_of), {OWNERS[0]: at("Mon 10:00")}, claimed)
    assert said(found) == expected, what


def test_who_hears_of_a_step_hears_once() -> None:
    both = step(f"0h → owners, boss@ours.example, {OWNERS[1]} once")
    assert both.recipients(OWNERS) == (*OWNERS, "boss@ours.example")
    assert both.name == f"0h.owners+boss@ours.example+{OWNERS[1]}"


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        ("Mon 10:00", "Tue 06:00"),
        ("Tue 06:00", "Tue 10:00"),
        ("Tue 10:00", "Wed 10:00"),
        ("Thu 12:00", "Fri 10:00"),
    ],
)
def test_when_the_next_reminder_comes(as_of: str, expected: str) -> None:
    following = next_after(DUE, [step(WARN), step(FIRST)], at(as_of))
    assert following is not None
    assert following[0] == at(expected)


def test_no_reminder_follows_the_last_step() -> None:
    assert next_after(DUE, [step(WARN), step(BOSS)], at("Sat 10:00")) is None
    assert next_after(DUE, [], MONDAY) is None


_hours = st.integers(-48, 96).map(lambda h: timedelta(hours=h))
_steps = st.lists(
    st.builds(
        Step,
        after=_hours,
        to=st.lists(st.sampled_from(["owners", "boss@ours.example", OWNERS[0]]), min_size=1, max_size=2).map(tuple),
        repeat=st.none() | st.integers(1, 48).map(lambda h: timedelta(hours=h)),
    ),
    max_size=4,
)
_moments = st.integers(-72, 240).map(lambda h: DUE + timedelta(hours=h))


@given(_steps, _moments, st.dictionaries(st.sampled_from(OWNERS), _moments))
def test_at_most_one_a_recipient_due_already_and_later_than_their_last(
    steps: list[Step], as_of: datetime, last: dict[str, datetime]
) -> None:
    reminders = due(1, DUE, steps, OWNERS, as_of, last)
    assert len({r.recipient for r in reminders}) == len(reminders)
    for each in reminders:
        assert each.moment <= as_of
        assert each.recipient not in last or each.moment > last[each.recipient]
        assert any(each.step == s.name and each.recipient in s.recipients(OWNERS) for s in steps)


@given(_steps, _moments)
def test_once_claimed_nothing_is_due_until_the_next_moment(steps: list[Step], as_of: datetime) -> None:
    last = {r.recipient: r.moment for r in due(1, DUE, steps, OWNERS, as_of, {})}
    assert due(1, DUE, steps, OWNERS, as_of, last) == []
    following = next_after(DUE, steps, as_of)
    if following is None:
        assert due(1, DUE, steps, OWNERS, as_of + timedelta(days=365), last) == []
    else:
        moment, _ = following
        assert moment > as_of
        assert due(1, DUE, steps, OWNERS, moment - timedelta(seconds=1), last) == []
        assert any(r.moment == moment for r in due(1, DUE, steps, OWNERS, moment, last))


@given(_steps, st.lists(_moments, min_size=1, max_size=8))
def test_however_often_we_look_nobody_is_reminded_twice_of_one_moment(steps: list[Step], looks: list[datetime]) -> None:
    last: dict[str, datetime] = {}
    sent: list[tuple[str, datetime]] = []
    for as_of in looks:
        for each in due(1, DUE, steps, OWNERS, as_of, last):
            sent.append((each.recipient, each.moment))
            last[each.recipient] = each.moment
    assert len(set(sent)) == len(sent)
