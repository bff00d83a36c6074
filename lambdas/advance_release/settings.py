"""The environment of `advance_release`."""

from __future__ import annotations

from pydantic import BaseModel


class Settings(BaseModel):
    """One field per environment variable."""

    deployment: str
    ledger_table: str
    state_table: str
