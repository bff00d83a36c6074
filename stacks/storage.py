"""What must outlive every release: keys, buckets, tables."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from evergreen.project import Project
from stacks.constructs.keys import DataKey, SigningKey
from stacks.constructs.naming import add_outputs

# Captured requests are raw inputs of people: kept as long as a slow label may need to find its prediction.
CAPTURE_DAYS = 180
# Training sets are derived: a run that needs them again makes them again.
PREPARED_DAYS = 30
# A fetched batch is parts of a version soon after it landed; a refused one can be retried as long.
FETCHED_DAYS = 30
# A noncurrent version is an overwritten branch pointer or a mistake being undone.
NONCURRENT_DAYS = 90
ACCESS_LOG_DAYS = 365


class Storage(cdk.Stack):
    """The stateful stack: retained and protected from termination where the project protects its data."""

    def __init__(self, scope: Construct, id_: str, *, project: Project, **kwargs: Any) -> None:
        super().__init__(scope, id_, termination_protection=project.protect_data, **kwargs)
        self._removal = cdk.RemovalPolicy.RETAIN if project.protect_data else cdk.RemovalPolicy.DESTROY

        self.data_key = DataKey(self, "DataKey", removal_policy=self._removal)
        self.signing_key = SigningKey(self, "SigningKey", removal_policy=self._removal)
        self._access_logs = self._access_log_bucket()
        fetched = f"landing/{project.data.dataset}/fetch-"
        self.data_bucket = self._bucket(
            "DataBucket", expire={"capture/": CAPTURE_DAYS, "captured/": CAPTURE_DAYS, fetched: FETCHED_DAYS}
        )
        _announce_objects(self.data_bucket)
        self.artifact_bucket = self._bucket(
            "ArtifactBucket", expire={"prepared/": PREPARED_DAYS, "heldout/": PREPARED_DAYS}
        )
        self.ledger = self._table("Ledger", protect=project.protect_data)
        self.state = self._table("State", protect=project.protect_data)
        _append_only(self.ledger)

        add_outputs(
            self,
            DataBucket=self.data_bucket.bucket_name,
            ArtifactBucket=self.artifact_bucket.bucket_name,
            LedgerTable=self.ledger.table_name,
            StateTable=self.state.table_name,
            DataKeyArn=self.data_key.key_arn,
            SigningKeyArn=self.signing_key.key_arn,
        )

    def _access_log_bucket(self) -> s3.Bucket:
        """S3 writes access logs only to a bucket under its own key (SSE-S3)."""
        return s3.Bucket(
            self,
            "AccessLogs",
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            versioned=True,
            lifecycle_rules=[
                s3.LifecycleRule(
                    expiration=cdk.Duration.days(ACCESS_LOG_DAYS),
                    noncurrent_version_expiration=cdk.Duration.days(NONCURRENT_DAYS),
                )
            ],
            removal_policy=self._removal,
        )

    def _bucket(self, id_: str, *, expire: dict[str, int]) -> s3.Bucket:
        rules = [s3.LifecycleRule(prefix=prefix, expiration=cdk.Duration.days(days)) for prefix, days in expire.items()]
        tidy = s3.LifecycleRule(
            noncurrent_version_expiration=cdk.Duration.days(NONCURRENT_DAYS),
            abort_incomplete_multipart_upload_after=cdk.Duration.days(1),
        )
        return s3.Bucket(
            self,
            id_,
            versioned=True,
            encryption=s3.BucketEncryption.KMS,
            encryption_key=self.data_key,
            bucket_key_enabled=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            server_access_logs_bucket=self._access_logs,
            server_access_logs_prefix=f"{id_}/",
            lifecycle_rules=[*rules, tidy],
            removal_policy=self._removal,
        )

    def _table(self, id_: str, *, protect: bool) -> dynamodb.Table:
        return dynamodb.Table(
            self,
            id_,
            partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="sk", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=self.data_key,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=protect,
            removal_policy=self._removal,
        )


def _announce_objects(bucket: s3.Bucket) -> None:
    """Send events to EventBridge; the CDK's own property would deploy a function for what one property says."""
    resource = bucket.node.default_child
    assert isinstance(resource, s3.CfnBucket)
    resource.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
        event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(event_bridge_enabled=True)
    )


def _append_only(table: dynamodb.Table) -> None:
    """Nobody, whatever their own policy says, changes or deletes an entry."""
    table.add_to_resource_policy(
        iam.PolicyStatement(
            effect=iam.Effect.DENY,
            principals=[iam.AnyPrincipal()],
            actions=[
                "dynamodb:UpdateItem",
                "dynamodb:DeleteItem",
                "dynamodb:BatchWriteItem",
                "dynamodb:PartiQLUpdate",
                "dynamodb:PartiQLDelete",
            ],
            resources=["*"],
        )
    )
