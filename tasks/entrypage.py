"""What an entry brings towards its article: hints, its own content as a page, and a word on the page fetched. Pure.

A feed often carries the whole article. That serves where the page behind the entry cannot be had or does not carry
the text: a paywall's first lines, a cookie wall, a page that needs JavaScript.
"""

import hashlib
import html
import re
from collections.abc import Iterator
from typing import Final

from storage.errors import Rejected
from storage.feedrecords import Entry, FeedPage
from storage.records import Hints
from tasks import charset

LEAST_WORDS: Final = 30
"""Words below which content sent as an article's is a teaser all the same."""
LEAST_SHARE: Final = 0.5
"""Share of the feed's text below which a page that is shorter than it is no article: a stub has the first lines."""
LOST_SHARE: Final = 0.1
"""Share below which it is none however long: consent dialogues run to a thousand words."""
RUN: Final = 5
"""Words in a run: long enough that a page about the same thing does not carry it by chance."""
MOST_CHARACTERS: Final = 3_000_000
"""Characters of a page that are looked at; articles stand in the first tenth of that."""

_REMARK: Final = " (as its feed sent it)"
_PIECE: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)?[^<>]*>")
_SILENT: Final = frozenset({"script", "style", "noscript", "template", "svg", "head", "iframe", "select"})
_INLINE: Final = frozenset(str.split("a abbr b bdi cite code em font i mark q s small span strong sub sup time u wbr"))
_WORD: Final = re.compile(r"\w+")
_CUT: Final = re.compile(r"(?:\.\.\.|…|\[…\]|\[\.\.\.\]|(?:read|continue reading|more)\s*[»›→>.]*)\s*$", re.IGNORECASE)
_TITLE: Final = re.compile(r"<(?:title|h1)\b[^<>]*>([^<]{1,500})", re.IGNORECASE)


def hints(entry: Entry) -> Hints:
    """Give what the feed says of an article, for its reading: a date with the basis `feed`, or none."""
    return Hints(
        url=entry.canonical,
        publisher=entry.publisher,
        published=entry.published,
        published_basis="feed" if entry.published else "given",
        headline=entry.title,
    )


def own_page(entry: Entry, page: FeedPage) -> bytes | None:
    """Give the entry's own full content as a page; None if it sent none, or only the beginning of it."""
    if not entry.full or len(_WORD.findall(entry.content_text)) < LEAST_WORDS or _CUT.search(entry.content_text):
        return None
    head = [f"<title>{html.escape(entry.title or '')}</title>"]
    if page.title:
        head.append(f'<meta property="og:site_name" content="{html.escape(page.title)}">')
    head += (f'<meta name="author" content="{html.escape(author)}">' for author in entry.authors)
    language = f' lang="{html.escape(page.language)}"' if page.language else ""
    body = f"<h1>{html.escape(entry.title)}</h1>\n{entry.content_html}" if entry.title else entry.content_html
    written = (
        f'<!DOCTYPE html>\n<html{language}><head><meta charset="utf-8">{"".join(head)}</head>\n'
        f"<body><article>{body}</article></body></html>\n"
    )
    return written.encode("utf-8", "replace")


def name(address: str) -> str:
    """Give the name under which an entry's own content goes through the desk: it says that its page was not read."""
    return f"{address}{_REMARK}"


def address(name: str) -> str:
    """Give the address that such a name, or a page's own, begins with."""
    return name.removesuffix(_REMARK)


def is_stub(fetched: bytes, own: bytes) -> bool:
    """True if a fetched page does not carry the article that the feed sent: see `LEAST_SHARE` and `LOST_SHARE`."""
    sent = [w for block in _blocks(own) for w in block]
    runs = _runs(sent)
    if not runs:
        return False
    blocks = list(_blocks(fetched))
    shown = [w for block in blocks for w in block]
    share = len(runs & _runs(shown)) / len(runs)
    prose = sum(len(block) for block in blocks if len(block) >= 2 * RUN)
    return share < LOST_SHARE or (share < LEAST_SHARE and prose < len(sent))


def prose_digest(fetched: bytes) -> str:
    """sha256 of a page's titles and paragraphs: what changes with every visit (counters, teasers, tokens) left out.

    A paragraph is a block of ten words or more. What is no text has the digest of its bytes.
    """
    try:
        text = charset.decode(fetched)[:MOST_CHARACTERS]
    except Rejected:
        return hashlib.sha256(fetched).hexdigest()
    said = [" ".join(_WORD.findall(html.unescape(title))) for title in _TITLE.findall(text)[:2]]
    said += sorted({" ".join(block) for block in _blocks(fetched) if len(block) >= 2 * RUN})
    return hashlib.sha256("\x1f".join(said).encode("utf-8", "surrogatepass")).hexdigest()


def _runs(words: list[str]) -> set[tuple[str, ...]]:
    return {tuple(words[i : i + RUN]) for i in range(len(words) - RUN + 1)}


def _blocks(page: bytes) -> Iterator[list[str]]:
    """Give the words of each block that a reader of the page sees. One pass, whatever the markup."""
    try:
        text = charset.decode(page)[:MOST_CHARACTERS]
    except Rejected:
        return
    held: list[str] = []
    silent, at = "", 0
    for tag in _PIECE.finditer(text):
        name = (tag[2] or "").lower()
        if not silent:
            held += _WORD.findall(html.unescape(text[at : tag.start()]).lower())
        if silent and tag[1] and name == silent:
            silent = ""
        elif not silent and not tag[1] and name in _SILENT:
            silent = name
        if name not in _INLINE and held:
            yield held
            held = []
        at = tag.end()
    held += [] if silent else _WORD.findall(html.unescape(text[at:]).lower())
    if held:
        yield held
