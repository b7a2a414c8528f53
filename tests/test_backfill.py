"""Backfill: old documents and newer versions, behind live work, where it stopped, once among several."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from storage import backfills, catalogue, changes, inbox, leases, renewal, tables
from storage.backfills import Place
from storage.errors import StoreBusy
from storage.records import Hints
from storage.renewal import EVERYTHING
from storage.store import Store, open_store
from tasks import filing, intake, redo, refill, versions
from tasks.redo import Redone
from tasks.refill import Files
from tasks.stages import Document

pytestmark = pytest.mark.filterwarnings("default")  # Prefect's own

ROOT = Path(__file__).parent.parent
SENTENCES = (
    'The ferry to Sant was stopped on Tuesday, harbour master Ada Voss said, and it "will not run before Friday".',
    "Nobody in Orlund had been told of it, and the market stayed empty all morning long.",
    "On March 3, 2026 the council is to decide who pays for the damaged pier and for the mail.",
)


def record(n: int) -> dict[str, str]:
    """Give an article record that is like no other."""
    return {
        "identifier": f"no-{n}",
        "publisher": "Landline" if n % 2 else "Tidewater",
        "headline": f"Ferry number {n} stopped",
        "inLanguage": "nl",  # for which no language model is loaded: eight runs would load it eight times
        "datePublished": f"2026-03-{1 + n % 20:02}T08:00",
        "articleBody": " ".join(SENTENCES[n % 3 :] + SENTENCES[: n % 3]).replace("Sant", f"Sant {n}"),
    }


def lines(path: Path, first: int, count: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record(n)) + "\n" for n in range(first, first + count)), encoding="utf-8")
    return path


@pytest.fixture
def backfill(
    prefect_server: None, home: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Any]:
    """The flow, on each of the two databases, with one process."""
    monkeypatch.setenv("WIREDESK_DATABASE_URL", database_url)
    monkeypatch.setenv("WIREDESK_WORKERS", "1")
    from flows import backfill as module
    from flows.backfill import backfill

    monkeypatch.setattr(module, "NICENESS", 0)  # nobody's work goes before a test
    return lambda **asked: asyncio.run(backfill(workers=1, **asked))


@pytest.fixture
def desk(home: Path, database_url: str) -> Iterator[Store]:
    with open_store(database_url, raw_url=f"file://{home / 'raw'}") as store:
        yield store


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_files_are_taken_in_then_made_anew_only_where_a_version_is_newer(
    backfill: Callable[..., Any], desk: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = lines(tmp_path / "old" / "march.jsonl", 0, 12)
    (tmp_path / "old" / "bad.txt").write_bytes(b"\x00\x01\x02" * 99)

    trial = backfill(paths=[str(archive.parent)], dry_run=True)
    assert (trial.taken.documents, trial.taken.known, trial.taken.counts.filed) == (13, 0, 0)
    with desk.reading() as conn:
        assert sum(inbox.counts(conn).values()) == 0

    first = backfill(paths=[str(archive.parent)])
    assert (first.taken.documents, first.taken.known) == (13, 0)
    assert (first.taken.counts.filed, first.taken.counts.rejected) == (12, 1)
    again = backfill(paths=[str(archive.parent)])
    assert (again.taken.documents, again.taken.known, again.taken.counts.received) == (13, 13, 0)
    assert backfill().redone == Redone()

    # Another desk, whose way of finding times has been improved: nothing is extracted, and nothing is different.
    from flows import renewing as module

    def must_not(*_: object, **__: object) -> None:
        raise AssertionError("extracted again")

    now = versions.current()
    monkeypatch.setattr(versions, "current", lambda: now | {"times": now["times"] + 1})
    with desk.reading() as conn:
        last = changes.last(conn)
    trial = backfill(stage="times", since=date(2026, 3, 2), until=date(2026, 3, 4), publisher="Tidewater", dry_run=True)
    assert trial.redone.redone == sum(n % 2 == 0 and 1 <= n % 20 <= 3 for n in range(12))
    with monkeypatch.context() as guarded:
        guarded.setattr(module, "extract_batch", must_not)
        made = backfill()
    assert (made.redone.redone, made.redone.altered, dict(made.redone.announced)) == (12, 0, {})
    assert made.outdated == {"times": {now["times"]: 12}}

    # And chosen again, it is read from its kept bytes, where they are.
    kept = next((Path(desk.raw.url.removeprefix("file://"))).rglob("*.zst"))
    kept.unlink()
    made = backfill(stage="extract", again=True)
    assert (made.redone.redone, made.redone.kept) in {(11, 1), (12, 0)}  # unless it was the bad one's
    with desk.reading() as conn:
        assert changes.last(conn) == last
        assert made.aside == renewal.set_aside(conn, max_attempts=5)
    assert len(made.aside) == made.redone.kept


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_what_was_filed_with_enrichment_switched_off_is_enriched_by_a_backfill(
    backfill: Callable[..., Any], desk: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows.ingest import ingest

    monkeypatch.setenv("WIREDESK_ENRICH", "false")
    backfill(paths=[str(lines(tmp_path / "old.jsonl", 0, 2))])
    live = Document(input="live.json", raw=json.dumps(record(2)).encode(), hints=Hints())
    list(intake.take_in(desk, [live], now=datetime.now(UTC)))
    assert asyncio.run(ingest()).filed == 1

    def found() -> list[tuple[int, int, bool]]:
        with desk.reading() as conn:
            filed = [stored.article for stored in catalogue.articles(conn, enrichment=True)]
        return [(len(a.quotations), len(a.timexes), "quotes" in dict(a.stages)) for a in filed]

    assert found() == [(0, 0, False)] * 3
    monkeypatch.setenv("WIREDESK_ENRICH", "true")
    assert backfill().redone.altered == 3
    assert found() == [(1, 0, True)] * 3  # in Dutch, of which the dates of an English text are none
    assert backfill().redone == Redone()


@pytest.mark.parametrize("dialect", [pytest.param("sqlite", marks=pytest.mark.hard), "postgresql"], indirect=True)
def test_two_at_once_do_nothing_twice_and_live_work_goes_first(
    backfill: Callable[..., Any], desk: Store, tmp_path: Path
) -> None:
    archive = lines(tmp_path / "old.jsonl", 0, 30)
    live = json.dumps(record(999)).encode()
    seen: list[tuple[int, int]] = []

    def arrive() -> None:
        time.sleep(1.0)
        document = Document(input="live.json", raw=live, hints=Hints())
        (received,) = intake.take_in(desk, [document], now=datetime.now(UTC))
        with desk.reading() as conn:
            seen.append((received.item_id, inbox.counts(conn)["captured"]))

    from flows.backfill import backfill as flow

    async def both() -> list[Any]:
        return list(await asyncio.gather(*(flow(paths=[str(archive)], workers=1) for _ in range(2))))

    arriving = threading.Thread(target=arrive)
    arriving.start()
    done = asyncio.run(both())
    arriving.join()
    assert sum(d.taken.counts.filed for d in done) == 30
    assert sum(d.taken.counts.seen + d.taken.counts.failed for d in done) == 0
    with desk.reading() as conn:
        item = inbox.item(conn, seen[0][0])
        filed = list(catalogue.articles(conn))
    assert item is not None
    assert item.state == "captured"  # whose turn it is, the live runs say
    assert seen[0][1] == 1  # nothing of the backfill waited before it
    assert len({a.id for a in filed}) == len(filed) == 30

    # Made anew by two at once: every article by one of them.
    async def anew() -> list[Any]:
        return list(await asyncio.gather(*(flow(stage="copies", workers=1) for _ in range(2))))

    with desk.writing() as conn:
        renewal.choose_anew(conn, ["copies"], EVERYTHING)
    assert sum(d.redone.redone for d in asyncio.run(anew())) == 30


def everything_is_filed(desk: Store, count: int) -> None:
    with desk.reading() as conn:
        assert {state: n for state, n in inbox.counts(conn).items() if n} == {"filed": count}
        assert len(list(catalogue.articles(conn))) == count


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "what", ["take_in_hand", *(pytest.param(one, marks=pytest.mark.hard) for one in ("note", "extract_batch"))]
)
def test_a_backfill_that_failed_once_steps_over_nothing(
    backfill: Callable[..., Any], desk: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    from flows import pipeline

    paths = [str(lines(tmp_path / "old.jsonl", 0, 30))]
    owner: Any = {"take_in_hand": intake, "note": backfills, "extract_batch": pipeline}[what]
    real = getattr(owner, what)

    def busy(*_: object, **__: object) -> None:
        monkeypatch.setattr(owner, what, real)
        time.sleep(0.5)  # until the other lane waits for its turn
        raise StoreBusy("the database does not answer; it will be tried again")

    monkeypatch.setattr(owner, what, busy)
    with pytest.raises(StoreBusy):
        backfill(paths=paths)
    backfill(paths=paths)
    everything_is_filed(desk, 30)


@pytest.mark.hard
@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_a_backfill_that_is_stopped_while_it_takes_in_goes_on_at_once(
    backfill: Callable[..., Any], desk: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows.backfill import backfill as flow

    paths = [str(lines(tmp_path / "old.jsonl", 0, 20))]
    taking, go_on, real = threading.Event(), threading.Event(), intake.take_in_hand

    def slow(*given: Any, **named: Any) -> Any:
        taking.set()
        assert go_on.wait(30)
        return real(*given, **named)

    async def stopped() -> None:
        running = asyncio.create_task(flow(paths=paths, workers=1))
        assert await asyncio.to_thread(taking.wait, 60)
        running.cancel()
        asyncio.get_running_loop().call_later(0.5, go_on.set)
        with pytest.raises(asyncio.CancelledError):
            await running

    with monkeypatch.context() as slowly:
        slowly.setattr(intake, "take_in_hand", slow)
        asyncio.run(stopped())
    done = backfill(paths=paths)
    assert (done.taken.documents, done.taken.counts.filed) == (10, 20)  # ten of them were noted, and in hand
    everything_is_filed(desk, 20)


@pytest.mark.hard
@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_a_document_that_the_desk_itself_fails_on_stops_no_backfill(
    backfill: Callable[..., Any], desk: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [str(lines(tmp_path / "old.jsonl", 0, 12))]
    poison = record(5)["headline"]

    def failing(real: Callable[..., Any], headline: Callable[[Any], str]) -> Callable[..., Any]:
        def fails(store: Store, work: Any, **named: Any) -> Any:
            if any(headline(given) == poison for given in work):
                raise RuntimeError("a fault of our own")
            return real(store, work, **named)

        return fails

    with monkeypatch.context() as faulty:
        faulty.setattr(filing, "file_batch", failing(filing.file_batch, lambda given: given[1].headline))
        counts = backfill(paths=paths).taken.counts
        assert (counts.filed, counts.failed) == (11, 1)
        with desk.reading() as conn:
            waiting = [i for n in range(1, 13) if (i := inbox.item(conn, n)) and i.state == "captured"]
            assert [item.detail for item in waiting] == ["RuntimeError: a fault of our own"]

    with monkeypatch.context() as faulty:
        faulty.setattr(redo, "redo_batch", failing(redo.redo_batch, lambda given: given[1].headline))
        poison = record(6)["headline"]
        assert backfill(again=True, dry_run=True).redone.failed == 1
        with desk.reading() as conn:
            assert conn.execute(select(func.count()).select_from(tables.Redo)).scalar_one() == 0
        faulty.setenv("WIREDESK_MAX_ATTEMPTS", "2")
        first = backfill(again=True)
        assert (first.redone.redone, first.redone.failed, first.aside) == (10, 1, ())
        second = backfill()
        assert (second.redone.redone, second.redone.failed) == (0, 1)
        assert [why.partition(": ")[2] for _, why in second.aside] == ["a fault of our own"]


KILLED = """
import asyncio, os, signal, sys
from flows.settings import prepare_prefect, read_settings
prepare_prefect(read_settings())
from flows import backfill as module
from tasks import filing
module.NICENESS = 0
real, calls = filing.file_batch, []

def killing(*given, **named):
    done = real(*given, **named)
    calls.append(1)
    if len(calls) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return done

filing.file_batch = killing
asyncio.run(module.backfill(paths=sys.argv[1:], workers=1))
"""


@pytest.mark.hard
@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_a_killed_backfill_goes_on_where_it_stopped(
    backfill: Callable[..., Any], desk: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [str(lines(tmp_path / "old" / f"{n}.jsonl", 20 * n, 20)) for n in range(3)]
    killed = subprocess.Popen([sys.executable, "-c", KILLED, *paths], cwd=ROOT, start_new_session=True)
    assert killed.wait() == -signal.SIGKILL
    os.killpg(killed.pid, signal.SIGKILL)  # the server that it had started
    with desk.reading() as conn:
        before = sum(inbox.counts(conn).values())
        filed = inbox.counts(conn)["filed"]
        place = backfills.place(conn, Files(paths=tuple(paths)).key)
    assert place is not None
    assert 20 <= filed < 60
    opened: list[str] = []
    real = intake.open_file

    def watched(path: Path, **given: Any) -> Iterator[Any]:
        opened.append(path.name)
        return real(path, **given)

    monkeypatch.setattr(refill.intake, "open_file", watched)
    done = backfill(paths=paths)
    assert done.taken.documents == 60 - before
    assert Path(paths[0]).name not in opened or place.file == paths[0]
    with desk.writing() as conn:
        leases.release_expired(conn, now=datetime.now(UTC).replace(year=2100), max_attempts=5)
        left = inbox.counts(conn)["captured"]
        assert backfills.place(conn, Files(paths=tuple(paths)).key) is None
    assert done.taken.counts.filed + filed + left == 60  # what the dead one had in hand waits for its lease to run out


def test_files_are_chosen_before_they_are_opened(tmp_path: Path) -> None:
    old, new = lines(tmp_path / "a" / "old.jsonl", 0, 2), lines(tmp_path / "b" / "new.jsonl", 2, 3)
    os.utime(old, (1_700_000_000, 1_700_000_000))
    since = datetime(2024, 1, 1, tzinfo=UTC)

    def names(files: Files, after: Place | None = None) -> list[str]:
        return [a.arrival.input.rpartition("/")[2] for a in refill.arrivals(files, after=after, max_bytes=10_000)]

    both = Files(paths=(str(tmp_path),))
    assert names(both) == ["old.jsonl#1", "old.jsonl#2", "new.jsonl#1", "new.jsonl#2", "new.jsonl#3"]
    assert names(Files(paths=(str(tmp_path),), since=since)) == ["new.jsonl#1", "new.jsonl#2", "new.jsonl#3"]
    assert names(Files(paths=(str(tmp_path),), until=since)) == ["old.jsonl#1", "old.jsonl#2"]
    assert names(Files(paths=(str(tmp_path),), source="/a/")) == ["old.jsonl#1", "old.jsonl#2"]
    assert names(both, Place(file=str(old), documents=1)) == names(both)[1:]
    assert names(both, Place(file=str(new), documents=2)) == ["new.jsonl#3"]
    assert names(both, Place(file="gone", documents=2)) == names(both)
    assert len({both.key, Files(paths=(str(tmp_path),), since=since).key, Files(paths=(str(new),)).key}) == 3
