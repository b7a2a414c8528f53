"""The Prefect task that writes down what was made anew. Apart from the others, because it imports every stage."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from prefect import State, task
from prefect.cache_policies import NO_CACHE

from storage.errors import StoreBusy
from storage.store import Store
from tasks import redo
from tasks.redo import Redone, Task
from tasks.stages import Outcome


def _is_busy(_task: object, _run: object, state: State[Redone]) -> bool:
    return isinstance(state.data, StoreBusy)


@task(
    name="redo",
    cache_policy=NO_CACHE,
    task_run_name="redo {batch}",
    retries=3,
    retry_delay_seconds=[2, 10, 30],
    retry_condition_fn=_is_busy,
)
async def redo_batch(
    store: Store,
    work: Sequence[tuple[Task, Outcome]],
    *,
    holder: str,
    max_attempts: int,
    window: timedelta,
    trial: bool,
    batch: str,  # noqa: ARG001 - names the task run
) -> Redone:
    """Write down what differs in a batch of articles that were made anew. All of it or nothing."""
    return await asyncio.to_thread(
        redo.redo_batch,
        store,
        work,
        holder=holder,
        now=datetime.now(UTC),
        max_attempts=max_attempts,
        window=window,
        trial=trial,
    )
