"""The statistics of the report are those of lifelines, statsmodels and pandas, which know nothing of ours.

They are tools of the tests alone, and warn of nothing that is used here: `qth_survival_time` stands for
`KaplanMeierFitter.percentile`, which warns that it reads the same curve.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter
from lifelines.utils import qth_survival_time
from statsmodels.duration.survfunc import SurvfuncRight
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from monitor.core.promise import Promise
from monitor.core.report.figures import WaitFacts, figures
from monitor.core.report.intervals import change, stricter, wilson
from monitor.core.report.missed import missed_by_team
from monitor.core.report.spread import within_limits
from monitor.core.report.survival import answered_by, product_limit, quantile
from monitor.core.report.week import Week
from monitor.core.wait import Handoff

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
HAIR = 1e-9
"""Which of two equal shares a rounding in binary makes the larger must not matter."""
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe")
AS_OF = datetime(2026, 11, 16, 7, tzinfo=UTC)

Pairs = list[tuple[int, bool]]
# Few different lengths, so that many are equal; half of the lists nearly without, half with many open waits.
pairs = st.integers(5, 600).flatmap(
    lambda longest: st.lists(st.tuples(st.integers(0, longest), st.booleans() | st.just(True)), min_size=1, max_size=60)
)
few_examples = settings(max_examples=40, deadline=None)


def ours(waits: Pairs) -> list[tuple[timedelta, bool]]:
    return [(length * MINUTE, answered) for length, answered in waits]


def lifelines(waits: Pairs) -> KaplanMeierFitter:
    return KaplanMeierFitter().fit([length for length, _ in waits], [answered for _, answered in waits])


# -- the product-limit estimate


@few_examples
@given(pairs)
def test_the_curve_is_that_of_lifelines_and_of_statsmodels(waits: Pairs) -> None:
    curve = product_limit(ours(waits))
    shares = [share for _, share in curve]
    theirs = lifelines(waits)
    if curve:
        assert shares == pytest.approx(theirs.survival_function_at_times([t / MINUTE for t, _ in curve]), abs=HAIR)
    other = SurvfuncRight([length for length, _ in waits], [int(answered) for _, answered in waits])
    assert [t / MINUTE for t, _ in curve] == list(other.surv_times)
    assert shares == pytest.approx(list(other.surv_prob), abs=HAIR)


@few_examples
@given(pairs, st.sampled_from([0.1, 0.25, 0.5, 0.75, 0.9]))
def test_quantiles_are_those_of_lifelines_and_of_statsmodels(waits: Pairs, p: float) -> None:
    found = quantile(product_limit(ours(waits)), p)
    minutes = float("inf") if found is None else found / MINUTE
    assert minutes == qth_survival_time(1 - p + HAIR, lifelines(waits).survival_function_["KM_estimate"])
    other = SurvfuncRight([length for length, _ in waits], [int(answered) for _, answered in waits])
    assert minutes == pytest.approx(other.quantile(p - HAIR)) or (found is None and pd.isna(other.quantile(p - HAIR)))


@few_examples
@given(pairs, st.integers(0, 700))
def test_the_share_answered_within_a_limit_is_that_of_lifelines_as_far_as_anything_is_known(
    waits: Pairs, limit: int
) -> None:
    longest = max(length for length, _ in waits)
    found = answered_by(product_limit(ours(waits)), limit * MINUTE, longest * MINUTE)
    left = float(lifelines(waits).predict(limit))
    if limit > longest and left > HAIR:
        assert found is None, "who is left is known for less"
    else:
        assert found == pytest.approx(1 - left, abs=HAIR)


SIX_MP = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+"
PLACEBO = "1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23"
"""Freireich et al. 1963, Blood 21:699–716: weeks of remission with and without 6-mercaptopurine; the case of Cox &
Oakes 1984, Analysis of Survival Data, table 1.1, and of most textbooks since: their medians are 23 and 8."""


@pytest.mark.parametrize(
    ("trial", "median", "within"),
    [
        (SIX_MP, 23, {5: 0.0, 6: 0.143, 10: 0.247, 22: 0.462, 35: 0.552, 36: None}),
        (PLACEBO, 8, {1: 0.095, 8: 0.619, 12: 0.810, 23: 1.0, 99: 1.0}),
    ],
)
def test_the_textbooks_case(trial: str, median: int, within: dict[int, float | None]) -> None:
    waits = [(int(word.rstrip("+")) * HOUR, not word.endswith("+")) for word in trial.split()]
    curve, longest = product_limit(waits), max(length for length, _ in waits)
    assert quantile(curve, 0.5) == median * HOUR
    found = {limit: answered_by(curve, limit * HOUR, longest) for limit in within}
    assert {k: v is None for k, v in found.items()} == {k: v is None for k, v in within.items()}
    assert [v for v in found.values() if v is not None] == pytest.approx(
        [v for v in within.values() if v is not None], abs=0.0005
    )


# -- shares and their chance


@given(st.integers(1, 3000), st.data())
def test_an_interval_is_that_of_statsmodels(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n))
    assert wilson(k, n) == pytest.approx(proportion_confint(k, n, method="wilson"), abs=HAIR)
    many = data.draw(st.integers(1, 60))
    assert wilson(k, n, stricter(many)) == pytest.approx(
        proportion_confint(k, n, alpha=0.05 / many, method="wilson"), abs=HAIR
    )


@given(st.integers(1, 400), st.integers(1, 400), st.data())
def test_a_change_is_what_statsmodels_sets_apart_from_chance(n: int, m: int, data: st.DataObject) -> None:
    k, j, looks = data.draw(st.integers(0, n)), data.draw(st.integers(0, m)), data.draw(st.sampled_from([1, 1, 5, 49]))
    low, high = confint_proportions_2indep(k, n, j, m, method="newcomb", compare="diff", alpha=0.05 / looks)
    if min(abs(low), abs(high)) > HAIR:
        assert change((k, n), (j, m), stricter(looks)) == int(low > 0) - int(high < 0)


@pytest.mark.parametrize(
    ("now", "before", "interval", "moved"),
    [
        # Newcombe 1998, Statistics in Medicine 17:873–890, table II, method 10.
        ((56, 70), (48, 80), (0.0524, 0.3339), 1),
        ((9, 10), (3, 10), (0.1705, 0.8090), 1),
        ((6, 7), (2, 7), (0.0582, 0.8062), 1),
        ((5, 56), (0, 29), (-0.0381, 0.1926), 0),
    ],
)
def test_published_differences(
    now: tuple[int, int], before: tuple[int, int], interval: tuple[float, float], moved: int
) -> None:
    assert confint_proportions_2indep(*now, *before, method="newcomb", compare="diff") == pytest.approx(
        interval, abs=5e-5
    )
    assert change(now, before) == moved
    assert change(before, now) == -moved


# -- the week's waits


@st.composite
def one_wait(draw: st.DrawFn) -> WaitFacts:
    """Opened around a week of 25 hours' Sunday, promised 24 hours, ended in any way."""
    opened = datetime(2026, 10, 17, tzinfo=UTC) + draw(st.integers(0, 11 * 24 * 60)) * MINUTE
    state = draw(st.sampled_from(["answered", "answered", "answered", "waiting", "no_reply_needed", "excused"]))
    length = draw(st.none() | st.integers(0, 120 * 60)) if state == "answered" else None
    known = draw(st.sampled_from([None, AS_OF, datetime(2026, 10, 22, tzinfo=UTC)]))
    return WaitFacts(
        number=1,
        team=draw(st.sampled_from(["Front desk", "Events & rooms"])),
        state=state,
        opened_at=opened,
        due_at=opened + DAY,
        answered_at=None if length is None else opened + length * MINUTE,
        evidence="sent" if state == "answered" else None,
        as_of=known,
        closed_at=opened + 2 * DAY if state == "no_reply_needed" else None,
        handoffs=(Handoff(opened, "a", "b", False),) if draw(st.booleans()) else (),
    )


def recounted(cohort: Sequence[WaitFacts]) -> pd.DataFrame:
    """The definitions of rules.md §1, "Met", as columns."""
    names = ("team", "state", "opened_at", "due_at", "answered_at", "as_of", "handoffs")
    frame = pd.DataFrame([{name: getattr(wait, name) for name in names} for wait in cohort], columns=list(names))
    for name in ("opened_at", "due_at", "answered_at", "as_of"):
        frame[name] = pd.to_datetime(frame[name], utc=True)
    replied = (frame.state == "answered") & frame.answered_at.notna()
    overdue = (frame.state == "waiting") & (frame.as_of >= frame.due_at)
    frame["met"], frame["missed"] = replied & (frame.answered_at <= frame.due_at), overdue
    frame["missed"] |= replied & (frame.answered_at > frame.due_at)
    known = replied | ((frame.state == "waiting") & frame.as_of.notna())
    ended = frame.answered_at.where(replied, frame.as_of).where(known)
    frame["minutes"] = ((ended - frame.opened_at).dt.total_seconds() / 60).clip(lower=0)
    frame["replied"] = replied
    return frame


@few_examples
@given(st.lists(one_wait(), max_size=50), st.sampled_from(ZONES))
def test_the_weeks_figures_are_those_of_a_recount(waits: list[WaitFacts], zone: str) -> None:
    week = Week(2026, 43, ZoneInfo(zone))
    cohort = [wait for wait in waits if week.start <= wait.due_at < week.end]
    frame = recounted(waits)
    local = frame.due_at.dt.tz_convert(zone).dt.isocalendar()
    frame = frame[(local.year == 2026) & (local.week == 43)]
    assert len(frame) == len(cohort), "a wait belongs to the local week in which its promise ran out"
    found = figures(cohort, [], 90)
    assert (found.rate.k, found.rate.n) == (frame.met.sum(), (frame.met | frame.missed).sum())
    assert found.late_answers == (frame.missed & frame.replied).sum()
    assert found.open_misses == (frame.missed & ~frame.replied).sum()
    assert found.unknown == ((frame.state == "answered") & frame.answered_at.isna()).sum()
    assert (found.no_reply_needed, found.excused) == tuple(
        (frame.state == s).sum() for s in ("no_reply_needed", "excused")
    )
    assert {m.team: (m.n, m.passed_on) for m in missed_by_team(cohort)} == {
        str(team): (len(part), (part.handoffs.str.len() > 0).sum())
        for team, part in frame[frame.missed].groupby("team")
    }


@few_examples
@given(st.lists(one_wait(), min_size=1, max_size=50), st.sampled_from([4, 24, 30]))
def test_the_shares_answered_within_are_those_of_lifelines(waits: list[WaitFacts], promised: int) -> None:
    found = within_limits(waits, Promise(promised * HOUR, "elapsed"), 90)
    assert [one.limit / HOUR for one in found] == sorted({1, 4, 8, 24, 48, 96, promised})
    assert [one.limit for one in found if one.is_promise] == [promised * HOUR]
    frame = recounted(waits).dropna(subset="minutes")
    assert {one.n for one in found} == {len(frame)}
    percents = [one.percent or 0 for one in found]
    assert percents == sorted(percents), "who was answered within a day was answered within two"
    if frame.empty:
        return
    left = KaplanMeierFitter().fit(frame.minutes, frame.replied).predict([one.limit / MINUTE for one in found])
    for one in found:
        minutes = one.limit / MINUTE
        assert one.k == (frame.replied & (frame.minutes <= minutes)).sum()
        if one.share is not None:
            assert one.share == pytest.approx(1 - float(left[minutes]), abs=HAIR)
            assert one.share >= one.k / one.n - HAIR, "who is not known for so long is no miss"
        else:
            assert frame.minutes.max() < minutes
            assert not frame.replied[frame.minutes == frame.minutes.max()].all()


def open_for(hours: float) -> WaitFacts:
    opened = AS_OF - hours * HOUR
    return WaitFacts(1, "Desk", "waiting", opened, opened + DAY, None, None, AS_OF)


def answered_after(hours: float) -> WaitFacts:
    opened = AS_OF - 10 * DAY
    return WaitFacts(1, "Desk", "answered", opened, opened + DAY, opened + hours * HOUR, "sent", AS_OF)


TWELVE = [answered_after(hours) for hours in (0.5, 0.9, 2, 3, 3.5, 5, 20, 30)] + [open_for(h) for h in (6, 26, 40, 60)]


def test_shares_answered_within_by_hand() -> None:
    found = within_limits(TWELVE, Promise(DAY, "elapsed"), 90)
    # 12 wait; 2 within 1 h, 5 within 4 h, 6 within 8 h: all of them known. One open for 6 h leaves the estimate, so at
    # 20 h there are 5 left: 1 - 6/12 * 4/5; at 30 h, after one of 26 h, 3: 1 - 6/12 * 4/5 * 2/3. Nobody is known
    # for more than 60 h.
    assert [one.share for one in found] == [pytest.approx(s) for s in (2 / 12, 5 / 12, 6 / 12, 0.6, 0.6 + 0.4 / 3)] + [
        None
    ]
    assert [(one.k, one.n) for one in found] == [(2, 12), (5, 12), (6, 12), (7, 12), (8, 12), (8, 12)]
    assert [one.percent for one in found] == [17, 42, 50, 60, 73, 73]
    assert [one.at_least for one in found] == [False] * 5 + [True]


@pytest.mark.parametrize(
    ("promise", "marked"),
    [
        (Promise(DAY, "office-hours"), []),
        (Promise(DAY, "open-days"), []),
        (None, []),
        (Promise(8 * HOUR, "elapsed"), [8]),
    ],
)
def test_only_a_promise_by_the_clock_stands_among_the_limits(promise: Promise | None, marked: list[int]) -> None:
    found = within_limits(TWELVE, promise, 90)
    assert [one.limit / HOUR for one in found if one.is_promise] == marked
    assert len(found) == 6


@given(st.integers(1, 300), st.integers(0, 300), st.integers(0, 20), st.sampled_from([90.0, 92.5, 99.5]))
def test_a_longer_limit_never_shows_the_smaller_share(quick: int, slow: int, open_: int, goal: float) -> None:
    cohort = [answered_after(3)] * quick + [answered_after(40)] * slow + [open_for(47)] * open_
    found = [one.percent or 0 for one in within_limits(cohort, Promise(DAY, "elapsed"), goal)]
    assert found == sorted(found)


@few_examples
@given(st.integers(10, 2000), st.data())
def test_the_promises_share_is_the_headlines_percentage(n: int, data: st.DataObject) -> None:
    goal = data.draw(st.sampled_from([80.0, 90.0, 92.5, 99.5]))
    k = data.draw(st.integers(max(0, int(n * goal / 100) - 2), n))
    cohort = [answered_after(3)] * k + [open_for(80)] * (n - k)
    (promised,) = (one for one in within_limits(cohort, Promise(DAY, "elapsed"), goal) if one.is_promise)
    rate = figures(cohort, [], goal).rate
    assert (promised.k, promised.n, promised.percent) == (rate.k, rate.n, rate.percent)
