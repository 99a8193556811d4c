"""Many patterns looked at at once say the same as each by itself."""

from hypothesis import given
from hypothesis import strategies as st

from monitor.core.patterns import matches, matches_any

TEXTS = st.text("ab.[]*?\n", max_size=6)


@given(TEXTS, st.lists(TEXTS, max_size=4).map(tuple))
def test_a_text_fits_some_if_it_fits_one_of_them(text: str, patterns: tuple[str, ...]) -> None:
    assert matches_any(text, patterns) == any(matches(text, pattern) for pattern in patterns)
