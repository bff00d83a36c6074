"""Training runs: what a run is about is resolved once, at its start."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict

from evergreen.aws import run_lock
from evergreen.aws.datasets import Datasets
from evergreen.aws.images import image_digest, resolve_image
from evergreen.aws.objects import Objects
from evergreen.aws.state import StateTable
from evergreen.data.canonical import canonical, digest, sha256
from evergreen.data.keys import sagemaker_key
from evergreen.data.manifest import Manifest
from evergreen.errors import NotFound
from evergreen.project.schema import Project
from evergreen.times import stamp

_JOBS = ("prepare", "train", "evaluate")
_LONGEST_NAME = 63  # SageMaker's limit on job names
_HASH_LENGTH = 8
_RECIPE_BLOCKS = ("target", "data", "features", "training", "evaluation")


class RunInput(BaseModel):
    """Why a run was started, and as of when."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    trigger: str = "manual"
    as_of: AwareDatetime | None = None
    requested_by: str = "unknown"
    reasons: tuple[str, ...] = ()


class RunRequest(BaseModel):
    """A run as the state machine asks for it: its name, its execution and the machine's input."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    execution: str
    execution_arn: str
    input: RunInput = RunInput()


@dataclass(frozen=True)
class Runs:
    """Starts the runs of one deployment."""

    project: Project
    deployment: str
    state: StateTable
    data: Objects
    artifacts: Objects
    image_uri: str

    def start(self, request: RunRequest, *, now: datetime) -> dict[str, Any]:
        """Lock the pipeline and resolve data, image, champion and recipe; nothing stays locked when that fails."""
        started_at = stamp(now)
        run_id = request.execution
        run_lock.take(self.state, run_id=run_id, execution_arn=request.execution_arn, since=started_at)
        try:
            run = self._resolve(run_id, request.input, now=now) | {"started_at": started_at}
            self._write_config(run)
        except BaseException:
            run_lock.free(self.state, run_id)
            raise
        return run

    def _resolve(self, run_id: str, asked: RunInput, *, now: datetime) -> dict[str, Any]:
        manifest = self._newest_data()
        image = resolve_image(self.image_uri)
        recipe = recipe_of(self.project, manifest_id=manifest.id, image=image)
        jobs = job_names(self.deployment, run_id)
        return {
            "run_id": run_id,
            "as_of": stamp(asked.as_of or now),
            "trigger": asked.trigger,
            "requested_by": asked.requested_by,
            "reasons": list(asked.reasons),
            "answered": self._answered(recipe),
            "data": self._data(manifest),
            "image": image,
            "config_uri": self.artifacts.uri(f"runs/{run_id}/config/"),
            "prepared_uri": self.artifacts.uri(f"prepared/{run_id}/"),
            "heldout_uri": self.artifacts.uri(f"heldout/{run_id}/test/"),
            "models_uri": self.artifacts.uri("models"),
            "artifact_uri": self.artifacts.uri(f"models/{jobs['train']}/output/model/"),
            "evaluation_uri": self.artifacts.uri(f"evaluations/{run_id}/"),
            "champion": self._champion(),
            "jobs": jobs,
            "recipe": recipe,
        }

    def _newest_data(self) -> Manifest:
        dataset = self.project.data.dataset
        manifest = Datasets(self.data).head(dataset)
        if manifest is None:
            raise NotFound(f"{dataset} has no data yet; commit some: evergreen data commit FILE --dataset {dataset}")
        return manifest

    def _data(self, manifest: Manifest) -> dict[str, Any]:
        return {
            "dataset": manifest.dataset,
            "version": manifest.version,
            "manifest": manifest.id,
            "rows": manifest.rows,
            "uri": self.data.uri(sagemaker_key(manifest.dataset, manifest.id)),
        }

    def _answered(self, recipe: str) -> dict[str, str] | None:
        """The model that this recipe made before, when it is registered."""
        seen = self.state.get("recipe", recipe)
        if seen is None or self.state.get("model", seen["model_version"]) is None:
            return None
        return {"model_version": seen["model_version"], "run_id": seen["run_id"]}

    def _champion(self) -> dict[str, str] | None:
        """The model to compare with; none when it answers another question than this project asks."""
        champion = (self.state.get("traffic") or {}).get("champion")
        if champion is None:
            return None
        record = self.state.get("model", champion["model_version"]) or {}
        asked = {"target": self.project.target.name, "problem": self.project.objective.problem}
        if any(wanted and record.get(name) not in (None, wanted) for name, wanted in asked.items()):
            return None
        return {"model_version": champion["model_version"], "artifact_uri": champion["artifact_uri"]}

    def _write_config(self, run: dict[str, Any]) -> None:
        project = self.project.model_dump(mode="json", by_alias=True)
        for name, document in (("project.json", project), ("run.json", run)):
            key = f"runs/{run['run_id']}/config/{name}"
            self.artifacts.put(key, canonical(document), content_type="application/json")


def recipe_of(project: Project, *, manifest_id: str, image: str) -> str:
    """The digest of all that decides what a run makes: data, code and parameters."""
    document = project.model_dump(mode="json", by_alias=True)
    blocks = {name: document[name] for name in _RECIPE_BLOCKS}
    objective = {name: document["objective"][name] for name in ("problem", "metric", "baseline")}
    reference = {name: document["monitoring"]["drift"][name] for name in ("window", "season")}
    made_of = {**blocks, "objective": objective, "reference": reference}
    return digest({**made_of, "manifest": manifest_id, "image": image_digest(image)})


def job_names(deployment: str, run_id: str) -> dict[str, str]:
    """The names of a run's jobs: unique in the account, within SageMaker's alphabet and length."""
    stem = re.sub(r"[^a-zA-Z0-9]+", "-", f"{deployment}-{run_id}").strip("-")
    room = _LONGEST_NAME - max(len(job) for job in _JOBS) - 1
    if len(stem) > room:
        kept = stem[: room - _HASH_LENGTH - 1].rstrip("-")
        stem = f"{kept}-{sha256(stem.encode())[:_HASH_LENGTH]}"
    return {job: f"{stem}-{job}" for job in _JOBS}
