"""Replies we cannot see: from how many on silence proves nothing, and what is printed of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.invisible import Invisible, total


@pytest.mark.parametrize(
    ("k", "n", "too_many", "words"),
    [
        (0, 0, False, "0 of 0"),
        (4, 4, False, "4 of 4"),
        (4, 20, False, "4 of 20 (20%)"),
        (5, 5, True, "5 of 5"),
        (5, 25, True, "5 of 25 (20%)"),
        (5, 26, False, "5 of 26 (19%)"),
        (7, 20, True, "7 of 20 (35%)"),
        (39, 196, False, "39 of 196 (19%)"),
        (40, 1000, False, "40 of 1000 (4%)"),
    ],
)
def test_five_and_a_fifth_are_too_many(k: int, n: int, too_many: bool, words: str) -> None:
    one = Invisible(k, n)
    assert (one.too_many, one.words) == (too_many, words)


@given(st.integers(0, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_what_is_printed_never_crosses_the_limit(of: tuple[int, int]) -> None:
    one = Invisible(*of)
    if one.percent is not None and one.k >= 5:
        assert (one.percent >= 20) == one.too_many


def test_mailboxes_are_added_up() -> None:
    assert total([Invisible(1, 4), Invisible(2, 3)]) == Invisible(3, 7)
    assert total([]) == Invisible()
