"""Named steps with their times: a live line on a terminal, a line for each ended step everywhere.

Progress goes to standard error, so that standard output holds the result only.
"""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from evergreen.cli.output import errors


class Steps:
    """Shows what a long command is doing; quiet ones show nothing."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._name: str | None = None
        self._started = 0.0
        live = errors.is_terminal and not quiet
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        self._live = Progress(*columns, console=errors, transient=True, disable=not live)
        self._line = self._live.add_task("", total=None)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end(failed=kind is not None)
        self._live.stop()

    def begin(self, name: str) -> None:
        """The step before has ended, and this one begins."""
        self.end()
        self._name, self._started = name, time.monotonic()
        self._live.reset(self._line, description=escape(name))

    def end(self, *, failed: bool = False) -> None:
        """The step has ended."""
        if self._name is not None:
            self.done(self._name, time.monotonic() - self._started, failed=failed)
        self._name = None

    def done(self, name: str, seconds: float, *, failed: bool = False) -> None:
        """A line for a step that took so long."""
        if not self._quiet:
            mark = "[red]✗[/]" if failed else "[green]✓[/]"
            self._live.reset(self._line)
            errors.print(f"{mark} {seconds:6.1f} s  {escape(name)}", markup=True)

    def now(self, text: str) -> None:
        """What is going on at this moment, for the live line."""
        self._live.update(self._line, description=escape(text))
