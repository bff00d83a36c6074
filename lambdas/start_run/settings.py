"""The environment of start_run."""

from __future__ import annotations

from pydantic import BaseModel


class Settings(BaseModel):
    """Where data, artifacts and state are, and the staged image."""

    data_bucket: str
    artifact_bucket: str
    state_table: str
    deployment: str
    image_uri: str
