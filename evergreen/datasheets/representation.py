"""Whether a version's rows stand for the population that the project declares, group by group.

Pearson's χ² tests the shares of the declared groups; cells that expect fewer than five rows are pooled (Cochran). With
many rows any difference is significant, so a finding needs size, too: Cohen's w for the column, the four-fifths rule
for a group. Groups with few rows are reported and not judged.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from evergreen.datasheets.wilson import wilson
from evergreen.drift.chi2 import EXPECTED, chi2_p_value
from evergreen.errors import DataRefused
from evergreen.profiles.column import ColumnProfile, Value
from evergreen.profiles.table import TableProfile
from evergreen.project.schema import Representation

ALPHA = 0.01
SMALL_EFFECT = 0.1  # w: Cohen, Statistical power analysis for the behavioral sciences (1988)
FOUR_FIFTHS = 0.8  # of the declared share, or its reciprocal: the rule of US employment selection (29 CFR 1607.4)
FEWEST = 30  # rows, found or expected: a smaller group is not judged

Finding = Literal["as_declared", "under", "over", "too_few_rows", "not_declared"]
Verdict = Literal["as_declared", "differs", "too_few_rows", "no_column"]


@dataclass(frozen=True)
class Group:
    """A group's share of the rows with its 95 % interval, and of the population."""

    name: str
    rows: int
    share: float
    low: float
    high: float
    population: float | None
    finding: Finding

    @property
    def ratio(self) -> float | None:
        """The share of the rows over that of the population."""
        return self.share / self.population if self.population else None


@dataclass(frozen=True)
class Represented:
    """One column's groups against its population; `missing` rows belong to no group."""

    column: str
    verdict: Verdict
    groups: tuple[Group, ...] = ()
    missing: int = 0
    chi2: float | None = None
    degrees: int | None = None
    p: float | None = None
    effect: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        groups = [asdict(group) | {"ratio": group.ratio} for group in self.groups]
        return asdict(self) | {"groups": groups}


def represented(profile: TableProfile, declared: Sequence[Representation]) -> tuple[Represented, ...]:
    """Every declared column's groups, from the profile's exact counts."""
    return tuple(_column(profile.column(each.column), each, at) for at, each in enumerate(declared))


def _column(column: ColumnProfile | None, declared: Representation, at: int) -> Represented:
    if column is None:
        return Represented(declared.column, "no_column")
    if not column.exact:
        raise DataRefused(
            f"data.representation[{at}].column: {column.name} holds about {column.distinct:,} distinct values, and a "
            "profile counts at most 1,024 exactly, of up to 100 characters; declare a column of groups"
        )
    rows: dict[str, int] = {}
    for value, count in column.top:
        rows[group_name(value)] = rows.get(group_name(value), 0) + count
    found = [rows.get(name, 0) for name in declared.population]
    statistic, degrees, p, effect = goodness_of_fit(found, list(declared.population.values()))
    few = sum(found) < FEWEST or degrees < 1
    differs = not few and p < ALPHA and effect >= SMALL_EFFECT
    missing = column.count - column.values
    groups = tuple(
        _group(name, rows.get(name, 0), column.values, declared.population.get(name), differs=p < ALPHA)
        for name in dict.fromkeys([*declared.population, *rows])
    )
    verdict: Verdict = "too_few_rows" if few else "differs" if differs else "as_declared"
    return Represented(column.name, verdict, groups, missing, statistic, degrees, p, effect)


def goodness_of_fit(found: Sequence[int], population: Sequence[float]) -> tuple[float, int, float, float]:
    """Return (χ², degrees, p, Cohen's w) of counts against shares that sum to about 1.

    >>> [round(each, 4) for each in goodness_of_fit([60, 40], [0.5, 0.5])]
    [4.0, 1, 0.0455, 0.2]
    """
    observed, shares = np.array(found, dtype=float), np.array(population, dtype=float)
    total = float(observed.sum())
    if not total:
        return 0.0, 0, 1.0, 0.0
    expected = shares / shares.sum() * total
    sparse = expected < EXPECTED
    if sparse.any():
        observed = np.append(observed[~sparse], observed[sparse].sum())
        expected = np.append(expected[~sparse], expected[sparse].sum())
    statistic = float(((observed - expected) ** 2 / expected).sum())
    degrees = len(expected) - 1
    return statistic, degrees, chi2_p_value(statistic, degrees), math.sqrt(statistic / total)


def group_name(value: Value) -> str:
    """A value as `data.representation` spells it: a whole fraction as an integer, booleans in lower case.

    >>> group_name(1.0), group_name(True), group_name("Female")
    ('1', 'true', 'Female')
    """
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _group(name: str, rows: int, total: int, population: float | None, *, differs: bool) -> Group:
    low, high = wilson(rows, total)
    share = rows / total if total else 0.0
    finding: Finding = "as_declared"
    if population is None:
        finding = "not_declared"
    elif max(rows, population * total) < FEWEST:
        finding = "too_few_rows"
    elif differs and high < population and share < FOUR_FIFTHS * population:
        finding = "under"
    elif differs and low > population and share * FOUR_FIFTHS > population:
        finding = "over"
    return Group(name, rows, share, low, high, population, finding)
