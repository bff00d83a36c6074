"""A signed artifact: nothing may be missing, changed or added, and a trusted key must have signed it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from pathlib import Path
from typing import Any

from evergreen.errors import ArtifactRefused

MANIFEST = "manifest.json"
SIGNATURE = "manifest.sig"
NEEDED = frozenset({"model.onnx", "contract.json"})


def verify(directory: Path, trusted_keys: str | None) -> str:
    """Return the artifact's digest; ArtifactRefused says what is wrong with it.

    `trusted_keys` is a JSON list of public keys (base64 of DER). Without it nothing is trusted.
    """
    keys = _keys(trusted_keys)
    manifest, signature = _read(directory, MANIFEST), _read(directory, SIGNATURE)
    if not any(_signed(manifest, signature, key) for key in keys):
        raise ArtifactRefused("no trusted key made the signature of the model's manifest")
    files = _files(manifest)
    found = {str(path.relative_to(directory)) for path in directory.rglob("*") if not path.is_dir()}
    for reason, names in (
        ("lacks", (files.keys() | NEEDED) - found),
        ("has a manifest without", NEEDED - files.keys()),
        ("holds files that were never signed:", found - files.keys() - {MANIFEST, SIGNATURE}),
        ("has changed since it was signed:", {name for name in files if _changed(directory / name, files[name])}),
    ):
        if names:
            raise ArtifactRefused(f"the model's artifact {reason} {', '.join(sorted(names))}")
    return hashlib.sha256(manifest).hexdigest()


def _keys(text: str | None) -> list[bytes]:
    if not text:
        raise ArtifactRefused("EVERGREEN_TRUSTED_KEYS is not set, so no model can be trusted")
    try:
        keys = [base64.b64decode(key, validate=True) for key in json.loads(text)]
    except (ValueError, TypeError) as error:
        raise ArtifactRefused("EVERGREEN_TRUSTED_KEYS is not a JSON list of base64 public keys") from error
    if not keys:
        raise ArtifactRefused("EVERGREEN_TRUSTED_KEYS names no key, so no model can be trusted")
    return keys


def _signed(manifest: bytes, signature: bytes, key: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        public = load_der_public_key(key)
        if not isinstance(public, EllipticCurvePublicKey):
            return False
        public.verify(base64.b64decode(signature, validate=True), manifest, ECDSA(SHA256()))
    except (InvalidSignature, ValueError, binascii.Error):
        return False
    return True


def _read(directory: Path, name: str) -> bytes:
    try:
        return (directory / name).read_bytes()
    except OSError as error:
        raise ArtifactRefused(f"the model's artifact lacks {name}") from error


def _files(manifest: bytes) -> dict[str, dict[str, Any]]:
    try:
        files: dict[str, dict[str, Any]] = json.loads(manifest)["files"]
        known = all({"sha256", "size"} <= entry.keys() for entry in files.values())
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ArtifactRefused("the model's manifest is not a list of files") from error
    if not known:
        raise ArtifactRefused("the model's manifest is not a list of files")
    return files


def _changed(path: Path, entry: dict[str, Any]) -> bool:
    """A link is never followed: it could lead out of the artifact."""
    if path.is_symlink() or not path.is_file():
        return True
    content = path.read_bytes()
    return (len(content), hashlib.sha256(content).hexdigest()) != (entry["size"], entry["sha256"])
