"""Lengths of time: read from a config, said in words."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.durations import canonical, parse_duration, short, words

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("24h", 24 * HOUR),
        ("2d", 48 * HOUR),
        ("1w", 168 * HOUR),
        ("2y", 730 * 24 * HOUR),
        ("1d 12h", 36 * HOUR),
        ("1d12h", 36 * HOUR),
        ("90 min", 1.5 * HOUR),
        ("30m", 0.5 * HOUR),
        ("1.5h", 1.5 * HOUR),
        ("-4h", -4 * HOUR),
        ("+4h", 4 * HOUR),
        ("0h", 0 * HOUR),
        ("45s", timedelta(seconds=45)),
        (" 24H ", 24 * HOUR),
    ],
)
def test_a_length_as_people_write_it(text: str, length: timedelta) -> None:
    assert parse_duration(text) == length


@pytest.mark.parametrize(
    "text", ["", "24", "h", "a day", "24h or so", "24 hours", "1q", "--", "٣h", "9" * 400 + "d", "40000d"]
)
def test_what_is_no_length_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match='write for example "24h"'):
        parse_duration(text)


@pytest.mark.parametrize(
    ("length", "in_short", "in_words"),
    [
        (timedelta(0), "0 min", "0 minutes"),
        (timedelta(minutes=1), "1 min", "1 minute"),
        (timedelta(minutes=16, seconds=59), "16 min", "16 minutes"),
        (timedelta(minutes=59, seconds=59), "59 min", "59 minutes"),
        (HOUR, "1 h", "1 hour"),
        (24 * HOUR - timedelta(seconds=1), "23 h", "23 hours"),
        (47.9 * HOUR, "47 h", "47 hours"),
        (48 * HOUR, "2 d", "2 days"),
        (91 * HOUR, "3 d 19 h", "3 days"),
        (-HOUR, "0 min", "0 minutes"),
    ],
)
def test_a_length_is_said_rounded_down(length: timedelta, in_short: str, in_words: str) -> None:
    assert (short(length), words(length)) == (in_short, in_words)


@pytest.mark.parametrize(
    ("text", "name"),
    [("0h", "0h"), ("-4h", "-4h"), ("2d", "48h"), ("90m", "90m"), ("-30m", "-30m"), ("61s", "61s"), ("60s", "1m")],
)
def test_the_name_of_a_step(text: str, name: str) -> None:
    assert canonical(parse_duration(text)) == name


@given(st.integers(-10_000_000, 10_000_000))
def test_a_name_reads_back_as_the_same_length(seconds: int) -> None:
    assert parse_duration(canonical(timedelta(seconds=seconds))) == timedelta(seconds=seconds)
