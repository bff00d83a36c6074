"""The life of a job: prepare its directory, run it, keep what it wrote, say how it ended."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Protocol

from local.sagemaker.errors import SageMakerError, invalid
from local.sagemaker.objects import Objects
from local.sagemaker.process import REASON, Process, failure
from local.sagemaker.store import Record, Store
from local.sagemaker.telemetry import Telemetry

FINAL = {"Completed", "Failed", "Stopped"}
DAY = 86_400


class Contract(Protocol):
    """What differs between a training job and a processing job."""

    noun: str
    logs: str

    def command(self, record: Record) -> list[str]: ...
    def prepare(self, record: Record, base: Path) -> dict[str, str]: ...
    def keep(self, record: Record, base: Path) -> Record: ...
    def detail(self, record: Record) -> Record: ...


class Jobs:
    """All jobs of one contract; each has a thread, a directory and a child process."""

    def __init__(self, contract: Contract, store: Store, objects: Objects, telemetry: Telemetry, home: Path) -> None:
        self._contract = contract
        self._store = store
        self._objects = objects
        self._telemetry = telemetry
        self._home = home
        self._running: dict[str, Process] = {}

    def create(self, request: Record) -> Record:
        """Accept a job, and run it in the background."""
        noun = self._contract.noun
        command = self._contract.command(request)
        record = self._store.create(noun, request[f"{noun}Name"], {**request, f"{noun}Status": "InProgress"})
        if noun == "TrainingJob":
            self._store.update(record, SecondaryStatus="Starting")
        threading.Thread(target=self._live, args=(record, command), daemon=True, name=record[f"{noun}Name"]).start()
        return record

    def stop(self, name: str) -> None:
        """Ask a running job to end; it becomes Stopped when its process has gone."""
        record = self._store.get(self._contract.noun, name)
        if record[f"{self._contract.noun}Status"] in FINAL:
            raise invalid(f"The job {name} is not running: it is {record[f'{self._contract.noun}Status']}.")
        self._store.update(record, **{f"{self._contract.noun}Status": "Stopping"})
        if process := self._running.get(name):
            threading.Thread(target=process.stop, daemon=True).start()

    def stop_all(self) -> None:
        for process in list(self._running.values()):
            process.stop()

    def _live(self, record: Record, command: list[str]) -> None:
        status, reason = "Failed", "InternalServerError"
        try:
            status, reason = self._run(record, command)
        except SageMakerError as error:
            reason = f"ClientError: {error.message}"
        except Exception as error:
            reason = f"ClientError: {type(error).__name__}: {error}"
        finally:
            self._end(record, status, reason)

    def _run(self, record: Record, command: list[str]) -> tuple[str, str]:
        noun = self._contract.noun
        name = record[f"{noun}Name"]
        home = self._home / name
        base = home / "opt" / "ml"
        env = self._contract.prepare(record, base)
        if record[f"{noun}Status"] == "Stopping":
            return "Stopped", ""
        self._store.update(record, **self._began(noun))
        process = self._running[name] = Process.start(command, home=home, env=env)
        if record[f"{noun}Status"] == "Stopping":  # asked while it started: `stop` may have found no process yet
            process.stop()
        code = process.wait(record.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", DAY))
        self._running.pop(name, None)
        self._telemetry.logs(self._contract.logs, f"{name}/algo-1", process.text)
        self._store.update(record, **self._ended(noun))
        if record[f"{noun}Status"] == "Stopping":
            return "Stopped", ""
        if code is None:
            self._store.update(record, SecondaryStatus="MaxRuntimeExceeded")
            return "Stopped", "The job ran longer than MaxRuntimeInSeconds"
        if code:
            return "Failed", failure(base, process, code)
        self._store.update(record, **self._contract.keep(record, base))
        return "Completed", ""

    @staticmethod
    def _began(noun: str) -> Record:
        moment = {"TrainingStartTime": time.time(), "SecondaryStatus": "Training"}
        return moment if noun == "TrainingJob" else {"ProcessingStartTime": time.time()}

    @staticmethod
    def _ended(noun: str) -> Record:
        if noun != "TrainingJob":
            return {"ProcessingEndTime": time.time()}
        return {"TrainingEndTime": time.time()}

    def _end(self, record: Record, status: str, reason: str) -> None:
        noun = self._contract.noun
        changes: Record = {f"{noun}Status": status}
        if reason:
            changes["FailureReason"] = reason[:REASON]
        if noun == "TrainingJob" and record.get("SecondaryStatus") != "MaxRuntimeExceeded":
            changes["SecondaryStatus"] = status
        self._store.update(record, **changes)
        words = {"TrainingJob": "Training Job", "ProcessingJob": "Processing Job"}[noun]
        detail = self._contract.detail(record)
        self._telemetry.event(f"SageMaker {words} State Change", detail, arn=record[f"{noun}Arn"])
