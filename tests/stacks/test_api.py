from __future__ import annotations

import json
import re

from tests.stacks.synthesis import Synthesis


def test_every_method_needs_a_key(local: Synthesis) -> None:
    methods = local.properties("ApiGateway::Method")

    assert len(methods) == 4
    assert all(method["ApiKeyRequired"] for method in methods)


def test_a_post_without_a_body_never_reaches_a_function(local: Synthesis) -> None:
    posts = [method for method in local.properties("ApiGateway::Method") if method["HttpMethod"] == "POST"]
    validators = local.properties("ApiGateway::RequestValidator")

    assert [validator["ValidateRequestBody"] for validator in validators] == [True]
    assert all(list(post["RequestModels"]) == ["application/json"] for post in posts)


def test_the_usage_plan_is_the_quota_of_the_project(local: Synthesis) -> None:
    quota = local.project.serving.quota

    (plan,) = local.properties("ApiGateway::UsagePlan")

    assert plan["Throttle"] == {"RateLimit": quota.per_second, "BurstLimit": quota.burst}
    assert plan["Quota"] == {"Limit": quota.per_day, "Period": "DAY"}


def test_what_the_gateway_refuses_itself_is_a_problem_document_too(local: Synthesis) -> None:
    refusals = local.properties("ApiGateway::GatewayResponse")

    for refusal in refusals:
        text = refusal["ResponseTemplates"]["application/json"].replace("$context.error.messageString", '"a sentence"')
        problem = json.loads(text)
        assert set(problem) - {"status"} == {"type", "title", "detail", "instance"}
        assert str(problem.get("status")) == refusal.get("StatusCode", "None")
        content_type = refusal["ResponseParameters"]["gatewayresponse.header.Content-Type"]
        assert content_type == "'application/problem+json'"
    assert {"DEFAULT_4XX", "DEFAULT_5XX", "THROTTLED", "INVALID_API_KEY"} <= {r["ResponseType"] for r in refusals}


def test_the_access_log_holds_no_addresses_and_the_gateway_logs_no_bodies(local: Synthesis) -> None:
    (stage,) = local.properties("ApiGateway::Stage")

    assert not re.search("sourceIp|identity.user", stage["AccessLogSetting"]["Format"])
    assert all(not setting["DataTraceEnabled"] for setting in stage["MethodSettings"])
    assert stage["StageName"] == "v1"
