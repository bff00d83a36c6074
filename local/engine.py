"""`python -m local.engine`: ministack and SageMaker in one process, on 127.0.0.1 only."""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

HOST = "127.0.0.1"
ACCOUNT = "000000000000"
REGION = "us-east-1"
KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE", "SYSTEMROOT")


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM, SIGINT, or the end of the parent process."""
    options = _parser().parse_args(arguments)
    home = options.home.resolve()
    home.mkdir(parents=True, exist_ok=True)
    if os.getpgrp() != os.getpid():
        os.setpgid(0, 0)
    _log(home / "engine.log")
    _guard()
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((HOST, options.port))
    port = int(listener.getsockname()[1])
    _configure(home, port)
    from local.serving import serve  # ministack reads its environment when it is imported

    ready = {"endpoint": f"http://{HOST}:{port}", "pid": os.getpid(), "account": ACCOUNT, "region": REGION}
    for name in (signal.SIGHUP, signal.SIGPIPE):
        signal.signal(name, signal.SIG_IGN)
    serve(
        listener,
        home=home,
        images=options.images,
        parent=options.parent_pid,
        on_ready=lambda: _write(options.ready_file, json.dumps(ready)),
    )
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.engine", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--home", type=Path, required=True, help="everything the engine writes is below it")
    parser.add_argument("--ready-file", type=Path, required=True, help="written when the engine answers")
    parser.add_argument("--parent-pid", type=int, help="the engine ends when this process does")
    parser.add_argument("--images", type=Path, help="JSON: commands by repository name, instead of the project's own")
    return parser


def _log(path: Path) -> None:
    """Everything that the engine and its libraries print goes to one file."""
    with path.open("ab") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)


def _guard() -> None:
    """A small process that kills the whole group when the engine is gone, however it went."""
    reader, writer = os.pipe()
    code = "import os,signal,sys\nsys.stdin.buffer.read()\nos.killpg(int(sys.argv[1]),signal.SIGKILL)"
    subprocess.Popen(
        [sys.executable, "-S", "-E", "-c", code, str(os.getpid())],
        stdin=reader,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env={},
    )
    os.close(reader)
    os.set_inheritable(writer, False)


def _configure(home: Path, port: int) -> None:
    """ministack's settings, and of the caller's environment only what a process needs to run: no cloud, no proxies."""
    kept = {name: value for name, value in os.environ.items() if name in KEPT}
    (home / "tmp").mkdir(exist_ok=True)
    settings = {
        "BIND_HOST": HOST,
        "MINISTACK_HOST": HOST,
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": REGION,
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "PERSIST_STATE": "0",
        "S3_PERSIST": "0",
        "DOCKER_HOST": f"unix://{home}/no-docker.sock",
        "TMPDIR": str(home / "tmp"),
        "NO_PROXY": "*",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "PYTHONUNBUFFERED": "1",
    }
    os.environ.clear()
    os.environ.update({**kept, **settings})
    logging.captureWarnings(capture=True)


def _write(path: Path, text: str) -> None:
    """Whole or not at all."""
    partial = path.with_suffix(".partial")
    partial.write_text(text)
    partial.replace(path)


if __name__ == "__main__":
    sys.exit(main())
