"""detect_drift: a finding for each window, in the ledger and in CloudWatch's format."""

from __future__ import annotations

import json

import pytest

from lambdas.detect_drift.handler import handler
from tests.lambdas.context import CONTEXT
from tests.lambdas.monitors.world import AS_OF, World, flights


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
