"""Who has gone quiet: there was dialogue every week, and for some whole weeks there is none."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.report.gone_quiet import (
    BASE,
    EACH,
    LISTED,
    REGULAR,
    Dialogue,
    GoneQuiet,
    Seen,
    fell_silent,
    gone_quiet,
    partner_of,
    unseen_weeks,
)
from monitor.core.report.week import Week

BERLIN = ZoneInfo("Europe/Berlin")
WEEK = Week(2024, 46, BERLIN)
A_WEEK, HOUR = timedelta(days=7), timedelta(hours=1)
ALL = Seen()


def ago(*weeks: int) -> tuple[datetime, ...]:
    """A Wednesday noon, so many weeks before WEEK."""
    wednesday = datetime(2024, 11, 13, 12, tzinfo=UTC)
    return tuple(wednesday - n * A_WEEK for n in weeks)


def monday(weeks: int) -> date:
    return WEEK.monday - weeks * A_WEEK


def talk(theirs: Iterable[int], ours: Iterable[int], named: bool = False, partner: str = "club.example") -> Dialogue:
    return Dialogue(partner, ago(*theirs), ago(*ours), named)


def weeks_of(dialogue: Dialogue, after: int = 4, seen: Seen = ALL) -> int | None:
    """Since how many weeks it is quiet; None where it is not told."""
    found = gone_quiet([dialogue], WEEK, after, seen)
    return found[0].weeks if found else None


EVERY = range(4, 12)
"""The eight weeks before three silent ones and the report's own."""


@pytest.mark.parametrize(
    ("theirs", "ours", "weeks"),
    [
        (EVERY, EVERY, 4),
        (range(3, 11), range(3, 11), None),  # three whole weeks of silence
        (range(5, 13), range(5, 13), 5),
        (range(LISTED, LISTED + 8), range(LISTED, LISTED + 8), LISTED),
        (range(LISTED + 1, LISTED + 9), range(LISTED + 1, LISTED + 9), None),
        ((4, 5, 6, 9, 10, 11), (4, 5, 6, 9, 10, 11), 4),  # six of eight
        ((4, 5, 6, 9, 10), (4, 5, 6, 9, 10), None),  # five of eight
        ((4, 6, 8, 10), (5, 7, 9, 11), 4),  # each in four, together in all
        (EVERY, (4, 5, 6), None),  # a newsletter to which we replied now and then
        ((4, 5, 6), EVERY, None),  # ours to them
        (EVERY, (), None),
        ((*EVERY, 2), EVERY, None),
        (EVERY, (*EVERY, 0), None),  # we wrote: the ball is with them
        (EVERY, (*EVERY, -1), None),  # since the week of the report
        ((), (), None),
    ],
)
def test_who_was_in_dialogue_every_week_and_is_silent_for_four(
    theirs: Iterable[int], ours: Iterable[int], weeks: int | None
) -> None:
    assert weeks_of(talk(theirs, ours)) == weeks


@pytest.mark.parametrize(
    ("theirs", "ours", "weeks"),
    [((4,), (), 4), ((40,), (30,), 30), ((200,), (), 200), ((3,), (), None), ((), (9,), None), ((9,), (1,), None)],
)
def test_who_is_named_is_told_whenever_they_once_wrote(
    theirs: Iterable[int], ours: Iterable[int], weeks: int | None
) -> None:
    assert weeks_of(talk(theirs, ours, named=True)) == weeks


def test_weeks_not_seen_whole_are_no_silence() -> None:
    assert weeks_of(talk(EVERY, EVERY), seen=Seen([monday(2)])) is None
    assert weeks_of(talk(range(6, 14), range(6, 14)), seen=Seen([monday(2), monday(20)])) == 5
    assert weeks_of(talk((9,), (), named=True), seen=Seen({monday(n) for n in range(9)})) is None


def test_what_was_not_read_proves_no_habit() -> None:
    assert weeks_of(talk(EVERY, EVERY), seen=Seen(back_to=ago(13)[0])) == 4
    assert weeks_of(talk(EVERY, EVERY), seen=Seen(back_to=ago(11)[0])) is None
    assert weeks_of(talk(EVERY, EVERY, named=True), seen=Seen(back_to=ago(11)[0])) == 4


def test_the_named_come_first_in_their_order_then_the_latest_silence() -> None:
    named = [talk((20,), (), True, "z.example"), talk((30,), (), True, "ann@club.example")]
    learnt = [talk(range(n, n + 8), range(n, n + 8), partner=p) for n, p in ((6, "b.example"), (5, "a.example"))]
    told = gone_quiet([*named, *learnt, talk(EVERY, EVERY)], WEEK, 4, ALL)
    assert [one.partner for one in told] == ["z.example", "ann@club.example", "a.example", "b.example"]
    assert told[0] == GoneQuiet("z.example", ago(20)[0], 20, True)


def test_the_week_of_a_mail_is_that_of_the_house() -> None:
    late = datetime(2024, 10, 20, 22, 30, tzinfo=UTC)  # Monday 00:30 in Berlin
    assert [one.weeks for one in gone_quiet([Dialogue("x.example", (late,), (), True)], WEEK, 3, ALL)] == [3]
    utc = Week(2024, 46, ZoneInfo("UTC"))
    assert [one.weeks for one in gone_quiet([Dialogue("x.example", (late,), (), True)], utc, 3, ALL)] == [4]


@pytest.mark.parametrize(
    ("address", "partner"),
    [
        ("ann@club.example", "club.example"),
        ("ann+lists@gmail.com", "ann@gmail.com"),
        ("ann@googlemail.com", "ann@gmail.com"),
        ("mail-system", "mail-system"),
    ],
)
def test_at_a_public_provider_everybody_is_a_partner_alone(address: str, partner: str) -> None:
    assert partner_of(address, {"gmail.com", "googlemail.com"}) == partner


def test_the_first_look_keeps_whoever_wrote_often_and_not_lately() -> None:
    wrote = {monday(n): {"often.example", "now.example"} for n in range(4, 8)}
    wrote |= {monday(8): {"seldom.example"}, monday(1): {"now.example"}}
    assert fell_silent(wrote, WEEK, 4) == {"often.example"}


def test_blindness_is_counted_by_week_over_the_end_of_summer_time() -> None:
    sunday = datetime(2024, 10, 27, 12, tzinfo=UTC)  # the clocks went back that night; Monday begins at 23:00 UTC
    assert unseen_weeks([(sunday, sunday + 11 * HOUR + HOUR / 2)], HOUR, BERLIN) == {date(2024, 10, 21)}
    assert unseen_weeks([(sunday, sunday + 12 * HOUR)], HOUR, BERLIN) == {date(2024, 10, 21), date(2024, 10, 28)}
    assert unseen_weeks([(sunday, sunday + HOUR / 2), (sunday + HOUR, sunday + 1.5 * HOUR)], HOUR, BERLIN) == {
        date(2024, 10, 21)
    }
    assert unseen_weeks([], HOUR, BERLIN) == set()


SIDES = st.lists(st.integers(-1, 24), max_size=14, unique=True)
UNSEEN = st.frozensets(st.integers(0, 24), max_size=6)


@given(SIDES, SIDES, st.integers(1, 13), UNSEEN)
def test_whoever_is_told_is_silent_and_was_regular_by_counting_weeks_one_by_one(
    theirs: list[int], ours: list[int], after: int, unseen: frozenset[int]
) -> None:
    told = weeks_of(talk(theirs, ours), after, Seen({monday(n) for n in unseen}))
    last = min([*theirs, *ours], default=-1)
    silent = [n for n in range(max(last, 0)) if n not in unseen]
    base = range(last, last + BASE)
    both = sum(n in theirs or n in ours for n in base)
    is_regular = both >= REGULAR and all(sum(n in side for n in base) >= EACH for side in (theirs, ours))
    expected = len(silent) if 0 <= last <= LISTED and is_regular and len(silent) >= after else None
    assert told == expected


@given(SIDES, SIDES, st.integers(1, 13), UNSEEN)
def test_one_more_mail_or_one_more_blind_week_never_makes_a_silence_longer(
    theirs: list[int], ours: list[int], after: int, unseen: frozenset[int]
) -> None:
    seen = Seen({monday(n) for n in unseen})
    before = weeks_of(talk(theirs, ours, named=True), after, seen)
    heard = weeks_of(talk([*theirs, min([*theirs, *ours, 24]) - 1], ours, named=True), after, seen)
    if theirs:
        assert (heard or 0) <= (before or 0) or (before is None and heard is None)
    blind = weeks_of(talk(theirs, ours, named=True), after, Seen({*seen.unseen, monday(0)}))
    assert (blind or 0) <= (before or 0)


@given(st.lists(st.tuples(st.sampled_from(["a.example", "b.example"]), st.integers(0, 20)), max_size=60), SIDES)
def test_the_first_look_misses_nobody_who_is_told(wrote: list[tuple[str, int]], ours: list[int]) -> None:
    writers: dict[date, set[str]] = {}
    for partner, weeks in wrote:
        writers.setdefault(monday(weeks), set()).add(partner)
    for partner in ("a.example", "b.example"):
        theirs = [weeks for who, weeks in wrote if who == partner]
        if weeks_of(talk(theirs, ours, partner=partner)) is not None:
            assert partner in fell_silent(writers, WEEK, 4)
