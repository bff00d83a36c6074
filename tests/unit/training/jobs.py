"""Runs the image's entry points as SageMaker does: a directory below /opt/ml, and one process per job."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from evergreen.data.tables import conformed
from evergreen.project.reader import parse_project

ROOT = Path(__file__).resolve().parents[3]
RUN = {
    "run_id": "run-1",
    "as_of": "2013-04-01T00:00:00Z",
    "data": {"dataset": "d", "version": "1.0.0", "manifest": "m"},
}


@dataclass
class Finished:
    code: int
    out: str
    error: str


@dataclass
class Workshop:
    """One run's jobs; `base` is its /opt/ml."""

    base: Path

    @classmethod
    def of(cls, home: Path, project: str, *tables: pa.Table) -> Workshop:
        shop = cls(home / "opt" / "ml")
        parsed = parse_project(project)
        for number, table in enumerate(tables):
            path = shop.base / f"processing/input/data/objects/{number:02d}/{number}.parquet"
            path.parent.mkdir(parents=True)
            pq.write_table(conformed(table, parsed, source="table"), path)
        for directory in ("processing/input/config", "input/data/config"):
            (shop.base / directory).mkdir(parents=True)
            (shop.base / directory / "project.json").write_text(parsed.model_dump_json(by_alias=True))
            (shop.base / directory / "run.json").write_text(json.dumps(RUN))
        return shop

    def job(self, name: str) -> Finished:
        done = subprocess.run(
            [sys.executable, "-m", f"training.{name}"], cwd=ROOT, env=self.env, capture_output=True, text=True
        )
        return Finished(done.returncode, done.stdout, done.stderr)

    def prepare(self) -> Finished:
        return self.job("prepare")

    def train(self) -> Finished:
        for channel in ("train", "validation", "spec"):
            _copy(self.base / "processing/output/prepared" / channel, self.base / "input/data" / channel)
        return self.job("train")

    def evaluate(self, champion: Path | None = None) -> Finished:
        _copy(self.base / "processing/output/heldout", self.base / "processing/input/test")
        _copy(self.model, self.base / "processing/input/model")
        if champion:
            _copy(champion, self.base / "processing/input/champion")
        return self.job("evaluate")

    @property
    def env(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        return {**kept, "SAGEMAKER_BASE_DIR": str(self.base), "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}

    @property
    def model(self) -> Path:
        return self.base / "model"

    @property
    def prepared(self) -> Path:
        return self.base / "processing/output/prepared"

    @property
    def heldout(self) -> Path:
        return self.base / "processing/output/heldout"

    def document(self, name: str) -> Any:
        return json.loads((self.model / name).read_bytes())

    @property
    def evaluation(self) -> Any:
        return json.loads((self.base / "processing/output/evaluation/evaluation.json").read_bytes())

    @property
    def spec(self) -> Any:
        return json.loads((self.prepared / "spec/spec.json").read_bytes())

    def all_jobs(self) -> Workshop:
        for job in (self.prepare, self.train, self.evaluate):
            done = job()
            assert done.code == 0, done.error
        return self


def sign(directory: Path) -> str:
    """Write manifest and signature as registration does; returns EVERGREEN_TRUSTED_KEYS."""
    key = ec.generate_private_key(ec.SECP256R1())
    files = {
        path.name: {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "size": path.stat().st_size}
        for path in directory.iterdir()
        if not path.name.startswith("manifest")
    }
    manifest = json.dumps({"format": 1, "files": files}, sort_keys=True, separators=(",", ":")).encode()
    (directory / "manifest.json").write_bytes(manifest)
    (directory / "manifest.sig").write_bytes(base64.b64encode(key.sign(manifest, ec.ECDSA(SHA256()))))
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return json.dumps([base64.b64encode(public).decode()])


@dataclass
class Client:
    """One kept connection to a server."""

    connection: http.client.HTTPConnection
    process: subprocess.Popen[bytes]
    first_answer_s: float

    def request(self, method: str, path: str, body: bytes | None = None) -> tuple[int, Any]:
        self.connection.request(method, path, body, {"content-type": "application/json"})
        answer = self.connection.getresponse()
        return answer.status, json.loads(answer.read())

    def invoke(self, rows: Any) -> tuple[int, Any]:
        return self.request("POST", "/invocations", json.dumps({"rows": rows}).encode())


@contextmanager
def serving(model: Path, keys: str, **extra: str) -> Iterator[Client]:
    """A server process on a free port, ended by SIGTERM."""
    port = free_port()
    env = serve_env(model, keys, port) | extra
    started = time.monotonic()
    process = subprocess.Popen([sys.executable, "-m", "training.serve"], cwd=ROOT, env=env)
    try:
        first = _first_answer(process, port) - started
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        yield Client(connection, process, first)
        connection.close()
    finally:
        process.terminate()
        process.wait(10)


def serve_env(model: Path, keys: str | None, port: int = 0) -> dict[str, str]:
    env = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "SM_MODEL_DIR": str(model),
        "SAGEMAKER_BIND_TO_PORT": str(port),
        "EVERGREEN_BIND_HOST": "127.0.0.1",
        "EVERGREEN_MODEL_VERSION": "1.0.0",
    }
    return env if keys is None else {**env, "EVERGREEN_TRUSTED_KEYS": keys}


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _first_answer(process: subprocess.Popen[bytes], port: int) -> float:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        assert process.poll() is None, f"the server ended with {process.returncode}"
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/ping")
            if connection.getresponse().status == 200:
                return time.monotonic()
        except OSError:
            time.sleep(0.005)
        finally:
            connection.close()
    raise AssertionError("the server did not answer")


def _copy(source: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)
