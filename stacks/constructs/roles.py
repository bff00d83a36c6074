"""Roles that SageMaker takes on: one for each thing a model goes through, each with only what that needs."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks.constructs.access import allow, use_volume_key
from stacks.constructs.image import TrainingImage


class SageMakerRole(iam.Role):
    """Pulls the image, writes its own logs and metrics; its data is granted where a stack joins the parts."""

    def __init__(
        self, scope: Construct, id_: str, *, image: TrainingImage, key: kms.IKey, log_groups: list[str]
    ) -> None:
        super().__init__(
            scope,
            id_,
            assumed_by=iam.ServicePrincipal(
                "sagemaker.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID}}
            ),
        )
        image.grant_pull(self)
        use_volume_key(key, self)
        self._allow_telemetry(log_groups)

    def _allow_telemetry(self, log_groups: list[str]) -> None:
        stack = cdk.Stack.of(self)
        groups = [f"arn:{stack.partition}:logs:{stack.region}:{stack.account}:log-group:{name}" for name in log_groups]
        streams = [f"{group}:log-stream:*" for group in groups]
        allow(self, "logs:CreateLogGroup", "logs:DescribeLogStreams", on=[f"{group}:*" for group in groups])
        allow(self, "logs:CreateLogStream", "logs:PutLogEvents", on=streams)
        allow(
            self,
            "cloudwatch:PutMetricData",
            on=["*"],
            when={"StringLike": {"cloudwatch:namespace": ["/aws/sagemaker/*", "aws/sagemaker/*"]}},
        )
