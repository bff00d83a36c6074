"""checkov over templates and the Dockerfile: every finding is acknowledged with a reason, or an error."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tools.acknowledged import ACKNOWLEDGED, Acknowledged

ROOT = Path(__file__).resolve().parents[1]
# checkov pins its own SDK, so it lives in an environment of its own; `make check` makes it.
CHECKOV = ROOT / ".venv-scan" / "bin" / "checkov"
DOCKERFILE = ROOT / "training" / "Dockerfile"

Found = tuple[str, str]


def scan(templates: Sequence[Path]) -> list[str]:
    """What is wrong, one sentence each: findings that nobody acknowledged, acknowledgements of nothing."""
    found = sorted({*_findings("cloudformation", templates), *_findings("dockerfile", [DOCKERFILE])})
    return [*_unacknowledged(found), *_stale(found)]


def _unacknowledged(found: Sequence[Found]) -> Iterator[str]:
    for check, resource in found:
        if not any(entry.covers(check, resource) for entry in ACKNOWLEDGED):
            yield f"checkov {check}: {resource}"


def _stale(found: Sequence[Found]) -> Iterator[str]:
    def finds(entry: Acknowledged, begin: str) -> bool:
        return any(check == entry.check and resource.startswith(begin) for check, resource in found)

    for entry in ACKNOWLEDGED:
        for begin in entry.resources:
            if not finds(entry, begin):
                yield f"checkov no longer finds {entry.check} on {begin}…: remove its acknowledgement"


def _findings(framework: str, files: Sequence[Path]) -> set[Found]:
    command = [str(CHECKOV), "--skip-download", "--quiet", "--compact", "--framework", framework, "--output", "json"]
    for file in files:  # relative: checkov takes 40 characters of an absolute path, seen in a mapping, for a secret key
        command += ["--file", str(file.relative_to(ROOT))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    try:
        report: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        sys.exit(f"checkov did not run: {done.stderr.strip()[-600:]}")
    if report["summary"]["parsing_errors"] or not report["summary"]["passed"]:
        sys.exit(f"checkov could not read every file: {report['summary']}")
    return {(each["check_id"], each["resource"].rpartition("/")[2]) for each in report["results"]["failed_checks"]}
