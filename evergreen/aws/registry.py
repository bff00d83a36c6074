"""The model registry: SageMaker model packages, and one record per model version in the state table."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from evergreen.aws.artifacts import seal
from evergreen.aws.clients import client, translated
from evergreen.aws.ledger import Ledger
from evergreen.aws.objects import Objects
from evergreen.aws.signing import SigningKey
from evergreen.aws.state import Item, StateTable
from evergreen.errors import ArtifactRefused, CommitConflict
from evergreen.registration import Judged, Run, evidence, image_for, model_record, next_version, same_run

_ATTEMPTS = 5  # runs are serialised by their lock: only registrations by hand can meet
_LONGEST_VALUE = 256  # SageMaker's limit on a custom property


@dataclass(frozen=True)
class Registry:
    """Where a deployment's models are registered."""

    state: StateTable
    ledger: Ledger
    artifacts: Objects
    group: str
    key: SigningKey

    def register(self, run: Run, judged: Judged) -> Item:
        """Seal the run's artifact; give it a version, a model package, a record. A rerun returns the same record."""
        if not judged.accepted:
            raise ArtifactRefused(f"the model of {run.run_id} was refused by its judgement")
        record = same_run(self.models(), run) or self._create(run, judged)
        if run.recipe:
            seen = {"run_id": record["run_id"], "model_version": record["model_version"]}
            self.state.put_new("recipe", run.recipe, seen)
        self.ledger.append(
            "registration",
            at=run.as_of,
            subject=record["model_version"],
            rule="judgement",
            evidence=evidence(record, judged),
            actor=run.requested_by,
        )
        return dict(record)

    def models(self) -> list[Item]:
        """Every model record."""
        return [_plain(item) for item in self.state.list("model")]

    def _create(self, run: Run, judged: Judged) -> Item:
        sealed = seal(self.artifacts, run.artifact_uri, self.key)
        trusted = {"trusted_keys": [self.key.public_key()], "key_id": self.key.key_id}
        for _ in range(_ATTEMPTS):
            models = self.models()
            version, image = next_version(models, sealed), image_for(run, models)
            record = model_record(run, judged, sealed, version=version, image=image) | trusted
            record["package_arn"] = self._package(record)
            if self.state.put_new("model", version, record):
                return record
        raise CommitConflict(f"other registrations took {_ATTEMPTS} versions in a row; register {run.run_id} again")

    def _package(self, record: Item) -> str:
        """Create the model package; the token makes a repeated call the same package."""
        artifact = {"S3Uri": record["artifact_uri"], "S3DataType": "S3Prefix", "CompressionType": "None"}
        container = {"Image": record["image"], "ModelDataSource": {"S3DataSource": artifact}}
        token = uuid.uuid5(uuid.NAMESPACE_URL, f"{self.group}/{record['model_version']}/{record['digest']}")
        try:
            answer = client("sagemaker").create_model_package(
                ModelPackageGroupName=self.group,
                ModelPackageDescription=f"{record['model_version']} made by {record['run_id']}",
                ModelApprovalStatus="Approved",
                InferenceSpecification={
                    "Containers": [container],
                    "SupportedContentTypes": ["application/json"],
                    "SupportedResponseMIMETypes": ["application/json"],
                },
                CustomerMetadataProperties=_properties(record),
                ClientToken=str(token),
            )
        except (ClientError, BotoCoreError) as error:
            raise translated(error, f"creating the model package of {record['run_id']}") from error
        return str(answer["ModelPackageArn"])


def _properties(record: Item) -> dict[str, str]:
    """The lineage that the registry shows, within its limits on custom properties."""
    names = ("model_version", "run_id", "as_of", "digest", "data_version", "data_manifest", "estimator", "metric")
    shown: dict[str, Any] = {name: record[name] for name in names}
    shown["reference_metric"] = record["reference_metric"]
    return {name: str(value)[:_LONGEST_VALUE] for name, value in shown.items() if value is not None}


def _plain(item: Item) -> Item:
    return {name: value for name, value in item.items() if name != "epoch"}
