"""The flow `sweep_drop_folder`: whole files in the drop folder are kept, noted, moved away, and ingested."""

import asyncio
from datetime import UTC, datetime

from prefect import flow, get_run_logger
from prefect.artifacts import acreate_table_artifact

from flows import announce
from flows.ingest import ingest
from flows.rounds import name_run
from flows.settings import read_settings
from storage.store import open_store
from tasks import sweep
from tasks.filing import Counts
from tasks.sweep import Swept


@flow(name="sweep-drop-folder", description="Take in the files of the drop folder, then ingest them.")
async def sweep_drop_folder() -> tuple[Swept, Counts]:
    """Look through the drop folder once and ingest what was found whole; give what became of files and of documents.

    Leaves the table artifact `sweep-summary`. A file that is still growing is left for the next sweep; one whose
    document is read and refused moves on from `done/` to `rejected/`, also one that a desk left there when it died.
    """
    settings = read_settings()
    with open_store(settings.database, raw_url=settings.raw) as store:
        swept = await asyncio.to_thread(
            sweep.sweep, store, settings.drop, now=datetime.now(UTC), max_bytes=settings.max_document_bytes
        )
    get_run_logger().info("swept %s %s", settings.drop, swept)
    await acreate_table_artifact(
        key="sweep-summary",
        table=[
            {
                "taken": swept.taken,
                "refused": swept.refused,
                "still growing": swept.growing,
                "cannot be moved": swept.stuck,
                "no documents": swept.odd,
            }
        ],
        description="What the sweep of the drop folder found.",
    )
    if swept.items:
        announce.arrived(swept.items)
    files = swept.taken + swept.refused
    await name_run(f"sweep {files:,} files" if files else "sweep nothing: no whole file was there")
    counts = await ingest()
    with open_store(settings.database, raw_url=settings.raw) as store:
        await asyncio.to_thread(sweep.reject_refused, store, settings.drop, swept.places)
        await asyncio.to_thread(sweep.reject_left, store, settings.drop, max_bytes=settings.max_document_bytes)
    return swept, counts
