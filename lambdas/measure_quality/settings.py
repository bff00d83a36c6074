"""The function's environment."""

from __future__ import annotations

from pydantic import BaseModel


class Settings(BaseModel):
    """Where capture, artifacts, state and ledger are, and whose metrics these are."""

    data_bucket: str
    artifact_bucket: str
    state_table: str
    ledger_table: str
    deployment: str
