"""What a flow works with: the open store and a pool of worker processes. Decides nothing.

In a desk they are there already, warm; a flow that runs anywhere else opens its own and closes them after it. So the
same flow runs under the desk, under a plain Prefect worker and from the command line.
"""

import contextlib
from collections.abc import AsyncIterator, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial

from flows.settings import Settings
from storage.store import Store, open_store
from tasks import stages
from tasks.pool import MEMORY_MB, Pool, Workers, warm_pool

_LENT: ContextVar["Workplace | None"] = ContextVar("workplace", default=None)


@dataclass(frozen=True, slots=True)
class Workplace:
    """What a desk lends to the runs in it."""

    store: Store
    pool: Pool


@contextlib.contextmanager
def lent(workplace: Workplace) -> Iterator[None]:
    """Lend a workplace to whatever is called within."""
    token = _LENT.set(workplace)
    try:
        yield
    finally:
        _LENT.reset(token)


@contextlib.contextmanager
def store_at_hand(settings: Settings) -> Iterator[Store]:
    """Give the store: the lent one, or one that is opened now and closed on leaving."""
    here = _LENT.get()
    if here is not None:
        yield here.store
    else:
        with open_store(settings.database, raw_url=settings.raw) as store:
            yield store


@contextlib.contextmanager
def pool_at_hand(processes: int, *, niceness: int = 0, memory_mb: int = MEMORY_MB, model: str = "") -> Iterator[Pool]:
    """Give the pool: the lent one, or one of so many workers, so nice, that ends on leaving. `model` as in settings."""
    here = _LENT.get()
    if here is not None:
        yield here.pool
    else:
        # What a process loads first takes ten seconds on a busy machine, and must not count against a document.
        prepare = partial(stages.load_all, model)
        with warm_pool(processes, prepare=prepare, niceness=niceness, memory_mb=memory_mb) as pool:
            yield pool


@contextlib.asynccontextmanager
async def workers_for_bulk(settings: Settings, processes: int, *, niceness: int) -> AsyncIterator[tuple[Workers, int]]:
    """Give whatever a backfill reads and enriches in, and how many processes that are: a pool, or a Dask cluster."""
    if settings.task_runner == "dask":
        from flows.cluster import cluster_pool

        async with cluster_pool(settings, processes, niceness=niceness) as cluster:
            yield cluster, cluster.processes
    else:
        memory_mb, model = settings.extract_memory_mb, settings.language_model
        with pool_at_hand(processes, niceness=niceness, memory_mb=memory_mb, model=model) as pool:
            yield pool, processes
