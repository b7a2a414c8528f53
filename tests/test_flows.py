"""The flows as Prefect runs them, against a real server; and what a deployment must be able to rely on."""

import ast
import asyncio
import importlib.metadata
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import shelving

from storage import changes, families, inbox
from storage.records import Hints
from storage.store import Store, open_store
from tasks import intake

ROOT = Path(__file__).parent.parent


def desk(home: Path) -> Store:
    return open_store(f"sqlite:///{home / 'wiredesk.db'}", raw_url=f"file://{home / 'raw'}")


async def summary(key: str) -> dict[str, Any]:
    from prefect.artifacts import Artifact

    artifact = await Artifact.aget(key)
    assert artifact is not None
    (row,) = json.loads(str(artifact.data))
    return dict(row)


@pytest.mark.filterwarnings("default")  # Prefect's own
def test_ingest_takes_what_waits_and_leaves_its_counts_as_a_table(prefect_server: None, home: Path) -> None:
    from flows.ingest import ingest

    with desk(home) as store:
        seeds = [str(ROOT / "seeds" / "samples"), str(ROOT / "seeds" / "bad")]
        arrivals = intake.documents(seeds, hints=Hints(), max_bytes=1_000_000)
        received = list(intake.take_in(store, arrivals, now=datetime.now(UTC)))

        async def run() -> dict[str, Any]:
            counts = await ingest(batch_size=4)
            assert counts.received == len(received)
            return await summary("ingest-summary")

        row = asyncio.run(run())
        with store.reading() as conn:
            states = inbox.counts(conn)
            stories = {
                families.story_of(conn, i.article_id)
                for r in received
                if (i := inbox.item(conn, r.item_id)) and i.article_id
            }
    assert states == {"noticed": 0, "captured": 0, "claimed": 0, "filed": 16, "seen": 0, "rejected": 6}
    assert row == {
        "received": 22, "filed": 16, "revised": 0, "withdrawn": 0, "copies": row["copies"], "seen": 0, "rejected": 6,
        "to try again": 0,
    } | {stage: row[stage] for stage in ("extract, s", "enrich, s", "file, s")}  # fmt: skip
    assert row["enrich, s"] > 0
    assert len(stories) == 12


@pytest.mark.filterwarnings("default")
def test_timeline_file_is_kept_from_the_change_feed(prefect_server: None, home: Path) -> None:
    from flows.timelinefile import keep_timeline

    with desk(home) as store:
        with store.filing() as conn:
            shelving.Desk().file(conn, shelving.quoting("a", "the ferry sails at noon"), datetime.now(UTC))
            last = changes.last(conn)

        async def run() -> dict[str, Any]:
            assert (await keep_timeline()).change == last
            return await summary("timeline-summary")

        assert asyncio.run(run()) == {"events": 1, "up to change": last, "built anew": False}
    kept = json.loads((home / "timeline.json").read_text(encoding="utf-8"))
    assert (kept["change"], [event["date"] for event in kept["events"]]) == (last, [shelving.DAY])


@pytest.mark.filterwarnings("default")
def test_sweep_takes_the_drop_folder_in_and_files_it(prefect_server: None, home: Path) -> None:
    from flows.sweep import sweep_drop_folder

    sample = ROOT / "seeds" / "samples" / "05_agency.txt"
    dropped = home / "drop" / "Halcyon" / "story.txt"
    dropped.parent.mkdir(parents=True)
    dropped.write_bytes(sample.read_bytes())
    os.utime(dropped, (1_700_000_000, 1_700_000_000))

    async def run() -> dict[str, Any]:
        assert (await sweep_drop_folder())[1].filed == 1
        assert (await sweep_drop_folder())[1].received == 0
        return await summary("sweep-summary")

    assert set(asyncio.run(run()).values()) == {0}
    assert not dropped.exists()


def test_flow_files_may_be_loaded_by_path_without_hiding_another_module() -> None:
    taken = set(sys.stdlib_module_names) | {"storage", "tasks", "tests", "flows"}
    taken |= {top for top, of in importlib.metadata.packages_distributions().items() if of != ["wiredesk"]}
    stems = {p.stem for p in (ROOT / "flows").glob("*.py")} - {"__init__"}
    assert not stems & taken


def test_our_packages_are_nobody_elses() -> None:
    found = importlib.metadata.packages_distributions()
    for package in ("flows", "tasks", "storage"):
        assert set(found.get(package, ["wiredesk"])) == {"wiredesk"}


def test_only_the_settings_read_the_environment() -> None:
    for path in (p for room in ("flows", "tasks", "storage") for p in (ROOT / room).rglob("*.py")):
        if path.name == "settings.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            named = isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
            assert not named, f"{path} reads the environment"
