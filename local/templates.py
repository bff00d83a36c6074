"""CloudFormation types that ministack lacks: the model package group, and a list of types that do nothing locally."""

from __future__ import annotations

import contextlib
from typing import Any

from ministack.services.cloudformation import provisioners

from local.sagemaker.errors import SageMakerError
from local.sagemaker.service import SageMaker

Created = tuple[str, dict[str, Any]]

# Each is operations or money, which nothing in the embedded cloud acts on. A type in neither table fails its stack.
# So is an AWS::CloudWatch::Alarm on metric math, which ministack does not evaluate.
NO_OPS = (
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    "AWS::Budgets::Budget",
    "AWS::CloudTrail::Trail",
    "AWS::CloudWatch::AnomalyDetector",
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::SNS::TopicInlinePolicy",
    "AWS::StepFunctions::StateMachineAlias",
    "AWS::StepFunctions::StateMachineVersion",
    "AWS::WAFv2::LoggingConfiguration",
    "AWS::WAFv2::WebACLAssociation",
    "AWS::XRay::Group",
)


def install(service: SageMaker) -> None:
    """Register the types; the names are those of CloudFormation."""
    handlers = provisioners._RESOURCE_HANDLERS
    handlers["AWS::SageMaker::ModelPackageGroup"] = _model_package_group(service)
    handlers["AWS::CloudWatch::Alarm"] = _alarm(handlers["AWS::CloudWatch::Alarm"])
    for name in NO_OPS:
        handlers.setdefault(name, {"create": _pretend, "update": _keep, "delete": _forget})


def _model_package_group(service: SageMaker) -> dict[str, Any]:
    members = ("ModelPackageGroupName", "ModelPackageGroupDescription", "Tags")

    def create(logical_id: str, properties: dict[str, Any], stack: str) -> Created:
        request = {name: properties[name] for name in members if name in properties}
        request.setdefault("ModelPackageGroupName", f"{stack}-{logical_id}"[:63])
        arn = service.call("CreateModelPackageGroup", request)["ModelPackageGroupArn"]
        return arn, {"ModelPackageGroupArn": arn, "ModelPackageGroupStatus": "Completed"}

    def update(arn: str, old: dict[str, Any], new: dict[str, Any], stack: str) -> Created:
        if old.get("ModelPackageGroupName") != new.get("ModelPackageGroupName"):
            return create("Renamed", new, stack)
        return arn, {"ModelPackageGroupArn": arn, "ModelPackageGroupStatus": "Completed"}

    def delete(arn: str, _properties: dict[str, Any]) -> None:
        with contextlib.suppress(SageMakerError):
            service.call("DeleteModelPackageGroup", {"ModelPackageGroupName": arn})

    return {"create": create, "update": update, "delete": delete}


def _alarm(metric: dict[str, Any]) -> dict[str, Any]:
    """An alarm on metric math or on a metrics query does nothing here; any other is ministack's own."""

    def create(logical_id: str, properties: dict[str, Any], stack: str) -> Created:
        made: Created = (_pretend if "Metrics" in properties else metric["create"])(logical_id, properties, stack)
        return made

    def update(name: str, old: dict[str, Any], new: dict[str, Any], stack: str, logical_id: str) -> Created:
        if "Metrics" in new:
            return _keep(name, old, new, stack)
        made: Created = metric["update"](name, old, new, stack, logical_id)
        return made

    def delete(name: str, properties: dict[str, Any]) -> None:
        if "Metrics" not in properties:
            metric["delete"](name, properties)

    return {**metric, "create": create, "update": update, "delete": delete}


def _pretend(logical_id: str, _properties: dict[str, Any], stack: str) -> Created:
    name = f"{stack}-{logical_id}"
    return name, {"Arn": f"arn:aws:local:::no-op/{name}", "Id": name}


def _keep(name: str, _old: dict[str, Any], _new: dict[str, Any], _stack: str) -> Created:
    return name, {"Arn": f"arn:aws:local:::no-op/{name}", "Id": name}


def _forget(_name: str, _properties: dict[str, Any]) -> None:
    return None
