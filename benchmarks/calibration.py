"""The drift verdict by simulation: how often an unchanged world raises a finding, how often a changed one does.

Beside it, what is usually written: Kolmogorov and Smirnov's p below 0.05 for any feature.

Windows of independent rows are drawn as counts in the reference's cells: given the cells, those are multinomial, so a
window of a million rows costs as much as one of a hundred. Rows in days that differ (an autoregression of days) are
drawn one by one, and flights are real: trained on January to March 2013, judged week by week until December.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from benchmarks.dependence import Series, clusters, days_that_differ, judge, seasonal
from benchmarks.line import Better, Line, Target, compare, installed
from benchmarks.worlds import Shares, World, normal_shift, tilted
from evergreen.drift.cells import Kind
from evergreen.drift.ks import ks_distance, ks_p_value
from evergreen.drift.psi import Counts
from evergreen.drift.reference import Reference, build_reference
from evergreen.drift.season import Season
from evergreen.drift.thresholds import PRESETS, Preset
from evergreen.drift.verdict import judge_counts, judge_window
from examples.flights.fetch import flights

FAMILY = Target("ours", "<=", 0.01)
ALARMS = Target("ours", "<=", 0.05)  # of real windows
POWER = Target("ours", ">=", 0.95)
NAIVE = 0.05
WINDOWS = {5: 1000, 50: 300, 200: 300}  # to simulate, by features
CHANGED, SERIES = 200, 150
SPRING = np.datetime64("2013-04-01")
SEED = 1


def independent(random: np.random.Generator) -> Iterator[Line]:
    """Family error of independent rows, at the preset that alarms most easily, beside the naive one."""
    for features, windows in WINDOWS.items():
        world = World(features, random)
        for rows in (100, 1_000, 10_000, 1_000_000):
            drawn = [world.window(rows) for _ in range(windows)]
            naive = float(np.mean([_naive(world.reference, counts) for counts in drawn]))
            judged = [judge_counts(world.reference, counts, None, PRESETS["sensitive"]) for counts in drawn]
            error = float(np.mean([report.verdict == "breach" for report in judged]))
            case = f"independent rows, {features} features, {rows} rows, sensitive"
            yield _line(case, "windows with a finding, nothing moved", error, FAMILY, windows, naive=naive)


def power(random: np.random.Generator) -> Iterator[Line]:
    """Share of windows of 1,000 rows in which the one feature that moved is found."""
    cases: tuple[tuple[str, Shares, Preset], ...] = (
        ("0.35 σ", normal_shift(0.35), "standard"),
        ("PSI 0.15", tilted(), "standard"),
        ("0.25 σ", normal_shift(0.25), "sensitive"),
    )
    for features in WINDOWS:
        world = World(features, random)
        for name, moved, preset in cases:
            drawn = [world.window(1000, moved) for _ in range(CHANGED)]
            judged = [judge_counts(world.reference, counts, None, PRESETS[preset]) for counts in drawn]
            found = float(np.mean(["x000" in report.breaches for report in judged]))
            case = f"independent rows, {features} features, 1000 rows, {preset}"
            yield _line(case, f"windows with the feature that moved by {name}", found, POWER, CHANGED)


def dependent(random: np.random.Generator) -> Iterator[Line]:
    """Family error and power where rows depend on each other: 90 days of reference, the window four weeks later."""
    cases: tuple[tuple[str, Series, int, float], ...] = (
        ("days differ by 0.3 σ with memory 0", days_that_differ(0.0, 0.3), 7, 3.0),
        ("days differ by 0.4 σ with memory 0.7", days_that_differ(0.7, 0.4), 7, 3.0),
        ("days differ by 0.4 σ with memory 0.7", days_that_differ(0.7, 0.4), 30, 3.0),
        ("clusters of 20 rows that are alike", clusters, 7, 2.0),
    )
    for name, series, days, moved in cases:
        found = [judge(random, series, past=90, window=days, moved=moved) for _ in range(SERIES)]
        yield from _both(f"{name}, 3 features, windows of {days} days", found, moved)


def seasons(random: np.random.Generator) -> Iterator[Line]:
    """The same for weeks of a yearly wave of 1.5 σ, against all of three years or against the same months of them."""
    against: tuple[tuple[Season | None, str], ...] = ((None, "all rows"), ("year", "the same months"))
    for season, name in against:
        gaps = random.integers(1, 365, SERIES)
        found = [
            judge(random, seasonal, past=3 * 365, window=7, moved=0.7, season=season, gap=int(gap)) for gap in gaps
        ]
        yield from _both(f"a season of 1.5 σ, 3 features, windows of 7 days against {name}", found, 0.7)


def _both(case: str, found: Sequence[tuple[bool, bool]], moved: float) -> Iterator[Line]:
    still, changed = np.array(found).mean(axis=0)
    yield _line(case, "windows with a finding, nothing moved", float(still), FAMILY, len(found))
    yield _line(case, f"windows with a finding, one moved by {moved:g} σ", float(changed), None, len(found))


def real() -> Iterator[Line]:
    """Flights: what is known at booking, without its time parts; the reference never saw April to December."""
    kinds: dict[str, Kind] = {"carrier": "category", "origin": "category", "dest": "category", "distance": "number"}
    table = flights()
    times = table["scheduled_departure"].to_numpy().astype("datetime64[s]")
    columns = {name: table[name].to_numpy() for name in kinds}
    learned = times < SPRING
    past = {name: column[learned] for name, column in columns.items()}
    for days in (7, 28):
        built = build_reference(past, kinds, None, times[learned], timedelta(days=days))
        reference = Reference.from_json(built)
        alarms = []
        for rows in _windows(times, days):
            window = {name: column[rows] for name, column in columns.items()}
            alarms.append(judge_window(reference, window, None, PRESETS["standard"]).verdict == "breach")
        case = f"flights, January to March against windows of {days} days until December"
        yield _line(case, "windows with a finding", float(np.mean(alarms)), ALARMS, len(alarms))


def _windows(times: NDArray[np.datetime64], days: int) -> Iterator[NDArray[np.bool_]]:
    start = SPRING
    while start < times.max():
        end = start + np.timedelta64(days, "D")
        yield (times >= start) & (times < end)
        start = end


def _naive(reference: Reference, counts: dict[str, Counts]) -> bool:
    p_values = []
    for feature in reference.features:
        before, after = feature.counts[:-1], counts[feature.name][:-1]
        if feature.kind == "number":
            p_values.append(ks_p_value(float(ks_distance(before, after)), float(before.sum()), float(after.sum())))
    return min(p_values) < NAIVE


def _line(case: str, metric: str, ours: float, target: Target | None, n: int, *, naive: float | None = None) -> Line:
    peer = None if naive is None else "KS p < 0.05 of any feature"
    better: Better = "higher" if target is POWER or target is None else "lower"
    return compare(
        "calibration", case, metric, ours, better=better, n=n, peer=peer, theirs=naive, target=target,
        versions=installed("numpy"),
    )  # fmt: skip


def run() -> Iterator[Line]:
    """Real windows, power, rows that depend on each other, then the family error of independent rows."""
    random = np.random.default_rng(SEED)
    yield from real()
    yield from power(random)
    yield from dependent(random)
    yield from seasons(random)
    yield from independent(random)
