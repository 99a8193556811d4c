"""Months in the time zone of the house: how they are written, where they begin and end."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.report.month import Month

SECOND = timedelta(seconds=1)
LONDON = ZoneInfo("Europe/London")
ZONES = st.sampled_from(
    [ZoneInfo(name) for name in ("UTC", "Europe/Kyiv", "America/New_York", "Asia/Kathmandu", "Pacific/Auckland")]
)
MOMENTS = st.integers(0, 110 * 365 * 86400).map(lambda seconds: datetime(1990, 1, 1, tzinfo=UTC) + seconds * SECOND)


def test_a_month_is_written_as_year_and_number() -> None:
    assert Month.parse(" 2026-10 ", LONDON) == Month(2026, 10, LONDON)
    assert Month.parse("2026-10", LONDON).name == "2026-10"


@pytest.mark.parametrize(
    "text", ["2026-13", "2026-00", "2026-1", "26-10", "October", "2026-W46", "0000-01", "9999-01", ""]
)
def test_what_is_no_month_is_told_with_what_would_be_right(text: str) -> None:
    with pytest.raises(ValueError, match="write it like 2026-10"):
        Month.parse(text, LONDON)


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("2026-10", "2026-09-30T23:00Z", "2026-11-01T00:00Z"),  # summer time ends in it
        ("2026-03", "2026-03-01T00:00Z", "2026-03-31T23:00Z"),  # and begins
        ("2026-12", "2026-12-01T00:00Z", "2027-01-01T00:00Z"),
        ("2028-02", "2028-02-01T00:00Z", "2028-03-01T00:00Z"),
    ],
)
def test_it_lasts_from_midnight_to_midnight_of_the_house(name: str, start: str, end: str) -> None:
    month = Month.parse(name, LONDON)
    assert [month.start, month.end] == [datetime.fromisoformat(one) for one in (start, end)]


def test_a_month_that_begins_while_the_clock_is_put_forward_begins_once() -> None:
    """In Asunción there was no midnight on 1 October 2017: it was 01:00 at once."""
    month = Month(2017, 10, ZoneInfo("America/Asuncion"))
    first = month.start.astimezone(UTC)
    assert Month.of(first, month.zone) == month
    assert Month.of(first - SECOND, month.zone) == month.before()


@given(MOMENTS, ZONES)
def test_every_moment_lies_in_one_month(moment: datetime, zone: ZoneInfo) -> None:
    month = Month.of(moment, zone)
    assert month.start <= moment < month.end
    assert month.before().end == month.start
    assert Month.of(month.end, zone).before() == month
