"""The worker pool of a Dask cluster: each Dask worker runs calls in warm, killable processes of its own.

Only bytes and plain records go over the wire, never the store. A document that hangs, swells or kills its process is
found out by the pool beside it, as on one machine, and the Dask worker lives on. Imports Dask: import it only where a
cluster is asked for.
"""

import asyncio
import contextlib
import multiprocessing
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar, cast

from distributed import Client, KilledWorker, get_worker

from storage.errors import Misconfigured
from tasks import stages, versions
from tasks.pool import Pool, WorkerDied, warm_pool

T = TypeVar("T")

_opening = threading.Lock()
_open = contextlib.ExitStack()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What `warm_pool` and `stages.load_all` are told, where a Dask worker opens its own."""

    niceness: int
    memory_mb: int
    model: str


_pools: dict[Kept, Pool] = {}


class ClusterPool:
    """Runs functions on a Dask cluster, one at a time for each of its `processes`."""

    def __init__(self, client: Client, kept: Kept) -> None:
        self._client = client
        self._kept = kept
        self.processes: int = sum(client.nthreads().values())  # type: ignore[no-untyped-call]

    async def run(self, function: Callable[..., T], *args: Any, timeout_s: float) -> T:
        """Run one call on the cluster and wait for it. Raises what `Pool.run` does, and what the call raised.

        Raises:
            WorkerDied: its Dask worker was lost, and so were those on which Dask tried it again.
            Misconfigured: the cluster is gone, or cannot run it.
        """
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        # In a thread: packing the documents would stop the event loop.
        future = await asyncio.to_thread(
            self._client.submit,
            run_here,
            function,
            args,
            timeout_s=timeout_s,
            kept=self._kept,
            made_by=versions.current(),
            pure=False,
        )
        future.add_done_callback(lambda _: loop.call_soon_threadsafe(ended.set))  # type: ignore[no-untyped-call]
        await ended.wait()
        try:
            got = await asyncio.to_thread(future.result)
        except KilledWorker as error:
            raise WorkerDied("the Dask workers that worked on it died") from error
        except Exception as error:
            raise Misconfigured("it cannot run this, or is gone", subject="the Dask cluster") from error
        if isinstance(got, Exception):
            raise got
        return cast("T", got)


def run_here(
    function: Callable[..., T],
    args: tuple[Any, ...],
    *,
    timeout_s: float,
    kept: Kept,
    made_by: Mapping[str, int],
) -> T | Exception:
    """Run one call in a process of this Dask worker. An error is given, not raised: Dask would log the document."""
    try:
        if made_by != versions.current():
            raise Misconfigured(
                "it has another version of Wiredesk; install the same one", subject=get_worker().address
            )
        return asyncio.run(_pool(kept).run(function, *args, timeout_s=timeout_s))
    except Exception as error:  # noqa: BLE001 - it is raised again where the run is
        return error


def _pool(kept: Kept) -> Pool:
    """Give this Dask worker's processes, as many as it has threads. They stay warm as long as it lives."""
    with _opening:
        if kept not in _pools:
            if multiprocessing.current_process().daemon:
                raise Misconfigured(
                    "it may not start processes; set DASK_DISTRIBUTED__WORKER__DAEMON=False where it starts",
                    subject=f"the Dask worker {get_worker().address}",
                )
            pool = warm_pool(
                get_worker().state.nthreads,
                prepare=partial(stages.load_all, kept.model),
                niceness=kept.niceness,
                memory_mb=kept.memory_mb,
            )
            _pools[kept] = _open.enter_context(pool)
        return _pools[kept]
