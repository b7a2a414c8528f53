"""The flow `upkeep`: what nobody holds any more is given back, the database is tended, the overview is written."""

import asyncio
import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta

from prefect import flow, get_client, get_run_logger
from prefect.artifacts import acreate_table_artifact
from prefect.client.schemas.filters import ArtifactFilter
from prefect.client.schemas.sorting import ArtifactSort
from prefect.runtime import flow_run

from flows import report
from flows.settings import Settings, read_settings
from flows.workplace import store_at_hand
from storage import consumers, entries, housekeeping, leases
from storage.overview import Overview, overview
from storage.store import Store

PASSING = timedelta(hours=1)
"""No capture takes so long to be written: what is older, somebody who died has left."""
LATEST = 200
"""Runs of `ingest` by which the stages are timed."""
FORGET_AFTER = timedelta(days=180)
"""Time after which an entry that has left its feed is forgotten: should it come back, its address is known all the
same."""


@flow(
    name="upkeep",
    description="Take back what dead runs held, tend the database, write the overview.",
    flow_run_name=lambda: "upkeep, thorough" if flow_run.parameters.get("thorough") else "upkeep",
)
async def upkeep(thorough: bool = False) -> Overview:
    """Keep the desk in order, and say how it does.

    Leaves the table artifact `desk-overview`.

    Args:
        thorough: also tend the database file, forget entries that left their feeds long ago, throw away captures
            older than WIREDESK_KEEP_RAW_DAYS, and let go of changes older than WIREDESK_KEEP_CHANGES_DAYS.
    """
    settings = read_settings()
    with store_at_hand(settings) as store:
        done = await asyncio.to_thread(_tidy, store, settings, thorough)
        with store.reading() as conn:
            found = overview(conn, now=datetime.now(UTC), keep_changes=settings.keep_changes)
    get_run_logger().info("upkeep %s", done)
    said = report.rows(found, await stage_seconds(), now=datetime.now(UTC), history=settings.history) | {"upkeep": done}
    await acreate_table_artifact(
        key="desk-overview",
        table=[{"what": what, "how it is": how} for what, how in said.items()],
        description="How the desk is doing.",
    )
    return found


def _tidy(store: Store, settings: Settings, thorough: bool) -> str:
    now = datetime.now(UTC)
    with store.writing() as conn:
        given_back = leases.release_expired(conn, now=now, max_attempts=settings.max_attempts)
        if thorough:
            entries.forget(conn, unseen_since=now - FORGET_AFTER)
    store.raw.clear(before=now - PASSING)
    thrown_away = let_go = 0
    if thorough and settings.keep_raw_days:
        thrown_away = housekeeping.throw_away(store, before=now - timedelta(days=settings.keep_raw_days))
    if thorough and settings.keep_changes is not None:
        let_go = consumers.drop(store, before=now - settings.keep_changes, now=now)
    housekeeping.tend(store, thorough=thorough)
    return (
        f"{given_back:,} items given back, {thrown_away:,} captures thrown away, {let_go:,} changes let go of"
        f"{', thorough' if thorough else ''}"
    )


async def stage_seconds() -> dict[str, float]:
    """Give the seconds that an article spends in each stage, over the latest runs of `ingest`; none without runs."""
    spent: dict[str, float] = defaultdict(float)
    received = 0
    async with get_client() as client:
        latest = await client.read_artifacts(
            artifact_filter=ArtifactFilter.model_validate({"key": {"any_": ["ingest-summary"]}}),
            sort=ArtifactSort.CREATED_DESC,
            limit=LATEST,
        )
    for artifact in latest:
        (row,) = json.loads(str(artifact.data))
        received += row["received"]
        for column, value in row.items():
            if column.endswith(", s"):
                spent[column.removesuffix(", s")] += value
    return {stage: seconds / received for stage, seconds in spent.items()} if received else {}
