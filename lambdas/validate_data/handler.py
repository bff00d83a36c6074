"""Refuses a data version that breaks the project's rules, judged from its profiles alone."""

from __future__ import annotations

from typing import Any

from evergreen.aws.datasets import Datasets
from evergreen.aws.deployed import deployed_project
from evergreen.aws.settings import read
from evergreen.profiles.rules import accepted
from lambdas.validate_data.settings import Settings


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 - Lambda's signature
    """`{run}` → `{verdict, warnings}`; DataRefused lists every violation."""
    data = event["run"]["data"]
    datasets = Datasets(read(Settings).data_bucket)
    profile = datasets.profile(datasets.manifest(data["dataset"], data["manifest"]))
    warnings = accepted(profile, deployed_project(), name=f"{data['dataset']} {data['version']}")
    return {"verdict": "ok", "warnings": list(warnings)}
