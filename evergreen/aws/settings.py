"""A function's environment as a typed value, read once per process."""

from __future__ import annotations

import os
from typing import TypeVar

from pydantic import BaseModel

S = TypeVar("S", bound=BaseModel)


def read(settings: type[S]) -> S:
    """`Settings.data_bucket` from `DATA_BUCKET`; a missing variable is an error that names it."""
    values = {name: os.environ[name.upper()] for name in settings.model_fields if name.upper() in os.environ}
    return settings.model_validate(values)
