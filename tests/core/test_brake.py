"""The brake: an unusual share that becomes late at once makes us doubt what we see; a weekend, or a slow desk, not."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.brake import HOLDS, Brake, brake
from monitor.core.report.figures import WaitFacts

MONDAY = datetime(2024, 11, 11, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LONG_AGO = MONDAY - 60 * DAY
TODAY = MONDAY + 2 * DAY
"""A Wednesday: what was asked on Tuesday falls due."""


def wait(asked: datetime, answered: timedelta | None) -> WaitFacts:
    state = "waiting" if answered is None else "answered"
    when = None if answered is None else asked + answered
    return WaitFacts(1, "Desk", state, asked, asked + DAY, when, None, None)


def day(date: datetime, count: int, kept: int) -> list[WaitFacts]:
    """So many who ask from 08:00 on, every half hour; the first `kept` are answered after one hour."""
    return [wait(date + 8 * HOUR + n * HOUR / 2, HOUR if n < kept else None) for n in range(count)]


def weeks(count: int, kept: int, weekend: tuple[int, int] | None = None) -> list[WaitFacts]:
    """Five weeks of days like that before Tuesday of this one."""
    days = [MONDAY + DAY - n * DAY for n in range(1, 36)]
    return [w for d in days for w in day(d, *(weekend if weekend and d.weekday() > 4 else (count, kept)))]


def judged(past: list[WaitFacts], now: list[WaitFacts], as_of: datetime = TODAY + 20 * HOUR) -> Brake | None:
    known = [w for w in (*past, *now) if w.due_at <= as_of]
    last = max((w.answered_at for w in known if w.answered_at and w.answered_at <= as_of), default=LONG_AGO)
    return brake(known, last, LONG_AGO, as_of)


TUESDAY = MONDAY + DAY


@pytest.mark.parametrize(
    ("past", "now", "held"),
    [
        (weeks(12, 11), day(TUESDAY, 12, 0), True),
        (weeks(12, 11), day(TUESDAY, 9, 0), False),
        (weeks(12, 11), day(TUESDAY, 10, 0), True),
        (weeks(20, 18), day(TUESDAY, 20, 2), True),
        (weeks(12, 5), day(TUESDAY, 12, 0), False),
        (weeks(4, 4), day(TUESDAY, 12, 0), False),
        (weeks(12, 6), day(TUESDAY, 12, 0), True),
        ([], day(TUESDAY, 30, 0), False),
        (weeks(12, 0), day(TUESDAY, 12, 0), False),
    ],
    ids=[
        "nobody of twelve is answered any more",
        "nine are too few",
        "ten are enough",
        "a view lost at nine in the morning",
        "a desk that is late more often than not",
        "a desk with few mails has no usual share",
        "a desk that keeps half",
        "a fresh mailbox",
        "a desk that has not answered for weeks (situation 38)",
    ],
)
def test_what_makes_us_doubt_the_view(past: list[WaitFacts], now: list[WaitFacts], held: bool) -> None:
    assert (judged(past, now) is not None) is held


def test_it_says_how_many_are_late_now_and_usually() -> None:
    found = judged(weeks(12, 9), day(TUESDAY, 12, 0))
    assert found is not None
    assert (found.late, found.n, found.usual_percent) == (12, 12, 25)
    assert (found.since, found.until - found.since) == (TODAY + 12 * HOUR, HOLDS)


def test_a_weekend_without_anybody_is_as_every_weekend() -> None:
    usual = weeks(12, 11, weekend=(12, 0))
    saturday = MONDAY + 5 * DAY
    past = [*usual, *(w for n in range(1, 4) for w in day(MONDAY + n * DAY, 12, 11)), *day(MONDAY + 4 * DAY, 12, 11)]
    assert judged(past, [*day(saturday, 12, 0), *day(saturday + DAY, 12, 0)], saturday + 2 * DAY + 7 * HOUR) is None


def test_a_monday_nobody_works_on_is_not_as_every_monday() -> None:
    usual = weeks(12, 11, weekend=(0, 0))
    past = [w for w in usual if w.opened_at < MONDAY]
    assert judged(past, day(MONDAY, 12, 0), MONDAY + 2 * DAY) is not None


def test_one_reply_ends_it() -> None:
    late = day(TUESDAY, 12, 0)
    assert judged(weeks(12, 11), late) is not None
    assert judged([*weeks(12, 11), wait(TUESDAY + 20 * HOUR, HOUR)], late, TUESDAY + 46 * HOUR) is None


def test_what_was_late_at_the_first_look_already_is_no_surprise() -> None:
    facts = [*weeks(12, 11), *day(TUESDAY, 12, 0)]
    assert brake(facts, TUESDAY, TODAY + 20 * HOUR, TODAY + 20 * HOUR) is None


def test_what_happened_while_we_were_blind_is_held_from_the_look_on_that_shows_it() -> None:
    facts, back = [*weeks(12, 11), *day(TUESDAY, 12, 0)], TODAY + 60 * HOUR
    found = brake(facts, TUESDAY + HOUR, LONG_AGO, back, [(TUESDAY, back)])
    assert found is not None
    assert (found.since, found.until) == (back, back + HOLDS)


@given(st.lists(st.integers(0, 96), max_size=60), st.integers(20, 400))
def test_once_it_began_it_began_then_however_often_it_is_asked(asked: list[int], later: int) -> None:
    """A restart, or a look more, moves neither its beginning nor its end, while nobody answers."""
    now = [wait(TUESDAY + 8 * HOUR + quarter * HOUR / 4, None) for quarter in asked]
    first, last = judged(weeks(12, 11), now), judged(weeks(12, 11), now, TODAY + later * HOUR)
    if first is not None and later >= 20:
        assert last == first
