"""What a drift measurement found: frozen values that print, compare and go to the ledger."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Verdict = Literal["ok", "breach", "insufficient_data"]
Statistic = Literal["psi", "ks", "tv"]

DIGITS = 6


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
class FeatureDrift:
    """One feature's tests."""

    name: str
    kind: str
    missing: float
    tests: tuple[Measurement, ...]

    @property
    def breach(self) -> bool:
        """Whether any test is a breach."""
        return any(test.breach for test in self.tests)

    def value(self, statistic: Statistic) -> float | None:
        """A statistic's value, None when the feature has no such test."""
        return next((test.value for test in self.tests if test.statistic == statistic), None)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for the ledger."""
        p_values = [test.p for test in self.tests if test.p is not None]
        return {
            "name": self.name,
            "kind": self.kind,
            "missing": round(self.missing, DIGITS),
            "psi": self.value("psi"),
            "ks": self.value("ks"),
            "tv": self.value("tv"),
            "p": min(p_values, default=None),
            "breach": self.breach,
            "verdict": "breach" if self.breach else "ok",
            "tests": [asdict(test) for test in self.tests],
        }


@dataclass(frozen=True)
class DriftReport:
    """The finding for one window."""

    verdict: Verdict
    rows: int
    min_rows: int
    features: tuple[FeatureDrift, ...]
    score: FeatureDrift | None
    power: str

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
            return f"{self.rows} rows in the window, and a verdict needs {self.min_rows}."
        if self.verdict == "ok":
            return "No feature moved by more than its threshold and its natural variation."
        moved = {feature.name: feature.value("psi") or 0.0 for feature in self.features if feature.breach}
        return f"Moved: {', '.join(f'{name} (PSI {moved[name]:.2f})' for name in self.breaches)}."

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
        }
