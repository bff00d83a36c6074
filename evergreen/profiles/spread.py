"""A `map` whose work several threads share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any

Spread = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]


@contextmanager
def spreading(threads: int) -> Iterator[Spread]:
    """A `map` for this many threads; one works in the caller's, which keeps to one heap."""
    if threads == 1:
        yield map
        return
    with ThreadPoolExecutor(threads) as pool:

        def spread(work: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
            """All results in order; when one fails, nothing runs on behind the error."""
            running = [pool.submit(work, item) for item in items]
            try:
                wait(running, return_when=FIRST_EXCEPTION)  # wakes this thread once
                return [each.result() for each in running]
            finally:
                for each in running:
                    each.cancel()
                wait(running)

        yield spread
