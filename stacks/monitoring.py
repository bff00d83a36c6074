"""Measures what runs, alarms on it, and decides on retraining. May break without hurting serving."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from evergreen.project import Project
from stacks.constructs.access import GET, PUT, QUERY, allow, read_objects, use_table, write_objects
from stacks.constructs.alarms import SEVERAL, Alarms, AlertTopic, model_errors, own_metric
from stacks.constructs.dashboard import Dashboard
from stacks.constructs.function import Functions
from stacks.constructs.naming import add_outputs, deployment_name
from stacks.constructs.schedule import Schedules
from stacks.pipeline import Pipeline
from stacks.serving import Serving
from stacks.storage import Storage


class Monitoring(cdk.Stack):
    """The monitors, their schedules, the alarms and the dashboard."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        project: Project,
        storage: Storage,
        serving: Serving,
        pipeline: Pipeline,
        **kwargs: Any,
    ) -> None:
        super().__init__(scope, id_, **kwargs)
        self._name = deployment_name(project)
        self._storage = storage
        self._dead_letters = self._dead_letter_queue()
        variables = self._variables(pipeline)
        functions = Functions(self, "Functions", project=project, key=storage.data_key, variables=variables)
        self.detect_drift = self._add_monitor(functions, "detect_drift", "capture/", "captured/")
        self.measure_quality = self._add_monitor(functions, "measure_quality", "capture/", "captured/", "truth/")
        self.decide_retraining = self._add_decide_retraining(functions, pipeline)
        self.topic = AlertTopic(
            self, "Alerts", name=f"{self._name}-alerts", key=storage.data_key, emails=project.alerts.send_to.email
        )
        schedules = Schedules(self, "Schedules", name=self._name, dead_letters=self._dead_letters)
        self._add_alarms(serving, pipeline)
        Dashboard(self, "Dashboard", name=self._name, serving=serving, pipeline=pipeline)
        add_outputs(
            self,
            DetectDriftFunction=self.detect_drift.function_name,
            MeasureQualityFunction=self.measure_quality.function_name,
            DecideRetrainingFunction=self.decide_retraining.function_name,
            DetectDriftSchedule=schedules.every(project.monitoring.drift.every, self.detect_drift, verb="detect_drift"),
            MeasureQualitySchedule=schedules.every(
                project.monitoring.quality.every, self.measure_quality, verb="measure_quality"
            ),
            DecideRetrainingSchedule=schedules.every(
                project.retraining.every, self.decide_retraining, verb="decide_retraining"
            ),
            AlertTopicArn=self.topic.topic_arn,
        )

    def _variables(self, pipeline: Pipeline) -> dict[str, str]:
        return {
            "DATA_BUCKET": self._storage.data_bucket.bucket_name,
            "ARTIFACT_BUCKET": self._storage.artifact_bucket.bucket_name,
            "LEDGER_TABLE": self._storage.ledger.table_name,
            "STATE_TABLE": self._storage.state.table_name,
            "TRAINING_MACHINE_ARN": pipeline.training_machine.state_machine_arn,
        }

    def _dead_letter_queue(self) -> sqs.Queue:
        return sqs.Queue(
            self,
            "DeadLetters",
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=self._storage.data_key,
            enforce_ssl=True,
            retention_period=cdk.Duration.days(14),
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )

    def _add_monitor(self, functions: Functions, name: str, *prefixes: str) -> lambda_.Function:
        """Two at once may collect the same capture: rows are told apart when they are read."""
        monitor = functions.add(
            name,
            layers=["base", "tables", "project"],
            reads=["DATA_BUCKET", "ARTIFACT_BUCKET", "STATE_TABLE", "LEDGER_TABLE", "DEPLOYMENT"],
            timeout=cdk.Duration.minutes(5),
            memory=2048,
            dead_letters=self._dead_letters,
        )
        read_objects(self._storage.data_bucket, monitor, *prefixes)
        write_objects(self._storage.data_bucket, monitor, "captured/")
        read_objects(self._storage.artifact_bucket, monitor, "models/")
        use_table(self._storage.state, monitor, GET)
        use_table(self._storage.ledger, monitor, PUT)
        return monitor

    def _add_decide_retraining(self, functions: Functions, pipeline: Pipeline) -> lambda_.Function:
        """Twice the same decision starts one run: the decision's content names it, and a run holds a lock."""
        decide_retraining = functions.add(
            "decide_retraining",
            layers=["base", "project"],
            reads=["DATA_BUCKET", "STATE_TABLE", "LEDGER_TABLE", "TRAINING_MACHINE_ARN"],
            timeout=cdk.Duration.minutes(1),
            dead_letters=self._dead_letters,
        )
        read_objects(self._storage.data_bucket, decide_retraining, "datasets/")
        use_table(self._storage.state, decide_retraining, GET)
        use_table(self._storage.ledger, decide_retraining, QUERY, PUT)
        allow(decide_retraining, "states:StartExecution", on=[pipeline.training_machine.state_machine_arn])
        executions = f"arn:{self.partition}:states:{self.region}:{self.account}:execution:{self._name}-training:*"
        allow(decide_retraining, "states:DescribeExecution", on=[executions])
        return decide_retraining

    def _add_alarms(self, serving: Serving, pipeline: Pipeline) -> None:
        alarms = Alarms(self, "Alarms", name=self._name, topic=self.topic)
        alarms.at_least(SEVERAL, serving.api.metric_server_error(), id_="api-errors", says="The API answers with 5xx.")
        alarms.at_least(SEVERAL, model_errors(self._name), id_="model-errors", says="Model endpoints fail to answer.")
        for name, id_, says in (
            ("DriftBreaches", "drift-breaches", "Features have drifted from what the champion learned."),
            ("QualityBreaches", "quality-breaches", "The champion's predictions are worse than promised."),
            (
                "QuarantinedBatches",
                "quarantined-batches",
                "A landing batch was refused: evergreen data retry lists it.",
            ),
        ):
            alarms.at_least(1, own_metric(name, deployment=self._name), id_=id_, says=says)
        # Functions inside a state machine refuse on purpose; their machine's failures are the alarm.
        alone = (
            serving.predict,
            serving.accept_feedback,
            self.detect_drift,
            self.measure_quality,
            self.decide_retraining,
            *pipeline.landing_functions,
        )
        for function in alone:
            name = function.node.id
            alarms.at_least(1, function.metric_errors(), id_=f"{name}-errors", says=f"The function {name} fails.")
        for name, machine in (("training", pipeline.training_machine), ("release", serving.release_machine)):
            for way, metric in (("failed", machine.metric_failed()), ("timed-out", machine.metric_timed_out())):
                alarms.at_least(1, metric, id_=f"{name}-{way}", says=f"An execution of the {name} machine {way}.")
        alarms.at_least(
            1,
            self._dead_letters.metric_approximate_number_of_messages_visible(),
            id_="dead-letters",
            says="A scheduled measurement could not be delivered; it lies in the dead-letter queue.",
        )
        alarms.at_least(
            1,
            pipeline.landing.dead_letters.metric_approximate_number_of_messages_visible(),
            id_="landing-dead-letters",
            says="A batch could not be fetched or committed; its event lies in the landing zone's dead-letter queue.",
        )
