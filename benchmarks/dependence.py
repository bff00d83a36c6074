"""Worlds whose rows depend on each other: days that differ, clusters that are alike, seasons that come again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from evergreen.drift.cells import Kind
from evergreen.drift.reference import Reference, build_reference
from evergreen.drift.season import NAMES, Season, parts_of
from evergreen.drift.thresholds import PRESETS
from evergreen.drift.verdict import judge_window

ROWS_A_DAY = 60
CLUSTER = 20  # rows that share nine tenths of their variance
WAVE = 1.5  # of a yearly season, in standard deviations of the rows of a day
GAP = 28  # days between the reference and the window
YEAR = 365.25
START = np.datetime64("2013-01-01", "us")
DAY = np.timedelta64(1, "D")
FEATURES = ("x0", "x1", "x2")

Column = NDArray[np.float64]
Series = Callable[[np.random.Generator, int], Column]  # a feature of so many days, ROWS_A_DAY rows each


def days_that_differ(memory: float, spread: float) -> Series:
    """An autoregression of days, with rows of variance 1 around them."""

    def drawn(random: np.random.Generator, days: int) -> Column:
        level = random.normal(0, spread, days)
        level[0] /= np.sqrt(1 - memory**2)
        for day in range(1, days):
            level[day] += memory * level[day - 1]
        return np.repeat(level, ROWS_A_DAY) + random.normal(size=days * ROWS_A_DAY)

    return drawn


def clusters(random: np.random.Generator, days: int) -> Column:
    """Three clusters of alike rows a day."""
    shared = np.repeat(random.normal(0, np.sqrt(0.9), days * ROWS_A_DAY // CLUSTER), CLUSTER)
    return np.asarray(shared + random.normal(0, np.sqrt(0.1), len(shared)))


def seasonal(random: np.random.Generator, days: int) -> Column:
    """A wave over the year, and days that differ a little."""
    wave = np.repeat(WAVE * np.sin(2 * np.pi * np.arange(days) / YEAR), ROWS_A_DAY)
    return np.asarray(wave + days_that_differ(0.0, 0.1)(random, days))


def judge(
    random: np.random.Generator,
    series: Series,
    *,
    past: int,
    window: int,
    moved: float,
    season: Season | None = None,
    gap: int = GAP,
) -> tuple[bool, bool]:
    """Whether a window of so many days is a finding: as it is, and when its first feature moved by so much."""
    total = past + gap + window
    times = START + np.repeat(np.arange(total), ROWS_A_DAY) * DAY
    columns = {name: series(random, total) for name in FEATURES}
    cut = past * ROWS_A_DAY
    kinds: dict[str, Kind] = dict.fromkeys(FEATURES, "number")
    before = {name: column[:cut] for name, column in columns.items()}
    built = build_reference(before, kinds, None, times[:cut], timedelta(days=window), season=season)
    reference = Reference.from_json(built)
    if season is not None:
        parts = parts_of(times[-window * ROWS_A_DAY :], season)
        reference = reference.in_season(np.bincount(parts, minlength=len(NAMES[season])))
    still = {name: column[-window * ROWS_A_DAY :] for name, column in columns.items()}
    changed = still | {"x0": still["x0"] + moved}
    found = [judge_window(reference, each, None, PRESETS["standard"]).verdict == "breach" for each in (still, changed)]
    return found[0], found[1]
