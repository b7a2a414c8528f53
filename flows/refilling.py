"""One half of a backfill: documents from files are taken in and filed, from where an earlier one stopped."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice

from flows.pipeline import MOST_BYTES, Pipeline, side_by_side
from flows.shift import BATCH, Shift
from storage import backfills, inbox, leases
from storage.inbox import Item
from storage.records import Refusal
from tasks import intake, refill
from tasks.filing import Counts
from tasks.refill import Arrival, Files
from tasks.stages import Document

_Source = Generator[Arrival, None, None]


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenIn:
    """What became of documents: so many looked at, `known` before, the rest in `counts`."""

    documents: int = 0
    known: int = 0
    counts: Counts = field(default_factory=Counts)

    def __add__(self, other: "TakenIn") -> "TakenIn":
        return TakenIn(
            documents=self.documents + other.documents,
            known=self.known + other.known,
            counts=self.counts + other.counts,
        )


async def take_in(shift: Shift, files: Files) -> TakenIn:
    """Take in the documents of files, from where an earlier backfill of the same files stopped."""
    with shift.store.reading() as conn:
        after = None if shift.dry_run else backfills.place(conn, files.key)
    source = refill.arrivals(files, after=after, max_bytes=shift.settings.max_document_bytes)
    pipeline = Pipeline(shift.settings, shift.store, shift.pool, holder=shift.holder)
    await shift.progress.begin(None)
    left = Counts() if shift.dry_run else await _finish(shift, pipeline)
    lanes = await side_by_side(lambda: _lane_of_files(shift, pipeline, files, source), shift.lanes)
    if not shift.dry_run:
        with shift.store.writing() as conn:
            backfills.forget(conn, files.key)
    await shift.progress.end()
    return sum(lanes, TakenIn(counts=left))


async def _finish(shift: Shift, pipeline: Pipeline) -> Counts:
    """File what a run that ended early had in hand, maybe an earlier one of these files: its place is behind that."""
    counts = Counts()
    with shift.store.reading() as conn:
        left = leases.expired(conn, now=datetime.now(UTC))
    for some in (left[n : n + BATCH] for n in range(0, len(left), BATCH)):
        await shift.give_way()
        with shift.store.writing() as conn:  # in one: what this run has yet to take stays to be found if it dies, too
            now, lease, most = datetime.now(UTC), shift.settings.lease, shift.settings.max_attempts
            leases.release_expired(conn, now=now, max_attempts=most, among=some)
            items = inbox.claim(conn, holder=shift.holder, limit=BATCH, lease=lease, now=now, among=some)
        if items:
            counts += await pipeline.file(items, shift.named(len(items), "documents left over"))
    return counts


async def _lane_of_files(shift: Shift, pipeline: Pipeline, files: Files, source: _Source) -> TakenIn:
    taken = TakenIn()
    while True:
        await shift.give_way()
        part = await shift.in_turn(_take, shift, files, source)
        if part is None:
            return taken
        items, noted = part
        taken += noted
        if items:
            taken += TakenIn(counts=await pipeline.file(items, shift.named(len(items), "documents")))
        await shift.progress.add(noted.documents)


def _take(shift: Shift, files: Files, source: _Source) -> tuple[tuple[Item, ...], TakenIn] | None:
    """Take the next documents in and in hand at once. Gives those that are to be filed, and None at the end."""
    try:
        part = _part(source)
        return _note(shift, files, part) if part else None
    except BaseException:
        source.close()  # nobody notes a place behind what is in no inbox
        raise


def _note(shift: Shift, files: Files, part: Sequence[Arrival]) -> tuple[tuple[Item, ...], TakenIn]:
    now = datetime.now(UTC)
    if shift.dry_run:
        with shift.store.reading() as conn:
            known = sum(intake.is_known(conn, a.arrival) for a in part)
        refused = sum(isinstance(a.arrival, Refusal) for a in part)
        return (), TakenIn(documents=len(part), known=known, counts=Counts(rejected=refused))
    received, items = intake.take_in_hand(
        shift.store, [a.arrival for a in part], holder=shift.holder, lease=shift.settings.lease, now=now
    )
    with shift.store.writing() as conn:
        backfills.note(conn, files.key, part[-1].place, now=now)
    refused = sum(r.new and r.state == "rejected" for r in received)
    known = sum(not r.new for r in received)
    return items, TakenIn(documents=len(part), known=known, counts=Counts(rejected=refused))


def _part(source: _Source) -> list[Arrival]:
    """Give the next documents: a batch, or fewer if they are large."""
    part: list[Arrival] = []
    size = 0
    for one in islice(source, BATCH):
        part.append(one)
        size += len(one.arrival.raw) if isinstance(one.arrival, Document) else 0
        if size > MOST_BYTES:
            break
    return part
