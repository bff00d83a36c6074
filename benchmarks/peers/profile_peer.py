"""One contestant of the profile benchmark: `python profile_peer.py NAME FILE CALLS`.

Prints one JSON line: the median seconds and CPU seconds of a call, and the process's peak MB. Imports are done before.
"""

from __future__ import annotations

import json
import sys

from measured import measured, one_thread


def read(path):
    import pyarrow.parquet as pq

    return lambda: pq.read_table(path)


def profile(path, threads=2):
    from evergreen.profiles.build import profile_file

    return lambda: profile_file(path, threads=threads).to_bytes()


def profile_one_thread(path):
    one_thread()
    return profile(path, threads=1)


def main(name, path, calls):
    call = {"read": read, "profile": profile, "profile_one_thread": profile_one_thread}[name](path)
    print(json.dumps(measured(call, int(calls))))


if __name__ == "__main__":
    main(*sys.argv[1:])
