"""The flow `fetch-pages`: the pages of what feeds announced are fetched, and go on to be ingested."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from prefect import flow, get_run_logger
from prefect.artifacts import acreate_table_artifact

from flows import announce
from flows.ingest import ingest, many
from flows.pipeline import as_is
from flows.rounds import Progress, give_back, name_run, round_at_hand
from flows.settings import Settings, read_settings
from storage import entries, inbox, leases
from storage.entries import Page
from storage.inbox import Item
from tasks.feedbatches import Failure, fetch_batch, look_batch
from tasks.pages import Outcome
from tasks.rounds import Round

T = TypeVar("T")

BATCH = 50
LANES = 4
"""Batches at once: the pages of one feed come together, and lie on one host that is not asked faster for it."""


@dataclass(slots=True)
class Pages:
    """What a run has fetched."""

    outcomes: list[Outcome] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)

    @property
    def counts(self) -> Counter[str]:
        """How many pages came to what."""
        return Counter(outcome.result for outcome in self.outcomes)

    @property
    def items(self) -> list[int]:
        """The inbox items that wait to be read now."""
        return [o.item for o in self.outcomes if o.result in {"page", "feed", "revised"} and o.item is not None]


@flow(name="fetch-pages", description="Fetch the pages that feeds have announced.", validate_parameters=False)
async def fetch_pages(go_on: bool = True) -> Pages:
    """Fetch the pages of new entries, look again at young ones, and ingest what came.

    Leaves the table artifact `pages-summary`. Several may run at once: no page is given to two of them.

    Args:
        go_on: ingest what was fetched, in the same run.
    """
    settings = read_settings()
    pages = Pages()
    async with round_at_hand(settings) as round_:
        waiting = await round_.write(_waiting, round_, settings)
        progress = Progress("pages-progress", waiting, "pages due")

        async def fetch(items: Sequence[Item]) -> list[Outcome | Failure]:
            return await fetch_batch(
                as_is(round_), as_is(items), max_attempts=settings.max_attempts, batch=f"{len(items)} pages"
            )

        async def look(due: Sequence[Page]) -> list[Outcome | Failure]:
            return await look_batch(as_is(round_), as_is(due), batch=f"{len(due)} pages")

        lanes = [_lane(round_, settings, _claim, fetch, pages, progress) for _ in range(LANES)]
        lanes.append(_lane(round_, settings, _claim_looks, look, pages, progress))
        try:
            async with asyncio.timeout(settings.fetch_time_s):
                await asyncio.gather(*lanes)
        except TimeoutError:
            get_run_logger().warning("fetched for %g s; the rest is left to the next run", settings.fetch_time_s)
            await round_.write(give_back, round_.store, round_.holder)
        due = await asyncio.to_thread(_due_to_read, round_)
    await _leave_summary(pages)
    await name_run(_name(pages))
    if go_on and due:
        await ingest()
    return pages


async def _lane(
    round_: Round,
    settings: Settings,
    claim: Callable[[Round, Settings], Sequence[T]],
    work: Callable[[Sequence[T]], Awaitable[list[Outcome | Failure]]],
    pages: Pages,
    progress: Progress,
) -> None:
    """Claim batches and take them to their end until nothing is due. What came is announced batch by batch."""
    while claimed := await round_.write(claim, round_, settings):
        results = await work(claimed)
        before = len(pages.items)
        pages.outcomes += (r for r in results if isinstance(r, Outcome))
        pages.failures += (r for r in results if isinstance(r, Failure))
        announce.arrived(pages.items[before:])
        await progress.advance(len(claimed))


def _waiting(round_: Round, settings: Settings) -> int:
    now = round_.clock()
    with round_.store.writing() as conn:
        leases.release_expired(conn, now=now, max_attempts=settings.max_attempts)
        return inbox.due(conn, now=now, state="noticed") + entries.looks_due(conn, now=now)


def _claim(round_: Round, settings: Settings) -> tuple[Item, ...]:
    with round_.store.writing() as conn:
        return inbox.claim(
            conn, holder=round_.holder, limit=BATCH, lease=settings.lease, now=round_.clock(), state="noticed"
        )


def _claim_looks(round_: Round, settings: Settings) -> tuple[Page, ...]:
    with round_.store.writing() as conn:
        return entries.claim_looks(conn, limit=BATCH, lease=settings.lease, now=round_.clock())


def _due_to_read(round_: Round) -> int:
    with round_.store.reading() as conn:
        return inbox.due(conn, now=round_.clock())


def _name(pages: Pages) -> str:
    counts = pages.counts
    if not counts and not pages.failures:
        return "fetch nothing: no page was due"
    said = {"page": "new", "revised": "revised", "feed": "from the feed", "waiting": "to try again", "failed": "failed"}
    parts = [f"{counts[kind]:,} {word}" for kind, word in said.items() if counts[kind]]
    return f"fetch {many(counts.total(), 'page')}: {', '.join(parts) or 'nothing new'}"


async def _leave_summary(pages: Pages) -> None:
    counts, why = pages.counts, Counter(o.why for o in pages.outcomes if o.why)
    row = {
        "pages due": counts.total() + len(pages.failures),
        "captured": counts["page"],
        "from the feed": counts["feed"],
        "revised": counts["revised"],
        "looked at again, nothing new": counts["same"],
        "to try again": counts["waiting"],
        "not to be had": counts["failed"],
        "why": ", ".join(f"{n:,} {word}" for word, n in why.most_common()),
        "our own failures": ", ".join(f"{f.address}: {f.error}" for f in pages.failures[:5]),
    }
    await acreate_table_artifact(
        key="pages-summary", table=[row], description="What became of the pages that were due to be fetched."
    )
