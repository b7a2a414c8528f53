"""What the tests of feeds share: a round at a given time, and invented feeds and pages."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from html import escape
from typing import Any, TypeVar

from fetching import fetcher

from storage import inbox
from storage.inbox import Item, State
from storage.store import Store
from tasks.pool import Pool
from tasks.rounds import Round

T = TypeVar("T")

LEASE = timedelta(minutes=10)
PARAGRAPHS = (
    "The harbour council of Lindvik agreed on Tuesday to keep its old ferry for another winter, its chair said.",
    "Unions had warned that the islands would be cut off from December, when the road tunnel closes for repairs.",
    "The company that runs the ferry wants a decision about the spring before its crews are rostered in January.",
)


def body(*more: str) -> str:
    """Give an article's paragraphs."""
    return "".join(f"<p>{paragraph}</p>" for paragraph in (*PARAGRAPHS, *more))


def page(title: str, text: str = "", *, head: str = "") -> bytes:
    """Give a page with one article."""
    top = f"<!doctype html><html lang='en'><head><title>{escape(title)}</title>{head}</head>"
    article = f"<article><h1>{escape(title)}</h1>{text or body()}</article>"
    return f"{top}<body><main>{article}</main></body></html>".encode()


def item(name: str, link: str | None, *, guid: str | None = None, published: str = "", content: str = "") -> str:
    """Give one item of an RSS feed."""
    parts = [f"<title>{escape(name)}</title>"]
    parts += [f"<link>{escape(link)}</link>"] if link else []
    parts += [f'<guid isPermaLink="false">{escape(guid)}</guid>'] if guid else []
    parts += [f"<pubDate>{published}</pubDate>"] if published else []
    parts += [f"<content:encoded><![CDATA[{content}]]></content:encoded>"] if content else []
    return f"<item>{''.join(parts)}</item>"


def rss(*items: str, title: str = "Lindvik Post", head: str = "") -> bytes:
    """Give an RSS feed."""
    space = 'xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    written = "\n".join(items)
    return (
        f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0" {space}><channel><title>{title}</title>'
        f"<link>http://post.example/</link>{head}{written}</channel></rss>"
    ).encode()


class NoPool(Pool):
    """Runs what it is given here: for tests in which nothing hangs."""

    def __init__(self) -> None:
        pass

    async def run(self, function: Callable[..., T], *args: Any, timeout_s: float) -> T:
        return function(*args)


def in_round(
    store: Store, now: datetime, work: Callable[[Round], Awaitable[T]], *, pool: Pool | None = None, **given: Any
) -> T:
    """Do something in a round of its own, at a time. `given` goes to the fetcher."""

    async def run() -> T:
        async with fetcher(**given) as opened:
            return await work(
                Round(
                    store=store, fetcher=opened, pool=pool or NoPool(), holder="desk", clock=lambda: now,
                    draw=lambda: 0.5, writing=asyncio.Lock(),
                )
            )  # fmt: skip

    return asyncio.run(run())


def claim_noticed(store: Store, now: datetime) -> Sequence[Item]:
    """Claim the noticed items that are due."""
    with store.writing() as conn:
        return inbox.claim(conn, holder="desk", limit=99, lease=LEASE, now=now, state="noticed")


def states(store: Store) -> dict[State, int]:
    """Count the inbox items by state, without those that there are none of."""
    with store.reading() as conn:
        return {state: n for state, n in inbox.counts(conn).items() if n}
