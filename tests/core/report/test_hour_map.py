"""The map of the week is by the clock on the wall of the house, over every change of it: held against pandas, which
knows nothing of ours, and lifelines."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines.utils import qth_survival_time

from monitor.core.report.spread import BANDS, FEWEST_IN_A_CELL, HourCell, by_hour
from tests.core.report.test_statistics import DAY, HAIR, HOUR, MINUTE, ZONES, Pairs, few_examples, lifelines


def waited(at: datetime, length: timedelta = 2 * HOUR, answered: bool = True) -> tuple[datetime, timedelta, bool]:
    return at, length, answered


def place(cells: Sequence[HourCell]) -> list[tuple[int, int]]:
    return [(cell.weekday, cell.first_hour) for cell in cells if cell.n]


@pytest.mark.parametrize(
    ("zone", "utc", "weekday", "first_hour"),
    [
        # Berlin: 25 hours on Sunday 25 October 2026, 23 on Sunday 29 March.
        ("Europe/Berlin", "2026-10-23 05:59", 4, 0),
        ("Europe/Berlin", "2026-10-23 06:00", 4, 8),
        ("Europe/Berlin", "2026-10-26 06:59", 0, 0),
        ("Europe/Berlin", "2026-10-26 07:00", 0, 8),
        ("Europe/Berlin", "2026-10-24 21:59", 5, 18),
        ("Europe/Berlin", "2026-10-24 22:00", 6, 0),
        ("Europe/Berlin", "2026-10-25 22:59", 6, 18),
        ("Europe/Berlin", "2026-10-25 23:00", 0, 0),
        ("Europe/Berlin", "2026-03-28 23:00", 6, 0),
        ("Europe/Berlin", "2026-03-29 21:59", 6, 18),
        ("Europe/Berlin", "2026-03-29 22:00", 0, 0),
        # New York changes at 02:00 on its own clock: 1 November and 8 March 2026.
        ("America/New_York", "2026-10-31 12:00", 5, 8),
        ("America/New_York", "2026-11-01 12:59", 6, 0),
        ("America/New_York", "2026-11-01 13:00", 6, 8),
        ("America/New_York", "2026-11-02 04:59", 6, 18),
        ("America/New_York", "2026-03-08 12:00", 6, 8),
        # Lord Howe goes by half an hour, from +10:30 to +11 on 4 October 2026.
        ("Australia/Lord_Howe", "2026-10-02 21:29", 5, 0),
        ("Australia/Lord_Howe", "2026-10-02 21:30", 5, 8),
        ("Australia/Lord_Howe", "2026-10-03 20:59", 6, 0),
        ("Australia/Lord_Howe", "2026-10-03 21:00", 6, 8),
        ("Asia/Kathmandu", "2026-10-05 02:14", 0, 0),
        ("Asia/Kathmandu", "2026-10-05 02:15", 0, 8),
    ],
)
def test_hours_are_those_of_the_clock_on_the_wall(zone: str, utc: str, weekday: int, first_hour: int) -> None:
    at = datetime.fromisoformat(utc).replace(tzinfo=UTC)
    assert place(by_hour([waited(at)], ZoneInfo(zone), DAY)) == [(weekday, first_hour)]


# Thirteen weeks each around a change of the clocks in all three zones.
QUARTERS = [datetime(2026, 2, 2, tzinfo=UTC), datetime(2026, 8, 24, tzinfo=UTC)]


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 10**6))
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("since", QUARTERS, ids=["spring", "autumn"])
def test_the_map_is_that_of_pandas(zone: str, since: datetime, seed: int) -> None:
    chance = Random(seed)
    minutes = [chance.randrange(13 * 7 * 24 * 60) for _ in range(1200)]
    found = [waited(since + m * MINUTE, chance.randrange(3, 3000) * MINUTE) for m in minutes]
    frame = pd.DataFrame(
        {
            "at": pd.to_datetime([at for at, _, _ in found], utc=True).tz_convert(zone),
            "length": [length / MINUTE for _, length, _ in found],
        }
    )
    edges = [first for first, _ in BANDS]
    bands = pd.cut(frame["at"].dt.hour, [*edges, 24], right=False, labels=edges).astype(int)
    groups = frame.groupby([frame["at"].dt.weekday, bands])["length"]
    # All were answered: the product-limit median is the lower middle one.
    expected = {key: (len(part), part.quantile(0.5, interpolation="lower"), part.max()) for key, part in groups}
    cells = {(cell.weekday, cell.first_hour): cell for cell in by_hour(found, ZoneInfo(zone), DAY)}
    assert len(cells) == 7 * len(BANDS)
    for key, cell in cells.items():
        n, median, longest = expected.get(key, (0, None, 0))
        assert cell.n == n
        assert cell.longest_known == longest * MINUTE
        assert cell.typical == (None if n < FEWEST_IN_A_CELL else median * MINUTE)


@few_examples
@given(st.lists(st.tuples(st.integers(0, 100), st.booleans()), min_size=1, max_size=30))
def test_a_cells_typical_wait_is_that_of_lifelines_open_ones_included(waits: Pairs) -> None:
    noon = datetime(2026, 10, 21, 10, tzinfo=UTC)
    found = [waited(noon, hours * HOUR, answered) for hours, answered in waits]
    (cell,) = (cell for cell in by_hour(found, ZoneInfo("UTC"), DAY) if cell.n)
    median = qth_survival_time(0.5 + HAIR, lifelines(waits).survival_function_["KM_estimate"])
    blank = len(waits) < FEWEST_IN_A_CELL
    assert cell.is_blank == blank
    assert cell.typical == (None if blank or median == float("inf") else median * HOUR)
    assert cell.late == sum(hours > 24 for hours, _ in waits)


def test_nobody_makes_no_map() -> None:
    assert by_hour([], ZoneInfo("UTC"), DAY) == ()


def test_seven_in_a_cell_are_too_few_and_eight_are_not() -> None:
    noon = datetime(2026, 10, 21, 10, tzinfo=UTC)
    for n, typical in ((7, None), (8, 2 * HOUR)):
        (cell,) = (cell for cell in by_hour([waited(noon)] * n, ZoneInfo("UTC"), DAY) if cell.n)
        assert (cell.n, cell.typical, cell.is_blank) == (n, typical, typical is None)
