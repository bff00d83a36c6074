"""The benchmarks by name, in the order in which they run: what needs an idle machine comes first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module

from benchmarks.line import Line

NAMES = (
    "synth", "scoring", "serving", "api", "canary", "profiles", "drift", "validation", "versions", "writers",
    "calibration", "loop",
)  # fmt: skip


def load(name: str) -> Callable[[], Iterator[Line]]:
    """The benchmark's `run`."""
    run: Callable[[], Iterator[Line]] = import_module(f"benchmarks.{name}").run
    return run
