"""Whole processes, killed from outside at whatever time it is: nothing is lost and nothing doubled."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest
from commandline import ROOT
from conftest import SAMPLES

from storage import catalogue, changes, inbox
from storage.store import open_store

SEED = 20261122


def environment(home: Path, **more: str) -> dict[str, str]:
    known = {k: v for k, v in os.environ.items() if not k.startswith(("WIREDESK_", "PREFECT_"))}
    return known | {"WIREDESK_HOME": str(home), "WIREDESK_LEASE_S": "5", "WIREDESK_WORKERS": "1"} | more


def outcome(home: Path) -> dict[str, Any]:
    with open_store(f"sqlite:///{home / 'wiredesk.db'}", raw_url=str(home / "raw")) as store, store.reading() as conn:
        stories = [(s.id, sorted(m.id for m in s.members)) for s in catalogue.stories(conn)]
        counts = {state: n for state, n in inbox.counts(conn).items() if n}
        filed = [c.subject for c in changes.read(conn, after=0, limit=1000) if c.kind == "article.filed"]
        ids = sorted(a.id for a in catalogue.articles(conn))
    return {"stories": sorted(stories), "counts": counts, "filed": sorted(filed), "articles": ids}


@pytest.mark.hard
@pytest.mark.timeout(600)
@pytest.mark.parametrize("command", ["ingest", "backfill", "sweep"])
def test_a_command_killed_from_outside_goes_on_where_it_was(
    command: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    def prepared(name: str) -> tuple[Path, list[str]]:
        home = tmp_path / name
        given = home / "drop" if command == "sweep" else tmp_path / "given"
        given.mkdir(parents=True, exist_ok=True)
        for sample in SAMPLES.iterdir():
            (given / sample.name).write_bytes(sample.read_bytes())
            os.utime(given / sample.name, (1_770_000_000, 1_770_000_000))
        return home, [sys.executable, "-m", "flows", command, *([] if command == "sweep" else [str(given)])]

    def run(home: Path, words: list[str], kill_after_s: float | None = None, *, orphans: bool = False) -> float:
        """Run a command; its own Prefect server, and its workers, may live on as `orphans`."""
        began = time.monotonic()
        with (tmp_path / "log").open("ab") as log:
            process = subprocess.Popen(words, env=environment(home), cwd=ROOT, stdout=log, stderr=log)
            try:
                process.wait(kill_after_s)
            except subprocess.TimeoutExpired:
                below = psutil.Process(process.pid).children(recursive=True)
                process.kill()
                process.wait()
                request.addfinalizer(partial(_end, below))
                if not orphans:
                    _end(below)
        return time.monotonic() - began

    whole, words = prepared("whole")
    took_s = run(whole, words)
    dice = random.Random(SEED)
    killed, words = prepared("killed")
    for n in range(3):
        run(killed, words, took_s * dice.uniform(0.3, 0.95), orphans=n == 0)
    time.sleep(5)  # the leases run out
    run(killed, words)
    if command == "backfill":  # what it left in hand is whoever's that comes by
        run(killed, [sys.executable, "-m", "flows", "ingest", str(tmp_path / "given")])
    assert outcome(killed) == outcome(whole)
    found = outcome(killed)
    assert found["filed"] == found["articles"]
    assert set(found["counts"]) <= {"filed", "seen", "rejected"}
    if command == "sweep":
        left = [p for p in (killed / "drop").iterdir() if p.is_file()]
        put_away = sorted(p.name for part in ("done", "rejected") for p in (killed / "drop" / part).rglob("*.*"))
        assert left == []
        assert [n for n in put_away if not n.endswith(".reason.txt")] == sorted(s.name for s in SAMPLES.iterdir())


def _end(processes: Sequence[psutil.Process]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()


@pytest.mark.hard
@pytest.mark.timeout(900)
def test_a_desk_killed_while_files_come_files_each_of_them_once(tmp_path: Path) -> None:
    from desking import Up, drop, free_port, wait_for

    # The usual lease: one of a second ran out on the living, and 37 of the 45 were read twice, filed by who came
    # first and `seen` by who held them. What the dead held comes back because they are known to have died.
    home, headlines = tmp_path / "home", set()
    dice = random.Random(SEED)
    for start in range(3):
        up = Up(home, free_port(), "up", WIREDESK_LEASE_S="600", WIREDESK_WORKERS="1").ready()
        try:
            for _ in range(15):
                headlines.add(drop(home, f"Start {start}"))
                time.sleep(dice.uniform(0, 0.2))
            if start < 2:
                time.sleep(dice.uniform(0, 2))
                for pid in (up.children()["desk"], up.process.pid):
                    os.kill(pid, signal.SIGKILL)
                up.process.wait(30)
        finally:
            if start < 2 and up.process.poll() is None:
                up.process.kill()
                up.process.wait(30)
    try:
        wait_for(lambda: up.filed() >= headlines, seconds=300, what="every article")
    finally:
        assert up.stop() == 0
    found = outcome(home)
    assert found["filed"] == found["articles"]
    assert found["counts"] == {"filed": 45}
    assert len(found["articles"]) == 45
    assert [p for p in (home / "drop").iterdir() if p.is_file()] == []
    assert len(list((home / "drop" / "done").rglob("*.html"))) == 45
