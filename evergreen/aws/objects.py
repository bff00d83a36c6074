"""S3 objects: plain reads and writes, and the two conditional writes everything atomic rests on.

A lost answer plus the SDK's own retry makes a successful conditional write answer 412, so a refused write is read
back and compared before it is believed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError

from evergreen.aws.clients import client, code, translated
from evergreen.data.store import BINARY, Body, Stored
from evergreen.errors import CloudError, NotFound

_MISSING = {"NoSuchKey", "404", "NotFound"}
_REFUSED = {"PreconditionFailed", "412", "ConditionalRequestConflict", "409"}
_PIECE = 4 << 20
_LARGEST_COPY = 5 << 30  # CopyObject's limit; a larger object is stored again


def split_uri(uri: str) -> tuple[str, str]:
    """`s3://bucket/key` → (bucket, key).

    >>> split_uri("s3://models/a/b")
    ('models', 'a/b')
    """
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


class Objects:
    """The objects of one bucket."""

    def __init__(self, bucket: str) -> None:
        self.bucket = bucket

    def get(self, key: str) -> bytes:
        """The object's bytes; NotFound when there is none."""
        found = self.get_with_etag(key)
        if found is None:
            raise NotFound(f"s3://{self.bucket}/{key} does not exist")
        return found[0]

    def get_with_etag(self, key: str) -> tuple[bytes, str] | None:
        """The object's bytes and ETag, or None."""
        try:
            answer = client("s3").get_object(Bucket=self.bucket, Key=key)
            return answer["Body"].read(), str(answer["ETag"])
        except (ClientError, BotoCoreError) as error:
            if code(error) in _MISSING:
                return None
            raise translated(error, f"reading s3://{self.bucket}/{key}") from error

    def stream(self, key: str) -> Iterator[bytes]:
        """The object's bytes in pieces; NotFound when there is none."""
        try:
            yield from client("s3").get_object(Bucket=self.bucket, Key=key)["Body"].iter_chunks(_PIECE)
        except (ClientError, BotoCoreError) as error:
            self._missing_or(error, key, "reading")

    def exists(self, key: str, size: int | None = None) -> bool:
        """Whether the object is there, with this size if one is given."""
        try:
            found = client("s3").head_object(Bucket=self.bucket, Key=key)
        except (ClientError, BotoCoreError) as error:
            if code(error) in _MISSING:
                return False
            raise translated(error, f"looking for s3://{self.bucket}/{key}") from error
        return size in (None, found["ContentLength"])

    def touch(self, key: str, size: int | None = None) -> bool:
        """Make the object's age zero by copying it onto itself; False when it is not there, with this size if one is
        given.
        """
        try:
            found = client("s3").head_object(Bucket=self.bucket, Key=key)
            if found["ContentLength"] > _LARGEST_COPY or size not in (None, found["ContentLength"]):
                return False
            source = {"Bucket": self.bucket, "Key": key}
            kept = {"ContentType": found["ContentType"], "MetadataDirective": "REPLACE"}
            client("s3").copy_object(Bucket=self.bucket, Key=key, CopySource=source, **kept)
        except (ClientError, BotoCoreError) as error:
            if code(error) in _MISSING:
                return False
            raise translated(error, f"touching s3://{self.bucket}/{key}") from error
        return True

    def put(self, key: str, body: Body, *, content_type: str = BINARY) -> None:
        """Write, whatever is there."""
        self._put(key, body, content_type)

    def put_new(self, key: str, body: Body, *, content_type: str = BINARY) -> bool:
        """Write only when nothing is there. False when other bytes are; True when these very bytes are."""
        return self._conditional(key, body, content_type, IfNoneMatch="*")

    def swap(self, key: str, body: Body, etag: str | None, *, content_type: str = BINARY) -> bool:
        """Write only when the object is still the one with `etag` (None: still absent)."""
        condition = {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}
        return self._conditional(key, body, content_type, **condition)

    def list(self, prefix: str, *, start_after: str | None = None) -> Iterator[str]:
        """Keys below a prefix, in key order."""
        for found in self.list_details(prefix, start_after=start_after):
            yield found["Key"]

    def list_details(self, prefix: str, *, start_after: str | None = None) -> Iterator[dict[str, Any]]:
        """Listing entries (`Key`, `Size`, `ETag`, `LastModified`) below a prefix, in key order."""
        request: dict[str, Any] = {"Bucket": self.bucket, "Prefix": prefix}
        if start_after:
            request["StartAfter"] = start_after
        try:
            for page in client("s3").get_paginator("list_objects_v2").paginate(**request):
                yield from page.get("Contents", [])
        except (ClientError, BotoCoreError) as error:
            raise translated(error, f"listing s3://{self.bucket}/{prefix}") from error

    def entries(self, prefix: str) -> Iterator[Stored]:
        """What lies below a prefix, in key order."""
        for found in self.list_details(prefix):
            yield Stored(found["Key"], found["Size"], found["LastModified"].timestamp())

    def upload_file(self, path: Path, key: str) -> None:
        """Upload a file of any size."""
        try:
            client("s3").upload_file(str(path), self.bucket, key)
        except (ClientError, BotoCoreError, Boto3Error) as error:
            raise translated(error, f"uploading {path.name} to s3://{self.bucket}/{key}") from error

    put_file = upload_file

    def delete(self, keys: Sequence[str]) -> None:
        """Delete keys, 1,000 a call; one that is not there is no error."""
        for start in range(0, len(keys), 1000):
            batch = [{"Key": key} for key in keys[start : start + 1000]]
            try:
                answer = client("s3").delete_objects(Bucket=self.bucket, Delete={"Objects": batch, "Quiet": True})
            except (ClientError, BotoCoreError) as error:
                raise translated(error, f"deleting {len(batch)} objects of s3://{self.bucket}") from error
            for refused in answer.get("Errors", []):
                raise CloudError(
                    f"deleting s3://{self.bucket}/{refused['Key']}: {refused['Code']}: {refused['Message']}",
                    code=refused["Code"],
                )

    def uri(self, key: str) -> str:
        """`s3://bucket/key`."""
        return f"s3://{self.bucket}/{key}"

    def _put(self, key: str, body: Body, content_type: str, **condition: str) -> None:
        try:
            client("s3").put_object(
                Bucket=self.bucket, Key=key, Body=bytes(body), ContentType=content_type, **condition
            )
        except (ClientError, BotoCoreError) as error:
            if condition:
                raise
            raise translated(error, f"writing s3://{self.bucket}/{key}") from error

    def _conditional(self, key: str, body: Body, content_type: str, **condition: str) -> bool:
        """A refusal and a lost answer alike are read back: these very bytes there are a success."""
        try:
            self._put(key, body, content_type, **condition)
        except (ClientError, BotoCoreError) as error:
            found = self.get_with_etag(key)
            if found is not None and found[0] == body:
                return True
            if code(error) in _REFUSED:
                return False
            raise translated(error, f"writing s3://{self.bucket}/{key}") from error
        return True

    def _missing_or(self, error: ClientError | BotoCoreError, key: str, doing: str) -> NoReturn:
        if code(error) in _MISSING:
            raise NotFound(f"s3://{self.bucket}/{key} does not exist") from error
        raise translated(error, f"{doing} s3://{self.bucket}/{key}") from error
