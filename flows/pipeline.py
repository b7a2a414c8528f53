"""Carry a batch through the stages: read, enriched, filed; and if our own code fails on it, find what it fails on.

A batch that fails is taken again one by one: what fails alone is put back with its error, and the others do not wait
for it. What is no document's fault, the database's or a server's, ends the run.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar, cast

import httpx
from prefect import get_run_logger
from prefect.exceptions import PrefectException
from prefect.utilities.annotations import quote

from flows import announce
from flows.settings import Settings
from storage import inbox
from storage.errors import WiredeskError
from storage.inbox import Item
from storage.records import Article
from storage.store import Store
from tasks.batches import enrich_batch, extract_batch, file_batch
from tasks.filing import Counts, wait_after
from tasks.pool import Workers

T = TypeVar("T")
R = TypeVar("R")

MOST_BYTES: Final = 32_000_000
"""Bytes of documents that one task run holds: each lane may hold as many, and its worker as many again."""


class Pipeline:
    """Takes the inbox items that a holder has in hand to the shelves, and keeps the time of each stage.

    Attributes:
        spent_s: Seconds spent so far, by stage.
        outlets: The publishers of what was read.
    """

    def __init__(self, settings: Settings, store: Store, pool: Workers, *, holder: str) -> None:
        self.spent_s: dict[str, float] = {"extract": 0.0, "enrich": 0.0, "file": 0.0}
        self.outlets: set[str | None] = set()
        self._settings = settings
        self._store = store
        self._pool = pool
        self._holder = holder

    async def file(self, items: Sequence[Item], name: str) -> Counts:
        """Read, enrich and file a batch of items, which `name` names."""
        done = await one_by_one_if_it_fails(items, name, self._file, self._blame, called=lambda item: f"item {item.id}")
        return sum(done, Counts())

    async def _file(self, items: Sequence[Item], name: str) -> Counts:
        settings = self._settings
        store, pool = as_is(self._store), as_is(self._pool)
        with self._timed("extract"):
            read = await extract_batch(pool, store, as_is(items), timeout_s=settings.extract_timeout_s, batch=name)
        with self._timed("enrich"):
            enriched = read
            if settings.enrich:
                enriched = await enrich_batch(pool, as_is(read), timeout_s=settings.enrich_timeout_s, batch=name)
        self.outlets.update(o.publisher for o in enriched if isinstance(o, Article))
        with self._timed("file"):
            counts = await file_batch(
                store,
                as_is(items),
                as_is(enriched),
                holder=self._holder,
                max_attempts=settings.max_attempts,
                window=timedelta(days=settings.match_window_days),
                batch=name,
            )
        await announce.changed(self._store)
        return counts

    def _blame(self, item: Item, error: str) -> Counts:
        now = datetime.now(UTC)
        with self._store.writing() as conn:
            inbox.put_back(
                conn,
                item.id,
                error=error,
                not_before=now + wait_after(item),
                now=now,
                max_attempts=self._settings.max_attempts,
                holder=self._holder,
            )
        return Counts(failed=1)

    @contextlib.contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self.spent_s[stage] += time.monotonic() - began


async def one_by_one_if_it_fails(
    batch: Sequence[T],
    name: str,
    take: Callable[[Sequence[T], str], Awaitable[R]],
    blame: Callable[[T, str], R],
    *,
    called: Callable[[T], str],
) -> list[R]:
    """Take a batch; if our own code fails on it, take what is in it one by one, and blame whose fault it is.

    `called` names one of them for the log.

    Raises:
        Exception: it is nobody's fault: the database, Prefect's server or a setting.
    """
    try:
        return [await take(batch, name)]
    except (WiredeskError, httpx.HTTPError, PrefectException):
        raise
    except Exception as error:  # noqa: BLE001 - it is reported, and set against whose fault it is
        alone = f", {called(batch[0])}," if len(batch) == 1 else ""
        get_run_logger().exception("%s%s failed", name, alone)
        if alone:
            return [await asyncio.to_thread(blame, batch[0], f"{type(error).__name__}: {error}")]
    each = [
        await one_by_one_if_it_fails([one], f"{name}, {n} of {len(batch)}", take, blame, called=called)
        for n, one in enumerate(batch, 1)
    ]
    return [taken for one in each for taken in one]


async def side_by_side(lane: Callable[[], Coroutine[Any, Any, R]], lanes: int) -> list[R]:
    """Run so many lanes to their ends, and give what each came to. The first that fails ends the others."""
    try:
        async with asyncio.TaskGroup() as group:
            running = [group.create_task(lane()) for _ in range(lanes)]
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return [one.result() for one in running]


def as_is(value: T) -> T:
    """Give a task an argument as it is."""
    # Prefect walks through every argument in search of futures: seconds for a batch of enriched articles.
    return cast("T", quote(value))
