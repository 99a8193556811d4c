"""GROUND. How sure a share of few is: when one week really differs from another, and when it is only chance."""

from math import sqrt
from statistics import NormalDist

Z_95 = 1.959963984540054
"""The standard normal quantile of 97.5 %: intervals that hold in 95 of 100 cases."""


def wilson(k: int, n: int, z: float = Z_95) -> tuple[float, float]:
    """The score interval for a share of `k` out of `n`, each 0…1; (0, 1) where nothing was counted.

    Wilson 1927, JASA 22:209–212. Unlike p ± 2s it stays inside 0…1 and is honest for few and for all.
    """
    if n == 0:
        return 0.0, 1.0
    share, square = k / n, z * z / n
    middle = (share + square / 2) / (1 + square)
    reach = z / (1 + square) * sqrt(share * (1 - share) / n + square / (4 * n))
    # At 0 and n the ends are exactly 0 and 1; in binary they come out a hair beside.
    return (0.0 if k == 0 else middle - reach), (1.0 if k == n else middle + reach)


def stricter(looks: int) -> float:
    """The normal quantile for one of so many looks at once, so that all of them together are wrong 5 times in 100
    (Bonferroni; Dunn 1961, JASA 56:52–64)."""
    return NormalDist().inv_cdf(1 - 0.025 / max(1, looks))


def change(now: tuple[int, int], before: tuple[int, int], z: float = Z_95) -> int:
    """1: the share rose, -1: it fell, 0: about the same. Each side is (k, n), and both carry chance.

    The difference of two shares by their Wilson intervals: Newcombe 1998, Statistics in Medicine 17:873–890,
    method 10. Looking at one interval alone calls one quiet week in six a change.
    """
    if now[1] == 0 or before[1] == 0:
        return 0
    p, q = now[0] / now[1], before[0] / before[1]
    (p_low, p_high), (q_low, q_high) = wilson(*now, z), wilson(*before, z)
    if p - q > sqrt((p - p_low) ** 2 + (q_high - q) ** 2):
        return 1
    return -1 if q - p > sqrt((p_high - p) ** 2 + (q - q_low) ** 2) else 0
