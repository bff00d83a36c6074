"""The function's environment."""

from __future__ import annotations

from pydantic import BaseModel


class Settings(BaseModel):
    """Where data and ledger are, and whose metrics these are."""

    data_bucket: str
    ledger_table: str
    deployment: str
