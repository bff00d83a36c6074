"""An API whose certificate nobody vouches for."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from evergreen.aws.http_source import http_rows
from evergreen.errors import SourceFailed
from evergreen.project.source import Http
from tests.unit.sources.certificates import ADDRESS, certified

ATTEMPTS = 6


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certified(tmp_path))

    def answer(listening: socket.socket) -> None:
        for _ in range(ATTEMPTS):
            found, _ = listening.accept()
            try:
                context.wrap_socket(found, server_side=True).close()
            except OSError:
                found.close()

    with socket.create_server((ADDRESS, 0)) as listening:
        thread = threading.Thread(target=answer, args=[listening])
        thread.start()
        yield f"https://{ADDRESS}:{listening.getsockname()[1]}/orders"
        thread.join()


@pytest.mark.loopback
def test_a_certificate_that_is_not_trusted_is_told(url: str) -> None:
    with pytest.raises(SourceFailed, match=r"does not answer \(its certificate: self-signed certificate\), 6 times"):
        list(http_rows(Http(url=url), None, pause=lambda _seconds: None))
