"""Blind hours: elapsed time, cut to the week, said in one sentence a mailbox."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from monitor.core.blind import Blind, clipped, said
from monitor.core.report.week import Week

LONDON, INFO = ZoneInfo("Europe/London"), "info@ours.example"


def spell(since: str, until: str) -> Blind:
    """Local times in London."""
    begin, end = (datetime.fromisoformat(text).replace(tzinfo=LONDON).astimezone(UTC) for text in (since, until))
    return Blind(INFO, begin, end)


@pytest.mark.parametrize(
    ("spells", "words"),
    [
        ([("2024-11-12 09:10", "2024-11-12 14:30")], "for 5 h 20 min on Tuesday, from 09:10 to 14:30."),
        ([("2024-11-12 22:00", "2024-11-13 03:20")], "for 5 h 20 min from Tuesday 22:00 to Wednesday 03:20."),
        ([("2024-11-11 00:00", "2024-11-14 05:00")], "for 3 d 5 h from Monday 00:00 to Thursday 05:00."),
        (
            [("2024-11-12 09:00", "2024-11-12 10:00"), ("2024-11-13 09:00", "2024-11-13 11:00")],
            "for 3 h in 2 spells, the longest of them 2 h on Wednesday, from 09:00 to 11:00.",
        ),
        ([("2024-10-27 00:30", "2024-10-27 03:30")], "for 4 h on Sunday, from 00:30 to 03:30."),
        ([("2024-03-31 00:30", "2024-03-31 03:30")], "for 2 h on Sunday, from 00:30 to 03:30."),
    ],
    ids=["a day", "over midnight", "days", "several", "the autumn clock change", "the spring clock change"],
)
def test_how_it_is_said(spells: list[tuple[str, str]], words: str) -> None:
    assert str(said([spell(*one) for one in spells], LONDON)) == f"{INFO} could not be seen {words}"


def test_less_than_an_hour_is_not_worth_a_sentence() -> None:
    assert said([spell("2024-11-12 09:00", "2024-11-12 09:59")], LONDON) is None
    assert said([], LONDON) is None


def test_a_week_takes_only_its_own_part_and_one_with_a_clock_change_has_an_hour_more() -> None:
    outage = [spell("2024-10-17 12:00", "2024-11-06 12:00")]
    weeks = [Week(2024, number, LONDON) for number in (41, 42, 43, 44, 45, 46)]
    parts = [clipped(outage, week.start, week.end) for week in weeks]
    assert [[one.hours for one in part] for part in parts] == [[], [84.0], [169.0], [168.0], [60.0], []]
    total = sum((one.length for part in parts for one in part), timedelta(0))
    assert total == outage[0].length
