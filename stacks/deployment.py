"""One deployment: project × stage, as four stacks that depend on each other in one direction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk

from evergreen.project import Project
from stacks.constructs.naming import deployment_name
from stacks.monitoring import Monitoring
from stacks.pipeline import Pipeline
from stacks.serving import Serving
from stacks.storage import Storage


def synthesize(project: Project, *, context: Mapping[str, Any], output: str | None = None) -> cdk.cx_api.CloudAssembly:
    """Write the templates and assets of `project` to `output`."""
    app = cdk.App(context=dict(context), outdir=output)
    add_stacks(app, project=project)
    if str(context.get("nag", "")).lower() == "true":
        from cdk_nag import AwsSolutionsChecks  # slow to import, needed by checks only

        cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return app.synth()


def add_stacks(app: cdk.App, *, project: Project) -> None:
    """storage → serving → pipeline → monitoring."""
    name = deployment_name(project)
    storage = Storage(app, "Storage", stack_name=f"{name}-storage", project=project)
    serving = Serving(app, "Serving", stack_name=f"{name}-serving", project=project, storage=storage)
    pipeline = Pipeline(
        app, "Pipeline", stack_name=f"{name}-pipeline", project=project, storage=storage, serving=serving
    )
    Monitoring(
        app,
        "Monitoring",
        stack_name=f"{name}-monitoring",
        project=project,
        storage=storage,
        serving=serving,
        pipeline=pipeline,
    )


