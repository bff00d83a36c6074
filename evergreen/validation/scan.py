"""One pass over the rows for all expectations at once; the same whatever the batches.

Each stretch of rows is judged by itself (`look`), on any thread, and leaves counts, a few samples, the keys that must
be compared with all others, and a profile of the columns whose figures a rule asks for. `add` takes them in order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from evergreen.profiles.chunks import ROWS, Load, columns_part, empty_part, kind_of
from evergreen.profiles.pile import Pile
from evergreen.profiles.table import Part, TableProfile
from evergreen.profiles.texts import microseconds
from evergreen.validation.expectation import SAMPLES, Expectation, RowExpectation
from evergreen.validation.figure_rules import Figure, on_schema
from evergreen.validation.key_rules import KeyExpectation
from evergreen.validation.keys import KeyPile, Keys, keys_of
from evergreen.validation.medians import Middle, median_ends
from evergreen.validation.redaction import Redaction
from evergreen.validation.report import Finding, Result, Sample
from evergreen.validation.row_rules import Holds
from evergreen.validation.score_rules import Fenced, ZScore
from evergreen.validation.values import Rows, Values


@dataclass
class Tally:
    """What a rule about rows counted."""

    elements: int = 0
    unexpected: int = 0
    samples: tuple[Sample, ...] = ()

    def add(self, other: Tally) -> None:
        """The next stretch of rows."""
        self.elements += other.elements
        self.unexpected += other.unexpected
        self.samples = (*self.samples, *other.samples)[:SAMPLES]


@dataclass(frozen=True)
class Look:
    """What one stretch of rows left."""

    rows: int
    tallies: Mapping[int, Tally]
    keys: Mapping[tuple[str, ...], tuple[Keys, Rows | None]]
    part: Part | None


class Scan:
    """Judges expectations on rows of the data of this name, which come in stretches."""

    def __init__(
        self, expectations: Sequence[Expectation], schema: pa.Schema, redaction: Redaction, *, name: str
    ) -> None:
        self.name = name
        self.expectations = tuple(expectations)
        self.redaction = redaction
        self.schema = schema
        self.rows = 0
        kinds = {field.name: kind_of(field.type) or "null" for field in schema}
        self._settled: dict[int, Finding] = {}
        for at, each in enumerate(self.expectations):
            found = each.misfit(kinds) if isinstance(each, Holds) else on_schema(each, kinds)
            if found is not None:
                self._settled[at] = found
        self._open = [(at, each) for at, each in enumerate(self.expectations) if at not in self._settled]
        self._by_row = {at: each for at, each in self._open if isinstance(each, RowExpectation)}
        self._tallies = {at: Tally() for at in self._by_row}
        self._piles = {each.key: KeyPile() for _, each in self._open if isinstance(each, KeyExpectation)}
        others = [each for _, each in self._open if not isinstance(each, RowExpectation | KeyExpectation)]
        profiled = {name for each in others for name in each.columns}
        profiled |= {name for each in others for name in [getattr(each, "target", None)] if isinstance(name, str)}
        self._profiled = pa.schema([field for field in schema if field.name in profiled])
        self._pile = Pile([empty_part(self._profiled)])

    @property
    def columns(self) -> list[str]:
        """The columns that have to be read, in the order of the schema."""
        wanted = {name for _, each in self._open for name in each.columns} | set(self._profiled.names)
        return [name for name in self.schema.names if name in wanted]

    def look(self, load: Load, rows: int, start: int) -> Look:
        """Judge `rows` rows, the first of which is row `start` + 1; `load` reads a column."""
        waiting: dict[str, list[tuple[int, RowExpectation]]] = {}
        together: list[tuple[int, RowExpectation]] = []
        for at, each in self._by_row.items():
            single = len(each.columns) == 1
            (waiting.setdefault(each.columns[0], []) if single else together).append((at, each))
        kept_names = {name for _, each in together for name in each.columns} | {n for key in self._piles for n in key}
        tallies: dict[int, Tally] = {}
        kept: dict[str, Values] = {}
        arrays: dict[str, pa.Array] = {}
        for name in self.columns:
            array = load(name)
            if kind_of(array.type) == "timestamp":
                microseconds(name, array, source=self.name)  # refuses what these do not reach
            values = Values(array)
            for at, each in waiting.get(name, ()):
                tallies[at] = self._tally(each, {name: values}, start)
            if name in kept_names:
                kept[name] = values
            if name in self._profiled.names:
                arrays[name] = array
        for at, each in together:
            tallies[at] = self._tally(each, kept, start)
        keys = {key: keys_of([kept[name] for name in key]) for key in self._piles}
        part = None
        if arrays:
            part = columns_part(
                self._profiled, arrays.__getitem__, rows, source=self.name, start=start, correlations=False
            )
        return Look(rows, tallies, keys, part)

    def add(self, look: Look) -> None:
        """Take what the next stretch of rows left."""
        for at, tally in look.tallies.items():
            self._tallies[at].add(tally)
        for key, (keys, present) in look.keys.items():
            self._piles[key].add(keys, present, self.rows, look.rows)
        if look.part is not None:
            self._pile.push(look.part)
        self.rows += look.rows

    def table(self, table: pa.Table | pa.RecordBatch) -> None:
        """Look at a table's rows and take what they left."""
        batches = table.to_batches(max_chunksize=ROWS) if isinstance(table, pa.Table) else [table]
        for batch in batches:
            if batch.num_rows:
                self.add(self.look(batch.column, batch.num_rows, self.rows))

    @property
    def profile(self) -> TableProfile:
        """The profile of the columns whose figures were asked for."""
        found = TableProfile([self._pile.whole()])
        return found if self._profiled.names else TableProfile([Part(self.rows, ())])

    def results(self) -> tuple[Result, ...]:
        """One result for each expectation, in their order."""
        profile = self.profile
        found = []
        for at, each in enumerate(self.expectations):
            if at in self._settled:
                finding = self._settled[at]
            elif at in self._tallies:
                tally = self._tallies[at]
                finding = self._by_row[at].told(tally.unexpected, tally.elements, tally.samples)
            elif isinstance(each, KeyExpectation):
                finding = each.on_keys(self._piles[each.key])
            else:
                finding = each.on_profile(profile, self.redaction)
            found.append(each.result(finding))
        return tuple(found)

    def second(self, results: Sequence[Result]) -> dict[int, Fenced]:
        """Outliers that the profile could not count: rules for another look, now that the mean is known."""
        found = {}
        for at, each in enumerate(self.expectations):
            column = self.profile.column(each.column) if isinstance(each, ZScore) else None
            inexact = results[at].finding.passed is not True
            if isinstance(each, ZScore) and column is not None and inexact and at not in self._settled:
                located = each.located(column)
                if located is not None:
                    found[at] = located
        return found

    def middles(self, results: Sequence[Result]) -> dict[int, tuple[Figure, Middle]]:
        """Medians that the profile leaves undecided: what finds them in another look."""
        found = {}
        for at, each in enumerate(self.expectations):
            if isinstance(each, Figure) and results[at].finding.passed is None:
                column = self.profile.column(each.column)
                ends = median_ends(column) if column is not None else None
                if ends is not None:
                    found[at] = each, Middle(*ends)
        return found

    def _tally(self, each: RowExpectation, values: Mapping[str, Values], start: int) -> Tally:
        elements, broken = each.broken(values)
        if broken is None:
            return Tally(elements)
        rows = np.flatnonzero(broken)
        samples = tuple(self._sample(each.columns, values, int(row), start) for row in rows[:SAMPLES])
        return Tally(elements, len(rows), samples)

    def _sample(self, names: Sequence[str], values: Mapping[str, Values], row: int, start: int) -> Sample:
        shown = tuple((name, self.redaction.shown(name, values[name].at(row))) for name in names)
        return Sample(shown, row=start + row + 1)
