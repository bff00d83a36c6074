"""The environment of record_run."""

from __future__ import annotations

from pydantic import BaseModel


class Settings(BaseModel):
    """Where runs are recorded."""

    state_table: str
    ledger_table: str
