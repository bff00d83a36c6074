"""What Lambda unpacks for each function: its code and its layers, as they would be uploaded."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Lambda refuses 250 MB unzipped; below this there is room for a wheel to grow.
LIMIT_MB = 240.0
LAYERS = ("base", "tables", "sources", "project")


@dataclass(frozen=True)
class Size:
    """One function's unzipped code, by part."""

    function: str
    parts: dict[str, float]

    @property
    def total(self) -> float:
        """Megabytes that Lambda unpacks."""
        return sum(self.parts.values())


def function_sizes(folder: Path) -> list[Size]:
    """The size of each function of an assembly whose layers were built."""
    return [size for template in sorted(folder.glob("*.template.json")) for size in _sizes(template)]


def table(sizes: Sequence[Size]) -> str:
    """One line for each function, megabytes by part."""
    parts = sorted({part for size in sizes for part in size.parts}, key=lambda part: (part != "code", part))
    lines = [f"{'function':40}" + "".join(f"{part:>10}" for part in parts) + f"{'total MB':>10}"]
    for size in sizes:
        cells = "".join(f"{size.parts[part]:10.1f}" if part in size.parts else f"{'':10}" for part in parts)
        lines.append(f"{size.function:40}{cells}{size.total:10.1f}")
    return "\n".join(lines)


def _sizes(template: Path) -> Iterator[Size]:
    resources: dict[str, Any] = json.loads(template.read_text())["Resources"]
    for resource in resources.values():
        if resource["Type"] != "AWS::Lambda::Function":
            continue
        properties = resource["Properties"]
        parts = {"code": _megabytes(template.parent, properties["Code"]["S3Key"])}
        for layer in properties.get("Layers", []):
            content = resources[layer["Ref"]]["Properties"]["Content"]
            parts[_layer(layer["Ref"])] = _megabytes(template.parent, content["S3Key"])
        yield Size(properties["FunctionName"], parts)


def _megabytes(folder: Path, key: str) -> float:
    asset = folder / f"asset.{key.removesuffix('.zip')}"
    return sum(path.stat().st_size for path in asset.rglob("*") if path.is_file()) / 1e6


def _layer(logical_id: str) -> str:
    return next(name for name in LAYERS if f"layers{name}" in logical_id)
