"""`python -m tests.local.dying MOMENT CALL ARGUMENTS…`: the command line, killed (-9) before or after one AWS call."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

import boto3

from evergreen.cli.main import main


def die_at(moment: str, call: str) -> None:
    """Arrange for the end: `call` holds words of the operation's name and its URL, such as `PutObject branches/`."""
    asked = ""

    def before(request: Any, event_name: str, **_: Any) -> None:
        nonlocal asked
        asked = f"{event_name} {request.url}"
        if moment == "before":
            die()

    def die(**_: Any) -> None:
        if all(word in asked for word in call.split()):
            os.kill(os.getpid(), signal.SIGKILL)

    boto3.setup_default_session()
    events = boto3.DEFAULT_SESSION.events
    events.register("before-send", before)
    if moment == "after":
        events.register("after-call", die)


if __name__ == "__main__":
    die_at(*sys.argv[1:3])
    sys.argv[1:] = sys.argv[3:]
    main()
