"""Model artifacts: an uncompressed prefix of known files, sealed by a signed manifest of their hashes."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from typing import Any

from evergreen.aws.objects import Objects, split_uri
from evergreen.aws.signing import SigningKey
from evergreen.data.canonical import canonical, sha256
from evergreen.errors import ArtifactRefused
from evergreen.registration import Sealed

FILES = ("card.json", "contract.json", "model.onnx", "reference.json", "sample.json")
MANIFEST = "manifest.json"
SIGNATURE = "manifest.sig"


def seal(artifacts: Objects, uri: str, key: SigningKey) -> Sealed:
    """Hash, sign and verify an artifact; sealing it again changes nothing.

    ArtifactRefused when a file is missing, unknown, or not the one that was signed before.
    """
    bucket, prefix = split_uri(uri)
    if bucket != artifacts.bucket or not prefix.endswith("/"):
        raise ArtifactRefused(f"{uri} is not a prefix of the artifact bucket")
    _check_listing(artifacts, uri, prefix)
    contents = {name: artifacts.get(prefix + name) for name in FILES}
    manifest = canonical(
        {"format": 1, "files": {name: {"sha256": sha256(body), "size": len(body)} for name, body in contents.items()}}
    )
    if not artifacts.put_new(prefix + MANIFEST, manifest, content_type="application/json"):
        raise ArtifactRefused(f"{uri} has changed since it was signed: its files are not those of its manifest")
    _sign(artifacts, prefix, manifest, key)
    return Sealed(
        uri=uri,
        digest=sha256(manifest),
        contract_digest=sha256(contents["contract.json"]),
        contract=_document(contents, "contract.json"),
        card=_document(contents, "card.json"),
    )


def _check_listing(artifacts: Objects, uri: str, prefix: str) -> None:
    found = {key.removeprefix(prefix) for key in artifacts.list(prefix)}
    missing = [name for name in FILES if name not in found]
    extra = sorted(found - {*FILES, MANIFEST, SIGNATURE})
    if missing:
        raise ArtifactRefused(f"{uri} lacks {', '.join(missing)}")
    if extra:
        raise ArtifactRefused(f"{uri} holds files that no model has: {', '.join(extra)}")


def _sign(artifacts: Objects, prefix: str, manifest: bytes, key: SigningKey) -> None:
    digest = hashlib.sha256(manifest).digest()
    signature = base64.b64encode(key.sign(digest))
    # ECDSA signs differently each time: when a signature is there already, that one has to be right
    stored = signature if artifacts.put_new(prefix + SIGNATURE, signature) else artifacts.get(prefix + SIGNATURE)
    try:
        valid = key.verifies(digest, base64.b64decode(stored, validate=True))
    except binascii.Error:
        valid = False
    if not valid:
        raise ArtifactRefused(f"the signature of {prefix} does not fit its manifest")


def _document(contents: dict[str, bytes], name: str) -> dict[str, Any]:
    try:
        document = json.loads(contents[name])
    except ValueError as error:
        raise ArtifactRefused(f"{name} is not JSON") from error
    if not isinstance(document, dict):
        raise ArtifactRefused(f"{name} is not a JSON object")
    return document
