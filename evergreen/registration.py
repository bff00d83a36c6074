"""What is said about a model when it is registered: its version, its recipe, its record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from evergreen.data.canonical import digest
from evergreen.errors import NotFound
from evergreen.versioning import Recipe, latest, next_model_version

Record = Mapping[str, Any]


class RunData(BaseModel):
    """The data version that a run learned from."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    dataset: str | None = None
    version: str | None = None
    manifest: str | None = None
    rows: int | None = None


class Run(BaseModel):
    """What registration needs to know of a run. A model made by hand needs the first three fields."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    run_id: str
    as_of: str
    artifact_uri: str
    image: str | None = None
    recipe: str | None = None
    data: RunData = RunData()
    trigger: str = "manual"
    requested_by: str | None = None


class Judged(BaseModel):
    """What registration needs to know of a judgement."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    accepted: bool
    reasons: tuple[str, ...] = ()
    metric: str | None = None
    metrics: dict[str, float | None] = {}
    reference_metric: float | None = None


@dataclass(frozen=True)
class Sealed:
    """A signed artifact: `digest` is the SHA-256 of its manifest, and stands for all of it."""

    uri: str
    digest: str
    contract_digest: str
    contract: dict[str, Any]
    card: dict[str, Any]


def recipe_of(sealed: Sealed) -> Recipe:
    """How the model was made, as its version number sees it: read from the artifact alone."""
    card, contract = sealed.card, sealed.contract
    return Recipe(
        problem=str(contract.get("problem", "unknown")),
        estimator=str(card.get("estimator", "unknown")),
        columns=_schema(contract),
        parameters=digest(card.get("parameters", {})),
        features=digest(card.get("features", contract.get("feature_names", []))),
    )


def next_version(models: Sequence[Record], sealed: Sealed) -> str:
    """The version of a new model after those that are registered."""
    newest = newest_model(models)
    if newest is None:
        return next_model_version(None, None, recipe_of(sealed))
    return next_model_version(newest["model_version"], Recipe(**newest["made_by"]), recipe_of(sealed))


def newest_model(models: Sequence[Record]) -> Record | None:
    """The record with the highest version."""
    version = latest(str(model["model_version"]) for model in models)
    return next((model for model in models if model["model_version"] == version), None)


def same_run(models: Sequence[Record], run: Run) -> Record | None:
    """The record that this run's artifact has already."""
    mine = (run.run_id, run.artifact_uri)
    return next((model for model in models if (model["run_id"], model["artifact_uri"]) == mine), None)


def image_for(run: Run, models: Sequence[Record]) -> str:
    """The run's image; a model made by hand runs on the newest model's."""
    newest = newest_model(models)
    if run.image is None and newest is None:
        raise NotFound(f"{run.run_id} names no image, and no earlier model has one")
    return run.image or str(newest["image"] if newest else "")


def model_record(run: Run, judged: Judged, sealed: Sealed, *, version: str, image: str) -> dict[str, Any]:
    """The record of a model version, without what the cloud services add (`package_arn`, keys)."""
    made_by = recipe_of(sealed)
    return {
        "model_version": version,
        "run_id": run.run_id,
        "as_of": run.as_of,
        "trigger": run.trigger,
        "artifact_uri": sealed.uri,
        "sample_uri": f"{sealed.uri}sample.json",
        "digest": sealed.digest,
        "contract_digest": sealed.contract_digest,
        "feature_schema": made_by.columns,
        "made_by": made_by._asdict(),
        "image": image,
        "dataset": run.data.dataset,
        "data_version": run.data.version,
        "data_manifest": run.data.manifest,
        "data_rows": run.data.rows,
        "recipe": run.recipe,
        "problem": made_by.problem,
        "estimator": made_by.estimator,
        "target": (sealed.contract.get("target") or {}).get("name"),
        "metric": judged.metric,
        "metrics": judged.metrics,
        "reference_metric": _reference(judged),
        "stage": "registered",
    }


def evidence(record: Record, judged: Judged) -> dict[str, Any]:
    """What the ledger keeps of a registration."""
    kept = ("run_id", "digest", "package_arn", "image", "data_version", "data_manifest", "metric", "metrics", "recipe")
    return {name: record[name] for name in kept} | {"reasons": list(judged.reasons)}


def _reference(judged: Judged) -> float | None:
    if judged.reference_metric is not None or judged.metric is None:
        return judged.reference_metric
    return judged.metrics.get(judged.metric)


def _schema(contract: Mapping[str, Any]) -> str:
    """The digest of what callers see: columns with their types, the target and its classes."""
    target = contract.get("target") or {}
    columns = sorted([str(column["name"]), str(column["type"])] for column in contract.get("columns", []))
    return digest({"columns": columns, "target": target.get("name"), "classes": target.get("classes")})
