"""Bytes that carry their checksum: what was damaged is told from what was written."""

from __future__ import annotations

import hashlib

_CHECKSUM = 16  # bytes, of the SHA-256 of what follows


def sealed(magic: bytes, body: bytes) -> bytes:
    """The magic, a checksum of the body, and the body."""
    return magic + _checksum(body) + body


def unsealed(magic: bytes, content: bytes) -> memoryview | None:
    """The body that was sealed with this magic; None for other bytes, and for damaged ones.

    >>> bytes(unsealed(b"M", sealed(b"M", b"body")) or b"")
    b'body'
    >>> unsealed(b"M", sealed(b"M", b"body")[:-1] + b"i") is None
    True
    """
    start = len(magic) + _CHECKSUM
    body = memoryview(content)[start:]
    return body if content.startswith(magic) and content[len(magic) : start] == _checksum(body) else None


def _checksum(body: bytes | memoryview) -> bytes:
    return hashlib.sha256(body).digest()[:_CHECKSUM]
