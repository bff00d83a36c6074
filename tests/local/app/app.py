"""A small CDK app that uses what the embedded cloud adds to ministack."""

from __future__ import annotations

from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sagemaker as sagemaker
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

HERE = Path(__file__).parent


class Base(cdk.Stack):
    def __init__(self, scope: Construct, name: str) -> None:
        super().__init__(scope, name)
        self.bucket = s3.Bucket(self, "Bucket", removal_policy=cdk.RemovalPolicy.DESTROY)
        image = ecr_assets.DockerImageAsset(self, "Image", directory=str(HERE / "image"))
        group = sagemaker.CfnModelPackageGroup(self, "Group", model_package_group_name=f"{name}-models")
        cdk.CfnOutput(self, "BucketName", value=self.bucket.bucket_name)
        cdk.CfnOutput(self, "ImageUri", value=image.image_uri)
        cdk.CfnOutput(self, "GroupArn", value=group.attr_model_package_group_arn)
        cdk.CfnOutput(self, "Stage", value=str(self.node.try_get_context("stage")))


class Front(cdk.Stack):
    def __init__(self, scope: Construct, name: str, *, bucket: s3.IBucket) -> None:
        super().__init__(scope, name)
        code = lambda_.Code.from_asset(str(HERE.parent / "functions"))
        for function in ("echo", "api", "fails", "quiet"):
            made = lambda_.Function(
                self,
                function.title(),
                runtime=lambda_.Runtime.PYTHON_3_13,
                code=code,
                handler=f"handlers.{function}",
                environment={"BUCKET": bucket.bucket_name},
            )
            cdk.CfnOutput(self, f"{function.title()}Function", value=made.function_name)
            if function in {"api", "quiet"}:
                api = apigateway.LambdaRestApi(
                    self,
                    f"{function.title()}Api",
                    handler=made,
                    default_method_options={"api_key_required": function == "api"},
                )
                cdk.CfnOutput(self, f"{function.title()}Id", value=api.rest_api_id)
            if function == "api":
                key = api.add_api_key("Key", api_key_name="k", value="0123456789abcdefghij")
                api.add_usage_plan("Plan", api_stages=[{"api": api, "stage": api.deployment_stage}]).add_api_key(key)
                alarm = made.metric_errors().create_alarm(self, "Errors", threshold=1, evaluation_periods=1)
                cloudwatch.CompositeAlarm(self, "Any", alarm_rule=cloudwatch.AlarmRule.any_of(alarm))
            if function in {"echo", "fails"}:
                self.every_day(function, made)

    def every_day(self, name: str, function: lambda_.IFunction) -> None:
        """A schedule in its own group whose input carries the scheduled time."""
        group = scheduler.CfnScheduleGroup(self, f"{name}-group", name=f"group-of-{name}")
        target = scheduler.CfnSchedule.TargetProperty(
            arn=function.function_arn,
            role_arn="arn:aws:iam::000000000000:role/scheduler",
            input='{"as_of": "<aws.scheduler.scheduled-time>"}',
        )
        window = scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF")
        daily = scheduler.CfnSchedule(
            self,
            f"{name}-daily",
            name=f"daily-{name}",
            group_name=group.name,
            schedule_expression="rate(1 day)",
            flexible_time_window=window,
            target=target,
        )
        daily.add_dependency(group)


app = cdk.App()
base = Base(app, "test-base")
Front(app, "test-front", bucket=base.bucket)
app.synth()
