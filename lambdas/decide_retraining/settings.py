"""The function's environment."""

from __future__ import annotations

from pydantic import BaseModel


class Settings(BaseModel):
    """Where data, state and ledger are, and which machine trains."""

    data_bucket: str
    state_table: str
    ledger_table: str
    training_machine_arn: str
