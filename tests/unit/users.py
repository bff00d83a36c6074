"""Who the tests run as: permissions hold for everybody but root, and PostgreSQL does not start for root."""

from __future__ import annotations

import os
import subprocess
import sys

NOBODY = 65534


def can_be_somebody() -> bool:
    """Whether these tests run as somebody, or as a root that may become somebody else."""
    if os.geteuid():
        return True
    try:
        return subprocess.run([sys.executable, "-Ic", ""], user=NOBODY, cwd="/", check=False).returncode >= 0
    except (OSError, subprocess.SubprocessError) as error:
        # The change went well when only Python itself is out of that user's reach.
        return isinstance(error, PermissionError) and error.filename == sys.executable
