"""Container images: a staged tag resolved to the digest that lineage records."""

from __future__ import annotations

import re
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from evergreen.aws.clients import client, code, translated
from evergreen.errors import NotFound

_URI = re.compile(r"^(?P<registry>[^/]+)/(?P<repository>[^:@]+):(?P<tag>[^:@]+)$")
_ACCOUNT = re.compile(r"^(\d{12})\.dkr\.ecr\.")


def resolve_image(uri: str) -> str:
    """`registry/repository:tag` → `registry/repository@sha256:…`; a digest stays as it is."""
    if "@sha256:" in uri:
        return uri
    found = _URI.match(uri)
    if found is None:
        raise NotFound(f"{uri} is not an image: registry/repository:tag")
    return f"{found['registry']}/{found['repository']}@{_digest(found['registry'], found['repository'], found['tag'])}"


def image_digest(uri: str) -> str:
    """The digest of a resolved image.

    >>> image_digest("r/models@sha256:0f")
    'sha256:0f'
    """
    return uri.rpartition("@")[2]


def _digest(registry: str, repository: str, tag: str) -> str:
    account = _ACCOUNT.match(registry)
    request: dict[str, Any] = {"repositoryName": repository, "imageIds": [{"imageTag": tag}]}
    try:
        found = client("ecr").describe_images(**request, **({"registryId": account[1]} if account else {}))
    except ClientError as error:
        if code(error) in ("ImageNotFoundException", "RepositoryNotFoundException"):
            raise NotFound(f"the image {repository}:{tag} is not in its registry; deploy the pipeline again") from error
        raise translated(error, f"resolving the image {repository}:{tag}") from error
    except BotoCoreError as error:
        raise translated(error, f"resolving the image {repository}:{tag}") from error
    return str(found["imageDetails"][0]["imageDigest"])
