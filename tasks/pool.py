"""A warm pool of worker processes that can be killed: where documents are read and enriched.

Holds processes, so it is no pure step; it knows nothing of what runs in it. A time limit inside the process cannot
stop a parser that never returns, so a worker that overruns is killed and replaced, and only its own document suffers.
"""

import asyncio
import contextlib
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any, TypeVar

from pebble import ProcessExpired, ProcessPool

T = TypeVar("T")


class TooSlow(Exception):
    """The call overran its time limit, and the process that ran it was killed."""


class WorkerDied(Exception):
    """The process that ran the call died of it, of too much memory as a rule."""


def _begin(prepare: Callable[[], object] | None, niceness: int) -> None:
    # Ctrl-C goes to the whole process group; the parent decides what happens to work in hand.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(niceness)
    if prepare is not None:
        prepare()


class Pool:
    """Runs functions in worker processes. Made by `warm_pool`; results come back by pickle."""

    def __init__(self, pool: ProcessPool, processes: int) -> None:
        self._pool = pool
        self.processes = processes

    def submit(self, function: Callable[..., T], *args: Any, timeout_s: float) -> "Future[T]":
        """Schedule one call; the future raises what the call raised, or pebble's own errors."""
        future: Future[T] = self._pool.schedule(function, args=args, timeout=timeout_s)
        return future

    async def run(self, function: Callable[..., T], *args: Any, timeout_s: float) -> T:
        """Run one call and wait for it without blocking the event loop. Time spent waiting for a worker is free.

        Raises:
            TooSlow: it ran longer than `timeout_s`.
            WorkerDied: its process died.
        """
        try:
            return await asyncio.wrap_future(self.submit(function, *args, timeout_s=timeout_s))
        except TimeoutError as error:
            raise TooSlow(f"it ran longer than {timeout_s:g} s") from error
        except ProcessExpired as error:
            raise WorkerDied("the process that worked on it died") from error


@contextlib.contextmanager
def warm_pool(processes: int, *, prepare: Callable[[], object] | None = None, niceness: int = 0) -> Iterator[Pool]:
    """Open a pool of `processes` workers; on leaving, work in hand is ended and the workers are gone.

    Each worker calls `prepare` before its first call. With `niceness` it leaves the processor to whoever needs it: 10
    is a tenth of a share beside one that is not nice (sched(7)).
    """
    # Forkserver: the parent runs threads (Prefect's, the database's), which plain fork would copy in mid-step.
    context = multiprocessing.get_context("forkserver")
    pool = ProcessPool(max_workers=processes, context=context, initializer=_begin, initargs=(prepare, niceness))
    try:
        yield Pool(pool, processes)
        pool.close()  # type: ignore[no-untyped-call]
    except BaseException:
        pool.stop()  # type: ignore[no-untyped-call]
        raise
    finally:
        pool.join()
