"""GROUND. How long people wait, told honestly: those who still wait count for as long as they have waited."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

Curve = tuple[tuple[timedelta, float], ...]
"""The product-limit estimate: (time, share still waiting after it), at each time somebody was answered."""


def product_limit(lengths: Iterable[tuple[timedelta, bool]]) -> Curve:
    """The Kaplan–Meier curve over (length, answered) pairs; open waits (False) are censored at their length.

    Kaplan & Meier 1958, JASA 53:457–481. At equal times answers come before censorings.
    """
    ordered = sorted(lengths, key=lambda pair: (pair[0], not pair[1]))
    curve: list[tuple[timedelta, float]] = []
    at_risk, share, at = len(ordered), 1.0, 0
    while at < len(ordered):
        time = ordered[at][0]
        here = [answered for _, answered in ordered[at : _run_end(ordered, at)]]
        if answered_now := sum(here):
            share *= 1 - answered_now / at_risk
            curve.append((time, share))
        at_risk -= len(here)
        at += len(here)
    return tuple(curve)


def quantile(curve: Curve, p: float) -> timedelta | None:
    """The time within which a share `p` was answered; None where the curve does not reach so far ("over N h")."""
    # 1e-12: 1 - 9/10 is 0.09999999999999998 in binary; a quantile must not hang on that.
    return next((time for time, share in curve if share <= 1 - p + 1e-12), None)


def _run_end(ordered: Sequence[tuple[timedelta, bool]], at: int) -> int:
    end = at
    while end < len(ordered) and ordered[end][0] == ordered[at][0]:
        end += 1
    return end
