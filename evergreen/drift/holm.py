"""Holm's correction for many tests at once."""

from __future__ import annotations

from collections.abc import Sequence


def holm(p_values: Sequence[float], alpha: float) -> list[bool]:
    """Return which hypotheses are rejected with the family error at most `alpha`, whatever their dependence.

    The i-th smallest of m p-values is compared with alpha / (m - i + 1); the first that fails ends the rejections.
    Source: Holm, A simple sequentially rejective multiple test procedure (1979).

    >>> holm([0.001, 0.04, 0.006], alpha=0.01)
    [True, False, False]
    """
    rejected = [False] * len(p_values)
    for rank, index in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        if p_values[index] > alpha / (len(p_values) - rank):
            break
        rejected[index] = True
    return rejected
