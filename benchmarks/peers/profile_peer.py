"""One contestant of the profile benchmark: `python profile_peer.py NAME FILE CALLS`.

Prints one JSON line: the median seconds and CPU seconds of a call, and the process's peak MB. Imports are done before.
"""

from __future__ import annotations

import json
import re
import statistics
import sys
import time
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[2])


def read(path):
    import pyarrow.parquet as pq

    return lambda: pq.read_table(path)


def profile(path, threads=2):
    from evergreen.profiles.build import profile_file

    return lambda: profile_file(path, threads=threads).to_bytes()


def profile_one_thread(path):
    import pyarrow as pa

    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    return profile(path, threads=1)


def peak_mb():
    """Of this process alone: `ru_maxrss` keeps what the process that started it held."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s*(\d+)", status)[1]) / 1024


def main(name, path, calls):
    call = {"read": read, "profile": profile, "profile_one_thread": profile_one_thread}[name](path)
    seconds, cpu = [], []
    for _ in range(int(calls)):
        started, used = time.perf_counter(), time.process_time()
        call()
        seconds.append(time.perf_counter() - started)
        cpu.append(time.process_time() - used)
    peak = peak_mb()
    print(json.dumps({"seconds": statistics.median(seconds), "cpu seconds": statistics.median(cpu), "peak MB": peak}))


main(*sys.argv[1:])
