"""The environment of judge_model."""

from __future__ import annotations

from pydantic import BaseModel


class Settings(BaseModel):
    """Where evaluations are."""

    artifact_bucket: str
