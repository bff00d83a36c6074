"""Rules about which values occur again: each row leaves one key, and they are counted at the end."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from evergreen.validation.expectation import NOT_DECIDED, SAMPLES, Expectation, bounded, in_most, span, unfit, within
from evergreen.validation.keys import KeyPile, Keys, distinct, repeated
from evergreen.validation.redaction import Redaction
from evergreen.validation.report import Finding, Sample

if TYPE_CHECKING:
    from evergreen.profiles.column import ColumnProfile
    from evergreen.profiles.table import TableProfile

_SURE = 4.0  # standard errors: an estimate further from a bound than this decides


@dataclass(frozen=True, kw_only=True)
class KeyExpectation(Expectation):
    """A rule about the keys that columns make together."""

    key: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        return self.key

    def on_profile(self, profile: TableProfile, redaction: Redaction) -> Finding:
        """Of one column only; a profile knows nothing of combinations."""
        columns = [column for name in self.key if (column := profile.column(name))]
        absent = unfit(self, {column.name: column.kind for column in columns})
        if absent or len(self.key) > 1:
            return absent or NOT_DECIDED
        return self.on_column(columns[0], redaction)

    @abstractmethod
    def on_column(self, column: ColumnProfile, redaction: Redaction) -> Finding:
        """What the profile of the only column tells."""

    @abstractmethod
    def on_keys(self, pile: KeyPile) -> Finding:
        """What all keys tell."""


@dataclass(frozen=True, kw_only=True)
class Unique(KeyExpectation):
    """No key twice; every row whose key occurs again counts as unexpected."""

    at_most: float = 0.0
    known: Keys | None = None  # keys of the rows that these will join

    @property
    def rule(self) -> str:
        return "column_values_to_be_unique" if len(self.key) == 1 else "compound_columns_to_be_unique"

    @property
    def expected(self) -> str:
        return f"{'unique values' if len(self.key) == 1 else 'unique combinations'}{in_most(self.at_most)}"

    def on_column(self, column: ColumnProfile, redaction: Redaction) -> Finding:  # noqa: ARG002 - values stay unnamed
        """Exact when every value is listed; else a value that is listed twice may be enough."""
        least = sum(rows for _, rows in column.top if rows > 1)
        most = least if column.exact else least + column.others
        return bounded(least, most, column.values, self.at_most)

    def on_keys(self, pile: KeyPile) -> Finding:
        if (self.known is None or not len(self.known)) and pile.plainly_different:
            return replace(bounded(0, 0, pile.count, self.at_most), observed=f"{pile.count:,} different")
        keys = pile.whole
        again = repeated(keys)
        within = int(np.count_nonzero(again))
        if self.known is not None and len(self.known):
            again |= np.isin(keys, self.known)
        count = int(np.count_nonzero(again))
        found = bounded(count, count, len(keys), self.at_most)
        if not count:
            return replace(found, observed=f"{len(keys):,} different")
        stored = f", {count - within:,} of them in the dataset already" if count > within else ""
        observed = f"{count:,} of {len(keys):,} rows whose value occurs again ({count / len(keys):.2%}){stored}"
        samples = tuple(Sample((), row=row) for row in pile.places(np.flatnonzero(again)[:SAMPLES]))
        return replace(found, observed=observed, samples=samples)


@dataclass(frozen=True, kw_only=True)
class Distinct(KeyExpectation):
    """How many different values, or which share of the values they are."""

    min: float | None
    max: float | None
    share: bool = False

    @property
    def rule(self) -> str:
        figure = "proportion_of_unique_values" if self.share else "unique_value_count"
        return f"column_{figure}_to_be_between"

    @property
    def expected(self) -> str:
        figure = span(self.min, self.max)
        return f"a share of different values {figure}" if self.share else f"{figure} different values"

    def on_column(self, column: ColumnProfile, redaction: Redaction) -> Finding:  # noqa: ARG002 - counts are no values
        """Exact below 1,024 different values; an estimate that is near a bound decides nothing."""
        error = _SURE * column.distinct_error * column.distinct
        ends = (max(0.0, column.distinct - error), min(column.values, column.distinct + error))
        holds = self._holds(*ends, column.values)
        return Finding(holds, f"{'about ' if error else ''}{self._told(column.distinct, column.values)}")

    def on_keys(self, pile: KeyPile) -> Finding:
        keys = pile.whole
        count = distinct(keys)
        return Finding(self._holds(count, count, len(keys)), self._told(count, len(keys)))

    def _holds(self, least: float, most: float, values: int) -> bool | None:
        of = max(values, 1) if self.share else 1
        return within(least / of, most / of, self.min, self.max)

    def _told(self, count: int, values: int) -> str:
        return f"{count:,} different of {values:,}"
