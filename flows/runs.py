"""The flow runs that one desk has in hand: begun in this process, cancelled when told, drained when it stops.

Each is a task of its own on the desk's event loop, so that a worker that is restarted does not take them along.
"""

import asyncio
import contextlib
import logging
from contextvars import copy_context
from typing import Any, Final
from uuid import UUID

from prefect import Flow
from prefect._flow_run_suspension import mark_flow_run_suspension_requested
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import FlowRunFilter
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.flow_engine import run_flow
from prefect.flows import load_flow_from_entrypoint
from prefect.settings import PREFECT_LOCAL_STORAGE_PATH
from prefect.states import AwaitingRetry, Cancelled

from flows.workplace import Workplace, lent

logger = logging.getLogger(__name__)

DESK, INSTANCE = "wiredesk.desk", "wiredesk.instance"
"""Labels of a run: the desk that runs it, and which start of that desk."""
WAKE_UP: Final = "wake-up"
"""Tag of a run that a desk started because something came."""


class Runs:
    """What is in hand. Runs are begun in the context in which this was made: they share its client."""

    def __init__(self, client: PrefectClient, labels: dict[str, Any]) -> None:
        self._client = client
        self._labels = labels
        self._context = copy_context()
        self._tasks: dict[UUID, asyncio.Task[bool]] = {}
        self._flows: dict[str, Flow[..., Any]] = {}
        self._entrypoints: dict[UUID, str] = {}
        self._cancelled: set[UUID] = set()
        self.ended = 0

    @property
    def in_hand(self) -> int:
        """How many are running."""
        return len(self._tasks)

    async def flow_of(self, deployment_id: UUID) -> Flow[..., Any]:
        """Load the flow of a deployment; once, it is code of this process."""
        entrypoint = self._entrypoints.get(deployment_id)
        if entrypoint is None:
            deployment = await self._client.read_deployment(deployment_id)
            self._entrypoints[deployment_id] = entrypoint = str(deployment.entrypoint)
        if entrypoint not in self._flows:
            flow: Flow[..., Any] = await asyncio.to_thread(load_flow_from_entrypoint, entrypoint)
            # What a run makes is in the database. Without these Prefect asks its server twice, by a client made for the
            # purpose, where to keep what the flow returns: 60 ms a run during which the loop stands still.
            results = PREFECT_LOCAL_STORAGE_PATH.value()
            self._flows[entrypoint] = flow.with_options(persist_result=False, result_storage=results)
        return self._flows[entrypoint]

    def begin(self, flow: Flow[..., Any], run: FlowRun, workplace: Workplace) -> asyncio.Task[bool]:
        """Run a flow run whose state is Pending, and lend it the workplace. False if the server was lost over it."""
        task = asyncio.create_task(self._run(flow, run, workplace), name=f"run {run.id}", context=self._context.copy())
        self._tasks[run.id] = task
        task.add_done_callback(lambda _: self._end(run.id))
        return task

    def _end(self, run_id: UUID) -> None:
        self._tasks.pop(run_id, None)
        self._cancelled.discard(run_id)
        self.ended += 1

    async def _run(self, flow: Flow[..., Any], run: FlowRun, workplace: Workplace) -> bool:
        # Of a deployment's run the engine would wait, and the whole event loop with it, until a thread of its own has
        # subscribed to the run's suspension, and again until that has ended: .2 s a run, two and more while the server
        # is busy. The deployment is looked up again when the run begins; here `obey` watches over all of them.
        run = run.model_copy(update={"deployment_id": None})
        try:
            with lent(workplace):
                if flow.isasync:
                    await run_flow(flow, flow_run=run, return_type="state")  # type: ignore[misc]
                else:
                    await asyncio.to_thread(run_flow, flow, flow_run=run, return_type="state")
        except asyncio.CancelledError:
            if run.id not in self._cancelled:
                raise
            await self._client.set_flow_run_state(run.id, Cancelled(message="Cancelled in the UI."), force=True)
        except Exception:
            # A flow that fails does not raise; what does is Prefect's client, with the server away.
            logger.exception("run %s broke off", run.name)
            return False
        return True

    async def label(self, run: FlowRun) -> None:
        """Write on a run who runs it."""
        await self._client.update_flow_run_labels(run.id, self._labels)

    async def obey(self) -> None:
        """Cancel those in hand that somebody has cancelled; suspended ones stop before their next task."""
        if not self._tasks:
            return
        wanted = FlowRunFilter.model_validate(
            {"id": {"any_": list(self._tasks)}, "state": {"type": {"any_": [StateType.CANCELLING, StateType.PAUSED]}}}
        )
        for run in await self._client.read_flow_runs(flow_run_filter=wanted):
            if run.state is not None and run.state.type is StateType.PAUSED:
                mark_flow_run_suspension_requested(run.id, run.state)
            elif run.id in self._tasks and run.id not in self._cancelled:
                self._cancelled.add(run.id)
                self._tasks[run.id].cancel()

    async def drain(self, timeout_s: float) -> None:
        """Let what is in hand end; what has not after `timeout_s` is broken off, and waits for the next desk."""
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=timeout_s)
        left = dict(self._tasks)
        for task in left.values():
            task.cancel()
        if left:
            logger.warning("stopping: %d runs are broken off, and go on with the next desk", len(left))
            await asyncio.wait(left.values(), timeout=10)
        for run_id in left:
            with contextlib.suppress(Exception):
                again: State[Any] = AwaitingRetry(message="Its desk was stopped; the next one goes on with it.")
                await self._client.set_flow_run_state(run_id, again, force=True)
