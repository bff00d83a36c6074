"""A state machine from its Amazon States Language: a role that may call its own functions, and a log of every step."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from stacks.constructs.access import allow
from stacks.constructs.function import LOG_RETENTION


class Machine(sfn.StateMachine):
    """`functions` and `values` are what the definition's `${Placeholders}` stand for."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        definition: Mapping[str, Any],
        functions: Mapping[str, lambda_.IFunction],
        values: Mapping[str, str],
        key: kms.IKey,
    ) -> None:
        role = iam.Role(
            scope,
            f"{id_}Role",
            assumed_by=iam.ServicePrincipal(
                "states.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID}}
            ),
        )
        arns = {placeholder: function.function_arn for placeholder, function in functions.items()}
        super().__init__(
            scope,
            id_,
            state_machine_name=name,
            definition_body=sfn.DefinitionBody.from_string(json.dumps(definition, indent=1)),
            definition_substitutions={**arns, **values},
            role=role,
            logs=sfn.LogOptions(
                destination=_log_group(scope, f"{id_}Logs", name=name, key=key),
                level=sfn.LogLevel.ALL,
                include_execution_data=True,
            ),
        )
        allow(role, "lambda:InvokeFunction", on=list(arns.values()))


def _log_group(scope: Construct, id_: str, *, name: str, key: kms.IKey) -> logs.LogGroup:
    """Under /aws/vendedlogs/, where a log's resource policy does not grow with each machine."""
    return logs.LogGroup(
        scope,
        id_,
        log_group_name=f"/aws/vendedlogs/states/{name}",
        retention=LOG_RETENTION,
        encryption_key=key,
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )
