"""The Prefect tasks: each takes one batch through one stage. Nothing is decided here.

A task run costs the server some 15 ms, so a task is a batch, never a document. Nothing is cached: the unique keys of
the store make a second run harmless. After each stage the memory that it has left free goes back to the system: of one
document of 20 MB, 90 stayed with the desk while it filed, and 5 ms give them back.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from prefect import State, task
from prefect.cache_policies import NO_CACHE

from storage.errors import Rejected, StoreBusy, Transient
from storage.inbox import Item
from storage.records import Refusal
from storage.store import Store
from tasks import filing, stages
from tasks.filing import Counts
from tasks.pool import Workers, trim_memory
from tasks.stages import Document, Failure, Outcome


@task(name="extract", cache_policy=NO_CACHE, task_run_name="extract {batch}")
async def extract_batch(
    pool: Workers,
    store: Store,
    items: Sequence[Item],
    *,
    timeout_s: float,
    batch: str,  # noqa: ARG001 - names the task run
) -> list[Outcome]:
    """Read a batch of documents from their kept bytes: an article, a refusal or a failure each, in order."""
    opened = await asyncio.to_thread(lambda: [_open(store, item) for item in items])
    documents = [d for d in opened if isinstance(d, Document)]
    read = iter(await stages.extract(pool, documents, timeout_s=timeout_s))
    trim_memory()
    return [next(read) if isinstance(d, Document) else d for d in opened]


def _open(store: Store, item: Item) -> Document | Refusal | Failure:
    try:
        if item.digest is None:
            raise Rejected("unreadable", "none of its bytes were kept")
        return Document(input=item.input, raw=store.raw.get(item.digest), hints=item.hints)
    except Rejected as refused:
        return Refusal(input=item.input, reason=refused.reason, detail=refused.detail)
    except Transient as error:
        return Failure(input=item.input, error=str(error))


@task(name="enrich", cache_policy=NO_CACHE, task_run_name="enrich {batch}")
async def enrich_batch(
    pool: Workers,
    outcomes: Sequence[Outcome],
    *,
    timeout_s: float,
    batch: str,  # noqa: ARG001 - names the task run
) -> list[Outcome]:
    """Find quotations, times, events and names in a batch of articles."""
    enriched = await stages.enrich(pool, outcomes, timeout_s=timeout_s)
    trim_memory()
    return enriched


DELAYS_S: Final = [2.0, 10.0, 30.0]
"""Seconds after which a store that was busy is tried once more, and again."""


def is_busy(_task: object, _run: object, state: State[Any]) -> bool:
    """True if what a task ended with is that the store was busy."""
    return isinstance(state.data, StoreBusy)


@task(
    name="file",
    cache_policy=NO_CACHE,
    task_run_name="file {batch}",
    retries=3,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_busy,
)
async def file_batch(
    store: Store,
    items: Sequence[Item],
    outcomes: Sequence[Outcome],
    *,
    holder: str,
    max_attempts: int,
    window: timedelta,
    batch: str,  # noqa: ARG001 - names the task run
) -> Counts:
    """File a batch: find what each article is a copy of, write it, settle its items. All of it or nothing."""
    work = list(zip(items, outcomes, strict=True))
    counts = await asyncio.to_thread(
        filing.file_batch,
        store,
        work,
        now=datetime.now(UTC),
        holder=holder,
        max_attempts=max_attempts,
        window=window,
    )
    trim_memory()
    return counts
