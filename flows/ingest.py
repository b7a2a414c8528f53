"""The flow `ingest`: what waits in the inbox is read, enriched and filed, batch by batch.

It arranges, and decides nothing. Several of it may run at once, here or on other machines: the inbox hands no document
out twice, and what a dead run had claimed is taken up again when its lease runs out.
"""

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar, cast

import httpx
from prefect import flow, get_client, get_run_logger
from prefect.artifacts import acreate_table_artifact
from prefect.context import FlowRunContext
from prefect.exceptions import PrefectException
from prefect.utilities.annotations import quote

from flows import announce
from flows.settings import Settings, read_settings
from flows.workplace import pool_at_hand, store_at_hand
from storage import inbox, leases
from storage.errors import WiredeskError
from storage.inbox import Item
from storage.records import Article
from storage.store import Store
from tasks.batches import enrich_batch, extract_batch, file_batch
from tasks.filing import Counts, wait_after
from tasks.pool import Pool

T = TypeVar("T")

MOST_BYTES = 32_000_000
"""Bytes of documents that one task run holds: each lane may hold as many, and its worker as many again."""


@flow(name="ingest", description="Read, enrich and file what waits in the inbox.", validate_parameters=False)
async def ingest(items: list[int] | None = None, batch_size: int | None = None) -> Counts:
    """Take what waits in the inbox through extract, enrich and file.

    Leaves the table artifact `ingest-summary`.

    Args:
        items: inbox items to take, by number; left out, everything that waits. What somebody else has in hand or what
            is settled already is passed over.
        batch_size: documents in one task run; the setting WIREDESK_BATCH_SIZE if left out.
    """
    settings = read_settings()
    with store_at_hand(settings) as store:
        waiting = await asyncio.to_thread(_waiting, store, settings) if items is None else len(items)
        processes = max(1, min(settings.processes, waiting))
        with pool_at_hand(processes, memory_mb=settings.extract_memory_mb, model=settings.language_model) as pool:
            desk = _Desk(settings, store, pool, batch_size or _batch_size(settings, waiting, processes), items)
            try:
                async with asyncio.TaskGroup() as group:
                    # One more than processes: while one batch is being filed, the others keep every process busy.
                    lanes = [group.create_task(desk.lane()) for _ in range(min(processes + 1, waiting) or 1)]
            except BaseExceptionGroup as errors:
                raise errors.exceptions[0] from None
            finally:
                desk.let_go()
    counts = sum((lane.result() for lane in lanes), Counts())
    get_run_logger().info("ingested %s", counts)
    await desk.leave_summary(counts)
    return counts


def holder_of(run_id: object) -> str:
    """Name the holder under which a run claims items. Whoever finds the run dead can give back what it held."""
    return f"run {run_id}"


def holder() -> str:
    """Name the holder under which whoever calls claims items: the run that it is, or else this process."""
    context = FlowRunContext.get()
    run = context.flow_run if context else None
    return holder_of(run.id) if run else f"{socket.gethostname()}:{os.getpid()}"


def _waiting(store: Store, settings: Settings) -> int:
    now = datetime.now(UTC)
    with store.writing() as conn:
        leases.release_expired(conn, now=now, max_attempts=settings.max_attempts)
        return inbox.counts(conn).get("captured", 0)


def _batch_size(settings: Settings, waiting: int, processes: int) -> int:
    # A small backlog is shared out evenly, so that no process stands idle beside one large batch.
    return max(1, min(settings.batch_size, -(-waiting // processes)))


class _Desk:
    """What the lanes of one run share."""

    def __init__(
        self, settings: Settings, store: Store, pool: Pool, batch_size: int, items: Sequence[int] | None
    ) -> None:
        self._settings = settings
        self._store = store
        self._pool = pool
        self._batch_size = batch_size
        self._items = items
        self._batches = 0
        self._outlets: set[str | None] = set()
        self._spent_s: dict[str, float] = {"extract": 0.0, "enrich": 0.0, "file": 0.0}
        run = FlowRunContext.get()
        self._run = run.flow_run if run else None
        self._holder = holder()

    async def lane(self) -> Counts:
        """Claim, extract, enrich and file batches until nothing waits."""
        counts = Counts()
        while claimed := await asyncio.to_thread(self._claim):
            for items in _by_size(claimed):
                self._batches += 1
                counts += await self._take_or_blame(items, f"batch {self._batches}: {len(items)} documents")
        return counts

    async def _take_or_blame(self, items: Sequence[Item], name: str) -> Counts:
        """Take a batch; if our own code fails on it, take its documents one by one, and set aside whose fault it is.

        Raises:
            Exception: it is nobody's fault: the database, Prefect's server or a setting.
        """
        try:
            return await self._take(items, name)
        except (WiredeskError, httpx.HTTPError, PrefectException):
            raise
        except Exception as error:  # noqa: BLE001 - it is reported, and set against the document
            get_run_logger().exception("%s failed", name)
            if len(items) == 1:
                return await asyncio.to_thread(self._blame, items[0], error)
        return sum([await self._take_or_blame([item], f"{name}, item {item.id}") for item in items], Counts())

    def _blame(self, item: Item, error: Exception) -> Counts:
        now = datetime.now(UTC)
        with self._store.writing() as conn:
            inbox.put_back(
                conn,
                item.id,
                error=f"{type(error).__name__}: {error}",
                not_before=now + wait_after(item),
                now=now,
                max_attempts=self._settings.max_attempts,
                holder=self._holder,
            )
        return Counts(failed=1)

    def let_go(self) -> None:
        """Give back what this run has claimed and has not settled: it was cancelled, or it failed."""
        with self._store.writing() as conn:
            leases.release(conn, holder=self._holder)

    def _claim(self) -> tuple[Item, ...]:
        with self._store.writing() as conn:
            return inbox.claim(
                conn,
                holder=self._holder,
                limit=self._batch_size,
                among=self._items,
                lease=self._settings.lease,
                now=datetime.now(UTC),
            )

    async def _take(self, items: Sequence[Item], name: str) -> Counts:
        settings = self._settings
        store, pool = as_is(self._store), as_is(self._pool)
        with self._timed("extract"):
            read = await extract_batch(pool, store, as_is(items), timeout_s=settings.extract_timeout_s, batch=name)
        with self._timed("enrich"):
            enriched = read
            if settings.enrich:
                enriched = await enrich_batch(pool, as_is(read), timeout_s=settings.enrich_timeout_s, batch=name)
        self._outlets.update(o.publisher for o in enriched if isinstance(o, Article))
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

    @contextlib.contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self._spent_s[stage] += time.monotonic() - began

    async def leave_summary(self, counts: Counts) -> None:
        """Leave the run's table, and give the run a name that says what it did."""
        row: dict[str, object] = {
            "received": counts.received,
            "filed": counts.filed,
            "revised": counts.revised,
            "copies": counts.copies,
            "seen": counts.seen,
            "rejected": counts.rejected,
            "to try again": counts.failed,
        }
        await acreate_table_artifact(
            key="ingest-summary",
            table=[row | {f"{stage}, s": round(spent, 2) for stage, spent in self._spent_s.items()}],
            description="What became of the documents that this run took from the inbox, and the time of each stage.",
        )
        if self._run is not None:
            async with get_client() as client:
                await client.set_flow_run_name(self._run.id, self._named(counts))

    def _named(self, counts: Counts) -> str:
        written = counts.filed + counts.revised
        if not counts.received:
            return "ingest nothing: none of it waited any more" if self._items else "ingest nothing: nothing waited"
        if written:
            done = f"{many(written, 'article')} from {many(len(self._outlets), 'source')}"
        else:
            done = f"nothing new in {many(counts.received, 'document')}"
        return f"ingest {done}" + (f", {counts.rejected} rejected" if counts.rejected else "")


def many(n: int, noun: str) -> str:
    """Give a number with its noun: 1 page, 2 pages."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def _by_size(items: Sequence[Item]) -> Iterator[list[Item]]:
    """Cut a batch so that no part of it holds more than `MOST_BYTES`, but for one document that does alone."""
    part: list[Item] = []
    for item in items:
        if part and sum(i.size_bytes or 0 for i in (*part, item)) > MOST_BYTES:
            yield part
            part = []
        part.append(item)
    yield part


def as_is(value: T) -> T:
    """Give a task an argument as it is."""
    # Prefect walks through every argument in search of futures: seconds for a batch of enriched articles.
    return cast("T", quote(value))
