"""Upgrades: a store of any older version becomes one of this version, and says what it said before."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import oldstores
import pytest

from storage import catalogue, changes, feeds, inbox, migrate, quotebook, storyline, timeline
from storage.errors import Misconfigured
from storage.searching import Asked
from storage.store import Store, open_store

Rows = dict[str, list[dict[str, Any]]]

FIRST, *LATER = oldstores.chain()[:-1]

DROPPED = {("statements", "speaker_folded"), ("occurrences", "people_folded")}
"""Columns that are no more (0011): they repeated `speaker` and `people` for searches, as `spellings` does now."""


def accounted_for(table: str, before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Give what a row must say now, from what it said: as before, but for what a migration does on purpose."""
    expected = {name: value for name, value in before.items() if (table, name) not in DROPPED}
    if table == "events" and before.get("places") is None:
        expected["places"] = after["places"]  # looked up among the mentions (0008)
    if table == "changes" and before["kind"] in {"article.filed", "article.revised"} and "n" not in before:
        # What an article said is pointed to instead of being told again (0009).
        said = json.loads(before["payload"])
        expected |= {"payload": "{}", "n": int(before["subject"], 16), "revision": said["revision"]}
    return expected


def assert_nothing_is_lost(before: Rows, after: Rows, keys: dict[str, list[str]]) -> None:
    assert before.keys() <= after.keys()
    for table, rows in before.items():
        assert len(rows) == oldstores.ROWS
        now = {tuple(row[name] for name in keys[table]): row for row in after[table]}
        for row in rows:
            found = now[tuple(row[name] for name in keys[table])]
            expected = accounted_for(table, row, found)
            assert {name: found[name] for name in expected} == expected


def made_old(databases: Any, dialect: str, revision: str) -> tuple[str, Rows]:
    url = databases.empty(dialect)
    engine = oldstores.engine_of(url)
    oldstores.make(engine, revision)
    with engine.begin() as conn:
        held = oldstores.contents(conn)
    engine.dispose()
    return url, held


def held_now(store: Store) -> tuple[Rows, dict[str, list[str]]]:
    with store.reading() as conn:
        keys = {table.name: [c.name for c in table.primary_key.columns] for table in oldstores.tables(conn)}
        return oldstores.contents(conn), keys


def test_first_version_becomes_this_one_and_reads_as_before(databases, dialect: str, tmp_path: Path) -> None:
    url, before = made_old(databases, dialect, FIRST)
    assert len(before) == 19
    with open_store(url, raw_url=str(tmp_path)) as store:
        assert_nothing_is_lost(before, *held_now(store))
        with store.reading() as conn:
            (told,) = catalogue.stories(conn)
            assert [m.id for m in told.members] == [row["id"] for row in before["articles"]]
            assert len(list(catalogue.copies(conn))) == 3
            book = list(quotebook.find(conn, Asked(speaker="sarovin", words="ferry")))
            assert [(q["text"], q["speaker"]["name"]) for q in book] == [(oldstores.WORDS[0], oldstores.NAMES[0])]
            assert [e["date"] for e in timeline.find(conn, Asked(place="port", since="2026-02-11"))] == [
                "2026-02-11",
                "2026-02-12",
            ]
            feed = changes.read(conn)
            assert [c.number for c in feed] == [1, 2, 3, 4, 5, 6], "what there was, then each pair once"
            assert feed[0].payload["articleBody"] == "Formerly 0."
            assert len(inbox.rejected(conn)) == 1
            assert len(list(storyline.revisions(conn, told.id))) == 3
    databases.drop(url)


@pytest.mark.parametrize("revision", LATER)
def test_every_version_between_becomes_this_one(databases, dialect: str, revision: str, tmp_path: Path) -> None:
    url, before = made_old(databases, dialect, revision)
    with open_store(url, raw_url=str(tmp_path)) as store:
        assert_nothing_is_lost(before, *held_now(store))
        with store.reading() as conn:
            assert len(list(catalogue.articles(conn, enrichment=True))) == 3
            assert len(list(feeds.every(conn))) == (3 if "feeds" in before else 0)
            assert migrate.current(conn) == migrate.HEAD
    databases.drop(url)


BROKEN_OFF = """
import os, signal, sys
from sqlalchemy import event
from sqlalchemy.engine import Engine
from storage import indexing
from storage.store import open_store

indexing.AT_ONCE = 1
left = int(sys.argv[3])

@event.listens_for(Engine, "commit")
def count(_conn):  # before it is done
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

open_store(sys.argv[1], raw_url=sys.argv[2])
"""


def test_upgrade_that_is_killed_goes_on_at_the_next_one(databases, dialect: str, tmp_path: Path) -> None:
    url, before = made_old(databases, dialect, FIRST)

    def killed(*, commit: int) -> None:
        command = [sys.executable, "-c", BROKEN_OFF, url, str(tmp_path), str(commit)]
        assert subprocess.run(command, check=False, capture_output=True).returncode == -9

    def stands() -> str | None:
        engine = oldstores.engine_of(url)
        with engine.begin() as conn:
            found = migrate.current(conn)
        engine.dispose()
        return found

    killed(commit=2)
    assert stands() == FIRST, "the tables are altered in one transaction"
    killed(commit=9)
    assert stands() == migrate.HEAD
    with pytest.raises(Misconfigured, match="broken off; run `wiredesk db upgrade`"):
        open_store(url, raw_url=str(tmp_path), create=False)
    with open_store(url, raw_url=str(tmp_path)) as store:
        after, keys = held_now(store)
        assert_nothing_is_lost(before, after, keys)
        assert sorted(row["id"] for row in after["finds"]) == sorted(
            row["id"] for table in ("statements", "occurrences") for row in before[table]
        )
        assert [json.loads(row["places"]) for row in after["events"]] == [["Port 0"], ["Port 1"], ["Port 2"]]
    open_store(url, raw_url=str(tmp_path), create=False).close()
    databases.drop(url)
