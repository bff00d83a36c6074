"""A committed version before it trains a model, judged from its profile alone: rows were judged when they came.

The rules need numpy and pyarrow: they are imported where there is something to judge.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from evergreen.errors import RulesBroken
from evergreen.project.schema import Project
from evergreen.validation.report import ValidationReport

if TYPE_CHECKING:
    from evergreen.profiles.table import TableProfile


def validate(profile: TableProfile, project: Project, *, name: str, as_of: datetime | None = None) -> ValidationReport:
    """The report on a version: the project's rules, its target's, and what else is worth knowing."""
    from evergreen.validation.judge import Judge
    from evergreen.validation.notices import notices

    judge = Judge(project, as_of)
    found = judge.on_profile(profile, name=name)
    told = notices(project, tuple(profile.columns))
    more = tuple(each.result(each.on_profile(profile, judge.redaction)) for each in told)
    return ValidationReport(name, profile.rows, (*found.results, *more))


def accepted(profile: TableProfile, project: Project, *, name: str, as_of: datetime | None = None) -> ValidationReport:
    """The report on a version that may train a model; RulesBroken carries that of one that may not."""
    report = validate(profile, project, name=name, as_of=as_of)
    if report.violations:
        raise RulesBroken(report)
    return report
