"""The tables of the drift benchmark: 20 columns of numbers, six with 2 % NaN, and five of text; some drift a little."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.environments import BUILD

NUMBERS = [f"n{at:02d}" for at in range(20)]
LEVELS = [3, 5, 12, 50, 200]
TEXTS = [f"c{at}" for at in range(len(LEVELS))]
REFERENCE_ROWS = 100_000
GROUP = 131_072
BLOCK = 1_000_000  # rows made at a time
SEED = 20240517


def table_file(rows: int, *, drifted: bool) -> Path:
    """The Parquet file with so many rows, made on first use."""
    path = BUILD / "data" / f"drift-{'current' if drifted else 'reference'}-{rows}.parquet"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        random = np.random.default_rng(SEED + rows)
        unfinished = path.with_suffix(".part")
        with pq.ParquetWriter(unfinished, _table(1, random, drifted).schema, compression="snappy") as writer:
            for start in range(0, rows, BLOCK):
                writer.write_table(_table(min(BLOCK, rows - start), random, drifted), row_group_size=GROUP)
        unfinished.rename(path)
    return path


def _table(rows: int, random: np.random.Generator, drifted: bool) -> pa.Table:
    columns = {}
    for at, name in enumerate(NUMBERS):
        values = _numbers(at % 7, 0.02 * (at // 2) if drifted and at % 2 else 0.0, random, rows)
        if at % 3 == 1 and at < 17:
            values[random.random(rows) < 0.02] = np.nan
        columns[name] = pa.array(values, from_pandas=False)
    for at, levels in enumerate(LEVELS):
        weights = 1.0 / np.arange(1, levels + 1) ** (0.8 + (0.05 * at if drifted else 0))
        codes = random.choice(levels, rows, p=weights / weights.sum()).astype("int32")
        names = pa.array([f"level_{level:03d}" for level in range(levels)])
        columns[TEXTS[at]] = pa.DictionaryArray.from_arrays(pa.array(codes), names).cast(pa.string())
    return pa.table(columns)


def _numbers(
    kind: int, shift: float, random: np.random.Generator, n: int
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    shapes = (
        lambda: random.normal(50 + 10 * shift, 10, n),
        lambda: random.lognormal(3 + shift, 0.8, n),
        lambda: random.gamma(2.0 + shift, 3.0, n),
        lambda: random.uniform(0, 1 + shift / 4, n),
        lambda: random.poisson(4 + 4 * shift, n).astype(float),
        lambda: np.where(random.random(n) < 0.4 - shift, 0.0, random.exponential(10, n)),
        lambda: np.round(random.normal(100 + 15 * shift, 15, n), 2),
    )
    return shapes[kind]()
