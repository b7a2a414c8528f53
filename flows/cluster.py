"""The switch to a Dask cluster: opens it, or connects to it, through prefect-dask's task runner. Decides nothing.

Prefect's tasks themselves stay in the process that has the store, and only what they compute goes to the cluster. Sent
there whole through that runner, each costs .3 to .5 CPU-seconds on its worker and .1 to .2 here (measured on a busy
machine; it is milliseconds where they are), and every Dask worker has to reach Prefect's server.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from flows.settings import Settings
from storage.errors import Misconfigured

try:
    import dask
    from prefect_dask.task_runners import DaskTaskRunner
except ModuleNotFoundError as error:
    raise Misconfigured(
        "it needs prefect-dask; `make dask` installs it", subject="WIREDESK_TASK_RUNNER=dask"
    ) from error

from tasks.clusterpool import ClusterPool, Kept  # which needs it as well

FIRST_WORKER_S = 60
"""Seconds in which a cluster's first worker must be there."""


@contextlib.asynccontextmanager
async def cluster_pool(settings: Settings, processes: int, *, niceness: int) -> AsyncIterator[ClusterPool]:
    """Give the pool of the cluster that the settings name, or of one with so many processes on this machine.

    Raises:
        Misconfigured: the cluster does not answer, or has no worker.
    """
    address = settings.dask_address
    here = {"n_workers": 1, "threads_per_worker": processes, "dashboard_address": None}
    runner = DaskTaskRunner(
        **({"address": address} if address else {"cluster_kwargs": here}), client_kwargs={"timeout": FIRST_WORKER_S}
    )
    with dask.config.set({
        "distributed.worker.daemon": False,  # a daemon may not start the processes in which documents are read
        "distributed.admin.large-graph-warning-threshold": "100MB",
    }):  # fmt: skip
        # In threads: both wait for other processes, and would stop the event loop.
        runner.__enter__()  # type: ignore[no-untyped-call]
        try:
            yield await asyncio.to_thread(_connect, runner, settings, niceness)
        finally:
            await asyncio.to_thread(runner.__exit__, None, None, None)


def _connect(runner: DaskTaskRunner, settings: Settings, niceness: int) -> ClusterPool:
    try:
        runner.client.wait_for_workers(1, timeout=FIRST_WORKER_S)
        kept = Kept(niceness=niceness, memory_mb=settings.extract_memory_mb, model=settings.language_model)
        return ClusterPool(runner.client, kept)
    except (OSError, TimeoutError, ValueError) as error:
        where = settings.dask_address or "the cluster of this machine's own"
        raise Misconfigured(f"no Dask worker answers at {where}", subject="WIREDESK_DASK_ADDRESS") from error
