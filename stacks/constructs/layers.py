"""Lambda layers: Linux wheels from a locked file of hashes, and the resolved project itself."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Literal

import aws_cdk as cdk
import jsii
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from evergreen.project import Project
from stacks.constructs.sources import ROOT

LayerName = Literal["base", "tables", "sources", "project"]
LOCKS = ROOT / "lambdas" / "layers"
BUILT = ROOT / "build" / "layers"
RUNTIME = lambda_.Runtime.PYTHON_3_13
ARCHITECTURE = lambda_.Architecture.ARM_64
PYTHON_VERSION = "3.13"
# manylinux2014 would silently give old releases.
PLATFORM = "aarch64-manylinux_2_28"
# What a wheel carries for its developers: tests, C headers, Cython sources.
DISCARDED = ("**/__pycache__", "**/tests", "**/include", "**/*.pyi", "**/*.pxd", "**/*.pyx")


class Layers(Construct):
    """The layers that one stack's functions use, each made when first asked for."""

    def __init__(self, scope: Construct, id_: str, *, project: Project) -> None:
        super().__init__(scope, id_)
        self._project = project
        self._made: dict[str, lambda_.LayerVersion] = {}

    def get(self, name: LayerName) -> lambda_.LayerVersion:
        """The layer version of that name."""
        if name not in self._made:
            self._made[name] = self._project_layer() if name == "project" else self._wheel_layer(name)
        return self._made[name]

    def _wheel_layer(self, name: str) -> lambda_.LayerVersion:
        lock = LOCKS / f"{name}.txt"
        code = lambda_.Code.from_asset(
            str(LOCKS),
            asset_hash_type=cdk.AssetHashType.CUSTOM,
            asset_hash=_digest(lock),
            bundling=cdk.BundlingOptions(image=RUNTIME.bundling_image, local=WheelBundling(lock)),
        )
        return self._layer(name, code)

    def _project_layer(self) -> lambda_.LayerVersion:
        with tempfile.TemporaryDirectory() as folder:
            package = Path(folder) / "python" / "deployed"
            package.mkdir(parents=True)
            (package / "__init__.py").write_text('"""The project that these functions were deployed for."""\n')
            resolved = self._project.model_dump(mode="json", by_alias=True)
            (package / "project.json").write_text(json.dumps(resolved, indent=1, sort_keys=True) + "\n")
            return self._layer("project", lambda_.Code.from_asset(folder))

    def _layer(self, name: str, code: lambda_.Code) -> lambda_.LayerVersion:
        return lambda_.LayerVersion(
            self, name, code=code, compatible_runtimes=[RUNTIME], compatible_architectures=[ARCHITECTURE]
        )


@jsii.implements(cdk.ILocalBundling)
class WheelBundling:
    """Installs Linux wheels on any machine, without Docker."""

    def __init__(self, lock: Path) -> None:
        self._lock = lock

    def try_bundle(self, output_dir: str, options: Any = None, **_: Any) -> bool:  # noqa: ARG002 - jsii passes it
        """Fill `output_dir`; a failure is raised, because False would make the CDK try Docker."""
        built = BUILT / f"{self._lock.stem}-{_digest(self._lock)[:16]}"
        if not built.exists():
            BUILT.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=BUILT) as folder:
                install_wheels(self._lock, Path(folder) / "python")
                Path(folder).rename(built)  # whole or not at all
                Path(folder).mkdir()
        shutil.copytree(built, output_dir, dirs_exist_ok=True)
        return True


def _digest(lock: Path) -> str:
    """Of all that decides what is in a layer."""
    return hashlib.sha256(f"{lock.read_text()}{PYTHON_VERSION}{PLATFORM}{DISCARDED}".encode()).hexdigest()


def install_wheels(lock: Path, target: Path) -> None:
    """The locked wheels for Lambda's platform, hashes checked, without what only developers need."""
    command = [_uv(), "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--only-binary", ":all:"]
    command += ["--python-version", PYTHON_VERSION, "--python-platform", PLATFORM, "--link-mode", "copy"]
    command += ["--target", str(target), "--requirements", str(lock)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - arguments are our own
    if done.returncode != 0:
        raise RuntimeError(f"the layer {lock.stem} cannot be built: {done.stderr.strip()}")
    for pattern in DISCARDED:
        for path in sorted(target.glob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def _uv() -> str:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    found = shutil.which("uv", path=path)
    if found is None:
        raise RuntimeError("uv builds the Lambda layers and is not installed: pip install uv")
    return found
