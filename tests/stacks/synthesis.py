"""A synthesized deployment as tests look at it: templates by stack, resources by type."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import app
from evergreen.project import Project
from stacks.deployment import synthesize

Resource = dict[str, Any]
STACKS = ("Storage", "Serving", "Pipeline", "Monitoring")
PROJECT = {
    "project": "churn",
    "target": {"name": "is_churned", "positive": "Yes"},
    "data": {
        "dataset": "customers",
        "source": {
            "sql": {
                "secret": "crm/customers",
                "query": "select * from customers where updated_at >= :watermark order by updated_at",
                "watermark": "updated_at",
                "first": "2013-01-01",
            },
            "every": "1h",
        },
    },
    "alerts": {"send_to": {"email": ["team@example.com"]}},
}


@dataclass(frozen=True)
class Synthesis:
    """What `app.py` wrote for one stage."""

    project: Project
    folder: Path
    templates: dict[str, dict[str, Any]]

    def resources(self, kind: str, *stacks: str) -> dict[str, Resource]:
        """Resources of a type (`Lambda::Function`) in some stacks, or in all, by logical id."""
        return {
            name: resource
            for stack in stacks or STACKS
            for name, resource in self.templates[stack]["Resources"].items()
            if resource["Type"] == f"AWS::{kind}"
        }

    def properties(self, kind: str, *stacks: str) -> list[Resource]:
        """Only their properties."""
        return [resource["Properties"] for resource in self.resources(kind, *stacks).values()]

    def functions(self) -> dict[str, Resource]:
        """Every function's properties by the name of its folder."""
        found = self.properties("Lambda::Function")
        return {function["Handler"].split(".")[1]: function for function in found}

    def machine(self, name: str) -> dict[str, Any]:
        """The definition of the `training` or `release` machine."""
        for machine in self.properties("StepFunctions::StateMachine"):
            if machine["StateMachineName"].endswith(f"-{name}"):
                definition: dict[str, Any] = json.loads(machine["DefinitionString"])
                return definition
        raise KeyError(name)

    def statements(self, role: str) -> Iterator[dict[str, Any]]:
        """Every statement of the policies of roles whose logical id begins with `role`."""
        for policy in self.properties("IAM::Policy"):
            if any(attached["Ref"].startswith(role) for attached in policy["Roles"]):
                yield from policy["PolicyDocument"]["Statement"]


def synthesize_stage(stage: str, folder: Path, **changes: Any) -> Synthesis:
    """Synthesize the test project for a stage; layers stay unbundled."""
    project = Project.model_validate({**PROJECT, "stage": stage, **changes})
    context = {**app._context([]), "aws:cdk:bundling-stacks": []}
    synthesize(project, context=context, output=str(folder))
    templates = {stack: json.loads((folder / f"{stack}.template.json").read_text()) for stack in STACKS}
    return Synthesis(project, folder, templates)


def listed(value: Any) -> list[Any]:
    """IAM writes one item without a list."""
    return value if isinstance(value, list) else [value]
