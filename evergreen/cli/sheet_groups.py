"""The datasheet's representation analysis: each group's share beside that of the population."""

from __future__ import annotations

from html import escape

from evergreen.cli.html import header, number
from evergreen.cli.sheet_svg import interval
from evergreen.datasheets.representation import ALPHA, FEWEST, FOUR_FIFTHS, SMALL_EFFECT, Group, Represented
from evergreen.datasheets.sheet import Datasheet
from evergreen.wording import number_of

VERDICTS = {
    "as_declared": ("ok", "as declared"),
    "differs": ("warn", "differs"),
    "too_few_rows": ("", "too few rows"),
    "no_column": ("", "not in this version"),
}
FINDINGS = {
    "as_declared": "",
    "under": "under-represented",
    "over": "over-represented",
    "too_few_rows": f"not judged: fewer than {FEWEST} rows",
    "not_declared": "not in the declared population",
}


def representation(sheet: Datasheet) -> str:
    """Every declared column; nothing where none is."""
    if not sheet.representation:
        return ""
    method = (
        f"A column differs when χ² rejects the declared shares at α = {ALPHA:g} and Cohen's w reaches "
        f"{SMALL_EFFECT:g}; a group is under- or over-represented when its 95 % interval (Wilson) excludes its "
        f"declared share and the ratio leaves {FOUR_FIFTHS:g} … {1 / FOUR_FIFTHS:g}. Rows count as drawn independently."
    )
    shown = "".join(_column(each) for each in sheet.representation)
    return f'<section><h2>Representation</h2>{shown}<p class="soft">{method}</p></section>'


def _column(found: Represented) -> str:
    kind, verdict = VERDICTS[found.verdict]
    title = f'<h3>{escape(found.column)} <span class="badge {kind}">{verdict}</span></h3>'
    if not found.groups:
        return title
    p = "" if found.p is None else "p &lt; 1e-6" if found.p < 1e-6 else f"p = {found.p:.2g}"
    missing = f"; {number_of(found.missing, 'row')} without a value" if found.missing else ""
    top = max(max(group.high, group.population or 0.0) for group in found.groups)
    rows = "".join(_group(group, top) for group in found.groups)
    head = header("group", "rows", "share", "95 % interval", "population", "ratio").removesuffix("</tr>")
    return (
        f"{title}<p>χ²({found.degrees}) = {number(found.chi2)}, {p}, Cohen's w = {number(found.effect)}{missing}</p>"
        f'<div class="wide"><table>{head}<th>share, interval and population</th><th></th></tr>{rows}</table></div>'
    )


def _group(group: Group, top: float) -> str:
    population = "–" if group.population is None else f"{group.population:.1%}"
    ratio = "–" if group.ratio is None else f"{group.ratio:.2f}"
    bad = ' class="bad"' if group.finding in ("under", "over") else ' class="soft"'
    return (
        f'<tr><td>{escape(group.name)}</td><td class="n">{group.rows:,}</td><td class="n">{group.share:.2%}</td>'
        f'<td class="n">{group.low:.2%} … {group.high:.2%}</td><td class="n">{population}</td>'
        f'<td class="n">{ratio}</td>'
        f"<td>{interval(group, top)}</td><td{bad}>{FINDINGS[group.finding]}</td></tr>"
    )
