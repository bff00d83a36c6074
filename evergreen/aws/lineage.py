"""Which training runs read which data version: as the ledger tells it, with the models that are registered."""

from __future__ import annotations

from evergreen.aws.ledger import Ledger
from evergreen.aws.state import StateTable
from evergreen.datasheets.lineage import Use


def uses(state: StateTable, ledger: Ledger) -> list[Use]:
    """Every run that has ended; a model that was registered without one (by hand) is told by its own record."""
    models = {str(model["model_version"]): model for model in state.list("model")}
    found = [
        Use(
            run_id=entry.subject,
            as_of=entry.at,
            data_version=str(entry.evidence["data_version"]),
            manifest=str(entry.evidence["data_manifest"]),
            outcome=str(entry.evidence["outcome"]),
            recipe=entry.evidence.get("recipe"),
            image=entry.evidence.get("image"),
            model_version=entry.evidence.get("model_version"),
            stage=models.get(str(entry.evidence.get("model_version")), {}).get("stage"),
        )
        for entry in ledger.query("run")
    ]
    told = {use.model_version for use in found}
    return found + [
        Use(
            run_id=str(model["run_id"]),
            as_of=str(model["as_of"]),
            data_version=str(model["data_version"]),
            manifest=str(model["data_manifest"]),
            outcome="registered",
            recipe=model.get("recipe"),
            image=model.get("image"),
            model_version=version,
            stage=model.get("stage"),
        )
        for version, model in models.items()
        if version not in told
    ]
