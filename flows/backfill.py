"""The flow `backfill`: documents from files are taken in, or what is filed is made anew, behind all live work.

It arranges, and decides nothing. It may be stopped at any time and goes on where it stopped; two at once share the
work. Live work goes first: a backfill takes little into the inbox at a time, waits while something else is due there,
and its processes give way to others.
"""

import asyncio
import os
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from itertools import islice
from typing import Final

from prefect import flow, get_run_logger
from prefect.artifacts import acreate_table_artifact
from prefect.context import FlowRunContext

from flows import announce
from flows.headway import Headway
from flows.ingest import MOST_BYTES, as_is, holder_of
from flows.settings import Settings, read_settings
from flows.workplace import pool_at_hand, store_at_hand
from storage import backfills, inbox, renewal
from storage.inbox import Item
from storage.records import Article, Refusal
from storage.renewal import Selection
from storage.store import Store
from tasks import intake, redo, refill, versions
from tasks.batches import enrich_batch, extract_batch, file_batch
from tasks.filing import Counts
from tasks.pool import Pool
from tasks.redo import Redone, Task
from tasks.redobatches import redo_batch
from tasks.refill import Arrival, Files
from tasks.stages import Document, Outcome
from tasks.versions import Stage

GIVE_WAY_S: Final = 5.0
"""Seconds that a batch waits at most while live work is due. What nobody takes for so long is not waited for again."""
BATCH: Final = 10
"""Articles in a batch: each holds the writer lock for as long as filing them takes, and live work waits for it."""
NICENESS: Final = 10
"""Of its processes: where cores are scarce, those of live work get nine times as much of them."""
ANY: Final = 2**31 - 1
"""A version that no stage has reached: all that is chosen is older."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfilled:
    """What a backfill did. Of files: `documents` looked at, `known` before, the rest in `counts`. Else: `redone`.

    `outdated` counts, by stage and version, what an older version had made before. A dry run gives what would be.
    """

    documents: int = 0
    known: int = 0
    counts: Counts = field(default_factory=Counts)
    redone: Redone = field(default_factory=Redone)
    outdated: Mapping[str, Mapping[int, int]] = field(default_factory=dict)


@flow(
    name="backfill",
    description="Take old documents in from files, or make anew what older versions of the stages have filed.",
)
async def backfill(
    paths: list[str] | None = None,
    stage: Stage | None = None,
    since: date | None = None,
    until: date | None = None,
    source: str | None = None,
    publisher: str | None = None,
    again: bool = False,
    dry_run: bool = False,
    workers: int | None = None,
) -> Backfilled:
    """Take old documents in from files, or make anew what older versions have filed.

    Leaves the progress artifact `backfill-progress` and the table artifact `backfill-summary`.

    Args:
        paths: Files, folders and globs to take documents in from, archives among them. Left out: what is filed is made
            anew, from its kept bytes or its text, wherever an older version made it.
        stage: Make only this stage anew, with what depends on it. Left out: every stage.
        since: First day: of publication, or (with paths) on which the file was last written to.
        until: Last day, likewise.
        source: Part of the path or address that a document came from.
        publisher: Only what this publisher has published.
        again: Make it anew whatever version made it, and try again what was set aside.
        dry_run: Write nothing, and say what would change.
        workers: Processes that read and enrich. Left out: one less than the cores, and at least one.
    """
    settings = read_settings()
    processes = workers or max(1, settings.processes - 1)
    begins = None if since is None else datetime.combine(since, clock.min, UTC)
    ends = None if until is None else datetime.combine(until + timedelta(days=1), clock.min, UTC)
    with (
        store_at_hand(settings) as store,
        pool_at_hand(processes, niceness=NICENESS, memory_mb=settings.extract_memory_mb) as pool,
    ):
        run = _Run(settings, store, pool, processes, dry_run=dry_run)
        try:
            if paths:
                files = Files(paths=tuple(paths), since=begins, until=ends, source=source)
                done = await run.take_in(files)
            else:
                chosen = Selection(since=begins, until=ends, source=source, publisher=publisher)
                done = await run.make_anew([stage] if stage else versions.STAGES, chosen, again=again)
        except BaseException:
            run.let_go()
            raise
    get_run_logger().info("backfilled %s", done)
    await _leave_summary(done)
    return done


class _Run:
    """What the lanes of one run share."""

    def __init__(self, settings: Settings, store: Store, pool: Pool, processes: int, *, dry_run: bool) -> None:
        self._settings = settings
        self._store = store
        self._pool = pool
        self._lanes = processes + 1
        self._dry_run = dry_run
        self._turn = asyncio.Lock()
        self._batches = 0
        self._nobodys = 0  # items that are due, and that nobody takes
        self._progress = Headway()
        run = FlowRunContext.get()
        flow_run = run.flow_run if run else None
        self._holder = holder_of(flow_run.id) if flow_run else f"{socket.gethostname()}:{os.getpid()} backfill"

    def let_go(self) -> None:
        """Give back what this run has in hand and will not finish: it was cancelled, or it failed."""
        with self._store.writing() as conn:
            inbox.release(conn, holder=self._holder)
            renewal.release(conn, holder=self._holder)

    # Documents from files.

    async def take_in(self, files: Files) -> Backfilled:
        """Take in the documents of files, from where an earlier backfill of the same files stopped."""
        with self._store.reading() as conn:
            after = None if self._dry_run else backfills.place(conn, files.key)
        source = refill.arrivals(files, after=after, max_bytes=self._settings.max_document_bytes)
        await self._progress.begin(None)
        lanes = await asyncio.gather(*(self._lane_of_files(files, source) for _ in range(self._lanes)))
        if not self._dry_run:
            with self._store.writing() as conn:
                backfills.forget(conn, files.key)
        await self._progress.end()
        return Backfilled(
            documents=sum(done.documents for done in lanes),
            known=sum(done.known for done in lanes),
            counts=sum((done.counts for done in lanes), Counts()),
        )

    async def _lane_of_files(self, files: Files, source: Iterator[Arrival]) -> Backfilled:
        documents = known = 0
        counts = Counts()
        while True:
            await self._give_way()
            async with self._turn:
                part = await asyncio.to_thread(_part, source)
                if not part:
                    return Backfilled(documents=documents, known=known, counts=counts)
                items, before, refused = await asyncio.to_thread(self._note, files, part)
            documents += len(part)
            known += before
            counts += Counts(rejected=refused)
            if items:
                counts += await self._file(items, self._named(len(items), "documents"))
                await announce.changed(self._store)
            await self._progress.add(len(part))

    def _note(self, files: Files, part: Sequence[Arrival]) -> tuple[tuple[Item, ...], int, int]:
        """Take documents into the inbox and in hand at once. Gives those, how many were known, how many refused."""
        now = datetime.now(UTC)
        if self._dry_run:
            with self._store.reading() as conn:
                known = sum(intake.is_known(conn, a.arrival) for a in part)
            return (), known, sum(isinstance(a.arrival, Refusal) for a in part)
        received, items = intake.take_in_hand(
            self._store, [a.arrival for a in part], holder=self._holder, lease=self._settings.lease, now=now
        )
        with self._store.writing() as conn:
            backfills.note(conn, files.key, part[-1].place, now=now)
        refused = sum(r.new and r.state == "rejected" for r in received)
        return items, sum(not r.new for r in received), refused

    async def _file(self, items: Sequence[Item], name: str) -> Counts:
        settings = self._settings
        store, pool = as_is(self._store), as_is(self._pool)
        read = await extract_batch(pool, store, as_is(items), timeout_s=settings.extract_timeout_s, batch=name)
        found = await enrich_batch(pool, as_is(read), timeout_s=settings.enrich_timeout_s, batch=name)
        return await file_batch(
            store,
            as_is(items),
            as_is(found),
            holder=self._holder,
            max_attempts=settings.max_attempts,
            window=timedelta(days=settings.match_window_days),
            batch=name,
        )

    # What is filed.

    async def make_anew(self, stages: Sequence[Stage], chosen: Selection, *, again: bool) -> Backfilled:
        """Make anew, in the order in which it was filed, what older versions of these stages have made."""
        wanted = {stage: version for stage, version in versions.current().items() if stage in stages}
        with self._store.writing() as conn:
            renewal.release_expired(conn, now=datetime.now(UTC))
            if again and not self._dry_run:
                renewal.choose_anew(conn, stages, chosen)
            if again and self._dry_run:
                wanted = dict.fromkeys(stages, ANY)
            outdated = renewal.outdated(conn, wanted, chosen)
            left = renewal.left(conn, wanted, chosen, max_attempts=self._settings.max_attempts)
        await self._progress.begin(left)
        last = [0]
        lanes = await asyncio.gather(*(self._lane_of_articles(wanted, chosen, last) for _ in range(self._lanes)))
        await self._progress.end()
        return Backfilled(redone=sum(lanes, Redone()), outdated=outdated)

    async def _lane_of_articles(self, wanted: Mapping[str, int], chosen: Selection, last: list[int]) -> Redone:
        redone = Redone()
        while True:
            await self._give_way()
            async with self._turn:
                tasks = await asyncio.to_thread(
                    redo.claim,
                    self._store,
                    wanted,
                    chosen,
                    holder=self._holder,
                    after=last[0],
                    limit=BATCH,
                    lease=self._settings.lease,
                    now=datetime.now(UTC),
                    max_attempts=self._settings.max_attempts,
                )
                if not tasks:
                    return redone
                last[0] = tasks[-1].stored.n
            redone += await self._redo(tasks, self._named(len(tasks), "articles"))
            if not self._dry_run:
                await announce.changed(self._store)
            await self._progress.add(len(tasks))

    async def _redo(self, tasks: Sequence[Task], name: str) -> Redone:
        settings = self._settings
        store, pool = as_is(self._store), as_is(self._pool)
        outcomes: list[Outcome] = [task.stored.article for task in tasks]
        if read := [at for at, task in enumerate(tasks) if task.is_read]:
            items = [task.item for at in read if (task := tasks[at]).item is not None]
            made = iter(
                await extract_batch(pool, store, as_is(items), timeout_s=settings.extract_timeout_s, batch=name)
                if items
                else ()
            )
            for at in read:
                gone = Refusal(input=tasks[at].stored.id, reason="unreadable", detail="nobody knows what it came from")
                outcomes[at] = next(made) if tasks[at].item is not None else gone
        find = [at for at, o in enumerate(outcomes) if isinstance(o, Article) and tasks[at].is_found(o)]
        if find:
            found = await enrich_batch(
                pool, as_is([outcomes[at] for at in find]), timeout_s=settings.enrich_timeout_s, batch=name
            )
            for at, outcome in zip(find, found, strict=True):
                outcomes[at] = outcome
        for at, outcome in enumerate(outcomes):
            if at not in find and isinstance(outcome, Article):
                outcomes[at] = tasks[at].as_found(outcome)
        return await redo_batch(
            store,
            as_is(list(zip(tasks, outcomes, strict=True))),
            holder=self._holder,
            max_attempts=settings.max_attempts,
            window=timedelta(days=settings.match_window_days),
            trial=self._dry_run,
            batch=name,
        )

    def _named(self, count: int, what: str) -> str:
        self._batches += 1
        return f"batch {self._batches}: {count} {what}"

    async def _give_way(self) -> None:
        """Wait while something else is due in the inbox, and somebody takes it."""
        until = time.monotonic() + GIVE_WAY_S
        while (due := await asyncio.to_thread(self._due)) > self._nobodys:
            if time.monotonic() > until:
                self._nobodys = due
                return
            await asyncio.sleep(0.2)
        self._nobodys = due

    def _due(self) -> int:
        with self._store.reading() as conn:
            return inbox.due(conn, now=datetime.now(UTC))


def _part(source: Iterator[Arrival]) -> list[Arrival]:
    """Give the next documents: a batch, or fewer if they are large."""
    part: list[Arrival] = []
    size = 0
    for one in islice(source, BATCH):
        part.append(one)
        size += len(one.arrival.raw) if isinstance(one.arrival, Document) else 0
        if size > MOST_BYTES:
            break
    return part


async def _leave_summary(done: Backfilled) -> None:
    table: dict[str, object] = {"documents": done.documents, "known before": done.known}
    counts, redone = done.counts, done.redone
    if not done.documents:
        table = {"made anew": redone.redone, "different": redone.altered, "kept as they were": redone.kept}
        table |= {"to try again": redone.failed, **{f"{kind} announced": n for kind, n in redone.announced.items()}}
    else:
        table |= {name: getattr(counts, name) for name in ("filed", "revised", "copies", "seen", "rejected")}
        table |= {"to try again": counts.failed}
    await acreate_table_artifact(
        key="backfill-summary", table=[table], description="What the backfill has taken in, or made anew."
    )
