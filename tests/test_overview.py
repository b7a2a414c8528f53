"""The overview of the desk, and what upkeep does to the shelves."""

import os
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, insert

from flows import report
from storage import housekeeping, inbox, leases, tables, tallies
from storage.overview import overview
from storage.records import Hints
from storage.store import Store


def take_in(store: Store, *texts: bytes, now: datetime) -> list[int]:
    with store.writing() as conn:
        return [
            inbox.receive(
                conn, digest=store.raw.put(t), size_bytes=len(t), input=f"{i}.txt", hints=Hints(), now=now
            ).item_id
            for i, t in enumerate(texts)
        ]


def test_the_overview_says_what_waits_for_how_long_and_what_was_refused(store: Store, now: datetime) -> None:
    first, second, _, _ = take_in(store, b"one", b"two", b"three", b"four", now=now - timedelta(hours=3))
    with store.writing() as conn:
        inbox.claim(conn, holder="me", limit=3, lease=timedelta(hours=9), now=now - timedelta(hours=2))
        inbox.settle(conn, first, state="rejected", reason="no-body", now=now - timedelta(hours=1), holder="me")
        inbox.put_back(
            conn, second, error="x", not_before=now + timedelta(hours=1), now=now, max_attempts=5, holder="me"
        )
    with store.reading() as conn:
        found = overview(conn, now=now)
    assert (found.backlog, found.in_work, found.waiting_for_retry) == (1, 1, 1)
    assert found.oldest_due == now - timedelta(hours=3)
    assert found.rejected_lately == {"no-body": 1}
    assert found.database_bytes > 10_000
    said = report.rows(found, {"extract": 0.02, "enrich": 0.3}, now=now)
    assert said["backlog"] == "1 waiting, the oldest for 3 hours"
    assert said["rejected"] == "1 no-body"
    assert said["slowest stage"].startswith("enrich")


def test_what_a_dead_holder_had_waits_again_and_counts_as_an_attempt(store: Store, now: datetime) -> None:
    take_in(store, b"one", b"two", now=now)
    with store.writing() as conn:
        for holder in ("dead", "alive"):
            inbox.claim(conn, holder=holder, limit=1, lease=timedelta(hours=9), now=now)
        assert leases.release_expired(conn, now=now, max_attempts=2, dead="dead") == 1
        assert inbox.counts(conn)["captured"] == inbox.counts(conn)["claimed"] == 1
        (again,) = inbox.claim(conn, holder="dead", limit=5, lease=timedelta(hours=9), now=now)
        assert again.attempts == 2
        leases.release_expired(conn, now=now, max_attempts=2, dead="dead")
        assert inbox.counts(conn)["rejected"] == 1


def _age(shelf: Path) -> None:
    """Make all captures two hours old."""
    captures = list(shelf.rglob("*.zst"))
    assert captures
    for capture in captures:
        os.utime(capture, (time.time() - 7200,) * 2)


def test_what_comes_again_while_old_captures_are_thrown_away_is_kept(
    store: Store, now: datetime, tmp_path: Path
) -> None:
    (old,) = take_in(store, b"old", now=now - timedelta(days=9))
    with store.writing() as conn:
        inbox.settle(conn, old, state="rejected", reason="no-body", now=now - timedelta(days=8))
    _age(tmp_path)
    digest = store.raw.put(b"old")  # another sends the same bytes; that he needs them is not written down yet
    assert housekeeping.throw_away(store, before=now - timedelta(days=7)) == 0
    assert store.raw.get(digest) == b"old"


def test_captures_are_thrown_away_when_nothing_needs_them_and_not_before(
    store: Store, now: datetime, tmp_path: Path
) -> None:
    old, shared, waiting = take_in(store, b"old", b"shared", b"waiting", now=now - timedelta(days=9))
    with store.writing() as conn:
        digest = store.raw.put(b"shared")
        inbox.receive(conn, digest=digest, size_bytes=6, input="b", hints=Hints(publisher="Halcyon"), now=now)
        for item in (old, shared):
            inbox.settle(conn, item, state="rejected", reason="no-body", now=now - timedelta(days=8))
    assert housekeeping.throw_away(store, before=now - timedelta(days=10)) == 0
    assert housekeeping.throw_away(store, before=now - timedelta(days=7)) == 0, "what came within the hour is kept"
    _age(tmp_path)
    assert housekeeping.throw_away(store, before=now - timedelta(days=7)) == 1
    with store.reading() as conn:
        items = [inbox.item(conn, i) for i in (old, shared, waiting)]
    assert [store.raw.holds(str(item.digest)) for item in items if item] == [False, True, True]
    assert housekeeping.throw_away(store, before=now - timedelta(days=7)) == 0


def test_what_is_retried_while_old_captures_are_thrown_away_is_kept(
    store: Store, now: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = take_in(store, b"old", b"older", now=now - timedelta(days=9))
    with store.writing() as conn:
        for item in items:
            inbox.settle(conn, item, state="rejected", reason="no-body", now=now - timedelta(days=8))
    _age(tmp_path)
    stale_captures = housekeeping.stale_captures

    def overtaken(*given: Any, **named: Any) -> Any:
        """Somebody retries the one, once the list is made."""
        listed = stale_captures(*given, **named)
        with store.writing() as conn:
            inbox.retry(conn, items[:1], now=now)
        return listed

    monkeypatch.setattr(housekeeping, "stale_captures", overtaken)
    assert housekeeping.throw_away(store, before=now - timedelta(days=7)) == 1
    with store.reading() as conn:
        held = [store.raw.holds(str(item.digest)) for n in items if (item := inbox.item(conn, n))]
    assert held == [True, False]


def test_old_captures_are_thrown_away_page_by_page(
    store: Store, now: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = take_in(store, *(b"%d" % n for n in range(6)), now=now - timedelta(days=9))
    with store.writing() as conn:
        for item in items:
            inbox.settle(conn, item, state="rejected", reason="no-body", now=now - timedelta(days=8))
    _age(tmp_path)
    monkeypatch.setattr(housekeeping, "AT_ONCE", 2)
    assert housekeeping.throw_away(store, before=now - timedelta(days=7)) == 6

    def written(_: Store) -> None:
        raise AssertionError("a transaction for captures that are gone already")

    monkeypatch.setattr(Store, "writing", written)
    assert housekeeping.throw_away(store, before=now - timedelta(days=7)) == 0


def test_the_database_is_tended_while_others_use_it(store: Store, now: datetime) -> None:
    take_in(store, b"one", now=now)
    with store.reading() as conn:
        housekeeping.tend(store, thorough=True)
        assert inbox.counts(conn)["captured"] == 1


def test_what_was_rejected_lately_is_looked_up(store: Store, now: datetime) -> None:
    """The index of rejected items is one of some rows only, which a planner takes if the question says so."""
    seen: list[tuple[str, Any]] = []
    times = [now - timedelta(hours=n) for n in range(1000)]
    item = {"size_bytes": 1, "input": "x", "hints": {}, "attempts": 1, "state": "rejected", "reason": "no-body"}
    with store.writing() as conn:
        items = [item | {"key": f"k{at}", "digest": "d", "received_at": at, "settled_at": at} for at in times]
        conn.execute(insert(tables.InboxItem), items)
        conn.exec_driver_sql("ANALYZE")
    with store.reading() as conn:
        event.listen(conn, "before_cursor_execute", lambda _c, _k, said, given, *_: seen.append((said, given)))
        assert overview(conn, now=now).rejected_lately == {"no-body": 24}
        asked = [(said, given) for said, given in seen if "reason" in said or "filed_at" in said]
        if store.dialect == "postgresql":
            conn.exec_driver_sql("SET LOCAL enable_seqscan = off")
        explain = "EXPLAIN " if store.dialect == "postgresql" else "EXPLAIN QUERY PLAN "
        plans = ["\n".join(map(str, conn.exec_driver_sql(explain + said, given))) for said, given in asked]
    for name in ("ix__inbox_items__settled_at_reason", "ix__articles__filed_at_copy_of"):
        assert any(name in plan for plan in plans), plans


def test_what_is_much_is_told_as_about_so_much(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with store.writing() as conn:
        for n in range(30):
            conn.exec_driver_sql(f"INSERT INTO stories (id, size) VALUES ('s{n}', {int(n < 20)})")
        conn.exec_driver_sql("ANALYZE")
    with store.reading() as conn:
        assert str(tallies.tally(conn, "stories")) == "20"
        monkeypatch.setattr(tallies, "EXACT_UP_TO", 25)
        said = str(tallies.tally(conn, "stories"))
    assert said == ("about 20" if store.dialect == "postgresql" else "20")
