"""What happens in the demo: data is committed, months pass, schedules fire, releases see traffic."""

from __future__ import annotations

import calendar
import threading
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from evergreen.aws import machines
from evergreen.aws.datasets import Datasets
from evergreen.cli.api import Api
from evergreen.cli.output import cell
from evergreen.cli.session import Session
from evergreen.data.tables import concatenated, read_file
from evergreen.errors import EvergreenError
from evergreen.project import Project
from evergreen.times import instant
from evergreen.validation.judge import Judge
from evergreen.wording import number_of
from local.cloud import LocalCloud
from local.demo.broken import register_broken
from local.demo.progress import Progress
from local.demo.replay import Callers, Month
from local.replay import fire
from local.sagemaker.capture import FLUSH_SECONDS

CAPTURED_WITHIN = 2 * FLUSH_SECONDS  # of the answer: capture is written by a clock, as SageMaker does it


class Story:
    """One demo: the deployed session, the callers, and the display."""

    def __init__(self, cloud: LocalCloud, session: Session, progress: Progress, data: Path) -> None:
        self.cloud = cloud
        self.session = session
        self.progress = progress
        self.data = data
        self.project: Project = session.project
        self.callers = Callers(Api(session.api_url, session.api_key))
        self._captured_by = 0.0

    def commit(self, files: list[Path], *, as_of: str) -> str:
        """Commit files as the next data version."""
        table = concatenated([read_file(file, self.project) for file in files], source=self.project.data.dataset)
        result = Datasets(self.session.data, self.session.ledger).commit(
            self.project.data.dataset,
            table,
            mode=self.project.data.new_files,
            message=f"{files[0].stem} … {files[-1].stem}" if len(files) > 1 else files[0].stem,
            as_of=as_of,
            source=files[-1].name,
            judge=Judge(self.project, instant(as_of)),
        )
        return f"data version {result.version}, {number_of(result.rows, 'row')}"

    def month(self, number: int) -> Month:
        """The rows of one month, ready to be sent."""
        return Month(pq.read_table(self.file(number)), self.project)

    def file(self, number: int) -> Path:
        """The data file of one month."""
        return self.data / f"2013-{number:02d}.parquet"

    def train_first(self, as_of: str) -> str:
        """The first run, by hand: no champion to compare with, no traffic to be careful with."""
        payload = {"trigger": "manual", "as_of": as_of, "requested_by": "demo", "reasons": ["the first model"]}
        execution = machines.start(self.session.deployment["TrainingMachineArn"], "run-first", payload)
        return self._told(machines.wait(execution, on_state=self.progress.detail, poll=0.2).result())

    def pass_month(self, number: int, month: Month) -> str:
        """The month's rows as requests, their outcomes as feedback, their file as the next data version."""
        total = len(month)
        self.callers.send_all(month, lambda done: self.progress.detail(f"{done:,} of {total:,} rows"))
        self._captured_by = time.monotonic() + CAPTURED_WITHIN
        labels = self.callers.report_outcomes()
        committed = self.commit([self.file(number)], as_of=after(number))
        return f"{month_name(number):9} {total:,} rows predicted, {labels:,} outcomes; {committed}"

    def monitor(self, number: int) -> tuple[str, str | None]:
        """The schedules fire at the month's end. Returns what was found, and the run that was started."""
        at = after(number)
        time.sleep(max(0.0, self._captured_by - time.monotonic()))
        drift, quality, decision = (
            self._fire(name, at) for name in ("DetectDrift", "MeasureQuality", "DecideRetraining")
        )
        found = f"{quality['metric']} {cell(quality['value'])} {quality['verdict']}, drift {drift['verdict']}"
        because = f": {', '.join(decision['triggers'])}" if decision["triggers"] else ""
        return f"{at[:10]} {found} → {'retrain' if decision['decision'] else 'keep'}{because}", decision.get("run_id")

    def follow_run(self, run_id: str, traffic: Month) -> str:
        """A run that a schedule started; while its release moves traffic, callers go on calling."""
        arn = machines.execution_arn(self.session.deployment["TrainingMachineArn"], run_id)
        return self._told(self._with_traffic(arn, traffic, starts_at="Release"))

    def release_broken(self, as_of: str, traffic: Month) -> str:
        """Release a broken model by hand, under traffic."""
        champion_version = (self.session.state.get("traffic") or {})["champion"]["model_version"]
        champion = self.session.state.get("model", champion_version) or {}
        record = register_broken(self.session, champion, as_of=as_of)
        payload = {
            "model_version": record["model_version"], "strategy": "canary", "as_of": as_of,
            "requested_by": "demo", "trigger": "manual",
        }  # fmt: skip
        execution = machines.start(self.session.deployment["ReleaseMachineArn"], "release-broken", payload)
        released = self._with_traffic(execution, traffic)
        if released["outcome"] != "rolled_back" or released["live_digest"] != champion["digest"]:
            raise EvergreenError(f"the broken model was not rolled back: {released}")
        return (
            f"broken model {record['model_version']} rolled back in {cell(released['rollback_seconds'])} s, "
            f"live digest the champion's: {released['reason']}"
        )

    def _fire(self, name: str, at: str) -> dict[str, Any]:
        found: dict[str, Any] = fire(self.cloud, self.session.deployment[f"{name}Schedule"], datetime.fromisoformat(at))
        return found

    def _with_traffic(self, execution: str, traffic: Month, *, starts_at: str | None = None) -> Any:
        releasing, over = threading.Event(), threading.Event()
        if starts_at is None:
            releasing.set()

        def on_state(name: str) -> None:
            self.progress.detail(name)
            if name == starts_at:
                releasing.set()

        def call() -> None:
            releasing.wait()
            self.callers.send_while(traffic, lambda: not over.is_set())

        caller = threading.Thread(target=call)
        caller.start()
        try:
            return machines.wait(execution, on_state=on_state, poll=0.3).result()
        finally:
            over.set()
            releasing.set()
            caller.join()

    def _told(self, outcome: dict[str, Any]) -> str:
        metric = self.project.objective.metric or "roc_auc"
        value = cell((outcome.get("metrics") or {}).get(metric))
        against = (outcome.get("champion_metrics") or {}).get(metric)
        beside = f" beside {cell(against)}" if against is not None else ""
        model = f"model {outcome['model_version']}" if outcome.get("model_version") else "the challenger"
        return f"{model} {outcome['outcome']}: {metric} {value}{beside} on {outcome['data_version']}"


def after(number: int) -> str:
    """The first moment after a month of 2013."""
    return f"2013-{number + 1:02d}-01T00:00:00Z" if number < 12 else "2014-01-01T00:00:00Z"


def month_name(number: int) -> str:
    """`4` → April."""
    return calendar.month_name[number]
