"""What the datasheet draws: a column's distribution as a sketch, rows by version, groups beside their population."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from evergreen.cli.svg import bars_of, edges_of, heights_of, range_of
from evergreen.cli.units import shortened
from evergreen.data.versions import Logged
from evergreen.datasheets.representation import Group, group_name
from evergreen.drift.views import steps_of
from evergreen.profiles.column import ColumnProfile

WIDTH, HEIGHT = 180, 34
BARS = 30
MOST_VALUES = 3  # bars of a category's most frequent values
MOST_VERSIONS = 60
_PAINT = 'fill="var(--cur)" fill-opacity="0.75"'


def sketch(column: ColumnProfile) -> str:
    """The distribution of a column in a few square centimetres."""
    if not column.values:
        return ""
    if column.kind in ("number", "timestamp") and column.distinct > MOST_VALUES:
        drawn = _histogram(column)
        if drawn:
            return drawn
    return _values(column)


def versions(history: Sequence[Logged]) -> str:
    """Rows by version, the oldest first."""
    shown = list(reversed(history[:MOST_VERSIONS]))
    top = max(logged.manifest.rows for logged in shown) or 1
    width = min(40.0, 900 / len(shown))
    total, base = width * len(shown), 90
    bars = "".join(
        f'<rect x="{at * width:.1f}" y="{base - 76 * logged.manifest.rows / top:.1f}" width="{max(width - 3, 1):.1f}" '
        f'height="{max(76 * logged.manifest.rows / top, 0.5):.1f}" {_PAINT}><title>'
        f"{escape(logged.manifest.version)}: {logged.manifest.rows:,} rows</title></rect>"
        for at, logged in enumerate(shown)
    )
    first, last = shown[0].manifest, shown[-1].manifest
    room = max(total, 320)
    ends = (
        f'<text x="0" y="{base + 16}" font-size="12" fill="var(--soft)">{escape(first.version)}, {first.rows:,}</text>'
        + (
            f'<text x="{room}" y="{base + 16}" font-size="12" fill="var(--soft)" text-anchor="end">'
            f"{escape(last.version)}, {last.rows:,}</text>"
            if len(shown) > 1
            else ""
        )
    )
    return (
        f'<svg viewBox="0 0 {room:.0f} {base + 22}" style="max-width:{room:.0f}px" role="img" '
        f'aria-label="rows by version">{bars}<line x1="0" y1="{base}" x2="{room:.0f}" y2="{base}" '
        f'stroke="var(--line)"/>{ends}</svg>'
    )


def interval(group: Group, top: float) -> str:
    """A group's share with its interval, and a mark where the population is."""

    def x(share: float) -> float:
        return min(share / top, 1.0) * WIDTH

    mark = ""
    if group.population is not None:
        at = x(group.population)
        mark = f'<line x1="{at:.1f}" y1="1" x2="{at:.1f}" y2="17" stroke="var(--ink)" stroke-width="2"/>'
    return (
        f'<svg viewBox="0 0 {WIDTH + 4} 18" style="width:{WIDTH}px" role="img" aria-label="share of '
        f'{escape(group.name)}"><rect x="0" y="5" width="{x(group.share):.1f}" height="8" {_PAINT}/>'
        f'<line x1="{x(group.low):.1f}" y1="9" x2="{x(group.high):.1f}" y2="9" stroke="var(--ink)"/>{mark}</svg>'
    )


def _histogram(column: ColumnProfile) -> str:
    steps = steps_of(column)
    if not steps.rows:
        return ""
    low, high = range_of(steps)
    edges = edges_of(low, high, steps, bars=BARS)
    heights = heights_of(steps, edges)
    bars = bars_of(heights / (heights.max() or 1), WIDTH / len(heights), HEIGHT, room=HEIGHT - 2, paint=_PAINT)
    return _svg(column, HEIGHT, bars + f'<line x1="0" y1="{HEIGHT}" x2="{WIDTH}" y2="{HEIGHT}" stroke="var(--line)"/>')


def _values(column: ColumnProfile) -> str:
    """The most frequent values; the longest bar is the whole column. What one row alone holds may identify it."""
    shown = [(group_name(value), rows) for value, rows in column.top[:MOST_VALUES] if rows > 1]
    if not shown:
        return ""
    rows = "".join(_value(at, name, count / column.values) for at, (name, count) in enumerate(shown))
    return _svg(column, 15 * len(shown), rows)


def _value(at: int, name: str, share: float) -> str:
    label = shortened(name, 20)
    return (
        f'<rect x="0" y="{15 * at + 1}" width="{max(share * WIDTH, 1):.1f}" height="12" fill="var(--cur)" '
        f'fill-opacity="0.25"/><text x="4" y="{15 * at + 11}" font-size="11" fill="var(--ink)">{escape(label)}</text>'
        f'<text x="{WIDTH}" y="{15 * at + 11}" font-size="11" fill="var(--soft)" text-anchor="end">{share:.1%}</text>'
    )


def _svg(column: ColumnProfile, height: int, drawn: str) -> str:
    label = f"distribution of {escape(column.name)}"
    return f'<svg viewBox="0 0 {WIDTH} {height}" style="width:{WIDTH}px" role="img" aria-label="{label}">{drawn}</svg>'
