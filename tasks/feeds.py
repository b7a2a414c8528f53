"""The door of feeds: polls one, and writes what came of it. Opens the network through the fetcher, and the store.

The news, the feed's state and the look at it are written in one transaction. The full content that a feed sends is kept
before that, so a crash loses nothing: the claim runs out, and the next poll finds the same news.
"""

import asyncio
import logging
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from storage import entries, feeds, inbox
from storage.entries import Noted, Own
from storage.feedrecords import Attempt, Entry, FeedState, News, NotAFeed
from storage.feeds import Feed, Settled
from storage.inbox import Received
from storage.masking import masked
from storage.store import Store
from tasks import entrypage, feedask, feedentries, link, rhythm
from tasks.feedask import Asked
from tasks.rounds import Round

logger = logging.getLogger(__name__)

KNOWN_LEAST: Final = 1000
"""Known entries that a page is held against, beside twice as many as it has itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """What a poll came to. `items` are the inbox items that are new: noticed, or captured from the feed itself."""

    feed: Feed
    attempt: Attempt
    settled: Settled
    items: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What a poll has to write beside state and look: entries to note, entries to revise, and those seen again."""

    news: News = field(default_factory=News)
    noted: tuple[Noted, ...] = ()
    revised: tuple[Noted, ...] = ()
    seen: tuple[str, ...] = ()
    sample: str | None = None


async def poll(round_: Round, feed: Feed) -> Polled:
    """Poll one claimed feed and write what came of it. A page that is known byte for byte costs its state and a look.

    Raises:
        StoreBusy: another writer held the database for longer than the timeout; nothing was written.
    """
    now = round_.clock()
    conditional = rhythm.conditional(feed.state, now=now)
    asked = await feedask.ask(round_.fetcher, round_.pool, feed.state, conditional=conditional, now=now)
    found = await asyncio.to_thread(_compare, round_.store, feed, asked)
    state, attempt = rhythm.decide(feed.state, asked.answer, asked.page, found.news, now=now, draw=round_.draw)
    attempt = replace(attempt, sample=found.sample)
    return await round_.write(_write, round_, feed, state, attempt, found, now)


def _compare(store: Store, feed: Feed, asked: Asked) -> _Found:
    """Hold a page against what is known, and keep what it sends of content."""
    page = asked.page
    if isinstance(page, NotAFeed):
        return _Found(sample=store.raw.put(page.sample) if page.sample else None)
    if page is None:
        return _Found()
    with store.reading() as conn:
        known = entries.known(conn, feed.id, limit=KNOWN_LEAST + 2 * len(page.entries))
    news = feedentries.compare(page, known)
    links = Counter(entry.canonical for entry in page.entries)
    nowhere = {None, *(link.normal(address) for address in (page.site, feed.state.address) if address)}

    def noted(entry: Entry) -> Noted:
        sent = entrypage.own_page(entry, replace(page, title=page.title or feed.state.title))
        own = Own(digest=store.raw.put(sent), size_bytes=len(sent)) if sent else None
        hints = entrypage.hints(entry)
        if entry.canonical in nowhere or (own and links[entry.canonical] > 1):
            # Its link does not name it: several articles would become one.
            hints = replace(hints, identifier=f"{_told(feed)}#{entry.key}", url=None)
        return Noted(entry=entry, hints=hints, own=own)

    keys = {k.key for k in known}
    return _Found(
        news=news,
        noted=tuple(noted(entry) for entry in news.new),
        revised=tuple(noted(entry) for entry in news.revised),
        seen=tuple(entry.key for entry in page.entries if entry.key in keys),
    )


def _told(feed: Feed) -> str:
    """Give a feed's address without its keys, and its number in their place: they may be all that two differ in."""
    address = masked(feed.state.address)
    return address if address == feed.state.address else f"{address}~{feed.id}"


def _write(round_: Round, feed: Feed, state: FeedState, attempt: Attempt, found: _Found, now: datetime) -> Polled:
    with round_.store.writing() as conn:
        settled = feeds.settle(conn, feed, state, attempt, holder=round_.holder)
        if settled != "kept":  # the feed that took this one over, or the next poll, finds the same news
            return Polled(feed=feed, attempt=attempt, settled=settled)
        ordered = _in_order(found)
        received = [_take_in(conn, feed, noted, now) for noted in ordered]
        items = [None if r is None else r.item_id for r in received]
        known = [replace(noted, item_id=item) for noted, item in zip(ordered, items, strict=True)]
        entries.note(conn, feed.id, known, now=now)
        received += [_revise(conn, feed, noted, now) for noted in found.revised]
        entries.seen_again(conn, feed.id, found.seen, now=now)
    new = tuple(r.item_id for r in received if r is not None and r.new)
    logger.info("polled feed=%s outcome=%s new=%d", masked(feed.state.address), attempt.outcome, len(new))
    return Polled(feed=replace(feed, state=state), attempt=attempt, settled=settled, items=new)


def _in_order(found: _Found) -> list[Noted]:
    # Two feeds of one site carry the same links: noted in one order, their transactions cannot lock each other out.
    return sorted(found.noted, key=lambda noted: noted.entry.canonical or "")


def _take_in(conn: Connection, feed: Feed, noted: Noted, now: datetime) -> Received | None:
    """Give a new entry its inbox item: its page's address, or where it has no page of its own, what the feed sent.

    None if there is neither: a line without a link.
    """
    entry = noted.entry
    if noted.hints.url and entry.canonical:
        return inbox.notice(conn, address=entry.canonical, link=entry.link, hints=noted.hints, now=now)
    return None if noted.own is None else _receive_own(conn, feed, noted, noted.own, now)


def _revise(conn: Connection, feed: Feed, noted: Noted, now: datetime) -> Received | None:
    """Take in what a known entry says now: by its page if that was fetched, by what the feed sent if that served."""
    before = entries.one(conn, feed.id, noted.entry.key)
    item = inbox.item(conn, before.item_id) if before and before.item_id else None
    received = look_at = None
    if before is not None and before.page_digest is not None:
        look_at = now
    elif noted.own is not None and item is not None and item.digest is not None:
        received = _receive_own(conn, feed, noted, noted.own, now)
    entries.revise(
        conn,
        feed.id,
        replace(noted, item_id=received.item_id if received else None, look_at=look_at),
        now=now,
    )
    return received


def _receive_own(conn: Connection, feed: Feed, noted: Noted, own: Own, now: datetime) -> Received:
    return inbox.receive(
        conn,
        digest=own.digest,
        size_bytes=own.size_bytes,
        input=entrypage.name(noted.hints.identifier or noted.hints.url or masked(feed.state.address)),
        hints=noted.hints,
        now=now,
    )
