"""The champion as monitors see it: its contract, its reference, its record."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from evergreen.aws.objects import Objects
from evergreen.aws.state import StateTable
from evergreen.errors import NotFound


@dataclass(frozen=True)
class Champion:
    """The model version that production answers from; `answering` adds a challenger that is being released."""

    model_version: str
    answering: tuple[str, ...]
    contracts: tuple[dict[str, Any], ...]
    record: dict[str, Any]
    reference_key: str

    @property
    def contract(self) -> dict[str, Any]:
        """The champion's own contract."""
        return self.contracts[0]


def find_champion(state: StateTable, artifacts: Objects) -> Champion | None:
    """Read the champion from the traffic table, None before the first release."""
    traffic = state.get("traffic")
    if traffic is None or traffic["champion"] is None:
        return None
    targets = [target for target in (traffic["champion"], traffic["challenger"]) if target]
    version = traffic["champion"]["model_version"]
    record = state.get("model", version)
    if record is None:
        raise NotFound(f"model {version} answers and has no record in the state table")
    return Champion(
        model_version=version,
        answering=tuple(target["model_version"] for target in targets),
        contracts=tuple(json.loads(artifacts.get(target["contract_key"])) for target in targets),
        record=record,
        reference_key=traffic["champion"]["contract_key"].rpartition("/")[0] + "/reference.json",
    )
