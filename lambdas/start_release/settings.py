"""The environment of `start_release`."""

from __future__ import annotations

from pydantic import BaseModel


class Settings(BaseModel):
    """One field per environment variable."""

    deployment: str
    data_bucket: str
    ledger_table: str
    state_table: str
    model_role_arn: str
    data_key_arn: str
