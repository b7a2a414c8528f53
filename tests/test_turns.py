"""Turns come in the order in which they were asked for, and are never lost."""

import threading
import time
from collections import deque
from datetime import UTC, datetime
from typing import Any

import pytest

from storage import consumers
from storage.store import Store
from storage.turns import Turns


def _until(true: object) -> None:
    end = time.monotonic() + 10
    while not true():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.001)


def test_who_came_first_is_first() -> None:
    turns, got = Turns(), []

    def ask(n: int) -> None:
        with turns.mine(10):
            got.append(n)

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(20)]
    with turns.mine(0):
        for n, thread in enumerate(threads):
            thread.start()
            _until(lambda n=n: len(turns._queue) == n + 2)
    for thread in threads:
        thread.join(10)
    assert got == list(range(20))


def test_who_waits_too_long_is_left_out_and_the_turn_goes_on() -> None:
    turns = Turns()
    with turns.mine(0), pytest.raises(TimeoutError), turns.mine(0.01):
        pytest.fail("two have the turn")
    with turns.mine(0):
        pass


def test_a_wait_that_is_broken_off_keeps_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = Turns()

    class Interrupted:
        """A lock whose second wait is ended by Ctrl-C, in the moment in which the turn comes."""

        def __init__(self) -> None:
            self._asked = 0

        def acquire(self, timeout: float = -1) -> bool:
            self._asked += 1
            if self._asked == 2:
                assert timeout == 5
                holder.__exit__(None, None, None)
                raise KeyboardInterrupt
            return True

        def release(self) -> None:
            pass

    holder = turns.mine(0)
    holder.__enter__()
    monkeypatch.setattr("storage.turns.Lock", Interrupted)
    with pytest.raises(KeyboardInterrupt), turns.mine(5):
        pytest.fail("two have the turn")
    monkeypatch.undo()
    with turns.mine(0):
        pass


def test_a_place_in_the_queue_is_given_up_by_whoever_is_broken_off_as_he_takes_it() -> None:
    class Interrupted(deque[Any]):
        def append(self, last: Any) -> None:
            super().append(last)
            raise KeyboardInterrupt

    turns = Turns()
    with turns.mine(0):
        turns._queue = Interrupted(turns._queue)
        with pytest.raises(KeyboardInterrupt), turns.mine(5):
            pytest.fail("two have the turn")
        turns._queue = deque(turns._queue)
    with turns.mine(0):
        pass


def test_a_busy_writer_keeps_no_other_of_its_process_waiting(store: Store) -> None:
    """On SQLite one thread that wrote again and again kept eight others out for twelve seconds, all the time tried."""
    turns: list[str] = []
    stop = threading.Event()

    def write(name: str, holds_s: float) -> None:
        while not stop.is_set():
            with store.writing() as conn:
                turns.append(name)
                consumers.register(conn, name, now=datetime(2026, 3, 2, tzinfo=UTC))
                time.sleep(holds_s)

    threads = [threading.Thread(target=write, args=(f"reader{n}", 0.03 if n == 0 else 0)) for n in range(6)]
    for thread in threads:
        thread.start()
    try:
        _until(lambda: turns.count("reader0") >= 12)
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)
    if store.dialect == "sqlite":
        assert min(turns.count(f"reader{n}") for n in range(6)) >= 8
