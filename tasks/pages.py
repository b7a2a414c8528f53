"""The door of pages: fetches the page behind an entry, and writes what came of it. Opens the network and the store.

A page is kept before it is noted. Where it cannot be had, or does not carry the article that the feed sent, what the
feed sent serves, and its name in the inbox says so. While the article is young its page is looked at again.
"""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal
from urllib.parse import quote, urlsplit

from storage import entries, inbox
from storage.entries import Own, Page
from storage.errors import Rejected
from storage.inbox import Item
from storage.records import Hints, sort_time
from tasks import entrypage, link
from tasks.exchange import FetchFailed, Request, Response
from tasks.rounds import Round

ACCEPT: Final = "text/html, application/xhtml+xml;q=0.9, */*;q=0.5"
YOUNG: Final = timedelta(days=2)
"""Age up to which an article's page is looked at again: most corrections come on the first day."""
LOOKS: Final = (timedelta(hours=2), timedelta(hours=12))
"""Time from one look at a young page to the next."""
PAUSES: Final = (timedelta(minutes=1), timedelta(minutes=15), timedelta(hours=2), timedelta(hours=8))
"""Time to the next attempt at a page that failed, by how often it has; the last one stays."""
REFUSALS: Final = 3
"""Attempts after which a host's no (401, 403, 404, 410 and the like) is believed: an article may appear a minute after
its entry, and some hosts say 403 for "too many requests"."""
PATIENCE: Final = 2
"""Attempts after which what the feed sent serves in place of a page that fails."""

Fetched = Literal["page", "feed", "same", "revised", "waiting", "failed"]
"""What a fetch came to: the page was captured; what the feed sent serves; another look found nothing new, or a
revision; the page is tried again later; or there is nothing to be had."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one page. `why` is a status or a kind of failure, where it was not had."""

    result: Fetched
    address: str
    item: int | None = None
    why: str = ""


async def fetch(round_: Round, item: Item, page: Page | None, *, max_attempts: int) -> Outcome:
    """Fetch the page of a noticed item, claimed by the round's holder, and write what came of it."""
    own = page.own if page else None
    try:
        response = await round_.fetcher.get(Request(url=item.input, accept=ACCEPT))
        if not _leads_there(item.input, response):
            raise Rejected("no-page", "its address leads to the front page now", subject=item.input)
    except FetchFailed as failed:
        return await _fail(round_, item, page, failed, max_attempts=max_attempts)
    except Rejected as refused:
        return await _do_without(round_, item, page, reason=refused.reason, detail=refused.detail)
    if own is not None and await _is_stub(round_, response, own):
        return await _do_without(round_, item, page, reason="no-page", detail="the page does not carry the article")
    now = round_.clock()
    prose = await asyncio.to_thread(entrypage.prose_digest, response.body)
    digest = await asyncio.to_thread(round_.store.raw.put, response.body)

    def write() -> Outcome:
        with round_.store.writing() as conn:
            held = inbox.capture(
                conn,
                item.id,
                digest=digest,
                size_bytes=len(response.body),
                input=item.input,
                hints=_told(item.hints, item.input, response),
                holder=round_.holder,
            )
            if held and page is not None:
                entries.looked(
                    conn,
                    page,
                    next_at=_next_look(page, now),
                    etag=response.headers.get("etag"),
                    last_modified=response.headers.get("last-modified"),
                    page_digest=prose,
                )
        return Outcome(result="page" if held else "waiting", address=item.input, item=item.id)

    return await round_.write(write)


async def look_again(round_: Round, page: Page) -> Outcome:
    """Look at a page once more; if its article differs, the new bytes are another item of the inbox."""
    address = entrypage.address(page.named or page.hints.url or "")
    now = round_.clock()
    request = Request(url=address, etag=page.etag, last_modified=page.last_modified, accept=ACCEPT)
    response, why = None, ""
    try:
        response = await round_.fetcher.get(request)
    except FetchFailed as failed:
        why = str(failed.status or failed.kind)
    except Rejected as refused:
        why = refused.reason
    if response is None or response.unchanged or not _leads_there(address, response):
        return await round_.write(_looked, round_, page, now, why)
    if page.own is not None and await _is_stub(round_, response, page.own):
        return await round_.write(_looked, round_, page, now, "stub")
    prose = await asyncio.to_thread(entrypage.prose_digest, response.body)
    validators = {"etag": response.headers.get("etag"), "last_modified": response.headers.get("last-modified")}
    if prose == page.page_digest:
        return await round_.write(_looked, round_, page, now, "", **validators)
    digest = await asyncio.to_thread(round_.store.raw.put, response.body)

    def write() -> Outcome:
        with round_.store.writing() as conn:
            received = inbox.receive(
                conn,
                digest=digest,
                size_bytes=len(response.body),
                input=address,
                # What the feed's text was filed under stays its name, wherever the page lies.
                hints=_told(page.hints, address, response) if page.page_digest else page.hints,
                now=now,
            )
            entries.looked(
                conn, page, next_at=_next_look(page, now), page_digest=prose, item_id=received.item_id, **validators
            )
        return Outcome(result="revised", address=address, item=received.item_id)

    return await round_.write(write)


async def _fail(round_: Round, item: Item, page: Page | None, failed: FetchFailed, *, max_attempts: int) -> Outcome:
    """Let an item wait whose page may come yet, or do without the page."""
    now, why = round_.clock(), str(failed.status or failed.kind)
    asked = failed.retry_after or timedelta()
    if failed.kind == "resting":
        return await round_.write(_put_off, round_, item, now + asked, why)
    refused = failed.status is not None and 400 <= failed.status < 500 and failed.status not in {408, 425, 429}
    if page is not None and page.own is not None and (refused or item.attempts >= PATIENCE):
        return await _do_without(round_, item, page, reason="no-page", detail=failed.message, why=why)
    if refused and item.attempts >= REFUSALS:
        return await _do_without(round_, item, page, reason="no-page", detail=failed.message, why=why)
    pause = PAUSES[min(item.attempts, len(PAUSES)) - 1] * (1 + round_.draw() / 4)

    def write() -> Outcome:
        with round_.store.writing() as conn:
            state = inbox.put_back(
                conn,
                item.id,
                error=f"its page could not be fetched: {failed.message}",
                not_before=now + max(pause, asked),
                now=now,
                max_attempts=max_attempts,
                holder=round_.holder,
            )
        return Outcome(result="failed" if state == "rejected" else "waiting", address=item.input, item=item.id, why=why)

    return await round_.write(write)


def _put_off(round_: Round, item: Item, until: datetime, why: str) -> Outcome:
    with round_.store.writing() as conn:
        inbox.postpone(conn, item.id, until=until, holder=round_.holder)
    return Outcome(result="waiting", address=item.input, item=item.id, why=why)


async def _do_without(
    round_: Round, item: Item, page: Page | None, *, reason: str, detail: str, why: str = ""
) -> Outcome:
    """Let what the feed sent serve, or if it sent no article, reject the item."""
    now = round_.clock()

    def write() -> Outcome:
        with round_.store.writing() as conn:
            if page is None or page.own is None:
                inbox.settle(
                    conn, item.id, state="rejected", reason=reason, detail=detail, now=now, holder=round_.holder
                )
                return Outcome(result="failed", address=item.input, item=item.id, why=why or reason)
            inbox.capture(
                conn,
                item.id,
                digest=page.own.digest,
                size_bytes=page.own.size_bytes,
                input=entrypage.name(item.input),
                hints=item.hints,
                holder=round_.holder,
            )
            entries.looked(conn, page, next_at=None if reason == "robots" else _next_look(page, now))
        return Outcome(result="feed", address=item.input, item=item.id, why=why or reason)

    return await round_.write(write)


def _looked(
    round_: Round, page: Page, now: datetime, why: str, *, etag: str | None = None, last_modified: str | None = None
) -> Outcome:
    with round_.store.writing() as conn:
        entries.looked(conn, page, next_at=_next_look(page, now), etag=etag, last_modified=last_modified)
    return Outcome(result="same", address=page.named or "", item=page.item_id, why=why)


def _next_look(page: Page, now: datetime) -> datetime | None:
    since = sort_time(page.hints.published) or page.first_seen_at
    young = now - since < YOUNG and page.looks < len(LOOKS)
    return now + LOOKS[page.looks] if young else None


async def _is_stub(round_: Round, response: Response, own: Own) -> bool:
    def compare() -> bool:
        return entrypage.is_stub(response.body, round_.store.raw.get(own.digest))

    return await asyncio.to_thread(compare)


def _leads_there(address: str, response: Response) -> bool:
    """False if an article's address has been redirected to its site's front page: the article is not there."""
    return urlsplit(response.url).path.strip("/") != "" or urlsplit(address).path.strip("/") == ""


def _told(hints: Hints, address: str, response: Response) -> Hints:
    """Give the hints with the address that the page is really at, unless that is a gate which leads on to the page."""
    if len(response.hops) < 2 or quote(address, safe="") in response.url or address in response.url:
        return hints
    return replace(hints, url=link.normal(response.url) or hints.url)
