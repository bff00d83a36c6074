"""What checkov finds and why it stays: each check with the resources that it may find, and a reason for a reviewer.

cdk-nag's findings are acknowledged in `stacks/acknowledgements.py`. Everything else that either finds is an error.
"""

from __future__ import annotations

from dataclasses import dataclass

# Called by API Gateway or by a state machine, which wait for the answer; every other function has a dead-letter queue.
WAITED_FOR = (
    "predict", "acceptfeedback",
    "startrun", "validatedata", "judgemodel", "registermodel", "recordrun",
    "profileobjects", "mergeprofiles",
    "startrelease", "smoketest", "advancerelease", "finishrelease",
)  # fmt: skip


@dataclass(frozen=True)
class Acknowledged:
    """One check, the beginnings of the resources that it may find, and why that is right."""

    check: str
    resources: tuple[str, ...]
    reason: str

    def covers(self, check: str, resource: str) -> bool:
        """Whether a finding is this one."""
        return check == self.check and resource.startswith(self.resources)


FUNCTION = "AWS::Lambda::Function.Functions"
STAGE = "AWS::ApiGateway::Stage.Api"
ACKNOWLEDGED = (
    Acknowledged(
        "CKV_AWS_115",  # a function without reserved concurrency
        (FUNCTION,),
        "A new account may run ten functions at once and can reserve none of them. Every function is idempotent, and "
        "what could run away is bounded where it starts: the API by its usage plan, runs and releases by their locks.",
    ),
    Acknowledged(
        "CKV_AWS_116",  # a function without a dead-letter queue
        tuple(f"{FUNCTION}{name}" for name in WAITED_FOR),
        "A dead-letter queue takes asynchronous events; the callers of these wait for the answer and see the error.",
    ),
    Acknowledged(
        "CKV_AWS_117",  # a function outside a VPC
        (FUNCTION,),
        "They call AWS APIs only, over TLS and under least privilege; there is nothing private to reach. Containers, "
        "which run models, have no network at all.",
    ),
    Acknowledged(
        "CKV_AWS_73",  # a stage without X-Ray
        (STAGE,),
        "Every request leaves an access log line and an audit line under one request id; a trace would sample them.",
    ),
    Acknowledged(
        "CKV_AWS_120",  # a stage without a cache
        (STAGE,),
        "An answer from a cache would be another request's prediction, or a champion that has been rolled back.",
    ),
    Acknowledged(
        "CKV_AWS_18",  # a bucket without access logs
        ("AWS::S3::Bucket.AccessLogs",),
        "It is the bucket of the access logs; logging itself into itself would never end.",
    ),
    Acknowledged(
        "CKV_DOCKER_2",  # an image without HEALTHCHECK
        ("Dockerfile.",),
        "SageMaker asks GET /ping itself and reads no HEALTHCHECK; jobs have nothing to ask.",
    ),
    Acknowledged(
        "CKV_DOCKER_3",  # an image without a user
        ("Dockerfile.",),
        "SageMaker mounts /opt/ml for root. The container is alone on its instance, without a network or credentials.",
    ),
)
