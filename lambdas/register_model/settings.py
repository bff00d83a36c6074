"""The environment of register_model."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """Where models are kept, recorded and signed."""

    model_config = ConfigDict(protected_namespaces=())

    artifact_bucket: str
    state_table: str
    ledger_table: str
    model_package_group: str
    signing_key_id: str
