"""Which model version answers a request: a keyed hash of its id, so a retried request goes where it went before."""

from __future__ import annotations

from hashlib import blake2b

from evergreen.serving.traffic import Target, Traffic, serving

_SCALE = float(2**64)


def position(request_id: str, salt: str) -> float:
    """A request's place in [0, 1), uniform over request ids.

    >>> 0 <= position("c0ffee", "flights-prod") < 1
    True
    """
    digest = blake2b(request_id.encode(), key=salt.encode()[:64], digest_size=8).digest()
    return int.from_bytes(digest, "big") / _SCALE


def assign(traffic: Traffic, request_id: str) -> Target:
    """The challenger for `share` of the request ids, else the champion; NoModel before the first."""
    if traffic.challenger is not None and position(request_id, traffic.salt) < traffic.share:
        return traffic.challenger
    return serving(traffic)
