"""Find when a web page's article was published and modified. Pure: no clock; what the page does not state is none."""

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta, timezone
from itertools import chain
from typing import Any, Final

from tasks import furniture, plaintext, pubdate, stamps
from tasks.blocks import Block
from tasks.stated import Stated, kinds

_METAS: Final = (
    "article:published_time", "og:article:published_time", "article:published", "og:published_time", "datepublished",
    "parsely-pub-date", "pubdate", "pub_date", "publishdate", "publish-date", "publish_date", "published_time",
    "date_published", "date.published", "publication_date", "publication-date", "published-date", "dc.date.issued",
    "dcterms.issued", "dc.date.created", "dcterms.created", "dcterms.date", "dc.date", "sailthru.date",
    "cxenseparse:recs:publishtime", "article_date_original", "originalpublicationdate", "rnews:datepublished",
    "iso-8601-publish-date", "article:created", "datecreated", "created", "release_date", "date",
)  # fmt: skip
_MODIFIED_METAS: Final = (
    "article:modified_time",
    "og:updated_time",
    "datemodified",
    "dcterms.modified",
    "last-modified",
    "lastmod",
)
_IN_PATH: Final = re.compile(r"/((?:19|20)\d\d)[/-]?(\d\d|[a-z]{3})[/-]?(\d\d)(?=[/_-]|\d{0,6}\b)", re.IGNORECASE)
_DATED: Final = "//time | //@itemprop[.='datePublished' or .='dateCreated']/.. | //@pubdate/.."
"""By attributes first: a third of the time that a condition on every element takes."""
AFTER: Final = 12
"""How many blocks after the headline may hold its byline."""
_GLUED: Final = re.compile(
    r"(?<=[a-z])(?=(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.? \d)"
    r"|(?<=[a-z]{3})(?=\d{1,2} [A-Z][a-z]{2})|(?<=, (?:19|20)\d\d)(?=\d)"
)
_SHORT_YEAR: Final = re.compile(r"\b(\d{1,2}\.\d{1,2}\.)(\d\d)(?=\W{1,4}\d{1,2}[:.]\d\d)")
"""A year of two digits is one only before a clock time: 25.04.24 | 14:07."""
_ZONES: Final = range(-11 * 60, 14 * 60 + 1, 30)
"""Minutes that clocks are off UTC."""
_PUBLISHED_WORDS: Final = re.compile(r"publish|posted|entry-date|pubdate|date-?created|dt-published", re.IGNORECASE)
_ELSEWHERE: Final = re.compile(r"related|comment|teaser|sidebar|card|list-item|recommend|latest", re.IGNORECASE)
_MODIFIED_WORDS: Final = re.compile(r"updated?|modified|edited", re.IGNORECASE)


def published(
    said: Stated, tree: Any, blocks: Sequence[Block], headline: str | None, address: str | None
) -> tuple[str | None, str]:
    """Give the publication date with its basis (`json-ld`, `meta`, `url`, `header`), or None with `none` or `no-year`.

    The first source that states one wins; where it is a UTC instant that another states with an offset, the latter.
    """
    found = list(_candidates(said, tree, blocks, headline, address))
    if not found:
        near = " ".join(_near(blocks, headline))
        return None, "no-year" if stamps.has_yearless(near) else "none"
    value, basis = found[0]
    if basis == "url" and (finer := next((v for v, _ in found if "T" in v and _days_apart(v, value) <= 1), None)):
        return finer, "header"
    if value.endswith("+00:00"):
        local = (v for v, _ in found if re.search(r"[+-]\d\d:\d\d$", v) and not v.endswith("+00:00"))
        moment = datetime.fromisoformat(value)
        value = next((v for v in local if _same_minute(datetime.fromisoformat(v), moment)), value)
        if value.endswith("+00:00"):
            value = next(filter(None, (_local(v, moment) for v, b in found if b == "header")), value)
    return value, basis


def _same_minute(a: datetime, b: datetime) -> bool:
    return abs((a - b).total_seconds()) < 60


def _local(printed: str, moment: datetime) -> str | None:
    """Give the instant with the offset of the clock that the page prints: that it is on the same minute of another
    (half) hour shows that it is the same time."""
    clock = datetime.fromisoformat(printed)
    if "T" not in printed or clock.tzinfo is not None:
        return None
    off, rest = divmod((clock - moment.replace(tzinfo=None, second=0)).total_seconds() // 60 * 60, 60)
    if rest or int(off) not in _ZONES or not off:
        return None
    return moment.astimezone(timezone(timedelta(minutes=off))).isoformat()


def modified(said: Stated) -> str | None:
    """Give the modification date that JSON-LD or a meta states."""
    values = [node.get("dateModified") for node in said.articles] + [said.meta(name) for name in _MODIFIED_METAS]
    return next((iso for v in values if isinstance(v, str) and (iso := stamps.iso(v))), None)


def _candidates(
    said: Stated, tree: Any, blocks: Sequence[Block], headline: str | None, address: str | None
) -> Iterator[tuple[str, str]]:
    for key in ("datePublished", "dateCreated"):
        for node in said.articles:
            if iso := _iso(node.get(key)):
                yield iso, "json-ld"
    for name in _METAS:
        for value in said.metas.get(name, ()):
            if iso := _iso(value):
                yield iso, "meta"
    if iso := in_address(said.canonical) or in_address(address) or in_address(said.meta("og:url")):
        yield iso, "url"
    times = list(_times(tree))
    yield from ((iso, "header") for iso, role in times if role == "published")
    for node in said.others:
        if {"WebPage", "ItemPage", "VideoObject"} & set(kinds(node)) and (iso := _iso(node.get("datePublished"))):
            yield iso, "json-ld"
    yield from ((iso, "header") for iso, role in times if role == "plain")
    day_first = None if (said.language or "en").lower().startswith("en") else True
    printed = [
        found
        for text in _near(blocks, headline)
        if len(text) < 200
        for found in pubdate.printed(text, "head", day_first=day_first)
    ]
    printed.sort(key=lambda found: {"published": 0, "plain": 1, "modified": 2}[found.role])
    yield from ((found.stamp.iso, "header") for found in printed)
    yield from ((iso, "header") for iso, role in times if role == "modified")


def _iso(value: object) -> str | None:
    if isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, int | float):
        value = str(int(value))
    return stamps.iso(value[:80]) if isinstance(value, str) else None


def in_address(address: str | None) -> str | None:
    """Give the day that the path of an address holds (/2026/02/03/, /2026-02-03-, /20260203), if it holds one."""
    path = re.sub(r"^\w+://[^/]*", "", address or "").split("?")[0]
    match = _IN_PATH.search(path)
    if match is None:
        return None
    month = match[2] if match[2].isdigit() else f"{stamps.MONTHS.get(match[2].lower(), 0):02}"
    return stamps.iso(f"{match[1]}-{month}-{match[3]}")


def _times(tree: Any) -> Iterator[tuple[str, str]]:
    """Read the time elements of the article (not of cards, asides and footers) and elements marked as its date."""
    for element in tree.xpath(_DATED)[:60]:
        iso = _iso(element.get("datetime") or element.get("content") or "") or _iso(element.text_content()[:80])
        if iso is None:
            continue
        if _is_elsewhere(element):
            continue
        label = _label(element)
        role = "plain"
        if _PUBLISHED_WORDS.search(label):
            role = "published"
        elif _MODIFIED_WORDS.search(label):
            role = "modified"
        if role == "published" or _in_article(element):
            yield iso, role


def _is_elsewhere(element: Any, nearest: int | None = None) -> bool:
    """Say whether an element belongs to a footer, a list of other articles or a page clock.

    Of classes, only those of the `nearest` so many elements around it count, if given.
    """
    around = [e for e in (element, *element.iterancestors()) if e.tag not in {"html", "body"}]
    return any(e.tag in {"aside", "footer", "nav"} for e in around) or any(
        _ELSEWHERE.search(e.get("class") or "") for e in around[:nearest]
    )


def _label(element: Any) -> str:
    """Give the words that say what a time is: class, id and itemprop of it and its parent, and the text before it."""
    parent, before = element.getparent(), element.getprevious()
    words = [
        node.get(key) or "" for node in (element, parent) if node is not None for key in ("class", "id", "itemprop")
    ]
    if before is not None and isinstance(before.tag, str):
        words.append(before.text_content()[-30:])
    elif parent is not None:
        words.append((parent.text or "")[-30:])
    return " ".join(words)


def _in_article(element: Any, tags: Collection[str] = ("article", "main", "header")) -> bool:
    return any(e.tag in tags or e.get("role") == "main" for e in element.iterancestors())


def _near(blocks: Sequence[Block], headline: str | None) -> Iterator[str]:
    """Yield the blocks from 4 before to 9 after the headline, nearest after it first, without furniture."""
    at = _place(blocks, headline)
    if at is None:
        return
    for n in (*range(at + 1, min(at + 10, len(blocks))), *range(at - 1, max(-1, at - 5), -1)):
        block = blocks[n]
        if len(block.text) > 1_000:
            continue  # no line with a date
        kind = furniture.kind(block.text)
        if block.tag in {"figure", "figcaption"} or kind == "caption":
            continue  # the day of a picture
        text = _SHORT_YEAR.sub(r"\g<1>20\g<2>", _GLUED.sub(" ", block.text))
        if stamps.first(text) is not None:
            if _may_date(block.element, text, above=n < at):
                yield text
        elif kind is None:
            yield text


def _may_date(element: Any, text: str, *, above: bool) -> bool:
    """Say whether a block with a date may date the article: no sentence of it, no footer, no clock above it."""
    labelled = _PUBLISHED_WORDS.search(text) or _MODIFIED_WORDS.search(text)
    if plaintext.is_prose(text) and not labelled:
        return False
    return not _is_elsewhere(element, 4) and (not above or _in_article(element, {"article", "main"}))


def _days_apart(a: str, b: str) -> int:
    return abs(datetime.fromisoformat(a[:10]).toordinal() - datetime.fromisoformat(b[:10]).toordinal())


def near_headline(blocks: Sequence[Block], headline: str | None) -> list[Block]:
    """Give the twelve blocks after the headline, then the three before it."""
    at = _place(blocks, headline)
    if at is None:
        return []
    return [
        b._replace(text=_GLUED.sub(" ", b.text))
        for b in (*blocks[at + 1 : at + 1 + AFTER], *blocks[max(0, at - 3) : at])
    ]


def _place(blocks: Sequence[Block], headline: str | None) -> int | None:
    """Find the block that prints the headline: an h1, else one that equals it, else a short one that holds it."""
    if not headline:
        return None
    heads = (n for n, b in enumerate(blocks) if b.tag == "h1" and (headline in b.text or b.text in headline))
    equals = (n for n, b in enumerate(blocks) if b.text.casefold() == headline.casefold())
    holders = (n for n, b in enumerate(blocks) if len(b.text) < 300 and len(headline) > 15 and headline in b.text)
    return next(chain(heads, equals, holders), None)
