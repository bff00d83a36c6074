"""The machine that profiles a large version, its two functions, and what each may do."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from constructs import Construct

from evergreen.project import Project
from stacks.constructs.access import allow, read_objects, write_objects
from stacks.constructs.function import Functions
from stacks.constructs.machine import Machine
from stacks.constructs.naming import deployment_name
from stacks.machines.profiling import MAP, profiling_machine

# Profiles of up to 256 MiB are merged at once (evergreen/data/profiling.py); more is more than new accounts give.
MERGE_MEMORY = 3008
# More than one processor: the objects of a batch are profiled two at a time.
PROFILE_MEMORY = 3008


class ProfileMachine(Machine):
    """`profile_objects` for each batch of objects, `merge_profiles` before and after them."""

    def __init__(
        self, scope: Construct, id_: str, *, functions: Functions, project: Project, bucket: s3.IBucket, key: kms.IKey
    ) -> None:
        name = f"{deployment_name(project)}-profile"
        super().__init__(
            scope,
            id_,
            name=name,
            definition=profiling_machine(project),
            functions={
                "profile_objects": _profile_objects(functions, bucket),
                "merge_profiles": _merge_profiles(functions, bucket),
            },
            values={"data_bucket": bucket.bucket_name},
            key=key,
        )
        self._allow_map(name, bucket)

    def _allow_map(self, name: str, bucket: s3.IBucket) -> None:
        """A distributed map reads its items, and each batch is an execution of the machine itself, by name."""
        stack = cdk.Stack.of(self)
        states = f"arn:{stack.partition}:states:{stack.region}:{stack.account}"
        allow(self, "states:StartExecution", on=[f"{states}:stateMachine:{name}"])
        batches = f"{states}:execution:{name}/{MAP}:*"
        allow(self, "states:DescribeExecution", "states:StopExecution", on=[batches])
        allow(self, "s3:GetObject", on=[f"{bucket.bucket_arn}/profiles/missing/*"])
        if bucket.encryption_key is not None:
            allow(self, "kms:Decrypt", on=[bucket.encryption_key.key_arn])


def _profile_objects(functions: Functions, bucket: s3.IBucket) -> lambda_.Function:
    profile_objects = functions.add(
        "profile_objects",
        layers=["base", "tables"],
        reads=["DATA_BUCKET"],
        timeout=cdk.Duration.minutes(10),
        memory=PROFILE_MEMORY,
    )
    read_objects(bucket, profile_objects, "objects/", "profiles/")
    write_objects(bucket, profile_objects, "profiles/")
    return profile_objects


def _merge_profiles(functions: Functions, bucket: s3.IBucket) -> lambda_.Function:
    merge_profiles = functions.add(
        "merge_profiles",
        layers=["base", "tables"],
        reads=["DATA_BUCKET"],
        timeout=cdk.Duration.minutes(15),
        memory=MERGE_MEMORY,
    )
    read_objects(bucket, merge_profiles, "datasets/", "profiles/")
    write_objects(bucket, merge_profiles, "profiles/")
    return merge_profiles
