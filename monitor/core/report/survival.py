"""GROUND. How long people wait, told honestly: those who still wait count for as long as they have waited."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from datetime import timedelta
from itertools import groupby
from math import ceil

Curve = tuple[tuple[timedelta, float], ...]
"""The product-limit estimate: (time, share still waiting after it), at each time somebody was answered."""


def product_limit(lengths: Iterable[tuple[timedelta, bool]]) -> Curve:
    """The Kaplan–Meier curve over (length, answered) pairs; open waits (False) are censored at their length.

    Kaplan & Meier 1958, JASA 53:457–481. At equal times answers come before censorings.
    """
    pairs = list(lengths)
    answered = sorted(length for length, was_answered in pairs if was_answered)
    censored = sorted(length for length, was_answered in pairs if not was_answered)
    curve: list[tuple[timedelta, float]] = []
    share, before = 1.0, 0
    for time, same in groupby(answered):
        now = sum(1 for _ in same)
        at_risk = len(answered) - before + len(censored) - bisect_left(censored, time)
        share *= 1 - now / at_risk
        before += now
        curve.append((time, share))
    return tuple(curve)


def quantile(curve: Curve, p: float) -> timedelta | None:
    """The time within which a share `p` was answered; None where the curve does not reach so far ("over N h")."""
    # 1e-12: 1 - 9/10 is 0.09999999999999998 in binary; a quantile must not hang on that.
    return next((time for time, share in curve if share <= 1 - p + 1e-12), None)


def reached(lengths: Iterable[tuple[timedelta, bool]], p: float) -> timedelta | None:
    """`quantile(product_limit(lengths), p)`, for a hundred thousand lengths: without the curve.

    Between two censorings nobody leaves but who was answered, and the product is a quotient: (1 - 1/3)(1 - 1/2) = 1/3.
    """
    pairs = list(lengths)
    answered = sorted(length for length, was_answered in pairs if was_answered)
    censored = sorted(length for length, was_answered in pairs if not was_answered)
    left, share, before = 1 - p + 1e-12, 1.0, 0
    for gone, end in enumerate([*censored, timedelta.max]):
        at_risk = len(pairs) - before - gone
        now = bisect_right(answered, end, before) - before
        needed = max(1, ceil(at_risk * (1 - left / share)))
        if needed <= now:
            return answered[before + needed - 1]
        if now:
            share *= (at_risk - now) / at_risk
        before += now
    return None


def answered_by(curve: Curve, limit: timedelta, longest: timedelta) -> float | None:
    """The share 0…1 answered within `limit`; None where that lies beyond `longest`, the longest length known, and
    somebody still waits then: of what comes later the estimate says nothing."""
    left = next((share for time, share in reversed(curve) if time <= limit), 1.0)
    return 1 - left if limit <= longest or (curve and left == 0.0) else None
