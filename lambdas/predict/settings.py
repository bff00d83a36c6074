"""The environment of `predict`."""

from __future__ import annotations

from pydantic import BaseModel


class Settings(BaseModel):
    """One field per environment variable."""

    deployment: str
    state_table: str
    artifact_bucket: str
    max_rows: int
