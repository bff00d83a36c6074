"""measure_quality: answers and labels joined, the champion's own only."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from lambdas.measure_quality.handler import handler
from tests.lambdas.context import CONTEXT
from tests.lambdas.monitors.world import ANSWERED, AS_OF, World, flights


def serve(world: World, rows: int, skill: float, **options: Any) -> dict[str, bool]:
    """Answer rows with scores of some skill; return the truth that would arrive."""
    random = np.random.default_rng(3)
    truth = random.random(rows) < 0.4
    scores = np.clip(0.4 + skill * (truth - 0.4) + random.normal(0, 0.15, rows), 0, 1)
    request = options.pop("request", "r1")
    world.capture(flights(rows), scores.tolist(), request, **options)
    return {f"{request}:{row}": bool(value) for row, value in enumerate(truth)}


def test_a_good_model_is_ok_and_recorded_with_its_interval(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.promote()
    world.feedback(serve(world, 800, skill=0.4))

    finding = handler({"as_of": AS_OF}, CONTEXT)

    assert finding["verdict"] == "ok"
    assert finding["low"] < finding["value"] < finding["high"]
    assert (finding["metric"], finding["threshold"], finding["labels"]) == ("roc_auc", 0.75, 800)
    entry = world.ledger.query("quality")[0]
    assert (entry.at, entry.subject) == (AS_OF, "1.0.0")
    metric = json.loads(capsys.readouterr().out)
    assert metric["ml_model_quality"] == finding["value"]
    assert metric["ml_model_accuracy"] == finding["accuracy"]


def test_a_model_that_guesses_is_a_breach(world: World) -> None:
    world.promote()
    world.feedback(serve(world, 800, skill=0.0))

    finding = handler({"as_of": AS_OF}, CONTEXT)

    assert finding["verdict"] == "breach"
    assert "below 0.7500" in finding["reason"]


def test_labels_may_be_0_and_1_and_the_latest_wins(world: World) -> None:
    world.promote()
    truth = serve(world, 800, skill=0.4)
    world.feedback({key: not value for key, value in truth.items()}, name="first")
    world.feedback({key: int(value) for key, value in truth.items()}, at=ANSWERED + timedelta(days=30))

    assert handler({"as_of": AS_OF}, CONTEXT)["value"] > 0.8


def test_labels_that_are_no_class_are_reported(world: World) -> None:
    world.promote()
    truth: dict[str, Any] = serve(world, 800, skill=0.4)
    world.feedback(truth | {"r1:0": "perhaps"})

    finding = handler({"as_of": AS_OF}, CONTEXT)

    assert (finding["unknown_labels"], finding["labels"]) == (1, 799)


def test_only_the_champions_answers_are_judged(world: World) -> None:
    world.promote("1.1.0")
    old = serve(world, 400, skill=0.0, version="1.0.0", request="r0")
    new = serve(world, 300, skill=0.4, version="1.1.0", request="r1")
    world.feedback(old | new)

    finding = handler({"as_of": AS_OF}, CONTEXT)

    assert (finding["verdict"], finding["rows"], finding["labels"]) == ("ok", 300, 300)
    assert finding["model_versions"] == {"1.0.0": 400, "1.1.0": 300}


def test_labels_that_have_not_arrived_are_insufficient(world: World) -> None:
    world.promote()
    truth = serve(world, 800, skill=0.4)
    world.feedback(dict(list(truth.items())[:50]))

    finding = handler({"as_of": AS_OF}, CONTEXT)

    assert finding["verdict"] == "insufficient_data"
    assert finding["coverage"] == pytest.approx(50 / 800)


def test_an_unreadable_truth_file_is_counted_and_skipped(world: World) -> None:
    world.promote()
    world.feedback(serve(world, 800, skill=0.4))
    world.data.put(f"truth/{ANSWERED:%Y/%m/%d}/235959000-x.json", b"{")

    finding = handler({"as_of": AS_OF}, CONTEXT)

    assert (finding["verdict"], finding["unreadable_truth"]) == ("ok", 1)


def test_before_the_first_model_nothing_is_recorded(world: World) -> None:
    assert handler({"as_of": AS_OF}, CONTEXT)["reason"] == "No model serves yet."
    assert world.ledger.query("quality") == []
