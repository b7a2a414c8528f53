"""A warm pool of worker processes that can be killed: where documents are read and enriched.

Holds processes, so it is no pure step; it knows nothing of what runs in it. A limit inside the process can stop neither
a parser that never returns nor one that eats all memory (a library may catch MemoryError and call it an empty page), so
a worker that overruns is killed from outside and replaced, and only its own document suffers.
"""

import asyncio
import contextlib
import ctypes
import gc
import logging
import multiprocessing
import os
import signal
import struct
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import Connection
from typing import Any, Final, Protocol, TypeVar

from pebble import ProcessExpired, ProcessPool

logger = logging.getLogger(__name__)

T = TypeVar("T")

MEGABYTE: Final = 1024 * 1024
MEMORY_MB: Final = 160
"""Memory that one call may take, unless `warm_pool` is told otherwise: with what a worker takes by itself, half a
gigabyte less what it may take between two looks."""
_LOADED: Final = 320 * MEGABYTE
"""What a worker takes by itself once all parsers and models are loaded (264 MB, measured): no call is charged."""
_LOOK_S: Final = 0.02
"""Seconds between two looks at the workers' memory. Python fills some 16 MB in that time, C some 80."""
_IDLE_S: Final = 0.2
"""How long it sleeps at most while there is nothing to watch, and so how long it takes to stop."""
ENOUGH: Final = signal.SIGUSR1
"""Ends a worker at once, in C code too, while it runs a call; else it is ignored. One that is killed while handing over
its result leaves a lock behind that no other gets past, and the whole pool gives up where one is killed just after."""
_ORPHANED_S: Final = 20.0
"""Seconds after its limit at which a call ends its process: whoever should have killed it has been killed itself."""
_NOTE: Final = struct.Struct("qq")
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_to_watch: Connection | None = None


class TooSlow(Exception):
    """The call overran its time limit, and the process that ran it was killed."""


class WorkerDied(Exception):
    """The process that ran the call died of it."""


class TooBig(WorkerDied):
    """The call took more memory than the limit, and the process that ran it was killed."""


def _begin(prepare: Callable[[], object] | None, niceness: int, to_watch: Connection) -> None:
    global _to_watch  # noqa: PLW0603 - a worker process has one pool
    # Ctrl-C goes to the whole process group; the parent decides what happens to work in hand.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(ENOUGH, signal.SIG_IGN)
    os.nice(niceness)
    _to_watch = to_watch
    if prepare is not None:
        prepare()
    gc.freeze()  # what is loaded stays loaded: going through it again and again cost 1 ms a page


def _watched(limit_s: float, function: Callable[..., T], *args: Any) -> T:
    """Run a call in a worker, and tell the watch when it begins, with how much memory, and when it is over."""
    assert _to_watch is not None  # noqa: S101 - set by `_begin`
    signal.signal(ENOUGH, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, limit_s + _ORPHANED_S)
    _to_watch.send_bytes(_NOTE.pack(os.getpid(), resident(os.getpid()) or 0))
    try:
        return function(*args)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(ENOUGH, signal.SIG_IGN)
        _to_watch.send_bytes(_NOTE.pack(os.getpid(), -1))
        trim_memory()


def trim_memory() -> None:
    """Give the system the memory that large documents have left free in this process, where the C library can."""
    if (resident(os.getpid()) or 0) > _LOADED:
        with contextlib.suppress(AttributeError):
            ctypes.CDLL(None).malloc_trim(0)


def resident(pid: int) -> int | None:
    """Give the memory that a process holds, in bytes; None if it is gone or the system does not say."""
    try:
        with open(f"/proc/{pid}/statm", "rb", buffering=0) as statm:
            return int(statm.read().split()[1]) * _PAGE
    except (OSError, IndexError):
        return None


class Workers(Protocol):
    """Whatever runs a call in a process that can be killed: here (`Pool`), or on a cluster."""

    async def run(self, function: Callable[..., T], *args: Any, timeout_s: float) -> T:
        """Run one call and wait for it; `Pool.run` says what it raises."""
        ...


class _Watch(threading.Thread):
    """Looks at the memory of the workers that run a call, and kills those that take too much."""

    def __init__(self, notes: Connection, memory_mb: int) -> None:
        super().__init__(name="memory watch", daemon=True)
        self.killed: set[int] = set()
        self._notes = notes
        self._most = memory_mb * MEGABYTE
        self._allowed: dict[int, int] = {}
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.wait(_LOOK_S if self._allowed else 0):
            if not self._allowed:
                self._notes.poll(_IDLE_S)  # until a worker begins something
            self._read_notes()
            for pid, allowed in list(self._allowed.items()):
                held = resident(pid)
                if held is None:
                    del self._allowed[pid]
                elif held > allowed:
                    del self._allowed[pid]
                    self.killed.add(pid)
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, ENOUGH)

    def _read_notes(self) -> None:
        while self._notes.poll():
            pid, held = _NOTE.unpack(self._notes.recv_bytes())
            if held < 0:
                self._allowed.pop(pid, None)
            else:
                self.killed.discard(pid)  # it was told too late, and lives
                self._allowed[pid] = max(held, _LOADED) + self._most

    def stop(self) -> None:
        self._over.set()
        self.join()


class Pool:
    """Runs functions in worker processes. Made by `warm_pool`; results come back by pickle."""

    def __init__(self, make: Callable[[], ProcessPool], processes: int, watch: _Watch) -> None:
        self._make = make
        self._pool = make()
        self._watch = watch
        self.processes = processes

    def submit(self, function: Callable[..., T], *args: Any, timeout_s: float) -> "Future[T]":
        """Schedule one call; the future raises what the call raised, or pebble's own errors."""
        if not self._pool.active:
            # pebble gives up for good where a worker dies while none has a call: killed by the system, for one.
            logger.warning("the worker processes died while idle; starting others")
            self.close()
            self._pool = self._make()
        future: Future[T] = self._pool.schedule(_watched, args=(timeout_s, function, *args), timeout=timeout_s)
        return future

    async def run(self, function: Callable[..., T], *args: Any, timeout_s: float) -> T:
        """Run one call and wait for it without blocking the event loop. Time spent waiting for a worker is free.

        Raises:
            TooSlow: it ran longer than `timeout_s`.
            TooBig: it took more memory than the pool allows one call.
            WorkerDied: its process died.
            BrokenProcessPool: the processes die before they begin anything, and those started in their place as well.
        """
        try:
            return await self._run(function, *args, timeout_s=timeout_s)
        except TimeoutError as error:
            raise TooSlow(f"it ran longer than {timeout_s:g} s") from error
        except ProcessExpired as error:
            if error.pid in self._watch.killed:
                raise TooBig("it took more memory than it may") from error
            raise WorkerDied("the process that worked on it died") from error

    async def _run(self, function: Callable[..., T], *args: Any, timeout_s: float) -> T:
        try:
            return await asyncio.wrap_future(self.submit(function, *args, timeout_s=timeout_s))
        except BrokenProcessPool:  # nothing had begun it
            return await asyncio.wrap_future(self.submit(function, *args, timeout_s=timeout_s))

    def close(self, *, at_once: bool = False) -> None:
        """End the processes, and with `at_once` the work that they have in hand."""
        if at_once:
            self._pool.stop()  # type: ignore[no-untyped-call]
        else:
            self._pool.close()  # type: ignore[no-untyped-call]
        self._pool.join()


@contextlib.contextmanager
def warm_pool(
    processes: int,
    *,
    prepare: Callable[[], object] | None = None,
    niceness: int = 0,
    memory_mb: int = MEMORY_MB,
) -> Iterator[Pool]:
    """Open a pool of `processes` workers; on leaving, work in hand is ended and the workers are gone.

    Each worker calls `prepare` before its first call. With `niceness` it leaves the processor to whoever needs it: 10
    is a tenth of a share beside one that is not nice (sched(7)). `memory_mb` is what one call may take beside what the
    worker holds by itself; it holds on Linux.
    """
    # Forkserver: the parent runs threads (Prefect's, the database's), which plain fork would copy in mid-step.
    context = multiprocessing.get_context("forkserver")
    notes, to_watch = context.Pipe(duplex=False)
    watch = _Watch(notes, memory_mb)
    watch.start()
    initargs = (prepare, niceness, to_watch)
    pool = Pool(
        lambda: ProcessPool(max_workers=processes, context=context, initializer=_begin, initargs=initargs),
        processes,
        watch,
    )
    try:
        yield pool
        pool.close()
    except BaseException:
        pool.close(at_once=True)
        raise
    finally:
        watch.stop()
        notes.close()
        to_watch.close()
