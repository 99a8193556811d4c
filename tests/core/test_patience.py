"""How long a mailbox waits for its next look, and how long a look may take."""

from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.patience import (
    AFTER_REFUSAL,
    JITTER,
    LONGEST_ASKED,
    LONGEST_RETRY,
    SECONDS_A_MAIL,
    STALL,
    WHOLE_LOOK,
    Outcome,
    Patience,
    deadline,
)

HOUR, DAY = 3600.0, 86400.0

looks = st.lists(
    st.tuples(
        st.sampled_from(["complete", "failed", "refused", "interrupted"]),
        st.integers(0, 5000),
        st.none() | st.floats(0, 1e12),
        st.floats(0, 1, exclude_max=True),
    ),
    max_size=60,
)
Looks = list[tuple[Outcome, int, float | None, float]]


def waits(*outcomes: Outcome) -> list[float | None]:
    return [p.wait for p in list(accumulate(outcomes, lambda p, o: p.after(o), initial=Patience()))[1:]]


def after_all(looks: Looks) -> Patience:
    patience = Patience()
    for look in looks:
        patience = patience.after(*look)
    return patience


@pytest.mark.parametrize(
    ("outcomes", "wanted"),
    [
        (["complete"], [None]),
        (["failed"] * 8, [30, 60, 120, 240, 480, 960, 1800, 1800]),
        (["failed", "failed", "complete", "failed"], [30, 60, None, 30]),
        (["refused"] * 5, [HOUR / 4, HOUR, 6 * HOUR, DAY, DAY]),
        (["refused", "refused", "complete", "refused"], [HOUR / 4, HOUR, None, HOUR / 4]),
        (["refused", "failed", "refused"], [HOUR / 4, 30, HOUR]),
        (["failed", "failed", "refused", "failed"], [30, 60, HOUR / 4, 30]),
        (["failed", "interrupted", "failed"], [30, 0, 60]),
        (["refused", "interrupted", "refused"], [HOUR / 4, 0, HOUR]),
    ],
)
def test_the_wait_grows_with_what_goes_wrong_and_a_success_ends_it(
    outcomes: list[Outcome], wanted: list[float | None]
) -> None:
    assert waits(*outcomes) == wanted


def test_a_look_that_took_in_mail_before_it_failed_lengthens_nothing() -> None:
    patience = Patience()
    for _ in range(20):
        patience = patience.after("failed", took_in=500)
    assert patience.wait == 30
    assert patience.after("failed").wait == 60


@pytest.mark.parametrize(("asked", "wait"), [(299.91, 299.91), (10, 30), (1e11, LONGEST_ASKED), (None, 30)])
def test_the_pause_that_a_server_asks_for_is_kept_within_reason(asked: float | None, wait: float) -> None:
    assert Patience().after("failed", asked=asked).wait == wait


@given(looks, st.floats(0, 1, exclude_max=True))
def test_jitter_only_adds_and_never_more_than_its_part(looks: Looks, chance: float) -> None:
    before = after_all(looks)
    for outcome in ("failed", "refused"):
        plain, spread = before.after(outcome).wait, before.after(outcome, chance=chance).wait
        assert plain is not None
        assert spread is not None
        assert plain <= spread <= plain * (1 + JITTER)


@given(looks)
def test_no_wait_is_longer_than_a_day_and_its_jitter(looks: Looks) -> None:
    wait = after_all(looks).wait
    assert wait is None or 0 <= wait <= LONGEST_ASKED * (1 + JITTER)


@given(looks)
def test_only_refused_logins_bring_the_long_waits(looks: Looks) -> None:
    harmless = [("failed" if o == "refused" else o, n, None, c) for o, n, _, c in looks]
    wait = after_all(harmless).wait  # type: ignore[arg-type]  # the outcomes are of the same kind
    assert wait is None or wait <= LONGEST_RETRY * (1 + JITTER)


@given(st.lists(st.sampled_from(["failed", "refused"]), max_size=200))
def test_until_one_is_accepted_no_login_is_refused_oftener_than_the_breaker_lets(outcomes: list[Outcome]) -> None:
    at, patience, refused = 0.0, Patience(), []
    for outcome in outcomes:
        if outcome == "refused":
            refused.append(at)
        patience = patience.after(outcome)
        at += patience.wait or 0.0
    gaps = [later - earlier for earlier, later in pairwise(refused)]
    assert all(gap >= AFTER_REFUSAL[min(n, len(AFTER_REFUSAL) - 1)] for n, gap in enumerate(gaps))


@given(st.floats(0, 1e6), st.lists(st.tuples(st.floats(0, STALL, exclude_max=True), st.integers(0, 500))))
def test_a_look_that_takes_in_mail_at_an_honest_pace_is_never_cut(
    started: float, batches: list[tuple[float, int]]
) -> None:
    now, progressed, taken_in = started, started, 0
    for seconds, count in batches:
        now += min(seconds, count * SECONDS_A_MAIL)
        assert now <= deadline(started, progressed, taken_in)
        progressed, taken_in = now, taken_in + count


@given(st.floats(0, 1e6), st.floats(0, 1e5), st.integers(0, 10**6))
def test_every_look_has_an_end(started: float, later: float, taken_in: int) -> None:
    cut = deadline(started, started + later, taken_in)
    assert cut - (started + later) <= STALL + 1e-3
    assert cut - started <= WHOLE_LOOK + SECONDS_A_MAIL * taken_in + 1e-3


def test_a_look_that_takes_in_nothing_is_cut_after_ten_minutes() -> None:
    assert deadline(100.0, 100.0, 0) == 700.0


def test_a_server_that_hands_out_a_mail_now_and_then_is_cut_all_the_same() -> None:
    assert deadline(0.0, 1790.0, 5) == WHOLE_LOOK + 5 * SECONDS_A_MAIL
