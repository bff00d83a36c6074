"""One comparison, as it is printed."""

from __future__ import annotations

import json
import operator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Literal

Better = Literal["lower", "higher"]
_OPERATORS = {"<=": operator.le, ">=": operator.ge}
_DIGITS = 4


@dataclass(frozen=True)
class Target:
    """A bound on our own figure, or on how many times better than the peer it is."""

    what: Literal["ours", "ratio"]
    sign: Literal["<=", ">="]
    bound: float

    def holds(self, ours: float, ratio: float | None) -> bool:
        """Whether the bound is kept; a ratio that could not be measured keeps none."""
        value = ours if self.what == "ours" else ratio
        return value is not None and bool(_OPERATORS[self.sign](value, self.bound))

    def __str__(self) -> str:
        return f"{self.what} {self.sign} {self.bound:g}"


@dataclass(frozen=True)
class Line:
    """`ratio` is how many times better ours is. `holds` is None where nothing is promised, as beside a floor."""

    benchmark: str
    case: str
    peer: str | None
    metric: str
    ours: float | None
    theirs: float | None
    ratio: float | None
    target: str | None
    holds: bool | None
    n: int
    versions: dict[str, str]

    def to_json(self) -> str:
        """The line's text."""
        return json.dumps(asdict(self), ensure_ascii=False)


def compare(
    benchmark: str,
    case: str,
    metric: str,
    ours: float,
    *,
    better: Better,
    n: int,
    peer: str | None = None,
    theirs: float | None = None,
    target: Target | None = None,
    versions: dict[str, str] | None = None,
) -> Line:
    """Our figure beside a peer's, or beside a bound alone."""
    ratio = None if theirs is None else _times_better(ours, theirs, better)
    return Line(
        benchmark=benchmark,
        case=case,
        peer=peer,
        metric=metric,
        ours=_rounded(ours),
        theirs=_rounded(theirs),
        ratio=_rounded(ratio),
        target=None if target is None else str(target),
        holds=None if target is None else target.holds(ours, ratio),
        n=n,
        versions=versions or {},
    )


def missing(benchmark: str, case: str, metric: str, reason: str, *, peer: str | None, target: Target | None) -> Line:
    """A comparison that could not be made: it says why, and does not hold."""
    name = peer or "ours"
    return Line(
        benchmark, case, peer, metric, None, None, None, None if target is None else str(target), False, 0,
        {name: reason},
    )  # fmt: skip


def installed(*packages: str) -> dict[str, str]:
    """The versions of packages of our own environment."""
    return {package: version(package) for package in packages}


def _times_better(ours: float, theirs: float, better: Better) -> float | None:
    above, below = (theirs, ours) if better == "lower" else (ours, theirs)
    return above / below if below else None


def _rounded(value: float | None) -> float | None:
    """Four digits that count: a microsecond stays visible beside a minute."""
    return None if value is None else float(f"{value:.{_DIGITS}g}")
