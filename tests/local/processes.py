"""What runs on this machine, as /proc tells it: to see that nothing is left behind."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeVar

PATIENCE = 30.0
T = TypeVar("T")


class Process(NamedTuple):
    """One process that is no zombie."""

    pid: int
    parent: int
    group: int


def processes() -> Iterator[Process]:
    """Every process of this machine."""
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            try:
                state, parent, group, *_ = (path / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if state != "Z":
                yield Process(int(path.name), int(parent), int(group))


def in_group(pid: int) -> list[int]:
    """The processes of an engine's group."""
    return [process.pid for process in processes() if process.group == pid]


def descendants(pid: int) -> set[int]:
    """A process's children, their children, and so on."""
    parents = {process.pid: process.parent for process in processes()}
    found = {pid}
    while grown := {child for child, parent in parents.items() if parent in found} - found:
        found |= grown
    return found - {pid}


def mentioning(text: str) -> list[str]:
    """Command lines of the processes that have `text` in their arguments or their environment."""
    found = []
    for process in processes():
        path = Path("/proc") / str(process.pid)
        try:
            command, environment = (path / "cmdline").read_bytes(), (path / "environ").read_bytes()
        except OSError:
            continue
        if text.encode() in command + environment:
            found.append(f"{process.pid}: {command.replace(bytes(1), b' ').decode(errors='replace')}")
    return found


def until(seen: Callable[[], T], *, seconds: float = PATIENCE) -> T:
    """What `seen` returns as soon as that is true."""
    end = time.monotonic() + seconds
    while not (found := seen()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)
    return found


def wait_until_gone(left: Callable[[], object]) -> None:
    """Wait for the last process that `left` finds."""
    end = time.monotonic() + PATIENCE
    while found := left():
        assert time.monotonic() < end, found
        time.sleep(0.05)
