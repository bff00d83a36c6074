"""The environment of `accept_feedback`."""

from __future__ import annotations

from pydantic import BaseModel


class Settings(BaseModel):
    """One field per environment variable."""

    data_bucket: str
