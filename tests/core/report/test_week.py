"""The week of the report: its borders over clock changes and years, its rate, its figures."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.report.figures import Rate, WaitFacts, by_team, figures
from monitor.core.report.week import Moment, Week, last_closed
from tests.core.situations import at

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
ZONES = (BERLIN, NEW_YORK, ZoneInfo("UTC"), ZoneInfo("Asia/Kathmandu"), ZoneInfo("Pacific/Apia"))


@pytest.mark.parametrize(
    ("name", "zone", "start", "end"),
    [
        ("2026-W46", BERLIN, "2026-11-08T23:00Z", "2026-11-15T23:00Z"),
        ("2026-W13", BERLIN, "2026-03-22T23:00Z", "2026-03-29T22:00Z"),
        ("2026-W43", BERLIN, "2026-10-18T22:00Z", "2026-10-25T23:00Z"),
        ("2026-W10", NEW_YORK, "2026-03-02T05:00Z", "2026-03-09T04:00Z"),
        ("2026-W01", BERLIN, "2025-12-28T23:00Z", "2026-01-04T23:00Z"),
        ("2026-W53", BERLIN, "2026-12-27T23:00Z", "2027-01-03T23:00Z"),
        ("2020-W53", BERLIN, "2020-12-27T23:00Z", "2021-01-03T23:00Z"),
    ],
)
def test_a_week_goes_from_monday_to_monday_by_the_local_clock(name: str, zone: ZoneInfo, start: str, end: str) -> None:
    week = Week.parse(name, zone)
    assert (week.start, week.end) == (datetime.fromisoformat(start), datetime.fromisoformat(end))
    assert week.name == name


@pytest.mark.parametrize(
    ("moment", "name"),
    [
        ("2026-11-08T22:59:59Z", "2026-W45"),
        ("2026-11-08T23:00:00Z", "2026-W46"),
        ("2026-12-31T12:00:00Z", "2026-W53"),
        ("2027-01-01T12:00:00Z", "2026-W53"),
        ("2025-12-29T12:00:00Z", "2026-W01"),
    ],
)
def test_the_week_of_a_moment(moment: str, name: str) -> None:
    assert Week.of(datetime.fromisoformat(moment), BERLIN).name == name


@given(st.datetimes(datetime(1995, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)), st.sampled_from(ZONES))  # noqa: DTZ001  # timezones= makes them aware
def test_every_moment_lies_in_its_week_and_weeks_meet(moment: datetime, zone: ZoneInfo) -> None:
    week = Week.of(moment, zone)
    assert week.start <= moment < week.end
    assert week.before().end == week.start
    assert Week.parse(week.name, zone) == week


@pytest.mark.parametrize("text", ["", "46", "2026-46", "2026-W54", "2025-W53", "2026-W00", "2026-W46x"])
def test_what_is_no_week_is_refused_with_the_reason(text: str) -> None:
    with pytest.raises(ValueError, match="is not a week"):
        Week.parse(text, BERLIN)


@pytest.mark.parametrize(
    ("now", "closed"),
    [
        ("2026-11-16T05:59Z", "2026-W45"),
        ("2026-11-16T06:00Z", "2026-W46"),
        ("2026-11-22T22:59Z", "2026-W46"),
        ("2026-11-23T05:59Z", "2026-W46"),
        ("2026-11-23T06:00Z", "2026-W47"),
    ],
)
def test_the_report_of_a_closed_week_is_due_from_monday_seven_local_time(now: str, closed: str) -> None:
    assert last_closed(datetime.fromisoformat(now), Moment.parse("mon 07:00"), BERLIN).name == closed


@pytest.mark.parametrize(("text", "moment"), [("mon 07:00", (0, 7, 0)), ("Friday 16:30", (4, 16, 30))])
def test_a_moment_in_the_week(text: str, moment: tuple[int, int, int]) -> None:
    found = Moment.parse(text)
    assert (found.weekday, found.hour, found.minute) == moment


@pytest.mark.parametrize("text", ["", "07:00", "mon", "mon 24:00", "someday 07:00"])
def test_what_is_no_moment_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="mon 07:00"):
        Moment.parse(text)


@given(st.data(), st.integers(10, 5000), st.sampled_from([0.0, 50.0, 80.0, 90.0, 92.5, 95.0, 99.0, 100.0]))
def test_a_printed_percentage_never_crosses_the_goal_nor_says_all_or_none_of_some(
    data: st.DataObject, n: int, goal: float
) -> None:
    k = data.draw(st.integers(0, n) | st.integers(max(0, n - 9), n))
    rate, exact = Rate(k, n, goal), Fraction(100 * k, n)
    assert rate.percent is not None
    assert (rate.percent >= goal) == (exact >= Fraction(goal)) == rate.goal_met
    assert (rate.percent == 100) == (k == n)
    assert (rate.percent == 0) == (k == 0)
    assert abs(rate.percent - exact) < 1


@pytest.mark.parametrize(
    ("k", "n", "goal", "percent"), [(199, 200, 99.5, 99), (1, 1000, 0.5, 1), (896, 1000, 90.0, 89)]
)
def test_what_is_printed_where_rounding_would_lie(k: int, n: int, goal: float, percent: int) -> None:
    assert Rate(k, n, goal).percent == percent


@pytest.mark.parametrize(("k", "n"), [(0, 0), (0, 9), (9, 9)])
def test_under_ten_there_is_no_percentage(k: int, n: int) -> None:
    assert (Rate(k, n, 90.0).percent, Rate(k, n, 90.0).goal_met) == (None, None)


def wait(state: str, answered: str = "", as_of: str = "Sat 10:00", team: str = "Information") -> WaitFacts:
    """A wait of Monday ten, due on Tuesday ten."""
    known = at(as_of) if as_of else None
    return WaitFacts(1, team, state, at("10:00"), at("Tue 10:00"), at(answered) if answered else None, "sent", known)


def test_the_figures_of_a_week() -> None:
    cohort = [
        wait("answered", "Mon 12:00"),
        wait("answered", "Tue 10:00"),
        wait("answered", "Wed 10:00"),
        wait("answered"),
        wait("waiting"),
        wait("no_reply_needed"),
        wait("excused"),
    ]
    found = figures(cohort, [wait("waiting"), replace(wait("waiting"), due_at=at("Sun 10:00"))], 90.0)
    assert (found.rate.k, found.rate.n) == (2, 4)
    assert (found.late_answers, found.open_misses, found.unknown) == (1, 1, 1)
    assert (found.no_reply_needed, found.excused) == (1, 1)
    assert (found.waiting, found.late) == (2, 1)
    assert (found.median, found.p90) == (timedelta(hours=24), None)
    assert found.longest_known == timedelta(hours=120)


def test_what_was_closed_or_excused_is_counted_by_how() -> None:
    closed = wait("no_reply_needed")
    cohort = [
        replace(closed, closed_at=at("Tue 10:00")),
        replace(closed, closed_at=at("Tue 10:01")),
        closed,
        replace(wait("waiting"), closed_at=at("Sat 10:00")),
        replace(wait("excused"), evidence="deleted", closed_at=at("Wed 10:00")),
        replace(wait("excused"), evidence="spam"),
        replace(wait("excused"), evidence="spam"),
        replace(wait("answered"), evidence="spam"),
    ]
    found = figures(cohort, [], 90.0)
    assert (found.no_reply_needed, found.closed_late) == (3, 1), "at the last moment is not late"
    assert (found.excused, found.deleted, found.spam) == (3, 1, 2)


def test_a_mailbox_we_never_saw_completely_is_late_with_nothing() -> None:
    found = figures([wait("waiting", as_of="")], [wait("waiting", as_of="")], 90.0)
    assert (found.rate.n, found.late, found.waiting) == (0, 0, 1)


def test_waits_by_team_stand_in_the_order_of_the_config() -> None:
    waits = [wait("waiting", team="Gone"), wait("waiting", team="Information")]
    assert list(by_team(waits, ["IT", "Information"])) == ["IT", "Information", "Gone"]


def test_monday() -> None:
    assert Week(2026, 46, BERLIN).monday == date(2026, 11, 9)
