"""The commands `inspect`, `ingest`, `sweep` and `backfill`: what is named, dropped or filed already goes through the
stages once, and what came of it is said."""

import argparse
import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import islice

from flows import show
from flows.cli import hints
from flows.lists import open_filed
from flows.settings import Settings
from flows.standing import on_the_named_server
from storage import inbox, leases
from storage.errors import Misconfigured
from storage.recordjson import as_json, refusal_json, withdrawal_json
from storage.records import Article, Refusal, Withdrawal
from storage.store import Store, open_store
from tasks import intake, stages
from tasks.filing import Counts
from tasks.pool import Pool, warm_pool
from tasks.stages import Document, Failure, Outcome

CHUNK = 8
"""Documents in one call of `inspect`: enough for the parser to work in batches, few enough to print early."""


def inspect(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print the record of every document, in the order given."""
    arrivals = intake.documents(arguments.paths, hints=hints(arguments), max_bytes=settings.max_document_bytes)
    return asyncio.run(_inspect(arrivals, settings, as_text=arguments.format == "text"))


async def _inspect(arrivals: Iterable[Document | Refusal], settings: Settings, *, as_text: bool) -> int:
    short = 0
    prepare = partial(stages.load_all, settings.language_model)
    with (
        warm_pool(settings.processes, prepare=prepare, memory_mb=settings.extract_memory_mb) as pool,
        show.progress("inspecting") as advance,
    ):
        async for outcome in _read(pool, arrivals, settings):
            short += not isinstance(outcome, Article)
            advance(1)
            if as_text:
                show.record(outcome)
            else:
                print(json.dumps(_json(outcome), ensure_ascii=False))
    return 1 if short else 0


def _json(outcome: Outcome) -> dict[str, object]:
    if isinstance(outcome, Article):
        return as_json(outcome)
    if isinstance(outcome, Withdrawal):
        return withdrawal_json(outcome)
    if isinstance(outcome, Failure):
        outcome = Refusal(input=outcome.input, reason="gave-up", detail=outcome.error)
    return dict(refusal_json(outcome))


async def _read(pool: Pool, arrivals: Iterable[Document | Refusal], settings: Settings) -> AsyncIterator[Outcome]:
    """Read and enrich in order; a few rounds are on their way at a time, so memory stays flat."""
    rounds: list[asyncio.Task[list[Outcome]]] = []
    for chunk in _chunks(iter(arrivals), settings.processes):
        rounds.append(asyncio.create_task(_chunk(pool, chunk, settings)))
        while len(rounds) > 2 * settings.processes:
            for outcome in await rounds.pop(0):
                yield outcome
    for task in rounds:
        for outcome in await task:
            yield outcome


def _chunks(arrivals: Iterator[Document | Refusal], processes: int) -> Iterator[list[Document | Refusal]]:
    while taken := list(islice(arrivals, CHUNK * processes)):
        size = -(-len(taken) // processes)  # a last, small round is shared out evenly
        yield from (taken[i : i + size] for i in range(0, len(taken), size))


async def _chunk(pool: Pool, arrivals: list[Document | Refusal], settings: Settings) -> list[Outcome]:
    documents = [a for a in arrivals if isinstance(a, Document)]
    read = await stages.extract(pool, documents, timeout_s=settings.extract_timeout_s)
    enriched = iter(await stages.enrich(pool, read, timeout_s=settings.enrich_timeout_s))
    return [next(enriched) if isinstance(a, Document) else a for a in arrivals]


def ingest_paths(arguments: argparse.Namespace, settings: Settings) -> int:
    """Take the documents into the inbox, run the flow `ingest`, and say what became of them."""
    arrivals = intake.documents(arguments.paths, hints=hints(arguments), max_bytes=settings.max_document_bytes)
    with open_store(settings.database, raw_url=settings.raw) as store:
        return ingest_now(store, arrivals, settings)


def ingest_now(store: Store, arrivals: Iterable[Document | Refusal], settings: Settings) -> int:
    """Take arrivals in and file them now. Prints what became of each kind, and what was refused and why.

    Gives the exit status: 1 if any was rejected, now or when it came before, or could not be filed yet.
    """
    known: list[int] = []
    fresh: list[int] = []
    with show.progress("taking in") as advance:
        for received in intake.take_in(store, arrivals, now=datetime.now(UTC)):
            pending = received.new or received.state in {"captured", "claimed"}
            (fresh if pending else known).append(received.item_id)
            advance(1)
    mine = (*known, *fresh)
    counts = _file_waiting(store, mine, settings)
    with store.reading() as conn:
        items = [item for i in mine if (item := inbox.item(conn, i)) is not None]
    new = set(fresh)
    states = Counter("seen" if item.id not in new and item.state == "filed" else item.state for item in items)
    kept = sum(item.id in new and item.digest is not None for item in items)  # the rest never reached the flow
    show.outcome(items, states, counts=counts, others=max(0, counts.received - kept))
    return 1 if states.keys() - {"filed", "seen"} else 0


def _file_waiting(store: Store, mine: Sequence[int], settings: Settings) -> Counts:
    """Run the flow `ingest` for what waits, and wait for those of `mine` that another run has in hand."""
    counts = Counts()
    told = False
    while True:
        now = datetime.now(UTC)
        with store.writing() as conn:
            leases.release_expired(conn, now=now, max_attempts=settings.max_attempts)
            waiting = inbox.due(conn, now=now)
            in_hand, until = leases.held(conn, among=mine)
        if waiting:
            # Prefect is imported here: it takes seconds, and documents that are all known already need none of it.
            from flows.ingest import ingest

            with show.inbox_progress(store, waiting), on_the_named_server():
                counts += asyncio.run(ingest())
        elif until:
            if not told:
                told = True
                show.waits(in_hand, until)
            time.sleep(1)
        else:
            return counts


def sweep_folder(arguments: argparse.Namespace, settings: Settings) -> int:
    """Run the flow `sweep_drop_folder` once, and say what it found and filed."""
    del arguments
    _make_home(settings)
    from flows.sweep import sweep_drop_folder

    with on_the_named_server():
        found, counts = asyncio.run(sweep_drop_folder())
    show.swept(settings.drop, found=found, counts=counts)
    _tell_in_hand(settings)
    return 1 if found.refused or counts.rejected or counts.failed else 0


def run_backfill(arguments: argparse.Namespace, settings: Settings) -> int:
    """Run the flow `backfill`, and say what it took in, or what became different."""
    if arguments.paths and (arguments.stage or arguments.publisher or arguments.again):
        arguments.wrong("--stage, --publisher and --again choose among what is filed; leave them out with PATH")
    if not arguments.paths:
        open_filed(settings).close()  # who makes anew what is filed begins no store
    _make_home(settings)
    from flows import headway
    from flows.backfill import backfill
    from tasks import versions

    with show.headway() as told, on_the_named_server():
        headway.watched.set(told)
        done = asyncio.run(
            backfill(
                paths=arguments.paths or None,
                stage=arguments.stage,
                since=arguments.since,
                until=arguments.until,
                source=arguments.source,
                publisher=arguments.publisher,
                again=arguments.again,
                dry_run=arguments.dry_run,
                workers=arguments.workers or None,
            )
        )
    if arguments.paths:
        taken = done.taken
        show.refilled(taken.counts, documents=taken.documents, known=taken.known, dry_run=arguments.dry_run)
        if not arguments.dry_run:
            _tell_in_hand(settings)
        return 1 if taken.counts.rejected or taken.counts.failed else 0
    show.made_anew(
        done.redone,
        outdated=done.outdated,
        aside=done.aside,
        current=versions.current(),
        dry_run=arguments.dry_run,
    )
    return 1 if done.redone.kept or done.redone.failed else 0


def _tell_in_hand(settings: Settings) -> None:
    """Say what other runs have in hand: nobody may be left to file it."""
    with open_filed(settings) as store, store.reading() as conn:
        in_hand, until = leases.held(conn)
    if until:
        show.in_hand(in_hand, until)


def _make_home(settings: Settings) -> None:
    """Make HOME before a flow does: Prefect makes its own folder in it, and none above."""
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Misconfigured(
            f"this folder cannot be made ({error.strerror}); check WIREDESK_HOME", subject=str(settings.home)
        ) from None
