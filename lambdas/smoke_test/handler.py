"""Second step of the release machine, once the endpoint is in service."""

from __future__ import annotations

from typing import Any

from evergreen.aws.model_check import smoke_test
from evergreen.aws.settings import read
from evergreen.aws.state import StateTable
from evergreen.aws.traffic import TrafficTable
from evergreen.serving.traffic import challenger_of
from lambdas.smoke_test.settings import Settings


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """`{release_id}` → `{rows}` compared; raises ArtifactRefused or ModelUnavailable."""
    settings = read(Settings)
    traffic = TrafficTable(StateTable(settings.state_table), salt=settings.deployment).read()
    challenger = challenger_of(traffic, release_id=event["release_id"])
    return {"rows": smoke_test(challenger, name=event["release_id"])}
