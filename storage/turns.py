"""A lock that threads get in the order in which they asked for it. Knows no database.

`threading.Lock` goes to whoever asks at the right moment: a thread that takes it again and again keeps the others out.
"""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock


class TooLate(TimeoutError):
    """The turn has not come in time."""


class Turns:
    """One thread at a time, first come, first served."""

    def __init__(self) -> None:
        self._mutex = Lock()
        self._queue: deque[Lock] = deque()
        """a lock each, which is free once its turn has come; the first one's has"""

    @contextmanager
    def mine(self, timeout_s: float) -> Iterator[None]:
        """Wait for the turn, have it within the block, and pass it on.

        Raises:
            TooLate: it has not come within `timeout_s` seconds.
        """
        called = Lock()
        called.acquire()
        try:  # from here on, for Ctrl-C may come anywhere: in the queue, in the wait, in the moment of the turn
            with self._mutex:
                self._queue.append(called)
                if self._queue[0] is called:
                    called.release()
            if not called.acquire(timeout=timeout_s):
                raise TooLate
            yield
        finally:
            self._leave(called)

    def _leave(self, called: Lock) -> None:
        with self._mutex:
            if called not in self._queue:
                return
            had_turn = self._queue[0] is called
            self._queue.remove(called)
            if had_turn and self._queue:
                self._queue[0].release()
