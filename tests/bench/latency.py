"""How long from a file's rename into the drop folder to its article in the database, with `wiredesk up` running.

    python tests/bench/latency.py                   all of it, in a home of its own, on SQLite
    python tests/bench/latency.py single --n 50     one file after another
    python tests/bench/latency.py beside --n 50     the same while a backfill files older documents
    python tests/bench/latency.py burst --n 200     all at once; and `wiredesk ingest` of as many, for comparison
    python tests/bench/latency.py idle --seconds 60 what the desk and the server cost with nothing to do
    python tests/bench/latency.py wakeups --n 1000  memory and Prefect's database over so many wake-ups

Each article is made up, of some 450 words, and like no other. With `--limits` it fails where a limit is missed.
"""

import argparse
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from sqlalchemy import create_engine, text

sys.path.insert(0, str(Path(__file__).parent.parent))
from desking import ROOT, Up, free_port, made_up

LIMITS = {"single": (0.5, 1.0), "beside": (1.0, 3.0)}
"""Seconds: median and 95th percentile."""


class Shelf:
    """Sees what is filed, without Wiredesk's help: a bench that opened the store would wait for its locks."""

    def __init__(self, home: Path) -> None:
        self._engine = create_engine(f"sqlite:///{home / 'wiredesk.db'}")

    def has(self, headline: str) -> bool:
        with self._engine.connect() as conn:
            query = text("SELECT 1 FROM articles WHERE headline = :headline ORDER BY n DESC LIMIT 1")
            return conn.execute(query, {"headline": headline}).first() is not None

    def rejected(self) -> int:
        with self._engine.connect() as conn:
            return int(conn.execute(text("SELECT count(*) FROM inbox_items WHERE state = 'rejected'")).scalar_one())

    def count(self, topic: str) -> int:
        with self._engine.connect() as conn:
            query = text("SELECT count(*) FROM articles WHERE headline LIKE :topic")
            return int(conn.execute(query, {"topic": f"{topic}%"}).scalar_one())


@contextmanager
def running() -> Iterator[Up]:
    home = Path(tempfile.mkdtemp(prefix="wiredesk-bench-"))
    began = time.monotonic()
    up = Up(home, free_port(), "up").ready()
    print(f"ready after {time.monotonic() - began:.1f} s")
    try:
        yield up
    finally:
        began = time.monotonic()
        up.stop()
        print(f"stopped after {time.monotonic() - began:.1f} s")
        log = (home / "log" / "server.log").read_text()
        print(f"'database is locked' in the server's log: {log.count('locked')}")
        if "Traceback" in up.said():
            print(up.said()[-3000:])
        shutil.rmtree(home)


def put(up: Up, topic: str) -> str:
    headline, page = made_up(topic)
    passing = up.home / "passing.html"
    passing.write_bytes(page)
    passing.rename(up.home / "drop" / f"{headline.replace(' ', '-')}.html")
    return headline


def singles(up: Up, n: int, name: str) -> tuple[float, float]:
    shelf, took = Shelf(up.home), []
    for _ in range(n):
        began = time.monotonic()
        headline = put(up, "Single")
        while not shelf.has(headline):
            time.sleep(0.005)
        took.append(time.monotonic() - began)
        time.sleep(0.5)
    took.sort()
    median, p95 = statistics.median(took), took[min(len(took) - 1, int(0.95 * len(took)))]
    print(f"{name}: {n} files, min {took[0]:.2f} median {median:.2f} p95 {p95:.2f} max {took[-1]:.2f} s", load())
    return median, p95


def load() -> str:
    return f"(load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores)"


def beside(up: Up, n: int) -> tuple[float, float]:
    """A backfill over enough documents to outlast the drops, started as the UI starts one."""
    folder = up.home / "old"
    folder.mkdir()
    for i in range(40 * n):
        (folder / f"{i}.html").write_bytes(made_up("Old")[1])
    run = up.start("backfill", paths=[str(folder)])
    shelf = Shelf(up.home)
    while shelf.count("Old") < 20:
        assert up.state(run) != "Failed", up.said()
        time.sleep(0.2)
    before, began = shelf.count("Old"), time.monotonic()
    found = singles(up, n, "beside a backfill")
    rate = (shelf.count("Old") - before) / (time.monotonic() - began)
    print(f"  the backfill ({up.state(run)}) filed {rate:.1f} a second meanwhile")
    up.ask(f"/flow_runs/{run}/set_state", {"state": {"type": "CANCELLING"}})
    while up.state(run) not in {"Cancelled", "Completed"}:
        time.sleep(0.2)
    return found


def burst(up: Up, n: int) -> float:
    """Give the rate of the desk over that of the command."""
    shelf = Shelf(up.home)
    pages = [made_up("Burst")[1] for _ in range(n)]
    for i, page in enumerate(pages):
        (up.home / f"burst-{i}.html").write_bytes(page)
    began = time.monotonic()
    for i in range(n):
        (up.home / f"burst-{i}.html").rename(up.home / "drop" / f"burst-{i}.html")
    while shelf.count("Burst") + shelf.rejected() < n:
        time.sleep(0.05)
    assert not shelf.rejected(), "something was rejected"
    desk = n / (time.monotonic() - began)
    folder = up.home / "command"
    folder.mkdir()
    for i in range(n):
        (folder / f"{i}.html").write_bytes(made_up("Command")[1])
    known = {k: v for k, v in os.environ.items() if not k.startswith(("WIREDESK_", "PREFECT_"))}
    began = time.monotonic()
    subprocess.run([sys.executable, "-m", "flows", "ingest", str(folder), "--home", str(up.home)], env=known, cwd=ROOT,
                   check=True, stdout=subprocess.DEVNULL)  # fmt: skip
    command = n / (time.monotonic() - began)
    print(f"burst: {n} files, desk {desk:.1f} a second, `wiredesk ingest` {command:.1f}: {desk / command:.2f}", load())
    return desk / command


def tree(up: Up) -> list[psutil.Process]:
    return [psutil.Process(up.process.pid), *psutil.Process(up.process.pid).children(recursive=True)]


def idle(up: Up, seconds: float) -> float:
    """Give the share of a core that everything together takes."""
    time.sleep(10)
    spent = lambda: {p.pid: sum(p.cpu_times()[:2]) for p in tree(up)}  # noqa: E731
    before, began = spent(), time.monotonic()
    time.sleep(seconds)
    after = spent()
    passed = time.monotonic() - began
    known = {up.process.pid: "up"} | {pid: name for name, pid in up.children().items()}
    shares: dict[str, float] = {}
    for pid, spent_s in after.items():
        name = known.get(pid, "the desk's processes")
        shares[name] = shares.get(name, 0.0) + (spent_s - before.get(pid, 0.0)) / passed
    each = ", ".join(f"{name} {share:.1%}" for name, share in shares.items())
    print(f"idle: {sum(shares.values()):.1%} of a core over {seconds:g} s: {each}", load())
    return sum(shares.values())


def wakeups(up: Up, n: int) -> None:
    desk = psutil.Process(up.children()["desk"])
    database = up.home / "prefect" / "prefect.db"
    shelf = Shelf(up.home)
    for i in range(n + 1):
        if i % (n // 5) == 0:
            print(f"  after {i}: desk {desk.memory_info().rss / 1e6:.0f} MB, Prefect's database "
                  f"{database.stat().st_size / 1e6:.1f} MB")  # fmt: skip
        headline = put(up, "Wake")
        while not shelf.has(headline):
            time.sleep(0.005)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", nargs="*", default=["idle", "single", "beside", "burst"])
    parser.add_argument("--n", type=int, default=0, help="files; default 50, burst 200, wakeups 1000")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--limits", action="store_true", help="fail where a limit is missed")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # else what is running stays
    missed = []
    with running() as up:
        measures: dict[str, Callable[[], object]] = {
            "idle": lambda: idle(up, given.seconds),
            "single": lambda: singles(up, given.n or 50, "one after another"),
            "beside": lambda: beside(up, given.n or 50),
            "burst": lambda: burst(up, given.n or 200),
            "wakeups": lambda: wakeups(up, given.n or 1000),
        }
        for what in given.what:
            found = measures[what]()
            if isinstance(found, tuple):
                missed += [what] * any(f > limit for f, limit in zip(found, LIMITS[what], strict=True))
            elif isinstance(found, float):
                missed += [what] * (found > 0.05 if what == "idle" else found < 0.8)
    print(f"limits missed: {', '.join(missed) or 'none'}")
    return 1 if missed and given.limits else 0


if __name__ == "__main__":
    raise SystemExit(main())
