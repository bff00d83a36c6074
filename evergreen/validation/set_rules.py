"""Rules about members of a set."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from evergreen.profiles.column import ColumnProfile
from evergreen.profiles.views import raw
from evergreen.project.units import parse_number
from evergreen.times import instant
from evergreen.validation.expectation import counted, in_most
from evergreen.validation.redaction import Redaction
from evergreen.validation.report import Finding
from evergreen.validation.value_rules import ValueExpectation, microseconds
from evergreen.validation.values import Rows, Values, booleans, doubles, whole_numbers

_SHOWN_SET = 6
_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True)
class InSet(ValueExpectation):
    """Members of a set, or with `inside=False` anything else: compared as what the column holds."""

    values: tuple[Any, ...]
    inside: bool = True

    @property
    def rule(self) -> str:
        return "column_values_to_be_in_set" if self.inside else "column_values_to_not_be_in_set"

    @property
    def expected(self) -> str:
        shown = ", ".join(map(repr, self.values[:_SHOWN_SET])) + (", …" if len(self.values) > _SHOWN_SET else "")
        return f"values {'' if self.inside else 'not '}in ({shown}){in_most(self.at_most)}"

    def outside(self, values: Values) -> Rows | None:
        """The dictionary's entries are compared where the column has one."""
        if values.kind == "text":
            known = booleans(pc.is_in(values.texts, pa.array(sorted(self._texts))), len(values.texts))
            return values.where(~known if self.inside else known)
        found = self._found(values)
        found = ~found if self.inside else found
        found = found if values.present is None else found & values.present
        return found if found.any() else None

    def on_column(self, column: ColumnProfile, redaction: Redaction) -> Finding:
        """Exact when every value is listed; else a listed stranger is enough to break the rule."""
        numbers = frozenset(doubles(self._numbers)) if isinstance(column.min, float) else self._numbers
        known = {"number": numbers, "boolean": self._booleans}.get(column.kind, self._texts)
        found = [(value, rows) for value, rows in column.top if (value in known) != self.inside]
        return counted(column, found, self.at_most, redaction)

    def _found(self, values: Values) -> Rows:
        """Which numbers, times or booleans are members; anything where a row is missing."""
        if values.kind == "boolean":
            true = booleans(values.array, values.rows)
            return np.where(true, True in self._booleans, False in self._booleans)
        if values.kind == "timestamp":
            return np.isin(values.numbers, list(self._times))
        if values.numbers.dtype.kind == "f":
            return np.isin(values.numbers, doubles(self._numbers))
        return np.isin(values.numbers, raw(whole_numbers(self._numbers, values.array.type)))

    @cached_property
    def _texts(self) -> frozenset[str]:
        return frozenset(str(value) for value in self.values)

    @cached_property
    def _booleans(self) -> frozenset[bool]:
        spelt = {text.lower() for text in self._texts}
        return frozenset(value for value, text in ((True, "true"), (False, "false")) if text in spelt)

    @cached_property
    def _numbers(self) -> frozenset[float]:
        return frozenset(_readable(self.values, _number))

    @cached_property
    def _times(self) -> frozenset[int]:
        return frozenset(_readable(self.values, lambda value: microseconds(instant(value))))


def _number(value: Any) -> float | int:
    return int(value) if isinstance(value, bool) else parse_number(value)


def _readable(values: Sequence[Any], read: Callable[[Any], _T]) -> Iterator[_T]:
    """What can be read of some values."""
    for value in values:
        with suppress(ValueError, TypeError):
            yield read(value)
