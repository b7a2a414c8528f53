"""Find the feed behind a site's address. Pure: a page in, addresses that may be feeds out; nothing is fetched.

What the page itself names comes first, in its order; the paths that publishing systems use come after.
"""

import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from storage.errors import Rejected
from tasks import charset, link

CANDIDATES: Final = 20
_TYPES: Final = frozenset((
    "application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml", "application/rss",
    "application/atom", "text/rss", "text/rss+xml", "text/atom",
))  # fmt: skip
_LOOSE_TYPES: Final = frozenset(("application/xml", "text/xml", "application/json"))
_PATHS: Final = (
    "feed", "feed/", "rss", "rss.xml", "feed.xml", "atom.xml", "index.xml", "feeds/posts/default", "rss/", "feed.json",
    "news/rss.xml", "feeds/rss", "?feed=rss2",
)  # fmt: skip
"""Those of WordPress, Ghost, Drupal, Hugo, Jekyll, Blogger and Typo3, the most used first."""
_FEEDISH: Final = re.compile(r"(?:^|[/._-])(?:rss|atom|feeds?|rdf)(?:[/._-]|\d|$)|\.(?:rss|rdf|atom)$", re.IGNORECASE)
_COMMENTS: Final = re.compile(r"comment|kommentar|comentario", re.IGNORECASE)


def candidates(raw: bytes, *, address: str) -> tuple[str, ...]:
    """Give the addresses that a page names or suggests as its feeds, likeliest first, at most `CANDIDATES`.

    They are http(s) addresses, which is all that is known of them: whoever fetches one checks where it leads.
    """
    tree = _tree(raw)
    named = list(_named(tree, address)) if tree is not None else []
    named.sort(key=lambda found: bool(_COMMENTS.search(found)))  # stable: a feed of comments is the last resort
    ways = [*named, *common(address)]
    return tuple(dict.fromkeys(way for way in ways if _fit(way)))[:CANDIDATES]


def common(address: str) -> Iterator[str]:
    """Yield the usual paths of feeds, below the address if it is a section, then at the root of the site."""
    parts = urlsplit(address)
    root = f"{parts.scheme}://{parts.netloc}/"
    section = urljoin(address, parts.path.rstrip("/") + "/") if parts.path.strip("/") else None
    for path in _PATHS[:4] if section else ():
        yield urljoin(str(section), path)
    for path in _PATHS:
        yield urljoin(root, path)


def _tree(raw: bytes) -> Any:
    from lxml import etree, html

    try:
        text = charset.decode(raw[:2_000_000])
        return html.document_fromstring(text.encode("utf-8"), parser=html.HTMLParser(encoding="utf-8"))
    except (Rejected, etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None


def _named(tree: Any, address: str) -> Iterator[str]:
    base = next(iter(tree.xpath("//base/@href")[:1]), None)
    here = _joined(address, str(base)) or address if base else address
    loose: list[str] = []
    for element in tree.xpath("//link[@href]")[:500]:
        rel = (element.get("rel") or "").lower().split()
        kind = (element.get("type") or "").split(";")[0].strip().lower()
        found = _joined(here, element.get("href"))
        if found is None or not {"alternate", "feed"} & set(rel) or "stylesheet" in rel:
            continue
        if kind in _TYPES or "feed" in rel:
            yield found
        elif kind in _LOOSE_TYPES and _FEEDISH.search(urlsplit(found).path):
            loose.append(found)
    yield from loose
    host = link.host(address)
    for element in tree.xpath("//a[@href]")[:5000]:
        found = _joined(here, element.get("href"))
        if found and _FEEDISH.search(urlsplit(found).path) and link.host(found) == host:
            yield found


def _joined(base: str, href: str) -> str | None:
    try:
        return urljoin(base, charset.fit(href).strip().removeprefix("feed:"))
    except ValueError:
        return None


def _fit(address: str) -> bool:
    return len(address) <= 2048 and link.normal(address) is not None
