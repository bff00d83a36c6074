"""The drift monitor: captured rows of a window against the champion's reference, into the ledger."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from evergreen.aws.capture import collect
from evergreen.aws.capture_counts import CaptureCounts
from evergreen.aws.capture_rows import CaptureSchema
from evergreen.aws.champion import Champion, find_champion
from evergreen.aws.ledger import Ledger
from evergreen.aws.objects import Objects
from evergreen.aws.state import StateTable
from evergreen.drift.reference import Reference
from evergreen.drift.report import DriftReport
from evergreen.drift.tally import split
from evergreen.drift.verdict import ALPHA, Thresholds, judge_counts
from evergreen.project.schema import Drift, Project
from evergreen.times import stamp

Finding = dict[str, Any]
_BEFORE = "Compared with all training rows: this model's reference was made without monitoring.drift.season."


class DriftMonitor:
    """Measures drift for one deployment."""

    def __init__(
        self, project: Project, *, data: Objects, artifacts: Objects, state: StateTable, ledger: Ledger
    ) -> None:
        self._project = project
        self._data = data
        self._artifacts = artifacts
        self._state = state
        self._ledger = ledger

    def measure(self, as_of: datetime) -> Finding:
        """Judge the window that ends at `as_of` and record the finding; before the first model there is none."""
        champion = find_champion(self._state, self._artifacts)
        if champion is None:
            return no_model(features=[], rows=0, max_psi=0.0, breaches=[])
        rules = self._project.monitoring.drift
        schema = CaptureSchema.from_contracts(champion.contracts)
        collected = collect(self._data, schema)
        stored = self._artifacts.get(champion.reference_key)
        reference = Reference.from_json(json.loads(stored))
        window = CaptureCounts(self._data, schema, reference, stored).between(as_of - rules.window, as_of)
        counts, scores = split(reference, window.answered_by(champion.answering))
        report = judge_counts(
            window.in_season(reference, champion.answering),
            counts,
            scores,
            Thresholds(psi=rules.psi, distance=rules.ks, min_rows=rules.min_rows),
            excluded=_moving(self._project),
        )
        finding = {
            **_evidence(report, champion, rules, as_of),
            "model_versions": window.rows,
            "unreadable_captures": collected.unreadable,
        }
        rule = f"PSI >= {rules.psi:g} or distance >= {rules.ks:g}, beyond natural variation, Holm alpha {ALPHA:g}"
        self._ledger.append("drift", at=stamp(as_of), subject=champion.model_version, rule=rule, evidence=finding)
        return finding


def no_model(**rest: Any) -> Finding:
    """What a monitor answers before the first release; nothing is recorded."""
    reason = "No model serves yet."
    return {"verdict": "insufficient_data", "reason": reason, "model_version": None, **rest}


def window_text(start: datetime, end: datetime) -> dict[str, str]:
    """A window for the ledger; its end is not part of it."""
    return {"from": stamp(start), "to": stamp(end)}


def _moving(project: Project) -> list[str]:
    """Times, ids and keys: they move by construction."""
    columns = project.data.columns.items()
    named = [name for name, column in columns if column.type in ("id", "timestamp")]
    return [*named, *project.data.key, *([project.data.time] if project.data.time else [])]


def _evidence(report: DriftReport, champion: Champion, rules: Drift, as_of: datetime) -> Finding:
    before = f" {_BEFORE}" if rules.season and not report.of else ""
    return {
        **report.to_dict(),
        "reason": report.reason + before,
        "model_version": champion.model_version,
        "window": window_text(as_of - rules.window, as_of),
        "thresholds": {"psi": rules.psi, "ks": rules.ks, "min_rows": rules.min_rows, "alpha": ALPHA},
    }
