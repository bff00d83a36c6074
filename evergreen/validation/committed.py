"""The report on a committed version: figures from its cached profiles, the rest from its parts, one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import pyarrow as pa

from evergreen.data.manifest import object_key
from evergreen.data.reading import fitted
from evergreen.data.tables import from_parquet
from evergreen.data.types import TIMESTAMP
from evergreen.errors import DataRefused
from evergreen.project.schema import Project
from evergreen.validation.judge import Judge, concluded
from evergreen.validation.report import ValidationReport
from evergreen.validation.scan import Scan
from evergreen.validation.version import validate

if TYPE_CHECKING:
    from evergreen.data.manifest import Manifest
    from evergreen.data.versions import Versions

_TYPES = {str(each): each for each in (pa.int64(), pa.float64(), pa.bool_(), pa.string(), pa.null(), TIMESTAMP)}


def judge_version(
    versions: Versions, manifest: Manifest, project: Project, *, as_of: datetime | None
) -> ValidationReport:
    """The report; parts are read only for rules that the profile leaves open, or whose breaks it cannot count."""
    name = f"{manifest.dataset} {manifest.version}"
    if not manifest.objects:
        raise DataRefused(f"{name} holds whole files, which have no rows to judge")
    judge = Judge(project, as_of)
    report = validate(versions.profile(manifest), project, name=name, as_of=as_of)
    rules = judge.expectations([column.name for column in manifest.columns])
    unsettled = [
        at for at, _ in enumerate(rules) if report.results[at].finding.passed is None or _uncounted(report, at)
    ]
    if not unsettled:
        return report
    schema = pa.schema([(column.name, _TYPES[column.type]) for column in manifest.columns])
    scan = Scan([rules[at] for at in unsettled], schema, judge.redaction)
    for table in _parts(versions, manifest, scan.columns, schema):
        scan.table(table)
    found = concluded(scan, name=name, again=lambda columns: _parts(versions, manifest, columns, schema))
    results = list(report.results)
    for at, result in zip(unsettled, found.results, strict=True):
        results[at] = result
    return replace(report, results=tuple(results))


def _uncounted(report: ValidationReport, at: int) -> bool:
    """Broken, and by how many rows only the rows tell."""
    result = report.results[at]
    return result.failed and result.finding.unexpected is None and result.finding.elements is not None


def _parts(versions: Versions, manifest: Manifest, columns: Sequence[str], schema: pa.Schema) -> Iterator[pa.Table]:
    wanted = pa.schema([schema.field(name) for name in columns])
    for item in manifest.objects:
        yield fitted(from_parquet(versions.store.get(object_key(item.sha256)), columns), wanted)
