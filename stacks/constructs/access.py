"""Grants that the CDK has only in wider forms (`s3:GetObject*`, `kms:GenerateDataKey*`), narrowed to what is used."""

from __future__ import annotations

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs

GET, QUERY, PUT, DELETE = (f"dynamodb:{action}" for action in ("GetItem", "Query", "PutItem", "DeleteItem"))


def allow(
    grantee: iam.IGrantable, *actions: str, on: list[str], when: dict[str, dict[str, object]] | None = None
) -> None:
    """One statement on the grantee's own policy."""
    iam.Grant.add_to_principal(grantee=grantee, actions=list(actions), resource_arns=on, conditions=when)


def read_objects(bucket: s3.IBucket, reader: iam.IGrantable, *prefixes: str) -> None:
    """Read and list under prefixes (listing makes a missing object a 404 instead of a 403)."""
    arn = bucket.bucket_arn
    allow(reader, "s3:GetObject", on=[f"{arn}/{prefix}*" for prefix in prefixes])
    allow(
        reader,
        "s3:ListBucket",
        on=[arn],
        when={"StringLike": {"s3:prefix": [f"{prefix}*" for prefix in prefixes]}},
    )
    _use_key(bucket.encryption_key, reader, "kms:Decrypt")


def write_objects(bucket: s3.IBucket, writer: iam.IGrantable, *prefixes: str) -> None:
    """Put objects under prefixes; large ones arrive in parts, which may have to be abandoned."""
    arn = bucket.bucket_arn
    allow(writer, "s3:PutObject", "s3:AbortMultipartUpload", on=[f"{arn}/{prefix}*" for prefix in prefixes])
    _use_key(bucket.encryption_key, writer, "kms:Decrypt", "kms:GenerateDataKey")


def use_table(table: dynamodb.ITable, user: iam.IGrantable, *actions: str) -> None:
    """Item actions on a table, with its key."""
    allow(user, *actions, on=[table.table_arn])
    _use_key(table.encryption_key, user, "kms:Decrypt", "kms:GenerateDataKey")


def send_messages(queue: sqs.IQueue, sender: iam.IGrantable) -> None:
    """Put what could not be delivered into an encrypted queue."""
    allow(sender, "sqs:SendMessage", on=[queue.queue_arn])
    _use_key(queue.encryption_master_key, sender, "kms:Decrypt", "kms:GenerateDataKey")


def use_volume_key(key: kms.IKey, user: iam.IGrantable) -> None:
    """Let SageMaker encrypt the volumes of jobs and endpoints for this role."""
    _use_key(key, user, "kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey")
    allow(user, "kms:CreateGrant", on=[key.key_arn], when={"Bool": {"kms:GrantIsForAWSResource": "true"}})


def _use_key(key: kms.IKey | None, user: iam.IGrantable, *actions: str) -> None:
    if key is not None:
        allow(user, *actions, on=[key.key_arn])
