"""The quality monitor: captured answers joined with the labels that arrived, into the ledger."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from evergreen.aws.capture import collect, read_window
from evergreen.aws.capture_rows import CaptureSchema
from evergreen.aws.champion import Champion, find_champion
from evergreen.aws.drift_monitor import no_model, window_text
from evergreen.aws.ledger import Ledger
from evergreen.aws.objects import Objects
from evergreen.aws.state import StateTable
from evergreen.aws.truth import Truth, read_truth
from evergreen.project.schema import Project
from evergreen.quality.interval import CONFIDENCE
from evergreen.quality.join import Answers, join
from evergreen.quality.verdict import QualityReport, judge_quality, promise_for
from evergreen.times import stamp

Finding = dict[str, Any]


class QualityMonitor:
    """Measures the champion's quality for one deployment."""

    def __init__(
        self, project: Project, *, data: Objects, artifacts: Objects, state: StateTable, ledger: Ledger
    ) -> None:
        self._rules = project.monitoring.quality
        self._data = data
        self._artifacts = artifacts
        self._state = state
        self._ledger = ledger

    def measure(self, as_of: datetime) -> Finding:
        """Judge the champion's answers of the window that ends at `as_of` and record the finding."""
        champion = find_champion(self._state, self._artifacts)
        if champion is None:
            return no_model(
                metric=None, value=None, low=None, high=None, threshold=None, accuracy=None, rows=0, labels=0
            )
        schema = CaptureSchema.from_contracts(champion.contracts)
        collect(self._data, schema)
        window = read_window(self._data, schema, as_of - self._rules.window, as_of)
        answers = _answered_by(window, champion.model_version)
        truth = self._truth(answers)
        finding = {
            **self._judge(champion, answers, truth).to_dict(),
            "model_version": champion.model_version,
            "model_versions": _rows_by_version(window),
            "window": window_text(as_of - self._rules.window, as_of),
            "unreadable_truth": truth.unreadable,
        }
        rule = f"the {CONFIDENCE:.0%} interval lies beyond the limit"
        self._ledger.append("quality", at=stamp(as_of), subject=champion.model_version, rule=rule, evidence=finding)
        return finding

    def _truth(self, answers: pa.Table) -> Truth:
        if not answers.num_rows:
            return Truth({}, 0)
        predictions = set(answers["prediction_id"].to_pylist())
        return read_truth(self._data, predictions, pc.min(answers["captured_at"]).as_py())

    def _judge(self, champion: Champion, answers: pa.Table, truth: Truth) -> QualityReport:
        record, target = champion.record, champion.contract["target"]
        labelled = join(
            Answers(
                prediction_id=answers["prediction_id"].to_pylist(),
                time=answers["event_time"].to_numpy(),
                prediction=answers["prediction"].to_pylist(),
                score=answers["score"].to_numpy(),
            ),
            truth.labels,
            target.get("classes"),
            target.get("positive"),
        )
        metrics = {**record.get("metrics", {}), record["metric"]: record["reference_metric"]}
        promise = promise_for(champion.contract["problem"], record["metric"], metrics)
        return judge_quality(labelled, promise, self._rules, declared=record["metric"])


def _answered_by(window: pa.Table, version: str) -> pa.Table:
    """Its own answers alone: a former champion's are counted and not judged."""
    return window.filter(pc.equal(window["model_version"], version))


def _rows_by_version(window: pa.Table) -> dict[str, int]:
    """How many rows of the window each model version answered."""
    counted = pc.value_counts(window["model_version"]).to_pylist()
    return {entry["values"]: entry["counts"] for entry in sorted(counted, key=lambda entry: entry["values"])}
