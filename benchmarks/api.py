"""A single prediction through the API of the embedded cloud: gateway, function, endpoint, capture and all.

There is no peer: the gateway and the functions here are emulated, and what AWS takes is another matter.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pyarrow as pa

from benchmarks.forest import Trained, table, trained
from benchmarks.line import Line, Target, compare, installed
from benchmarks.load import Plan, drive
from benchmarks.rounds import ROUNDS, median
from evergreen.aws import machines
from evergreen.aws.datasets import Datasets
from evergreen.cli.session import Session, open_deployed
from evergreen.project.reader import read_project
from local.cloud import LocalCloud
from local.deploy import deploy, synth

PROJECT = """\
project: bench
target: bought
data: {dataset: customers}
training: {estimator: random_forest}
serving: {quota: {per_second: 10000, burst: 10000, per_day: 100000000}}
"""
AS_OF = "2026-01-01T00:00:00Z"
SECONDS = 3.0
P50 = Target("ours", "<=", 150.0)
NONE = Target("ours", "<=", 0.0)


def run() -> Iterator[Line]:
    """Deploy, train and release one forest; then ask it one row at a time."""
    kept = dict(os.environ)
    with (
        tempfile.TemporaryDirectory(prefix="evergreen-bench-") as name,
        LocalCloud.start(Path(name) / "cloud") as cloud,
    ):
        os.environ.update(cloud.env)
        try:
            session = _released(cloud, Path(name))
            for connections in (1, 4):
                yield from _lines(_plan(session, trained("random_forest"), connections))
        finally:
            os.environ.clear()
            os.environ.update(kept)


def _released(cloud: LocalCloud, work: Path) -> Session:
    path = work / "project.yaml"
    path.write_text(PROJECT)
    deploy(cloud, synth(path, "local", work / "cdk.out"))
    session = open_deployed(read_project(path, stage="local"), path, "local")
    columns, labels = table()
    rows = pa.table({**columns, "bought": labels.astype(bool)})
    datasets = Datasets(session.data, session.ledger)
    datasets.commit("customers", rows, mode="append", message="all", as_of=AS_OF, source="benchmark")
    payload = {"trigger": "manual", "as_of": AS_OF, "requested_by": "benchmark", "reasons": ["a benchmark"]}
    machines.wait(machines.start(session.deployment["TrainingMachineArn"], "run-bench", payload), poll=0.2).result()
    return session


def _plan(session: Session, found: Trained, connections: int) -> Plan:
    address = urlsplit(f"{session.api_url}/predict")
    headers = {"content-type": "application/json", "x-api-key": session.api_key}
    bodies = [json.dumps({"rows": [row]}) for row in found.rows]
    return Plan(address.port or 80, address.path, bodies, connections, SECONDS, headers)


def _lines(plan: Plan) -> Iterator[Line]:
    drive(plan)  # warm
    rounds = [drive(plan) for _ in range(ROUNDS)]
    case = f"{plan.connections} connection{'s' if plan.connections > 1 else ''}"
    n, failed = sum(seen.requests for seen in rounds), sum(seen.failed for seen in rounds)
    versions = installed("ministack", "boto3", "onnxruntime")
    p50, p99 = median([seen.p50_ms for seen in rounds]), median([seen.p99_ms for seen in rounds])
    rate = median([seen.per_second for seen in rounds])
    limit = P50 if plan.connections == 1 else None
    yield compare("api", case, "p50 ms", p50, better="lower", n=n, target=limit, versions=versions)
    yield compare("api", case, "p99 ms", p99, better="lower", n=n, versions=versions)
    yield compare("api", case, "requests/s", rate, better="higher", n=n, versions=versions)
    yield compare("api", case, "failed requests", failed, better="lower", n=n, target=NONE, versions=versions)
