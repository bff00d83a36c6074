"""One cached client per service: connections and credentials are resolved once per process."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from evergreen.errors import CloudError

_CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 4}, connect_timeout=5, read_timeout=70)
# An invocation is measured as it was: a repeated one would hide the failure that a release is judged by.
_ONCE = Config(retries={"mode": "standard", "total_max_attempts": 1}, connect_timeout=2, read_timeout=20)


@cache
def client(service: str) -> Any:
    """A boto3 client with standard retries; region, endpoint and credentials come from the environment."""
    return boto3.client(service, config=_ONCE if service == "sagemaker-runtime" else _CONFIG)


def forget_clients() -> None:
    """Drop every cached client, so that the next one sees a changed environment."""
    client.cache_clear()


def code(error: Exception) -> str:
    """The service's error code (`ConditionalCheckFailedException`), empty when there is none."""
    return str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else ""


# What an operator can do about the errors that the SDK raises before it asks anything.
_REMEDIES = {
    "NoRegionError": "; set AWS_REGION, or AWS_PROFILE to a profile that has a region",
    "NoCredentialsError": "; log in, or set AWS_PROFILE to a profile that has credentials",
}


def translated(error: ClientError | BotoCoreError, doing: str) -> CloudError:
    """An SDK error as ours: `raise translated(error, "reading the traffic table") from error`."""
    reason = error.response["Error"].get("Message", "") if isinstance(error, ClientError) else str(error)
    name = code(error) or type(error).__name__
    return CloudError(f"{doing}: {name}: {reason.rstrip('.')}{_REMEDIES.get(name, '')}", code=code(error))
