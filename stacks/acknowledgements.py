"""What cdk-nag (AwsSolutions) finds and why it stays: each finding by its exact resource, each with its reason."""

from __future__ import annotations

import json

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from constructs import IConstruct

from stacks.deployment import Deployment
from stacks.pipeline import Pipeline

PREFIX = (
    "An object prefix is the narrowest resource: the keys below it are content hashes and run ids, known at run time."
)
NAMED_AT_RUN_TIME = "Named at run time by a release or a run; limited to the names of this deployment."
TELEMETRY = "SageMaker names log streams itself, and metrics have no resource; limited to SageMaker's own names."
NO_RESOURCE = "These actions (log delivery, metric data, registry token) take no resource in IAM."
RUNTIME = (
    "The layers' wheels are locked for 3.13, which AWS supports; moving on is a change of the locks, tested as one."
)
STEPS_LOGGED = "Each step's input, output and error is logged at level ALL; a trace would sample the same facts."
API_KEYS = "The project asks for API keys (serving.auth: api_key): every method needs one, with a usage plan."
NO_WAF = (
    "Keys, a usage plan, throttling and strict parsing guard the API; a web ACL is the account's decision and cost."
)
ARN_SUFFIX = "Secrets Manager ends every ARN with six characters of its own; the name before them is whole."
GATEWAY_LOGS = "The policy that AWS documents for API Gateway's one logging role per account and Region."


def acknowledge(deployment: Deployment) -> None:
    """Only checks read these, so they are added only for checks, after a synthesis has settled the references."""
    storage, serving = deployment.storage, deployment.serving
    pipeline, monitoring = deployment.pipeline, deployment.monitoring
    data, artifacts = storage.data_bucket, storage.artifact_bucket
    name = serving.deployment
    for stack in (serving, pipeline, monitoring):
        _accept(stack, RUNTIME, "L1")
        _wildcards(stack, NO_RESOURCE, "*")
    _prefixes(serving, data, "capture/", "truth/")
    _prefixes(serving, artifacts, "models/")
    _prefixes(pipeline, data, "objects/", "datasets/", "profiles/", "profiles/missing/")
    _prefixes(pipeline, data, "landing/", "quarantine/", "ingests/", "gc/", "files/")
    _sources(pipeline)
    _prefixes(pipeline, artifacts, "runs/", "prepared/", "heldout/", "models/", "evaluations/")
    _prefixes(monitoring, data, "capture/", "captured/", "truth/", "datasets/")
    _prefixes(monitoring, artifacts, "models/")
    kinds = ("endpoint", "endpoint-config", "model")
    _wildcards(serving, NAMED_AT_RUN_TIME, *(_arn("sagemaker", f"{kind}/{name}-*") for kind in kinds))
    _wildcards(serving, NAMED_AT_RUN_TIME, _arn("states", f"execution:{name}-release:*"))
    jobs = [_arn("sagemaker", f"{kind}/{name}-*") for kind in ("training-job", "processing-job")]
    executions = [_arn("states", f"execution:{name}-{machine}:*") for machine in ("training", "release")]
    packages = _arn("sagemaker", f"model-package/{name}/*")
    children = [_arn("states", f"execution:{name}-profile{of}*") for of in (":", "/objects:")]
    _wildcards(pipeline, NAMED_AT_RUN_TIME, *jobs, *executions, *children, packages)
    _wildcards(monitoring, NAMED_AT_RUN_TIME, executions[0])
    _telemetry(serving, f"Endpoints/{name}-*")
    _telemetry(pipeline, "TrainingJobs", "ProcessingJobs")
    for machine in (serving.release_machine, pipeline.training_machine, pipeline.profile_machine):
        _accept(machine, STEPS_LOGGED, "SF2")
    _accept(serving.api, API_KEYS, "APIG4", "COG4")
    _accept(serving.api, NO_WAF, "APIG3")
    policy = "arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
    _accept(serving.api, GATEWAY_LOGS, f"IAM4[Policy::{policy}]")


def _sources(pipeline: Pipeline) -> None:
    """What the declared source is named by."""
    source = pipeline.landing.source
    if source is not None and source.secret is not None:
        _wildcards(pipeline, ARN_SUFFIX, _arn("secretsmanager", f"secret:{source.secret}-??????"))
    if source is not None and source.s3 is not None:
        _wildcards(pipeline, PREFIX, f"arn:<AWS::Partition>:s3:::{source.s3.removeprefix('s3://')}*")


def _prefixes(stack: cdk.Stack, bucket: s3.IBucket, *prefixes: str) -> None:
    resolved = json.dumps(stack.resolve(bucket.bucket_arn), separators=(",", ":"))
    _wildcards(stack, PREFIX, *(f"{resolved}/{prefix}*" for prefix in prefixes))


def _telemetry(stack: cdk.Stack, *groups: str) -> None:
    for group in groups:
        arn = _arn("logs", f"log-group:/aws/sagemaker/{group}")
        _wildcards(stack, TELEMETRY, f"{arn}:*", f"{arn}:log-stream:*")


def _wildcards(scope: IConstruct, reason: str, *resources: str) -> None:
    _accept(scope, reason, *(f"IAM5[Resource::{resource}]" for resource in resources))


def _accept(scope: IConstruct, reason: str, *findings: str) -> None:
    rules = [cdk.Acknowledgment(id=f"AwsSolutions-{finding}", reason=reason) for finding in findings]
    cdk.Validations.of(scope).acknowledge(*rules)


def _arn(service: str, resource: str) -> str:
    """As cdk-nag writes an ARN."""
    return f"arn:<AWS::Partition>:{service}:<AWS::Region>:<AWS::AccountId>:{resource}"
