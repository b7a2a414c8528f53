"""The store: transactions, locks, and errors that a person can act on."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, literal, select, text
from sqlalchemy.exc import StatementError

from storage import archive, changes, consumers, families, inbox, leases, migrate, pairs, quotebook, timeline
from storage.columns import Utc
from storage.errors import Misconfigured, StoreBusy
from storage.records import Article, Hints
from storage.store import FILING, Store, open_store

ARTICLE = Article(input="a.txt", body="The ferry sails at nine.", headline="Ferry")


@contextmanager
def _locked(store: Store) -> Iterator[None]:
    """Hold the writer lock from another connection."""
    if store.dialect == "sqlite":
        other = sqlite3.connect(str(store.engine.url.database), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
        other.close()
    else:
        with store.engine.connect() as other, other.begin():
            other.execute(text(f"SELECT pg_advisory_xact_lock({FILING})"))
            other.execute(text("LOCK TABLE inbox_items, consumers IN ACCESS EXCLUSIVE MODE"))
            yield


@pytest.fixture
def store(database_url: str, tmp_path: Path) -> Iterator[Store]:
    """A store that loses patience soon."""
    with open_store(database_url, raw_url=str(tmp_path), busy_timeout=timedelta(seconds=0.05)) as opened:
        yield opened


Call = Callable[[Connection, datetime], Any]
# Every public function of storage that writes belongs here.
WRITING: dict[str, Call] = {
    "receive": lambda c, now: inbox.receive(c, digest="d", size_bytes=1, input="i", hints=Hints(), now=now),
    "refuse": lambda c, now: inbox.refuse(c, input="i", reason="empty", detail="", now=now),
    "claim": lambda c, now: inbox.claim(c, holder="h", limit=1, lease=timedelta(1), now=now),
    "settle": lambda c, now: inbox.settle(c, 1, state="filed", now=now),
    "settle_batch": lambda c, now: inbox.settle_batch(c, [(1, "filed", "a")], now=now),
    "release": lambda c, now: leases.release(c, holder="h"),
    "put_back": lambda c, now: inbox.put_back(c, 1, error="e", not_before=now, now=now, max_attempts=2),
    "release_expired": lambda c, now: leases.release_expired(c, now=now, max_attempts=2),
    "retry": lambda c, now: inbox.retry(c, [1], now=now),
    "register": lambda c, now: consumers.register(c, "reader", now=now),
    "acknowledge": lambda c, now: consumers.acknowledge(c, "reader", 0, now=now),
    "forget": lambda c, now: consumers.forget(c, "reader"),
}
FILES: dict[str, Call] = {
    "file": lambda c, now: archive.file(c, ARTICLE, item_id=None, digest=None, now=now),
    "file_batch": lambda c, now: archive.file_batch(
        c, [archive.Arrived(article=ARTICLE, item_id=None, digest=None)], now=now
    ),
    "set_verdict": lambda c, now: families.set_verdict(c, "a", "b", "split", now=now),
    "relate": lambda c, now: pairs.relate(c, [], version=1, now=now),
    "unrelate": lambda c, now: pairs.unrelate(c, 1),
    "set_stories": lambda c, now: families.set_stories(c, {}, parents={}, now=now),
    "append": lambda c, now: changes.append(c, [("story.changed", "x", {})], now=now),
    "append_told": lambda c, now: changes.append_told(c, "article.filed", [changes.Told("x", 1, 1)], now=now),
    "append_pairs": lambda c, now: changes.append_pairs(c, {(1, 2): ("x", "y")}, now=now),
    "announce": lambda c, now: pairs.announce(c, now=now),
    "set_statements": lambda c, now: quotebook.set_statements(c, quotebook.near(c, [1]), [], {}, now=now),
    "set_occurrences": lambda c, now: timeline.set_occurrences(c, timeline.near(c, [1]), [], {}, now=now),
}


@pytest.mark.parametrize("name", WRITING)
def test_inbox_and_cursors_are_busy_while_the_database_is_locked(store: Store, now: datetime, name: str) -> None:
    with _locked(store), pytest.raises(StoreBusy, match="tried again"), store.writing() as conn:
        WRITING[name](conn, now)


@pytest.mark.parametrize("name", FILES)
def test_filing_is_busy_while_another_files(store: Store, now: datetime, name: str) -> None:
    with _locked(store), pytest.raises(StoreBusy, match="tried again"), store.filing() as conn:
        FILES[name](conn, now)


def test_reading_goes_on_while_another_files(store: Store, now: datetime) -> None:
    with store.filing() as filing:
        archive.file(filing, ARTICLE, item_id=None, digest=None, now=now)
        with store.reading() as reading:
            assert changes.last(reading) == 0
    with store.reading() as reading:
        assert changes.last(reading) == 1


def test_one_snapshot_for_all_of_a_reading(store: Store, now: datetime) -> None:
    with store.reading() as reading:
        assert changes.last(reading) == 0
        with store.filing() as filing:
            archive.file(filing, ARTICLE, item_id=None, digest=None, now=now)
        assert changes.last(reading) == 0


def test_failure_inside_leaves_nothing(store: Store, now: datetime) -> None:
    with pytest.raises(StatementError), store.filing() as conn:  # noqa: PT012 - the failure comes last
        archive.file(conn, ARTICLE, item_id=None, digest=None, now=now)
        conn.execute(select(literal(now.replace(tzinfo=None), Utc())))
    with store.reading() as conn:
        assert archive.numbers(conn, [ARTICLE.id]) == {}


def test_filers_wait_for_one_another(databases, dialect: str, tmp_path: Path, now: datetime) -> None:
    url, done = databases.fresh(dialect), []
    with open_store(url, raw_url=str(tmp_path)) as store:

        def second() -> None:
            with store.filing() as conn:
                done.append(changes.last(conn))

        with store.filing() as conn:
            thread = threading.Thread(target=second)
            thread.start()
            thread.join(0.2)
            assert thread.is_alive()
            changes.append(conn, [("article.filed", "x", {})], now=now)
        thread.join()
    assert done == [1], "it sees what the first one wrote"
    databases.drop(url)


def test_naive_time_is_refused(store: Store, now: datetime) -> None:
    with store.writing() as conn, pytest.raises(StatementError, match="has no time zone"):
        inbox.receive(conn, digest="d", size_bytes=1, input="i", hints=Hints(), now=now.replace(tzinfo=None))


def test_times_come_back_as_they_went(store: Store, now: datetime) -> None:
    moment = datetime.fromisoformat("2026-03-01T23:30:00.123456+05:30")
    with store.writing() as conn:
        got = inbox.receive(conn, digest="d", size_bytes=1, input="i", hints=Hints(), now=moment)
        found = inbox.item(conn, got.item_id)
    assert found is not None
    assert found.received_at == moment
    assert found.received_at.utcoffset() == timedelta(0)


def test_sqlite_is_set_up_for_one_writer_and_many_readers(databases, tmp_path: Path) -> None:
    with open_store(databases.fresh("sqlite"), raw_url=str(tmp_path)) as store, store.reading() as conn:
        asked = {
            p: conn.exec_driver_sql(f"PRAGMA {p}").scalar() for p in ("journal_mode", "foreign_keys", "synchronous")
        }
        assert asked == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 2}
        assert conn.exec_driver_sql("PRAGMA busy_timeout").scalar() == 30_000


@pytest.mark.parametrize(
    ("url", "remedy"),
    [
        ("mysql://localhost/wires", "use sqlite or postgresql"),
        ("sqlite://", "sqlite:///FILE"),
        ("no address", "this is not a database address"),
        ("sqlite:////proc/nowhere/wires.db", "folder"),
    ],
)
def test_address_that_leads_nowhere_says_what_to_write(url: str, remedy: str, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=remedy):
        open_store(url, raw_url=str(tmp_path))


def test_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "letter.db").write_text("Dear desk, " * 200)
    with pytest.raises(Misconfigured, match=r"letter\.db.*not an SQLite database"):
        open_store(f"sqlite:///{tmp_path}/letter.db", raw_url=str(tmp_path))


def test_server_that_does_not_answer_is_busy(tmp_path: Path) -> None:
    with pytest.raises(StoreBusy, match="does not answer") as caught:
        open_store("postgres://desk:secret@127.0.0.1:9/wires", raw_url=str(tmp_path))
    assert "secret" not in str(caught.value)


def test_missing_postgresql_database_is_a_setting(databases, tmp_path: Path) -> None:
    url = databases.fresh("postgresql")
    missing = url.replace("/test_", "/never_made_")
    with pytest.raises(Misconfigured, match="database name"):
        open_store(missing, raw_url=str(tmp_path))
    databases.drop(url)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_usual_spellings_of_postgresql_are_understood(databases, tmp_path: Path, scheme: str) -> None:
    url = databases.fresh("postgresql")
    with open_store(url.replace("postgresql", scheme, 1), raw_url=str(tmp_path)) as store, store.reading() as conn:
        assert store.dialect == "postgresql"
        assert migrate.current(conn) == migrate.HEAD
    databases.drop(url)
