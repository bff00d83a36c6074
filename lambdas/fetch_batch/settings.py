"""The function's environment."""

from __future__ import annotations

from pydantic import BaseModel


class Settings(BaseModel):
    """Where the data is."""

    data_bucket: str
