"""One model container as a child process that answers over kept-alive HTTP."""

from __future__ import annotations

import http.client
import queue
import socket
import time
from dataclasses import dataclass, field
from pathlib import Path

from local.sagemaker.images import Images, environment
from local.sagemaker.objects import Objects
from local.sagemaker.process import Process
from local.sagemaker.store import Record

HOST = "127.0.0.1"
READY_SECONDS = 60.0  # a container that does not answer /ping by then fails its endpoint; SageMaker waits longer
ANSWER_SECONDS = 60.0  # SageMaker's limit for one invocation
POLL_SECONDS = 0.02
UNREACHABLE, TIMED_OUT = 503, 0  # what an invocation reports when no HTTP answer came


class NotReadyError(Exception):
    """The container ended, or never answered /ping."""


@dataclass(frozen=True)
class Answer:
    """A container's answer."""

    status: int
    body: bytes
    content_type: str
    seconds: float


@dataclass
class ModelServer:
    """A started container with a pool of connections."""

    port: int
    process: Process
    pool: queue.LifoQueue[http.client.HTTPConnection] = field(default_factory=queue.LifoQueue)

    @classmethod
    def start(cls, container: Record, *, home: Path, images: Images, objects: Objects) -> ModelServer:
        """Download the model, and run `docker run IMAGE serve`."""
        base = home / "opt" / "ml"
        (base / "model").mkdir(parents=True, exist_ok=True)
        if source := container.get("ModelDataSource"):
            objects.fetch(source["S3DataSource"], base / "model")
        with socket.socket() as free:
            free.bind((HOST, 0))
            port = int(free.getsockname()[1])
        own = {"SM_MODEL_DIR": str(base / "model"), "SAGEMAKER_BIND_TO_PORT": str(port), "EVERGREEN_BIND_HOST": HOST}
        env = environment(home, {**container.get("Environment", {}), **own})
        return cls(port, Process.start(images.command(container["Image"], "serve"), home=home, env=env))

    def wait(self) -> None:
        """Return when /ping answers 200."""
        end = time.monotonic() + READY_SECONDS
        while time.monotonic() < end and self.process.child.poll() is None:
            if self._ping():
                return
            time.sleep(POLL_SECONDS)
        raise NotReadyError(f"did not pass the ping health check: {self.process.tail[-600:]}")

    def _ping(self) -> bool:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=1)
        try:
            connection.request("GET", "/ping")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def invoke(self, body: bytes, headers: dict[str, str]) -> Answer:
        """One invocation; a failure to answer is an answer, too."""
        started = time.perf_counter()
        try:
            connection, response = self._send(body, headers)
            content = response.read()
        except TimeoutError:
            return Answer(TIMED_OUT, b"the model did not answer in time", "text/plain", time.perf_counter() - started)
        except (OSError, http.client.HTTPException) as error:
            text = f"the model server is unreachable: {type(error).__name__}".encode()
            return Answer(UNREACHABLE, text, "text/plain", time.perf_counter() - started)
        kind = response.headers.get("Content-Type", "application/octet-stream")
        if response.will_close:
            connection.close()
        else:
            self.pool.put(connection)
        return Answer(response.status, content, kind, time.perf_counter() - started)

    def _send(
        self, body: bytes, headers: dict[str, str]
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        try:
            connection = self.pool.get_nowait()
        except queue.Empty:
            return self._exchange(http.client.HTTPConnection(HOST, self.port, timeout=ANSWER_SECONDS), body, headers)
        try:
            return self._exchange(connection, body, headers)
        except (ConnectionError, http.client.RemoteDisconnected):  # the server closed an idle connection
            return self._exchange(http.client.HTTPConnection(HOST, self.port, timeout=ANSWER_SECONDS), body, headers)

    @staticmethod
    def _exchange(
        connection: http.client.HTTPConnection, body: bytes, headers: dict[str, str]
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        try:
            connection.request("POST", "/invocations", body, headers)
            return connection, connection.getresponse()
        except BaseException:
            connection.close()
            raise

    def stop(self) -> None:
        self.process.stop()
        while not self.pool.empty():
            self.pool.get_nowait().close()
