from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evergreen.profiles.quantiles import Floats, QuantileSummary, evenly, merge_summaries, summarise

RNG = np.random.default_rng(7)
N = 40_000
SHAPES: dict[str, Floats] = {
    "normal": RNG.normal(size=N),
    "lognormal": RNG.lognormal(3, 2, N),
    "cauchy": RNG.standard_cauchy(N),
    "pareto": RNG.pareto(0.5, N),
    "uniform": RNG.random(N),
    "poisson": RNG.poisson(4, N).astype(float),
    "zero inflated": np.where(RNG.random(N) < 0.6, 0.0, RNG.exponential(1, N)),
    "two heavy values": np.where(RNG.random(N) < 0.5, 1.0, np.where(RNG.random(N) < 0.9, 2.0, RNG.random(N))),
    "cents": np.round(RNG.normal(100, 30, N), 2),
    "constant": np.full(N, 3.0),
    "bimodal": np.concatenate([RNG.normal(-5, 1, N // 2), RNG.normal(5, 0.1, N // 2)]),
    "ascending": np.arange(N, dtype=float),
    "geometric steps": np.exp(np.arange(N) / 100.0 % 700),
    "tiny": RNG.normal(size=N) * 1e-308,
}


def worst(summary: QuantileSummary, truth: Floats) -> float:
    """The largest distance of the summary's step function from the truth, on both sides of every step of either."""
    truth = np.sort(truth)
    at = np.concatenate([truth, summary.values, [-np.inf, np.inf]])
    upper = np.abs(summary.cdf(at) - np.searchsorted(truth, at, "right") / len(truth)).max()
    lower = np.abs(summary.cdf_below(at) - np.searchsorted(truth, at, "left") / len(truth)).max()
    return float(max(upper, lower))


def tree(parts: list[QuantileSummary]) -> QuantileSummary:
    while len(parts) > 1:
        parts = [merge_summaries(parts[at : at + 2]) for at in range(0, len(parts), 2)]
    return parts[0]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("pieces", [1, 2, 7, 40])
def test_the_rank_error_is_within_the_bound_that_the_summary_carries(shape: str, pieces: int) -> None:
    truth = SHAPES[shape]
    parts = [summarise(np.sort(piece), k=512) for piece in np.array_split(RNG.permutation(truth), pieces)]

    for merged in (merge_summaries(parts, 512), tree(list(parts))):
        assert merged.n == N
        assert worst(merged, truth) <= merged.error + 1e-12


def test_720_parts_merged_at_once_stay_within_a_thousandth() -> None:
    truth = RNG.lognormal(0, 1, 720 * 3000)
    parts = [evenly(np.sort(piece), 2048) for piece in np.array_split(truth, 720)]

    flat = merge_summaries(parts)

    assert worst(flat, truth) <= flat.error < 1e-3


def test_720_sequential_recompressions_say_how_far_they_may_be_off() -> None:
    truth = RNG.normal(size=720 * 300)
    pieces = np.array_split(truth, 720)

    merged = evenly(np.sort(pieces[0]), 256)
    for piece in pieces[1:]:
        merged = merge_summaries([merged, evenly(np.sort(piece), 256)], 256)

    assert worst(merged, truth) <= merged.error


@given(
    st.lists(arrays(np.float64, st.integers(1, 60), elements=st.integers(-9, 9).map(float)), min_size=1, max_size=6),
    st.integers(1, 16),
)
@settings(deadline=None)
def test_any_parts_at_any_resolution_keep_their_bound(pieces: list[Floats], k: int) -> None:
    truth = np.concatenate(pieces)

    merged = merge_summaries([evenly(np.sort(piece), k) for piece in pieces], k)

    assert worst(merged, truth) <= merged.error + 1e-12
    assert int(merged.weights.sum()) == merged.n == len(truth)


def test_few_distinct_values_are_exact() -> None:
    found = merge_summaries([summarise(np.sort(piece)) for piece in np.array_split(SHAPES["poisson"], 9)])

    assert found.error == 0
    values, cumulative = found.points()
    assert values.tolist() == np.unique(SHAPES["poisson"]).tolist()
    assert cumulative[-1] == N


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=50), st.lists(st.floats(0, 1), min_size=1, max_size=9))
def test_exact_quantiles_are_the_inverted_cdf(values: list[float], q: list[float]) -> None:
    found = summarise(np.sort(values) + 0.0)

    assert found.quantile(q).tolist() == np.quantile(values, q, method="inverted_cdf").tolist()
