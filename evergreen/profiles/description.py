"""A profile in plain values, for people and programs; and the files that hold profiles."""

from __future__ import annotations

import json
import math
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from pathlib import Path
from typing import Any

from evergreen.data.whole import write_whole
from evergreen.errors import DataRefused
from evergreen.profiles.column import ColumnProfile
from evergreen.profiles.encoding import OPENING
from evergreen.profiles.table import TableProfile

SHARES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
SHOWN = 20  # most frequent values of a column
_ENDINGS = (".profile", ".json")


def describe(profile: TableProfile) -> dict[str, Any]:
    """The rows, each column's figures with their error bounds, and the correlations; no NaN, so it is JSON."""
    found = profile.correlation
    return {
        "rows": profile.rows,
        "columns": [describe_column(column) for column in profile.columns.values()],
        "correlation": {"columns": list(found.names), "matrix": [[_plain(r) for r in row] for row in found.matrix]},
    }


def describe_column(column: ColumnProfile) -> dict[str, Any]:
    """One column's figures; those that its kind has not are left out."""
    figures = {
        **{name: getattr(column, name) for name in ("name", "kind", "count", "nulls", "nans", "infinities", "missing")},
        **{name: getattr(column, name) for name in ("min", "max", "mean", "variance")},
        "distinct": {"estimate": column.distinct, "relative_error": column.distinct_error},
        "top": [{"value": value, "rows": rows} for value, rows in column.top[:SHOWN]],
        "others": column.others + sum(rows for _, rows in column.top[SHOWN:]),
        "top_error": column.top_error,
    }
    if column.lengths is not None:
        lengths = column.lengths
        figures["lengths"] = {"min": lengths.min, "mean": lengths.mean, "max": lengths.max}
    if column.quantiles is not None:
        at = {
            f"{share:g}": float(value) for share, value in zip(SHARES, column.quantiles.quantile(SHARES), strict=True)
        }
        figures["quantiles"] = {"at": at, "rank_error": column.quantiles.error}
    return {name: value for name, value in figures.items() if value is not None}


def is_profile(path: Path) -> bool:
    """Whether a file's name or its first bytes say that it holds a profile."""
    if path.name.lower().endswith(_ENDINGS):
        return True
    try:
        with path.open("rb") as opened:
            return opened.read(len(OPENING)) == OPENING
    except OSError:
        return False


def check_ending(path: Path) -> None:
    """Refuse a name that no profile is written by."""
    if not path.name.lower().endswith(_ENDINGS):
        raise DataRefused(f"{path.name}: a profile is written as {' or '.join(_ENDINGS)}")


def write_profile(profile: TableProfile, path: Path) -> None:
    """`.profile`: the canonical bytes. `.json`: the description, with these bytes in it."""
    check_ending(path)
    content = profile.to_bytes()
    if path.name.lower().endswith(".json"):
        described = describe(profile) | {"profile": b64encode(content).decode()}
        content = (json.dumps(described, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()
    write_whole(path, content)


def read_profile(path: Path) -> TableProfile:
    """The profile that `write_profile` wrote, or a store keeps."""
    try:
        content = path.read_bytes()
        if path.name.lower().endswith(".json") and not content.startswith(OPENING):
            content = b64decode(json.loads(content)["profile"], validate=True)
        return TableProfile.from_bytes(content)
    except OSError as error:
        raise DataRefused(f"{path}: cannot be read: {error.strerror}") from error
    except DataRefused as error:
        raise DataRefused(f"{path.name}: {error}") from error
    except (ValueError, KeyError, TypeError, NotBase64) as error:
        raise DataRefused(
            f"{path.name}: does not hold a profile as `evergreen profile --out` writes it; JSON Lines end in .jsonl"
        ) from error


def _plain(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
