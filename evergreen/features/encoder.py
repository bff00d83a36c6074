"""The encoder: columns in, the model's float32 matrix out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evergreen.features.blocks import Block, Floats, block_from_json, block_to_json
from evergreen.features.repairs import Repair, repair_from_json, repair_to_json, repaired
from evergreen.features.values import Column

Matrix = NDArray[np.float32]
_LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class Encoder:
    """Columns repaired, blocks side by side, then missing values filled, then scaled: all in double, and cast once.

    `fill`, `center` and `scale` have one number per feature, and are None when the estimator needs none.
    """

    blocks: Sequence[Block]
    fill: Floats | None = None
    center: Floats | None = None
    scale: Floats | None = None
    repairs: Sequence[Repair] = ()

    @property
    def feature_names(self) -> list[str]:
        """The matrix's columns."""
        return [name for block in self.blocks for name in block.names]

    @property
    def columns(self) -> list[str]:
        """The columns that the matrix is made of."""
        return list(dict.fromkeys(block.column for block in self.blocks))

    def encode_columns(self, columns: Mapping[str, Column]) -> Matrix:
        """Return the matrix, of shape (n_rows, n_features)."""
        return self.finish(self.raw(columns))

    def raw(self, columns: Mapping[str, Column]) -> Floats:
        """Return the features before filling and scaling."""
        columns = repaired(self.repairs, columns)
        rows = len(next(iter(columns.values())))
        result = np.empty((rows, sum(len(block.names) for block in self.blocks)))
        start = 0
        for block in self.blocks:
            end = start + len(block.names)
            block.fill(columns[block.column], result[:, start:end])
            start = end
        return result

    def finish(self, raw: Floats) -> Matrix:
        """Fill, scale, and cast."""
        if self.fill is not None:
            raw = np.where(np.isnan(raw), self.fill, raw)
        if self.center is not None and self.scale is not None:
            raw = (raw - self.center) / self.scale
        return np.minimum(np.maximum(raw, -_LARGEST), _LARGEST).astype(np.float32)  # np.clip costs three times as much

    def filled(self, raw: Floats) -> Encoder:
        """This encoder with the medians of `raw` for missing values."""
        return replace(self, fill=np.array([_median(column) for column in raw.T]))

    def scaled(self, raw: Floats) -> Encoder:
        """This encoder with the means and standard deviations of `raw`, filled."""
        full = raw if self.fill is None else np.where(np.isnan(raw), self.fill, raw)
        spread = full.std(axis=0)
        return replace(self, center=full.mean(axis=0), scale=np.where(spread > 0, spread, 1.0))

    def to_json(self) -> dict[str, Any]:
        """The encoder as contract.json has it."""
        steps = {"fill": self.fill, "center": self.center, "scale": self.scale}
        return {
            "blocks": [block_to_json(block) for block in self.blocks],
            "repairs": [repair_to_json(repair) for repair in self.repairs],
            **{name: None if values is None else values.tolist() for name, values in steps.items()},
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Encoder:
        """Read what `to_json` wrote."""
        blocks = [block_from_json(block) for block in raw["blocks"]]
        steps = {name: raw[name] for name in ("fill", "center", "scale")}
        repairs = [repair_from_json(repair) for repair in raw.get("repairs", ())]
        arrays = {name: None if values is None else np.array(values) for name, values in steps.items()}
        return cls(blocks, **arrays, repairs=repairs)


def _median(column: Floats) -> float:
    known = column[np.isfinite(column)]
    return float(np.median(known)) if len(known) else 0.0
