"""The HTTPS API: keys, a usage plan, an access log, and one error format for what never reaches a function."""

from __future__ import annotations

import json

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from evergreen.project.schema import Quota
from stacks.constructs.function import LOG_RETENTION

STAGE = "v1"
# What API Gateway answers by itself: type → (status, title). A default has whichever status the gateway gives.
REFUSALS = {
    "BAD_REQUEST_BODY": (400, "Bad Request"),
    "BAD_REQUEST_PARAMETERS": (400, "Bad Request"),
    "INVALID_API_KEY": (403, "Forbidden"),
    "ACCESS_DENIED": (403, "Forbidden"),
    "MISSING_AUTHENTICATION_TOKEN": (404, "Not Found"),
    "REQUEST_TOO_LARGE": (413, "Content Too Large"),
    "UNSUPPORTED_MEDIA_TYPE": (415, "Unsupported Media Type"),
    "THROTTLED": (429, "Too Many Requests"),
    "QUOTA_EXCEEDED": (429, "Too Many Requests"),
    "INTEGRATION_FAILURE": (502, "Bad Gateway"),
    "INTEGRATION_TIMEOUT": (504, "Gateway Timeout"),
}
DEFAULTS = {"DEFAULT_4XX": "Request Refused", "DEFAULT_5XX": "Internal Server Error"}


class PredictionApi(apigateway.RestApi):
    """POST /predict, POST /feedback, GET /model, GET /health; every method needs a key."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        quota: Quota,
        predict: lambda_.IFunction,
        feedback: lambda_.IFunction,
        key: kms.IKey,
    ) -> None:
        super().__init__(
            scope,
            id_,
            rest_api_name=name,
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            cloud_watch_role=True,
            cloud_watch_role_removal_policy=cdk.RemovalPolicy.RETAIN,
            deploy_options=_stage(_access_log(scope, name=name, key=key), quota),
        )
        for type_, (status, title) in REFUSALS.items():
            self._refusal(type_, title, status)
        for type_, title in DEFAULTS.items():
            self._refusal(type_, title, None)
        self._routes(predict, feedback)
        self.api_key_for_clients = self._plan(f"{name}-key", quota)

    def _routes(self, predict: lambda_.IFunction, feedback: lambda_.IFunction) -> None:
        asks = apigateway.LambdaIntegration(predict, allow_test_invoke=False)
        tells = apigateway.LambdaIntegration(feedback, allow_test_invoke=False)
        body = self.add_model(
            "Body",
            content_type="application/json",
            schema=apigateway.JsonSchema(
                schema=apigateway.JsonSchemaVersion.DRAFT4, type=apigateway.JsonSchemaType.OBJECT
            ),
        )
        validator = self.add_request_validator(
            "Validator", validate_request_body=True, validate_request_parameters=True
        )
        for path, method, integration in (
            ("predict", "POST", asks),
            ("feedback", "POST", tells),
            ("model", "GET", asks),
            ("health", "GET", asks),
        ):
            self.root.add_resource(path).add_method(
                method,
                integration,
                api_key_required=True,
                request_validator=validator,
                request_models={"application/json": body} if method == "POST" else None,
            )

    def _plan(self, key_name: str, quota: Quota) -> apigateway.IApiKey:
        plan = self.add_usage_plan(
            "Plan",
            throttle=apigateway.ThrottleSettings(rate_limit=quota.per_second, burst_limit=quota.burst),
            quota=apigateway.QuotaSettings(limit=quota.per_day, period=apigateway.Period.DAY),
        )
        plan.add_api_stage(stage=self.deployment_stage)
        key = self.add_api_key("Key", api_key_name=key_name)
        plan.add_api_key(key)
        return key

    def _refusal(self, type_: str, title: str, status: int | None) -> None:
        """RFC 9457, like the functions' own answers. The gateway's message is JSON text already, quotes included."""
        problem: dict[str, str | int] = {"type": "about:blank", "title": title, "instance": "$context.requestId"}
        if status is not None:
            problem["status"] = status
        template = json.dumps(problem)[:-1] + ', "detail": $context.error.messageString}'
        self.add_gateway_response(
            type_,
            type=apigateway.ResponseType.of(type_),
            status_code=str(status) if status else None,
            response_headers={"Content-Type": "'application/problem+json'"},
            templates={"application/json": template},
        )


def _access_log(scope: Construct, *, name: str, key: kms.IKey) -> logs.LogGroup:
    return logs.LogGroup(
        scope,
        "AccessLog",
        log_group_name=f"/aws/apigateway/{name}",
        retention=LOG_RETENTION,
        encryption_key=key,
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )


def _stage(access_log: logs.ILogGroup, quota: Quota) -> apigateway.StageOptions:
    """Errors are logged without bodies: requests are people's data."""
    return apigateway.StageOptions(
        stage_name=STAGE,
        throttling_rate_limit=quota.per_second,
        throttling_burst_limit=quota.burst,
        metrics_enabled=True,
        logging_level=apigateway.MethodLoggingLevel.ERROR,
        data_trace_enabled=False,
        access_log_destination=apigateway.LogGroupLogDestination(access_log),
        access_log_format=apigateway.AccessLogFormat.json_with_standard_fields(
            caller=False,
            http_method=True,
            ip=False,
            protocol=True,
            request_time=True,
            resource_path=True,
            response_length=True,
            status=True,
            user=False,
        ),
    )
