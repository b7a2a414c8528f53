"""What desks that died have left behind: their runs are marked, and what they held goes back to the inbox."""

import asyncio
import logging
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import FlowRunFilter, WorkPoolFilter
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.states import Cancelled, Crashed

from flows.deskworker import HEARTBEAT_S
from flows.ingest import holder_of
from flows.register import POOL
from flows.runs import DESK, INSTANCE
from storage import feeds, leases, renewal
from storage.store import Store

logger = logging.getLogger(__name__)

SILENT: Final = timedelta(seconds=4 * HEARTBEAT_S)
"""A desk that has told the server nothing for so long is dead (Prefect says OFFLINE after three beats)."""

_OPEN: Final = [StateType.RUNNING, StateType.PENDING, StateType.CANCELLING]


async def bury(
    client: PrefectClient, store: Store, *, desk: str, instance: str, others: bool, max_attempts: int
) -> int:
    """Mark the runs of dead desks Crashed and give back what they had claimed. Gives how many runs that were.

    Dead is an earlier start of this desk, and with `others` another desk that has been `SILENT`. After an absence of
    the server everybody looks silent, and the caller knows. Runs of plain Prefect workers carry no label of a desk,
    and are left alone.
    """
    found = await client.read_flow_runs(
        flow_run_filter=FlowRunFilter.model_validate({"state": {"type": {"any_": _OPEN}}}),
        work_pool_filter=WorkPoolFilter.model_validate({"name": {"any_": [POOL]}}),
        limit=200,
    )
    labelled = [run for run in found if run.labels.get(DESK)]
    mine = [run for run in labelled if run.labels[DESK] == desk]
    dead = [run for run in mine if run.labels.get(INSTANCE) != instance]
    if others and len(mine) < len(labelled):
        alive = await _alive(client)
        dead += [run for run in labelled if run.labels[DESK] not in {desk, *alive}]
    if dead:
        await _bury(client, store, dead, max_attempts)
    return len(dead)


async def _alive(client: PrefectClient) -> set[str]:
    since = datetime.now(UTC) - SILENT
    workers = await client.read_workers_for_work_pool(POOL)
    return {w.name for w in workers if w.last_heartbeat_time and w.last_heartbeat_time > since}


async def _bury(client: PrefectClient, store: Store, dead: Collection[FlowRun], max_attempts: int) -> None:
    within = FlowRunFilter.model_validate({
        "parent_flow_run_id": {"any_": [run.id for run in dead]}, "state": {"type": {"any_": _OPEN}},
    })  # fmt: skip
    for run in (*await client.read_flow_runs(flow_run_filter=within), *dead):
        given = await asyncio.to_thread(_give_back, store, holder_of(run.id), max_attempts)
        if run.state is not None and run.state.type is StateType.CANCELLING:
            state: State[Any] = Cancelled(message="Cancelled; the desk that ran this is gone.")
        else:
            state = Crashed(message=f"The desk that ran this is gone. {given} documents go back to the inbox.")
        await client.set_flow_run_state(run.id, state, force=True)
        logger.warning("run %s was left by a dead desk; %d documents go back to the inbox", run.name, given)


def _give_back(store: Store, holder: str, max_attempts: int) -> int:
    now = datetime.now(UTC)
    with store.writing() as conn:
        renewal.release_expired(conn, now=now, dead=holder)
        feeds.release(conn, holder=holder)
        return leases.release_expired(conn, now=now, max_attempts=max_attempts, dead=holder)
