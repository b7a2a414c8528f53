"""The flow `backfill`: documents from files are taken in, or what is filed is made anew, behind all live work.

It arranges, and decides nothing. It may be stopped at any time and goes on where it stopped; two at once share the
work. Live work goes first: a backfill takes little into the inbox at a time, waits while something else is due there,
and its processes give way to others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from typing import Final

from prefect import flow, get_run_logger
from prefect.artifacts import acreate_table_artifact

from flows import refilling, renewing
from flows.refilling import TakenIn
from flows.settings import read_settings
from flows.shift import Shift
from flows.workplace import store_at_hand, workers_for_bulk
from storage import renewal
from storage.renewal import Selection
from tasks import versions
from tasks.redo import Redone
from tasks.refill import Files
from tasks.versions import Stage

NICENESS: Final = 10
"""Of its processes: where cores are scarce, those of live work get nine times as much of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfilled:
    """What a backfill did: `taken` in of files, or `redone`.

    `outdated` counts, by stage and version, what an older version had made before. A dry run gives what would be.
    `aside` are the articles (id, last error) that could not be made anew, and are tried again with `again` only.
    """

    taken: TakenIn = field(default_factory=TakenIn)
    redone: Redone = field(default_factory=Redone)
    outdated: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    aside: Sequence[tuple[str, str]] = ()


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
    with store_at_hand(settings) as store:
        async with workers_for_bulk(settings, processes, niceness=NICENESS) as (pool, processes):
            shift = Shift(settings, store, pool, processes, dry_run=dry_run)
            try:
                if paths:
                    files = Files(paths=tuple(paths), since=begins, until=ends, source=source)
                    done = Backfilled(taken=await refilling.take_in(shift, files))
                else:
                    chosen = Selection(since=begins, until=ends, source=source, publisher=publisher)
                    stages = [stage] if stage else versions.STAGES
                    redone, outdated = await renewing.make_anew(shift, stages, chosen, again=again)
                    with store.reading() as conn:
                        aside = renewal.set_aside(conn, max_attempts=settings.max_attempts)
                    done = Backfilled(redone=redone, outdated=outdated, aside=aside)
            except BaseException:
                shift.let_go()
                raise
    get_run_logger().info("backfilled %s", done)
    await _leave_summary(done)
    return done


async def _leave_summary(done: Backfilled) -> None:
    taken, redone = done.taken, done.redone
    if taken.documents:
        table: dict[str, object] = {"documents": taken.documents, "known before": taken.known}
        table |= {
            name: getattr(taken.counts, name)
            for name in ("filed", "revised", "withdrawn", "copies", "seen", "rejected")
        }
        table |= {"to try again": taken.counts.failed}
    else:
        table = {"made anew": redone.redone, "different": redone.altered, "kept as they were": redone.kept}
        table |= {"to try again": redone.failed, **{f"{kind} announced": n for kind, n in redone.announced.items()}}
    said = "What the backfill has taken in, or made anew."
    if done.aside:
        said += " Could not be made anew, and tried again with `again`:"
        said += "".join(f"\n- `{article}`: {why}" for article, why in done.aside)
    await acreate_table_artifact(key="backfill-summary", table=[table], description=said)
