"""The reference: what a model's training data looked like, small enough to travel with the artifact.

The JSON form (`reference.json`) holds, per feature, frozen cells with exact counts and the natural variation of the
reference's own windows. Verdicts compare later windows with it and never need the training rows again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evergreen.drift.cells import Cells, Column, Kind, as_boolean, category_cells, number_cells
from evergreen.drift.natural import Natural, WindowNull, window_null
from evergreen.drift.psi import Counts
from evergreen.drift.season import Parts, Season, as_in_window, spoken
from evergreen.drift.windows import Windows, sliding_windows

FORMAT = 2


@dataclass(frozen=True)
class FeatureReference:
    """One feature's cells, their counts (missing last), and its natural variation when rows have times.

    `importance` is its share of the model's answers, where the model is known. `by_part` are the counts by part of the
    season, of shape (n_parts, n_cells), where windows are compared with the same season.
    """

    name: str
    cells: Cells
    counts: Counts
    natural: WindowNull | None = None
    importance: float | None = None
    by_part: Counts | None = None

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

    def in_season(self, rows: NDArray[np.int64]) -> FeatureReference:
        """The feature as if its rows were spread over the season as a window's are, of shape (n_parts,)."""
        return (
            self if self.by_part is None else replace(self, counts=as_in_window(zip(rows, self.by_part, strict=True)))
        )


@dataclass(frozen=True)
class Reference:
    """All features of one model, and the distribution of its scores.

    With a `season`, `in_season` gives what a window is compared with; `of` names the parts of it that it stands for.
    """

    rows: int
    features: tuple[FeatureReference, ...]
    score: FeatureReference | None = None
    season: Season | None = None
    of: str = ""

    def in_season(self, rows: NDArray[np.int64]) -> Reference:
        """The reference as if its rows were spread over the season as a window's are, of shape (n_parts,)."""
        if self.season is None:
            return self
        features = tuple(feature.in_season(rows) for feature in self.features)
        alike = int(features[0].counts.sum()) if features else 0
        return replace(self, rows=alike, features=features, of=spoken(rows, self.season))

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Reference:
        """Read what `build_reference` wrote."""
        if raw.get("format") != FORMAT:
            raise ValueError(f"reference.json has format {raw.get('format')!r}, and this code reads format {FORMAT}")
        score = _feature_from(raw["score"]) if raw["score"] else None
        features = tuple(_feature_from(feature) for feature in raw["features"])
        return cls(raw["rows"], features, score, raw.get("season"))


def build_reference(
    columns: Mapping[str, Column],
    kinds: Mapping[str, Kind],
    scores: NDArray[np.float64] | None,
    times: NDArray[np.datetime64] | None,
    window: timedelta,
    importance: Mapping[str, float] | None = None,
    season: Season | None = None,
) -> dict[str, Any]:
    """Summarise training columns, each of shape (n_rows,), and the model's scores; JSON-able, equal for equal input.

    Numbers are float64 with NaN for missing; categories are objects, text or None. `scores` may be of other rows
    than `columns` (the validation rows, which the model was not fitted on, are the honest choice). With `times`
    (datetime64, of shape (n_rows,)), windows of the monitor's length tell the natural variation. `importance` is each
    column's share of the model's answers. With a `season`, rows are counted by its parts, too.
    """
    shares = importance or {}
    rows = len(next(iter(columns.values()))) if columns else 0
    known = times if times is not None and len(times) and not np.isnat(times).any() else None
    parts = None if known is None or season is None else Parts.of(known, season)
    windows = None if known is None else sliding_windows(known, window, parts)
    features = [_summarise(name, kinds[name], columns[name], windows, parts) for name in sorted(columns)]
    return {
        "format": FORMAT,
        "rows": rows,
        "window_seconds": window.total_seconds(),
        **({"season": season} if parts else {}),
        "features": [_feature_json(feature) | {"importance": shares.get(feature.name)} for feature in features],
        "score": None if scores is None else _feature_json(_summarise("score", "number", scores)),
    }


def _summarise(
    name: str, kind: Kind, column: Column, windows: Windows | None = None, parts: Parts | None = None
) -> FeatureReference:
    column = as_boolean(column) if kind == "boolean" else column
    cells = number_cells(column) if kind == "number" else category_cells(column, kind)
    codes = cells.codes(column)
    return FeatureReference(
        name,
        cells,
        counts=np.bincount(codes, minlength=cells.size).astype(np.int64),
        natural=window_null(windows, cells, codes) if windows else None,
        by_part=parts.counts(codes, cells.size) if parts else None,
    )


def _feature_json(feature: FeatureReference) -> dict[str, Any]:
    natural = feature.natural
    cuts = {"edges": list(feature.cells.edges)} if feature.kind == "number" else {"values": list(feature.cells.values)}
    return {
        "name": feature.name,
        "kind": feature.kind,
        **cuts,
        "counts": feature.counts[:-1].tolist(),
        "missing": int(feature.counts[-1]),
        **({} if feature.by_part is None else {"counts_by_part": feature.by_part.tolist()}),
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
    by_part = np.array(raw["counts_by_part"], dtype=np.int64) if "counts_by_part" in raw else None
    return FeatureReference(raw["name"], cells, counts, natural, raw.get("importance"), by_part)
