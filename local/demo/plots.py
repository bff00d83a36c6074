"""The demo's plots, as inline SVG."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any

import matplotlib as mpl
import numpy as np

mpl.use("svg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.dates import date2num
from matplotlib.figure import Figure

mpl.rcParams.update(
    {
        "svg.fonttype": "none",
        "font.family": "sans-serif",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "grid.alpha": 0.25,
        "figure.constrained_layout.use": True,
    }
)
GREEN, GREY, RED, AMBER = "#2e7d4f", "#8a8f98", "#b3372f", "#c98a1b"
VERDICT_COLOUR = {"ok": GREEN, "breach": RED, "insufficient_data": GREY}


def quality_by_month(quality: list[dict[str, Any]], runs: list[dict[str, Any]]) -> str:
    """The live metric with its interval, what the model promised, and each model version that took over."""
    figure, axes = plt.subplots(figsize=(9, 3.6))
    judged = [found for found in quality if found["value"] is not None]
    times = [_day(found["at"]) for found in judged]
    values = [found["value"] for found in judged]
    low = [value - found["low"] for value, found in zip(values, judged, strict=True)]
    high = [found["high"] - value for value, found in zip(values, judged, strict=True)]
    axes.errorbar(times, values, yerr=[low, high], color=GREY, capsize=3, linewidth=1.2, zorder=1)
    axes.scatter(times, values, c=[VERDICT_COLOUR[found["verdict"]] for found in judged], zorder=3)
    axes.plot(
        times,
        [found["threshold"] for found in judged],
        color=RED,
        linestyle=":",
        label="threshold",
        drawstyle="steps-post",
    )
    for run in runs:
        _mark_run(axes, run)
    axes.xaxis_date()
    axes.set_ylabel(judged[0]["metric"] if judged else "")
    axes.set_title("Quality on true outcomes, by month (bars: 95 % interval)", loc="left")
    axes.legend(loc="lower left", frameon=False)
    return _svg(figure)


def drift_by_month(drift: list[dict[str, Any]]) -> str:
    """PSI of every feature in every month: darker is further from what the model learned."""
    figure, axes = plt.subplots(figsize=(9, 3.6))
    names = list(dict.fromkeys(feature["name"] for found in drift for feature in found.get("features", [])))
    table = np.full((len(names), len(drift)), np.nan)
    for column, found in enumerate(drift):
        for feature in found.get("features", []):
            table[names.index(feature["name"]), column] = np.nan if feature["psi"] is None else feature["psi"]
            if feature["verdict"] == "breach":
                axes.text(column, names.index(feature["name"]), "●", color=RED, ha="center", va="center")
    image = axes.imshow(table, aspect="auto", cmap="Greens", vmin=0, vmax=max(0.25, float(np.nanmax(table, initial=0))))
    shares = {feature["name"]: feature.get("importance") for found in drift for feature in found.get("features", [])}
    axes.set_yticks(range(len(names)), [f"{name}  {shares[name]:.0%}" if shares[name] else name for name in names])
    axes.set_xticks(range(len(drift)), [f"{_time(found['at']):%d %b}" for found in drift])
    axes.grid(visible=False)
    said = "Drift: PSI against the champion's training data (●: beyond threshold and chance; %: share of its answers)"
    axes.set_title(said, loc="left", fontsize=10)
    figure.colorbar(image, ax=axes, label="PSI")
    return _svg(figure)


def shares_over_time(releases: list[dict[str, Any]]) -> str:
    """The challenger's share of traffic during each release."""
    columns = min(3, max(1, len(releases)))
    rows = -(-len(releases) // columns) or 1
    figure, grid = plt.subplots(rows, columns, figsize=(9, 2.2 * rows), sharey=True, squeeze=False)
    for axes in grid.flat[len(releases) :]:
        axes.set_visible(False)
    for axes, release in zip(grid.flat, releases, strict=False):
        _share_panel(axes, release)
    for row in grid:
        row[0].set_ylabel("share %")
    return _svg(figure)


def _share_panel(axes: Axes, release: dict[str, Any]) -> None:
    start, end = _time(release["started_at"]), _time(release["finished_at"])
    times, shares = [0.0], [0.0]
    for step in release["steps"]:
        times.append((_time(step["started_at"]) - start).total_seconds())
        shares.append(step["share"] * 100)
    promoted = release["outcome"] == "promoted"
    last = release["steps"][-1].get("ended_at") if release["steps"] else None
    times.append((_time(last or release["finished_at"]) - start).total_seconds())
    shares.append(shares[-1] if promoted else 0.0)
    times.append((end - start).total_seconds())
    shares.append(shares[-1])
    colour = GREEN if promoted else RED
    axes.step(times, shares, where="post", color=colour, linewidth=1.8)
    axes.fill_between(times, shares, step="post", color=colour, alpha=0.15)
    axes.set_ylim(0, 105)
    axes.set_xlabel("seconds")
    axes.set_title(f"{release['from'] or 'nothing'} → {release['to']}: {release['outcome']}", loc="left", fontsize=9)


def _mark_run(axes: Axes, run: dict[str, Any]) -> None:
    released = run["outcome"] == "released"
    at = _day(run["as_of"])
    axes.axvline(at, color=GREEN if released else AMBER, linewidth=1, alpha=0.6)
    label = run["model_version"] if released else run["outcome"]
    axes.annotate(label, (at, 1.0), xycoords=("data", "axes fraction"), fontsize=8, rotation=90, va="top", ha="right")


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _day(text: str) -> float:
    """Matplotlib's own measure of time: days."""
    return float(date2num(_time(text)))  # type: ignore[no-untyped-call]


def _svg(figure: Figure) -> str:
    out = io.StringIO()
    figure.savefig(out, format="svg")
    plt.close(figure)
    return out.getvalue()[out.getvalue().index("<svg") :]
