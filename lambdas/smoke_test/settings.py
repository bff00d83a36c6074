"""The environment of `smoke_test`."""

from __future__ import annotations

from pydantic import BaseModel


class Settings(BaseModel):
    """One field per environment variable."""

    deployment: str
    state_table: str
