"""The reference: what a model's training data looked like, small enough to travel with the artifact.

The JSON form (`reference.json`) holds, per feature, frozen cells with exact counts and the natural variation of the
reference's own windows. Verdicts compare later windows with it and never need the training rows again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evergreen.drift.cells import Cells, Column, Kind, as_boolean, category_cells, number_cells
from evergreen.drift.natural import Natural, WindowNull, Windows, sliding_windows, window_null
from evergreen.drift.psi import Counts

FORMAT = 2


@dataclass(frozen=True)
class FeatureReference:
    """One feature's cells, their counts (missing last), and its natural variation when rows have times.

    `importance` is its share of the model's answers, where the model is known.
    """

    name: str
    cells: Cells
    counts: Counts
    natural: WindowNull | None = None
    importance: float | None = None

    @property
    def kind(self) -> Kind:
        """The feature's kind."""
        return self.cells.kind

    def codes(self, column: Column) -> NDArray[np.int64]:
        """Return the cell of each of a later window's rows."""
        return self.cells.codes(as_boolean(column) if self.kind == "boolean" else column)

    def count(self, column: Column) -> Counts:
        """Count a later window's rows in this feature's cells."""
        return np.bincount(self.codes(column), minlength=self.cells.size).astype(np.int64)


@dataclass(frozen=True)
class Reference:
    """All features of one model, and the distribution of its scores."""

    rows: int
    features: tuple[FeatureReference, ...]
    score: FeatureReference | None = None

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Reference:
        """Read what `build_reference` wrote."""
        if raw.get("format") != FORMAT:
            raise ValueError(f"reference.json has format {raw.get('format')!r}, and this code reads format {FORMAT}")
        score = _feature_from(raw["score"]) if raw["score"] else None
        return cls(raw["rows"], tuple(_feature_from(feature) for feature in raw["features"]), score)


def build_reference(
    columns: Mapping[str, Column],
    kinds: Mapping[str, Kind],
    scores: NDArray[np.float64] | None,
    times: NDArray[np.datetime64] | None,
    window: timedelta,
    importance: Mapping[str, float] | None = None,
) -> dict[str, Any]:
    """Summarise training columns, each of shape (n_rows,), and the model's scores; JSON-able, equal for equal input.

    Numbers are float64 with NaN for missing; categories are objects, text or None. `scores` may be of other rows
    than `columns` (the validation rows, which the model was not fitted on, are the honest choice). With `times`
    (datetime64, of shape (n_rows,)), windows of the monitor's length tell the natural variation. `importance` is each
    column's share of the model's answers.
    """
    shares = importance or {}
    rows = len(next(iter(columns.values()))) if columns else 0
    windows = sliding_windows(times, window) if times is not None and len(times) and not np.isnat(times).any() else None
    features = [_summarise(name, kinds[name], columns[name], windows) for name in sorted(columns)]
    return {
        "format": FORMAT,
        "rows": rows,
        "window_seconds": window.total_seconds(),
        "features": [_feature_json(feature) | {"importance": shares.get(feature.name)} for feature in features],
        "score": None if scores is None else _feature_json(_summarise("score", "number", scores, None)),
    }


def _summarise(name: str, kind: Kind, column: Column, windows: Windows | None) -> FeatureReference:
    column = as_boolean(column) if kind == "boolean" else column
    cells = number_cells(column) if kind == "number" else category_cells(column, kind)
    codes = cells.codes(column)
    counts = np.bincount(codes, minlength=cells.size).astype(np.int64)
    return FeatureReference(name, cells, counts, window_null(windows, cells, codes) if windows else None)


def _feature_json(feature: FeatureReference) -> dict[str, Any]:
    natural = feature.natural
    cuts = {"edges": list(feature.cells.edges)} if feature.kind == "number" else {"values": list(feature.cells.values)}
    return {
        "name": feature.name,
        "kind": feature.kind,
        **cuts,
        "counts": feature.counts[:-1].tolist(),
        "missing": int(feature.counts[-1]),
        "window_null": natural
        and {
            "windows": natural.windows,
            "degrees": natural.degrees,
            "statistics": {
                statistic: {"quantiles": list(found.quantiles), "spread": found.spread}
                for statistic, found in sorted(natural.statistics.items())
            },
        },
    }


def _feature_from(raw: Mapping[str, Any]) -> FeatureReference:
    found = raw["window_null"]
    natural = found and WindowNull(
        windows=found["windows"],
        degrees=found["degrees"],
        statistics={
            statistic: Natural(tuple(each["quantiles"]), each["spread"])
            for statistic, each in found["statistics"].items()
        },
    )
    cells = Cells(raw["kind"], edges=tuple(raw.get("edges", ())), values=tuple(raw.get("values", ())))
    counts = np.array([*raw["counts"], raw["missing"]], dtype=np.int64)
    return FeatureReference(raw["name"], cells, counts, natural, raw.get("importance"))
