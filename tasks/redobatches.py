"""The Prefect task that writes down what was made anew. Apart from the others, because it imports every stage."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from prefect import task
from prefect.cache_policies import NO_CACHE

from storage.store import Store
from tasks import redo
from tasks.batches import DELAYS_S, is_busy
from tasks.redo import Redone, Task
from tasks.stages import Outcome


@task(
    name="redo",
    cache_policy=NO_CACHE,
    task_run_name="redo {batch}",
    retries=3,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_busy,
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
