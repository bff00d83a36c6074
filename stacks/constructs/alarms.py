"""Alarms that send to one topic."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

PERIOD = cdk.Duration.minutes(5)
# One failed call in five minutes may be chance; three are somebody's problem.
SEVERAL = 3


class AlertTopic(sns.Topic):
    """Where alerts go: encrypted, TLS only, with the project's addresses subscribed."""

    def __init__(self, scope: Construct, id_: str, *, name: str, key: kms.IKey, emails: list[str]) -> None:
        super().__init__(scope, id_, topic_name=name, master_key=key, enforce_ssl=True)
        for number, email in enumerate(emails):
            sns.Subscription(
                self, f"Email{number}", topic=self, endpoint=email, protocol=sns.SubscriptionProtocol.EMAIL
            )
        self.add_to_resource_policy(_alarms_publish(self))


class Alarms(Construct):
    """Alarms of one deployment. Missing data is no alarm: nothing happened."""

    def __init__(self, scope: Construct, id_: str, *, name: str, topic: sns.ITopic) -> None:
        super().__init__(scope, id_)
        self._name = name
        self._action = actions.SnsAction(topic)

    def at_least(self, threshold: float, metric: cloudwatch.IMetric, *, id_: str, says: str) -> cloudwatch.Alarm:
        """In alarm while the metric's five-minute value is `threshold` or more."""
        alarm = cloudwatch.Alarm(
            self,
            id_,
            alarm_name=f"{self._name}-{id_}",
            alarm_description=says,
            metric=metric,
            threshold=threshold,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(self._action)
        return alarm


def own_metric(name: str, *, deployment: str, statistic: str = "Sum", **dimensions: str) -> cloudwatch.Metric:
    """A metric that our functions write."""
    return cloudwatch.Metric(
        namespace="Evergreen",
        metric_name=name,
        dimensions_map={"deployment": deployment, **dimensions},
        statistic=statistic,
        period=PERIOD,
    )


def model_errors(deployment: str) -> cloudwatch.MathExpression:
    """Errors of all endpoints together: their names change with every release, so the alarm asks by query."""
    source = 'SCHEMA("Evergreen", deployment, endpoint)'
    query = f"SELECT SUM(Errors) FROM {source} WHERE deployment = '{deployment}'"  # noqa: S608 - a metrics query
    return cloudwatch.MathExpression(expression=query, using_metrics={}, label="Model errors", period=PERIOD)


def _alarms_publish(topic: sns.Topic) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
        actions=["sns:Publish"],
        resources=[topic.topic_arn],
        conditions={"StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID}},
    )
