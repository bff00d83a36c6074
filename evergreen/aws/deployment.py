"""A deployment as its stacks describe it: names of buckets, tables, machines and functions, read from the outputs."""

from __future__ import annotations

from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from evergreen.aws.clients import client, translated
from evergreen.errors import NotFound

STACKS = ("storage", "serving", "pipeline", "monitoring")


@dataclass(frozen=True)
class Deployment:
    """The outputs of a project's stacks in one stage."""

    project: str
    stage: str
    outputs: dict[str, str]

    @property
    def name(self) -> str:
        """`<project>-<stage>`: the prefix of every name at run time."""
        return f"{self.project}-{self.stage}"

    def __getitem__(self, output: str) -> str:
        if output not in self.outputs:
            raise NotFound(f"{self.name} has no output {output}; deploy its stacks again")
        return self.outputs[output]


def find_deployment(project: str, stage: str) -> Deployment:
    """Read the outputs of every stack of `<project>-<stage>`; NotFound when the storage stack is not there."""
    outputs: dict[str, str] = {}
    for part in STACKS:
        outputs |= _outputs(f"{project}-{stage}-{part}")
    if not outputs:
        raise NotFound(f"{project} is not deployed in stage {stage}; run `cdk deploy` or `evergreen local up` first")
    return Deployment(project=project, stage=stage, outputs=outputs)


def _outputs(stack: str) -> dict[str, str]:
    try:
        described = client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return {}
        raise translated(error, f"reading the stack {stack}") from error
    except BotoCoreError as error:
        raise translated(error, f"reading the stack {stack}") from error
    return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}
