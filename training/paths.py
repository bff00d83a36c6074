"""Where SageMaker puts things: `/opt/ml`, or `SAGEMAKER_BASE_DIR` where a job runs without a container."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Paths:
    """The directories of one job."""

    base: Path

    @classmethod
    def of_environment(cls) -> Paths:
        """The directories of this process."""
        return cls(Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml")))

    def channel(self, name: str) -> Path:
        """A training job's input channel."""
        return self.base / "input" / "data" / name

    def input(self, name: str) -> Path:
        """A processing job's input."""
        return self.base / "processing" / "input" / name

    def output(self, name: str) -> Path:
        """A processing job's output, made when it is not there."""
        directory = self.base / "processing" / "output" / name
        directory.mkdir(parents=True, exist_ok=True)
        return directory

    @property
    def hyperparameters(self) -> Path:
        """A training job's hyper-parameters."""
        return self.base / "input" / "config" / "hyperparameters.json"

    @property
    def model(self) -> Path:
        """The model's directory: written by a training job, read by a server."""
        return Path(os.environ.get("SM_MODEL_DIR", self.base / "model"))

    def note(self, name: str) -> Path:
        """Where SageMaker looks for the reason of a failure: `failure` (training) or `message` (processing)."""
        directory = self.base / "output"
        directory.mkdir(parents=True, exist_ok=True)
        return directory / name
