"""What a deployment uploads: files into S3, and image manifests into ECR."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

from local.assembly import FileAsset, ImageAsset

EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that zip can write
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG = "application/vnd.docker.container.image.v1+json"


def archive(folder: Path) -> bytes:
    """A zip of a directory: the same bytes for the same content."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as out:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), EPOCH)
                entry.external_attr = (path.stat().st_mode & 0o777) << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                out.writestr(entry, path.read_bytes())
    return buffer.getvalue()


def upload(s3: Any, assets: list[FileAsset]) -> None:
    """Put what is not there yet; names carry content hashes."""
    for bucket in sorted({asset.bucket for asset in assets}):
        s3.create_bucket(Bucket=bucket)
        known = {
            item["Key"]
            for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
            for item in page.get("Contents", [])
        }
        for asset in assets:
            if asset.bucket == bucket and asset.key not in known:
                body = archive(asset.path) if asset.zipped else asset.path.read_bytes()
                s3.put_object(Bucket=bucket, Key=asset.key, Body=body)


def register(ecr: Any, images: list[ImageAsset]) -> None:
    """Make each image's tag resolve to a digest; nothing is built, because the image's commands run as processes."""
    for image in images:
        with contextlib.suppress(ecr.exceptions.RepositoryAlreadyExistsException):
            ecr.create_repository(repositoryName=image.repository)
        digest = hashlib.sha256(image.tag.encode()).hexdigest()
        config = {"mediaType": CONFIG, "size": 0, "digest": f"sha256:{digest}"}
        manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": []}
        ecr.put_image(
            repositoryName=image.repository,
            imageTag=image.tag,
            imageManifest=json.dumps(manifest, sort_keys=True),
            imageManifestMediaType=MANIFEST,
        )
