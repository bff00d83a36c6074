"""Which local command stands for which container image, and in which environment it runs."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from local.sagemaker.errors import invalid

ROOT = Path(__file__).resolve().parents[2]
JOB = "evergreen-job"
PASSED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "PYTHONDONTWRITEBYTECODE", "SYSTEMROOT")
DEFAULT = {
    "container-assets": {
        "train": [sys.executable, "-m", "training.train"],
        "serve": [sys.executable, "-m", "training.serve"],
        "job": [sys.executable, "-m", "training.{name}"],
    }
}


@dataclass(frozen=True)
class Images:
    """Commands by a part of the image's repository name."""

    table: dict[str, dict[str, list[str]]]

    @classmethod
    def read(cls, path: Path | None) -> Images:
        """The table of a JSON file, or the project's own image."""
        return cls(json.loads(path.read_text()) if path else DEFAULT)

    def command(self, image: str, role: str) -> list[str]:
        """The command line of `docker run IMAGE train` or `serve`."""
        for part, commands in self.table.items():
            if part in image:
                return commands[role]
        raise invalid(f"no local command for the image {image!r}")

    def job(self, image: str, entrypoint: list[str], arguments: list[str]) -> list[str]:
        """The command line of a processing job: `{name}` in the table stands for the entry point's second word."""
        if len(entrypoint) < 2 or entrypoint[0] != JOB:
            raise invalid(f"the container entry point must be [{JOB!r}, <name>, …], not {entrypoint}")
        command = [word.replace("{name}", entrypoint[1]) for word in self.command(image, "job")]
        return [*command, *entrypoint[2:], *arguments]


def environment(home: Path, extra: dict[str, str]) -> dict[str, str]:
    """A container's environment: nothing of the engine's own, so no credentials and no cloud endpoint."""
    kept = {name: os.environ[name] for name in PASSED if name in os.environ}
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    base = {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "SAGEMAKER_BASE_DIR": str(home / "opt" / "ml")}
    return {**kept, **threads, **base, **extra}
