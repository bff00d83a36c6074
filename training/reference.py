"""What later windows of requests are compared with: the rows the model learned from, and its honest scores."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from evergreen.drift.cells import Kind
from evergreen.drift.reference import build_reference
from evergreen.project.schema import Project
from training.model import Model
from training.shapley import shapley_shares
from training.tables import columns_of_table, times_of

_KINDS: dict[str, Kind] = {"number": "number", "category": "category", "boolean": "boolean"}


def reference(model: Model, learned: pa.Table, held: pa.Table, project: Project) -> dict[str, Any]:
    """The JSON of reference.json: columns of training and validation rows, scores of validation rows only."""
    contract = model.contract
    table = pa.concat_tables([learned, held])
    fields = [field for field in contract.columns if field.type in _KINDS]
    held_columns = columns_of_table(held, contract.columns)
    scores = model.scores(contract.encode_columns(held_columns))
    return build_reference(
        columns_of_table(table, fields),
        {field.name: _KINDS[field.type] for field in fields},
        scores if scores.ndim == 1 else None,
        times_of(table, contract.time) if contract.time else None,
        project.monitoring.drift.window,
        shapley_shares(model, held_columns, seed=project.training.seed),
        project.monitoring.drift.season,
    )
