"""Read a page of a feed with feedparser, which has the last word on what a feed means. Pure.

Its sanitising and its resolving of addresses are off: articles are extracted here, and addresses completed here. What
would cost it minutes (nesting without end, entities that breed) it never gets to see.
"""

import re
from itertools import islice
from typing import Any, Final

from tasks.feedentries import ENTRIES, Sent, Sheet

DEPTH: Final = 200
"""Deeper than this is no feed: feedparser needs 7 s for 200,000 open elements, 0.04 s for 2,000."""

_ENTITY: Final = re.compile(rb"<!ENTITY[^>]{0,100000}>")
_BREEDING: Final = re.compile(rb"<!ENTITY\s+%|<!ENTITY[^>]*?[\"'][^\"'>]*[&%]|<!ENTITY[^>]*?\b(?:SYSTEM|PUBLIC)\b")
# The caption of a picture is not the article's text, but feedparser makes it the content.
_CAPTION: Final = re.compile(
    rb"<media:(description|title|text)\b[^<>]*?(?:/>|>.*?</media:\1\s*>)", re.DOTALL | re.IGNORECASE
)
_REFERENCE: Final = re.compile(rb"&#(?:([0-9]{1,20})|[xX]([0-9a-fA-F]{1,20}));?")
_END: Final = re.compile(rb"</(?:\w{1,20}:)?(?:item|entry)\s*>", re.IGNORECASE)
_MARK: Final = re.compile(rb"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|<(/?)[A-Za-z][^<>]*?(/?)>", re.DOTALL)
_FORMATS: Final = (("rss10", "rdf"), ("rss090", "rdf"), ("rss", "rss"), ("atom", "atom"), ("cdf", "cdf"))


def read(data: bytes) -> Sheet | None:
    """Read a page in UTF-8; None if feedparser sees no feed in it, or it nests without end."""
    import feedparser

    if _depth(data) > DEPTH:
        return None
    if b"<!ENTITY" in data and _BREEDING.search(data):
        data = _ENTITY.sub(b"", data)
    if b"<media:" in data:
        data = _CAPTION.sub(b"", data)
    if b"&#" in data:
        data = _REFERENCE.sub(_character, data)
    headers = {"content-type": "application/xml; charset=utf-8"}
    try:
        found = feedparser.parse(
            _within_limit(data), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, AssertionError, RecursionError):
        return None  # it falls over some broken markup; whichever way, there is nothing to read
    kind: Any = next((f for start, f in _FORMATS if found.version.startswith(start)), "rss" if found.entries else None)
    if kind is None:
        return None
    head = found.feed
    return Sheet(
        format=kind, title=_string(head, "title"), site=_string(head, "link"), language=_string(head, "language"),
        ttl=_string(head, "ttl"), period=_string(head, "sy_updateperiod"),
        frequency=_string(head, "sy_updatefrequency"),
        sent=tuple(_sent(entry, atom=kind == "atom") for entry in found.entries),
    )  # fmt: skip


def _sent(entry: Any, *, atom: bool) -> Sent:
    contents = tuple((_string(c, "value"), atom and _is_plain(c)) for c in dict.get(entry, "content", ()))
    source = dict.get(entry, "source")
    summary = _string(entry, "summary")
    # A summary without a type of its own is a copy of the content.
    detail = dict.get(entry, "summary_detail")
    plain = _is_plain(detail) if detail else any(p for v, p in contents if v == summary)
    return Sent(
        guid=_string(entry, "id"),
        link=_string(entry, "feedburner_origlink") or _string(entry, "link"),
        title=_string(entry, "title"),
        plain_title=atom and _is_plain(dict.get(entry, "title_detail")),
        authors=tuple(n for a in dict.get(entry, "authors", ()) if (n := _string(a, "name") or _string(a, "email"))),
        published=_string(entry, "published") or _string(entry, "created"),
        updated=_string(entry, "updated"),
        contents=contents,
        summary=(summary, atom and plain),
        publisher=_string(source, "title") if source else "",
    )


def _string(found: Any, key: str) -> str:
    # dict.get, because feedparser's own lookup warns and gives one field for another.
    value = dict.get(found, key)
    return value.strip() if isinstance(value, str) else ""


def _is_plain(detail: Any) -> bool:
    return detail is not None and dict.get(detail, "type") == "text/plain"


def _character(match: re.Match[bytes]) -> bytes:
    """Leave a numeric reference as it is, unless it names no character: feedparser falls over those."""
    number = int(match[1] or match[2], 10 if match[1] else 16)
    fit = number in (9, 10, 13) or 0x20 <= number < 0xD800 or 0xE000 <= number < 0xFFFE or 0x10000 <= number < 0x110000
    return match[0] if fit else b"\xef\xbf\xbd"


def _depth(data: bytes) -> int:
    """Give how deep the elements nest, tags that never end included."""
    deepest = depth = 0
    for mark in _MARK.finditer(data):
        if mark[1] is None or mark[2]:
            continue
        depth = max(0, depth - 1) if mark[1] else depth + 1
        deepest = max(deepest, depth)
    return deepest


def _within_limit(data: bytes) -> bytes:
    """Cut what comes after as many entries as are taken; feedparser needs a minute for 200,000."""
    last = next(islice(_END.finditer(data), ENTRIES, None), None)
    return data if last is None else data[: last.end()]
