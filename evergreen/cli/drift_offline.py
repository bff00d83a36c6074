"""`evergreen drift --reference REF --current CUR`: drift between files or saved profiles, without any cloud."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

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

COLUMNS = ("name", "verdict", "psi", "distance", "jensen_shannon", "wasserstein", "missing", "p")


def measure_files(
    reference: Path,
    current: Path,
    *,
    preset: str = "standard",
    exclude: Sequence[str] = (),
    include: Sequence[str] = (),
    multivariate: bool = False,
    html: Path | None = None,
    json_: bool = False,
) -> None:
    """Compare, print, and write the HTML report where asked.

    A folder's files count as one table; those of the reference are its windows, too, when they are five or more.
    `multivariate` reads the rows of both sides again.
    """
    if preset not in PRESETS:
        raise NotFound(f"there is no preset {preset!r}; presets: {', '.join(PRESETS)}")
    thresholds = PRESETS[_preset(preset)]
    paths = files_of(reference), files_of(current)
    if multivariate:
        check_rows([*paths[0], *paths[1]])
    windows, latest = read_profiles(paths[0]), read_profiles(paths[1])
    before, after = merge(windows), merge(latest)
    natural = natural_variation(windows)
    _check_known(before, after, [*exclude, *include])
    report = compare_profiles(before, after, thresholds, exclude=exclude, include=include, natural=natural)
    if multivariate:
        sides = list(zip(paths[0], windows, strict=True)), list(zip(paths[1], latest, strict=True))
        report = report.together(judge_together(report, sides, thresholds))
    if html is not None:
        from evergreen.cli.drift_html import page

        write_whole(html, page(report, before, after, names=(reference.name, current.name)).encode())
    as_json(report.to_dict()) if json_ else _print(report)
    if html is not None and not json_:
        console.print(f"report: {html}")


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
    title = f"drift: {report.verdict}, {report.rows:,} rows"
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
