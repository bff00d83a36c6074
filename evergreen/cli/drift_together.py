"""`evergreen drift --multivariate`: rows of both sides are read again, and a classifier tries to tell them apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from evergreen.cli.output import errors
from evergreen.drift.domain_classifier import rows_to_draw, tell_apart
from evergreen.drift.multivariate import Multivariate, auc_threshold
from evergreen.drift.report import DriftReport
from evergreen.drift.thresholds import Thresholds
from evergreen.errors import DataRefused
from evergreen.profiles.column import Kind
from evergreen.profiles.description import is_profile
from evergreen.profiles.sample import Sample, joined, sample_file
from evergreen.profiles.table import TableProfile

Side = Sequence[tuple[Path, TableProfile]]  # files with their profiles


def check_rows(paths: Sequence[Path], option: str) -> None:
    """Refuse profiles, by name, where an option needs rows."""
    for path in paths:
        if is_profile(path):
            raise DataRefused(f"{path.name}: is a profile and holds no rows; {option} needs the data files")


def judge_together(report: DriftReport, sides: tuple[Side, Side], thresholds: Thresholds) -> Multivariate:
    """Whether the features that `report` judges tell rows of the reference and current ones apart."""
    if report.verdict == "insufficient_data":  # nothing is read in vain
        return Multivariate(auc_threshold(thresholds.distance), report.reference_rows, report.rows)
    names = [feature.name for feature in report.features]
    kinds = {name: _kind(name, sides[0]) for name in names}
    before, after = (_sample(side, kinds) for side in sides)
    with errors.status("telling rows apart") as status:
        return tell_apart(before, after, thresholds, progress=lambda now: status.update(f"telling rows apart: {now}"))


def _kind(name: str, side: Side) -> Kind:
    """What a column holds in the first file where it holds anything."""
    kinds = (profile.columns[name].kind for _, profile in side if name in profile.columns)
    return next((kind for kind in kinds if kind != "null"), "null")


def _sample(side: Side, kinds: Mapping[str, Kind]) -> Sample:
    rows = rows_to_draw(len(kinds))
    found: list[Sample] = []
    for place, (path, profile) in enumerate(side):
        found = [joined([*found, _drawn(path, kinds, rows, profile.columns, place)], rows)]
    return found[0]


def _drawn(path: Path, kinds: Mapping[str, Kind], rows: int, held: Iterable[str], place: int) -> Sample:
    with errors.status(f"sampling {path.name}") as status:
        return sample_file(
            path,
            kinds,
            rows,
            held=held,
            place=place,
            progress=lambda read: status.update(f"sampling {path.name}: {read:,} rows"),
        )
