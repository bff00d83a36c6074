"""The drift report as one self-contained HTML page: ranked features, distributions side by side, bins published."""

from __future__ import annotations

from html import escape

from evergreen.cli import drift_together_html
from evergreen.cli.drift_svg import binned, histogram, shares
from evergreen.cli.html import document, header, number
from evergreen.drift.labels import bin_labels
from evergreen.drift.psi import SMOOTHING
from evergreen.drift.report import DriftReport, FeatureDrift, Measurement
from evergreen.drift.thresholds import ALPHA
from evergreen.profiles.table import TableProfile
from evergreen.wording import number_of

NAMES = {
    "psi": "PSI",
    "ks": "KS distance D",
    "tv": "total variation",
    "missing": "missing change",
    "new": "new categories",
}
MEASURES = {
    "jensen_shannon": "Jensen–Shannon distance",
    "wasserstein": "Wasserstein distance",
    "wasserstein_sd": "Wasserstein in reference sd",
    "mean_change": "change of the mean",
    "chi2": "χ²",
}
PAIR = """.pair td:first-child{overflow-wrap:break-word}
.pair{display:grid;grid-template-columns:minmax(0,1.1fr) minmax(0,1fr);gap:28px;margin-top:12px}
@media(max-width:760px){.pair{grid-template-columns:1fr}}
"""
_TOGETHER = (
    "All features together moved when the AUC out of fold reaches its threshold and is above 0.5 at "
    f"α = {ALPHA:g}; the interval is of 95 %. A feature's share is what the AUC loses when its values are shuffled.",
)
VERDICTS = {"ok": "No drift", "breach": "Drift", "insufficient_data": "Not enough rows"}


def page(report: DriftReport, before: TableProfile, after: TableProfile, *, names: tuple[str, str]) -> str:
    """The whole page; it loads nothing."""
    sections = "".join(_section(feature, before, after) for feature in report.ranked)
    together = drift_together_html.section(report.multivariate) if report.multivariate is not None else ""
    body = f"{_head(report, before, names)}{_overview(report)}{together}{sections}{_method(report)}"
    return document(f"Drift: {names[1]}", body, style=PAIR)


def _head(report: DriftReport, before: TableProfile, names: tuple[str, str]) -> str:
    return (
        f'<h1>Drift of {escape(names[1])} <span class="badge {report.verdict}">{VERDICTS[report.verdict]}</span></h1>'
        f'<p class="soft">{number_of(report.rows, "row")} against {before.rows:,} of {escape(names[0])}</p>'
        f"<p>{escape(report.reason)}</p><p>{escape(report.power)}</p>"
        '<p class="key soft"><i style="background:var(--ref);margin-left:0"></i>reference'
        '<i style="background:var(--cur)"></i>current</p>'
    )


def _overview(report: DriftReport) -> str:
    head = "".join(
        f"<th{' class=n' if number else ''}>{name}</th>"
        for name, number in (("feature", 0), ("kind", 0), ("PSI", 1), ("D or TV", 1), ("missing", 1), ("moved by", 0))
    )
    rows = "".join(_line(feature) for feature in report.ranked)
    left_out = "".join(f"<li><b>{escape(name)}</b>: {escape(why)}</li>" for name, why in report.excluded.items())
    how_many = number_of(len(report.excluded), "column")
    not_judged = f"<details><summary>{how_many} not judged</summary><ul>{left_out}</ul></details>"
    return f"<table><tr>{head}</tr>{rows}</table>{not_judged if left_out else ''}"


def _line(feature: FeatureDrift) -> str:
    distance = feature.value("ks") if feature.ordered else feature.value("tv")
    moved = ", ".join(NAMES[test.statistic] for test in feature.tests if test.breach)
    name = escape(feature.name)
    return (
        f'<tr class="{"moved" if feature.breach else ""}"><td><a href="#{name}">{name}</a></td><td>{feature.kind}</td>'
        f'<td class="n">{number(feature.value("psi"))}</td><td class="n">{number(distance)}</td>'
        f'<td class="n">{feature.missing:.1%}</td><td class="bad">{moved}</td></tr>'
    )


def _section(feature: FeatureDrift, before: TableProfile, after: TableProfile) -> str:
    columns = before.columns[feature.name], after.columns[feature.name]
    plot = histogram(*columns) or binned(feature) if feature.ordered else shares(*columns)
    new = f"<p>New categories: {escape(', '.join(feature.new))}</p>" if feature.new else ""
    badge = f'<span class="badge {"breach" if feature.breach else "ok"}">{"moved" if feature.breach else "ok"}</span>'
    return (
        f'<section id="{escape(feature.name)}"><h2>{escape(feature.name)} {badge}</h2>'
        f'<div class="pair"><div>{plot}</div><div>{_tests(feature)}{new}</div></div>'
        f"{_bins(feature)}</section>"
    )


def _tests(feature: FeatureDrift) -> str:
    rows = "".join(_test(test, feature.bounds.get(test.statistic)) for test in feature.tests)
    rows += "".join(
        f'<tr><td>{MEASURES[name]}</td><td class="n">{number(value)}{_bound(feature.bounds.get(name))}</td>'
        "<td></td><td></td></tr>"
        for name, value in feature.measures.items()
    )
    return f"<table>{header('statistic', 'value', 'threshold', 'p')}{rows}</table>"


def _test(test: Measurement, bound: float | None) -> str:
    p = "" if test.p is None else "&lt; 1e-6" if test.p < 1e-6 else f"{test.p:.2g}"
    natural = f"<br>windows up to {number(test.natural)}" if test.natural is not None else ""
    return (
        f'<tr><td class="{"bad" if test.breach else ""}">{NAMES[test.statistic]}</td>'
        f'<td class="n">{number(test.value)}{_bound(bound)}</td>'
        f'<td class="n">{test.threshold:g}{natural}</td><td class="n">{p}</td></tr>'
    )


def _bins(feature: FeatureDrift) -> str:
    if feature.bins is None:
        return ""
    before, after = feature.bins.reference, feature.bins.current
    rows = "".join(
        f'<tr><td>{escape(label)}</td><td class="n">{a:,}</td><td class="n">{a / max(sum(before), 1):.2%}</td>'
        f'<td class="n">{b:,}</td><td class="n">{b / max(sum(after), 1):.2%}</td></tr>'
        for label, a, b in zip(bin_labels(feature.bins, times=feature.kind == "timestamp"), before, after, strict=True)
        if a or b
    )
    head = header("bin", "reference", "share", "current", "share")
    return f"<details><summary>Bins of the PSI</summary><table>{head}{rows}</table></details>"


def _method(report: DriftReport) -> str:
    sentences = (
        "A feature moved when a statistic reaches its threshold, exceeds the natural variation of the reference's "
        f"windows where those are known, and its p-value survives Holm's correction at α = {ALPHA:g} over all tests.",
        f"The PSI smooths each bin with {SMOOTHING:g} rows; missing values are a bin.",
        f"A verdict needs {report.min_rows:,} rows.",
        "Values after ± are the largest error that the profiles allow.",
        *(_TOGETHER if report.multivariate is not None else ()),
    )
    return f'<section class="soft"><p>{" ".join(sentences)}</p></section>'


def _bound(bound: float | None) -> str:
    return f' <span class="soft">± {bound:.1g}</span>' if bound else ""
