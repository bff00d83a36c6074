"""One deployment: project × stage, as four stacks that depend on each other in one direction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk

from evergreen.project import Project
from stacks.constructs.naming import deployment_name
from stacks.monitoring import Monitoring
from stacks.pipeline import Pipeline
from stacks.serving import Serving
from stacks.storage import Storage


@dataclass(frozen=True)
class Deployment:
    """The stacks of one project in one stage."""

    storage: Storage
    serving: Serving
    pipeline: Pipeline
    monitoring: Monitoring


def synthesize(project: Project, *, context: Mapping[str, Any], output: str | None = None) -> cdk.cx_api.CloudAssembly:
    """Write the templates and assets of `project` to `output`; with context `nag`, cdk-nag's findings are errors."""
    app = cdk.App(context=dict(context), outdir=output)
    deployment = add_stacks(app, project=project)
    assembly = app.synth()
    return _checked(app, deployment) if context.get("nag") in (True, "true") else assembly


def add_stacks(app: cdk.App, *, project: Project) -> Deployment:
    """storage → serving → pipeline → monitoring."""
    name = deployment_name(project)
    storage = Storage(app, "Storage", stack_name=f"{name}-storage", project=project)
    serving = Serving(app, "Serving", stack_name=f"{name}-serving", project=project, storage=storage)
    pipeline = Pipeline(
        app, "Pipeline", stack_name=f"{name}-pipeline", project=project, storage=storage, serving=serving
    )
    monitoring = Monitoring(
        app,
        "Monitoring",
        stack_name=f"{name}-monitoring",
        project=project,
        storage=storage,
        serving=serving,
        pipeline=pipeline,
    )
    return Deployment(storage=storage, serving=serving, pipeline=pipeline, monitoring=monitoring)


def _checked(app: cdk.App, deployment: Deployment) -> cdk.cx_api.CloudAssembly:
    """Findings name references between stacks, which exist only after a first synthesis."""
    from cdk_nag import AwsSolutionsChecks  # slow to import, needed by checks only

    from stacks.acknowledgements import acknowledge

    acknowledge(deployment)
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return app.synth(force=True)
