"""A profile's canonical bytes: one profile, one spelling.

    magic "evergreen profile 4\\n" · checksum · length of the header, 8 bytes little-endian · header · arrays

The checksum is the first 16 bytes of the SHA-256 of what follows it. The header is canonical JSON: the rows, and each
column's exact figures. An array is written where the header says `[type, length]`, in the header's order; integers take
the smallest type that holds them. All is little-endian.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import astuple
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evergreen.data.canonical import canonical
from evergreen.data.sealed import sealed, unsealed
from evergreen.errors import DataRefused
from evergreen.profiles import FORMAT
from evergreen.profiles.column import ColumnProfile, Lengths
from evergreen.profiles.correlation import CoMoments
from evergreen.profiles.distinct import DistinctSketch
from evergreen.profiles.frequencies import Frequencies
from evergreen.profiles.moments import Moments
from evergreen.profiles.quantiles import QuantileSummary

OPENING = b"evergreen profile "
_MAGIC = OPENING + b"%d\n" % FORMAT
_LENGTH = 8  # bytes
_COUNTS = ("u1", "<u2", "<u4", "<i8")
_TYPES = {"<f8", "i1", "<i2", "<i4", "<i8", "<u8", *_COUNTS}
_PLAIN = ("name", "kind", "count", "nulls", "nans", "infinities", "min", "max")

Header = dict[str, Any]
Decoded = tuple[int, tuple[ColumnProfile, ...], CoMoments | None]


def encode(rows: int, columns: Sequence[ColumnProfile], moments: CoMoments | None) -> bytes:
    """The bytes of a table's summary."""
    arrays = _Writer()
    header: Header = {"rows": rows, "columns": [_column(column, arrays) for column in columns]}
    if moments is not None:
        header["moments"] = _co_moments(moments, arrays)
    text = canonical(header)
    body = b"".join((len(text).to_bytes(_LENGTH, "little"), text, *arrays.written))
    return sealed(_MAGIC, body)


def decode(content: bytes) -> Decoded:
    """The summary that these bytes spell."""
    if not content.startswith(OPENING):
        raise DataRefused("these bytes are not a profile")
    if not content.startswith(_MAGIC):
        raise DataRefused(
            f"the profile is not in format {FORMAT}, which this version reads; make it again: `evergreen profile FILE…`"
        )
    body = unsealed(_MAGIC, content)
    if body is None:
        raise DataRefused("the bytes of the profile are damaged: make it again from its rows")
    try:
        end = _LENGTH + int.from_bytes(body[:_LENGTH], "little")
        header = json.loads(bytes(body[_LENGTH:end]))
        arrays = _Reader(body[end:])
        columns = tuple(_column_from(each, arrays) for each in header["columns"])
        moments = _co_moments_from(header["moments"], arrays) if "moments" in header else None
        arrays.finish()
    except (ValueError, KeyError, TypeError, IndexError, ArithmeticError) as error:
        raise DataRefused(f"the bytes of the profile are damaged: {error}") from error
    return header["rows"], columns, moments


class _Writer:
    def __init__(self) -> None:
        self.written: list[bytes] = []

    def add(self, array: NDArray[Any]) -> list[Any]:
        kind = array.dtype.newbyteorder("<").str.replace("|", "")
        self.written.append(array.astype(kind, copy=False).tobytes())
        return [kind, len(array)]

    def add_counts(self, counts: NDArray[np.int64]) -> list[Any]:
        most = int(counts.max(initial=0))
        return self.add(counts.astype(next(kind for kind in _COUNTS if most <= np.iinfo(kind).max)))


class _Reader:
    def __init__(self, content: memoryview) -> None:
        self._content = content

    def take(self, described: Sequence[Any]) -> NDArray[Any]:
        kind, length = described
        if kind not in _TYPES or not isinstance(length, int) or length < 0:
            raise ValueError(f"unknown array {kind} × {length}")
        array = np.frombuffer(self._content, kind, length)
        self._content = self._content[array.nbytes :]
        return array

    def take_counts(self, described: Sequence[Any]) -> NDArray[np.int64]:
        return self.take(described).astype(np.int64)

    def finish(self) -> None:
        if len(self._content):
            raise ValueError(f"{len(self._content)} bytes too many")


def _column(column: ColumnProfile, arrays: _Writer) -> Header:
    found: Header = {name: getattr(column, name) for name in _PLAIN if getattr(column, name) not in (None, 0)}
    found |= {name: getattr(column, name) for name in ("min", "max") if getattr(column, name) is not None}
    if column.moments:
        found["moments"] = [column.moments.n, _finite(column.moments.mean), _finite(column.moments.m2)]
    if column.lengths:
        found["lengths"] = astuple(column.lengths)
    if column.frequencies:
        found["frequencies"] = _frequencies(column.frequencies, arrays)
    if column.sketch:
        found["hashes"] = arrays.add(column.sketch.hashes)
    if column.quantiles:
        found["quantiles"] = _quantiles(column.quantiles, arrays)
    return found


def _column_from(found: Header, arrays: _Reader) -> ColumnProfile:
    parts: Header = {"count": 0} | {name: found[name] for name in _PLAIN if name in found}
    if "moments" in found:
        n, *figures = found["moments"]
        parts["moments"] = Moments(n, *(np.nan if value is None else value for value in figures))
    if "lengths" in found:
        parts["lengths"] = Lengths(*found["lengths"])
    if "frequencies" in found:
        parts["frequencies"] = _frequencies_from(found["frequencies"], arrays)
    if "hashes" in found:
        parts["sketch"] = DistinctSketch(arrays.take(found["hashes"]))
    if "quantiles" in found:
        parts["quantiles"] = _quantiles_from(found["quantiles"], arrays)
    return ColumnProfile(**parts)


def _frequencies(found: Frequencies, arrays: _Writer) -> Header:
    text = found.values.dtype == object
    values = found.values.tolist() if text else arrays.add(found.values)
    return {"text": text, "values": values, "counts": arrays.add_counts(found.counts), "error": found.error}


def _frequencies_from(found: Header, arrays: _Reader) -> Frequencies:
    if found["text"]:
        values: NDArray[Any] = np.empty(len(found["values"]), dtype=object)
        values[:] = found["values"]
    else:
        values = arrays.take(found["values"])
    return Frequencies(values, arrays.take_counts(found["counts"]), found["error"])


def _quantiles(found: QuantileSummary, arrays: _Writer) -> Header:
    header: Header = {"n": found.n, "values": arrays.add(found.values), "error": found.rank_error}
    return header if found.counts is None else header | {"counts": arrays.add_counts(found.counts)}


def _quantiles_from(found: Header, arrays: _Reader) -> QuantileSummary:
    values = arrays.take(found["values"])
    counts = arrays.take_counts(found["counts"]) if "counts" in found else None
    return QuantileSummary(found["n"], values, counts, found["error"])


def _co_moments(found: CoMoments, arrays: _Writer) -> Header:
    """Symmetric arrays as their upper triangle; a mean or m2 that is the same over all other columns as one column."""
    upper = np.triu_indices(len(found.names))
    triangles = [arrays.add(each[upper]) for each in (found.n, found.c)]
    rows: list[Any] = []
    for each in (found.mean, found.m2):
        same = bool((each == each[:, :1]).all())
        rows.append([same, arrays.add(np.ascontiguousarray(each[:, :1] if same else each).ravel())])
    return {"names": found.names, "triangles": triangles, "rows": rows}


def _co_moments_from(found: Header, arrays: _Reader) -> CoMoments:
    p = len(found["names"])
    upper = np.triu_indices(p)
    symmetric = []
    for described in found["triangles"]:
        full = np.zeros((p, p))
        full[upper] = arrays.take(described)
        symmetric.append(np.where(full != 0, full, full.T) if p else full)
    rows = [np.broadcast_to(arrays.take(array).reshape(p, -1), (p, p)) for _, array in found["rows"]]
    return CoMoments(tuple(found["names"]), symmetric[0], rows[0], rows[1], symmetric[1])


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
