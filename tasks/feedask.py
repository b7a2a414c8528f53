"""Asks for one feed and reads what comes. Opens the network through the fetcher; knows no store and decides nothing.

Every failure is a value: what was refused, what timed out and what is no feed all come back as an `Asked`.
"""

import contextlib
import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from storage.errors import Rejected, WiredeskError
from storage.feedrecords import Answer, FeedPage, FeedState, NotAFeed
from tasks import discovery, feedread
from tasks.exchange import FEED_LIMITS, FetchFailed, Request, Response
from tasks.fetch import Fetcher
from tasks.pool import Pool, TooSlow, WorkerDied

ACCEPT: Final = (
    "application/rss+xml, application/atom+xml, application/feed+json, application/rdf+xml, application/xml;q=0.9, "
    "text/xml;q=0.9, application/json;q=0.8, */*;q=0.5"
)
READ_TIMEOUT_S: Final = 20.0
"""Seconds that reading one page of a feed may take; the worst that is within the fetcher's limits takes six."""
MOST_LEADS: Final = 12
"""Addresses that are tried for a site's feed: at two seconds each, as long as a person waits."""

_FAILURES: Final = {
    "no-host": "dns", "dns": "dns-temporary", "connect": "connect", "tls": "tls", "timeout": "timeout",
    "too-slow": "too-slow", "cut": "broken", "protocol": "broken",
}  # fmt: skip
_REFUSALS: Final = {
    "bad-address": "forbidden", "forbidden-address": "forbidden",
    "endless-redirects": "redirects", "too-big": "too-big", "bomb": "too-big",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What came of asking: the answer, and what was read of its body; nothing was read of a body that is known."""

    answer: Answer
    page: FeedPage | NotAFeed | None = None


async def ask(fetcher: Fetcher, pool: Pool, state: FeedState, *, conditional: bool, now: datetime) -> Asked:
    """Ask for a feed, with what is known of it if `conditional`, and read it in a worker process."""
    etag, last_modified = (state.etag, state.last_modified) if conditional else (None, None)
    blank = Answer(conditional=etag is not None or last_modified is not None)
    # No robots.txt: a feed is there for programs to fetch, and hosts that forbid everything publish feeds all the same.
    request = Request(
        url=state.address, etag=etag, last_modified=last_modified, accept=ACCEPT, robots=False, limits=FEED_LIMITS
    )
    try:
        response = await fetcher.get(request)
    except FetchFailed as failed:
        return Asked(answer=_failed(blank, failed))
    except Rejected as refused:
        return Asked(answer=replace(blank, failure=_REFUSALS[refused.reason], detail=refused.detail))
    answer = replace(_heard(blank, response), body_digest=_digest(response))
    if response.unchanged or answer.body_digest == state.body_digest:
        return Asked(answer=answer)
    try:
        page = await pool.run(
            read, response.body, response.url, response.headers.get("content-type", ""), now, timeout_s=READ_TIMEOUT_S
        )
    except TooSlow:
        return Asked(answer=replace(answer, failure="too-slow", detail=f"reading it took over {READ_TIMEOUT_S:g} s"))
    except WorkerDied:
        return Asked(
            answer=replace(answer, failure="too-big", detail="the process that read it died, of memory likely")
        )
    return Asked(answer=answer, page=page)


def read(body: bytes, address: str, content_type: str, now: datetime) -> FeedPage | NotAFeed:
    """Read one page of a feed. Pure; runs in a worker process."""
    return feedread.read(body, address=address, now=now, content_type=content_type)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A feed that was sought: its address, and its page as it is now."""

    address: str
    page: FeedPage


async def find(fetcher: Fetcher, pool: Pool, address: str, *, now: datetime) -> Found:
    """Find the feed at an address, or the one that the page there names or its site has in the usual places.

    Raises:
        FetchFailed, Rejected: the address itself cannot be had.
        WiredeskError: there is neither a feed nor a page that leads to one.
    """
    response = await fetcher.get(_sought(address))
    page = await _understand(pool, response, now)
    if isinstance(page, FeedPage):
        return Found(address=response.permanent or address, page=page)
    try:
        leads = await pool.run(suggest, response.body, response.url, timeout_s=READ_TIMEOUT_S)
    except (TooSlow, WorkerDied):
        leads = ()
    for lead in leads[:MOST_LEADS]:
        try:
            there = await fetcher.get(_sought(lead))
        except (FetchFailed, Rejected):
            continue
        found = await _understand(pool, there, now)
        if isinstance(found, FeedPage):
            return Found(address=there.permanent or lead, page=found)
    detail = f"{page.detail if page else 'it cannot be read'}, and no feed was found on the site"
    raise WiredeskError(f"{detail}; give the address of the feed itself", subject=address)


def _sought(address: str) -> Request:
    return Request(url=address, accept=ACCEPT, robots=False, limits=FEED_LIMITS)


async def _understand(pool: Pool, response: Response, now: datetime) -> FeedPage | NotAFeed | None:
    content_type = response.headers.get("content-type", "")
    with contextlib.suppress(TooSlow, WorkerDied):
        return await pool.run(read, response.body, response.url, content_type, now, timeout_s=READ_TIMEOUT_S)
    return None


def suggest(body: bytes, address: str) -> tuple[str, ...]:
    """Give the addresses at which a page's feed may be. Pure; runs in a worker process."""
    return discovery.candidates(body, address=address)


def _failed(blank: Answer, failed: FetchFailed) -> Answer:
    if failed.kind == "resting":
        # The host has been told so before: what it said then goes for this feed as well.
        wait = round(failed.retry_after.total_seconds()) if failed.retry_after else 0
        return replace(blank, status=429, headers=(("retry-after", str(wait)),), detail=failed.message)
    if failed.response is not None:
        return replace(_heard(blank, failed.response), detail=failed.message)
    return replace(blank, failure=_FAILURES[failed.kind], detail=failed.message)


def _heard(blank: Answer, response: Response) -> Answer:
    return replace(
        blank,
        status=response.status,
        headers=tuple(response.headers.items()),
        moved_to=response.permanent,
        size_bytes=len(response.body),
        elapsed_s=response.elapsed_s,
    )


def _digest(response: Response) -> str | None:
    return None if response.unchanged else hashlib.sha256(response.body).hexdigest()
