"""Checks what would be deployed: the CDK's validation, cdk-nag, cfn-lint, and every function's size with its layers.

`python -m tools.check_templates` synthesizes the example project for a development and a protected stage.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
OUTPUT = ROOT / "build" / "templates"
STAGES = ("local", "prod")
# Lambda refuses 250 MB unzipped; below this there is room for a wheel to grow.
LIMIT_MB = 240.0
# A role that a resource refers to and also depends on is how the CDK orders policies.
IGNORED_WARNINGS = "W3005"


@dataclass(frozen=True)
class Size:
    """One function's unzipped code, by part."""

    function: str
    parts: dict[str, float]

    @property
    def total(self) -> float:
        """Megabytes that Lambda unpacks."""
        return sum(self.parts.values())


def main() -> int:
    """0 when every check holds."""
    folders = [OUTPUT / stage for stage in STAGES]
    for stage, folder in zip(STAGES, folders, strict=True):
        if not _synthesize(stage, folder) or not _lint(folder):
            return 1
    sizes = [size for template in sorted(folders[0].glob("*.template.json")) for size in function_sizes(template)]
    print(table(sizes))
    too_large = [size.function for size in sizes if size.total > LIMIT_MB]
    if too_large:
        print(f"above {LIMIT_MB:g} MB: {', '.join(too_large)}", file=sys.stderr)
    return 1 if too_large else 0


def function_sizes(template: Path) -> Iterator[Size]:
    """The size of each function in a template, its layers taken from the assets beside it."""
    resources: dict[str, Any] = json.loads(template.read_text())["Resources"]
    for resource in resources.values():
        if resource["Type"] != "AWS::Lambda::Function":
            continue
        properties = resource["Properties"]
        parts = {"code": _megabytes(template.parent, properties["Code"]["S3Key"])}
        for layer in properties.get("Layers", []):
            content = resources[layer["Ref"]]["Properties"]["Content"]
            parts[_layer_name(layer["Ref"])] = _megabytes(template.parent, content["S3Key"])
        yield Size(properties["FunctionName"], parts)


def table(sizes: list[Size]) -> str:
    """One line for each function, megabytes by part."""
    parts = sorted({part for size in sizes for part in size.parts}, key=lambda part: (part != "code", part))
    lines = [f"{'function':40}" + "".join(f"{part:>10}" for part in parts) + f"{'total MB':>10}"]
    for size in sizes:
        cells = "".join(f"{size.parts[part]:10.1f}" if part in size.parts else f"{'':10}" for part in parts)
        lines.append(f"{size.function:40}{cells}{size.total:10.1f}")
    return "\n".join(lines)


def _synthesize(stage: str, folder: Path) -> bool:
    command = [sys.executable, str(ROOT / "app.py"), "-c", f"stage={stage}", "-c", "nag=true", "-o", str(folder)]
    if stage != STAGES[0]:  # the layers are the same: built and measured once
        command += ["-c", "aws:cdk:bundling-stacks=[]"]
    return _passes(f"synthesis, validation and cdk-nag, stage {stage}", command)


def _lint(folder: Path) -> bool:
    templates = [str(path) for path in sorted(folder.glob("*.template.json"))]
    lint = str(Path(sys.executable).with_name("cfn-lint"))
    return _passes(f"cfn-lint, stage {folder.name}", [lint, "--ignore-checks", IGNORED_WARNINGS, "--", *templates])


def _passes(what: str, command: list[str]) -> bool:
    done = subprocess.run(command, cwd=ROOT, check=False)
    print(f"{'ok' if done.returncode == 0 else 'FAILED'}: {what}", flush=True)
    return done.returncode == 0


def _megabytes(folder: Path, key: str) -> float:
    asset = folder / f"asset.{key.removesuffix('.zip')}"
    return sum(path.stat().st_size for path in asset.rglob("*") if path.is_file()) / 1e6


def _layer_name(logical_id: str) -> str:
    return next(name for name in ("base", "tables", "project") if f"layers{name}" in logical_id)


if __name__ == "__main__":
    sys.exit(main())
