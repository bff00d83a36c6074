from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from evergreen.profiles.spread import spreading


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_results_come_in_the_order_of_the_items(threads: int) -> None:
    def late(item: int) -> int:
        time.sleep(0.002 * (5 - item % 5))
        return item * item

    spread = spreading(threads)

    assert list(spread(late, range(12))) == [item * item for item in range(12)]
    assert list(spread(late, [])) == []


def test_several_threads_work_at_a_time() -> None:
    met = threading.Barrier(2, timeout=10)

    seen = set(spreading(2)(lambda _: (met.wait(), threading.get_ident())[1], range(2)))

    assert len(seen) == 2


def test_one_thread_is_the_callers() -> None:
    assert set(spreading(1)(lambda _: threading.get_ident(), range(3))) == {threading.get_ident()}


def test_nothing_runs_on_behind_an_error() -> None:
    running, done = threading.Event(), []

    def work(item: int) -> None:
        if item == 0:
            running.wait(10)
            raise ValueError("item 0")
        running.set()
        time.sleep(0.02)
        done.append(item)

    with pytest.raises(ValueError, match="item 0"):
        list(spreading(2)(work, range(100)))

    finished = len(done)
    time.sleep(0.05)
    assert len(done) == finished < 99


def test_of_two_errors_the_first_items_is_told() -> None:
    met = threading.Barrier(2, timeout=10)

    def fail(item: int) -> None:
        met.wait()
        raise ValueError(f"item {item}")

    with pytest.raises(ValueError, match="item 0"):
        list(spreading(2)(fail, range(2)))


def test_callers_that_share_the_helpers_do_not_wait_for_each_other() -> None:
    def outer(item: int) -> list[int]:
        return list(spreading(2)(lambda inner: inner + item, range(3)))

    with ThreadPoolExecutor(4) as callers:
        found = [callers.submit(lambda: list(spreading(2)(outer, range(4)))) for _ in range(4)]

        assert [each.result(timeout=30) for each in found] == 4 * [[[at, at + 1, at + 2] for at in range(4)]]
