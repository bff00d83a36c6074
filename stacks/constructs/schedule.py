"""Recurring invocations by EventBridge Scheduler, which says for which time it fires."""

from __future__ import annotations

from datetime import timedelta

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from stacks.constructs.access import allow, send_messages

# By default the Scheduler tries 185 times over 24 hours; a late measurement is of no use once the next one is due.
RETRIES = 3
EVENT_AGE_SECONDS = 3600
INPUT = '{"as_of": "<aws.scheduler.scheduled-time>"}'


class Schedules(Construct):
    """The schedules of one deployment, in their own group."""

    def __init__(self, scope: Construct, id_: str, *, name: str, dead_letters: sqs.IQueue) -> None:
        super().__init__(scope, id_)
        self._name = name
        self._dead_letters = dead_letters
        self._group = scheduler.CfnScheduleGroup(self, "Group", name=name)
        arn = f"arn:{cdk.Aws.PARTITION}:scheduler:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}:schedule-group/{name}"
        trusted = {"StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID, "aws:SourceArn": arn}}
        self._role = iam.Role(
            self, "Role", assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com", conditions=trusted)
        )
        send_messages(dead_letters, self._role)

    def every(self, interval: timedelta, function: lambda_.IFunction, *, verb: str) -> str:
        """Invoke `function` at that interval; returns the schedule's name."""
        name = f"{self._name}-{verb}"
        allow(self._role, "lambda:InvokeFunction", on=[function.function_arn])
        schedule = scheduler.CfnSchedule(
            self,
            verb,
            name=name,
            group_name=self._name,
            schedule_expression=rate(interval),
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=function.function_arn,
                role_arn=self._role.role_arn,
                input=INPUT,
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_retry_attempts=RETRIES, maximum_event_age_in_seconds=EVENT_AGE_SECONDS
                ),
                dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(arn=self._dead_letters.queue_arn),
            ),
        )
        schedule.node.add_dependency(self._group)
        schedule.node.add_dependency(self._role)
        return name


def rate(interval: timedelta) -> str:
    """An interval of whole minutes, as the Scheduler counts.

    >>> rate(timedelta(days=1)), rate(timedelta(minutes=1))
    ('rate(1440 minutes)', 'rate(1 minute)')
    """
    minutes = interval // timedelta(minutes=1)
    return f"rate({minutes} minute{'s' if minutes > 1 else ''})"
