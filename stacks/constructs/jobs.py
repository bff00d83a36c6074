"""SageMaker jobs as states, and the one place that lets a state machine run them.

The CDK has no task for processing jobs, and its training task cannot take a name at run time under JSONata.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from evergreen.project.instances import has_local_disks
from stacks.constructs.access import allow
from stacks.constructs.states import State, expression, literal, retry

# Room for a table, its splits and the image's scratch files.
VOLUME_GIB = 30
# A job may wait this long for an instance before the state gives up on it.
QUEUE_SECONDS = 3600
# Capacity and throttling pass. SageMaker has one name for all else that it answers; a failed job is none of these.
RETRIED = ["SageMaker.AmazonSageMakerException", "SageMaker.ResourceLimitExceededException", "ThrottlingException"]
JOB_RULES = (
    "StepFunctionsGetEventsForSageMakerTrainingJobsRule",
    "StepFunctionsGetEventsForSageMakerProcessingJobsRule",
)


def processing_input(name: str, uri: str, *, manifest: bool = False, folder: str | None = None) -> State:
    """S3 objects that a processing job finds under `/opt/ml/processing/input/<folder>`."""
    return {
        "InputName": name,
        "S3Input": {
            "S3Uri": expression(uri),
            "LocalPath": f"/opt/ml/processing/input/{folder or name}",
            "S3DataType": "ManifestFile" if manifest else "S3Prefix",
            "S3InputMode": "File",
            "S3DataDistributionType": "FullyReplicated",
        },
    }


def processing_output(name: str, uri: str) -> State:
    """What a processing job leaves under `/opt/ml/processing/output/<name>`."""
    return {
        "OutputName": name,
        "S3Output": {
            "S3Uri": expression(uri),
            "LocalPath": f"/opt/ml/processing/output/{name}",
            "S3UploadMode": "EndOfJob",
        },
    }


def processing_job(
    verb: str,
    *,
    inputs: list[State],
    outputs: list[State],
    instance: str,
    seconds: int,
    go_to: str,
    catches: list[State],
    optional: tuple[str, State] | None = None,
) -> State:
    """`evergreen-job <verb>` in the run's image; `optional` is an input given only where its expression is not null."""
    arguments = {
        "ProcessingJobName": expression(f"$run.jobs.{verb}"),
        "RoleArn": f"${{{verb}_role}}",
        "AppSpecification": {
            "ImageUri": expression("$run.image"),
            "ContainerEntrypoint": ["evergreen-job", verb],
        },
        "ProcessingInputs": _with_optional(inputs, optional) if optional else inputs,
        "ProcessingOutputConfig": {"KmsKeyId": "${data_key}", "Outputs": outputs},
        "ProcessingResources": {"ClusterConfig": _machines(instance)},
        "NetworkConfig": {"EnableNetworkIsolation": True},
        "StoppingCondition": {"MaxRuntimeInSeconds": seconds},
    }
    return _job("createProcessingJob", arguments, seconds=seconds, go_to=go_to, catches=catches)


def training_job(
    *, channels: Mapping[str, str], models: str, instance: str, seconds: int, go_to: str, catches: list[State]
) -> State:
    """`train` in the run's image; the model is left as an uncompressed prefix."""
    arguments = {
        "TrainingJobName": expression("$run.jobs.train"),
        "RoleArn": "${train_role}",
        "AlgorithmSpecification": {"TrainingImage": expression("$run.image"), "TrainingInputMode": "File"},
        "InputDataConfig": [_channel(name, uri) for name, uri in channels.items()],
        "OutputDataConfig": {
            "S3OutputPath": expression(models),
            "KmsKeyId": "${data_key}",
            "CompressionType": "NONE",
        },
        "ResourceConfig": _machines(instance),
        "EnableNetworkIsolation": True,
        "StoppingCondition": {"MaxRuntimeInSeconds": seconds},
    }
    return _job("createTrainingJob", arguments, seconds=seconds, go_to=go_to, catches=catches)


def allow_jobs(machine: iam.IGrantable, *, deployment: str, roles: Sequence[iam.IRole]) -> None:
    """What `.sync` needs: the jobs, their tags, the rules that report their end, and the jobs' roles."""
    region = f"{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}"
    sagemaker = f"arn:{cdk.Aws.PARTITION}:sagemaker:{region}"
    for kind, path in (("TrainingJob", "training-job"), ("ProcessingJob", "processing-job")):
        actions = [f"sagemaker:{verb}{kind}" for verb in ("Create", "Describe", "Stop")]
        allow(machine, *actions, "sagemaker:AddTags", "sagemaker:ListTags", on=[f"{sagemaker}:{path}/{deployment}-*"])
    allow_rules(machine, *JOB_RULES)
    allow(
        machine,
        "iam:PassRole",
        on=[role.role_arn for role in roles],
        when={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
    )


def allow_rules(machine: iam.IGrantable, *rules: str) -> None:
    """The EventBridge rules through which Step Functions hears that something has ended."""
    prefix = f"arn:{cdk.Aws.PARTITION}:events:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}:rule"
    allow(
        machine, "events:PutTargets", "events:PutRule", "events:DescribeRule", on=[f"{prefix}/{name}" for name in rules]
    )


def _machines(instance: str) -> State:
    """One instance; SageMaker refuses a key for disks that belong to the instance and encrypt themselves."""
    machines = {"InstanceCount": 1, "InstanceType": instance, "VolumeSizeInGB": VOLUME_GIB}
    return machines if has_local_disks(instance) else {**machines, "VolumeKmsKeyId": "${data_key}"}


def _channel(name: str, uri: str) -> State:
    source = {"S3DataType": "S3Prefix", "S3Uri": expression(uri), "S3DataDistributionType": "FullyReplicated"}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}, "InputMode": "File"}


def _with_optional(inputs: list[State], optional: tuple[str, State]) -> str:
    present, extra = optional
    return expression(f"$append({literal(inputs)}, {present} != null ? [{literal(extra)}] : [])")


def _job(action: str, arguments: dict[str, Any], *, seconds: int, go_to: str, catches: list[State]) -> State:
    return {
        "Type": "Task",
        "Resource": f"arn:aws:states:::sagemaker:{action}.sync",
        "Arguments": arguments,
        "TimeoutSeconds": seconds + QUEUE_SECONDS,
        "Retry": [retry(*RETRIED, seconds=30, attempts=3)],
        "Catch": catches,
        "Next": go_to,
    }
