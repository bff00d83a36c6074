"""detect_drift: a finding for each window, in the ledger and in CloudWatch's format."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pytest

from evergreen.drift.reference import build_reference
from evergreen.project import Project
from lambdas.detect_drift.handler import handler
from tests.lambdas.context import CONTEXT
from tests.lambdas.monitors.world import AS_OF, PROJECT, World, flights


def test_unchanged_rows_are_ok_and_recorded(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.promote()
    world.capture(flights(400), [0.3] * 400, "r1")

    finding = handler({"as_of": AS_OF}, CONTEXT)

    assert finding["verdict"] == "ok"
    assert finding["rows"] == 400
    assert finding["model_versions"] == {"1.0.0": 400}
    assert finding["window"] == {"from": "2013-04-01T00:00:00Z", "to": AS_OF}
    entry = world.ledger.query("drift")[0]
    assert (entry.at, entry.subject, entry.evidence["verdict"]) == (AS_OF, "1.0.0", "ok")
    metric = json.loads(capsys.readouterr().out)
    assert metric["DriftBreaches"] == 0
    assert metric["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["deployment"]]


def test_rows_that_moved_are_a_breach_that_names_the_feature(world: World) -> None:
    world.promote()
    world.capture(flights(400, distance=1300), [0.3] * 400, "r1")

    finding = handler({"as_of": AS_OF}, CONTEXT)

    assert finding["verdict"] == "breach"
    assert finding["breaches"] == ["distance"]
    assert {feature["name"]: feature["verdict"] for feature in finding["features"]} == {
        "carrier": "ok",
        "distance": "breach",
    }


def test_measuring_the_same_window_twice_is_one_entry(world: World) -> None:
    world.promote()
    world.capture(flights(400), [0.3] * 400, "r1")

    handler({"as_of": AS_OF}, CONTEXT)
    handler({"as_of": AS_OF}, CONTEXT)

    assert len(world.ledger.query("drift")) == 1


def test_rows_of_a_challenger_count_and_rows_of_former_versions_do_not(world: World) -> None:
    world.promote("1.1.0", challenger="1.2.0")
    world.capture(flights(150), [0.3] * 150, "r0", version="1.0.0")
    world.capture(flights(150), [0.3] * 150, "r1", version="1.1.0")
    world.capture(flights(50), [0.3] * 50, "r2", version="1.2.0")

    finding = handler({"as_of": AS_OF}, CONTEXT)

    assert finding["rows"] == 200
    assert finding["model_versions"] == {"1.0.0": 150, "1.1.0": 150, "1.2.0": 50}
    assert finding["model_version"] == "1.1.0"


def test_few_rows_are_recorded_as_insufficient(world: World) -> None:
    world.promote()
    world.capture(flights(20), [0.3] * 20, "r1")

    assert handler({"as_of": AS_OF}, CONTEXT)["verdict"] == "insufficient_data"
    assert world.ledger.query("drift")[0].evidence["reason"] == "20 rows in the window, and a verdict needs 100."


def test_a_window_without_any_capture_is_insufficient(world: World) -> None:
    world.promote()

    finding = handler({"as_of": AS_OF}, CONTEXT)

    assert (finding["verdict"], finding["rows"], finding["max_psi"]) == ("insufficient_data", 0, 0.0)


def test_before_the_first_model_nothing_is_recorded(world: World) -> None:
    finding = handler({"as_of": AS_OF}, CONTEXT)

    assert finding["reason"] == "No model serves yet."
    assert world.ledger.query("drift") == []


def _seasonal(world: World, months: int) -> None:
    """A champion that learned from two years of flights, 200 a day, which are longer in the first `months` of each."""
    world.promote()
    random = np.random.default_rng(0)
    times = np.repeat(np.arange("2011-01-01", "2013-01-01", dtype="datetime64[D]"), 200).astype("datetime64[us]")
    month = times.astype("datetime64[M]").astype(int) % 12
    columns = {
        "distance": random.normal(np.where(month < months, 1000, 600), 200),
        "carrier": random.choice(np.array(["AA", "UA"], dtype=object), len(times)),
    }
    kinds = {"distance": "number", "carrier": "category"}
    built = build_reference(columns, kinds, None, times, timedelta(days=7), season="year")  # type: ignore[arg-type]
    world.artifacts.put("models/1.0.0/reference.json", json.dumps(built).encode())


@pytest.fixture
def in_season(world: World, deploy_project: Callable[[str], Project]) -> World:
    """The deployment, with windows that are compared with the same months."""
    deploy_project(PROJECT.replace("window: 7d, min_rows: 100}", "window: 7d, min_rows: 100, season: year}", 1))
    return world


@pytest.mark.parametrize(("distance", "verdict"), [(1000, "ok"), (900, "breach")])
def test_a_window_is_compared_with_the_same_months(in_season: World, distance: float, verdict: str) -> None:
    _seasonal(in_season, months=6)
    in_season.capture(flights(800, distance=distance), [0.3] * 800, "r1")

    finding = handler({"as_of": AS_OF}, CONTEXT)

    assert finding["verdict"] == verdict
    assert (finding["season"], finding["season_rows"]) == ("April", 2 * 30 * 200)
    assert finding["reason"].endswith("Compared with the reference's rows of April.")


def test_a_reference_made_without_a_season_says_so(in_season: World) -> None:
    in_season.promote()
    in_season.capture(flights(400), [0.3] * 400, "r1")

    finding = handler({"as_of": AS_OF}, CONTEXT)

    assert finding["verdict"] == "ok"
    assert finding["reason"].endswith(
        "Compared with all training rows: this model's reference was made without monitoring.drift.season."
    )


def test_a_window_over_two_months_counts_each_as_it_comes(in_season: World) -> None:
    _seasonal(in_season, months=4)
    rows = [row | {"distance": row["distance"] - 400} for row in flights(400)]
    late = [row | {"scheduled": row["scheduled"].replace("2013-04-0", "2013-05-0")} for row in rows]
    early = [row | {"scheduled": row["scheduled"].replace("2013-04-0", "2013-04-2")} for row in flights(800)]
    in_season.capture([*early, *late], [0.3] * 1200, "r1")

    finding = handler({"as_of": "2013-05-02T00:00:00Z"}, CONTEXT)

    assert finding["season"] == "April and May"
    assert finding["verdict"] == "ok"
    assert 300 < finding["rows"] < 1200
