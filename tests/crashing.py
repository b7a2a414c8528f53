"""A yard in which work is killed at an exact point of its way, and what it left behind is worked on.

    python tests/crashing.py sweep 137 12 --postgresql     # again: killed at point 137, its rerun at 12, then let be

A process that has everything loaded and nothing open forks a child for each run. The child runs the desk's own work,
called without Prefect, and kills itself (SIGKILL) just before the n-th *point*: a file opened, renamed, removed or
brought to the disk, a statement, a commit, a connection given back. So the moments between a rename and a commit are
met as surely as any other, and what was met once is met again. Threads and requests go one after the other there: the
same run has the same points.
"""

import argparse
import asyncio
import contextlib
import gc
import hashlib
import importlib
import json
import logging
import os
import pickle
import random
import shutil
import signal
import subprocess
import sys
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self, TypeVar

ROOT = Path(__file__).parent.parent
T = TypeVar("T")
FILES = {"open", "os.rename", "os.remove", "os.link", "os.mkdir", "os.rmdir", "os.utime"}
"""Audit events of which each is a point, if they are about the home."""
LATER = timedelta(hours=1)
"""The clock of each rerun is so much further on: the leases of the dead have run out."""
KEPT_BY_THE_CLOCK = ("filed_at", "revised_at", "withdrawn_at")

JOBS = ("ingest", "sweep", "watch", "poll", "backfill", "renew")


# The driving side: what the tests see.


class Yard:
    """The process that forks, and what it is asked."""

    def __init__(self) -> None:
        known = {k: v for k, v in os.environ.items() if not k.startswith(("WIREDESK_", "PREFECT_"))}
        # The order of sets, and with it that of the points, is the same each time.
        given = {"PYTHONHASHSEED": "0", "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}", "DO_NOT_TRACK": "1",
                 "PREFECT_LOGGING_LEVEL": "CRITICAL", "OPENBLAS_NUM_THREADS": "1"}  # fmt: skip
        self._process = subprocess.Popen(
            [sys.executable, __file__, "--serve"], env=known | given, cwd=ROOT, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()

    def run(self, job: str, home: Path, database: str, **asked: Any) -> dict[str, Any]:
        """Run a job in a child. `kill_at` is the point before which it dies, `reruns` how often it was begun before,
        `look` asks what there is afterwards, `trace` for the points that were passed.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        request = {"job": job, "home": str(home), "database": database, **asked}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the yard has died"
        done = json.loads(answer)
        assert "error" not in done, done["error"]
        return dict(done)


class Case:
    """One job on one database: how its points are met, and what must be there whatever happens on the way."""

    def __init__(
        self, yard: Yard, job: str, folder: Path, fresh: Callable[[], str], drop: Callable[[str], None], site: str
    ) -> None:
        self._yard = yard
        self._job = job
        self._folder = folder
        self._fresh = fresh
        self._drop = drop
        self._site = site
        self._n = 0
        self.points: list[str] = []
        self.points_after: list[str] = []
        self.expected: dict[str, Any] = {}

    def measure(self) -> None:
        """Run it undisturbed: its points, and those of its rerun; what is there then is what must be there."""
        with self._home() as (home, database):
            self._begin(home, database, 0, warm=True, look=True)
        with self._home() as (home, database):
            self.points = self._begin(home, database, 0, trace=True)["points"]
            again = self._begin(home, database, 1, trace=True, look=True)
            self.points_after, self.expected = again["points"], again["found"]

    def _home(self) -> Any:
        @contextlib.contextmanager
        def made() -> Iterator[tuple[Path, str]]:
            self._n += 1
            # One name for all: addresses and paths are part of what is compared.
            home = self._folder / self._job
            shutil.rmtree(home, ignore_errors=True)
            prepare_files(self._job, home)
            database = self._fresh()
            try:
                if self._job == "renew":
                    self._yard.run("file older", home, database)
                if self._job == "poll":
                    self._yard.run("add feed", home, database, site=self._site)
                yield home, database
            finally:
                self._drop(database)

        return made()

    def _begin(self, home: Path, database: str, reruns: int, **asked: Any) -> dict[str, Any]:
        return self._yard.run(self._job, home, database, reruns=reruns, site=self._site, **asked)

    def draw(self, dice: random.Random, many: int) -> list[tuple[int, ...]]:
        """Draw points to die at, half of them where something is made to last; each fourth rerun dies as well."""
        telling = {n for n, label in enumerate(self.points, 1) if is_telling(label)}
        near = sorted({n + by for n in telling for by in (0, 1)} & set(range(1, len(self.points) + 1)))
        drawn: list[tuple[int, ...]] = []
        for _ in range(many):
            first = dice.choice(near) if near and dice.random() < 0.6 else dice.randint(1, len(self.points))
            second = (dice.randint(1, max(1, len(self.points) // 2)),) if dice.random() < 0.25 else ()
            drawn.append((first, *second))
        return drawn

    def attack(self, kills: Sequence[int]) -> str | None:
        """Kill the job at these points, one run after the other, and run it to its end. Gives what differs then."""
        met = []
        with self._home() as (home, database):
            for reruns, kill_at in enumerate(kills):
                died = self._begin(home, database, reruns, kill_at=kill_at)
                met.append(died.get("at", "its end"))
            found = self._begin(home, database, len(kills), look=True)["found"]
        if found == self.expected:
            return None
        where = " ".join(map(str, kills))
        return f"{self._job} {where} ({'; then '.join(met)}): {difference(self.expected, found)}"


def is_telling(label: str) -> bool:
    """True for a point at which something is made to last."""
    return label.startswith(("commit", "os.", "move", "fsync", "open w"))


def difference(expected: dict[str, Any], found: dict[str, Any]) -> str:
    """Say what is different, part by part."""
    said = []
    for part, wanted in expected.items():
        if found.get(part) != wanted:
            before, after = (Counter(json.dumps(x, sort_keys=True) for x in rows) for rows in (wanted, found[part]))
            gone, more = sorted((before - after).elements()), sorted((after - before).elements())
            said.append(f"{part}: without {str(gone)[:600]}, and with {str(more)[:600]}")
    return "; ".join(said)


def prepare_files(job: str, home: Path) -> None:
    """Lay out what a job begins with."""
    from feeding import body

    home.mkdir(parents=True)
    samples = sorted((ROOT / "seeds" / "samples").iterdir())
    given = home / "given"
    given.mkdir()
    for sample in (samples[n] for n in (0, 1, 4, 5, 6, 8, 9)) if job != "poll" else ():
        shutil.copyfile(sample, given / sample.name)
    with zipfile.ZipFile(given / "old.zip", "w") as packed:
        for n in range(3):
            text = body(f"Count {n}: the pier of Lindvik has {n + 30} lamps, of which {n + 2} are lit before six.")
            page = f"<html><head><title>Lamps {n}</title></head><body><article><h1>Lamps of {n}</h1>{text}</article>"
            packed.writestr(f"lamps-{n}.html", page)
    (given / "stub.txt").write_text("Too short.", encoding="utf-8")
    (given / "noise.txt").write_bytes(bytes(range(256)) * 8)
    (given / "told.txt").write_text((samples[3]).read_text(encoding="utf-8").replace("a", "o"), encoding="utf-8")
    (given / "told.txt.meta.json").write_text('{"publisher": "Lindvik Post", "published": "2026-03-11"}')
    long_ago = datetime(2026, 3, 1).timestamp()  # noqa: DTZ001
    for file in given.iterdir():
        os.utime(file, (long_ago, long_ago))
    if job in {"sweep", "watch"}:
        (home / "drop").mkdir()
        for file in sorted(given.iterdir()):
            if job == "sweep" or file.name < "06":
                file.rename(home / "drop" / file.name)


# The yard's own side.


class _Points:
    """The points that a child has passed; at one of them it dies."""

    def __init__(self, home: str, kill_at: int, report: int) -> None:
        self.labels: list[str] = []
        self._home = home
        self._kill_at = kill_at
        self._report = report
        self._within = False

    def heard(self, event: str, args: tuple[Any, ...]) -> None:
        if event not in FILES or not args or self._within:
            return
        path = args[0]
        if isinstance(path, bytes):
            path = os.fsdecode(path)
        if not isinstance(path, str | Path) or (os.path.isabs(path) and not str(path).startswith(self._home)):
            return
        writes = event == "open" and len(args) > 2 and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR)
        self.passed(f"open w {Path(path).suffix}" if writes else f"{event} {Path(path).suffix}")

    def passed(self, label: str) -> None:
        self.labels.append(label)
        if len(self.labels) == self._kill_at:
            self._within = True
            os.write(self._report, json.dumps({"at": label}).encode())
            os.kill(os.getpid(), signal.SIGKILL)


def serve() -> None:
    """Answer requests, each in a child of its own, until there are none.

    One that is to `warm` is worked on here, and what it leaves in memory is there in each child from then on: what was
    read and enriched, and the statements as SQLAlchemy compiles them.
    """
    _call_plainly()
    for line in sys.stdin:
        if json.loads(line).get("warm"):
            _work(json.loads(line))
            gc.freeze()
            print("{}", flush=True)
            continue
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            code = 1
            try:
                _child(json.loads(line), writing)
                code = 0
            except BaseException:  # noqa: BLE001 - whoever asked is told
                with contextlib.suppress(OSError):
                    os.write(writing, json.dumps({"error": traceback.format_exc()[-4000:]}).encode())
            finally:
                os._exit(code)
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            said = pipe.read()
        os.waitpid(pid, 0)
        print(said.decode() or json.dumps({"error": "the child died without a word"}), flush=True)


_READ: dict[bytes, Any] = {}


def _child(request: dict[str, Any], report: int) -> None:
    from sqlalchemy import Engine, event
    from sqlalchemy.pool import Pool as Connections

    from flows import rounds
    from tasks import fetch, moving

    random.seed(1)
    _shift_clock(request.get("reruns", 0) * LATER)
    sys.modules["flows.fetchers"].__dict__["_MEMORY"] = fetch.Memory()
    assert rounds is not None
    points = _Points(request["home"], request.get("kill_at", 0), report)
    event.listen(Engine, "before_cursor_execute", lambda *args: points.passed(f"execute {args[2][:12]}"))
    event.listen(Engine, "commit", lambda *_: points.passed("commit"))
    event.listen(Connections, "checkin", lambda *_: points.passed("commit or not: given back"))
    plain_move, plain_fsync = moving.rename_new, os.fsync

    def move(*args: Any) -> None:
        points.passed("move: before")
        plain_move(*args)
        points.passed("move: after")

    def fsync(descriptor: int) -> None:
        points.passed("fsync")
        plain_fsync(descriptor)

    moving.rename_new = move
    os.fsync = fsync
    sys.addaudithook(points.heard)
    found = _work(request)
    answer: dict[str, Any] = {"found": found}
    if request.get("trace"):
        answer["points"] = points.labels
    with os.fdopen(report, "wb") as pipe:
        pipe.write(json.dumps(answer).encode())


def _work(request: dict[str, Any]) -> dict[str, Any] | None:
    from flows.settings import read_settings
    from flows.workplace import Workplace, lent
    from storage.store import open_store

    os.environ |= {
        "WIREDESK_HOME": request["home"], "WIREDESK_DATABASE_URL": request["database"], "WIREDESK_WORKERS": "1",
        "WIREDESK_ALLOW_LOOPBACK": "true", "WIREDESK_HOST_SPACING_S": "0", "WIREDESK_BATCH_SIZE": "5",
    }  # fmt: skip
    settings = read_settings()
    # The look afterwards belongs to no job, and is not to be killed in.
    with open_store(settings.database, raw_url=settings.raw) as store, lent(Workplace(store, _pool())):
        asyncio.run(_jobs()[request["job"]](settings, store, request))
        if not request.get("look"):
            return None
        from flows import upkeep

        upkeep._tidy(store, settings, True)
        return _look(settings, store)


def _jobs() -> dict[str, Any]:
    return {
        "ingest": _ingest, "sweep": _sweep, "watch": _watch, "poll": _poll, "backfill": _backfill, "renew": _renew,
        "file older": _file_older, "add feed": _add_feed,
    }  # fmt: skip


async def _ingest(settings: Any, store: Any, request: dict[str, Any]) -> None:
    """`wiredesk ingest FOLDER`."""
    from flows import ingest, reading
    from storage.records import Hints
    from tasks import intake

    arrivals = intake.documents([f"{request['home']}/given"], hints=Hints(), max_bytes=settings.max_document_bytes)
    for _ in intake.take_in(store, arrivals, now=reading.datetime.now(reading.UTC)):
        pass
    await ingest.ingest()


async def _sweep(settings: Any, store: Any, request: dict[str, Any]) -> None:
    """`wiredesk sweep`."""
    from flows import sweep

    await sweep.sweep_drop_folder.fn()


async def _watch(settings: Any, store: Any, request: dict[str, Any]) -> None:
    """A desk that finds some files, sees others come one by one, and ends when it has filed them."""
    from flows import ingest, reading
    from tasks import looks, sweep, watch

    given, seen = Path(request["home"], "given"), looks.Looks()

    async def take(renamed: frozenset[Path]) -> None:
        swept = sweep.sweep(
            store, settings.drop, now=reading.datetime.now(reading.UTC), max_bytes=settings.max_document_bytes,
            renamed=renamed, looks=seen,
        )  # fmt: skip
        if swept.items:
            await ingest.ingest(items=list(swept.items))
        sweep.reject_refused(store, settings.drop, swept.places)

    await take(frozenset())
    with watch._Renames(settings.drop) as renames:
        coming = sorted(given.iterdir(), key=lambda path: (not path.name.endswith(".meta.json"), path.name))
        for n, file in enumerate(coming):
            file.rename(settings.drop / file.name)
            if n % 4 == 3:
                await take(renames.since())
        await take(renames.since())
    await _sweep(settings, store, request)  # what was left over, as its schedule wants it


async def _poll(settings: Any, store: Any, request: dict[str, Any]) -> None:
    """`wiredesk feeds poll`."""
    from flows import poll

    await poll.poll_feeds.fn()


async def _backfill(settings: Any, store: Any, request: dict[str, Any]) -> None:
    """`wiredesk backfill FOLDER`."""
    from flows import backfill

    await backfill.backfill.fn(paths=[f"{request['home']}/given"], workers=1)


async def _renew(settings: Any, store: Any, request: dict[str, Any]) -> None:
    """`wiredesk backfill`."""
    from flows import backfill

    await backfill.backfill.fn(workers=1)


async def _file_older(settings: Any, store: Any, request: dict[str, Any]) -> None:
    """File what is given as an older version would have: with less found in it."""
    from unittest import mock

    from tasks import stages

    plain = stages.enrich_all

    def poorer(articles: Sequence[Any]) -> list[Any]:
        return [
            replace(a, quotations=a.quotations[1:], events=a.events[:-1],
                    stages=tuple((s, 0 if s in {"quotes", "times"} else v) for s, v in a.stages))
            for a in plain(articles)
        ]  # fmt: skip

    with mock.patch.object(stages, "enrich_all", poorer):
        await _ingest(settings, store, request)


async def _add_feed(settings: Any, store: Any, request: dict[str, Any]) -> None:
    from flows import reading
    from storage import feeds
    from storage.feedrecords import FeedState

    now = reading.datetime.now(reading.UTC)
    with store.writing() as conn:
        feeds.add(conn, FeedState(address=request["site"], next_poll_at=now), now=now)


def _look(settings: Any, store: Any) -> dict[str, Any]:
    """Say all that is there, but for times and numbers."""
    from rebuilding import Model, by_id
    from sqlalchemy import select

    from storage import catalogue, changes, quotebook, timeline
    from storage import tables as t

    model, after = Model(), 0
    with store.reading() as conn:
        while page := changes.read(conn, after=after, limit=500):
            for change in page:
                model.take(json.loads(json.dumps(changes.change_row(change))))
            after = page[-1].number
        told = {
            "articles": [catalogue.article_row(a) for a in catalogue.articles(conn)],
            "copies": by_id(map(catalogue.relation_row, catalogue.copies(conn)), "article", "other"),
            "stories": by_id(map(catalogue.story_row, catalogue.stories(conn)), "id"),
            "quotes": by_id(quotebook.quotes(conn), "id"),
            "timeline": by_id(timeline.events(conn), "id"),
        }
        rebuilt = {part: getattr(model, part)() == rows for part, rows in told.items()}
        enriched = [
            {"id": a.id, **{part: [repr(one) for one in getattr(a.article, part)] for part in
             ("quotations", "timexes", "events", "mentions", "stages")}}
            for a in catalogue.articles(conn, enrichment=True)
        ]  # fmt: skip
        i, e = t.InboxItem, t.FeedEntry
        items = conn.execute(select(i.input, i.hints, i.digest, i.state, i.reason, i.article_id, i.holder)).all()
        entries = conn.execute(select(e.key, i.input, e.page_digest).outerjoin(i, e.item_id == i.id)).all()
        held = [
            *conn.execute(select(t.Redo.n, t.Redo.holder)), *conn.execute(select(t.Backfill.key)),
            *conn.execute(select(t.Feed.holder).where(t.Feed.holder.is_not(None))),
        ]  # fmt: skip
    home = Path(settings.home)
    files = (p.relative_to(home) for part in ("drop", "raw") for p in (home / part).rglob("*") if not p.is_dir())
    parts = {
        **{part: [_timeless(row) for row in rows] for part, rows in told.items()},
        "rebuilt from the change feed": [rebuilt],
        "enriched": enriched,
        "items": [list(row) for row in items],
        "entries": [list(row) for row in entries],
        "in hand": [list(row) for row in held],
        # The day on which a file was put away is the clock's.
        "files": [f"{Path(f).parts[1]}/{f.name}" if f.parts[0] == "drop" else str(f) for f in files],
    }
    return {
        part: sorted(json.loads(json.dumps(rows, default=str)), key=lambda row: json.dumps(row, sort_keys=True))
        for part, rows in parts.items()
    }


def _timeless(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in KEPT_BY_THE_CLOCK}


def _pool() -> Any:
    """A pool that runs what it is given here, and reads and enriches no document a second time."""
    from tasks.pool import Pool

    class Remembering(Pool):
        def __init__(self) -> None:
            pass

        async def run(self, function: Callable[..., T], *args: Any, timeout_s: float) -> T:
            if function.__name__ not in {"read_all", "enrich_all", "poorer"}:
                return function(*args)
            return [self._one(function, thing) for thing in args[0]]  # type: ignore[return-value]

        def _one(self, function: Callable[..., Any], thing: Any) -> Any:
            # What it is called matters to nobody, but for how the name ends.
            nameless = replace(thing, input=Path(thing.input).suffix)
            key = hashlib.sha256(pickle.dumps((function.__name__, nameless))).digest()
            if key not in _READ:
                _READ[key] = function([thing])[0]
            return replace(_READ[key], input=thing.input)

    return Remembering()


def _call_plainly() -> None:
    """Let flows and tasks be plain functions, artifacts nothing, and threads and requests come one after the other."""
    from prefect import Flow, Task

    from flows import fetchers as settings_of_fetchers
    from flows import ingest, pages, poll, rounds, shift
    from storage import store as shelves
    from tasks import feedbatches

    async def nothing(*_: object, **__: object) -> None:
        pass

    async def here(function: Callable[..., T], *args: Any, **named: Any) -> T:
        return function(*args, **named)

    async def in_turn(things: Sequence[Any], work: Any, name: Any) -> list[Any]:
        return [await work(thing) for thing in things]

    asyncio.to_thread = here  # type: ignore[assignment]
    plain: dict[str, Any] = {
        "acreate_table_artifact": nothing, "acreate_progress_artifact": nothing, "aupdate_progress_artifact": nothing,
        "get_run_logger": lambda: logging.getLogger("yard"), "as_is": lambda value: value,
    }  # fmt: skip
    flows = "backfill headway ingest pages pipeline poll reading refilling renewing rounds shift sweep upkeep"
    for module in (importlib.import_module(f"flows.{name}") for name in flows.split()):
        for name, value in list(vars(module).items()):
            if name in plain:
                setattr(module, name, plain[name])
            elif isinstance(value, Task) or (isinstance(value, Flow) and value.fn.__module__ != module.__name__):
                setattr(module, name, value.fn)
    for module, name in ((ingest, "ingest"),):
        setattr(module, name, getattr(module, name).fn)
    poll.LANES = pages.LANES = 1
    shift.GIVE_WAY_S = 0.0  # type: ignore[misc]
    feedbatches._each = in_turn
    engine, dialects = shelves._engine, {}

    def remembering(*args: Any) -> Any:
        # Each engine compiles each statement once: half a second that every child would need.
        made = engine(*args)
        first = dialects.setdefault(made.dialect.name, made)
        made._compiled_cache, made.dialect, made.pool._dialect = first._compiled_cache, first.dialect, first.dialect
        return made

    shelves._engine = remembering
    from fetching import _NOBODY, to_loopback

    def fetcher(settings: Any) -> Any:
        from tasks.fetch import Fetcher

        return Fetcher(
            allow_loopback=True, spacing_s=0.0, resolver=to_loopback, trust=_NOBODY,
            memory=settings_of_fetchers._MEMORY,
        )  # fmt: skip

    rounds.fetcher = fetcher


def _shift_clock(by: timedelta) -> None:
    """Put the clock of this process on."""
    real = datetime

    class Kind(type(datetime)):  # type: ignore[misc]
        def __instancecheck__(cls, thing: object) -> bool:
            return isinstance(thing, real)

    class Shifted(datetime, metaclass=Kind):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return real.now(tz) + by

    for name, module in list(sys.modules.items()):
        if name.startswith(("flows.", "tasks.")) and vars(module).get("datetime") is real:
            module.datetime = Shifted  # type: ignore[attr-defined]


def main() -> int:
    """Serve, or run one case again."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--serve", action="store_true", help="be the yard")
    parser.add_argument("job", nargs="?", choices=JOBS)
    parser.add_argument("kills", nargs="*", type=int, metavar="POINT")
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--points", action="store_true", help="print the points of an undisturbed run")
    given = parser.parse_args()
    if given.serve:
        serve()
        return 0
    import tempfile

    from conftest import Databases
    from faultyserver import FaultyServer

    with tempfile.TemporaryDirectory() as folder, Yard() as yard, FaultyServer() as server:
        databases = Databases(Path(folder))
        try:
            case = Case(
                yard, given.job, Path(folder),
                lambda: databases.fresh("postgresql" if given.postgresql else "sqlite"), databases.drop, site(server),
            )  # fmt: skip
            case.measure()
            if given.points:
                print("\n".join(f"{n} {label}" for n, label in enumerate(case.points, 1)))
            said = case.attack(given.kills) if given.kills else None
        finally:
            databases.close()
    print(said or "as an undisturbed run")
    return int(said is not None)


def site(server: Any) -> str:
    """Put a site on a server: a feed, three pages, one that is not there, and an entry that has none. Its feed."""
    from faultyserver import versioned
    from feeding import body, item, page, rss

    titles = ("Ferry stays for another winter", "Tunnel closes in December", "Council weighs a new pier")
    for n, title in enumerate(titles):
        own = body(f"{title}, according to a note of the council dated the third, of which there are {n + 2} copies.")
        server.script(f"/{n}", versioned(page(title, own), etag=f'"{n}"', content_type="text/html; charset=utf-8"))
    listed = [
        item(title, server.url(f"/{n}"), guid=str(n), published=f"Mon, 0{n + 2} Mar 2026 09:30:00 +0100")
        for n, title in enumerate(titles)
    ]
    text = body("The lamps of the old pier, it adds, are to be lit from four in the afternoon until the last ferry.")
    listed.append(item("Lamps on the pier", server.url("/gone"), guid="gone", content=text))
    listed.append(item("A line without a page", None, guid="line", content=text.replace("lamps", "bells")))
    server.script("/feed", versioned(rss(*listed), etag='"feed"'))
    return str(server.url("/feed"))


if __name__ == "__main__":
    sys.exit(main())
