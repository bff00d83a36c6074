from __future__ import annotations

import threading
import time

import pytest

from evergreen.profiles.spread import spreading


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_results_come_in_the_order_of_the_items(threads: int) -> None:
    def late(item: int) -> int:
        time.sleep(0.002 * (5 - item % 5))
        return item * item

    with spreading(threads) as spread:
        assert list(spread(late, range(12))) == [item * item for item in range(12)]
        assert list(spread(late, [])) == []


def test_several_threads_work_at_a_time() -> None:
    met = threading.Barrier(2, timeout=10)

    with spreading(2) as spread:
        seen = set(spread(lambda _: (met.wait(), threading.get_ident())[1], range(2)))

    assert len(seen) == 2


def test_one_thread_is_the_callers() -> None:
    with spreading(1) as spread:
        assert set(spread(lambda _: threading.get_ident(), range(3))) == {threading.get_ident()}


def test_nothing_runs_on_behind_an_error() -> None:
    running, done = threading.Event(), []

    def work(item: int) -> None:
        if item == 0:
            running.wait(10)
            raise ValueError("item 0")
        running.set()
        time.sleep(0.02)
        done.append(item)

    with spreading(2) as spread, pytest.raises(ValueError, match="item 0"):
        list(spread(work, range(100)))

    finished = len(done)
    time.sleep(0.05)
    assert len(done) == finished < 99
