"""Distributions side by side, as inline SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

import numpy as np

from evergreen.cli.svg import bars_of, edges_of, heights_of, range_of
from evergreen.cli.units import shortened
from evergreen.drift.labels import bin_labels, spelt
from evergreen.drift.psi import Floats
from evergreen.drift.report import FeatureDrift
from evergreen.drift.views import alike, steps_of
from evergreen.profiles.column import ColumnProfile

WIDTH, HEIGHT, AXIS = 520, 190, 26
BARS = 40
ROW = 26  # height of a category
MOST_ROWS = 14
LEAST = 1e-9  # a share below it is rounding
NAME = 150  # width of a category's name
LABEL = 15  # characters of a name
SHARES = 122  # width of `12.3% → 45.6%` beside the longest bar


def histogram(before: ColumnProfile, after: ColumnProfile) -> str:
    """Both distributions of a number in common bins of equal width."""
    f, g = alike(steps_of(before), steps_of(after))
    known = [side for side in (f, g) if side.rows]
    if not known:
        return ""
    low, high = range_of(*known)
    if not math.isfinite(high - low):
        return ""
    edges = edges_of(low, high, f, g, bars=BARS)
    heights = [heights_of(side, edges) for side in (f, g)]
    top = max(float(each.max()) for each in heights) or 1.0
    width = WIDTH / (len(edges) - 1)
    base = HEIGHT - AXIS
    paint = 'fill="var(--ref)" fill-opacity="0.55"'
    area = bars_of(heights[0] / top, width, base, room=base - 8, paint=paint) + _line(heights[1] / top, width)
    times = before.kind == "timestamp"
    places = np.linspace(0, WIDTH, 3 if times else 5) if high > low else [WIDTH / 2]
    names = spelt(np.linspace(low, high, len(places)).tolist(), digits=4, times=times)
    ticks = "".join(_tick(name, at) for name, at in zip(names, places, strict=True))
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="distribution of {escape(before.name)}">{area}'
        f'<line x1="0" y1="{base}" x2="{WIDTH}" y2="{base}" stroke="var(--line)"/>{ticks}</svg>'
    )


def shares(before: ColumnProfile, after: ColumnProfile) -> str:
    """Shares by category, those that moved most, in the reference's order: reference above, current below."""
    names = list(dict.fromkeys([*before.categories, *after.categories]))
    p, q = (np.array([side.categories.get(name, 0) for name in names]) / max(side.count, 1) for side in (before, after))
    moved = np.sort(np.argsort(-np.abs(q - p), kind="stable")[:MOST_ROWS])
    rows = [(names[at], float(p[at]), float(q[at])) for at in moved]
    others = [1 - float(share[moved].sum()) - side.missing for share, side in ((p, before), (q, after))]
    rest = [("all others", others[0], others[1]), ("missing", before.missing, after.missing)]
    return _rows([*rows, *(row for row in rest if max(row[1:]) > LEAST)])


def binned(feature: FeatureDrift) -> str:
    """Shares by bin of the PSI, for numbers that no axis holds."""
    if feature.bins is None:
        return ""
    before, after = (np.array(side) / max(sum(side), 1) for side in (feature.bins.reference, feature.bins.current))
    labels = bin_labels(feature.bins, times=feature.kind == "timestamp")
    return _rows([(n, p, q) for n, p, q in zip(labels, before, after, strict=True) if p or q])


def _rows(rows: Sequence[tuple[str, float, float]]) -> str:
    top = max((max(p, q) for _, p, q in rows), default=1.0)
    bars = "".join(_category(at, *row, top) for at, row in enumerate(rows))
    return f'<svg viewBox="0 0 {WIDTH} {ROW * len(rows)}" role="img" aria-label="shares by category">{bars}</svg>'


def _line(heights: Floats, width: float) -> str:
    base = HEIGHT - AXIS
    points = [f"0,{base}"]
    for at, h in enumerate(heights):
        y = f"{base - h * (base - 8):.1f}"
        points += [f"{at * width:.1f},{y}", f"{(at + 1) * width:.1f},{y}"]
    points.append(f"{WIDTH},{base}")
    paint = 'fill="var(--cur)" fill-opacity=".12" stroke="var(--cur)" stroke-width="1.6"'
    return f'<polyline points="{" ".join(points)}" {paint}/>'


def _tick(name: str, x: float) -> str:
    anchor = "start" if x < 20 else "end" if x > WIDTH - 20 else "middle"
    return f'<text x="{x:.0f}" y="{HEIGHT - 8}" font-size="12" fill="var(--soft)" text-anchor="{anchor}">{name}</text>'


def _category(at: int, name: str, p: float, q: float, top: float) -> str:
    y, room = at * ROW, WIDTH - NAME - SHARES
    label = shortened(name, LABEL)

    def bar(share: float, offset: int, color: str) -> str:
        return f'<rect x="{NAME}" y="{y + offset}" width="{share / top * room:.1f}" height="9" fill="{color}"/>'

    return (
        f'<text x="{NAME - 8}" y="{y + 16}" font-size="13" text-anchor="end" fill="var(--ink)">{escape(label)}</text>'
        f"{bar(p, 2, 'var(--ref)')}{bar(q, 12, 'var(--cur)')}"
        f'<text x="{NAME + max(p, q) / top * room + 6:.0f}" y="{y + 16}" font-size="12" fill="var(--soft)">'
        f"{p:.1%} → {q:.1%}</text>"
    )
