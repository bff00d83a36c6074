"""The demo: reads the summary that `make demo` wrote, and plays no demo itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from benchmarks.environments import ROOT
from benchmarks.line import Line, Target, compare, installed, missing

SUMMARY = ROOT / "build" / "demo" / "summary.json"
DURATION = Target("ours", "<=", 180.0)
FAILED = Target("ours", "<=", 0.0)
ROLLBACK = Target("ours", "<=", 5.0)


def run() -> Iterator[Line]:
    """How long the loop took, what its healthy releases failed, and how fast the broken one was taken back."""
    if not SUMMARY.exists():
        yield missing(
            "loop", "demo", "seconds", "no build/demo/summary.json: run make demo", peer=None, target=DURATION
        )
        return
    summary = json.loads(SUMMARY.read_text())
    yield _line("demo", "seconds", summary["duration_s"], DURATION, 1)
    releases: list[dict[str, Any]] = summary["releases"]
    healthy = [found for found in releases if found["outcome"] == "promoted"]
    failed = sum(found["failed_requests"] for found in healthy)
    yield _line("healthy releases", "failed requests", failed, FAILED, sum(found["requests"] for found in healthy))
    slowest = [found["rollback_seconds"] for found in releases if found["rollback_seconds"] is not None]
    if slowest:
        yield _line("rollback", "seconds from breach to switch", max(slowest), ROLLBACK, len(slowest))


def _line(case: str, metric: str, ours: float, target: Target, n: int) -> Line:
    versions = installed("ministack", "scikit-learn", "onnxruntime")
    return compare("loop", case, metric, ours, better="lower", n=n, target=target, versions=versions)
