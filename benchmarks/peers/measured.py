"""What a contestant's script says of its calls; the standard library alone, for every environment."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable
from pathlib import Path


def measured(call: Callable[[], object], calls: int) -> dict[str, float]:
    """The median seconds and CPU seconds of a call, and the peak MB of this process."""
    seconds, busy = [], []
    for _ in range(calls):
        started, cpu = time.perf_counter(), time.process_time()
        call()
        seconds.append(time.perf_counter() - started)
        busy.append(time.process_time() - cpu)
    return {"seconds": statistics.median(seconds), "cpu seconds": statistics.median(busy), "peak MB": peak_mb()}


def peak_mb() -> float:
    """Of this process alone: `ru_maxrss` keeps what the process that started it held."""
    peak = re.search(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text())
    assert peak is not None
    return int(peak[1]) / 1024


def one_thread() -> None:
    """Leave one thread to pyarrow."""
    import pyarrow as pa

    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
