"""What people see: facts, tables, findings in a line."""

from __future__ import annotations

import pytest

from evergreen.cli.output import cell, show_facts, show_table
from evergreen.cli.summaries import drift_line, quality_line, summary

QUALITY = {
    "verdict": "insufficient_data", "reason": "12 labels have arrived, and a verdict needs 200.", "metric": "roc_auc",
    "value": None, "low": None, "high": None, "labels": 12, "rows": 1500,
}  # fmt: skip


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), ([], "–"), (True, "yes"), (0.123456, "0.1235"), (["a", None], "a, –"), ({"rmse": 2.0}, "rmse 2")],
)
def test_a_cell_is_short(value: object, text: str) -> None:
    assert cell(value) == text


def test_facts_are_aligned(capsys: pytest.CaptureFixture[str]) -> None:
    show_facts({"run": None, "last_decision": "keep"}, json_=False)

    assert capsys.readouterr().out == "run            –\nlast decision  keep\n"


def test_a_message_that_looks_like_markup_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    show_table([{"message": "[/red] [bold]"}], ("message",), json_=False, title="log [/x]", empty="nothing")

    printed = capsys.readouterr().out
    assert "[/red] [bold]" in printed
    assert "log [/x]" in printed


def test_only_the_last_column_takes_several_lines(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"at": "2013-04-01T00:00:00Z", "what": "word " * 100}]

    show_table(rows, ("at", "what"), json_=False, title="ledger", empty="nothing")

    assert "2013-04-01T00:00:00Z  word" in capsys.readouterr().out


def test_missing_labels_are_told_without_an_interval() -> None:
    assert quality_line(QUALITY) == (
        "insufficient data: 12 labels have arrived, and a verdict needs 200.\n  12 labels of 1,500 predictions"
    )


def test_a_breach_of_quality_names_its_interval() -> None:
    measured = {**QUALITY, "verdict": "breach", "reason": "below 0.6", "value": 0.55, "low": 0.5, "high": 0.58}

    assert quality_line(measured) == (
        "breach: below 0.6\n  roc_auc 0.55, between 0.5 and 0.58 (95%); 12 labels of 1,500 predictions"
    )


def test_drift_names_the_features_that_moved() -> None:
    finding = {"verdict": "breach", "rows": 2000, "reason": "", "breaches": ["age", "plan"]}

    assert drift_line(finding) == "breach, 2,000 rows: age, plan"


@pytest.mark.parametrize(
    ("kind", "evidence", "text"),
    [
        ("run", {"outcome": "released", "model_version": "1.1.0"}, "released 1.1.0"),
        ("run", {"outcome": "failed", "error": {"error": "X", "cause": "no rows"}}, "failed: no rows"),
        ("release", {"outcome": "rolled_back", "reason": "5 errors"}, "rolled back: 5 errors"),
        ("decision", {"decision": False, "reason": "No trigger holds."}, "keep: No trigger holds."),
        ("quarantine", {}, "–"),
        ("run", {}, "–"),
    ],
)
def test_a_ledger_entry_says_what_happened(kind: str, evidence: dict[str, object], text: str) -> None:
    assert summary(kind, evidence) == text


def test_control_characters_of_names_and_values_are_written_and_not_obeyed(capsys: pytest.CaptureFixture[str]) -> None:
    show_table([{"name": "li\x1b[2Kne"}], ["name"], json_=False, title="t\x1b[5A", empty="")

    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "li\\x1b[2Kne" in shown
