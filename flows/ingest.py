"""The flow `ingest`: what waits in the inbox is read, enriched and filed, batch by batch.

It arranges, and decides nothing. Several of it may run at once, here or on other machines: the inbox hands no document
out twice, and what a dead run had claimed is taken up again when its lease runs out.
"""

import asyncio
import os
import socket
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from prefect import flow, get_client, get_run_logger
from prefect.artifacts import acreate_table_artifact
from prefect.client.schemas.objects import FlowRun
from prefect.context import FlowRunContext

from flows.pipeline import MOST_BYTES, Pipeline, side_by_side
from flows.settings import Settings, read_settings
from flows.workplace import pool_at_hand, store_at_hand
from storage import inbox, leases
from storage.inbox import Item
from storage.store import Store
from tasks.filing import Counts
from tasks.pool import Pool


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
                # One more than processes: while one batch is being filed, the others keep every process busy.
                lanes = await side_by_side(desk.lane, min(processes + 1, waiting) or 1)
            finally:
                desk.let_go()
    counts = sum(lanes, Counts())
    get_run_logger().info("ingested %s", counts)
    await desk.leave_summary(counts)
    return counts


def holder_of(run_id: object) -> str:
    """Name the holder under which a run claims items. Whoever finds the run dead can give back what it held."""
    return f"run {run_id}"


def holder() -> str:
    """Name the holder under which whoever calls claims items: the run that it is, or else this process."""
    return holder_of(run.id) if (run := _run()) else f"{socket.gethostname()}:{os.getpid()}"


def _run() -> FlowRun | None:
    context = FlowRunContext.get()
    return context.flow_run if context else None


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
        self._batch_size = batch_size
        self._items = items
        self._batches = 0
        self._holder = holder()
        self._pipeline = Pipeline(settings, store, pool, holder=self._holder)

    async def lane(self) -> Counts:
        """Claim, extract, enrich and file batches until nothing waits."""
        counts = Counts()
        while claimed := await asyncio.to_thread(self._claim):
            for items in _by_size(claimed):
                self._batches += 1
                counts += await self._pipeline.file(items, f"batch {self._batches}: {len(items)} documents")
        return counts

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

    async def leave_summary(self, counts: Counts) -> None:
        """Leave the run's table, and give the run a name that says what it did."""
        row: dict[str, object] = {
            "received": counts.received,
            "filed": counts.filed,
            "revised": counts.revised,
            "withdrawn": counts.withdrawn,
            "copies": counts.copies,
            "seen": counts.seen,
            "rejected": counts.rejected,
            "to try again": counts.failed,
        }
        await acreate_table_artifact(
            key="ingest-summary",
            table=[row | {f"{stage}, s": round(spent, 2) for stage, spent in self._pipeline.spent_s.items()}],
            description="What became of the documents that this run took from the inbox, and the time of each stage.",
        )
        if (run := _run()) is not None:
            async with get_client() as client:
                await client.set_flow_run_name(run.id, self._named(counts))

    def _named(self, counts: Counts) -> str:
        written = counts.filed + counts.revised
        if not counts.received:
            return "ingest nothing: none of it waited any more" if self._items else "ingest nothing: nothing waited"
        if written:
            done = f"{many(written, 'article')} from {many(len(self._pipeline.outlets), 'source')}"
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
