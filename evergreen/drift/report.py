"""What a drift measurement found: frozen values that print, compare and go to the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from evergreen.drift.multivariate import Multivariate
from evergreen.drift.psi import SMOOTHING
from evergreen.wording import number_of

Verdict = Literal["ok", "breach", "insufficient_data"]
Statistic = Literal["psi", "ks", "tv", "missing", "new"]

SHORT: dict[Statistic, str] = {
    "psi": "PSI",
    "ks": "D",
    "tv": "total variation",
    "missing": "missing changed by",
    "new": "new categories",
}
DIGITS = 6  # of a published value
ORDERED = ("number", "timestamp")  # kinds


@dataclass(frozen=True)
class Measurement:
    """One statistic of one feature. `natural` is the largest value among the reference's own windows."""

    statistic: Statistic
    value: float
    threshold: float
    natural: float | None
    p: float | None
    breach: bool = False


@dataclass(frozen=True)
class Bins:
    """The bins of a PSI: counts of shape (n_bins,) on both sides, missing values last.

    Numbers: `(-inf, edges[0]], (edges[0], edges[1]], …, (edges[-1], inf)`. Categories: one per value, then all others.
    """

    reference: tuple[int, ...]
    current: tuple[int, ...]
    edges: tuple[float, ...] = ()
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class FeatureDrift:
    """One feature's tests, and what was measured beside them.

    `measures` are statistics that are not judged, `bounds` by how much a value can be wrong when it comes from
    summaries; both by the statistic's name. `new` lists categories that the reference never showed. `importance` is the
    share of the model's answers that it carries, where the model is known.
    """

    name: str
    kind: str
    missing: float
    tests: tuple[Measurement, ...]
    measures: Mapping[str, float] = field(default_factory=dict)
    bounds: Mapping[str, float] = field(default_factory=dict)
    bins: Bins | None = None
    new: tuple[str, ...] = ()
    importance: float | None = None

    @property
    def breach(self) -> bool:
        """Whether any test is a breach."""
        return any(test.breach for test in self.tests)

    @property
    def ordered(self) -> bool:
        """Whether its values lie on a line: numbers and times."""
        return self.kind in ORDERED

    def value(self, statistic: Statistic) -> float | None:
        """A statistic's value, None when the feature has no such test."""
        return next((test.value for test in self.tests if test.statistic == statistic), None)

    @property
    def evidence(self) -> str:
        """The breach that is largest against its threshold, in short."""
        worst = max((test for test in self.tests if test.breach), key=lambda test: test.value / test.threshold)
        return f"{SHORT[worst.statistic]} {worst.value:.2f}"

    @property
    def weight(self) -> float:
        """The largest test as a multiple of its threshold, times its importance if known: what a report ranks by."""
        largest = max((test.value / test.threshold for test in self.tests), default=0.0)
        return largest if self.importance is None else largest * self.importance

    def to_dict(self) -> dict[str, Any]:
        """Plain values for the ledger."""
        p_values = [test.p for test in self.tests if test.p is not None]
        published = {
            "measures": dict(self.measures),
            "bounds": dict(self.bounds),
            "bins": self.bins and asdict(self.bins),
            "new_categories": list(self.new),
        }
        return {
            "name": self.name,
            "kind": self.kind,
            "missing": round(self.missing, DIGITS),
            "psi": self.value("psi"),
            "ks": self.value("ks"),
            "tv": self.value("tv"),
            "p": min(p_values, default=None),
            **({} if self.importance is None else {"importance": round(self.importance, DIGITS)}),
            "breach": self.breach,
            "verdict": "breach" if self.breach else "ok",
            "tests": [asdict(test) for test in self.tests],
            **{key: value for key, value in published.items() if value},
        }


@dataclass(frozen=True)
class DriftReport:
    """The finding for one window; `of` names the season of the reference that it was compared with, if not with all."""

    verdict: Verdict
    rows: int
    min_rows: int
    reference_rows: int
    features: tuple[FeatureDrift, ...]
    score: FeatureDrift | None
    power: str
    excluded: Mapping[str, str] = field(default_factory=dict)
    multivariate: Multivariate | None = None
    of: str = ""

    def together(self, found: Multivariate) -> DriftReport:
        """The report with what its features show together, which counts as a feature does."""
        return replace(self, multivariate=found, verdict="breach" if found.breach else self.verdict)

    @property
    def ranked(self) -> list[FeatureDrift]:
        """The features, those that moved first, each group by weight."""
        return sorted(self.features, key=lambda feature: (not feature.breach, -feature.weight, feature.name))

    @property
    def breaches(self) -> list[str]:
        """The features that moved, the largest PSI first."""
        moved = [feature for feature in self.features if feature.breach]
        return [feature.name for feature in sorted(moved, key=lambda f: -(f.value("psi") or 0.0))]

    @property
    def max_psi(self) -> float:
        """The largest PSI of any feature."""
        return max((feature.value("psi") or 0.0 for feature in self.features), default=0.0)

    @property
    def reason(self) -> str:
        """The verdict in one sentence."""
        if self.verdict == "insufficient_data":
            of = f" of {self.of}" if self.of else ""
            for rows, place in ((self.rows, "in the window"), (self.reference_rows, f"{of} in the reference".strip())):
                if rows < self.min_rows:
                    return f"{number_of(rows, 'row')} {place}, and a verdict needs {self.min_rows:,}."
            return "No column can be judged."
        compared = f" Compared with the reference's rows of {self.of}." if self.of else ""
        if self.verdict == "ok":
            return f"No feature moved by more than its threshold and its natural variation.{compared}"
        evidence = {feature.name: feature.evidence for feature in self.features if feature.breach}
        moved = [f"{name} ({evidence[name]})" for name in self.breaches]
        if self.multivariate is not None and self.multivariate.breach:
            moved.append(f"all together (AUC {self.multivariate.auc:.2f})")
        return f"Moved: {', '.join(moved)}.{self._matters}{compared}"

    @property
    def _matters(self) -> str:
        """How much of the model's answers the features carry that moved."""
        shares = [feature.importance for feature in self.features if feature.breach]
        known = [share for share in shares if share is not None]
        if not known or len(known) < len(shares):
            return ""
        return f" {'It carries' if len(known) == 1 else 'They carry'} {sum(known):.0%} of the model's answers."

    def to_dict(self) -> dict[str, Any]:
        """Plain values for the ledger."""
        return {
            "verdict": self.verdict,
            "reason": self.reason,
            "rows": self.rows,
            "max_psi": self.max_psi,
            "breaches": self.breaches,
            "features": [feature.to_dict() for feature in self.features],
            "score": self.score and self.score.to_dict(),
            "power": self.power,
            "psi_smoothing": SMOOTHING,
            "excluded": dict(self.excluded),
            **({"season": self.of, "season_rows": self.reference_rows} if self.of else {}),
            **({"multivariate": self.multivariate.to_dict()} if self.multivariate is not None else {}),
        }
