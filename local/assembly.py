"""A synthesized CDK app on disk: its stacks in order of dependency, and their assets."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evergreen.errors import NotFound


@dataclass(frozen=True)
class Environment:
    """What CDK leaves open in a synthesized app."""

    account: str
    region: str
    partition: str = "aws"

    def fill(self, text: str) -> str:
        """A text with CDK's placeholders replaced."""
        values = {"AccountId": self.account, "Region": self.region, "Partition": self.partition}
        for name, value in values.items():
            text = text.replace("${AWS::" + name + "}", value)
        return text


@dataclass(frozen=True)
class FileAsset:
    """A file or a directory (zipped) that belongs in a bucket."""

    path: Path
    zipped: bool
    bucket: str
    key: str


@dataclass(frozen=True)
class ImageAsset:
    """A container image, known by the hash of its source."""

    repository: str
    tag: str


@dataclass(frozen=True)
class StackArtifact:
    """One stack: where its template will lie, and on which stacks it depends."""

    name: str
    template: Path
    dependencies: tuple[str, ...]
    parameters: dict[str, str]
    tags: dict[str, str]


class Assembly:
    """The contents of `cdk.out`."""

    def __init__(self, folder: Path, environment: Environment) -> None:
        self.folder = folder
        self.environment = environment
        if not (folder / "manifest.json").is_file():
            raise NotFound(f"{folder} holds no synthesized app: manifest.json is missing")
        self._artifacts: dict[str, Any] = json.loads((folder / "manifest.json").read_text())["artifacts"]

    def stacks(self) -> list[StackArtifact]:
        """The stacks, each after those that it depends on."""
        found = {name: self._stack(name) for name in self._of("aws:cloudformation:stack")}
        ordered: dict[str, StackArtifact] = {}

        def visit(name: str) -> None:
            if name in found and name not in ordered:
                for dependency in found[name].dependencies:
                    visit(dependency)
                ordered[name] = found[name]

        for name in found:
            visit(name)
        return list(ordered.values())

    def _of(self, kind: str) -> dict[str, Any]:
        return {name: artifact for name, artifact in self._artifacts.items() if artifact["type"] == kind}

    def _stack(self, name: str) -> StackArtifact:
        artifact = self._artifacts[name]
        properties = artifact["properties"]
        return StackArtifact(
            name=properties.get("stackName", name),
            template=self.folder / properties["templateFile"],
            dependencies=tuple(artifact.get("dependencies", [])),
            parameters={key: self.environment.fill(value) for key, value in properties.get("parameters", {}).items()},
            tags=properties.get("tags", {}),
        )

    def files(self) -> list[FileAsset]:
        """All file assets, templates among them, each place once."""
        found = {}
        for entry in self._entries("files"):
            source = entry["source"]
            for place in entry["destinations"].values():
                bucket, key = self.environment.fill(place["bucketName"]), self.environment.fill(place["objectKey"])
                path, zipped = self.folder / source["path"], source["packaging"] == "zip"
                found[bucket, key] = FileAsset(path, zipped, bucket, key)
        return list(found.values())

    def images(self) -> list[ImageAsset]:
        """All image assets."""
        places = [place for entry in self._entries("dockerImages") for place in entry["destinations"].values()]
        fill = self.environment.fill
        return [ImageAsset(fill(place["repositoryName"]), fill(place["imageTag"])) for place in places]

    def _entries(self, kind: str) -> list[dict[str, Any]]:
        manifests = [artifact["properties"]["file"] for artifact in self._of("cdk:asset-manifest").values()]
        contents = [json.loads((self.folder / name).read_text()) for name in manifests]
        return [entry for content in contents for entry in content.get(kind, {}).values()]
