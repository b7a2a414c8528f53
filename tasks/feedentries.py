"""Make entries of what a parser read, name them, and tell what is new among them. Pure: no store, no network, no clock.

An entry is named by its guid where that is unique in the page, else by guid and link, else by its link, else by what
it says. The same link under a new guid is the same article; the same name with other content is a revision.
"""

import hashlib
import html
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final, NamedTuple
from urllib.parse import urljoin

from storage.feedrecords import Entry, FeedPage, Format, KnownEntry, News
from tasks import feedtimes, link

ENTRIES: Final = 2000
"""More entries than this in one page are cut, the newest kept as the page has them: real feeds hold 10 to 100."""
ADDRESS: Final = 2048
CONTENT: Final = 1_000_000
TITLE: Final = 1000
AUTHORS: Final = 20

_FLAGS: Final = re.DOTALL | re.IGNORECASE
_TAG: Final = re.compile(r"<(?:!--.*?-->|(?:script|style)\b.*?</(?:script|style)\s*>|/?[a-z][^<>]*>)", _FLAGS)
_BREAK: Final = re.compile(r"</?(?:p|div|br|li|h[1-6]|tr|blockquote|ul|ol|figure|figcaption)\b[^<>]*>", re.IGNORECASE)
_NORMAL: Final = re.compile(
    r"(https?://[a-z0-9-]+(?:\.[a-z0-9-]+)+/[\w/.~-]*)(?:\?utm_\w+=[\w.~+-]*(?:&utm_\w+=[\w.~+-]*)*)?", re.ASCII
)
"""Addresses that are in normal form but for utm_ parameters, which most are: `link.normal` costs 20 us a time."""
_SCHEME: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")
_MAIL: Final = re.compile(r"<?[\w.+-]+@[\w.-]+>?(?: \((.*)\))?$")


class Sent(NamedTuple):
    """One entry as a parser gives it: the feed's own words, markup and all. `contents` and `summary` are
    (value, is it plain text) each."""

    guid: str = ""
    link: str = ""
    title: str = ""
    plain_title: bool = False
    authors: tuple[str, ...] = ()
    published: str = ""
    updated: str = ""
    contents: tuple[tuple[str, bool], ...] = ()
    summary: tuple[str, bool] = ("", False)
    publisher: str = ""


class Sheet(NamedTuple):
    """One page as a parser gives it. What two parsers make of one page can be compared as they are."""

    format: Format
    title: str = ""
    site: str = ""
    language: str = ""
    ttl: str = ""
    period: str = ""
    frequency: str = ""
    sent: tuple[Sent, ...] = ()


def page(sheet: Sheet, *, address: str, now: datetime, problems: Iterable[str] = ()) -> FeedPage:
    """Make the page of what a parser read. `address` completes relative links."""
    problems = list(problems)
    if len(sheet.sent) > ENTRIES:
        problems.append("cut")
    sent = sheet.sent[:ENTRIES]
    site = _absolute(sheet.site, address)
    guids = Counter(s.guid for s in sent)
    guids.update((address, address, sheet.site, sheet.site))  # a guid that is the feed itself names no entry
    entries = [_entry(s, site or address, now, unique=guids[s.guid] == 1) for s in sent]
    if max((len(e.content_html) for e in entries), default=0) >= CONTENT:
        problems.append("long")
    return FeedPage(
        format=sheet.format,
        title=text(sheet.title)[:TITLE] or None,
        site=site,
        language=(sheet.language[:35].replace("_", "-").lower()) or None,
        asked=feedtimes.asked(sheet.ttl, sheet.period, sheet.frequency),
        entries=tuple(entries),
        problems=tuple(dict.fromkeys(problems)),
    )


def _entry(sent: Sent, base: str, now: datetime, *, unique: bool) -> Entry:
    address = _absolute(sent.link, base) or (_absolute(sent.guid, base) if sent.guid.startswith("http") else None)
    published, flag = feedtimes.read(sent.published or sent.updated, now)
    value, plain, full = sent.summary[0], sent.summary[1], False
    for one, is_plain in sent.contents:
        if len(one) > len(value) or (one == value and not full):
            value, plain, full = one, is_plain, True
    value = value[:CONTENT]
    content = value.strip() if plain else text(value, lines=True)
    title = sent.title[: TITLE * 4]
    title = (" ".join(title.split()) if sent.plain_title else text(title))[:TITLE]
    plain_address = _NORMAL.fullmatch(address) if address else None
    canonical = plain_address[1] if plain_address else link.normal(address or "")
    address = address if canonical else None
    return Entry(
        key=_key(sent.guid, unique, canonical, title, content),
        guid=sent.guid or None,
        link=address,
        canonical=canonical,
        title=title or None,
        authors=tuple(dict.fromkeys([a for name in sent.authors if (a := _author(name))]))[:AUTHORS],
        published_raw=(sent.published or sent.updated)[:200] or None,
        published=published,
        date_flag=flag,
        content_html=html.escape(value, quote=False) if plain else value,
        content_text=content,
        full=full,
        publisher=(text(sent.publisher)[:200] or None) if sent.publisher else None,
    )


def _author(name: str) -> str:
    """Give the name of "desk@example.org (Ann Lee)", or the address if there is no name."""
    name = text(name)[:200]
    match = _MAIL.match(name)
    return (match[1] or name).strip() if match else name


def text(value: str, *, lines: bool = False) -> str:
    """Give markup as text: no tags, no entities, single spaces; with `lines`, a line for each block."""
    if "<" in value:
        value = _TAG.sub("", _BREAK.sub("\n", value)) if lines else _TAG.sub(" ", value)
    if "&" in value:
        value = html.unescape(value)
    if not lines:
        return " ".join(value.split())
    if "  " in value or "\t" in value or "\r" in value or "\xa0" in value:
        return "\n".join([" ".join(words) for line in value.splitlines() if (words := line.split())])
    return "\n".join([clean for line in value.split("\n") if (clean := line.strip())])


def _absolute(address: str, base: str) -> str | None:
    address = "".join(address.split("\n")).strip()
    if not address or len(address) > ADDRESS:
        return None
    try:
        found = address if _SCHEME.match(address) else urljoin(base, address)
    except ValueError:
        return None
    return found if found.lower().startswith(("http://", "https://")) else None


def _key(guid: str, unique: bool, canonical: str | None, title: str, content: str) -> str:
    """Name an entry within its feed: a letter that says by what, and its digest."""
    if guid and unique:
        return _named("g", guid)
    if guid and canonical:
        return _named("b", guid, canonical)
    if canonical:
        return _named("l", canonical)
    return _named("t", guid, title, content)


def _named(by: str, *parts: str) -> str:
    return by + hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def compare(page: FeedPage, known: Sequence[KnownEntry]) -> News:
    """Tell what is new and what is revised in a page, given what is known of this feed.

    Looked for are, in this order, its name; guid and link together; a link that only one entry has, here and among
    the known; a guid likewise. An entry found under another name keeps the one it is known by.
    """
    keys = {k.key: k for k in known}
    pairs: dict[tuple[str | None, str | None], KnownEntry] = {
        (k.guid, k.canonical): k for k in known if k.guid and k.canonical
    }
    links, guids = _only(known, lambda k: k.canonical), _only(known, lambda k: k.guid)
    shared = {g for g, n in Counter(k.guid for k in known if k.key.startswith("b")).items() if g and n}
    home = link.normal(page.site) if page.site else None
    here = Counter(e.canonical for e in page.entries)
    ids = Counter(e.guid for e in page.entries)
    entries = [
        # A guid that has served several articles before names none alone.
        replace(e, key=_named("b", e.guid, e.canonical)) if e.guid in shared and e.guid and e.canonical else e
        for e in page.entries
    ]
    found: dict[int, KnownEntry] = {}
    met: set[str] = set()
    for surely in (True, False):
        for n, entry in enumerate(entries):
            match = None
            if n not in found and surely:
                match = keys.get(entry.key) or pairs.get((entry.guid, entry.canonical))
            elif n not in found:
                if entry.canonical != home and here[entry.canonical] == 1:
                    match = links.get(entry.canonical)
                if match is None and ids[entry.guid] == 1 and entry.guid not in shared:
                    match = guids.get(entry.guid)
            if match is not None and match.key not in met:
                found[n] = match
                met.add(match.key)
    new: list[Entry] = []
    revised: list[Entry] = []
    for n, entry in enumerate(entries):
        if (match := found.get(n)) is not None:
            if match.content_digest != entry.content_digest:
                revised.append(replace(entry, key=match.key))
        elif entry.key not in met:
            met.add(entry.key)
            new.append(entry)
    return News(
        new=tuple(new),
        revised=tuple(revised),
        unchanged=len(found) - len(revised),
        overrun=bool(known) and bool(new) and not found,
    )


def _only(known: Sequence[KnownEntry], of: Callable[[KnownEntry], str | None]) -> dict[str | None, KnownEntry]:
    """Index the known by something, without what several of them share and without nothing."""
    counts = Counter(of(k) for k in known)
    return {of(k): k for k in known if of(k) and counts[of(k)] == 1}
