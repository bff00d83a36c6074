"""The report on a committed version: figures from its cached profiles, the rest from its parts, one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import pyarrow as pa

from evergreen.data.keys import object_key
from evergreen.data.reading import fitted
from evergreen.data.tables import from_parquet
from evergreen.data.types import TIMESTAMP
from evergreen.errors import DataRefused
from evergreen.project.schema import Project
from evergreen.validation.judge import Judge, completed
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
    schema = pa.schema([(column.name, _TYPES[column.type]) for column in manifest.columns])

    def feed(scan: Scan) -> None:
        for table in _parts(versions, manifest, scan.columns, schema):
            scan.table(table)

    return completed(report, judge, schema, feed, lambda columns: _parts(versions, manifest, columns, schema))


def _parts(versions: Versions, manifest: Manifest, columns: Sequence[str], schema: pa.Schema) -> Iterator[pa.Table]:
    wanted = pa.schema([schema.field(name) for name in columns])
    for item in manifest.objects:
        part = from_parquet(versions.store.get(object_key(item.sha256)), columns)
        yield fitted(part, wanted, source=f"{manifest.dataset} {manifest.version}")
