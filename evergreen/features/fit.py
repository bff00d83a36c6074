"""Learning an encoder from training rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evergreen.features.blocks import Block, Floats, Lookup, OneHot, TimeParts, Value
from evergreen.features.encoder import Encoder, Matrix
from evergreen.features.fit_repairs import fit_repairs
from evergreen.features.repairs import repaired
from evergreen.features.target_encoding import cross_fitted, fit_target_encoding
from evergreen.features.values import Column, ColumnType
from evergreen.project.prepare import Preparation

ONE_HOT_LEVELS = 12  # more levels than this make the matrix wide: one number each instead


@dataclass(frozen=True)
class Source:
    """A column that features are made of."""

    name: str
    type: ColumnType
    encode: str | None = None
    parts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Needs:
    """What the estimator cannot do itself."""

    fill: bool = False
    scale: bool = False


def fit_encoder(
    sources: Sequence[Source],
    columns: Mapping[str, Column],
    y: Floats | None,
    *,
    needs: Needs,
    seed: int,
    prepare: Sequence[Preparation] = (),
) -> tuple[Encoder, Matrix]:
    """Learn the encoder, and what is to `prepare`; return it with the training rows' matrix.

    `y` is what target encoding averages (0 and 1, or the number to predict); None for more than two classes. In the
    matrix a row's target encoding comes from other rows only, so the model cannot read its own label there.
    """
    repairs = fit_repairs(prepare, columns, {source.name: source.type for source in sources})
    columns = repaired(repairs, columns)
    encoder = Encoder([_block(source, columns[source.name], y) for source in sources], repairs=repairs)
    raw = encoder.raw(columns)
    names = encoder.feature_names
    for block in encoder.blocks:
        if y is not None and isinstance(block, Lookup) and block.encode == "target":
            raw[:, names.index(block.names[0])] = cross_fitted(columns[block.column], y, seed=seed)
    encoder = encoder.filled(raw) if needs.fill else encoder
    encoder = encoder.scaled(raw) if needs.scale else encoder
    return encoder, encoder.finish(raw)


def _block(source: Source, column: Column, y: Floats | None) -> Block:
    if source.type == "timestamp":
        return TimeParts(source.name, list(source.parts))
    if source.type != "category":
        return Value(source.name)
    levels, counts = _levels(column)
    encode = source.encode or ("onehot" if len(levels) <= ONE_HOT_LEVELS else "ordinal" if y is None else "target")
    if encode == "onehot":
        return OneHot(source.name, sorted(levels, key=lambda level: (level is None, level or "")))
    if encode == "target" and y is not None:
        return fit_target_encoding(source.name, column, y)
    ranked = sorted(zip(counts.tolist(), levels, strict=True), key=lambda pair: (-pair[0], pair[1] or ""))
    ranks = {level: float(rank) for rank, (_, level) in enumerate(ranked)}
    missing = ranks.pop(None, -1.0)
    return Lookup(source.name, "ordinal", {str(level): rank for level, rank in ranks.items()}, -1.0, missing)


def _levels(column: Column) -> tuple[list[str | None], NDArray[np.int64]]:
    index: dict[str | None, int] = {}
    found = [index.setdefault(value, len(index)) for value in column.tolist()]
    return list(index), np.bincount(np.array(found, dtype=np.int64), minlength=len(index))
