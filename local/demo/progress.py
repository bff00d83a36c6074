"""Named stages with their times: a live line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.status import Status


class Progress:
    """Prints each stage when it ends; `detail` updates the live line meanwhile."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.started = time.monotonic()
        self._status: Status | None = None
        self._name = ""

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a stage; a failure is marked and passed on."""
        start = time.monotonic()
        self._name = name
        done = False
        with self.console.status(f"[bold]{name}") as self._status:
            try:
                yield
                done = True
            finally:
                mark = "[green]✓[/]" if done else "[red]✗[/]"
                self.console.print(f"{mark} {time.monotonic() - start:5.1f} s  {self._name}", highlight=False)
                self._status = None

    def detail(self, text: str) -> None:
        """What the stage is doing right now."""
        if self._status is not None:
            self._status.update(f"[bold]{self._name}[/]  [dim]{text}")

    def result(self, text: str) -> None:
        """What the stage found: replaces its name in the printed line."""
        self._name = text
        self.detail("")

    def note(self, text: str) -> None:
        """A line below the stages."""
        self.console.print(f"  [dim]{text}[/]", highlight=False)

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.started
