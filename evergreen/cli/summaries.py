"""Ledger entries and findings in a few words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from evergreen.cli.output import cell
from evergreen.wording import number_of

Evidence = dict[str, Any]


def summary(kind: str, evidence: Evidence) -> str:
    """What an entry says, for a person.

    >>> summary("data_version", {"rows": 1500, "new_rows": 500})
    '500 new rows, 1,500 in all'
    """
    told = _KINDS.get(kind)
    try:
        return told(evidence) if told else "–"
    except (KeyError, TypeError):  # the ledger keeps entries of every version that ever wrote one
        return "–"


def drift_line(finding: Evidence) -> str:
    """A drift finding in a line: what moved, or why nothing can be said."""
    breaches = ", ".join(finding.get("breaches") or [])
    verdict = words(finding["verdict"])
    if finding["verdict"] == "insufficient_data":
        return f"{verdict}: {finding['reason']}"
    return f"{verdict}, {number_of(finding['rows'], 'row')}" + (f": {breaches}" if breaches else "")


def quality_line(finding: Evidence) -> str:
    """A quality finding in a line: the metric with its interval, or why there is none yet."""
    measured = f"{finding['metric']} {cell(finding['value'])}"
    if finding["low"] is not None:
        measured += f", between {cell(finding['low'])} and {cell(finding['high'])} (95%)"
    known = "" if finding["value"] is None else f"{measured}; "
    counted = f"{finding['labels']:,} labels of {finding['rows']:,} predictions"
    why = f": {finding['reason']}" if finding["verdict"] != "ok" else ""
    return f"{words(finding['verdict'])}{why}\n  {known}{counted}"


def words(name: str) -> str:
    """A verdict or an outcome as it is spoken: `rolled_back` → rolled back."""
    return name.replace("_", " ")


def _data_version(evidence: Evidence) -> str:
    return f"{evidence['new_rows']:,} new rows, {evidence['rows']:,} in all"


def _run(evidence: Evidence) -> str:
    outcome = words(str(evidence["outcome"]))
    if evidence.get("error"):
        return f"{outcome}: {evidence['error']['cause']}"
    reasons = "; ".join(evidence.get("judgement_reasons") or [])
    model = f" {evidence['model_version']}" if evidence.get("model_version") else ""
    return f"{outcome}{model}" + (f": {reasons}" if reasons else "")


def _release(evidence: Evidence) -> str:
    outcome, reason = words(str(evidence["outcome"])), str(evidence["reason"])
    return reason if reason.startswith(outcome) else f"{outcome}: {reason}"


def _rollback(evidence: Evidence) -> str:
    by_hand = f"{evidence.get('from')} is {evidence.get('how')}; {evidence.get('to')} answers"
    return str(evidence.get("reason") or by_hand.replace("is switched", "steps back"))


def _decision(evidence: Evidence) -> str:
    return f"{'retrain' if evidence['decision'] else 'keep'}: {evidence['reason']}"


def _registration(evidence: Evidence) -> str:
    metric = evidence["metric"]
    return f"{metric} {cell(evidence['metrics'].get(metric))} on data {evidence['data_version']}"


_KINDS: dict[str, Callable[[Evidence], str]] = {
    "data_version": _data_version,
    "run": _run,
    "registration": _registration,
    "release": _release,
    "promotion": _release,
    "rollback": _rollback,
    "drift": drift_line,
    "quality": lambda evidence: quality_line(evidence).splitlines()[0],
    "decision": _decision,
    "quarantine": lambda evidence: f"{evidence['batch']}: {evidence['reason']}",
}
