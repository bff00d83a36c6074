"""The retraining decision carried out: read the situation, record the decision, start the run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from evergreen.aws import machines
from evergreen.aws.clients import code
from evergreen.aws.datasets import Datasets
from evergreen.aws.ledger import Entry, Ledger
from evergreen.aws.objects import Objects
from evergreen.aws.state import StateTable
from evergreen.errors import CloudError
from evergreen.project.schema import Project
from evergreen.retraining import Champion, Dataset, Decision, Finding, PastRun, Situation, decide
from evergreen.times import instant, stamp

LOOK_BACK = 100  # findings and runs read: more than any streak asks for
RULE = "retraining"
ACTOR = "decide_retraining"


@dataclass(frozen=True)
class RetrainingStarter:
    """Takes and carries out retraining decisions for one deployment."""

    project: Project
    data: Objects
    state: StateTable
    ledger: Ledger
    machine: str

    def decide(
        self, as_of: datetime, *, dry_run: bool = False, requested_by: str | None = None, on_demand: bool = False
    ) -> dict[str, Any]:
        """Decide as of a time. A dry run records nothing and starts nothing."""
        asked = (requested_by or "Somebody") if on_demand else None
        decision = decide(self.project.retraining, self._situation(as_of, asked), as_of=as_of)
        answer = {"at": stamp(as_of), **decision.to_dict(), "run_id": None}
        if dry_run:
            return answer
        actor = requested_by or ACTOR
        subject = self.project.project
        entry = self.ledger.append(
            "decision", at=stamp(as_of), subject=subject, rule=RULE, evidence=decision.to_dict(), actor=actor
        )
        return {**answer, "run_id": self._start(decision, entry, actor)} if decision.decision else answer

    def _situation(self, as_of: datetime, asked: str | None) -> Situation:
        monitoring = self.project.monitoring
        traffic = self.state.get("traffic") or {}
        return Situation(
            champion=self._champion(traffic),
            data=self._dataset(),
            quality=_findings(self.ledger.query("quality", until=stamp(as_of), limit=LOOK_BACK)),
            drift=_findings(self.ledger.query("drift", until=stamp(as_of), limit=LOOK_BACK)),
            quality_every=monitoring.quality.every,
            drift_every=monitoring.drift.every,
            runs=_runs(self.ledger.query("run", limit=LOOK_BACK), as_of),
            running=self._running(),
            releasing=traffic.get("release_id"),
            on_demand_by=asked,
        )

    def _champion(self, traffic: dict[str, Any]) -> Champion | None:
        if not traffic.get("champion"):
            return None
        version = traffic["champion"]["model_version"]
        record = self.state.get("model", version)
        return Champion(version, instant(record["as_of"]), int(record["data_rows"])) if record else None

    def _dataset(self) -> Dataset | None:
        head = Datasets(self.data).head(self.project.data.dataset)
        return Dataset(head.version, head.rows) if head else None

    def _running(self) -> str | None:
        """The run that holds the lock; a lock whose execution has ended is nobody's."""
        lock = self.state.get("run_lock")
        if lock is None:
            return None
        try:
            ended = machines.ending(lock["execution_arn"]) is not None
        except ClientError as error:
            if code(error) != "ExecutionDoesNotExist":
                raise CloudError(f"asking for run {lock['run_id']}: {error}", code=code(error)) from error
            ended = True
        return None if ended else str(lock["run_id"])

    def _start(self, decision: Decision, entry: Entry, actor: str) -> str:
        """Start the run; the decision's id names it, so the same decision never starts two."""
        run_id = f"run-{decision.at:%Y%m%dT%H%M%S}-{entry.id[:8]}"
        payload = {
            "trigger": decision.triggers[0],
            "as_of": entry.at,
            "requested_by": actor,
            "reasons": list(decision.reasons),
        }
        try:
            machines.start(self.machine, run_id, payload)
        except CloudError as error:
            if error.code != "ExecutionAlreadyExists":
                raise
        return run_id


def _findings(entries: Sequence[Entry]) -> list[Finding]:
    return [Finding(instant(entry.at), entry.subject, entry.evidence["verdict"]) for entry in entries]


def _runs(entries: Sequence[Entry], as_of: datetime) -> list[PastRun]:
    """The runs known at `as_of`, the newest first: a replay does not see what came after."""
    runs = [
        PastRun(
            run_id=entry.evidence["run_id"],
            as_of=instant(entry.evidence["as_of"]),
            outcome=entry.evidence["outcome"],
            data_version=entry.evidence.get("data_version"),
        )
        for entry in entries
    ]
    return sorted((run for run in runs if run.as_of <= as_of), key=lambda run: run.as_of, reverse=True)
