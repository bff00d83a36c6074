"""Where the `evergreen` command starts: Ctrl-C is an answer even while the command is still being loaded."""

from __future__ import annotations

import sys

INTERRUPTED = 130  # what a shell expects of a command that SIGINT ended


def main() -> None:
    """Load the command and run it."""
    try:
        from evergreen.cli.main import main as run

        run()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
