"""The command as a person types it, in an empty folder, without a process of its own."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from evergreen.cli.main import main

SMALLEST = "project: churn\ntarget: churn\ndata: {dataset: customers}\n"


@dataclass(frozen=True)
class Said:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def words(self) -> str:
        """Standard error without the frame and the line breaks of a usage message."""
        return " ".join(self.err.replace("│", " ").split())


Evergreen = Callable[..., Said]


@pytest.fixture
def evergreen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Evergreen:
    """Run `evergreen …` in `tmp_path`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("EVERGREEN_PROJECT", raising=False)

    def run(*arguments: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["evergreen", *arguments])
        try:
            main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        printed = capsys.readouterr()
        return Said(code, printed.out, printed.err)

    return run


@pytest.fixture
def project_file(tmp_path: Path) -> Path:
    """A project of three lines."""
    path = tmp_path / "project.yaml"
    path.write_text(SMALLEST)
    return path
