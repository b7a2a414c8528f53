"""The commands `wiredesk feeds ...`: feeds are added, listed, paused and polled by hand."""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from flows import showfeeds
from flows.fetchers import fetcher
from flows.lists import open_filed
from flows.outfile import result_file
from flows.settings import Settings
from flows.standing import on_the_named_server
from storage import entries, feeds
from storage.errors import WiredeskError
from storage.feedrecords import FeedState
from storage.feeds import Feed
from storage.masking import MASK, masked, without_user
from storage.store import Store, open_store
from tasks import feedask, link, opml
from tasks.feedask import Found
from tasks.opml import Listed
from tasks.pool import warm_pool

NONE_YET = "No feed is looked at yet. Begin with: wiredesk feeds add ADDRESS, or wiredesk feeds import FILE"


def add(arguments: argparse.Namespace, settings: Settings) -> int:
    """Look at feeds from now on; of a site, at the feed that is found there."""
    sought: Sequence[tuple[str, Found | WiredeskError | None]] = [(given, None) for given in arguments.addresses]
    if not arguments.unseen:
        sought = asyncio.run(_seek(arguments.addresses, settings))
    failed = 0
    with open_store(settings.database, raw_url=settings.raw) as store:
        for given, found in sought:
            if isinstance(found, WiredeskError):
                print(f"not added: {found}", file=sys.stderr)
                failed = 1
                continue
            now = datetime.now(UTC)
            state = FeedState(address=found.address if found else without_user(_address(given)), next_poll_at=now)
            if found is not None:
                state = replace(state, title=found.page.title, site=found.page.site)
            with store.writing() as conn:
                feed, new = feeds.add(conn, replace(state, tags=tuple(dict.fromkeys(arguments.tag))), now=now)
                _tag(conn, feed, arguments.tag)
            showfeeds.added(feed.state, found.page if found else None, new=new)
    return failed


async def _seek(given: Sequence[str], settings: Settings) -> list[tuple[str, Found | WiredeskError | None]]:
    with warm_pool(1) as pool:
        async with fetcher(settings) as opened:

            async def one(address: str) -> Found | WiredeskError:
                try:
                    return await feedask.find(opened, pool, _address(address), now=datetime.now(UTC))
                except WiredeskError as error:
                    return error

            return list(zip(given, await asyncio.gather(*map(one, given)), strict=True))


def _address(given: str) -> str:
    return given if "://" in given else f"https://{given}"


def _tag(conn: Connection, feed: Feed, tags: Sequence[str]) -> bool:
    """Give a feed tags that it lacks. True if it lacked any."""
    wanted = tuple(dict.fromkeys((*feed.state.tags, *tags)))
    if wanted != feed.state.tags:
        feeds.alter(conn, feed.id, replace(feed.state, tags=wanted))
    return wanted != feed.state.tags


def import_opml(arguments: argparse.Namespace, settings: Settings) -> int:
    """Add the feeds of an OPML file."""
    try:
        listed = opml.read(arguments.file.read_bytes())
    except OSError as error:
        raise WiredeskError("it could not be read", subject=str(arguments.file)) from error
    now = datetime.now(UTC)
    with open_store(settings.database, raw_url=settings.raw) as store, store.writing() as conn:
        known = [feed.state for feed in feeds.every(conn)]
        former = [address for state in known for address in state.former_addresses]
        whole, keyless = _with_keys(listed, [state.address for state in known], former)
        states = [
            FeedState(address=one.address, title=one.title, site=one.site, tags=one.tags, next_poll_at=now)
            for one in whole
        ]
        added = feeds.add_all(conn, states, now=now)
        new = sum(is_new for _, is_new in added)
        tags: dict[int, list[str]] = {}  # a feed may be listed several times, under its former addresses
        for state, (feed, _) in zip(states, added, strict=True):
            tags.setdefault(feed.id, []).extend(state.tags)
        tagged = sum(_tag(conn, feed, tags[feed.id]) for feed in {feed.id: feed for feed, _ in added}.values())
    print(f"{new} feeds added, {len(tags) - new} known before, {tagged} of them with new tags", file=sys.stderr)
    for address in keyless:
        print(
            f"wiredesk: {address}: not added, its key was left out of the list; add it by its address", file=sys.stderr
        )
    return 1 if keyless else 0


def _with_keys(listed: Sequence[Listed], known: Sequence[str], former: Sequence[str]) -> tuple[list[Listed], list[str]]:
    """Give addresses from which an export has left the keys out as they are known, and apart those that are not.

    A `former` address is what is meant only if none that is `known` looks like it.
    """
    whole = _by_mask(former) | _by_mask(known)
    found, keyless = [], []
    for one in listed:
        if MASK not in one.address:
            found.append(one)
        elif one.address in whole:
            found += [replace(one, address=address) for address in whole[one.address]]
        else:
            keyless.append(one.address)
    return found, keyless


def _by_mask(addresses: Sequence[str]) -> dict[str, list[str]]:
    alike: dict[str, list[str]] = {}
    for address in addresses:
        alike.setdefault(masked(address), []).append(address)
    return alike


def export_opml(arguments: argparse.Namespace, settings: Settings) -> int:
    """Write the feeds as OPML."""
    with open_filed(settings) as store, store.reading() as conn:
        found = [feed.state for feed in feeds.every(conn)]
    told = [f.address if arguments.keys else masked(f.address) for f in found]
    if hidden := sum(address != f.address for address, f in zip(told, found, strict=True)):
        print(f"keys left out of addresses: {hidden}; --keys writes them", file=sys.stderr)
    listed = [
        Listed(address=address, title=f.title, site=f.site, tags=f.tags) for address, f in zip(told, found, strict=True)
    ]
    with result_file(arguments.out) as out:
        out.write(opml.write(listed, title="Feeds of Wiredesk").decode("utf-8"))
    return 0


def list_feeds(arguments: argparse.Namespace, settings: Settings) -> int:
    """List the feeds."""
    with open_filed(settings) as store, store.reading() as conn:
        found = [feed for feed in feeds.every(conn) if arguments.tag is None or arguments.tag in feed.state.tags]
    if arguments.failing:
        found = [feed for feed in found if feed.state.failures_in_a_row or feed.state.condition != "active"]
    if arguments.format == "jsonl":
        return _lines([_row(feed) for feed in found])
    if not showfeeds.listed(found, now=datetime.now(UTC)):
        narrowed = arguments.tag is not None or arguments.failing
        print("No such feed." if narrowed else NONE_YET, file=sys.stderr)
    return 0


def why(arguments: argparse.Namespace, settings: Settings) -> int:
    """Show the last looks at a feed."""
    with open_filed(settings) as store:
        with store.reading() as conn:
            feed = _one(conn, arguments.feed)
            looks = feeds.attempts(conn, feed.id)
            known, undated = entries.counts(conn, feed.id)
        if arguments.sample:
            return _sample(store, next((look.sample for look in looks if look.sample), None), feed)
    if arguments.format == "jsonl":
        return _lines([showfeeds.look_row(look) for look in looks])
    showfeeds.why(feed, looks, known=known, undated=undated, now=datetime.now(UTC))
    return 0


def _sample(store: Store, digest: str | None, feed: Feed) -> int:
    if digest is None:
        raise WiredeskError(
            "nothing that came from this feed was kept; it always was a feed", subject=feed.state.address
        )
    print(store.raw.get(digest).decode("utf-8", "replace"))
    return 0


def remove(arguments: argparse.Namespace, settings: Settings) -> int:
    """Forget feeds."""
    return _alter(arguments.feeds, settings, None, "removed")


def pause(arguments: argparse.Namespace, settings: Settings) -> int:
    """Look at feeds no more for now."""

    def paused(state: FeedState) -> FeedState:
        return replace(state, condition="paused", condition_reason="paused by hand")

    return _alter(arguments.feeds, settings, paused, "paused")


def resume(arguments: argparse.Namespace, settings: Settings) -> int:
    """Look at feeds again, at once and with their failures forgotten."""
    now = datetime.now(UTC)

    def resumed(state: FeedState) -> FeedState:
        return replace(
            state, condition="active", condition_reason="", next_poll_at=now, failures=0.0, failures_in_a_row=0,
            gone_since=None,
        )  # fmt: skip

    return _alter(arguments.feeds, settings, resumed, "due now")


def _alter(given: Sequence[str], settings: Settings, change: Any, done: str) -> int:
    with open_filed(settings) as store, store.writing() as conn:
        found = [_one(conn, name) for name in given]
        for feed in found:
            if change is None:
                feeds.remove(conn, feed.id)
            else:
                feeds.alter(conn, feed.id, change(feed.state))
    for feed in found:
        print(f"{done}: {masked(feed.state.address)}", file=sys.stderr)
    return 0


def poll(arguments: argparse.Namespace, settings: Settings) -> int:
    """Run the flow `poll-feeds`, and say what each feed came to."""
    with open_filed(settings) as store:
        with store.reading() as conn:
            addresses = [masked(_one(conn, name).state.address) for name in arguments.feeds]
            due = len(addresses) or feeds.due(conn, now=datetime.now(UTC))
            total = sum(1 for _ in feeds.every(conn))
        if not total:
            print(NONE_YET, file=sys.stderr)
            return 0
        # Prefect is imported here: it takes seconds, and most commands need none of it.
        from flows.poll import poll_feeds

        with showfeeds.poll_progress(store, due), on_the_named_server():
            polls = asyncio.run(poll_feeds(addresses or None, go_on=not arguments.only))
    showfeeds.polled(polls)
    return 1 if polls.failed else 0


def _one(conn: Connection, given: str) -> Feed:
    """Find the feed that a person means: by its address, its title, or a part of either that no other feed has."""
    for exact in (given, _address(given), link.normal(_address(given))):
        if exact and (feed := feeds.find(conn, exact)) is not None:
            return feed
    part = given.lower()
    found = [f for f in feeds.every(conn) if part in f.state.address.lower() or part in (f.state.title or "").lower()]
    found = [f for f in found if part == (f.state.title or "").lower()] or found
    if len(found) == 1:
        return found[0]
    if found:
        some = ", ".join(feed.state.address for feed in found[:3])
        raise WiredeskError(f"{len(found)} feeds are like this ({some}); write more of the address", subject=given)
    raise WiredeskError("no feed has this address or title; `wiredesk feeds list` shows them", subject=given)


def _row(feed: Feed) -> dict[str, Any]:
    state = feed.state
    moments = ("last_attempt_at", "last_success_at", "last_new_at", "next_poll_at")
    return {
        "feed": masked(state.address), "title": state.title, "site": state.site, "tags": list(state.tags),
        "condition": state.condition, "reason": masked(state.condition_reason),
        "interval_s": round(state.interval.total_seconds()), "failures": state.failures,
        "entries": state.entries_seen, "possible_gaps": state.possible_gaps, "lying": state.lying,
        "former_addresses": [masked(address) for address in state.former_addresses],
        "added_at": feed.added_at.isoformat(),
        **{name: at.isoformat() if (at := getattr(state, name)) else None for name in moments},
    }  # fmt: skip


def _lines(rows: Sequence[dict[str, Any]]) -> int:
    for row in rows:
        print(json.dumps(row, ensure_ascii=False))
    return 0
