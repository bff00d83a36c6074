"""Asking an endpoint who it is: the stored sample in, the stored predictions, version and digest out."""

from __future__ import annotations

import json
import math
from typing import Any

from evergreen.aws.endpoints import invoke
from evergreen.aws.objects import Objects, split_uri
from evergreen.errors import ArtifactRefused, ModelUnavailable
from evergreen.serving.answer import Answer, read_answer
from evergreen.serving.traffic import Target

TOLERANCE = 1e-6  # relative above 1; what an export may differ from what was evaluated
CHECK_PREFIX = "check-"  # inference ids of these requests: nobody's traffic


def smoke_test(target: Target, *, name: str) -> int:
    """Send the artifact's sample; ArtifactRefused when an answer differs. Returns the rows compared."""
    sample = _sample(target.artifact_uri)
    answer = _ask(target, sample["rows"], name)
    pairs = zip(answer.predictions, sample["predictions"], strict=True)
    if wrong := [row for row, (said, stored) in enumerate(pairs) if not _agree(said, stored)]:
        raise ArtifactRefused(
            f"model version {target.model_version} answers {len(wrong)} of {len(sample['rows'])} sample rows "
            f"differently than at its evaluation; the first is row {wrong[0]}"
        )
    return len(sample["rows"])


def verify_live(target: Target, *, name: str) -> None:
    """ArtifactRefused unless the endpoint itself says that it serves this version and digest."""
    _ask(target, _sample(target.artifact_uri)["rows"][:1], name)


def _ask(target: Target, rows: list[dict[str, Any]], name: str) -> Answer:
    raw = invoke(target.endpoint, rows, inference_id=f"{CHECK_PREFIX}{name}")
    try:
        return read_answer(raw, rows=len(rows), target=target)
    except ModelUnavailable as error:
        raise ArtifactRefused(f"model version {target.model_version} is refused: {error}") from error


def _sample(artifact_uri: str) -> dict[str, Any]:
    bucket, prefix = split_uri(artifact_uri)
    sample: dict[str, Any] = json.loads(Objects(bucket).get(f"{prefix.rstrip('/')}/sample.json"))
    return sample


def _agree(said: dict[str, Any], stored: dict[str, Any]) -> bool:
    return all(_same(said.get(name), stored.get(name)) for name in ("prediction", "confidence", "score"))


def _same(said: Any, stored: Any) -> bool:
    numbers = [isinstance(value, int | float) and not isinstance(value, bool) for value in (said, stored)]
    if all(numbers):
        return math.isclose(said, stored, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return bool(said == stored)
