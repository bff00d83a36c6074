"""One embedded cloud: an engine in a process of its own, started, found again and ended."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from evergreen.errors import CloudError, NotFound

ROOT = Path(__file__).resolve().parents[1]
READY = "engine.json"
KEY = "test"  # any will do: the engine checks none
START_SECONDS = 60.0
STOP_SECONDS = 5.0


class LocalCloud:
    """A running engine. As a context manager it ends with its block, and so do all its processes."""

    def __init__(
        self, home: Path, facts: dict[str, Any], *, process: subprocess.Popen[bytes] | None, own: bool
    ) -> None:
        self.home = home
        self.endpoint: str = facts["endpoint"]
        self.pid: int = facts["pid"]
        self.account: str = facts["account"]
        self.region: str = facts["region"]
        self._process = process
        self._own_home = own

    @classmethod
    def start(cls, home: Path | None = None, *, detach: bool = False, images: Path | None = None) -> LocalCloud:
        """Start an engine below `home` (a temporary folder when not given, removed at the end).

        A detached engine outlives this process until `attach(home).stop()`.
        """
        own = home is None
        home = (home or Path(tempfile.mkdtemp(prefix="evergreen-"))).resolve()
        home.mkdir(parents=True, exist_ok=True)
        (home / READY).unlink(missing_ok=True)
        process = subprocess.Popen(
            _command(home, detach=detach, images=images),
            cwd=ROOT,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            cloud = cls(home, _wait(process, home), process=process, own=own)
        except BaseException:
            _end(process.pid, process)
            if own:
                shutil.rmtree(home, ignore_errors=True)
            raise
        if not detach:
            atexit.register(cloud.stop)
        return cloud

    @classmethod
    def attach(cls, home: Path) -> LocalCloud:
        """The engine that was started detached below `home`."""
        facts = status(home)
        if facts is None:
            raise NotFound(f"No embedded cloud runs in {home}. Start one: evergreen local up --detach")
        return cls(home.resolve(), facts, process=None, own=False)

    @property
    def env(self) -> dict[str, str]:
        """What an AWS SDK needs to talk to this cloud only."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": KEY,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self, service: str) -> Any:
        """A boto3 client of this cloud."""
        import boto3
        from botocore.config import Config

        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id=KEY,
            aws_secret_access_key=KEY,
            config=Config(s3={"addressing_style": "path"}),
        )

    @property
    def log(self) -> Path:
        return self.home / "engine.log"

    def stop(self) -> None:
        """End the engine and every process that it started; may be called twice."""
        atexit.unregister(self.stop)
        _end(self.pid, self._process)
        (self.home / READY).unlink(missing_ok=True)
        if self._own_home:
            shutil.rmtree(self.home, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def api_url(endpoint: str, rest_api_id: str, stage: str) -> str:
    """The address at which the embedded cloud answers for a REST API."""
    return f"{endpoint}/_aws/execute-api/{rest_api_id}/{stage}"


def status(home: Path) -> dict[str, Any] | None:
    """Endpoint and process id of the engine that runs below `home`, or None."""
    try:
        facts: dict[str, Any] = json.loads((home / READY).read_text())
    except (OSError, ValueError):
        return None
    return facts if _answers(facts["endpoint"]) else None


def _answers(endpoint: str) -> bool:
    """Whether an engine answers there: a process id alone may have been reused."""
    try:
        with urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=2) as response:  # noqa: S310
            return bool(response.status == HTTPStatus.OK)
    except OSError:
        return False


def _command(home: Path, *, detach: bool, images: Path | None) -> list[str]:
    command = [sys.executable, "-m", "local.engine", "--home", str(home), "--ready-file", str(home / READY)]
    if not detach:
        command += ["--parent-pid", str(os.getpid())]
    return [*command, "--images", str(images.resolve())] if images else command


def _wait(process: subprocess.Popen[bytes], home: Path) -> dict[str, Any]:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if (home / READY).exists():
            facts: dict[str, Any] = json.loads((home / READY).read_text())
            return facts
        if process.poll() is not None:
            break
        time.sleep(0.02)
    log = home / "engine.log"
    tail = log.read_text(errors="replace")[-1500:] if log.exists() else ""
    raise CloudError(f"The embedded cloud did not start. The end of its log:\n{tail}", code="EngineFailed")


def _end(pid: int, process: subprocess.Popen[bytes] | None) -> None:
    """SIGTERM to the engine, then SIGKILL to what is left of its process group."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while time.monotonic() < deadline and not _gone(pid, process):
        time.sleep(0.02)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    if process is not None:
        process.wait()


def _gone(pid: int, process: subprocess.Popen[bytes] | None) -> bool:
    if process is not None:
        return process.poll() is not None
    with contextlib.suppress(ChildProcessError):  # a child of this very process stays a zombie until it is waited for
        os.waitpid(pid, os.WNOHANG)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False
