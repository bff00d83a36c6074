"""A deployment on moto, with containers that answer as told in place of SageMaker's runtime."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.core.exceptions import JsonRESTError
from moto.sagemakerruntime.responses import SageMakerRuntimeResponse

from evergreen.aws import release_course
from evergreen.aws.ledger import Ledger
from evergreen.aws.release_desk import ReleaseDesk, open_desk
from evergreen.aws.state import StateTable
from evergreen.project import Project
from evergreen.serving.telemetry import NAMESPACE
from lambdas.advance_release.handler import handler as advance_release
from lambdas.finish_release.handler import handler as finish_release
from lambdas.predict.handler import predictor
from lambdas.smoke_test.handler import handler as smoke_test
from lambdas.start_release.handler import handler as start_release
from tests.lambdas.context import CONTEXT
from tests.unit.serving.contracts import CONTRACT, row

DEPLOYMENT = "churn-local"
ENVIRONMENT = {
    "DEPLOYMENT": DEPLOYMENT,
    "DATA_BUCKET": "data",
    "ARTIFACT_BUCKET": "artifacts",
    "LEDGER_TABLE": "ledger",
    "STATE_TABLE": "state",
    "MODEL_ROLE_ARN": "arn:aws:iam::123456789012:role/churn-local-model",
    "MAX_ROWS": "1000",
    "DATA_KEY_ARN": "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000",
}
PROJECT = """\
project: churn
target: {name: churn, positive: "Yes"}
data: {dataset: customers}
objective: {problem: binary_classification, metric: roc_auc}
release:
  steps: [{share: 5%, requests: 40}, {share: 25%, requests: 40}, {share: 100%, requests: 40}]
  bake: 0s
  check_every: 1s
  roll_back_when: {error_rate: "> 1%", model_latency_p99: "> 50ms"}
"""


def digest_of(version: str) -> str:
    return hashlib.sha256(version.encode()).hexdigest()


@dataclass
class Containers:
    """What the endpoints answer: by default their own version and digest, and a score of 0.8 a row."""

    answers: dict[str, Callable[[list[Any]], Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def answer(self, endpoint: str, rows: list[Any]) -> bytes:
        self.asked.append(endpoint)
        version = ".".join(endpoint.removeprefix(f"{DEPLOYMENT}-").split("-")[:3])
        said = self.answers.get(endpoint, lambda _: {})(rows)
        predictions = [{"prediction": True, "confidence": 0.8, "score": 0.8}] * len(rows)
        whole = {"model_version": version, "digest": digest_of(version), "predictions": predictions}
        return json.dumps({**whole, **said}).encode()

    def fail(self, endpoint: str) -> None:
        def fail(_: list[Any]) -> Any:
            raise JsonRESTError("ModelError", "Received server error (500) from main: /opt/ml/secret")

        self.answers[endpoint] = fail


@dataclass
class World:
    """The deployment, and the release machine's steps by name."""

    project: Project
    containers: Containers
    state: StateTable
    ledger: Ledger
    desk: ReleaseDesk

    def register(self, version: str) -> str:
        """A registered model version and its artifact; returns its endpoint's name."""
        prefix = f"models/{version}/output/model"
        s3 = boto3.client("s3")
        sample = {"rows": [row()], "predictions": [{"prediction": True, "confidence": 0.8, "score": 0.8}]}
        s3.put_object(Bucket="artifacts", Key=f"{prefix}/contract.json", Body=json.dumps(CONTRACT))
        s3.put_object(Bucket="artifacts", Key=f"{prefix}/sample.json", Body=json.dumps(sample))
        record = {
            "model_version": version,
            "artifact_uri": f"s3://artifacts/{prefix}/",
            "digest": digest_of(version),
            "image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/cdk@sha256:" + "0" * 64,
            "trusted_keys": ["MFkwEwYH"],
        }
        self.state.put_new("model", version, record)
        return f"{DEPLOYMENT}-{version.replace('.', '-')}-{digest_of(version)[:8]}"

    def start(self, version: str, *, release_id: str | None = None, trigger: str = "manual", **changes: Any) -> Any:
        asked = {"model_version": version, "as_of": "2013-04-01T00:00:00Z", "requested_by": "t", "trigger": trigger}
        name = release_id or f"release-{version}"
        event = {"execution": name, "execution_arn": self.execution(name), "input": {**asked, **changes}}
        return start_release(event, CONTEXT)

    def execution(self, name: str) -> str:
        """A running execution of a state machine that only waits."""
        machine = "arn:aws:states:us-east-1:123456789012:stateMachine:churn-local-release"
        try:
            return str(
                boto3.client("stepfunctions").start_execution(stateMachineArn=machine, name=name)["executionArn"]
            )
        except boto3.client("stepfunctions").exceptions.ExecutionAlreadyExists:
            return machine.replace("stateMachine", "execution") + f":{name}"

    def count(self, endpoint: str, *, requests: int, errors: int = 0, slow: int = 0) -> None:
        """What `predict` would have counted."""
        dimensions = [{"Name": "deployment", "Value": DEPLOYMENT}, {"Name": "endpoint", "Value": endpoint}]
        values = {"Requests": requests, "Errors": errors, "Slow": slow}
        data = [
            {"MetricName": name, "Dimensions": dimensions, "Value": value, "Timestamp": datetime.now(UTC)}
            for name, value in values.items()
        ]
        boto3.client("cloudwatch").put_metric_data(Namespace=NAMESPACE, MetricData=data)

    def advance(self, release_id: str, *, later: float = 0) -> Any:
        """One look, now or some seconds later."""
        if later:
            return release_course.advance_release(
                self.desk, release_id, now=datetime.now(UTC) + timedelta(seconds=later)
            )
        return advance_release({"release_id": release_id}, CONTEXT)

    def smoke(self, release_id: str) -> Any:
        return smoke_test({"release_id": release_id}, CONTEXT)

    def finish(self, release_id: str, error: Any = None) -> Any:
        return finish_release({"release_id": release_id, "error": error}, CONTEXT)

    def release(self, version: str, *, requests: int = 200, **changes: Any) -> Any:
        """A whole healthy release."""
        release_id = changes.setdefault("release_id", f"release-{version}")
        endpoint = self.register(version)
        self.start(version, **changes)
        self.smoke(release_id)
        for look in range(20):
            if self.advance(release_id, later=3 * look)["status"] != "in_progress":
                break
            self.count(endpoint, requests=requests)
        return self.finish(release_id)

    def traffic(self) -> Any:
        return self.desk.traffic.read()

    def endpoints(self) -> set[str]:
        return {found["EndpointName"] for found in boto3.client("sagemaker").list_endpoints()["Endpoints"]}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, deploy_project: Callable[[str], Project]) -> Iterator[World]:
    """A deployment without a model."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    containers = Containers()

    def invoke_endpoint(request: SageMakerRuntimeResponse) -> tuple[int, dict[str, str], bytes]:
        endpoint = request.path.split("/")[2]
        return 200, {"Content-Type": "application/json"}, containers.answer(endpoint, json.loads(request.body)["rows"])

    monkeypatch.setattr(SageMakerRuntimeResponse, "invoke_endpoint", invoke_endpoint)
    predictor.cache_clear()
    with mock_aws():
        _create_storage()
        yield World(
            project=deploy_project(PROJECT),
            containers=containers,
            state=StateTable("state"),
            ledger=Ledger("ledger"),
            desk=open_desk(DEPLOYMENT, state_table="state", ledger_table="ledger"),
        )
    predictor.cache_clear()


def _create_storage() -> None:
    for bucket in ("data", "artifacts"):
        boto3.client("s3").create_bucket(Bucket=bucket)
    for table in ("state", "ledger"):
        boto3.client("dynamodb").create_table(
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        )
    definition = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 999, "End": True}}}
    boto3.client("stepfunctions").create_state_machine(
        name="churn-local-release",
        definition=json.dumps(definition),
        roleArn="arn:aws:iam::123456789012:role/churn-local-release",
    )
