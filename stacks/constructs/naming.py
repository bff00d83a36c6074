"""Names and outputs that other parts of Evergreen look things up by."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct

from evergreen.project import Project


def deployment_name(project: Project) -> str:
    """What the names of this deployment's resources begin with."""
    return f"{project.project}-{project.stage}"


def add_outputs(stack: cdk.Stack, **values: str) -> None:
    """Stack outputs under exactly these names: `evergreen.aws.deployment` reads them."""
    scope = Construct(stack, "Outputs")
    for name, value in values.items():
        cdk.CfnOutput(scope, name, value=value).override_logical_id(name)
