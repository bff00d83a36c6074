"""The landing zone: a batch's marker calls `commit_batch`; a schedule calls `fetch_batch` where there is a source."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from evergreen.project import Project
from evergreen.project.source import Source
from stacks.constructs.access import PUT, allow, read_objects, upload_objects, use_table, write_objects
from stacks.constructs.function import Functions
from stacks.constructs.schedule import Schedules
from stacks.storage import Storage

# Lambda's longest; a batch that takes longer is committed from a machine: evergreen data commit.
TIMEOUT = cdk.Duration.minutes(15)
# A batch of a fetch has at most 1 GiB; one landed by hand may be larger.
DISK = cdk.Size.gibibytes(4)


class Landing(Construct):
    """Functions, event rule and schedule, with one queue for what could not be delivered."""

    def __init__(self, scope: Construct, id_: str, *, name: str, project: Project, storage: Storage) -> None:
        super().__init__(scope, id_)
        self._name = name
        self._dataset = project.data.dataset
        self.source = project.data.source
        self._storage = storage
        self.dead_letters = _dead_letter_queue(self, storage)

    def add_commit(self, functions: Functions) -> lambda_.Function:
        """Idempotent, and safe beside itself: the branch pointer decides."""
        commit_batch = functions.add(
            "commit_batch",
            layers=["base", "tables", "project"],
            reads=["DATA_BUCKET", "LEDGER_TABLE", "DEPLOYMENT"],
            timeout=TIMEOUT,
            memory=3008,
            disk=DISK,
            dead_letters=self.dead_letters,
        )
        data = self._storage.data_bucket
        content = ("datasets/", "objects/", "profiles/", "ingests/")
        read_objects(data, commit_batch, "landing/", "quarantine/", "gc/", "files/", *content)
        write_objects(data, commit_batch, "quarantine/", "gc/", *content)  # gc/: the flag of a collection that died
        upload_objects(data, commit_batch, "files/")
        use_table(self._storage.ledger, commit_batch, PUT)
        self._listen(commit_batch)
        return commit_batch

    def add_fetch(self, functions: Functions, source: Source) -> lambda_.Function:
        """Reads the declared source, and lands what is new in it."""
        fetch_batch = functions.add(
            "fetch_batch",
            layers=["base", "sources", "project"],
            reads=["DATA_BUCKET"],
            timeout=TIMEOUT,
            memory=2048,
            disk=DISK,
            dead_letters=self.dead_letters,
        )
        data = self._storage.data_bucket
        read_objects(data, fetch_batch, "landing/", "quarantine/", "datasets/")
        upload_objects(data, fetch_batch, "landing/")
        self._open(fetch_batch, source)
        schedules = Schedules(self, "Schedules", name=f"{self._name}-data", dead_letters=self.dead_letters)
        schedules.every(source.every, fetch_batch, verb="fetch_batch")
        return fetch_batch

    def _listen(self, commit_batch: lambda_.Function) -> None:
        """A marker closes a batch of this dataset; nothing else in the bucket wakes the function."""
        key = f"landing/{self._dataset}/*/_SUCCESS"
        rule = events.Rule(
            self,
            "Landed",
            rule_name=f"{self._name}-landed",
            description="A landing batch was closed.",
            event_pattern=events.EventPattern(
                source=["aws.s3"],
                detail_type=["Object Created"],
                detail={
                    "bucket": {"name": [self._storage.data_bucket.bucket_name]},
                    "object": {"key": [{"wildcard": key}]},
                },
            ),
        )
        rule.add_target(targets.LambdaFunction(commit_batch))  # tried for a day: a late commit is as good

    def _open(self, fetch_batch: lambda_.Function, source: Source) -> None:
        stack = cdk.Stack.of(self)
        if source.secret is not None:
            name = f"arn:{stack.partition}:secretsmanager:{stack.region}:{stack.account}:secret:{source.secret}-??????"
            allow(fetch_batch, "secretsmanager:GetSecretValue", on=[name])
        if source.s3 is not None:
            bucket, _, prefix = source.s3.removeprefix("s3://").partition("/")
            arn = f"arn:{stack.partition}:s3:::{bucket}"
            allow(fetch_batch, "s3:GetObject", on=[f"{arn}/{prefix}*"])
            allow(fetch_batch, "s3:ListBucket", on=[arn], when={"StringLike": {"s3:prefix": [f"{prefix}*"]}})


def _dead_letter_queue(scope: Construct, storage: Storage) -> sqs.Queue:
    return sqs.Queue(
        scope,
        "DeadLetters",
        encryption=sqs.QueueEncryption.KMS,
        encryption_master_key=storage.data_key,
        enforce_ssl=True,
        retention_period=cdk.Duration.days(14),
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )
