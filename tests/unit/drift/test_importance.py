"""Findings are weighed by what the model makes of the feature."""

from __future__ import annotations

import numpy as np

from evergreen.drift.reference import Reference, build_reference
from evergreen.drift.report import DriftReport
from evergreen.drift.verdict import Thresholds, judge_window


def report(importance: dict[str, float] | None) -> DriftReport:
    random = np.random.default_rng(0)
    before = {name: random.normal(size=4_000) for name in "abc"}
    after = {"a": random.normal(1.5, size=2_000), "b": random.normal(0.6, size=2_000), "c": random.normal(size=2_000)}
    raw = build_reference(before, dict.fromkeys("abc", "number"), None, None, np.timedelta64(7, "D").item(), importance)
    return judge_window(Reference.from_json(raw), after, None, Thresholds())


def test_ranks_by_drift_times_share_and_says_how_much_moved() -> None:
    found = report({"a": 0.02, "b": 0.63, "c": 0.35})

    assert [feature.name for feature in found.ranked] == ["b", "a", "c"]
    assert found.reason.endswith("They carry 65% of the model's answers.")
    assert {each["name"]: each["importance"] for each in found.to_dict()["features"]} == {
        "a": 0.02,
        "b": 0.63,
        "c": 0.35,
    }


def test_without_a_model_the_drift_alone_ranks() -> None:
    found = report(None)

    assert [feature.name for feature in found.ranked] == ["a", "b", "c"]
    assert "model" not in found.reason
    assert "importance" not in found.to_dict()["features"][0]


def test_references_without_shares_are_read() -> None:
    raw = build_reference({"a": np.arange(9.0)}, {"a": "number"}, None, None, np.timedelta64(7, "D").item())
    del raw["features"][0]["importance"]

    assert Reference.from_json(raw).features[0].importance is None
