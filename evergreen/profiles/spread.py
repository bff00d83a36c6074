"""A `map` whose work several threads share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from functools import lru_cache
from typing import Any

Spread = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]


def spreading(threads: int) -> Spread:
    """A `map` for this many threads: the caller's, and others that are kept, with the memory they use again."""
    if threads == 1:
        return map

    def spread(work: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
        """All results in order; when one fails, nothing runs on behind the error."""
        given = list(items)
        left, results, failed = list(reversed(range(len(given)))), [None] * len(given), {}

        def share() -> None:
            while left:
                try:
                    at = left.pop()
                except IndexError:  # another thread was faster
                    return
                try:
                    results[at] = work(given[at])
                except BaseException as error:
                    failed[at] = error
                    left.clear()

        helpers = [_helpers(threads - 1).submit(share) for _ in range(threads - 1)]
        share()
        wait([each for each in helpers if not each.cancel()])
        if failed:
            raise failed[min(failed)]
        return results

    return spread


@lru_cache
def _helpers(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="spread")
