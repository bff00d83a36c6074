"""`python -m benchmarks [name]`: runs all benchmarks, or one; prints a JSON line per comparison."""

from __future__ import annotations

import argparse
import os
import sys

from benchmarks.registry import NAMES, load


def main(arguments: list[str]) -> int:
    """0 when every line that promises something holds, else 1."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("name", nargs="?", choices=NAMES, help="one benchmark; all when left out")
    only = parser.parse_args(arguments).name
    kept = True
    for name in [only] if only else NAMES:
        _warn_when_busy(name)
        for line in load(name)():
            print(line.to_json(), flush=True)
            kept = kept and line.holds is not False
    return 0 if kept else 1


def _warn_when_busy(name: str) -> None:
    """Wall-clock figures of a machine that others use say little; standard output stays JSON lines alone."""
    busy, cores = os.getloadavg()[0], os.cpu_count() or 1
    if busy > cores:
        sys.stderr.write(f"{name}: the machine is busy (load {busy:.1f} on {cores} cores); trust ratios, not seconds\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
