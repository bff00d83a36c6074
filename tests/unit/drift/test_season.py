"""The same season: a reference that is spread over the year, the week or the day as the window is."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evergreen.drift.cells import number_cells
from evergreen.drift.reference import Reference, build_reference
from evergreen.drift.report import DriftReport
from evergreen.drift.season import NAMES, Parts, Season, as_in_window, parts_of, parts_of_hours, spoken
from evergreen.drift.verdict import Thresholds, judge_window
from evergreen.drift.windows import sliding_windows
from tests.unit.drift.samples import DAY, START, WEEK

THRESHOLDS = Thresholds(psi=0.1, distance=0.1, min_rows=100)
HOUR = np.timedelta64(1, "h")
COUNTS = arrays(np.int64, (4, 5), elements=st.integers(0, 1000))
ROWS = arrays(np.int64, 4, elements=st.integers(0, 1000))


@pytest.mark.parametrize(
    ("season", "time", "name"),
    [
        ("year", "2013-07-04T23:59:59", "July"),
        ("year", "1969-12-31T00:00:00", "December"),
        ("week", "2026-11-22T12:00:00", "Sunday"),
        ("week", "1960-02-29T00:00:00", "Monday"),
        ("day", "1969-12-31T23:30:00", "23 h"),
    ],
)
def test_a_time_has_a_part_before_and_after_1970(season: Season, time: str, name: str) -> None:
    part = parts_of(np.array([time], dtype="datetime64[us]"), season)

    assert NAMES[season][part[0]] == name
    assert parts_of_hours(datetime.fromisoformat(time).replace(tzinfo=UTC), 1, season).tolist() == part.tolist()


@pytest.mark.parametrize(
    ("season", "held", "text"),
    [
        ("year", [6], "July"),
        ("year", [11, 0], "January and December"),
        ("year", [10, 11, 0], "November to January"),
        ("week", [0, 2, 4], "Monday, Wednesday and Friday"),
        ("day", [22, 23, 0, 1], "22 h to 1 h"),
        ("week", range(7), "Monday, Tuesday, Wednesday, Thursday, Friday, Saturday and Sunday"),
        ("week", [], ""),
    ],
)
def test_a_season_is_named(season: Season, held: Any, text: str) -> None:
    rows = np.zeros(len(NAMES[season]), np.int64)
    rows[list(held)] = 10

    assert spoken(rows, season) == text


@given(COUNTS, ROWS)
def test_standardised_shares_are_those_of_the_parts_weighted_by_the_window(counts: Any, rows: Any) -> None:
    found = as_in_window(zip(rows, counts, strict=True))
    held = counts.sum(axis=1)
    known = rows * (held > 0)

    if known.sum() < 0.98 * rows.sum() or not rows.sum():
        assert found.sum() == 0
        return
    weights = known / known.sum()
    effective = 1 / (weights**2 / np.maximum(held, 1)).sum()
    expected = (weights[:, None] * counts / np.maximum(held, 1)[:, None]).sum(axis=0) * effective
    assert abs(found.sum() - effective) <= 0.5
    assert np.abs(np.cumsum(found) - np.cumsum(expected)).max() <= 0.5 + 1e-6 * effective
    assert (found[counts.sum(axis=0) == 0] == 0).all()


@given(COUNTS)
def test_a_window_spread_as_the_reference_is_compared_with_all_of_it(counts: Any) -> None:
    rows = counts.sum(axis=1)

    assert np.abs(as_in_window(zip(rows, counts, strict=True)) - counts.sum(axis=0)).max() <= 1


def test_windows_are_compared_with_the_other_rows_of_their_months() -> None:
    times = np.repeat(START + np.arange(730) * DAY, 20)
    month = parts_of(times, "year")
    windows = sliding_windows(times, WEEK, Parts.of(times, "year"))
    assert windows is not None

    inside, others = windows.counts(month, 12), windows.others(month, 12)

    assert (others[inside == 0] == 0).all()
    shares = others / others.sum(axis=1, keepdims=True)
    assert np.abs(shares - inside / inside.sum(axis=1, keepdims=True)).max() < 0.01
    in_one = (inside > 0).sum(axis=1) == 1
    assert (others[in_one].sum(axis=1) + inside[in_one].sum(axis=1) == np.bincount(month)[month[0]]).any()


def _seasonal(random: np.random.Generator, first: int, days: int, shift: float = 0.0) -> tuple[Any, dict[str, Any]]:
    """Two years and more of days with 40 rows; `warm` has a season, `even` has none, `dress` goes with the season."""
    day = np.repeat(np.arange(first, first + days), 40)
    wave = np.sin(2 * np.pi * day / 365.25)
    warm = 3 * wave + random.normal(shift, 1.0, len(day))
    dress = np.where(random.random(len(day)) < 0.5 + 0.4 * wave, "light", "heavy").astype(object)
    return START + day * DAY, {"warm": warm, "even": random.normal(size=len(day)), "dress": dress}


KINDS: dict[str, Any] = {"warm": "number", "even": "number", "dress": "category"}


def _judged(season: Season | None, shift: float, days: int = 1095) -> DriftReport:
    random = np.random.default_rng(5)
    times, columns = _seasonal(random, 0, days)
    built = build_reference(columns, KINDS, None, times, WEEK, season=season)
    reference = Reference.from_json(json.loads(json.dumps(built)))
    later, window = _seasonal(random, 1095 + 190, 7, shift)
    if season is not None:
        rows = np.bincount(parts_of(later, season), minlength=len(NAMES[season]))
        reference = reference.in_season(rows)
    return judge_window(reference, window, None, THRESHOLDS)


def test_a_shift_that_the_season_hides_is_found_against_the_same_months() -> None:
    assert _judged(None, 1.0).breaches == []

    found = _judged("year", 1.0)

    assert found.breaches == ["warm"]
    assert found.reason == "Moved: warm (PSI 1.25). Compared with the reference's rows of July."
    assert found.to_dict()["season"] == "July"
    assert found.to_dict()["season_rows"] == 3 * 31 * 40


def test_an_unchanged_season_is_no_drift() -> None:
    found = _judged("year", 0.0)

    assert found.verdict == "ok"
    assert found.max_psi < 0.1
    assert found.reason.endswith("Compared with the reference's rows of July.")


def test_a_reference_that_never_saw_the_season_is_no_evidence() -> None:
    found = _judged("year", 0.0, days=150)

    assert found.verdict == "insufficient_data"
    assert found.reason == "0 rows of July in the reference, and a verdict needs 100."


def test_without_a_season_a_reference_is_as_it_was() -> None:
    times, columns = _seasonal(np.random.default_rng(1), 0, 60)
    built = build_reference(columns, KINDS, None, times, WEEK)

    assert "season" not in built
    assert "counts_by_part" not in built["features"][0]
    reference = Reference.from_json(built)
    assert reference.in_season(np.zeros(12, np.int64)) is reference


def test_times_that_are_missing_leave_no_season() -> None:
    times, columns = _seasonal(np.random.default_rng(1), 0, 60)
    times[3] = np.datetime64("NaT")

    assert "season" not in build_reference(columns, KINDS, None, times, WEEK, season="year")


def test_hours_of_the_day_are_a_season_of_short_windows() -> None:
    times = START + np.repeat(np.arange(24 * 40), 30) * HOUR
    hours = parts_of(times, "day")
    columns = {"load": 10.0 * np.sin(2 * np.pi * hours / 24) + np.random.default_rng(2).normal(size=len(hours))}
    built = build_reference(columns, {"load": "number"}, None, times, timedelta(hours=6), season="day")
    reference = Reference.from_json(built)
    window = {"load": columns["load"][(hours >= 3) & (hours < 9)][:400] + 0.5}
    rows = np.bincount(hours[(hours >= 3) & (hours < 9)][:400], minlength=24)

    found = judge_window(reference.in_season(rows), window, None, THRESHOLDS)

    assert reference.features[0].cells == number_cells(columns["load"])
    assert found.breaches == ["load"]
    assert "3 h to 8 h" in found.reason
