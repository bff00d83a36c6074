"""The table of the validation benchmark, clean and dirty: an id, 14 fractions, 4 integers, 5 texts, a time; and its 74
checks: null share ≤ 5 % and type of 25 columns, 18 ranges, 5 sets, one unique column.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.environments import BUILD

FRACTIONS = [f"x{at:02d}" for at in range(14)]
INTEGERS = [f"k{at}" for at in range(4)]
LEVELS = {"seg": 4, "plan": 6, "region": 20, "device": 50, "sku": 500}
WITH_NULLS = {"x01", "x05", "x09", "region"}
SETS = {name: [f"{name}_{at:03d}" for at in range(levels)] for name, levels in LEVELS.items()}
RANGES = {
    **dict.fromkeys(FRACTIONS, (-60.0, 60.0)),
    **{name: (0.0, 100.0 * (at + 1)) for at, name in enumerate(INTEGERS)},
}
DIRTY = {"id", "x03", "x07", "plan"}  # the columns with failing values
GROUP, SEED = 131_072, 3


def table_file(rows: int, *, dirty: bool) -> Path:
    """The Parquet file with so many rows, made on first use."""
    path = BUILD / "data" / f"validation-{'dirty' if dirty else 'clean'}-{rows}.parquet"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        pq.write_table(_table(rows, dirty=dirty), unfinished, row_group_size=GROUP, compression="snappy")
        unfinished.rename(path)
    return path


def project_document() -> dict[str, Any]:
    """The checks as a project declares them; the id is the target, which has no null share: it is a check."""
    kinds = {"id": "id", **dict.fromkeys([*FRACTIONS, *INTEGERS], "number"), **dict.fromkeys(LEVELS, "category")}
    columns: dict[str, dict[str, Any]] = {name: {"type": kind} for name, kind in {**kinds, "ts": "timestamp"}.items()}
    for name, (low, high) in RANGES.items():
        columns[name] |= {"min": low, "max": high}
    for name, values in SETS.items():
        columns[name]["allowed"] = values
    null_share = {"column_values_to_not_be_null": {"column": "id", "mostly": 0.95}}
    rules = {"min_rows": 1, "missing": 0.05, "unique": ["id"], "checks": [null_share]}
    return {"project": "bench", "target": "id", "data": {"dataset": "bench", "columns": columns, "rules": rules}}


def _table(rows: int, *, dirty: bool) -> pa.Table:
    random = np.random.default_rng(SEED)
    ids = random.permutation(rows).astype("int64")
    if dirty:
        ids[:50] = ids[50:100]
    columns = {"id": pa.array(ids)}
    for name in FRACTIONS:
        values = np.clip(random.normal(0, 10, rows), -59, 59)
        if dirty and name == "x03":
            values[random.choice(rows, rows // 1000, replace=False)] = 1e6
        share = 0.2 if dirty and name == "x07" else 0.02 if name in WITH_NULLS else 0.0
        columns[name] = pa.array(values, mask=random.random(rows) < share)
    for at, name in enumerate(INTEGERS):
        columns[name] = pa.array(random.integers(0, 100 * (at + 1), rows))
    for name, levels in LEVELS.items():
        texts = np.array(SETS[name], dtype=object)[random.integers(0, levels, rows)]
        if dirty and name == "plan":
            texts[random.choice(rows, rows // 500, replace=False)] = "bogus"
        columns[name] = pa.array(texts, mask=random.random(rows) < (0.02 if name in WITH_NULLS else 0.0))
    start, spread = np.datetime64("2024-01-01", "us"), random.integers(0, 10**13, rows).astype("timedelta64[us]")
    columns["ts"] = pa.array(start + spread)
    return pa.table(columns)
