"""Rows of an HTTP API, page by page: TLS, bounded, patient with a server that is busy."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ssl import SSLCertVerificationError
from typing import Any
from urllib.parse import urlencode, urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from evergreen.aws.secrets import secret_text
from evergreen.errors import SourceFailed
from evergreen.project.source import Http
from evergreen.sources.pages import PageWalk, Request
from evergreen.sources.values import Value

_ATTEMPTS = 6
_LONGEST_WAIT = 120.0  # seconds; a server that asks for more is asked again by the next fetch
_BUSY = (429, 500, 502, 503, 504)
_PIECE = 1 << 16
_TIMEOUT = urllib3.Timeout(connect=10, read=60)
Pause = Callable[[float], None]


def http_rows(source: Http, since: Value | None, *, pause: Pause = time.sleep) -> Iterator[dict[str, Any]]:
    """The rows of every page, from `since` on."""
    first = source.watermark.first if source.watermark else None
    asked = since if since is not None else first
    walk = PageWalk(source, None if asked is None else str(asked))
    with urllib3.PoolManager(retries=False, timeout=_TIMEOUT) as pool:
        server = _Server(pool, source, _headers(source), pause)
        request: Request | None = walk.first
        while request is not None:
            answered = walk.answered(request, server.asked(request))
            yield from answered.rows
            request = answered.following


def _headers(source: Http) -> dict[str, str]:
    headers = {"Accept": "application/json", "User-Agent": "evergreen"}
    if source.secret is not None:
        token = secret_text(source.secret)
        if not (token.isascii() and token.isprintable()):
            raise SourceFailed(f"the secret {source.secret} is no token: it has characters that no header may have")
        bare = source.header == "Authorization" and " " not in token
        headers[source.header] = f"Bearer {token}" if bare else token
    return headers


class _Server:
    """One API during one reading; counts the bytes of its pages."""

    def __init__(self, pool: urllib3.PoolManager, source: Http, headers: dict[str, str], pause: Pause) -> None:
        self._pool = pool
        self._source = source
        self._headers = headers
        self._pause = pause
        self._size = 0

    def asked(self, request: Request) -> Any:
        """The JSON of a page; a busy server is asked again."""
        for attempt in range(_ATTEMPTS):
            wait = float(2**attempt)
            try:
                answer = self._pool.request(
                    "GET",
                    _address(request),
                    headers=self._headers,
                    redirect=False,
                    preload_content=False,
                )
                try:
                    if answer.status == 200:
                        return self._document(answer)
                    if answer.status not in _BUSY:
                        raise SourceFailed(f"{self._source.url}: answers {answer.status}{_hint(answer.status)}")
                    reason, wait = f"answers {answer.status}", _wait(answer.headers.get("Retry-After"), wait)
                finally:
                    answer.close()  # a connection with an answer that was not read to its end serves no other
            except HTTPError as error:
                reason = f"does not answer ({_said(error)})"
            if attempt < _ATTEMPTS - 1:
                self._pause(min(wait, _LONGEST_WAIT))
        raise SourceFailed(f"{self._source.url}: {reason}, {_ATTEMPTS} times in a row; the next fetch tries again")

    def _document(self, answer: urllib3.BaseHTTPResponse) -> Any:
        body = bytearray()
        for piece in answer.stream(_PIECE):
            body += piece
            if self._size + len(body) > self._source.max_size:
                raise SourceFailed(
                    f"{self._source.url}: sends more than {self._source.max_size:,} bytes; "
                    "raise data.source.http.max_size if that is right"
                )
        self._size += len(body)
        try:
            return json.loads(bytes(body), parse_constant=lambda _name: None)
        except (ValueError, RecursionError) as error:
            raise SourceFailed(f"{self._source.url}: the answer is no JSON: {type(error).__name__}") from None


def _address(request: Request) -> str:
    """The page's address: its parameters beside those that the URL has."""
    found = urlsplit(request.url)
    query = "&".join(part for part in (found.query, urlencode(request.parameters)) if part)
    return found._replace(query=query, fragment="").geturl()


def _hint(status: int) -> str:
    if status in (401, 403):
        return "; check the token in data.source.http.secret"
    return "; redirects are not followed, so name the address itself" if 300 <= status < 400 else ""


def _said(error: HTTPError) -> str:
    """The error's name; of a certificate that is refused, why."""
    cause = error.args[0] if error.args else None
    return (
        f"its certificate: {cause.verify_message}"
        if isinstance(cause, SSLCertVerificationError)
        else type(error).__name__
    )


def _wait(header: str | None, usual: float) -> float:
    """`Retry-After`: seconds, or a date."""
    if header is None:
        return usual
    if header.strip().isdecimal():
        return float(header)
    try:
        return max(0.0, (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return usual
