"""How many letters one recipient may get: ten in any hour, and after three full hours none for a day."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.flood import HOUR, LATCHED_FOR, MOST_AN_HOUR, latched_until, room

NOON = datetime(2024, 11, 11, 12, tzinfo=UTC)


def minutes(*after: float) -> list[datetime]:
    return [NOON + timedelta(minutes=minute) for minute in after]


def sent_in_rounds(every: timedelta, backlog: int, length: timedelta) -> list[datetime]:
    """What leaves of a backlog of letters to one recipient, with rounds so often."""
    sent: list[datetime] = []
    now = NOON
    while now <= NOON + length:
        while len(sent) < backlog and room(sent, now):
            sent.append(now)
        now += every
    return sent


def test_the_eleventh_letter_of_an_hour_waits_until_the_first_is_an_hour_old() -> None:
    sent = minutes(*range(MOST_AN_HOUR))
    assert room(sent[:-1], NOON + timedelta(minutes=10)) == 1
    assert room(sent, NOON + timedelta(minutes=59)) == 0
    assert room(sent, NOON + HOUR) == 1


def test_two_full_hours_latch_nothing_and_three_latch_for_a_day() -> None:
    two = minutes(*[0] * 10, *[61] * 10)
    assert latched_until(two, NOON + timedelta(minutes=62)) is None
    three = [*two, *minutes(*[122] * 10)]
    until = latched_until(three, NOON + timedelta(minutes=123))
    assert until == NOON + timedelta(minutes=122) + LATCHED_FOR
    assert room(three, until - timedelta(minutes=1)) == 0
    assert room(three, until) == MOST_AN_HOUR


def test_three_full_hours_with_a_quiet_one_between_latch_nothing() -> None:
    assert latched_until(minutes(*[0] * 10, *[61] * 10, *[185] * 10), NOON + timedelta(minutes=186)) is None


@given(st.lists(st.integers(0, 40 * 60), max_size=60), st.integers(0, 40 * 60))
def test_what_was_sent_in_the_future_of_a_clock_set_back_counts_for_nothing(sent: list[int], now: int) -> None:
    moment = NOON + timedelta(minutes=now)
    known = [m for m in minutes(*sent) if m <= moment]
    assert room(minutes(*sent), moment) == room(known, moment)
    assert latched_until(minutes(*sent), moment) == latched_until(known, moment)


@settings(max_examples=30)
@given(st.integers(2, 90), st.integers(0, 60))
def test_however_often_rounds_come_no_hour_brings_more_than_ten_and_a_flood_latches(every: int, backlog: int) -> None:
    sent = sent_in_rounds(timedelta(minutes=every), backlog, timedelta(hours=8))
    for moment in sent:
        assert sum(moment - HOUR < other <= moment for other in sent) <= MOST_AN_HOUR
    if backlog >= 30 and every < 30:
        assert len(sent) == 30, "three full hours, and the latch"


@given(st.lists(st.integers(0, 60 * 60), max_size=80))
def test_a_latch_always_ends_within_a_day_of_the_last_letter(sent: list[int]) -> None:
    end = max(sent, default=0)
    assert room(minutes(*sent), NOON + timedelta(minutes=end) + LATCHED_FOR) > 0
