"""`evergreen drift --reference REF --current CUR`: drift between files or saved profiles, without any cloud."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path

from evergreen.cli.drift_asked import Asked
from evergreen.cli.drift_season import SameSeason, same_season, season_of, time_column
from evergreen.cli.drift_together import check_rows, judge_together
from evergreen.cli.output import as_json, console, show_table
from evergreen.cli.profile import check_kinds, read
from evergreen.data.whole import write_whole
from evergreen.drift.compare import compare_profiles
from evergreen.drift.history import natural_variation
from evergreen.drift.report import DriftReport, FeatureDrift
from evergreen.drift.thresholds import PRESETS, Preset
from evergreen.errors import DataRefused, NotFound
from evergreen.profiles.table import TableProfile, merge
from evergreen.wording import number_of

COLUMNS = ("name", "verdict", "psi", "distance", "jensen_shannon", "wasserstein", "missing", "p")


def measure_files(
    reference: Path, current: Path, asked: Asked, *, html: Path | None = None, json_: bool = False
) -> None:
    """Compare, print, and write the HTML report where asked.

    A folder's files count as one table; those of the reference are its windows, too, when they are five or more.
    """
    report, before, after = compare_files(files_of(reference), files_of(current), asked)
    if html is not None:
        from evergreen.cli.drift_html import page

        write_whole(html, page(report, before, after, names=(reference.name, current.name)).encode())
    as_json(report.to_dict()) if json_ else _print(report)
    if html is not None and not json_:
        console.print(f"report: {html}")


def compare_files(
    reference: Sequence[Path], current: Sequence[Path], asked: Asked
) -> tuple[DriftReport, TableProfile, TableProfile]:
    """The report, and the profiles of both sides."""
    _check(asked, [*reference, *current])
    thresholds = PRESETS[_preset(asked.preset)]
    latest = read_profiles(current)
    after = merge(latest)
    with _chosen(reference, current, after, asked) as (paths, of):
        windows = read_profiles(paths)
        before = merge(windows)
        _check_known(before, after, [*asked.exclude, *asked.include])
        natural = natural_variation(windows)
        report = compare_profiles(
            before, after, thresholds, exclude=asked.exclude, include=asked.include, natural=natural
        )
        report = replace(report, of=of)
        if asked.multivariate:
            sides = list(zip(paths, windows, strict=True)), list(zip(current, latest, strict=True))
            report = report.together(judge_together(report, sides, thresholds))
    return report, before, after


def _check(asked: Asked, paths: Sequence[Path]) -> None:
    """Refuse what does not go together."""
    if asked.preset not in PRESETS:
        raise NotFound(f"there is no preset {asked.preset!r}; presets: {', '.join(PRESETS)}")
    if asked.season is not None:
        season_of(asked.season)
    elif asked.time is not None:
        raise NotFound("--time names the column of --season, which is not given: add it, or leave --time out")
    for option, given in (("--multivariate", asked.multivariate), ("--season", asked.season is not None)):
        if given:
            check_rows(paths, option)


def _chosen(
    reference: Sequence[Path], current: Sequence[Path], after: TableProfile, asked: Asked
) -> AbstractContextManager[SameSeason]:
    if asked.season is None:
        return nullcontext(SameSeason(reference, ""))
    return same_season(reference, current, season_of(asked.season), time_column(after, asked.time))


def _check_known(before: TableProfile, after: TableProfile, names: Sequence[str]) -> None:
    known = {*before.columns, *after.columns}
    strangers = [name for name in names if name not in known]
    if strangers:
        raise NotFound(f"there is no column {', '.join(strangers)}; columns: {', '.join(sorted(known))}")


def files_of(source: Path) -> list[Path]:
    """The file itself, or those of a folder that a commit of it would take, in the order of their paths."""
    if not source.exists():
        raise NotFound(f"{source} does not exist")
    paths = _files(source) if source.is_dir() else [source]
    if not paths:
        raise NotFound(f"{source} holds no files")
    return paths


def read_profiles(paths: Sequence[Path]) -> list[TableProfile]:
    """What drift reads of data files and saved profiles, which are one table."""
    profiles = [read(path, whole=False) for path in paths]
    check_kinds(paths, profiles)
    return profiles


def _files(folder: Path) -> list[Path]:
    from evergreen.data.sources import files_below

    try:
        return sorted(Path(file.place) for file in files_below(folder))
    except OSError as error:
        raise DataRefused(f"{error.filename}: cannot be read: {error.strerror}") from error


def _preset(name: str) -> Preset:
    return "sensitive" if name == "sensitive" else "standard"


def _print(report: DriftReport) -> None:
    title = f"drift: {report.verdict}, {number_of(report.rows, 'row')}"
    rows = [_row(feature) for feature in report.ranked]
    show_table(rows, COLUMNS, json_=False, title=title, empty=f"{title} ({report.reason})")
    if report.multivariate is not None:
        console.print(report.multivariate.line, highlight=False)
    if report.excluded:
        left_out = (f"{name} ({reason.split(':')[0]})" for name, reason in report.excluded.items())
        console.print(f"not judged: {', '.join(left_out)}", highlight=False, style="dim")
    console.print(f"{report.reason} {report.power}", highlight=False)


def _row(feature: FeatureDrift) -> dict[str, object]:
    found = feature.to_dict()
    distance = found["ks"] if found["ks"] is not None else found["tv"]
    verdict = f"moved ({', '.join(test.statistic for test in feature.tests if test.breach)})"
    return {**found, **feature.measures, "distance": distance, "verdict": verdict if feature.breach else "ok"}
