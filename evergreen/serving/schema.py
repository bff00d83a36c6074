"""What a model version accepts in a request: the part of its `contract.json` that serving needs."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

ColumnType = Literal["number", "category", "boolean", "timestamp", "id"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class RequestColumn(_Part):
    """One field of a request row."""

    name: str
    type: ColumnType
    required: bool = True
    nullable: bool = False
    allowed: list[bool | int | float | str] | None = Field(default=None, strict=True)
    min: float | None = None
    max: float | None = None


class RequestContract(_Part):
    """The fields a request row has to have, and those it may have."""

    problem: str
    time: str | None = None
    columns: list[RequestColumn]
    passthrough: list[RequestColumn] = []

    def fields(self) -> list[RequestColumn]:
        """Every accepted field. A passthrough is optional and may be null, unless it is the time of the row."""
        known = {column.name for column in self.columns}
        carried = [
            column.model_copy(update={"required": column.name == self.time, "nullable": column.name != self.time})
            for column in self.passthrough
            if column.name not in known
        ]
        return [*self.columns, *carried]


def read_contract(raw: bytes) -> RequestContract:
    """The request's side of a model's `contract.json`."""
    return RequestContract.model_validate_json(raw)
