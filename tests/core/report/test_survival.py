"""How long people wait: those who still wait count for as long as they have waited."""

from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.report.survival import product_limit, quantile, reached

HOUR = timedelta(hours=1)
Lengths = list[tuple[timedelta, bool]]


def lengths(text: str) -> Lengths:
    """`"1 2 3+ 4"`: answered after 1, 2 and 4 hours; one waits since 3 hours (+, as the textbooks write it)."""
    return [(int(word.rstrip("+")) * HOUR, not word.endswith("+")) for word in text.split()]


@pytest.mark.parametrize(
    ("waits", "curve"),
    [
        ("", []),
        ("5+", []),
        ("1", [(1, 0.0)]),
        ("1 2 3 4", [(1, 0.75), (2, 0.5), (3, 0.25), (4, 0.0)]),
        ("2 2 2 2", [(2, 0.0)]),
        ("1 2+ 3", [(1, 2 / 3), (3, 0.0)]),
        ("1 1+ 2", [(1, 2 / 3), (2, 0.0)]),
        ("1+ 2 3", [(2, 0.5), (3, 0.0)]),
        ("1 2 9+ 9+", [(1, 0.75), (2, 0.5)]),
        # Remission times of the 6-MP arm of Freireich's trial, the textbook example of Kaplan-Meier (weeks as hours).
        (
            "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+",
            [(6, 0.857), (7, 0.807), (10, 0.753), (13, 0.690), (16, 0.627), (22, 0.538), (23, 0.448)],
        ),
    ],
)
def test_the_share_that_still_waits(waits: str, curve: list[tuple[int, float]]) -> None:
    found = product_limit(reversed(lengths(waits)))
    assert [time for time, _ in found] == [hours * HOUR for hours, _ in curve]
    assert [share for _, share in found] == pytest.approx([share for _, share in curve], abs=0.0005)


@pytest.mark.parametrize(
    ("waits", "median", "p90"),
    [
        ("", None, None),
        ("1 2 3 4", 2, 4),
        ("1 2 3 4 5 6 7 8 9 10", 5, 9),
        ("1 2 3 4 5 6 7 8 9 10+", 5, 9),
        ("1 2 3 4 5 6 7 8 9+ 10+", 5, None),
        ("1 9+ 9+", None, None),
    ],
)
def test_the_time_within_which_half_and_most_were_answered(waits: str, median: int | None, p90: int | None) -> None:
    curve = product_limit(lengths(waits))
    assert quantile(curve, 0.5) == (None if median is None else median * HOUR)
    assert quantile(curve, 0.9) == (None if p90 is None else p90 * HOUR)


_waits = st.lists(st.tuples(st.integers(0, 12).map(lambda h: h * HOUR), st.booleans()), max_size=40)


def naive(waits: Lengths) -> list[tuple[timedelta, Fraction]]:
    """The definition, term by term: Π (1 - answered at t / still waiting just before t)."""
    times = sorted({time for time, answered in waits if answered})
    curve: list[tuple[timedelta, Fraction]] = []
    for upto in times:
        share = Fraction(1)
        for t in (t for t in times if t <= upto):
            at_risk = sum(length >= t for length, _ in waits)
            share *= 1 - Fraction(sum(answered and length == t for length, answered in waits), at_risk)
        curve.append((upto, share))
    return curve


@given(_waits)
def test_the_curve_is_the_one_of_the_definition(waits: Lengths) -> None:
    found, expected = product_limit(waits), naive(waits)
    assert [time for time, _ in found] == [time for time, _ in expected]
    assert [share for _, share in found] == pytest.approx([float(share) for _, share in expected])


@given(_waits)
def test_the_curve_falls_and_stays_between_one_and_nothing(waits: Lengths) -> None:
    shares = [share for _, share in product_limit(waits)]
    assert all(0 <= share <= 1 for share in shares)
    assert shares == sorted(shares, reverse=True)


@given(st.lists(st.integers(0, 12).map(lambda h: h * HOUR), min_size=1, max_size=40), st.integers(1, 9))
def test_where_all_were_answered_a_quantile_is_an_order_statistic(answers: list[timedelta], tenth: int) -> None:
    rank = -(-tenth * len(answers) // 10)
    assert quantile(product_limit((length, True) for length in answers), tenth / 10) == sorted(answers)[rank - 1]


@given(
    st.lists(st.tuples(st.integers(0, 6).map(lambda hours: hours * HOUR), st.booleans()), max_size=14),
    st.sampled_from([0.1, 0.25, 0.5, 0.9, 1.0]),
)
def test_a_quantile_without_the_curve_is_the_one_of_the_curve(waits: Lengths, p: float) -> None:
    assert reached(waits, p) == quantile(product_limit(waits), p)
