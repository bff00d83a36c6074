"""The drift verdict by simulation: how often an unchanged world raises a finding, how often a changed one does.

Beside it, what is usually written: Kolmogorov and Smirnov's p below 0.05 for any feature.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from benchmarks.line import Line, Target, compare, installed
from evergreen.drift.cells import Column, Kind
from evergreen.drift.ks import ks_distance, ks_p_value
from evergreen.drift.reference import Reference, build_reference
from evergreen.drift.verdict import Thresholds, judge_window

FAMILY = Target("ours", "<=", 0.01)
POWER = Target("ours", ">=", 0.95)
REFERENCE_DAYS, ROWS_A_DAY = 90, 300
WEEK = timedelta(days=7)
CELLS = 20_000_000  # of all the windows of one world together: a world takes about a quarter of a minute
UNCHANGED, CHANGED = 1000, 200  # at most
SHIFT = 0.35  # standard deviations: what the default thresholds promise to see
NAIVE = 0.05
DAY_SPREAD = 0.1  # of each day's mean, in standard deviations, where rows come in days


@dataclass(frozen=True)
class World:
    """Numbers (half of the features) and categories; rows of one day may share a shift."""

    features: int
    rows: int
    by_day: bool

    @property
    def name(self) -> str:
        """The case in words."""
        return f"{'days differ' if self.by_day else 'independent rows'}, {self.features} features, {self.rows} rows"

    def windows(self, most: int) -> int:
        """How many to simulate."""
        return min(most, CELLS // (self.features * self.rows))

    def columns(self, rows: int, days: int, random: np.random.Generator, shift: float = 0.0) -> dict[str, Column]:
        """Rows in the order of their days; `shift` moves the first feature."""
        found = {}
        for index in range(self.features):
            daily = random.normal(0, DAY_SPREAD, days) if self.by_day else np.zeros(days)
            values = random.normal(0, 1, rows) + daily[np.arange(rows) * days // rows] + shift * (index == 0)
            category = np.array(list("abcdef"), dtype=object)[np.digitize(values, [-1.5, -0.5, 0, 0.5, 1.5])]
            found[f"f{index:03d}"] = category if index % 2 else values
        return found


WORLDS = [
    World(features=5, rows=1000, by_day=False),
    World(features=20, rows=1000, by_day=False),
    World(features=50, rows=1000, by_day=False),
    World(features=20, rows=5000, by_day=False),
    World(features=20, rows=2100, by_day=True),
]


def run() -> Iterator[Line]:
    """Family error, then power, of each world."""
    for world in WORLDS:
        random = np.random.default_rng(20130401)
        reference = _reference(world, random)
        errors = _breaches(world, reference, random, UNCHANGED, 0.0)
        yield _line(world, "windows with a finding, nothing moved", errors, FAMILY)
        power = _breaches(world, reference, random, CHANGED, SHIFT)
        yield _line(world, f"windows with a finding, one moved by {SHIFT} σ", power, POWER)


def _line(world: World, metric: str, found: list[tuple[bool, bool]], target: Target) -> Line:
    ours, naive = np.mean(found, axis=0)
    return compare(
        "calibration", world.name, metric, float(ours), better="lower" if target is FAMILY else "higher", n=len(found),
        peer="KS p < 0.05 of any feature", theirs=float(naive), target=target, versions=installed("numpy"),
    )  # fmt: skip


def _reference(world: World, random: np.random.Generator) -> Reference:
    rows = REFERENCE_DAYS * ROWS_A_DAY
    columns = world.columns(rows, REFERENCE_DAYS, random)
    kinds: dict[str, Kind] = {
        name: "category" if found.dtype == object else "number" for name, found in columns.items()
    }
    times = None
    if world.by_day:
        days = np.arange(rows) * REFERENCE_DAYS // rows
        times = np.datetime64("2026-01-01", "s") + days.astype("timedelta64[D]")
    return Reference.from_json(build_reference(columns, kinds, None, times, WEEK))


def _breaches(
    world: World, reference: Reference, random: np.random.Generator, most: int, shift: float
) -> list[tuple[bool, bool]]:
    """Our verdict and the naive one, window by window."""
    found = []
    for _ in range(world.windows(most)):
        columns = world.columns(world.rows, WEEK.days, random, shift)
        report = judge_window(reference, columns, None, Thresholds())
        found.append((report.verdict == "breach", _naive(reference, columns)))
    return found


def _naive(reference: Reference, columns: dict[str, Column]) -> bool:
    p_values = []
    for feature in reference.features:
        before, after = feature.counts[:-1], feature.count(columns[feature.name])[:-1]
        if feature.kind == "number":
            p_values.append(ks_p_value(float(ks_distance(before, after)), float(before.sum()), float(after.sum())))
    return min(p_values) < NAIVE
