"""Read one page of a feed: bytes in, its entries out, or what came instead of a feed. Pure: no network, no clock.

RSS 0.9x to 2.0, RDF, Atom, JSON Feed, news sitemaps. feedparser has the last word; the fast reader goes first and is
believed where it has no doubt. Nothing that a page says is fetched, and no entity of it is expanded. A page within the
desk's limits takes milliseconds where it is sound, and at worst seconds of pure Python where it is broken: call it in
a worker process.
"""

import re
from datetime import datetime
from typing import Final

from storage.errors import Rejected
from storage.feedrecords import FeedPage, NotAFeed
from tasks import feedentries, feedfast, feedjson, feedslow, feedtext

SAMPLE: Final = 65_536
"""How much of what is no feed is kept for a person to look at."""

_FLAGS: Final = re.IGNORECASE | re.DOTALL
_HTML: Final = re.compile(
    rb"\A\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--(?:(?!-->).)*-->\s*)*"
    rb"<(?:!doctype\s+html|html|head|body|script|div|title|meta)\b",
    _FLAGS,
)
_CHALLENGE: Final = re.compile(
    rb"cf-chl|challenge-platform|challenge-form|just a moment\.\.\.|attention required!|captcha|_incapsula_|datadome"
    rb"|ddos[- ]guard|checking your browser|enable javascript and cookies|verify(?:ing)? (?:that )?you are (?:a )?human"
    rb"|are you a robot|access denied|request unsuccessful|perimeterx|px-captcha|sucuri_cloudproxy|unusual traffic",
    re.IGNORECASE,
)
_TITLE: Final = re.compile(rb"<title[^>]*>(.{0,200}?)</title>", _FLAGS)
_ROOT: Final = re.compile(rb"<(?![?!])([\w:.-]{1,60})")


def read(raw: bytes, *, address: str, now: datetime, content_type: str = "") -> FeedPage | NotAFeed:
    """Read a page. `address` is where it came from, `content_type` the header as sent, `now` dates its entries' future.

    Never raises for what the page holds.
    """
    try:
        data, problems = feedtext.utf8(raw, content_type)
    except Rejected as error:
        return NotAFeed(
            reason="empty" if error.reason == "empty" else "binary", detail=error.detail, sample=raw[:SAMPLE]
        )
    if data.lstrip()[:1] in (b"{", b"["):
        sheet = feedjson.read(data)
        return (
            feedentries.page(sheet, address=address, now=now, problems=problems)
            if sheet
            else _refused("json", "The answer is JSON, but no JSON Feed", data, raw)
        )
    if _HTML.match(data[:4096]):
        if _CHALLENGE.search(data[:SAMPLE]):
            return _refused(
                "challenge", "The site asks for a browser or a person instead of giving its feed", data, raw
            )
        return _refused("html", "The answer is a web page, not a feed", data, raw)
    sheet = feedfast.read(data)
    if sheet is None and (mended := feedtext.mend(data)) != data:
        # feedparser alone makes "AT&T;" of a bare "AT&T".
        data, problems = mended, (*problems, "mended")
        sheet = feedfast.read(data)
    if sheet is None and b"<" in data:
        sheet = feedslow.read(data)
        problems = (*problems, "slow")
    if sheet is not None:
        return feedentries.page(sheet, address=address, now=now, problems=problems)
    if _CHALLENGE.search(data[:SAMPLE]):
        return _refused("challenge", "The site asks for a browser or a person instead of giving its feed", data, raw)
    if (root := _ROOT.search(data[:4096])) and data.lstrip().startswith(b"<"):
        name = root[1].decode("utf-8", "replace")
        return _refused("xml", f"The answer is XML that begins with {name}, which is no feed", data, raw)
    return _refused("text", "The answer is text, not a feed", data, raw)


def _refused(reason: str, detail: str, data: bytes, raw: bytes) -> NotAFeed:
    title = _TITLE.search(data[:SAMPLE])
    said = f" ({feedentries.text(title[1].decode('utf-8', 'replace'))})" if title else ""
    return NotAFeed(reason=reason, detail=f"{detail}{said}.", sample=raw[:SAMPLE])
