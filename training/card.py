"""The card of a model: what it is, how it was made, and from what."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from evergreen.project.schema import Training
from training.estimators import Fitted
from training.spec import Spec

LIBRARIES = ("numpy", "scikit-learn", "onnx", "onnxruntime", "pyarrow")


def card(
    spec: Spec,
    settings: Training,
    fitted: Fitted,
    run: Mapping[str, Any],
    shares: list[float] | None,
    facts: Mapping[str, Any],
) -> dict[str, Any]:
    """The JSON of card.json. `class_shares`, of the training rows, are what the trivial baseline answers."""
    data = run.get("data") or {}
    return {
        "format": 1,
        "project": spec.project,
        "problem": spec.problem,
        "metric": spec.metric,
        "target": spec.target,
        "estimator": settings.estimator,
        "parameters": fitted.parameters,
        "class_weight": settings.class_weight,
        "seed": settings.seed,
        "iterations": getattr(fitted.estimator, "n_iter_", None) if settings.estimator.startswith("hist") else None,
        "features": [{**vars(source), "parts": list(source.parts)} for source in spec.sources],
        "class_shares": shares,
        "rows": facts["rows"],
        "validation": facts["validation"],
        "export_difference": facts["parity"],
        "training_seconds": round(float(facts["seconds"]), 3),
        "run_id": run.get("run_id"),
        "as_of": run.get("as_of"),
        "data": {name: data.get(name) for name in ("dataset", "version", "manifest")},
        "data_version": data.get("version"),
        "image": run.get("image"),
        "libraries": {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}},
    }
