"""Backfill on a Dask cluster: the same is filed as without, and a poisoned document harms nobody but itself."""

import asyncio
import itertools
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from desking import free_port
from distributed import Client

from flows.settings import read_settings
from flows.workplace import workers_for_bulk
from storage import catalogue, inbox, quotebook, timeline
from storage.errors import Misconfigured
from storage.records import Article, Refusal, Withdrawal
from storage.store import Store, open_store
from tasks import formats, stages, versions
from tasks.filing import Counts
from tasks.pool import WorkerDied
from tasks.stages import Document

pytestmark = [
    pytest.mark.filterwarnings("default"),  # Prefect's own, and Dask's
    pytest.mark.timeout(900),
]

ROOT = Path(__file__).parent.parent
HANGS, DIES = "the bell that never stops", "the ship that went down"


def read_oddly(documents: Sequence[Document]) -> list[Article | Withdrawal | Refusal]:
    """Read each document, but for two that overrun and kill the process."""
    for document in documents:
        if HANGS.encode() in document.raw:
            time.sleep(60)
        if DIES.encode() in document.raw:
            os._exit(9)
    return [formats.read(d.raw, input=d.input, hints=d.hints) for d in documents]


def records(count: int) -> Iterator[dict[str, str]]:
    """Give invented articles: every fifth is a copy of the one before, and no story is larger than two."""
    draw = random.Random(7)
    people = ("Ada Voss", "Ida Holm", "Tove Lind", "Emil Krag")
    syllables = ("bar", "den", "fol", "gim", "hast", "jor", "kel", "lum", "nar", "pes", "rin", "sot", "tav", "wick")

    def words(n: int) -> str:
        return " ".join("".join(draw.choices(syllables, k=2)) for _ in range(n))

    body = ""
    for n in range(count):
        if n % 5 != 4:
            body = (
                f'The {words(9)} was stopped on Tuesday, {draw.choice(people)} said. "We {words(12)}," she told '
                f"the {words(6)}. {words(30).capitalize()}. On March {1 + n % 28}, 2026 the {words(5)} is to meet."
            )
        yield {
            "identifier": f"no-{n}", "publisher": f"Paper {n % 5}", "headline": f"Ferry number {n} stopped",
            "inLanguage": "en", "datePublished": f"2026-03-{1 + n // 5:02}T0{n % 5}:00", "articleBody": body,
        }  # fmt: skip


def contents(store: Store) -> dict[str, list[str]]:
    """Give all that was filed, but for the numbers and times that the order of filing decides."""
    with store.reading() as conn:
        return {
            "articles": sorted(
                repr((a.id, a.article, a.story, a.copy_of, a.revision))
                for a in catalogue.articles(conn, enrichment=True)
            ),
            "copies": sorted(repr(catalogue.relation_row(r)) for r in catalogue.copies(conn)),
            "quotes": sorted(json.dumps(q, default=str, sort_keys=True) for q in quotebook.quotes(conn)),
            "events": sorted(json.dumps(e, default=str, sort_keys=True) for e in timeline.events(conn)),
            "rejected": sorted(repr((Path(i.input).name, i.reason)) for i in inbox.rejected(conn)),
        }


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """The address and the process of the scheduler of a cluster with two workers, which a nanny starts again."""
    address = f"tcp://127.0.0.1:{free_port()}"
    environment = os.environ | {
        "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}",
        "DASK_DISTRIBUTED__WORKER__DAEMON": "False",
        "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0",
        "DASK_TEMPORARY_DIRECTORY": str(tmp_path / "dask"),
    }
    dask = [sys.executable, "-m", "dask"]
    place = ["--host", "127.0.0.1", "--port", address.rpartition(":")[2], "--no-dashboard"]
    workers = ["--host", "127.0.0.1", "--nworkers", "2", "--nthreads", "1", "--no-dashboard"]
    with (tmp_path / "dask.log").open("wb") as log:
        started = [
            subprocess.Popen([*dask, *what], env=environment, cwd=tmp_path, stdout=log, stderr=log)
            for what in (["scheduler", *place], ["worker", address, *workers])
        ]
        try:
            with Client(address, timeout=60) as client:
                client.wait_for_workers(2, timeout=60)
            yield address, started[0]
        finally:
            for process in started:
                process.terminate()
            for process in started:
                process.wait(60)


def use_cluster(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("WIREDESK_TASK_RUNNER", "dask")
    monkeypatch.setenv("WIREDESK_DASK_ADDRESS", address)


@pytest.fixture
def filed(prefect_server: None, home: Path, databases: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Backfills records into a database of their own. Gives what became of them, and what is filed."""
    from flows import backfill as module

    monkeypatch.setattr(module, "NICENESS", 0)
    monkeypatch.setattr(stages, "read_all", read_oddly)
    monkeypatch.setenv("WIREDESK_EXTRACT_TIMEOUT_S", "4")
    numbers = itertools.count()

    def backfill(given: list[dict[str, str]]) -> tuple[Counts, dict[str, list[str]]]:
        (home / "old.jsonl").write_text("".join(json.dumps(record) + "\n" for record in given), encoding="utf-8")
        url, raw = databases.fresh("sqlite"), str(home / f"raw-{next(numbers)}")
        monkeypatch.setenv("WIREDESK_DATABASE_URL", url)
        monkeypatch.setenv("WIREDESK_RAW_URL", raw)
        done = asyncio.run(module.backfill(paths=[str(home / "old.jsonl")], workers=1))
        with open_store(url, raw_url=raw) as store:
            return done.taken.counts, contents(store)

    return backfill


@pytest.mark.hard
def test_a_cluster_files_what_one_machine_files_and_blames_who_is_to_blame(
    filed: Callable[..., Any], scheduler: tuple[str, "subprocess.Popen[bytes]"], monkeypatch: pytest.MonkeyPatch
) -> None:
    good = list(records(60))
    _, here = filed(good)
    assert [len(here[what]) > 10 for what in ("articles", "copies", "quotes", "events")] == [True] * 4
    use_cluster(monkeypatch, scheduler[0])
    # Last, for the number of a line is part of where an article came from.
    bad = [good[0] | {"identifier": f"bad {text}", "headline": text} for text in (HANGS, DIES)]
    counts, there = filed(good + bad)
    assert (counts.filed, counts.rejected, counts.failed) == (60, 2, 0)
    assert there.pop("rejected") == ["('old.jsonl#61', 'too-slow')", "('old.jsonl#62', 'too-big')"]
    assert here.pop("rejected") == []
    assert {what: set(there[what]) ^ set(here[what]) for what in here} == {what: set() for what in here}


@pytest.mark.hard
def test_without_an_address_the_run_starts_a_cluster(
    filed: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    good = list(records(12))
    here = filed(good)
    use_cluster(monkeypatch, "")
    assert filed(good) == here


def kill_dask_worker() -> None:
    """Kill the Dask worker, whose fork server has started this process."""
    with open(f"/proc/{os.getppid()}/stat", encoding="ascii") as stat:
        os.kill(int(stat.read().rpartition(")")[2].split()[1]), signal.SIGKILL)
    time.sleep(3600)


@pytest.mark.hard
def test_lost_workers_cost_their_call_and_a_lost_cluster_the_run(
    home: Path, scheduler: tuple[str, "subprocess.Popen[bytes]"], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, process = scheduler
    use_cluster(monkeypatch, address)

    async def run() -> None:
        async with workers_for_bulk(read_settings(), 1, niceness=0) as (pool, processes):
            assert processes == 2
            with pytest.raises(WorkerDied):
                await pool.run(kill_dask_worker, timeout_s=60)
            assert await pool.run(divmod, 7, 2, timeout_s=60) == (3, 1)
            with pytest.raises(ZeroDivisionError):
                await pool.run(divmod, 1, 0, timeout_s=60)
            with monkeypatch.context() as newer:
                newer.setattr(versions, "current", lambda: {"extract": 999})
                with pytest.raises(Misconfigured, match="another version of Wiredesk"):
                    await pool.run(divmod, 7, 2, timeout_s=60)
            hanging = asyncio.create_task(pool.run(time.sleep, 600, timeout_s=600))
            await asyncio.sleep(1)
            process.kill()
            with pytest.raises(Misconfigured, match="the Dask cluster"):
                await hanging

    asyncio.run(run())


def test_what_is_missing_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_cluster(monkeypatch, f"tcp://127.0.0.1:{free_port()}")

    async def enter() -> None:
        async with workers_for_bulk(read_settings(), 1, niceness=0):
            pytest.fail("there is no cluster")

    with monkeypatch.context() as without:
        without.setitem(sys.modules, "prefect_dask", None)
        without.setitem(sys.modules, "prefect_dask.task_runners", None)
        without.delitem(sys.modules, "flows.cluster", raising=False)
        with pytest.raises(Misconfigured, match=r"WIREDESK_TASK_RUNNER=dask: it needs prefect-dask; `make dask`"):
            asyncio.run(enter())

    from flows import cluster

    monkeypatch.setattr(cluster, "FIRST_WORKER_S", 1)
    with pytest.raises(Misconfigured, match="WIREDESK_DASK_ADDRESS: no Dask worker answers at tcp://127"):
        asyncio.run(enter())
