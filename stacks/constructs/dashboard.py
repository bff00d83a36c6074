"""What an operator looks at first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from stacks.constructs.alarms import own_metric

if TYPE_CHECKING:
    from stacks.pipeline import Pipeline
    from stacks.serving import Serving


class Dashboard(cloudwatch.Dashboard):
    """Requests, latency, predictions and the machines, one row each."""

    def __init__(self, scope: Construct, id_: str, *, name: str, serving: Serving, pipeline: Pipeline) -> None:
        super().__init__(scope, id_, dashboard_name=name)
        api, training, release = serving.api, pipeline.training_machine, serving.release_machine
        latency = own_metric("ml_prediction_latency_seconds", deployment=name, statistic="p99")
        self.add_widgets(
            _graph("Requests and errors", api.metric_count(), api.metric_client_error(), api.metric_server_error()),
            _graph("API latency p99 (ms)", api.metric_latency(statistic="p99")),
        )
        self.add_widgets(
            _graph("Rows predicted", own_metric("ml_predictions_total", deployment=name)),
            _graph("Prediction latency p99 (s)", latency),
        )
        self.add_widgets(
            _graph("Training runs", training.metric_succeeded(), training.metric_failed()),
            _graph("Releases", release.metric_succeeded(), release.metric_failed()),
        )


def _graph(title: str, *metrics: cloudwatch.IMetric) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=12)
