"""The API's client, against a server of the test's own."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from evergreen.cli.api import Api
from evergreen.errors import EvergreenError

pytestmark = pytest.mark.loopback
PROBLEMS = {
    "/two": {
        "detail": "The request has 2 mistakes.",
        "errors": [{"field": "rows[0].a", "problem": "is required"}, {"field": "rows[0].b", "problem": "is required"}],
    },
    "/one": {"detail": "rows[0].a is required.", "errors": [{"field": "rows[0].a", "problem": "is required"}]},
}


class Server(BaseHTTPRequestHandler):
    """503 with Retry-After, 429 once, or a problem."""

    throttled = 0

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        if self.path == "/busy" and not Server.throttled:
            Server.throttled = 1
            return self._answer(429, {})
        if self.path == "/busy":
            return self._answer(200, {"accepted": 1})
        if self.path in PROBLEMS:
            return self._answer(422, PROBLEMS[self.path])
        return self._answer(503, {"detail": "No model serves yet."})

    def _answer(self, status: int, body: object) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Retry-After", "30")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def api() -> Iterator[Api]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Api(f"http://127.0.0.1:{server.server_address[1]}", "key")
    server.shutdown()
    server.server_close()
    thread.join()


def test_no_model_is_told_at_once_and_not_after_retries(api: Api) -> None:
    started = time.monotonic()

    with pytest.raises(EvergreenError, match="answered 503: No model serves yet"):
        api.expect("POST", "/predict", b"{}")

    assert time.monotonic() - started < 5


def test_a_throttled_call_is_made_again(api: Api) -> None:
    assert api.expect("POST", "/busy", b"{}") == {"accepted": 1}


def test_several_mistakes_are_listed_by_field(api: Api) -> None:
    with pytest.raises(EvergreenError, match=r"2 mistakes\.\n  rows\[0\]\.a: is required\n  rows\[0\]\.b: is required"):
        api.expect("POST", "/two", b"{}")


def test_one_mistake_is_told_once(api: Api) -> None:
    with pytest.raises(EvergreenError) as raised:
        api.expect("POST", "/one", b"{}")

    assert str(raised.value) == "POST /one answered 422: rows[0].a is required."
