"""The ladder played over history: at each look what `ladder.due` says, and never more than a person can read."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core import sending
from monitor.core.calendar import Calendar
from monitor.core.calendar import Span as Hours
from monitor.core.ladder import SNOOZE, Reminder, Step, Told, due
from monitor.core.lived import Lived
from monitor.core.report.figures import WaitFacts
from monitor.core.simulation import Letter, Looks, Rules, _Heard, replaying, settles
from monitor.core.simulation_figures import Span, outcome
from monitor.core.wait import Handoff

MONDAY = datetime(2024, 11, 11, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
END = MONDAY + 7 * DAY
ANN, BEN, EVA = (f"{name}@ours.example" for name in ("ann", "ben", "eva"))
TEAMS = {"Desk": (ANN, BEN), "Operations": (EVA,)}
OFFICE = Calendar(
    ZoneInfo("Europe/Rome"), "office-hours", frozenset({5, 6}), {d: (Hours(540, 1020),) for d in range(7)}
)
LOOKS = Looks(MONDAY, END, HOUR)
SPAN = Span(MONDAY, END - timedelta(seconds=1), MONDAY, ZoneInfo("UTC"))


def wait(
    opened: float,
    ended: float | None = None,
    within: timedelta = DAY,
    state: str = "answered",
    handoffs: Sequence[Handoff] = (),
    snoozes: Sequence[tuple[datetime, datetime | None]] = (),
    pauses: Sequence[tuple[datetime, datetime]] = (),
    team: str = "Desk",
    number: int = 1,
) -> Lived:
    """A wait by hours since Monday."""
    opened_at, ended_at = MONDAY + opened * HOUR, None if ended is None else MONDAY + ended * HOUR
    facts = WaitFacts(
        number=number,
        team=team,
        state="waiting" if ended is None else state,
        opened_at=opened_at,
        due_at=opened_at + within,
        answered_at=ended_at if state == "answered" else None,
        closed_at=None if state == "answered" else ended_at,
        evidence=None if ended is None else "strict" if state == "answered" else "closed",
        as_of=END,
        mailboxes=("info@ours.example",),
        handoffs=tuple(handoffs),
    )
    return Lived(facts, ended_at, tuple(snoozes), tuple(pauses))


def rules(
    *steps: Step,
    windows: Mapping[str, Calendar] | None = None,
    away: Mapping[str, tuple[datetime, datetime]] | None = None,
    pause: timedelta = HOUR,
) -> Rules:
    windows, away = windows or {}, away or {}

    def owners(_wait: Lived, handoff: Handoff | None, _moment: datetime) -> Sequence[str]:
        return list(dict.fromkeys([*TEAMS["Desk"], *(TEAMS[handoff.to_team] if handoff else ())]))

    def hears(recipients: Sequence[str], moment: datetime) -> dict[str, str]:
        there = {r: r for r in recipients if not (r in away and away[r][0] <= moment < away[r][1])}
        return there or {r: r for r in recipients}

    def warns(address: str, moment: datetime, due_at: datetime, now: datetime) -> datetime:
        if not now < moment < min(due_at, now + sending.EARLIEST + sending.LAST_HOUR):
            return moment
        return sending.warns(windows.get(address), moment, due_at)

    return Rules(
        steps=steps or (Step(),),
        teams=TEAMS,
        owners=owners,
        hears=hears,
        warns=warns,
        opens=lambda address, moment: sending.opens(windows.get(address), moment),
        turns=[turn for both in away.values() for turn in both],
        pause=pause,
    )


def asked_at_every_look(waits: Sequence[Lived], by: Rules, looks: Looks) -> list[Letter]:
    """The same without any thought of when something may have changed."""
    last: dict[int, dict[str, datetime]] = defaultdict(dict)
    claimed: dict[int, set[tuple[str, int, str]]] = defaultdict(set)
    heard: dict[int, dict[tuple[str, str], datetime]] = defaultdict(dict)
    written: dict[str, datetime] = {}
    sent = []
    count = (looks.last - looks.first) // looks.every
    for look in (looks.last - n * looks.every for n in range(count, -1, -1)):
        found: dict[str, list[Reminder]] = defaultdict(list)
        for n, each in enumerate(waits):
            owners = by.owners(each, each.handoff(look), look)
            if each.facts.opened_at > look or not each.is_waiting(look):
                continue
            for reminder in due(
                n,
                each.facts.due_at,
                by.steps,
                owners,
                look,
                Told(last[n], claimed[n], heard[n]),
                teams=by.teams,
                snoozed_until=each.snoozed_until(look),
                hears=lambda recipients, look=look: by.hears(recipients, look),  # type: ignore[misc]
                early=lambda who, moment, due_at, look=look: by.warns(who, moment, due_at, look),  # type: ignore[misc]
            ):
                found[reminder.via].append(reminder)
        for who, reminders in sorted(found.items()):
            if by.opens(who, look) > look or (who in written and look < written[who] + by.pause):
                continue
            for r in reminders:
                last[r.wait][r.recipient] = max(r.moment, last[r.wait].get(r.recipient, r.moment))
                claimed[r.wait].add((r.step, r.occurrence, r.recipient))
                heard[r.wait][r.step, r.recipient] = look
            written[who] = look
            sent.append(Letter(look, who, tuple(reminders)))
    return sent


def told(letters: Sequence[Letter]) -> set[tuple[datetime, str, frozenset[Reminder]]]:
    return {(letter.at, letter.recipient, frozenset(letter.reminders)) for letter in letters}


_moments = st.integers(0, 150)
_later = st.tuples(_moments, st.integers(1, 60))
_waits = st.builds(
    lambda opened, lasts, handed, snooze, pause: wait(
        opened,
        None if lasts is None else opened + lasts,
        handoffs=[] if handed is None else [Handoff(MONDAY + (opened + handed) * HOUR, "Desk", "Operations", False)],
        snoozes=[(MONDAY + snooze[0] * HOUR, MONDAY + sum(snooze) * HOUR)] if snooze else [],
        pauses=[(MONDAY + pause[0] * HOUR, MONDAY + sum(pause) * HOUR)] if pause else [],
    ),
    st.integers(-50, 140) | st.floats(0, 140, allow_nan=False),
    st.none() | st.integers(1, 120),
    st.none() | st.integers(1, 60),
    st.none() | _later,
    st.none() | _later,
)
_steps = st.lists(
    st.builds(
        Step,
        st.sampled_from([-20, -4, 0, 7, 48]).map(lambda hours: hours * HOUR),
        st.sampled_from([("owners",), ("Operations",), (BEN, "owners")]),
        st.none() | st.sampled_from([5, 24, 36]).map(lambda hours: hours * HOUR),
    ),
    min_size=1,
    max_size=3,
)
_rules = st.builds(
    lambda steps, windows, away: rules(
        *steps,
        windows=dict.fromkeys(windows, OFFICE),
        away={who: (MONDAY + when[0] * HOUR, MONDAY + sum(when) * HOUR) for who, when in away.items()},
    ),
    _steps,
    st.sets(st.sampled_from([ANN, BEN, EVA])),
    st.dictionaries(st.sampled_from([ANN, BEN]), _later, max_size=2),
)


@given(st.lists(_waits, max_size=5), _rules, st.sampled_from([HOUR, 3 * HOUR, timedelta(minutes=20)]))
def test_to_ask_only_where_something_may_have_changed_is_to_ask_at_every_look(
    waits: list[Lived], by: Rules, every: timedelta
) -> None:
    looks = Looks(MONDAY, END, every)
    letters = list(replaying(waits, by, looks))
    assert told(letters) == told(asked_at_every_look(waits, by, looks))
    for who in {letter.recipient for letter in letters}:
        mine = [letter.at for letter in letters if letter.recipient == who]
        assert all(later - sooner >= HOUR for sooner, later in pairwise(mine))


@given(
    st.lists(st.tuples(st.integers(0, 150), st.none() | st.integers(1, 120)), max_size=6),
    st.integers(1, 60),
    st.integers(0, 60),
)
def test_a_longer_promise_never_has_more_reminders(
    lives: list[tuple[int, int | None]], within: int, longer: int
) -> None:
    by = rules(Step(repeat=None), pause=timedelta(0))

    def reminders(hours: int) -> int:
        waits = [wait(at, None if n is None else at + n, hours * HOUR) for at, n in lives]
        return sum(len(letter.reminders) for letter in replaying(waits, by, LOOKS))

    assert reminders(within + longer) <= reminders(within)


def test_a_replay_that_begins_in_the_middle_agrees_with_the_whole_once_it_has_settled() -> None:
    by = rules(Step(), Step(3 * DAY, ("Operations",), 2 * DAY))
    waits = [wait(-1000), wait(-31 * 24 + 7)]
    whole = list(replaying(waits, by, Looks(MONDAY - 60 * DAY, END, HOUR)))
    middle = list(replaying(waits, by, Looks(MONDAY - settles(by.steps), END, HOUR)))
    assert told([x for x in whole if x.at >= MONDAY]) == told([x for x in middle if x.at >= MONDAY]) != set()


def test_one_step_written_twice_is_asked_at_every_look_of_both() -> None:
    warning = Step(-4 * HOUR, repeat=5 * HOUR)
    by = rules(warning, replace(warning, repeat=None), windows={ANN: OFFICE})
    assert warning.name == by.steps[1].name
    letters = list(replaying([wait(0)], by, LOOKS))
    assert told(letters) == told(asked_at_every_look([wait(0)], by, LOOKS))
    assert {letter.at for letter in letters if letter.recipient == ANN} > {MONDAY + 35 * HOUR}


def test_what_waits_for_the_window_is_dropped_when_it_is_over_by_then() -> None:
    by, night = rules(windows=dict.fromkeys(TEAMS["Desk"], OFFICE)), 20
    in_the_morning = MONDAY + 2 * DAY + 8 * HOUR
    waits = [
        wait(night),
        wait(night, night + 24 + 6),
        wait(night, pauses=[(MONDAY + (night + 30) * HOUR, MONDAY + 90 * HOUR)]),
    ]
    first = [letter for letter in replaying(waits, by, LOOKS) if letter.at == in_the_morning]
    assert {(letter.recipient, tuple(r.wait for r in letter.reminders)) for letter in first} == {
        (ANN, (0,)),
        (BEN, (0,)),
    }


def test_what_was_said_a_thousand_times_is_not_remembered_a_thousand_times() -> None:
    heard = _Heard()
    for n in range(1000):
        heard.add(Reminder(0, "0h.owners", n, ANN, MONDAY + n * DAY, ANN), MONDAY + n * DAY, keeps_all=False)
    assert heard.claimed == {("0h.owners", 0, ANN)}


def test_what_falls_due_within_an_hour_of_a_letter_stands_in_the_next_one() -> None:
    looks = Looks(MONDAY, END, timedelta(minutes=5))
    letters = list(replaying([wait(0), wait(0.2), wait(0.4)], rules(Step(repeat=None)), looks))
    first = [(letter.at - MONDAY - DAY, len(letter.reminders)) for letter in letters if letter.recipient == ANN]
    assert first == [(timedelta(0), 1), (HOUR, 2)]


def test_the_end_of_a_snooze_is_told_and_nothing_within_it() -> None:
    snoozed = wait(0, snoozes=[(MONDAY + 20 * HOUR, MONDAY + 50 * HOUR)])
    letters = [x for x in replaying([snoozed], rules(), LOOKS) if x.recipient == ANN]
    assert (letters[0].at, letters[0].reminders[0].step) == (MONDAY + 50 * HOUR, SNOOZE)


def test_letters_are_counted_by_person_and_day() -> None:
    waits = [wait(0, number=1), wait(5, number=2), wait(30, 200, number=3)]
    found = outcome(waits, replaying(waits, rules(Step(repeat=None)), LOOKS), SPAN, ["Desk"], 90, {})
    ann = found.recipients[0]
    assert (ann.recipient, ann.letters, ann.days, ann.most, ann.busiest) == (ANN, 3, 2, 2, date(2024, 11, 12))
    assert (ann.typical, found.total.letters, found.steps) == (0, 6, (("0h.owners", 6),))


@pytest.mark.parametrize(
    ("ended", "state", "idle"),
    [
        (24.5, "answered", 2),
        (25, "answered", 2),
        (26, "answered", 0),
        (100, "no_reply_needed", 2),
        (100, "excused", 2),
        (None, "answered", 0),
    ],
)
def test_a_reminder_is_a_false_alarm_if_answered_within_the_hour_or_closed_later(
    ended: float | None, state: str, idle: int
) -> None:
    waits = [wait(0, ended, state=state)]
    found = outcome(waits, replaying(waits, rules(Step(repeat=None)), LOOKS), SPAN, ["Desk"], 90, {})
    assert (found.idle, found.reminders) == (idle, 2)


@given(st.lists(st.tuples(st.integers(0, 140), st.none() | st.integers(1, 60)), max_size=20))
def test_teams_add_up_and_few_have_no_percentage(lives: list[tuple[int, int | None]]) -> None:
    waits = [
        replace(each, facts=replace(each.facts, team=("Desk", "Elsewhere")[n % 2]))
        for n, each in enumerate(wait(at, None if n is None else at + n) for at, n in lives)
    ]
    found = outcome(waits, [], SPAN, ["Desk"], 90, {"Desk": 50})
    assert sum(kept.rate.n for kept in found.teams) == found.overall.rate.n
    assert sum(kept.late_now for kept in found.teams) == found.overall.late_now <= found.overall.late
    for kept in (*found.teams, found.overall):
        assert (kept.rate.percent is None) == (kept.interval is None) == (kept.rate.n < 10)
        if kept.interval and kept.rate.percent is not None:
            assert kept.interval[0] <= kept.rate.percent <= kept.interval[1]
