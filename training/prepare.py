"""The processing job that makes training, validation and test rows of a data version."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from evergreen.data.target import target_of
from evergreen.errors import DataRefused
from evergreen.project.schema import Project
from evergreen.wording import number_of
from training.job import read_config, run_job, say, write_json
from training.kept import kept_rows, without_outliers
from training.paths import Paths
from training.problem import classes_of, metric_of, problem_of
from training.roles import Roles, assign_roles, drop_constants, sources_of
from training.spec import Spec
from training.split import TEST, TRAIN, VALIDATION, Sides, sides
from training.tables import labels_of, read_parts, write_part


def prepare(paths: Paths) -> None:
    """Read, label, split, and write; the test rows go to their own output, which the training job cannot read."""
    project, _ = read_config(paths.input("config"))
    table = labelled(read_parts(paths.input("data")), project)
    table = kept_rows(with_time(table, project), project)
    side = sides(table.drop_columns([project.target.name]), project.data, seed=project.training.seed)
    side = without_outliers(side, table, project)
    roles = assign_roles(table, project)
    spec, kept = specify(roles, side, project)
    prepared, heldout = paths.output("prepared"), paths.output("heldout")
    write_part(_part(kept, side, TRAIN), prepared / "train")
    write_part(_part(kept, side, VALIDATION), prepared / "validation")
    write_part(_part(kept, side, TEST), heldout)
    (prepared / "spec").mkdir(parents=True, exist_ok=True)
    write_json(prepared / "spec" / "spec.json", spec.to_json())
    say(f"prepared {spec.problem} of {spec.target}:", **spec.rows, columns=len(spec.columns))
    for name, reason in spec.left_out.items():
        say(f"left out {name}: {reason}")


def labelled(table: pa.Table, project: Project) -> pa.Table:
    """The rows that have a target, with the target as the last column under its own name."""
    rule, name = target_of(project), project.target.name
    if rule.column not in table.column_names:
        raise DataRefused(f"the data version has no column {rule.column}, which the target {name} needs")
    target = table[rule.column]
    if rule.operator is not None:
        target = pa.chunked_array([pa.array(rule.labels(target.to_pylist()), pa.bool_())])
    elif pa.types.is_floating(target.type):
        target = _whole(pc.if_else(pc.is_finite(target), target, None))
    table = table.drop_columns([name]) if name in table.column_names else table
    table = table.append_column(name, target).filter(pc.is_valid(target))
    if not table.num_rows:
        raise DataRefused(f"no row of the data version has a target ({name})")
    return table


def with_time(table: pa.Table, project: Project) -> pa.Table:
    """The rows that have a time, where the project says which column tells it."""
    time = project.data.time
    if time is None:
        return table
    if time not in table.column_names:
        raise DataRefused(f"the data version has no column {time}, which data.time names")
    kept = table.filter(pc.is_valid(table[time]))
    if not kept.num_rows:
        raise DataRefused(f"no row of the data version has a time ({time})")
    if kept.num_rows < table.num_rows:
        say(f"left out {number_of(table.num_rows - kept.num_rows, 'row')} without {time}")
    return kept


def specify(roles: Roles, side: Sides, project: Project) -> tuple[Spec, pa.Table]:
    """Decide the problem and the features by the training rows; return the table of the columns that matter."""
    train = _part(roles.table, side, TRAIN)
    labels = labels_of(train, project.target.name)
    problem = problem_of(project, labels)
    classes = classes_of(project, problem, labels)
    drop_constants(roles, train, time=project.data.time)
    sources = sources_of(roles, project)
    counts = np.bincount(side, minlength=3).tolist()
    spec = Spec(
        project=project.project,
        problem=problem,
        metric=metric_of(project, problem),
        target=project.target.name,
        classes=classes,
        time=project.data.time,
        columns=tuple(roles.columns),
        passthrough=tuple(roles.passthrough),
        sources=sources,
        rows={"train": counts[TRAIN], "validation": counts[VALIDATION], "test": counts[TEST]},
        left_out=roles.left_out,
    )
    names = [field.name for field in (*spec.columns, *spec.passthrough)]
    return spec, roles.table.select([*names, spec.target])


def _part(table: pa.Table, side: Sides, wanted: int) -> pa.Table:
    return table.filter(pa.array(side == wanted))


def _whole(target: Any) -> Any:
    """Integers that a missing value turned into fractions are integers again."""
    try:
        return target.cast(pa.int64())
    except pa.ArrowInvalid:
        return target


if __name__ == "__main__":
    run_job(prepare, note="message")
