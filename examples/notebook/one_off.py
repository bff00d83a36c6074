"""From a notebook: a data version as a DataFrame, and one-off training with the SageMaker SDK.

    from examples.notebook.one_off import load_data, train_again
    load_data("flights", "prod", "flights").describe()
    train_again("flights", "prod", "run-20130701T000000-ebabcaf9", {"max_iter": 400})

The training uses a recorded run's own data, image and role with other parameters. The job is a training job like the
pipeline's; its model is not evaluated, registered or released.
"""

from __future__ import annotations

import json
import sys
import uuid
from typing import Any

import boto3
import pandas as pd
from sagemaker.core.resources import TrainingJob
from sagemaker.core.shapes import (
    AlgorithmSpecification,
    Channel,
    DataSource,
    OutputDataConfig,
    ResourceConfig,
    S3DataSource,
    StoppingCondition,
)

from evergreen.aws.datasets import Datasets
from evergreen.aws.deployment import Deployment, find_deployment
from evergreen.aws.objects import Objects
from evergreen.errors import NotFound

GIGABYTES, SECONDS = 30, 3600


def load_data(project: str, stage: str, dataset: str) -> pd.DataFrame:
    """The newest version of a dataset."""
    datasets = Datasets(find_deployment(project, stage)["DataBucket"])
    head = datasets.head(dataset)
    if head is None:
        raise NotFound(f"{dataset} has no version yet; commit one: evergreen data commit FILE --dataset {dataset}")
    return datasets.read(head).to_pandas()


def train_again(project: str, stage: str, run_id: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """Fit a run's recipe again with other parameters; the new model's card."""
    deployment = find_deployment(project, stage)
    artifacts = Objects(deployment["ArtifactBucket"])
    name = f"{deployment.name}-notebook-{uuid.uuid4().hex[:8]}"
    config = _changed(artifacts, run_id, name, parameters)
    channels = {part: f"prepared/{run_id}/{part}/" for part in ("train", "validation", "spec")} | {"config": config}
    job = TrainingJob.create(
        training_job_name=name,
        role_arn=deployment["TrainRoleArn"],
        algorithm_specification=AlgorithmSpecification(
            training_image=deployment["ImageUri"], training_input_mode="File"
        ),
        input_data_config=[_channel(part, artifacts.uri(prefix)) for part, prefix in channels.items()],
        output_data_config=OutputDataConfig(s3_output_path=artifacts.uri("models"), compression_type="NONE"),
        resource_config=_machine(deployment),
        stopping_condition=StoppingCondition(max_runtime_in_seconds=SECONDS),
        enable_network_isolation=True,
        session=boto3.session.Session(),
    )
    job.wait(poll=1)
    card: dict[str, Any] = json.loads(artifacts.get(f"models/{name}/output/model/card.json"))
    return card


def _changed(artifacts: Objects, run_id: str, name: str, parameters: dict[str, Any]) -> str:
    """The run's configuration with other parameters, below a prefix of its own."""
    project = json.loads(artifacts.get(f"runs/{run_id}/config/project.json"))
    project["training"]["parameters"] |= parameters
    prefix = f"runs/{name}/config/"
    artifacts.put(f"{prefix}project.json", json.dumps(project).encode())
    artifacts.put(f"{prefix}run.json", artifacts.get(f"runs/{run_id}/config/run.json"))
    return prefix


def _channel(name: str, uri: str) -> Channel:
    source = S3DataSource(s3_data_type="S3Prefix", s3_uri=uri)
    return Channel(channel_name=name, data_source=DataSource(s3_data_source=source))


def _machine(deployment: Deployment) -> ResourceConfig:
    return ResourceConfig(
        instance_type="ml.m5.xlarge",
        instance_count=1,
        volume_size_in_gb=GIGABYTES,
        volume_kms_key_id=deployment["DataKeyArn"],
    )


if __name__ == "__main__":
    project, stage, run_id, *pairs = sys.argv[1:]
    values = {key: json.loads(value) for key, _, value in (pair.partition("=") for pair in pairs)}
    sys.stdout.write(json.dumps(train_again(project, stage, run_id, values), indent=2) + "\n")
