"""A first `data:` block from a profile: what the file shows, widened to what the next file may well hold.

A rule is proposed only where the data speaks for it: values are listed when each of them came many times, a column is
unique when it looks like a key, and bounds are rounded outwards with room for as much again.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

from evergreen.profiles.column import ColumnProfile
from evergreen.profiles.table import TableProfile
from evergreen.times import instant
from evergreen.validation.redaction import Redaction
from evergreen.validation.score_rules import ZScore
from evergreen.wording import number_of

MOST_LISTED = 30  # values of an `allowed` list that a person still reads
TIMES_SEEN = 20  # of a listed value, at least: a rare one says that there are more
FEW_ROWS = 200  # below, a file says little about what is rare
KEY_NAME = re.compile(r"(^|_)(id|key|uuid|guid|code|number|no)$", re.IGNORECASE)
HEADROOM = 2.0  # times the missing share that was seen
MISSING = 0.10  # of any column: the usual bound
SPARE = 0.25  # of the range, beyond each end
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_RESERVED = {"null", "true", "false", "yes", "no", "on", "off", "y", "n", "~"}


class Line(NamedTuple):
    """One column's proposal and what it rests on."""

    entry: str
    comment: str


def suggested(profile: TableProfile, *, dataset: str, source: str) -> str:
    """The block as YAML, with a comment beside each column."""
    columns = list(profile.columns.values())
    keys = [column.name for column in columns if is_key(column)]
    time = _time(columns)
    file = source if source.isprintable() else _scalar(source)
    lines = [f"# From {file}: {number_of(profile.rows, 'row')}. Read each line; it knows this file only.", "data:"]
    lines.append(f"  dataset: {_scalar(dataset)}")
    if time:
        lines.append(f"  time: {_scalar(time.name)}")
    if keys:
        lines.append(f"  key: [{_scalar(keys[0])}]")
    lines.append("  columns:")
    found = {column.name: _column(column, key=column.name in keys) for column in columns}
    proposals = [(f"    {_scalar(name)}: {{{line.entry}}}", line.comment) for name, line in found.items()]
    width = max((len(entry) for entry, _ in proposals), default=0)
    lines += [f"{entry:{width}}  # {comment}" for entry, comment in proposals]
    lines.append("  rules:")
    lines += [f"    {rule}" for rule in _rules(profile, keys, time)]
    return "\n".join(lines) + "\n"


def dataset_name(file: str) -> str:
    """A dataset's name from a file's.

    >>> dataset_name("Flights 2013.csv.gz")
    'flights-2013'
    """
    stem = re.sub(r"[^a-z0-9_]+", "-", file.lower().partition(".")[0]).strip("-_")[:60]
    return stem if re.match(r"[a-z]", stem) else f"data-{stem}".rstrip("-")


def is_key(column: ColumnProfile) -> bool:
    """Whether a column names rows: no value twice, as far as can be seen, in enough rows, and no fractions."""
    if column.values < max(column.count, FEW_ROWS) or column.kind not in ("text", "number"):
        return False
    if column.kind == "number" and not isinstance(column.min, int):
        return False
    seen_once = all(rows == 1 for _, rows in column.top)
    about = column.distinct * (1 + 4 * column.distinct_error) >= column.values
    return seen_once and about and bool(KEY_NAME.search(column.name))


def _column(column: ColumnProfile, *, key: bool) -> Line:
    facts = [f"{column.distinct:,} different" + (" or so" if column.distinct_error else "")]
    entries = [f"type: {_type(column, key=key)}"]
    if column.kind == "null":
        return Line("type: category, missing: 100%", "no value in this file: the type is a guess")
    if not key:
        entries += _bounds(column) if column.kind == "number" else []
        entries += _allowed(column)
    missing = _missing(column)
    if missing:
        entries.append(f"missing: {missing}")
    if column.missing:
        facts.append(f"{column.missing:.2%} missing")
    if column.min is not None and column.kind in ("number", "timestamp") and not key:
        facts.insert(0, f"{_number(column.min)} … {_number(column.max)}")
    return Line(", ".join(entries), ", ".join(facts))


def _type(column: ColumnProfile, *, key: bool) -> str:
    if key or _is_long(column):
        return "id"
    return {"text": "category"}.get(column.kind, column.kind)


def _is_long(column: ColumnProfile) -> bool:
    """Whether whole numbers have more digits than a declared number keeps.

    Whole doubles beyond 64 bits are taken for integers that a text file spells out.
    """
    low, high = column.min, column.max
    if isinstance(low, int) and isinstance(high, int):
        return max(-low, high) > 2**53
    if isinstance(low, float) and isinstance(high, float):
        return low.is_integer() and high.is_integer() and max(-low, high) >= 2.0**63
    return False


def _bounds(column: ColumnProfile) -> Iterator[str]:
    """Room of a quarter of the range at each end; a number that is never negative keeps 0 as its least.

    Nothing but zeros says nothing about the next file; numbers beyond 15 digits before or after the point get none.
    """
    if not isinstance(column.min, (int, float)) or not isinstance(column.max, (int, float)):
        return  # infinities only
    low, high = float(column.min), float(column.max)
    spare = SPARE * (high - low) or abs(high)
    if not 1e-15 <= spare < math.inf or max(abs(low), abs(high)) > 1e15:
        return
    digits = math.floor(math.log10(spare))
    step = 10.0**digits
    least = 0.0 if low >= 0 and low - spare < high / 2 else math.floor((low - spare) / step) * step
    most = 0.0 if high <= 0 and high + spare > low / 2 else math.ceil((high + spare) / step) * step
    if high == 1.0 and low == 0.0:
        least, most = 0.0, 1.0
    yield f"min: {_written(least, digits)}"
    yield f"max: {_written(most, digits)}"


def _written(value: float, digits: int) -> str:
    return f"{value:.0f}" if digits >= 0 else f"{value:.{-digits}f}"


def _allowed(column: ColumnProfile) -> Iterator[str]:
    """The values of a short, closed list: all known, each seen often."""
    rare = not column.top or column.top[-1][1] < TIMES_SEEN
    if column.kind != "text" or not column.exact or len(column.top) > MOST_LISTED or rare:
        return
    values = sorted(str(value) for value, _ in column.top)
    if any(len(value) > 40 or "@" in value for value in values):
        return
    yield f"allowed: [{', '.join(map(_scalar, values))}]"


def _missing(column: ColumnProfile) -> str | None:
    """Twice what was seen, where that is more than what every column may lack."""
    share = min(1.0, HEADROOM * column.missing)
    return f"{math.ceil(share * 100)}%" if share > MISSING else None


def _time(columns: list[ColumnProfile]) -> ColumnProfile | None:
    """The first time that every row has."""
    return next((column for column in columns if column.kind == "timestamp" and column.values == column.count), None)


def _rules(profile: TableProfile, keys: list[str], time: ColumnProfile | None) -> Iterator[str]:
    yield f"min_rows: {max(1, _rounded_down(profile.rows / 2))}  # half of this file"
    yield f"missing: {MISSING:.0%}  # of a column that does not say it"
    if keys:
        yield f"unique: [{', '.join(map(_scalar, keys))}]"
    verdicts = {name: _outliers(column) for name, column in profile.columns.items() if name not in keys}
    wide = [_scalar(name) for name, passed in verdicts.items() if passed is False]
    unknown = [_scalar(name) for name, passed in verdicts.items() if passed is None]
    told = [f"more of them in this file: {', '.join(wide)}"] if wide else []
    told += [f"not known of: {', '.join(unknown)}"] if unknown else []
    yield f"{'# ' if told else ''}outliers: {{beyond: 3sd, at_most: 5%}}{'  # ' if told else ''}{'; '.join(told)}"
    if time is not None:
        yield f"# fresh: {_span(time)}  # newest row at a commit; uncomment where files come on a schedule"


def _outliers(column: ColumnProfile) -> bool | None:
    """Whether the proposed rule about outliers holds; None where the profile does not say."""
    rule = ZScore(column=column.name, beyond=3.0, at_most=0.05, declared="")
    return column.kind != "number" or rule.on_column(column, Redaction()).passed


def _rounded_down(value: float) -> int:
    digits = max(0, math.floor(math.log10(max(value, 1))))
    return int(value // 10**digits * 10**digits)


def _span(time: ColumnProfile) -> str:
    """A tenth of what the file covers, from a day to a month."""
    try:
        covered = instant(str(time.max)) - instant(str(time.min))
    except ValueError:
        covered = timedelta(days=70)
    return f"{min(30, max(1, round(covered / timedelta(days=10))))}d"


def _number(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _scalar(text: str) -> str:
    """A text that YAML reads as this text."""
    if _PLAIN.fullmatch(text) and text.lower() not in _RESERVED:
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(each if each.isprintable() else f"\\U{ord(each):08x}" for each in escaped) + '"'
