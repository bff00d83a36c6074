from __future__ import annotations

import json
from typing import Any

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

    assert len(shared) == 7
    assert all("aws:SourceAccount" in trust["Condition"]["StringEquals"] for trust in shared)


def test_the_api_may_call_a_function_only_through_its_own_methods(local: Synthesis) -> None:
    permissions = local.properties("Lambda::Permission")

    assert len(permissions) == 4
    assert all("SourceArn" in permission for permission in permissions)
