"""Change of the share of missing values between two samples."""

from __future__ import annotations

from evergreen.drift.fisher import fisher_p_value


def missing_change(n_reference: int, missing_reference: int, n_window: int, missing_window: int) -> float:
    """Return the window's share of missing values less the reference's, in [-1, 1]; 0 for no change.

    >>> missing_change(1000, 10, 200, 22)
    0.1
    """
    return missing_window / max(n_window, 1) - missing_reference / max(n_reference, 1)


def missing_p_value(n_reference: int, missing_reference: int, n_window: int, missing_window: int) -> float:
    """Return Fisher's exact p for a change in either direction (twice the smaller tail).

    >>> missing_p_value(1000, 10, 200, 22) < 1e-9
    True
    """
    table = n_reference, missing_reference, n_window, missing_window
    kept = n_reference, n_reference - missing_reference, n_window, n_window - missing_window
    return min(1.0, 2 * min(fisher_p_value(*table), fisher_p_value(*kept)))
