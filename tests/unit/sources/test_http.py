"""HTTP APIs: pages of four kinds, a busy server, and answers that cannot be true."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from moto import mock_aws

from evergreen.aws.clients import client
from evergreen.aws.http_source import http_rows
from evergreen.errors import SourceFailed
from evergreen.project.source import Http
from tests.unit.sources.world import World, project_of

pytestmark = pytest.mark.loopback
Answer = tuple[int, Any, dict[str, str]]


class Api:
    """A server whose `answer` maps a request's path and parameters to an answer."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.headers: list[dict[str, str]] = []
        self.answer: Callable[[str, dict[str, str]], Answer] = lambda _path, _parameters: (200, [], {})
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"  # connections stay open

            def do_GET(self) -> None:
                found = urlsplit(self.path)
                parameters = {name: values[0] for name, values in parse_qs(found.query).items()}
                api.asked.append((found.path, parameters))
                api.headers.append(dict(self.headers))
                status, body, headers = api.answer(found.path, parameters)
                sent = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                for name, value in {"Content-Length": str(len(sent)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(sent)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/orders"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def api() -> Iterator[Api]:
    started = Api()
    yield started
    started.stop()


def rows_of(api: Api, *, pause: Callable[[float], None] = lambda _seconds: None, **keys: Any) -> list[Any]:
    return list(http_rows(Http(url=api.url, **keys), None, pause=pause))


def order(number: int, at: str = "2013-01-01T08:00:00Z") -> dict[str, Any]:
    return {"id": number, "at": at, "amount": 1.5, "sold": True}


def ok(body: Any) -> Answer:
    return 200, body, {}


PAGES = [[order(1), order(2)], [order(3), order(4)], [order(5)]]


def by_number(_path: str, parameters: dict[str, str]) -> Answer:
    page = int(parameters["page"])
    return ok({"data": {"items": PAGES[page - 1] if page <= len(PAGES) else []}})


def by_offset(_path: str, parameters: dict[str, str]) -> Answer:
    flat = [row for page in PAGES for row in page]
    return ok(flat[int(parameters["skip"]) :][:2])


def by_cursor(_path: str, parameters: dict[str, str]) -> Answer:
    page = int(parameters.get("after", "0"))
    return ok({"items": PAGES[page], "meta": {"next": str(page + 1) if page + 1 < len(PAGES) else None}})


def by_link(path: str, _parameters: dict[str, str]) -> Answer:
    page = int(path.rpartition("/")[2]) if path.count("/") > 1 else 0
    return ok({"items": PAGES[page], "next": f"/orders/{page + 1}" if page + 1 < len(PAGES) else None})


@pytest.mark.parametrize(
    ("answer", "keys", "requests"),
    [
        (by_number, {"rows": "data.items", "page": {"parameter": "page"}}, 4),
        (by_offset, {"page": {"by": "offset", "parameter": "skip", "size": 2, "size_parameter": "limit"}}, 4),
        (by_cursor, {"rows": "items", "page": {"by": "cursor", "parameter": "after", "at": "meta.next"}}, 3),
        (by_link, {"rows": "items", "page": {"by": "link", "at": "next"}}, 3),
    ],
)
def test_every_page_is_read_once(api: Api, answer: Any, keys: Any, requests: int) -> None:
    api.answer = answer

    assert [row["id"] for row in rows_of(api, **keys)] == [1, 2, 3, 4, 5]
    assert len(api.asked) == requests


def test_parameters_stand_beside_those_of_the_address(api: Api) -> None:
    api.answer = by_number
    source = {"url": f"{api.url}?tenant=a%26b#top", "rows": "data.items", "page": {"parameter": "page"}}

    assert len(list(http_rows(Http(**source), None))) == 5
    assert api.asked[0][1] == {"tenant": "a&b", "page": "1"}


def test_a_short_page_is_not_taken_for_the_last_one(api: Api) -> None:
    pages = {"1": [order(1)], "2": [order(2), order(3)]}
    api.answer = lambda _path, parameters: ok(pages.get(parameters["page"], []))

    assert len(rows_of(api, page={"parameter": "page", "size": 2, "size_parameter": "per_page"})) == 3
    assert api.asked[0][1] == {"page": "1", "per_page": "2"}


def test_a_page_that_repeats_is_an_error(api: Api) -> None:
    api.answer = lambda _path, _parameters: ok([order(1)])

    with pytest.raises(SourceFailed, match="page 2: repeats the rows of an earlier page"):
        rows_of(api, page={"parameter": "page"})


def test_a_cursor_that_comes_back_is_an_error(api: Api) -> None:
    numbers = iter(range(100))
    api.answer = lambda _path, parameters: ok(
        {"rows": [order(next(numbers))], "next": {"a": "b", "b": "a"}.get(parameters.get("c", ""), "a")}
    )

    with pytest.raises(SourceFailed, match="page 3: leads back to a page that was read"):
        rows_of(api, rows="rows", page={"by": "cursor", "parameter": "c", "at": "next"})


def test_pages_without_end_are_an_error(api: Api) -> None:
    numbers = iter(range(100))
    api.answer = lambda _path, _parameters: ok([order(next(numbers))])

    with pytest.raises(SourceFailed, match=r"page 3: still not the last; raise data\.source\.http\.max_pages"):
        rows_of(api, page={"parameter": "page"}, max_pages=3)


def test_more_bytes_than_the_limit_are_an_error(api: Api) -> None:
    api.answer = lambda _path, _parameters: ok([order(number) for number in range(100)])

    with pytest.raises(SourceFailed, match="sends more than 500 bytes"):
        rows_of(api, max_size=500)


def test_what_a_failed_attempt_sent_does_not_count(api: Api) -> None:
    page = json.dumps([order(number) for number in range(2_000)]).encode()
    cut = 200, page[:-2], {"Content-Length": str(len(page)), "Connection": "close"}
    answers = iter([cut, cut, cut])
    api.answer = lambda _path, _parameters: next(answers, (200, page, {}))

    assert len(rows_of(api, max_size=len(page))) == 2_000


def test_a_link_to_another_place_is_not_followed(api: Api) -> None:
    api.answer = lambda _path, _parameters: ok({"rows": [order(1)], "next": "http://127.0.0.2/steal"})

    with pytest.raises(SourceFailed, match=r"links to http://127\.0\.0\.2, which is another place"):
        rows_of(api, rows="rows", page={"by": "link", "at": "next"})


def test_a_redirect_is_not_followed_with_the_token(api: Api) -> None:
    api.answer = lambda _path, _parameters: (302, b"", {"Location": "http://127.0.0.2/"})

    with pytest.raises(SourceFailed, match="answers 302; redirects are not followed"):
        rows_of(api)


@pytest.mark.parametrize("body", [{"rows": 1}, {"other": []}, {"rows": [1]}, b"<html>", {"rows": [order(1), None]}])
def test_an_answer_that_is_no_table_is_an_error(api: Api, body: Any) -> None:
    api.answer = lambda _path, _parameters: ok(body)

    with pytest.raises(SourceFailed, match="orders"):
        rows_of(api, rows="rows")


def test_a_busy_server_is_asked_again_when_it_says(api: Api) -> None:
    answers = iter([(429, b"", {"Retry-After": "7"}), (503, b"", {}), (500, b"", {"Retry-After": "9999"})])
    api.answer = lambda _path, _parameters: next(answers, ok([order(1)]))
    waited: list[float] = []

    assert len(rows_of(api, pause=waited.append)) == 1
    assert waited == [7.0, 2.0, 120.0]


def test_a_busy_server_is_asked_each_time_whatever_it_says_beside(api: Api) -> None:
    api.answer = lambda _path, _parameters: (503, {"error": "busy"}, {"Retry-After": "²"})
    waited: list[float] = []

    with pytest.raises(SourceFailed, match="answers 503, 6 times in a row"):
        rows_of(api, pause=waited.append)
    assert len(api.asked) == 6
    assert waited == [1.0, 2.0, 4.0, 8.0, 16.0]


def test_a_server_that_stays_busy_is_named_with_its_answer(api: Api) -> None:
    api.answer = lambda _path, _parameters: (503, b"", {})

    with pytest.raises(SourceFailed, match="answers 503, 6 times in a row"):
        rows_of(api)


def test_the_token_of_the_secret_is_sent_and_a_refusal_points_at_it(api: Api) -> None:
    api.answer = lambda _path, _parameters: (401, b"", {})
    with mock_aws():
        client("secretsmanager").create_secret(Name="orders-token", SecretString="abc")
        with pytest.raises(SourceFailed, match=r"answers 401; check the token in data\.source\.http\.secret"):
            rows_of(api, secret="orders-token")
        with pytest.raises(SourceFailed, match="401"):
            rows_of(api, secret="orders-token", header="X-API-Key")

    assert api.headers[0]["Authorization"] == "Bearer abc"
    assert api.headers[1]["X-API-Key"] == "abc"


@pytest.mark.parametrize("text", ["abc\ndef", '{\n"token": "abc"}', "“abc”"])
def test_a_token_that_no_header_may_hold_is_never_quoted(api: Api, text: str) -> None:
    with mock_aws():
        client("secretsmanager").create_secret(Name="orders-token", SecretString=text)
        with pytest.raises(SourceFailed, match="the secret orders-token is no token: it has characters that no"):
            rows_of(api, secret="orders-token")


def test_a_fetch_asks_from_the_watermark_on_and_takes_what_is_new(api: Api, tmp_path: Path) -> None:
    held = [order(2, "2013-01-02T08:00:00Z"), order(1)]
    api.answer = lambda _path, _parameters: ok(held)
    source = {"http": {"url": api.url, "watermark": {"field": "at", "parameter": "since"}}}
    world = World.of(project_of(source), tmp_path)
    assert world.take().new_rows == 2
    held.extend([order(3, "2013-01-02T08:00:00Z"), order(4, "2013-01-03T08:00:00+00:00")])

    assert world.take().new_rows == 2

    assert world.fetch().outcome == "nothing_new"
    assert world.ids() == [1, 2, 3, 4]
    assert [parameters for _, parameters in api.asked] == [
        {},
        {"since": "2013-01-02T07:55:00Z"},
        {"since": "2013-01-03T07:55:00+00:00"},
    ]


def test_a_row_without_its_watermark_is_named(api: Api, tmp_path: Path) -> None:
    api.answer = lambda _path, _parameters: ok([order(1), {"id": 2}])
    source = {"http": {"url": api.url, "watermark": {"field": "at", "parameter": "since"}}}

    with pytest.raises(SourceFailed, match="row 2: has no at, the watermark; it has id"):
        World.of(project_of(source), tmp_path).fetch()
    assert not list((tmp_path / "store").rglob("_SUCCESS"))


def fetching(api: Api, tmp_path: Path, **keys: Any) -> World:
    source = {"http": {"url": api.url, "watermark": {"field": "at", "parameter": "since"}, **keys}}
    return World.of(project_of(source), tmp_path)


@pytest.mark.parametrize(
    "again",
    [
        {"sold": True, "amount": 2.0, "at": "2013-01-01T08:00:00Z", "id": 1},
        order(1) | {"amount": 2},
        order(1) | {"amount": 2.0, "note": None},
    ],
    ids=["other order", "whole number", "new column"],
)
def test_a_row_is_known_again_however_it_is_spelled(api: Api, tmp_path: Path, again: dict[str, Any]) -> None:
    held = [order(1) | {"amount": 2.0}]
    api.answer = lambda _path, _parameters: ok(held)
    world = fetching(api, tmp_path)
    world.take()
    held[:] = [again]

    assert world.fetch().outcome == "nothing_new"


def test_the_whole_of_an_api_in_another_spelling_makes_no_version(api: Api, tmp_path: Path) -> None:
    held = [order(1)]
    api.answer = lambda _path, _parameters: ok(held)
    world = World.of(project_of({"http": {"url": api.url}}, mode="replace"), tmp_path)
    world.take()
    held[:] = [dict(reversed(order(1).items()))]

    assert world.fetch().outcome == "nothing_new"


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (b'"note": "abc\\ud83d"', "row 1, note: holds half a character"),
        (b'"no\\ud83dte": 1', "row 1: holds half a character"),
        (b'"amount": 1e999', "row 1, amount: holds an infinity"),
        (b'"at": "9999-12-31T23:59:59-05:00"', "'9999-12-31T23:59:59-05:00' is no time between the years 1 and 9999"),
    ],
)
@pytest.mark.parametrize("page", [None, {"by": "cursor", "parameter": "c", "at": "next"}])
def test_a_value_that_no_row_can_hold_is_named(
    api: Api, tmp_path: Path, row: bytes, sentence: str, page: dict[str, str] | None
) -> None:
    api.answer = lambda _path, _parameters: ok(b'{"rows": [{"at": "2013-01-01", ' + row + b"}]}")
    world = fetching(api, tmp_path, rows="rows", **({"page": page} if page else {}))

    with pytest.raises(SourceFailed, match=sentence):
        world.fetch()


@pytest.mark.parametrize(
    ("by", "following", "sentence"),
    [
        ("link", "http://[bad", r"page 1: links to 'http://\[bad', which is no address"),
        ("link", "/orders?\ud83d", "page 1, next: holds half a character"),
        ("cursor", "\ud83d", "page 1, next: holds half a character"),
    ],
)
def test_a_next_page_that_nobody_can_ask_for_is_an_error(api: Api, by: str, following: str, sentence: str) -> None:
    api.answer = lambda _path, _parameters: ok({"rows": [order(1)], "next": following})

    with pytest.raises(SourceFailed, match=sentence):
        rows_of(api, rows="rows", page={"by": by, "parameter": "c", "at": "next"})


def test_an_answer_that_is_nested_without_end_is_no_json(api: Api) -> None:
    api.answer = lambda _path, _parameters: ok(b"[" * 200_000)

    with pytest.raises(SourceFailed, match="the answer is no JSON"):
        rows_of(api)
