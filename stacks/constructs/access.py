"""Grants that the CDK has only in wider forms (`s3:GetObject*`, `kms:GenerateDataKey*`), narrowed to what is used."""

from __future__ import annotations

from collections.abc import Sequence

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
    """Read and list under prefixes, for functions: a missing object is a 404 to them, and not a 403.

    S3 says 404 only to who may list the bucket, and asks that without a prefix: hence `IfExists`, which also lets
    the reader list the bucket's keys (never their content).
    """
    _read(bucket, reader, prefixes, condition="StringLikeIfExists")


def write_objects(bucket: s3.IBucket, writer: iam.IGrantable, *prefixes: str) -> None:
    """Put objects under prefixes, each in one request, which never reads the key."""
    allow(writer, "s3:PutObject", on=[f"{bucket.bucket_arn}/{prefix}*" for prefix in prefixes])
    _use_key(bucket.encryption_key, writer, "kms:GenerateDataKey")


def download_objects(bucket: s3.IBucket, reader: iam.IGrantable, *prefixes: str) -> None:
    """What SageMaker needs to bring prefixes into a container: it lists below each, and nowhere else."""
    _read(bucket, reader, prefixes, condition="StringLike")


def upload_objects(bucket: s3.IBucket, writer: iam.IGrantable, *prefixes: str) -> None:
    """What SageMaker needs to store a container's output: large files arrive in parts, whose key is read again."""
    arn = bucket.bucket_arn
    allow(writer, "s3:PutObject", "s3:AbortMultipartUpload", on=[f"{arn}/{prefix}*" for prefix in prefixes])
    _use_key(bucket.encryption_key, writer, "kms:Decrypt", "kms:GenerateDataKey")


def use_table(table: dynamodb.ITable, user: iam.IGrantable, *actions: str) -> None:
    """Item actions on a table, with its key: DynamoDB opens the table's own key in its caller's name."""
    allow(user, *actions, on=[table.table_arn])
    _use_key(table.encryption_key, user, "kms:Decrypt")


def send_messages(queue: sqs.IQueue, sender: iam.IGrantable) -> None:
    """Put what could not be delivered into an encrypted queue."""
    allow(sender, "sqs:SendMessage", on=[queue.queue_arn])
    _use_key(queue.encryption_master_key, sender, "kms:Decrypt", "kms:GenerateDataKey")


def use_volume_key(key: kms.IKey, user: iam.IGrantable) -> None:
    """Let SageMaker encrypt the volumes of jobs and endpoints for this role."""
    _use_key(key, user, "kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey")
    hand_on_key(key, user)


def hand_on_key(key: kms.IKey, user: iam.IGrantable) -> None:
    """Let an AWS service, and nobody else, be granted the key in this user's name."""
    allow(user, "kms:CreateGrant", on=[key.key_arn], when={"Bool": {"kms:GrantIsForAWSResource": "true"}})


def _read(bucket: s3.IBucket, reader: iam.IGrantable, prefixes: Sequence[str], *, condition: str) -> None:
    arn = bucket.bucket_arn
    allow(reader, "s3:GetObject", on=[f"{arn}/{prefix}*" for prefix in prefixes])
    below: dict[str, object] = {"s3:prefix": [f"{prefix}*" for prefix in prefixes]}
    allow(reader, "s3:ListBucket", on=[arn], when={condition: below})
    _use_key(bucket.encryption_key, reader, "kms:Decrypt")


def _use_key(key: kms.IKey | None, user: iam.IGrantable, *actions: str) -> None:
    if key is not None:
        allow(user, *actions, on=[key.key_arn])
