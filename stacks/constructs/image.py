"""The one image that prepares, trains, evaluates and serves."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.constructs.access import allow
from stacks.constructs.sources import IMAGE_FILES, ROOT


class TrainingImage(ecr_assets.DockerImageAsset):
    """Built from `training/Dockerfile`. Its tag is a hash of its sources; a run resolves it to a digest."""

    def __init__(self, scope: Construct, id_: str) -> None:
        super().__init__(
            scope,
            id_,
            directory=str(ROOT),
            file="training/Dockerfile",
            exclude=IMAGE_FILES,
            ignore_mode=cdk.IgnoreMode.GIT,
            platform=ecr_assets.Platform.LINUX_AMD64,
        )

    def grant_pull(self, puller: iam.IGrantable) -> None:
        """Pull, without the wider rights of a repository's owner."""
        actions = ["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"]
        allow(puller, *actions, on=[self.repository.repository_arn])
        allow(puller, "ecr:GetAuthorizationToken", on=["*"])
