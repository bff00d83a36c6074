"""One way to make a Lambda function: named, logged, encrypted, bounded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from evergreen.project import Project
from stacks.constructs.access import send_messages
from stacks.constructs.layers import ARCHITECTURE, RUNTIME, LayerName, Layers
from stacks.constructs.naming import deployment_name
from stacks.constructs.sources import FUNCTION_FILES, ROOT

# Long enough for an audit of the last quarter; the ledger keeps decisions for good.
LOG_RETENTION = logs.RetentionDays.THREE_MONTHS
# An event older than this is a measurement that the next one repeats.
ASYNCHRONOUS_RETRIES = 2
ASYNCHRONOUS_AGE = cdk.Duration.hours(1)


class Functions(Construct):
    """Makes the functions of one stack: they share their source, layers, key and the values of their environment."""

    def __init__(
        self, scope: Construct, id_: str, *, project: Project, key: kms.IKey, variables: Mapping[str, str]
    ) -> None:
        super().__init__(scope, id_)
        self._variables = {"DEPLOYMENT": deployment_name(project), **variables}
        self._deployment = deployment_name(project)
        self._key = key
        self._layers = Layers(self, "layers", project=project)
        self._code = lambda_.Code.from_asset(str(ROOT), exclude=FUNCTION_FILES, ignore_mode=cdk.IgnoreMode.GIT)

    def add(
        self,
        name: str,
        *,
        layers: Sequence[LayerName],
        reads: Sequence[str],
        timeout: cdk.Duration,
        memory: int = 512,
        disk: cdk.Size | None = None,
        dead_letters: sqs.IQueue | None = None,
    ) -> lambda_.Function:
        """`lambdas/<name>/handler.py`; `reads` names its environment; `dead_letters` where events arrive unattended."""
        role = self._role(name)
        function = lambda_.Function(
            self,
            name,
            function_name=f"{self._deployment}-{name}",
            runtime=RUNTIME,
            architecture=ARCHITECTURE,
            code=self._code,
            handler=f"lambdas.{name}.handler.handler",
            layers=[self._layers.get(layer) for layer in layers],
            environment={**_powertools(name), **{variable: self._variables[variable] for variable in reads}},
            environment_encryption=self._key,
            timeout=timeout,
            memory_size=memory,
            ephemeral_storage_size=disk,
            role=role,
            log_group=self._logs(name, role),
            dead_letter_queue=dead_letters,
            max_event_age=ASYNCHRONOUS_AGE if dead_letters else None,
            retry_attempts=ASYNCHRONOUS_RETRIES if dead_letters else None,
        )
        if dead_letters is not None:
            send_messages(dead_letters, function)
        return function

    def _role(self, name: str) -> iam.Role:
        return iam.Role(self, f"{name}_role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))

    def _logs(self, name: str, role: iam.Role) -> logs.LogGroup:
        group = logs.LogGroup(
            self,
            f"{name}_logs",
            log_group_name=f"/aws/lambda/{self._deployment}-{name}",
            retention=LOG_RETENTION,
            encryption_key=self._key,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        group.grant_write(role)
        return group


def _powertools(name: str) -> dict[str, str]:
    return {
        "POWERTOOLS_SERVICE_NAME": name,
        "POWERTOOLS_METRICS_NAMESPACE": "Evergreen",
        "POWERTOOLS_LOG_LEVEL": "INFO",
    }
