"""The flow `poll-feeds`: the feeds that are due are polled, side by side; what is new is fetched and filed."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from prefect import flow, get_run_logger
from prefect.artifacts import acreate_table_artifact

from flows import announce
from flows.ingest import many
from flows.pages import Pages, fetch_pages
from flows.pipeline import as_is
from flows.rounds import Progress, give_back, name_run, round_at_hand
from flows.settings import Settings, read_settings
from storage import feeds, inbox, leases
from storage.errors import WiredeskError
from storage.feeds import Feed
from storage.masking import masked
from tasks.feedbatches import Failure, poll_batch
from tasks.feeds import Polled
from tasks.rounds import Round

BATCH = 100
"""Feeds in one task run: it costs the server some 15 ms, and a batch is as slow as its slowest feed."""
LANES = 2
"""Batches at once, so that one slow feed keeps no other waiting."""
SHOWN = 5
"""Addresses named in a row of the summary."""

UNCHANGED = ("same", "not-modified")
FAILED = ("not-a-feed", "limited", "soft", "temporary", "hard", "gone")


@dataclass(slots=True)
class Polls:
    """What a run has polled, and what it fetched after that."""

    polled: list[Polled] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    pages: Pages | None = None

    @property
    def items(self) -> list[int]:
        """The inbox items that are new."""
        return [item for p in self.polled for item in p.items]

    @property
    def new_entries(self) -> int:
        """Entries that were not known before."""
        return sum(p.attempt.new_entries for p in self.polled)

    @property
    def failed(self) -> int:
        """Feeds that could not be read."""
        return len(self.failures) + sum(p.attempt.outcome in FAILED for p in self.polled)


@flow(name="poll-feeds", description="Poll the feeds that are due.", validate_parameters=False)
async def poll_feeds(addresses: list[str] | None = None, go_on: bool = True) -> Polls:
    """Poll what is due and note what is new; then fetch its pages and ingest them.

    Leaves the table artifact `poll-summary`. Several may run at once: no feed is given to two of them.

    Args:
        addresses: feeds to poll now, due or not; left out, all that are due. A key in one may be left out as `***`.
        go_on: fetch the pages of what is new, and ingest them, in the same run.
    """
    settings = read_settings()
    polls = Polls()
    async with round_at_hand(settings) as round_:
        among = None if addresses is None else await asyncio.to_thread(_named, round_, addresses)
        waiting = await asyncio.to_thread(_waiting, round_) if among is None else len(among)
        progress = Progress("poll-progress", waiting, "feeds due")
        try:
            async with asyncio.timeout(settings.fetch_time_s):
                await asyncio.gather(*(_lane(round_, settings, among, polls, progress) for _ in range(LANES)))
        except TimeoutError:
            get_run_logger().warning("polled for %g s; the rest is left to the next run", settings.fetch_time_s)
            await round_.write(give_back, round_.store, round_.holder)
        await _leave_summary(round_, polls)
        waits = await round_.write(_waits, round_, settings)
    announce.arrived(polls.items)
    await name_run(_name(polls))
    if go_on and waits:
        polls.pages = await fetch_pages()
    return polls


async def _lane(round_: Round, settings: Settings, among: list[int] | None, polls: Polls, progress: Progress) -> None:
    """Claim and poll batches until nothing is due; of `among` each feed once."""
    while claimed := await round_.write(_claim, round_, settings, among):
        if among is not None:
            among[:] = set(among) - {feed.id for feed in claimed}
        results = await poll_batch(as_is(round_), as_is(claimed), batch=f"{len(claimed)} feeds")
        polls.polled += (r for r in results if isinstance(r, Polled))
        polls.failures += (r for r in results if isinstance(r, Failure))
        await progress.advance(len(claimed))


def _named(round_: Round, addresses: list[str]) -> list[int]:
    """Give the feeds of these addresses. What is left out of one may be the only thing that tells two apart: then both.

    Of an address with a key in it, whoever calls need not tell the key: Prefect shows a run's parameters.
    """
    named: dict[int, None] = {}
    with round_.store.reading() as conn:
        for address in dict.fromkeys(addresses):
            feed = feeds.find(conn, address)
            found = [feed] if feed else [f for f in feeds.every(conn) if masked(f.state.address) == address]
            if not found:
                raise WiredeskError("no feed has this address; `wiredesk feeds list` shows them", subject=address)
            named |= dict.fromkeys(f.id for f in found)
    return list(named)


def _waiting(round_: Round) -> int:
    with round_.store.reading() as conn:
        return feeds.due(conn, now=round_.clock())


def _waits(round_: Round, settings: Settings) -> bool:
    """Say whether anything waits to be fetched or read: of this run, of another, or of one that died."""
    now = round_.clock()
    with round_.store.writing() as conn:
        leases.release_expired(conn, now=now, max_attempts=settings.max_attempts)
        return any(inbox.due(conn, now=now, state=state) for state in ("noticed", "captured"))


def _claim(round_: Round, settings: Settings, among: list[int] | None) -> tuple[Feed, ...]:
    with round_.store.writing() as conn:
        return feeds.claim(
            conn, holder=round_.holder, limit=BATCH, lease=settings.lease, now=round_.clock(), among=among
        )


def _name(polls: Polls) -> str:
    if not polls.polled and not polls.failures:
        return "poll nothing: no feed was due"
    entries = "entry" if polls.new_entries == 1 else "entries"
    said = f"poll {many(len(polls.polled) + len(polls.failures), 'feed')}: {polls.new_entries:,} new {entries}"
    return f"{said}, {polls.failed:,} failed" if polls.failed else said


async def _leave_summary(round_: Round, polls: Polls) -> None:
    def resting() -> tuple[tuple[str, ...], tuple[str, ...], datetime | None]:
        with round_.store.reading() as conn:
            dormant, disabled = (feeds.in_condition(conn, condition) for condition in ("dormant", "disabled"))
            return dormant, disabled, feeds.next_due(conn)

    dormant, disabled, next_at = await asyncio.to_thread(resting)
    by_outcome: dict[str, list[str]] = {}
    for polled in polls.polled:
        by_outcome.setdefault(polled.attempt.outcome, []).append(polled.feed.state.address)
    gaps = [p.feed.state.address for p in polls.polled if p.attempt.possible_gap]
    kinds = Counter(p.attempt.outcome for p in polls.polled if p.attempt.outcome in UNCHANGED)
    rows: list[dict[str, object]] = [
        _row("feeds due", len(polls.polled) + len(polls.failures)),
        _row("unchanged", kinds.total(), f"{kinds['not-modified']:,} by status 304"),
        _row("with news", len(by_outcome.get("new", ())), *by_outcome.get("new", ())),
        _row("new entries", polls.new_entries),
        _row("revised entries", sum(p.attempt.revised_entries for p in polls.polled)),
        _row("may have missed entries", len(gaps), *gaps),
        *(_row(f"failed: {kind}", len(by_outcome[kind]), *by_outcome[kind]) for kind in FAILED if kind in by_outcome),
    ]  # fmt: skip
    if polls.failures:
        rows.append(_row("failed: our own", len(polls.failures), *(f"{f.address}: {f.error}" for f in polls.failures)))
    rows += (
        _row("slowest, s", round(p.attempt.elapsed_s, 2), p.feed.state.address)
        for p in sorted(polls.polled, key=lambda p: -p.attempt.elapsed_s)[:3]
    )
    rows += [_row("dormant", len(dormant), *dormant), _row("disabled", len(disabled), *disabled)]
    rows.append(_row("next due", "" if next_at is None else f"{next_at:%Y-%m-%d %H:%M} UTC"))
    await acreate_table_artifact(
        key="poll-summary", table=rows, description="What the feeds that were due came to. More: `wiredesk feeds list`."
    )


def _row(what: str, number: object, *which: str) -> dict[str, object]:
    more = f" and {len(which) - SHOWN:,} more" if len(which) > SHOWN else ""
    return {"what": what, "number": number, "which": masked(", ".join(which[:SHOWN])) + more}
