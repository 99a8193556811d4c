"""The ladder: whom to remind, and when. An obligation exists at most once; nothing fires twice or for the past."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.durations import parse_duration
from monitor.core.ladder import Reminder, Step, Told, coming, due
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
    assert said(due(1, DUE, map(step, steps), OWNERS[:1], at(as_of), Told({}))) == expected, what


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
    assert said(due(1, DUE, [step(FIRST)], OWNERS[:1], at(as_of), Told({OWNERS[0]: at(last)}))) == expected, what


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
    found = due(1, DUE, [step(FIRST)], OWNERS[:1], at(as_of), Told({OWNERS[0]: at("Mon 10:00")}, claimed))
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
    assert min(moment for moment, _ in coming(DUE, [step(WARN), step(FIRST)], at(as_of))) == at(expected)


def test_no_reminder_follows_the_last_step() -> None:
    assert list(coming(DUE, [step(WARN), step(BOSS)], at("Sat 10:00"))) == []
    assert list(coming(DUE, [], MONDAY)) == []


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
    reminders = due(1, DUE, steps, OWNERS, as_of, Told(last))
    assert len({r.recipient for r in reminders}) == len(reminders)
    for each in reminders:
        assert each.moment <= as_of
        assert each.recipient not in last or each.moment > last[each.recipient]
        assert any(each.step == s.name and each.recipient in s.recipients(OWNERS) for s in steps)


@given(_steps, _moments)
def test_once_claimed_nothing_is_due_until_the_next_moment(steps: list[Step], as_of: datetime) -> None:
    last = {r.recipient: r.moment for r in due(1, DUE, steps, OWNERS, as_of, Told({}))}
    assert due(1, DUE, steps, OWNERS, as_of, Told(last)) == []
    moment = min((moment for moment, _ in coming(DUE, steps, as_of)), default=None)
    if moment is None:
        assert due(1, DUE, steps, OWNERS, as_of + timedelta(days=365), Told(last)) == []
    else:
        assert moment > as_of
        assert due(1, DUE, steps, OWNERS, moment - timedelta(seconds=1), Told(last)) == []
        assert any(r.moment == moment for r in due(1, DUE, steps, OWNERS, moment, Told(last)))


@given(_steps, st.lists(_moments, min_size=1, max_size=8))
def test_however_often_we_look_nobody_is_reminded_twice_of_one_moment(steps: list[Step], looks: list[datetime]) -> None:
    last: dict[str, datetime] = {}
    sent: list[tuple[str, datetime]] = []
    for as_of in looks:
        for each in due(1, DUE, steps, OWNERS, as_of, Told(last)):
            sent.append((each.recipient, each.moment))
            last[each.recipient] = each.moment
    assert len(set(sent)) == len(sent)


TEAMS = {"Events": ("eva@ours.example",), "Front desk": OWNERS}


def test_a_step_may_name_teams_and_stays_the_same_when_their_owners_change() -> None:
    both = step("4h → Events, owners once")
    assert both.recipients(OWNERS[:1], TEAMS) == ("eva@ours.example", OWNERS[0])
    found = due(1, DUE, [both], OWNERS[:1], at("Tue 14:00"), Told({}), teams=TEAMS)
    assert said(found) == ["eva 4h.Events+owners #0 Tue 14:00", "olga 4h.Events+owners #0 Tue 14:00"]
    new = {"Events": ("eva@ours.example", "new@ours.example")}
    told = Told({r.recipient: r.moment for r in found}, {(r.step, r.occurrence, r.recipient) for r in found})
    again = due(1, DUE, [both], OWNERS[:1], at("Tue 15:00"), told, teams=new)
    assert said(again) == ["new 4h.Events+owners #0 Tue 14:00"]


ONCE = "0h → owners once"


@pytest.mark.parametrize(
    ("what", "steps", "until", "as_of", "told", "expected"),
    [
        ("while it is snoozed nobody hears", [FIRST], "Tue 12:00", "Tue 11:59", None, []),
        ("at its end it falls due again though nothing repeats", [ONCE], "Wed 09:00", "Wed 09:00", "Tue 10:00",
         ["olga snooze Wed 09:00"]),
        ("once", [ONCE], "Wed 09:00", "Thu 09:00", "Wed 09:00", []),
        ("snoozed after a warning the ladder goes on", [WARN, FIRST], "Tue 08:00", "Tue 10:00", "Tue 08:00",
         ["olga 0h.owners Tue 10:00"]),
        ("snoozed before anything was due nothing is", [FIRST], "Tue 08:00", "Tue 09:00", None, []),
        ("a repeat just after its end is left out", [FIRST], "Wed 09:00", "Wed 10:00", "Wed 09:00", []),
        ("the one after that comes", [FIRST], "Wed 09:00", "Thu 10:00", "Wed 09:00", ["olga 0h.owners Thu 10:00"]),
        ("who would have heard meanwhile hears at its end", [ONCE, BOSS], "Thu 09:00", "Thu 09:00", "Tue 10:00",
         ["olga snooze Thu 09:00", "boss snooze Thu 09:00"]),
        ("who is not due yet does not", [ONCE, BOSS], "Wed 09:00", "Wed 09:00", "Tue 10:00", ["olga snooze Wed 09:00"]),
    ],
)  # fmt: skip
def test_what_a_snooze_does(
    what: str, steps: list[str], until: str, as_of: str, told: str | None, expected: list[str]
) -> None:
    last = Told({OWNERS[0]: at(told)} if told else {})
    found = due(1, DUE, map(step, steps), OWNERS[:1], at(as_of), last, snoozed_until=at(until))
    told_now = [f"{r.recipient.partition('@')[0]} {r.step} {clock(r.moment)}" for r in found]
    assert sorted(told_now) == sorted(expected), what


def test_what_a_substitute_was_told_is_not_told_again_on_return_but_the_next_occurrence_is() -> None:
    olga, sue = OWNERS[0], "sue@ours.example"
    (away,) = due(1, DUE, [step(FIRST)], [olga], at("Tue 10:00"), Told({}), hears=lambda to: dict.fromkeys(to, sue))
    assert (away.recipient, away.via) == (olga, sue)
    told = Told({olga: away.moment}, {(away.step, away.occurrence, olga)})
    assert due(1, DUE, [step(FIRST)], [olga], at("Tue 18:00"), told) == []
    assert said(due(1, DUE, [step(FIRST)], [olga], at("Wed 10:00"), told)) == ["olga 0h.owners #1 Wed 10:00"]


def test_who_was_told_as_an_owner_is_not_told_again_as_a_substitute() -> None:
    olga, otto = OWNERS
    told = Told({otto: at("Tue 10:00")}, {("0h.owners", 0, otto)})
    found = due(1, DUE, [step(FIRST)], OWNERS, at("Tue 12:00"), told, hears=lambda to: dict.fromkeys(to, otto))
    assert found == []
    found = due(1, DUE, [step(FIRST)], OWNERS, at("Wed 12:00"), told, hears=lambda to: dict.fromkeys(to, otto))
    assert [(r.recipient, r.via) for r in found] == [(olga, otto), (otto, otto)]


def test_a_warning_brought_forward_is_told_once() -> None:
    evening = at("Mon 17:00")
    found = due(1, DUE, [step(WARN)], OWNERS[:1], at("Mon 17:30"), Told({}), early=lambda _r, _m, _d: evening)
    assert said(found) == ["olga -4h.owners #0 Mon 17:00"]
    told = Told({OWNERS[0]: evening}, {("-4h.owners", 0, OWNERS[0])})
    assert due(1, DUE, [step(WARN)], OWNERS[:1], at("Tue 06:00"), told) == []


@given(_steps, st.lists(_moments, min_size=1, max_size=8), _moments)
def test_a_snooze_silences_till_its_end_and_is_told_once(
    steps: list[Step], looks: list[datetime], until: datetime
) -> None:
    last: dict[str, datetime] = {}
    claimed: list[tuple[str, int, str]] = []
    for as_of in sorted(looks):
        for each in due(1, DUE, steps, OWNERS, as_of, Told(last, claimed), snoozed_until=until):
            assert as_of >= until
            claimed.append((each.step, each.occurrence, each.recipient))
            last[each.recipient] = each.moment
    assert len(set(claimed)) == len(claimed)
    climbed = {r for s in steps if DUE + s.after <= until for r in s.recipients(OWNERS)}
    assert climbed <= last.keys() or max(looks) < until, "nobody who was reminded is forgotten"


def test_a_repeat_soon_after_a_letter_that_came_late_waits_half_its_time() -> None:
    olga = OWNERS[0]
    told = Told({olga: at("Tue 10:00")}, {("0h.owners", 0, olga)}, {("0h.owners", olga): at("Wed 09:00")})
    for soon in ("Wed 10:00", "Wed 20:59"):
        assert due(1, DUE, [step(FIRST)], OWNERS[:1], at(soon), told) == [], soon
    assert said(due(1, DUE, [step(FIRST)], OWNERS[:1], at("Wed 21:00"), told)) == ["olga 0h.owners #1 Wed 10:00"]
    found = due(1, DUE, [step(FIRST), step(BOSS)], OWNERS[:1], at("Wed 10:00"), told)
    assert said(found) == ["boss 24h.boss@ours.example #0 Wed 10:00"], "who has not heard does not wait"


def test_after_a_snooze_the_next_letter_is_not_the_repeat_that_is_left_out() -> None:
    woken = at("Wed 09:00")
    assert [clock(moment) for moment, _ in coming(DUE, [step(FIRST)], woken, woken)] == ["Thu 10:00"]
    assert [clock(moment) for moment, _ in coming(DUE, [step(FIRST)], at("Wed 11:00"), woken)] == ["Thu 10:00"]
    assert [clock(moment) for moment, _ in coming(DUE, [step(FIRST)], woken)] == ["Wed 10:00"]
