"""A lock that threads get in the order in which they asked for it. Knows no database.

`threading.Lock` goes to whoever asks at the right moment: a thread that takes it again and again keeps the others out.
"""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock


class Turns:
    """One thread at a time, first come, first served."""

    def __init__(self) -> None:
        self._mutex = Lock()
        self._taken = False
        self._waiting: deque[Lock] = deque()

    @contextmanager
    def mine(self, timeout_s: float) -> Iterator[None]:
        """Wait for the turn, have it within the block, and pass it on.

        Raises:
            TimeoutError: it has not come within `timeout_s` seconds.
        """
        self._wait(timeout_s)
        try:
            yield
        finally:
            with self._mutex:
                self._pass_on()

    def _wait(self, timeout_s: float) -> None:
        called = Lock()
        with self._mutex:
            if not self._taken:
                self._taken = True
                return
            called.acquire()
            self._waiting.append(called)
        got = False
        try:
            got = called.acquire(timeout=timeout_s)
        finally:  # a wait may be broken off by Ctrl-C
            if not got:
                self._leave(called)
        if not got:
            raise TimeoutError

    def _leave(self, called: Lock) -> None:
        with self._mutex:
            if called in self._waiting:
                self._waiting.remove(called)
            else:  # the turn came in this very moment
                self._pass_on()

    def _pass_on(self) -> None:
        if self._waiting:
            self._waiting.popleft().release()
        else:
            self._taken = False
