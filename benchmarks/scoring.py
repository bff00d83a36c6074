"""One row in process: from the row to its answer, and from the features to the probability, beside scikit-learn.

Measured in CPU time and on one thread each, so that a busy machine and idle threads that spin distort nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from threadpoolctl import threadpool_limits

from benchmarks.forest import Trained, pipeline, trained
from benchmarks.line import Line, Target, compare, installed
from benchmarks.rounds import ROUNDS, in_turn, median, with_peers

FOREST = Target("ratio", ">=", 200)
CALLS = 60  # a round is a few tenths of a second for the slowest


def run() -> Iterator[Line]:
    """The forest must be 200 times as fast as scikit-learn; the boosted trees have no target."""
    for estimator, target in (("random_forest", FOREST), ("hist_gradient_boosting", None)):
        found = trained(estimator)
        with threadpool_limits(1):
            yield _line(f"{estimator}, row to answer", _answers(found), target)
            yield _line(f"{estimator}, features to probability", _probabilities(found), None)


def _line(case: str, contestants: dict[str, Callable[[], float]], target: Target | None) -> Line:
    times = in_turn(contestants)
    return compare(
        "scoring", case, "p50 cpu us", median(times["evergreen"]), better="lower", n=ROUNDS * CALLS,
        peer="scikit-learn" if "scikit-learn" in times else None,
        theirs=median(times["scikit-learn"]) if "scikit-learn" in times else None,
        target=target if with_peers() else None,
        versions=installed("onnxruntime", "scikit-learn", "numpy", "pandas"),
    )  # fmt: skip


def _answers(found: Trained) -> dict[str, Callable[[], float]]:
    """A row is a dict of 20 values, as JSON gives it."""
    import pandas as pd

    fitted = pipeline(found.estimator)
    theirs = {"scikit-learn": lambda: _p50(lambda row: fitted.predict_proba(pd.DataFrame([row])), found.rows)}
    return {"evergreen": lambda: _p50(lambda row: found.model.answer([row]), found.rows)} | _peers(theirs)


def _probabilities(found: Trained) -> dict[str, Callable[[], float]]:
    rows = [found.matrix[index : index + 1] for index in range(len(found.matrix))]
    wide = [row.astype("float64") for row in rows]
    theirs = {"scikit-learn": lambda: _p50(found.estimator.predict_proba, wide)}
    return {"evergreen": lambda: _p50(found.model.output, rows)} | _peers(theirs)


def _peers(theirs: dict[str, Callable[[], float]]) -> dict[str, Callable[[], float]]:
    return theirs if with_peers() else {}


def _p50(call: Callable[[Any], Any], rows: Sequence[Any]) -> float:
    """The median call over different rows, in microseconds, after as many others to warm up."""
    taken = []
    for row in rows[CALLS : 2 * CALLS]:
        call(row)
    for row in rows[:CALLS]:
        started = time.process_time()
        call(row)
        taken.append(time.process_time() - started)
    return median(taken) * 1e6
