from __future__ import annotations

import json
from typing import Any

import pytest

from tests.stacks.synthesis import Synthesis, listed

# Actions that have no resource in IAM.
WITHOUT_RESOURCE = {
    "cloudwatch:GetMetricData",
    "cloudwatch:PutMetricData",
    "ecr:GetAuthorizationToken",
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
}


def every_statement(synthesis: Synthesis) -> list[dict[str, Any]]:
    policies = synthesis.properties("IAM::Policy")
    return [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]


def objects_readable_by(synthesis: Synthesis, role: str) -> str:
    readable = [s["Resource"] for s in synthesis.statements(role) if "s3:GetObject" in listed(s["Action"])]
    return json.dumps(readable)


def test_no_action_is_a_wildcard(local: Synthesis) -> None:
    actions = {action for statement in every_statement(local) for action in listed(statement["Action"])}

    assert not [action for action in actions if "*" in action]


def test_a_bare_star_stands_only_where_an_action_has_no_resource(local: Synthesis) -> None:
    starred = [statement for statement in every_statement(local) if statement["Resource"] == "*"]

    actions = {action for statement in starred for action in listed(statement["Action"])}

    assert actions <= WITHOUT_RESOURCE


def test_the_trainer_cannot_read_what_its_model_will_be_judged_on(local: Synthesis) -> None:
    readable = objects_readable_by(local, "TrainRole")

    assert "/prepared/*" in readable
    assert "heldout" not in readable


def test_only_the_evaluation_reads_held_out_rows(local: Synthesis) -> None:
    readers = [role for role in local.resources("IAM::Role") if "heldout" in objects_readable_by(local, role)]

    assert [role.removesuffix(role[-8:]) for role in readers] == ["EvaluateRole"]


def test_endpoints_read_models_and_write_capture_and_nothing_else(local: Synthesis) -> None:
    written = [s["Resource"] for s in local.statements("ModelRole") if "s3:PutObject" in listed(s["Action"])]

    assert "/models/*" in objects_readable_by(local, "ModelRole")
    assert json.dumps(written).count("/*") == 1
    assert "/capture/*" in json.dumps(written)


def test_roles_are_passed_to_sagemaker_only(local: Synthesis) -> None:
    passing = [s for s in every_statement(local) if "iam:PassRole" in listed(s["Action"])]

    assert len(passing) == 2
    for statement in passing:
        assert statement["Condition"] == {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
        assert "*" not in json.dumps(statement["Resource"])


def test_services_take_roles_only_for_this_account(local: Synthesis) -> None:
    trusts = [role["AssumeRolePolicyDocument"]["Statement"][0] for role in local.properties("IAM::Role")]

    alone = ("lambda.amazonaws.com", "apigateway.amazonaws.com")
    shared = [trust for trust in trusts if trust["Principal"]["Service"] not in alone]

    assert len(shared) == 9
    assert all("aws:SourceAccount" in trust["Condition"]["StringEquals"] for trust in shared)


def test_the_api_may_call_a_function_only_through_its_own_methods(local: Synthesis) -> None:
    permissions = local.properties("Lambda::Permission")

    assert len(permissions) == 5  # four methods, and the rule that hears of landing batches
    assert all("SourceArn" in permission for permission in permissions)


SAGEMAKER = {
    "cloudwatch:PutMetricData",
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:GetAuthorizationToken",
    "ecr:GetDownloadUrlForLayer",
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:GenerateDataKey",
    "logs:CreateLogGroup",
    "logs:CreateLogStream",
    "logs:DescribeLogStreams",
    "logs:PutLogEvents",
    "s3:AbortMultipartUpload",
    "s3:GetObject",
    "s3:ListBucket",
    "s3:PutObject",
}
RULES = {"events:DescribeRule", "events:PutRule", "events:PutTargets"}
LOG_DELIVERY = {action for action in WITHOUT_RESOURCE if action.startswith("logs:")}
# What is not a function's (`tests/lambdas/test_permissions.py`): role → all that it may do.
ROLES = {
    **dict.fromkeys(("PrepareRole", "TrainRole", "EvaluateRole", "ModelRole"), SAGEMAKER),
    "SchedulesRole": {"lambda:InvokeFunction", "sqs:SendMessage", "kms:Decrypt", "kms:GenerateDataKey"},
    "ReleaseMachineRole": {"lambda:InvokeFunction", "sagemaker:DescribeEndpoint", *LOG_DELIVERY},
    "ProfileMachineRole": {
        "lambda:InvokeFunction",
        *(f"states:{verb}Execution" for verb in ("Start", "Describe", "Stop")),
        "s3:GetObject",
        "kms:Decrypt",
        *LOG_DELIVERY,
    },
    "TrainingMachineRole": {
        "lambda:InvokeFunction",
        "iam:PassRole",
        *(f"sagemaker:{verb}{job}Job" for verb in ("Create", "Describe", "Stop") for job in ("Training", "Processing")),
        "sagemaker:AddTags",
        "sagemaker:ListTags",
        *(f"states:{verb}Execution" for verb in ("Start", "Describe", "Stop")),
        *RULES,
        *LOG_DELIVERY,
    },
}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_that_a_service_takes_on_may_do_what_that_service_documents(local: Synthesis, role: str) -> None:
    allowed = {action for statement in local.statements(role) for action in listed(statement["Action"])}

    assert allowed == ROLES[role]


def test_sagemaker_lists_only_below_the_prefixes_that_it_brings_in(local: Synthesis) -> None:
    for role in ("PrepareRole", "TrainRole", "EvaluateRole", "ModelRole"):
        for statement in local.statements(role):
            if "s3:ListBucket" in listed(statement["Action"]):
                assert set(statement["Condition"]) == {"StringLike"}


def test_alarms_may_use_the_key_for_topics_and_nothing_else(local: Synthesis) -> None:
    policies = [key["KeyPolicy"]["Statement"] for key in local.properties("KMS::Key")]
    alarms = [s for policy in policies for s in policy if "cloudwatch.amazonaws.com" in str(s["Principal"])]

    assert len(alarms) == 1
    assert list(alarms[0]["Condition"]) == ["ArnLike"]
    assert list(alarms[0]["Condition"]["ArnLike"]) == ["kms:EncryptionContext:aws:sns:topicArn"]
