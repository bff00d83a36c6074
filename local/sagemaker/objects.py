"""S3 as jobs and containers see it: prefixes and manifests in, directories out."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from local.sagemaker.errors import invalid


def split_uri(uri: str) -> tuple[str, str]:
    """Bucket and key of `s3://bucket/key`, or of CDK's `https://s3.<region>.amazonaws.com/bucket/key`."""
    bucket, _, key = re.sub(r"^(s3://|https://s3[.-][^/]+/)", "", uri).partition("/")
    if not bucket:
        raise invalid(f"not an S3 URI: {uri!r}")
    return bucket, key


class Objects:
    """Downloads and uploads of whole directories."""

    def __init__(self, s3: Any) -> None:
        self._s3 = s3

    def fetch(self, source: dict[str, Any], into: Path) -> int:
        """Copy an S3 data source (a prefix, or a manifest that lists keys) into a directory; the number of files."""
        into.mkdir(parents=True, exist_ok=True)
        if source.get("S3DataType") == "ManifestFile":
            return self._fetch_manifest(source["S3Uri"], into)
        return self._fetch_prefix(source["S3Uri"], into)

    def _fetch_prefix(self, uri: str, into: Path) -> int:
        bucket, prefix = split_uri(uri)
        count = 0
        for key in self._keys(bucket, prefix):
            relative = _relative(key, prefix)
            if relative is None or key.endswith("/"):
                continue
            self._save(bucket, key, into / relative)
            count += 1
        return count

    def _fetch_manifest(self, uri: str, into: Path) -> int:
        bucket, key = split_uri(uri)
        entries = json.loads(self._s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        if not entries or not isinstance(entries[0], dict) or "prefix" not in entries[0]:
            raise invalid(f"{uri} does not start with a prefix")
        origin, base = split_uri(entries[0]["prefix"])
        for suffix in entries[1:]:
            self._save(origin, base + suffix, into / suffix)
        return len(entries) - 1

    def _keys(self, bucket: str, prefix: str) -> list[str]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [item["Key"] for found in pages for item in found.get("Contents", [])]

    def _save(self, bucket: str, key: str, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self._s3.get_object(Bucket=bucket, Key=key)["Body"].read())

    def store(self, directory: Path, uri: str) -> int:
        """Copy a directory below an S3 prefix; the number of files."""
        files = sorted(path for path in directory.rglob("*") if path.is_file())
        for path in files:
            self.put(f"{uri.rstrip('/')}/{path.relative_to(directory).as_posix()}", path.read_bytes())
        return len(files)

    def put(self, uri: str, body: bytes) -> None:
        bucket, key = split_uri(uri)
        self._s3.put_object(Bucket=bucket, Key=key, Body=body)


def _relative(key: str, prefix: str) -> str | None:
    if key == prefix:
        return key.rsplit("/", 1)[-1]
    base = prefix if prefix.endswith("/") or not prefix else prefix + "/"
    return key.removeprefix(base) if key.startswith(base) else None
