"""A deployment in memory: buckets, tables, signing key, package group, image, and a data version."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pytest
from moto import mock_aws

from evergreen.aws.clients import client
from evergreen.aws.datasets import Datasets
from evergreen.aws.ledger import Ledger
from evergreen.aws.objects import Objects
from evergreen.aws.state import StateTable
from evergreen.project.schema import Project

AS_OF = "2013-04-01T00:00:00Z"
PROJECT = """\
project: churn
target: {name: churn, positive: "Yes"}
data: {dataset: customers, rules: {min_rows: 2}}
objective: {problem: binary_classification, metric: roc_auc}
evaluation: {gates: {roc_auc: {min: 0.6}}}
"""
CONTRACT = {
    "format": 1,
    "problem": "binary_classification",
    "target": {"name": "churn", "classes": ["No", "Yes"]},
    "columns": [{"name": "age", "type": "number"}],
    "feature_names": ["age"],
}
CARD = {"estimator": "linear", "parameters": {"alpha": 1}}


@dataclass(frozen=True)
class Cloud:
    """What the functions of the training pipeline touch."""

    data: Objects
    artifacts: Objects
    state: StateTable
    ledger: Ledger
    image: str
    machine: str

    def start_execution(self, name: str, *, status: str = "RUNNING") -> str:
        """An execution of the training machine."""
        answer = client("stepfunctions").start_execution(stateMachineArn=self.machine, name=name)
        arn = str(answer["executionArn"])
        if status != "RUNNING":
            client("stepfunctions").stop_execution(executionArn=arn)
        return arn

    def commit(self, *, churn: tuple[str, ...] = ("Yes", "No", "No")) -> str:
        """A data version; returns its manifest's id."""
        table = pa.table({"age": [float(row) for row in range(len(churn))], "churn": list(churn)})
        datasets = Datasets(self.data, self.ledger)
        result = datasets.commit("customers", table, mode="append", message="m", as_of=AS_OF, source="c.csv")
        return result.manifest_id

    def put_artifact(self, prefix: str, **changed: Any) -> str:
        """The files of a model; returns their URI."""
        documents = {"contract.json": CONTRACT, "card.json": CARD, "reference.json": {}, "sample.json": {}}
        files = {name: json.dumps(document).encode() for name, document in documents.items()}
        files["model.onnx"] = b"onnx"
        for name, content in (files | changed).items():
            if content is not None:
                self.artifacts.put(prefix + name, content)
        return self.artifacts.uri(prefix)


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    with mock_aws():
        for bucket in ("data", "artifacts"):
            client("s3").create_bucket(Bucket=bucket)
        for table in ("state", "ledger"):
            _create_table(table)
        client("sagemaker").create_model_package_group(ModelPackageGroupName="churn-local")
        environment = {
            "DATA_BUCKET": "data",
            "ARTIFACT_BUCKET": "artifacts",
            "STATE_TABLE": "state",
            "LEDGER_TABLE": "ledger",
            "DEPLOYMENT": "churn-local",
            "MODEL_PACKAGE_GROUP": "churn-local",
            "SIGNING_KEY_ID": _create_key(),
            "IMAGE_URI": _push_image(),
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        yield Cloud(
            data=Objects("data"),
            artifacts=Objects("artifacts"),
            state=StateTable("state"),
            ledger=Ledger("ledger"),
            image=environment["IMAGE_URI"],
            machine=_create_machine(),
        )


@pytest.fixture
def project(deploy_project: Callable[..., Project]) -> Project:
    return deploy_project(PROJECT)


def _create_table(name: str) -> None:
    keys = [("pk", "HASH"), ("sk", "RANGE")]
    client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key, _ in keys],
    )


def _create_key() -> str:
    answer = client("kms").create_key(KeyUsage="SIGN_VERIFY", KeySpec="ECC_NIST_P256")
    return str(answer["KeyMetadata"]["Arn"])


def _push_image() -> str:
    repository = client("ecr").create_repository(repositoryName="assets")["repository"]
    media_type = "application/vnd.docker.distribution.manifest.v2+json"
    manifest = {"schemaVersion": 2, "mediaType": media_type, "config": {"digest": "sha256:0"}, "layers": []}
    client("ecr").put_image(repositoryName="assets", imageTag="abc", imageManifest=json.dumps(manifest))
    return f"{repository['repositoryUri']}:abc"


def _create_machine() -> str:
    definition = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 60, "End": True}}}
    answer = client("stepfunctions").create_state_machine(
        name="churn-local-training", definition=json.dumps(definition), roleArn="arn:aws:iam::123456789012:role/machine"
    )
    return str(answer["stateMachineArn"])
