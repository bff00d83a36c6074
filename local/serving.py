"""Runs ministack's ASGI application with SageMaker registered in it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import boto3
import hypercorn.asyncio
import hypercorn.config
from botocore.config import Config
from ministack import app as ministack
from ministack.core import lambda_runtime, router

from local import functions, machines, schedules, templates
from local.engine import ACCOUNT, REGION
from local.sagemaker.images import Images
from local.sagemaker.service import Place, SageMaker
from local.sagemaker.wire import Wire

PARENT_SECONDS = 0.5


def serve(
    listener: socket.socket, *, home: Path, images: Path | None, parent: int | None, on_ready: Callable[[], None]
) -> None:
    """Serve until told to stop, then leave no process behind."""
    endpoint = f"http://127.0.0.1:{listener.getsockname()[1]}"
    service = build(endpoint, home, Images.read(images))
    try:
        asyncio.run(_run(listener, parent, on_ready))
    finally:
        service.stop()
        lambda_runtime.reset()


def build(endpoint: str, home: Path, images: Images) -> SageMaker:
    """The service, registered with the router, Step Functions, CloudFormation and Scheduler."""
    access = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    settings = Config(retries={"max_attempts": 1}, max_pool_connections=32, s3={"addressing_style": "path"})
    clients = {
        name: boto3.client(name, endpoint_url=endpoint, region_name=REGION, config=settings, **access)
        for name in ("s3", "logs")
    }
    service = SageMaker(Place(ACCOUNT, REGION, home), images, **clients)
    ministack.SERVICE_HANDLERS["sagemaker"] = Wire(service).handle_request
    router.SERVICE_PATTERNS["sagemaker"] = {"host_patterns": [r"sagemaker\."], "target_prefixes": ["SageMaker."]}
    functions.install()
    schedules.install()
    machines.install(service)
    templates.install(service)
    service.start()
    return service


async def _run(listener: socket.socket, parent: int | None, on_ready: Callable[[], None]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    config = hypercorn.config.Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 0.5
    config.loglevel = "WARNING"
    tasks = [asyncio.create_task(_announce(listener, on_ready))]
    if parent:
        tasks.append(asyncio.create_task(_watch(parent, stop)))
    await hypercorn.asyncio.serve(ministack.app, config, shutdown_trigger=stop.wait)
    for task in tasks:
        task.cancel()


async def _announce(listener: socket.socket, on_ready: Callable[[], None]) -> None:
    """Say so when the server answers."""
    host, port = listener.getsockname()
    while True:
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection(host, port)
            writer.write(b"GET /_ministack/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            answered = await reader.readline()
            writer.close()
            if b" 200" in answered:
                return on_ready()
        await asyncio.sleep(0.02)


async def _watch(parent: int, stop: asyncio.Event) -> None:
    direct = os.getppid() == parent
    while os.getppid() == parent if direct else _alive(parent):
        await asyncio.sleep(PARENT_SECONDS)
    stop.set()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
