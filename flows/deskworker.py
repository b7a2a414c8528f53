"""The Prefect worker in a desk: takes scheduled and manual runs off the work pool and begins them in this process.

Prefect's documented way to write a worker of one's own. It polls, heeds limits and pauses, and tells the server that
the desk is alive; all that a run needs is there already.
"""

import asyncio
from typing import TYPE_CHECKING

import anyio.abc
from prefect.client.schemas.objects import FlowRun
from prefect.workers.base import BaseJobConfiguration, BaseVariables, BaseWorker, BaseWorkerResult

from flows.register import POOL
from flows.runs import Runs
from flows.workplace import Workplace

if TYPE_CHECKING:
    _Worker = BaseWorker[BaseJobConfiguration, BaseVariables, BaseWorkerResult]
else:
    _Worker = BaseWorker

HEARTBEAT_S = 10
MOST_RUNS = 20
"""Runs from the pool that a desk has in hand at a time. They share its workers; one more only waits inside."""


class DeskWorker(_Worker):
    """Begins the runs of the pool in the desk's process."""

    type = "process"  # what the pool is made for
    job_configuration = BaseJobConfiguration

    def __init__(self, name: str, instance: str, runs: Runs, workplace: Workplace) -> None:
        super().__init__(
            work_pool_name=POOL,
            name=name,
            prefetch_seconds=1,
            create_pool_if_not_found=False,
            limit=MOST_RUNS,
            heartbeat_interval_seconds=HEARTBEAT_S,
        )
        self._instance = instance
        self._runs = runs
        self._workplace = workplace

    @classmethod
    def __dispatch_key__(cls) -> str:
        return "wiredesk"  # in Prefect's registry the worker of processes keeps its place

    async def sync_with_backend(self) -> None:
        """Read the pool, and say that the desk is alive.

        Asked for, not by the channel that Prefect's worker keeps open: what comes by that one the server writes down
        in transactions of a kind that SQLite refuses at once when another is under way, and then it breaks the channel
        off, with a page of "database is locked" in its log.
        """
        client = self.client
        self._work_pool = await client.read_work_pool(POOL)
        await client.send_worker_heartbeat(POOL, self.name, heartbeat_interval_seconds=HEARTBEAT_S)

    async def run(
        self,
        flow_run: FlowRun,
        configuration: BaseJobConfiguration,
        task_status: anyio.abc.TaskStatus[int] | None = None,
    ) -> BaseWorkerResult:
        """Run one flow run to its end. If this worker is stopped before that, the run goes on."""
        del configuration
        if flow_run.deployment_id is None:
            raise ValueError("a desk runs deployments only")
        flow = await self._runs.flow_of(flow_run.deployment_id)
        await self._runs.label(flow_run)
        task = self._runs.begin(flow, flow_run, self._workplace)
        if task_status is not None:
            task_status.started(f"{self.name}:{self._instance}")  # type: ignore[arg-type]
        await asyncio.shield(task)
        return BaseWorkerResult(status_code=0, identifier=self.name)
