"""Feeds from end to end as Prefect runs them: a site on this machine, its feed, its pages, and the articles filed."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from faultyserver import Answer, FaultyServer, versioned
from feeding import body, item, page, rss

from flows.settings import read_settings
from storage import catalogue, changes, entries, feeds, inbox
from storage.errors import WiredeskError
from storage.feedrecords import FeedState
from storage.store import Store, open_store
from tasks import fetch

pytestmark = pytest.mark.filterwarnings("default")  # Prefect's own

TITLES = ("Ferry stays for another winter", "Tunnel closes in December", "Council weighs a new pier")


@pytest.fixture
def home(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A HOME whose desk may fetch from this machine, without waiting."""
    monkeypatch.setenv("WIREDESK_ALLOW_LOOPBACK", "true")
    monkeypatch.setenv("WIREDESK_HOST_SPACING_S", "0")
    monkeypatch.setattr("flows.fetchers._MEMORY", fetch.Memory())
    return home


@pytest.fixture
def store(home: Path) -> Iterator[Store]:
    settings = read_settings()
    with open_store(settings.database, raw_url=settings.raw) as opened:
        yield opened


def site(server: FaultyServer, titles: tuple[str, ...] = TITLES) -> str:
    """Put a site on the server: a feed, and a page for each of its entries. Gives the feed's address."""
    for n, title in enumerate(titles):
        own = body(f"{title}, according to a note of the council dated the third, of which there are {n + 2} copies.")
        server.script(f"/{n}", versioned(page(title, own), etag=f'"{n}"', content_type="text/html; charset=utf-8"))
    listed = [
        item(title, server.url(f"/{n}"), guid=str(n), published=f"Mon, 0{n + 2} Mar 2026 09:30:00 +0100")
        for n, title in enumerate(titles)
    ]
    server.script("/feed", versioned(rss(*listed), etag='"feed"'))
    return server.url("/feed")


def add(store: Store, address: str) -> None:
    now = datetime.now(UTC)
    with store.writing() as conn:
        feeds.add(conn, FeedState(address=address, next_poll_at=now), now=now)


async def table(key: str) -> list[dict[str, Any]]:
    from prefect.artifacts import Artifact

    artifact = await Artifact.aget(key)
    assert artifact is not None
    return list(json.loads(str(artifact.data)))


async def run_names() -> set[str]:
    from prefect import get_client

    async with get_client() as client:
        return {run.name for run in await client.read_flow_runs()}


def filed(store: Store) -> dict[str, tuple[str | None, str | None]]:
    with store.reading() as conn:
        found = [catalogue.article(conn, m.id) for story in catalogue.stories(conn) for m in story.members]
    return {a.article.headline or "": (a.article.published, a.article.published_basis) for a in found if a is not None}


def last_change(store: Store) -> int:
    with store.reading() as conn:
        return changes.last(conn)


def test_feed_becomes_articles_with_its_dates_and_a_second_poll_changes_nothing(
    prefect_server: None, store: Store, server: FaultyServer
) -> None:
    from flows.poll import poll_feeds

    address = site(server)
    add(store, address)

    async def run() -> tuple[list[dict[str, Any]], ...]:
        polls = await poll_feeds()
        assert (polls.new_entries, len(polls.items), polls.failed) == (3, 3, 0)
        first = await table("poll-summary"), await table("pages-summary"), await table("ingest-summary")
        names = await run_names()
        assert {"poll 1 feed: 3 new entries", "fetch 3 pages: 3 new"} <= names
        return first

    polled, fetched, ingested = asyncio.run(run())
    rows = {row["what"]: row["number"] for row in polled}
    assert (rows["feeds due"], rows["unchanged"], rows["new entries"], rows["dormant"]) == (1, 0, 3, 0)
    assert (fetched[0]["pages due"], fetched[0]["captured"]) == (3, 3)
    assert ingested[0]["filed"] == 3
    assert filed(store) == {title: (f"2026-03-0{n + 2}T09:30:00+01:00", "feed") for n, title in enumerate(TITLES)}

    before, asked = last_change(store), len(server.seen)

    async def again() -> None:
        assert (await poll_feeds()).polled == [], "it is not due"
        polls = await poll_feeds(addresses=[address])
        assert [p.attempt.outcome for p in polls.polled] == ["not-modified"]

    asyncio.run(again())
    assert last_change(store) == before
    assert [seen.path for seen in server.seen[asked:]] == ["/feed"], "and no page is fetched"


def test_what_was_noticed_before_a_crash_is_fetched_by_the_next_run(
    prefect_server: None, store: Store, server: FaultyServer
) -> None:
    from flows.pages import fetch_pages
    from flows.poll import poll_feeds

    add(store, site(server))

    async def run() -> None:
        await poll_feeds(go_on=False)
        assert not filed(store)
        with store.writing() as conn:  # a run that fetched, and died of it
            now = datetime.now(UTC)
            claimed = inbox.claim(conn, holder="dead", limit=2, lease=timedelta(), now=now, state="noticed")
            assert len(claimed) == 2
        pages = await fetch_pages(go_on=False)
        assert pages.counts == {"page": 3}

    asyncio.run(run())


def test_one_broken_feed_keeps_no_other_from_being_read(
    prefect_server: None, store: Store, server: FaultyServer
) -> None:
    from flows.poll import poll_feeds

    add(store, site(server))
    server.script("/broken", Answer(body=page("Welcome")))
    server.script("/away", Answer(status=500))
    for path in ("/broken", "/away"):
        add(store, server.url(path))

    async def run() -> list[dict[str, Any]]:
        polls = await poll_feeds(go_on=False)
        assert (len(polls.polled), polls.new_entries, polls.failed) == (3, 3, 2)
        assert "poll 3 feeds: 3 new entries, 2 failed" in await run_names()
        return await table("poll-summary")

    rows = {row["what"]: row for row in asyncio.run(run())}
    assert rows["failed: not-a-feed"]["which"] == server.url("/broken")
    assert rows["failed: soft"]["which"] == server.url("/away")


def test_run_that_takes_too_long_leaves_the_rest_to_the_next(
    prefect_server: None, store: Store, server: FaultyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows.pages import fetch_pages
    from flows.poll import poll_feeds

    add(store, site(server))

    def counts() -> tuple[int, ...]:
        with store.reading() as conn:
            found = inbox.counts(conn)
        return found["noticed"], found["captured"], found["claimed"]

    async def run() -> None:
        await poll_feeds(go_on=False)
        server.script("/1", Answer(body=b"<p>", hang=True), Answer(body=page(TITLES[1])))
        monkeypatch.setenv("WIREDESK_FETCH_TIME_S", "3")
        pages = await fetch_pages(go_on=False)
        assert (counts(), pages.failures) == ((1, 2, 0), [])
        await fetch_pages(go_on=False)
        assert counts() == (0, 3, 0)

    asyncio.run(run())


def test_feed_that_nobody_has_is_named(prefect_server: None, store: Store) -> None:
    from flows.poll import poll_feeds

    with pytest.raises(WiredeskError, match="no feed has this address"):
        asyncio.run(poll_feeds(addresses=["http://nobody.example/feed"]))
    with store.reading() as conn:
        assert (feeds.due(conn, now=datetime.now(UTC)), entries.looks_due(conn, now=datetime.now(UTC))) == (0, 0)


@pytest.mark.hard
def test_killed_desk_loses_nothing(home: Path, server: FaultyServer) -> None:
    """Kill the command in the middle of its page fetches, with nothing tidied up; the next one files it all."""
    address = site(server)
    asked = threading.Event()

    def hold(seen: Any) -> Answer:
        asked.set()
        return Answer(body=b"<p>", hang=True)

    server.script("/1", hold, Answer(body=page(TITLES[1])))
    variables = {
        "WIREDESK_HOME": str(home), "WIREDESK_ALLOW_LOOPBACK": "true", "WIREDESK_HOST_SPACING_S": "0",
        "WIREDESK_LEASE_S": "1",
    }  # fmt: skip
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("WIREDESK_", "PREFECT_"))} | variables
    wiredesk = str(Path(sys.executable).with_name("wiredesk"))
    subprocess.run([wiredesk, "feeds", "add", address], env=environment, check=True, timeout=100)
    with subprocess.Popen([wiredesk, "feeds", "poll"], env=environment, start_new_session=True) as desk:
        assert asked.wait(100)
        os.killpg(desk.pid, signal.SIGKILL)
    with open_store(f"sqlite:///{home / 'wiredesk.db'}", raw_url=str(home / "raw")) as left:
        with left.reading() as conn:
            assert inbox.counts(conn)["claimed"] >= 1
        time.sleep(1.5)
        done = subprocess.run([wiredesk, "feeds", "poll"], env=environment, capture_output=True, timeout=200, text=True)
        assert done.returncode == 0, done.stderr[-2000:]
        assert set(filed(left)) == set(TITLES)
    assert len(server.asked("/feed")) == 2, "by `add` and by the first poll; then it was not due"
