"""Gates: the bounds that a candidate's metrics must keep. A metric that was not measured keeps no bound."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from evergreen.project.schema import METRICS, Gate

Metrics = Mapping[str, float | None]


@dataclass(frozen=True)
class Check:
    """One thing a candidate had to prove, as a sentence."""

    passed: bool
    reason: str


def measured(metrics: Metrics, name: str) -> float | None:
    """A metric's value; None when it is absent, null, NaN or infinite."""
    value = metrics.get(name)
    return value if value is not None and math.isfinite(value) else None


def higher_is_better(metric: str) -> bool:
    """The metric's direction."""
    return METRICS[metric][1]


def check_gates(metrics: Metrics, gates: Mapping[str, Gate]) -> list[Check]:
    """Every gate's verdict, in the order of the project file."""
    return [check_gate(metrics, name, gate) for name, gate in gates.items()]


def check_gate(metrics: Metrics, name: str, gate: Gate) -> Check:
    """Whether a metric lies within its gate; the reason also says how far a reported `target` is.

    >>> check_gate({"roc_auc": 0.58}, "roc_auc", Gate(min=0.6)).reason
    'roc_auc 0.58 is below the gate 0.6'
    """
    value = measured(metrics, name)
    if value is None:
        return Check(False, f"{name} was not measured, and a gate asks for it")
    if gate.min is not None and value < gate.min:
        return Check(False, f"{name} {value:.4g} is below the gate {gate.min:g}")
    if gate.max is not None and value > gate.max:
        return Check(False, f"{name} {value:.4g} is above the gate {gate.max:g}")
    return Check(True, f"{name} {value:.4g} is within its gate{_target(name, value, gate)}")


def check_floor(metrics: Metrics, name: str, floor: float | None, *, called: str, strictly: bool) -> Check | None:
    """Whether a metric is at least as good as (`strictly`: better than) a reference value; None when there is none."""
    if floor is None or not math.isfinite(floor):
        return None
    value = measured(metrics, name)
    if value is None:
        return Check(False, f"{name} was not measured, so it cannot be compared with {called}")
    gain = value - floor if higher_is_better(name) else floor - value
    passed = gain > 0 if strictly else gain >= 0
    verdict = "is better than" if gain > 0 else "equals" if gain == 0 else "is worse than"
    return Check(passed, f"{name} {value:.4g} {verdict} {called}, {floor:.4g}")


def _target(name: str, value: float, gate: Gate) -> str:
    if gate.target is None:
        return ""
    reached = value >= gate.target if higher_is_better(name) else value <= gate.target
    return f" and {'reaches' if reached else 'does not reach'} its target {gate.target:g}"
