"""Following an execution: stages as a person knows them, and failures as sentences."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from evergreen.aws.machines import Ending, Visit
from evergreen.cli.follow import stages_of
from evergreen.errors import EvergreenError

START = datetime(2026, 1, 1, tzinfo=UTC)


def visit(name: str, start: float, end: float | None, *, failed: bool = False) -> Visit:
    left = None if end is None else START + timedelta(seconds=end)
    return Visit(name, START + timedelta(seconds=start), left, failed)


def test_choices_and_bookkeeping_are_no_stages() -> None:
    visits = [visit("StartRun", 0, 1), visit("AnsweredBefore", 1, 1), visit("Prepare", 1, 3), visit("RecordRun", 3, 4)]

    assert [(stage.name, stage.seconds) for stage in stages_of(visits)] == [("prepare", 2.0)]


def test_a_loop_is_one_stage() -> None:
    visits = [
        visit("AdvanceRelease", 0, 1), visit("WaitToAdvance", 1, 9), visit("AdvanceRelease", 9, 10),
        visit("FinishRelease", 10, 12),
    ]  # fmt: skip

    assert [(stage.name, stage.seconds) for stage in stages_of(visits)] == [("move traffic", 10.0), ("clean up", 2.0)]


def test_a_stage_that_failed_says_so() -> None:
    assert stages_of([visit("Train", 0, 2, failed=True)])[0].failed


@pytest.mark.parametrize(
    ("error", "cause", "sentence"),
    [
        ("NotFound", json.dumps({"errorMessage": "no data yet"}), "no data yet"),
        (
            "States.TaskFailed",
            json.dumps({"FailureReason": "AlgorithmError: y is 1 in every row, exit code: 1"}),
            "y is 1 in every row",
        ),
        ("States.Timeout", "", "States.Timeout: no cause was given"),
    ],
)
def test_a_failed_execution_is_a_sentence(error: str, cause: str, sentence: str) -> None:
    with pytest.raises(EvergreenError) as raised:
        Ending("FAILED", None, error, cause).result()

    assert str(raised.value) == sentence
