"""Where the `evergreen` command starts: Ctrl-C is an answer even while the command is still being loaded."""

from __future__ import annotations

import os
import sys

INTERRUPTED = 130  # what a shell expects of a command that SIGINT ended


def main() -> None:
    """Load the command and run it; what cannot be printed is a sentence, and a reader that has gone none."""
    try:
        try:
            from evergreen.cli.main import main as run

            run()
        finally:
            sys.stdout.flush()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except OSError as error:
        if _can_print():
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for the flush at the interpreter's end
        if not isinstance(error, BrokenPipeError):
            sys.stderr.write(f"error: standard output: {error.strerror or error}\n")
        sys.exit(1)


def _can_print() -> bool:
    """Whether an error is not that of standard output: a line end tells, buffered or not."""
    try:
        sys.stdout.write("\n")
        sys.stdout.flush()
    except OSError:
        return False
    return True
