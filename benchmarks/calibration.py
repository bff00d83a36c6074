"""The drift verdict by simulation: how often an unchanged world raises a finding, how often a changed one does.

Beside it, what is usually written: Kolmogorov and Smirnov's p below 0.05 for any feature.

Windows of independent rows are drawn as counts in the reference's cells: given the cells, those are multinomial, so a
window of a million rows costs as much as one of a hundred. Rows in days that differ (an autoregression of days) are
drawn one by one, and flights are real: trained on January to March 2013, judged week by week until December.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from benchmarks.line import Better, Line, Target, compare, installed
from benchmarks.worlds import Shares, World, normal_shift, tilted
from evergreen.drift.cells import Kind
from evergreen.drift.ks import ks_distance, ks_p_value
from evergreen.drift.psi import Counts
from evergreen.drift.reference import Reference, build_reference
from evergreen.drift.thresholds import PRESETS, Preset
from evergreen.drift.verdict import judge_counts, judge_window
from examples.flights.fetch import flights

FAMILY = Target("ours", "<=", 0.01)
ALARMS = Target("ours", "<=", 0.05)  # of real windows
POWER = Target("ours", ">=", 0.95)
NAIVE = 0.05
WINDOWS = {5: 1000, 50: 300, 200: 300}  # to simulate, by features
CHANGED, SERIES = 200, 150
ROWS_A_DAY = 60
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
    """Family error and power where days differ: 90 days of reference, the window four weeks later."""
    for memory, spread, days in ((0.0, 0.3, 7), (0.7, 0.4, 7), (0.7, 0.4, 30)):
        found = np.array([_series(random, memory, spread, days) for _ in range(SERIES)])
        case = f"days differ by {spread:g} σ with memory {memory:g}, 3 features, windows of {days} days"
        yield _line(case, "windows with a finding, nothing moved", float(found[:, 0].mean()), FAMILY, SERIES)
        yield _line(case, "windows with a finding, one moved by 3 σ", float(found[:, 1].mean()), None, SERIES)


def _series(random: np.random.Generator, memory: float, spread: float, days: int) -> tuple[bool, bool]:
    before, total = 90, 90 + 28 + days
    columns = {f"x{at}": _days(random, memory, spread, total) for at in range(3)}
    past = {name: column[: before * ROWS_A_DAY] for name, column in columns.items()}
    times = np.repeat(np.datetime64("2013-01-01", "ns") + np.arange(before) * np.timedelta64(1, "D"), ROWS_A_DAY)
    kinds: dict[str, Kind] = dict.fromkeys(columns, "number")
    reference = Reference.from_json(build_reference(past, kinds, None, times, timedelta(days=days)))
    window = {name: column[-days * ROWS_A_DAY :] for name, column in columns.items()}
    moved = window | {"x0": window["x0"] + 3}
    still, changed = (judge_window(reference, each, None, PRESETS["standard"]) for each in (window, moved))
    return still.verdict == "breach", changed.verdict == "breach"


def _days(random: np.random.Generator, memory: float, spread: float, days: int) -> Shares:
    level = random.normal(0, spread, days)
    level[0] /= np.sqrt(1 - memory**2)
    for day in range(1, days):
        level[day] += memory * level[day - 1]
    return np.repeat(level, ROWS_A_DAY) + random.normal(size=days * ROWS_A_DAY)


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
    """Real windows, power, days that differ, then the family error of independent rows."""
    random = np.random.default_rng(SEED)
    yield from real()
    yield from power(random)
    yield from dependent(random)
    yield from independent(random)
