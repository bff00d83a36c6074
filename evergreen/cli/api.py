"""The deployed API over HTTP, as any application calls it."""

from __future__ import annotations

import json
from typing import Any

import urllib3

from evergreen.errors import EvergreenError

_THROTTLED = urllib3.Retry(
    total=8, connect=0, read=0, status=8, status_forcelist={429}, allowed_methods=None, backoff_factor=0.1,
    raise_on_status=False, respect_retry_after_header=False,
)  # fmt: skip


class Api:
    """Calls with one API key over kept-alive connections."""

    def __init__(self, url: str, key: str, *, connections: int = 4) -> None:
        self.url = url.rstrip("/")
        self._headers = {"x-api-key": key, "content-type": "application/json"}
        self._pool = urllib3.PoolManager(maxsize=connections, timeout=urllib3.Timeout(35))

    def call(self, method: str, path: str, body: bytes | None = None) -> tuple[int, dict[str, Any]]:
        """Status and decoded answer, 0 when nothing answered; a throttled call (429) is made again, more slowly."""
        try:
            answer = self._pool.request(method, self.url + path, body=body, headers=self._headers, retries=_THROTTLED)
        except urllib3.exceptions.HTTPError as error:
            return 0, {"detail": f"{self.url}{path} does not answer: {error}"}
        try:
            decoded = json.loads(answer.data or b"{}")
        except ValueError:
            decoded = {"detail": answer.data[:200].decode(errors="replace")}
        return answer.status, decoded

    def expect(self, method: str, path: str, body: bytes | None = None) -> dict[str, Any]:
        """The answer of a call that must succeed; a problem becomes a sentence naming the fields."""
        status, answer = self.call(method, path, body)
        if 200 <= status < 300:
            return answer
        mistakes = answer.get("errors", [])
        fields = [f"\n  {error['field']}: {error['problem']}" for error in mistakes if len(mistakes) > 1]
        detail = answer.get("detail") or answer.get("message") or answer.get("title") or "no reason given"
        raise EvergreenError(f"{method} {path} answered {status}: {detail}{''.join(fields)}")
