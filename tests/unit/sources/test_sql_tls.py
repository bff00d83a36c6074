"""PostgreSQL beyond this machine: what its secret names, and a certificate that nobody vouches for."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws

from evergreen.aws.clients import client
from evergreen.aws.sql_source import postgres, sql_rows
from evergreen.errors import SourceFailed
from evergreen.project.source import Sql
from tests.unit.sources.certificates import ADDRESS, certified

RDS = {"engine": "postgres", "host": ADDRESS, "username": "u", "password": "hidden", "dbname": "shop"}


@pytest.fixture
def secret() -> Iterator[Callable[[dict[str, Any]], Sql]]:
    """A source whose secret holds RDS's JSON with changes; None takes a key away."""

    def put(changes: dict[str, Any]) -> Sql:
        said = {key: value for key, value in (RDS | changes).items() if value is not None}
        client("secretsmanager").create_secret(Name="orders", SecretString=json.dumps(said))
        return Sql(secret="orders", query="select 1")

    with mock_aws():
        yield put


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[int, str]]:
    """What PostgreSQL does until it knows who asks: it agrees to TLS and shows its certificate."""
    path = certified(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)

    def answer(listening: socket.socket) -> None:
        found, _ = listening.accept()
        with found:
            found.recv(8)
            found.sendall(b"S")
            try:
                context.wrap_socket(found, server_side=True).close()
            except OSError:
                return

    with socket.create_server((ADDRESS, 0)) as listening:
        thread = threading.Thread(target=answer, args=[listening])
        thread.start()
        yield listening.getsockname()[1], path.read_text().partition("-----BEGIN PRIVATE")[0]
        thread.join()


@pytest.mark.loopback
@pytest.mark.parametrize(
    ("trusted", "sentence"),
    [(False, "its certificate is refused: self-signed certificate;"), (True, "IP address mismatch.*names the host as")],
)
def test_a_certificate_that_is_not_trusted_is_told_with_what_to_do(
    server: tuple[int, str], secret: Callable[[dict[str, Any]], Sql], trusted: bool, sentence: str
) -> None:
    port, certificate = server
    source = secret({"port": port, "ca": certificate if trusted else None})

    with pytest.raises(SourceFailed, match=sentence) as caught:
        list(sql_rows(source, None))

    assert "hidden" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"host": None}, "the secret orders names no host$"),
        ({"dbname": None}, "the secret orders names no database$"),
        ({"ca": "/etc/ca.pem"}, "the secret orders: its ca is no certificate; it holds the text itself"),
        ({"ca": 7}, "its ca is no certificate"),
    ],
)
def test_a_secret_that_leads_nowhere_says_what_is_missing(
    secret: Callable[[dict[str, Any]], Sql], changes: dict[str, Any], sentence: str
) -> None:
    source = secret(changes)

    with pytest.raises(SourceFailed, match=sentence):
        postgres(source)


def test_a_query_may_sort_for_minutes_before_its_first_row(secret: Callable[[dict[str, Any]], Sql]) -> None:
    _, arguments = postgres(secret({}))

    assert arguments["timeout"] == 600


def test_without_a_password_the_server_decides(secret: Callable[[dict[str, Any]], Sql]) -> None:
    _, arguments = postgres(secret({"password": None}))

    assert arguments["password"] == ""
