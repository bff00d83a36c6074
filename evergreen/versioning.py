"""Semantic versions of data and models: what a reader of the number may rely on.

| part  | data version                        | model version                                      |
|-------|-------------------------------------|----------------------------------------------------|
| MAJOR | a column is gone or changed its type | another problem, estimator or set of request columns |
| MINOR | a column is new or became nullable  | other hyper-parameters or derived features         |
| PATCH | the rows changed                    | the same recipe, fitted again                      |

A column whose whole numbers became fractions, or that had no value before, did not change its type: it is MINOR.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from evergreen.errors import NotFound

Part = Literal["major", "minor", "patch"]
FIRST = "1.0.0"
_VERSION = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)")
_WIDER = {("int64", "double")}  # every stored value keeps its meaning: the column is still a number


class Version(NamedTuple):
    """MAJOR.MINOR.PATCH; compares as three numbers.

    >>> parse("1.10.0") > parse("1.9.3")
    True
    """

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


class ColumnSchema(NamedTuple):
    """What a data version promises about one column."""

    name: str
    type: str
    nullable: bool


class Recipe(NamedTuple):
    """What a model version says about how the model was made; digests stand for their contents."""

    problem: str
    estimator: str
    columns: str
    parameters: str
    features: str


def parse(text: str) -> Version:
    """`1.4.0` as a version; NotFound when the text is none, because no version has that name."""
    found = _VERSION.fullmatch(text)
    if found is None:
        raise NotFound(f"{text!r} is no version; versions are written MAJOR.MINOR.PATCH, such as 1.4.0")
    return Version(*(int(part) for part in found.groups()))


def is_version(text: str) -> bool:
    """Whether the text is written as a version."""
    return _VERSION.fullmatch(text) is not None


def latest(versions: Iterable[str]) -> str | None:
    """The highest of the versions, or None.

    >>> latest(["1.9.0", "1.10.0"])
    '1.10.0'
    """
    return max(versions, key=parse, default=None)


def for_aws_name(version: str) -> str:
    """The version as AWS resource names can carry it: `1-4-0`."""
    return str(parse(version)).replace(".", "-")


def next_data_version(previous: str | None, before: Sequence[ColumnSchema], after: Sequence[ColumnSchema]) -> str:
    """The version of data whose schema went from `before` to `after`.

    >>> next_data_version("1.0.0", [ColumnSchema("a", "int64", False)], [ColumnSchema("a", "int64", False)])
    '1.0.1'
    """
    if previous is None:
        return FIRST
    old, new = {column.name: column for column in before}, {column.name: column for column in after}
    version = parse(previous)
    if any(name not in new or _changed(column.type, new[name].type) for name, column in old.items()):
        return _major(version)
    if new.keys() - old.keys() or any(_loosened(column, new[name]) for name, column in old.items()):
        return _minor(version)
    return _patch(version)


def raised(version: str, previous: str | None, bump: Part | None) -> str:
    """`version` after `previous`, at least by `bump`: a schema's number can be overridden upward only.

    >>> raised("1.0.1", "1.0.0", "minor")
    '1.1.0'
    >>> raised("2.0.0", "1.0.0", "minor")
    '2.0.0'
    """
    if previous is None or bump is None:
        return version
    asked = {"major": _major, "minor": _minor, "patch": _patch}[bump](parse(previous))
    return max(version, asked, key=parse)


def next_model_version(previous: str | None, before: Recipe | None, after: Recipe) -> str:
    """The version of a model made by `after`, following the model `previous` made by `before`."""
    if previous is None or before is None:
        return FIRST
    version = parse(previous)
    if (before.problem, before.estimator, before.columns) != (after.problem, after.estimator, after.columns):
        return _major(version)
    if (before.parameters, before.features) != (after.parameters, after.features):
        return _minor(version)
    return _patch(version)


def _changed(old: str, new: str) -> bool:
    return old != new and old != "null" and (old, new) not in _WIDER


def _loosened(old: ColumnSchema, new: ColumnSchema) -> bool:
    return old.type != new.type or (new.nullable and not old.nullable)


def _major(version: Version) -> str:
    return str(Version(version.major + 1, 0, 0))


def _minor(version: Version) -> str:
    return str(Version(version.major, version.minor + 1, 0))


def _patch(version: Version) -> str:
    return str(Version(version.major, version.minor, version.patch + 1))
