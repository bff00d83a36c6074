"""Engines start side by side, are found again, and leave nothing behind however they end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from evergreen.errors import NotFound
from local.cloud import ROOT, LocalCloud, status
from tests.local.processes import in_group, wait_until_gone
from tests.local.test_endpoints import create


def test_two_clouds_run_side_by_side() -> None:
    with LocalCloud.start() as one, LocalCloud.start() as two:
        one.client("s3").create_bucket(Bucket="only-in-one")

        assert two.client("s3").list_buckets()["Buckets"] == []


def test_stopping_ends_every_process_and_removes_the_folder(images: Path) -> None:
    with LocalCloud.start(images=images) as cloud:
        cloud.client("s3").create_bucket(Bucket="data")
        create(cloud, "left-running")
        assert len(in_group(cloud.pid)) == 2

    assert in_group(cloud.pid) == []
    assert not cloud.home.exists()


def test_a_killed_engine_takes_its_containers_with_it(images: Path) -> None:
    with LocalCloud.start(images=images) as cloud:
        cloud.client("s3").create_bucket(Bucket="data")
        create(cloud, "orphan")

        os.kill(cloud.pid, signal.SIGKILL)

        wait_until_gone(lambda: in_group(cloud.pid))


def test_an_engine_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    code = "import sys, time\nfrom pathlib import Path\nfrom local.cloud import LocalCloud\n"
    code += "print(LocalCloud.start(Path(sys.argv[1])).pid, flush=True)\ntime.sleep(60)"
    parent = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    with parent.stdout:
        pid = int(parent.stdout.readline())

    parent.kill()
    parent.wait()

    wait_until_gone(lambda: in_group(pid))


def test_a_detached_engine_is_found_again_and_stopped(tmp_path: Path) -> None:
    started = LocalCloud.start(tmp_path, detach=True)
    try:
        assert status(tmp_path) == {
            "endpoint": started.endpoint,
            "pid": started.pid,
            "account": "000000000000",
            "region": "us-east-1",
        }
        LocalCloud.attach(tmp_path).stop()

        assert status(tmp_path) is None
        assert in_group(started.pid) == []
        with pytest.raises(NotFound, match="evergreen local up"):
            LocalCloud.attach(tmp_path)
    finally:
        started.stop()


def test_the_engine_listens_on_loopback_only(cloud: LocalCloud) -> None:
    addresses = [line.split()[1] for line in Path(f"/proc/{cloud.pid}/net/tcp").read_text().splitlines()[1:]]
    port = f"{int(cloud.endpoint.rpartition(':')[2]):04X}"

    assert {address.partition(":")[0] for address in addresses if address.endswith(f":{port}")} == {"0100007F"}
