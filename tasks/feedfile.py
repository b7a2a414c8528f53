"""Read a feed that came as a file, not from its address: its entries are articles if they bring their text. Pure."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from storage.errors import Rejected
from storage.feedrecords import NotAFeed
from storage.records import Hints
from tasks import entrypage, feedread, xmltext

_FEEDS: Final = frozenset({"rss", "feed", "RDF"})
_LARGEST_FEED: Final = 5_000_000
"""Bytes of a feed: a broken one of this size takes seconds to mend."""
_NO_FUTURE: Final = datetime(9999, 1, 1, tzinfo=UTC)


def is_feed(text: str) -> bool:
    """Say whether a text is a feed with entries of its own: not one that carries an agency's format."""
    if text.lstrip()[:1] == "{":
        return "jsonfeed.org/version" in text[:2000]
    return xmltext.root(text) in _FEEDS and "<nitf" not in text and "newsItem" not in text


def entries(raw: bytes, *, name: str, hints: Hints) -> Iterator[tuple[int, bytes, Hints] | Rejected]:
    """Yield the entries that bring their whole text, as pages with their numbers, and one refusal for the others."""
    if len(raw) > _LARGEST_FEED:
        yield Rejected("too-big", f"It is a feed of more than {_LARGEST_FEED:,} bytes.", subject=name)
        return
    feed = feedread.read(raw, address="", now=_NO_FUTURE)
    if isinstance(feed, NotAFeed):
        yield Rejected("broken", f"It begins like a feed, but: {feed.detail}.", subject=name)
        return
    whole = [(n, e, page) for n, e in enumerate(feed.entries, 1) if (page := entrypage.own_page(e, feed)) is not None]
    for n, entry, page in whole:
        said = entrypage.hints(entry)
        yield n, page, replace(hints.over(said), identifier=None if said.url else entry.guid)
    if len(whole) < len(feed.entries) or not feed.entries:
        detail = f"It is a feed of {len(feed.entries)} entries, {len(whole)} of them with their whole text."
        detail += " The others stand behind their links: wiredesk feeds add fetches them."
        yield Rejected("no-article", detail, subject=name)
