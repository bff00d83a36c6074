"""`evergreen drift --season`: of the reference's rows only those of the current ones' season are compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np

from evergreen.cli.output import errors
from evergreen.drift.psi import Counts
from evergreen.drift.season import NAMES, Season, spoken
from evergreen.drift.season_rows import rows_by_part, thin, thinning
from evergreen.errors import NotFound
from evergreen.profiles.table import TableProfile


class SameSeason(NamedTuple):
    """The reference's files with the rows of one season, and its name."""

    paths: Sequence[Path]
    of: str


def season_of(name: str) -> Season:
    """A season by its name."""
    for season in NAMES:
        if season == name:
            return season
    raise NotFound(f"there is no season {name!r}; seasons: {', '.join(NAMES)}")


def time_column(profile: TableProfile, wanted: str | None) -> str:
    """The column that says when a row was: the wanted one, or the only one that holds times."""
    times = [name for name, column in profile.columns.items() if column.kind == "timestamp"]
    if wanted is None and len(times) == 1:
        return times[0]
    if wanted is None or wanted not in profile.columns:
        said = "" if wanted is None else f"there is no column {wanted}; "
        raise NotFound(f"{said}--time names the column of the season; columns with times: {', '.join(times) or 'none'}")
    return wanted


@contextmanager
def same_season(reference: Sequence[Path], current: Sequence[Path], season: Season, time: str) -> Iterator[SameSeason]:
    """The reference's rows of the season that the current rows are of, in files that are gone afterwards."""
    before, after = ([_counted(path, time, season) for path in paths] for paths in (reference, current))
    window = np.sum(after, axis=0)
    shares, of = thinning(np.sum(before, axis=0), window, season), spoken(window, season)
    with TemporaryDirectory(prefix="evergreen-season-") as folder:
        paths = []
        for place, (path, rows) in enumerate(zip(reference, before, strict=True)):
            if (rows * shares).any():
                out = Path(folder) / str(place) / f"{path.name.split('.')[0]}.parquet"
                out.parent.mkdir()
                with errors.status(f"choosing rows of {of} in {path.name}"):
                    if thin(path, out, time, season, shares, place=place):
                        paths.append(out)
        yield SameSeason(paths, of)


def _counted(path: Path, time: str, season: Season) -> Counts:
    with errors.status(f"reading the times of {path.name}"):
        return rows_by_part(path, time, season)
