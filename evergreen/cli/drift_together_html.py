"""The drift report's section on all features together: the area with its interval, and what rows are told apart by."""

from __future__ import annotations

from html import escape

from evergreen.cli.drift_svg import LABEL, NAME, ROW, SHARES, WIDTH
from evergreen.cli.units import shortened
from evergreen.drift.multivariate import Multivariate

BADGES = {"ok": "ok", "breach": "moved", "insufficient_data": "no verdict"}
ALIKE = 0.5  # the area when rows cannot be told apart
MARGIN = 0.02  # of the axis beyond what it shows
TOP, BAR, FOOT = 30, 18, 30  # heights: above the bar, of it, and below it


def section(found: Multivariate) -> str:
    """The whole section, with a figure where there is an area."""
    badge = f'<span class="badge {found.verdict}">{BADGES[found.verdict]}</span>'
    sampled = f"{found.reference_rows:,} rows of the reference and {found.rows:,} current ones"
    if found.auc is None or found.low is None or found.high is None:
        return f"<section><h2>All features together {badge}</h2><p>Too few rows to train on: {sampled}.</p></section>"
    shares = _shares(found) if found.shares else "<p>No feature tells them apart.</p>"
    return (
        f"<section><h2>All features together {badge}</h2>"
        f"<p>A classifier that sees all features tells {sampled} apart with an AUC of {found.auc:.3f} "
        f"[{found.low:.3f}, {found.high:.3f}].</p>"
        f'<div class="pair"><div>{_interval(found.auc, found.low, found.high, found)}</div>'
        f"<div>{shares}</div></div></section>"
    )


def _interval(auc: float, low: float, high: float, found: Multivariate) -> str:
    """The interval as a bar on an axis that shows 0.5 and the threshold, too."""
    left, right = min(low, ALIKE) - MARGIN, max(high, found.threshold) + MARGIN

    def x(area: float) -> float:
        return (area - left) / (right - left) * WIDTH

    color, base = "var(--bad)" if found.breach else "var(--cur)", TOP + BAR + 6
    return (
        f'<svg viewBox="0 0 {WIDTH} {base + FOOT}" role="img" aria-label="AUC with its interval">'
        f'<rect x="{x(low):.1f}" y="{TOP}" width="{max(x(high) - x(low), 1):.1f}" height="{BAR}" rx="3" fill="{color}" '
        f'fill-opacity="0.35"/><circle cx="{x(auc):.1f}" cy="{TOP + BAR / 2:.0f}" r="5" fill="{color}"/>'
        f'<line x1="0" y1="{base}" x2="{WIDTH}" y2="{base}" stroke="var(--line)"/>'
        f"{_mark(x(ALIKE), base, base + 20, 'alike 0.5')}"
        f"{_mark(x(found.threshold), base, 16, f'moved from {found.threshold:.3f}', dash='4 3')}</svg>"
    )


def _mark(x: float, base: int, y: int, name: str, dash: str = "none") -> str:
    anchor = "start" if x < WIDTH / 4 else "end" if x > WIDTH * 3 / 4 else "middle"
    return (
        f'<line x1="{x:.1f}" y1="{TOP - 8}" x2="{x:.1f}" y2="{base}" stroke="var(--soft)" stroke-dasharray="{dash}"/>'
        f'<text x="{x:.0f}" y="{y}" font-size="12" fill="var(--soft)" text-anchor="{anchor}">{name}</text>'
    )


def _shares(found: Multivariate) -> str:
    """What is lost of the area when a feature's values are shuffled, as a share of what is lost by all."""
    room, top = WIDTH - NAME - SHARES, max(found.shares.values())
    bars = "".join(
        f'<text x="{NAME - 8}" y="{at * ROW + 16}" font-size="13" text-anchor="end" fill="var(--ink)">'
        f'{escape(shortened(name, LABEL))}</text><rect x="{NAME}" y="{at * ROW + 4}" width="{share / top * room:.1f}" '
        f'height="15" fill="var(--cur)"/><text x="{NAME + share / top * room + 6:.0f}" y="{at * ROW + 16}" '
        f'font-size="12" fill="var(--soft)">{share:.1%}</text>'
        for at, (name, share) in enumerate(found.shares.items())
    )
    height = ROW * len(found.shares)
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="told apart by">{bars}</svg>'
