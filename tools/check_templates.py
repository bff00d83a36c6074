"""Checks what would be deployed: the CDK's validation, cdk-nag, cfn-lint, checkov, and every function's size.

`python -m tools.check_templates` synthesizes each project for a development and a protected stage.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tools.scan import scan
from tools.sizes import LIMIT_MB, function_sizes, table

ROOT = Path(__file__).resolve().parents[1]
OUTPUT = ROOT / "build" / "templates"
# The first has every function: its layers are built and measured, and they are the others' too.
PROJECTS = {
    "sourced": "tools/sourced.yaml",
    "flights": "examples/flights/project.yaml",
    "churn": "examples/churn/project.yaml",
}
FIRST = "sourced-local"
STAGES = ("local", "prod")
AT_ONCE = 2
# A role that a resource refers to and also depends on is how the CDK orders policies.
IGNORED_WARNINGS = "W3005"


def main() -> int:
    """0 when every check holds."""
    shutil.rmtree(OUTPUT, ignore_errors=True)
    folders = [OUTPUT / f"{project}-{stage}" for project in PROJECTS for stage in STAGES]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        if not all(pool.map(_synthesize, folders)):
            return 1
        passed = list(pool.map(lambda check: check(folders), (_linted, _scanned, _small_enough)))
    return 0 if all(passed) else 1


def _synthesize(folder: Path) -> bool:
    project, _, stage = folder.name.partition("-")
    command = [sys.executable, "app.py", "-c", "nag=true", "-c", f"stage={stage}", "-o", str(folder)]
    command += ["-c", f"project={PROJECTS[project]}"]
    if folder.name != FIRST:
        command += ["-c", "aws:cdk:bundling-stacks=[]"]
    return _passes(f"synthesis, validation and cdk-nag: {folder.name}", command)


def _templates(folders: Sequence[Path]) -> list[Path]:
    return [path for folder in folders for path in sorted(folder.glob("*.template.json"))]


def _linted(folders: Sequence[Path]) -> bool:
    templates = _templates(folders)
    lint = str(Path(sys.executable).with_name("cfn-lint"))
    command = [lint, "--ignore-checks", IGNORED_WARNINGS, "--", *map(str, templates)]
    return _passes(f"cfn-lint: {len(templates)} templates", command)


def _scanned(folders: Sequence[Path]) -> bool:
    begin = time.monotonic()
    wrong = scan(_templates(folders))
    _say(not wrong, "checkov", begin, "\n".join(wrong))
    return not wrong


def _small_enough(folders: Sequence[Path]) -> bool:
    sizes = function_sizes(folders[0])
    too_large = [size.function for size in sizes if size.total > LIMIT_MB]
    wrong = f"above {LIMIT_MB:g} MB: {', '.join(too_large)}" if too_large else ""
    _say(not wrong, "functions with their layers, unzipped", time.monotonic(), f"{table(sizes)}\n{wrong}")
    return not wrong


def _passes(what: str, command: list[str]) -> bool:
    begin = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    _say(done.returncode == 0, what, begin, "" if done.returncode == 0 else done.stdout + done.stderr)
    return done.returncode == 0


def _say(passed: bool, what: str, begin: float, details: str) -> None:
    """Two checks run at once, so each says all it has to say at its end."""
    lines = [f"{'ok' if passed else 'FAILED'}: {what} ({time.monotonic() - begin:.0f} s)", details.strip()]
    print("\n".join(filter(None, lines)), flush=True)


if __name__ == "__main__":
    sys.exit(main())
