"""Reading feeds: the fast reader against feedparser, every format, every flaw, and whatever bytes may come."""

import time
from datetime import UTC, datetime, timedelta
from random import Random

import feedshapes
import pytest
from feedshapes import FLAWS, FORMATS, HOME, NOW, Head, Item
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from storage.feedrecords import FeedPage, NotAFeed
from tasks import feedentries, feedfast, feedread, feedslow, feedtext, feedtimes, link

ADDRESS = f"{HOME}/feed"
XML = tuple(kind for kind in FORMATS if kind not in ("json", "sitemap"))


def page(raw: bytes, content_type: str = "") -> FeedPage:
    found = feedread.read(raw, address=ADDRESS, now=NOW, content_type=content_type)
    assert isinstance(found, FeedPage), found.detail
    return found


def rss(*parts: str, head: str = "", attributes: str = "") -> bytes:
    items = "".join(f"<item>{part}</item>" for part in parts)
    return f'<rss version="2.0"{attributes}><channel><title>T</title>{head}{items}</channel></rss>'.encode()


@pytest.mark.parametrize("kind", XML)
def test_the_fast_reader_agrees_with_feedparser(kind: str) -> None:
    for seed in range(5):
        raw = feedshapes.write(kind, feedshapes.items(Random(seed), 8, words=80))
        fast = feedfast.read(raw)
        assert fast is not None
        assert len(fast.sent) == 8
        assert fast == feedslow.read(raw)


@pytest.mark.parametrize("flaw", FLAWS)
@pytest.mark.parametrize("kind", XML)
def test_where_the_fast_reader_has_no_doubt_feedparser_says_the_same(kind: str, flaw: str) -> None:
    sound = feedshapes.write(kind, feedshapes.items(Random(3), 8, words=80))
    data, _ = feedtext.utf8(FLAWS[flaw](sound))
    fast = feedfast.read(data)
    if data != sound and flaw in ("bare ampersand", "undefined entity", "cut", "document type", "encoded twice"):
        assert fast is None
    assert fast is None or fast == feedslow.read(data)


@pytest.mark.parametrize("flaw", ["bare ampersand", "undefined entity"])
@pytest.mark.parametrize("kind", XML)
def test_mended_ampersands_are_read_alike_by_both(kind: str, flaw: str) -> None:
    for seed in range(3):
        mended = feedtext.mend(FLAWS[flaw](feedshapes.write(kind, feedshapes.items(Random(seed), 6, words=60))))
        fast = feedfast.read(mended)
        assert fast is not None
        assert fast == feedslow.read(mended)


def test_a_bare_ampersand_is_one() -> None:
    raw = rss(
        "<title>AT&T & R&amp;D &nbsp;&bogus; &copy;</title><link>/a?b=1&c=2&copy=3</link>",
        "<title><![CDATA[a & b]]></title>",
    )
    first, second = page(raw).entries
    assert (first.title, first.link, second.title) == ("AT&T & R&D &bogus; ©", f"{HOME}/a?b=1&c=2&copy=3", "a & b")
    assert page(raw).problems == ("mended",)
    cut = page(raw[:-60])
    assert cut.entries[0].title == first.title


_TEXT = st.sampled_from([
    "A ferry", "", " x ", "AT&amp;T", "&lt;b&gt;x&lt;/b&gt;", "<![CDATA[a & <i>b</i>]]>", "<b>x</b>", "é", "&#8217;",
    "&amp;nbsp;y", "&#145;", "Ã©", "desk@x.example (Ann Lee)", "<!-- c -->z", "https://x.example/a?b=1&amp;c=2",
    "/rel", "Sun, 01 Mar 2026 10:00:00 GMT", "//x.example/1", "http:///x", "tag:x,1",
])  # fmt: skip
_TAGS = st.sampled_from([
    "title", "link", "guid", "description", "pubDate", "author", "dc:creator", "dc:date", "content:encoded", "source",
    "category", "summary", "content", "updated", "published", "id", "media:title", "image", "GUID", "atom:link",
    "media:description", "x:title", "comments", "dc:title", "enclosure", "dcterms:modified", "itunes:summary", "name",
    "issued", "itunes:author", "unknown", "language", "base",
])  # fmt: skip
_ATTRIBUTES = st.sampled_from([
    "", "", "", ' isPermaLink="false"', ' rel="alternate" href="https://x.example/h"', ' type="html"', ' type="text"',
    ' rel="self" href="/s"', ' href="/e" url="https://x.example/u"', ' xml:lang="de"', ' type="xhtml"',
    ' rel="enclosure" href="/m.mp3"', ' isPermaLink="true"', ' mode="escaped"',
])  # fmt: skip
_ELEMENTS = st.lists(st.tuples(_TAGS, _ATTRIBUTES, _TEXT), max_size=7)
_NAMES = (
    ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    ' xmlns:atom="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/" xmlns:x="urn:x"'
    ' xmlns:dcterms="http://purl.org/dc/terms/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
)


def _write(elements: list[tuple[str, str, str]]) -> str:
    return "".join(f"<{tag}{attributes}>{text}</{tag}>" for tag, attributes, text in elements)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_ELEMENTS, st.lists(_ELEMENTS, min_size=1, max_size=3), st.sampled_from(["rss", "atom", "rdf"]))
def test_the_fast_reader_agrees_on_feeds_nobody_would_write(
    head: list[tuple[str, str, str]], entries: list[list[tuple[str, str, str]]], kind: str
) -> None:
    if kind == "atom":
        body = f"{_write(head)}{''.join(f'<entry>{_write(e)}</entry>' for e in entries)}"
        raw = f'<feed xmlns="http://www.w3.org/2005/Atom"{_NAMES}>{body}</feed>'
    elif kind == "rdf":
        items = "".join(f'<item rdf:about="urn:{n}">{_write(e)}</item>' for n, e in enumerate(entries))
        raw = (
            '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"'
            f"{_NAMES}><channel>{_write(head)}</channel>{items}</rdf:RDF>"
        )
    else:
        items = "".join(f"<item>{_write(e)}</item>" for e in entries)
        raw = f'<rss version="2.0"{_NAMES}><channel>{_write(head)}{items}</channel></rss>'
    data = raw.encode()
    fast = feedfast.read(data)
    assert fast is None or fast == feedslow.read(data)


_MANGLED = st.tuples(
    st.sampled_from(FORMATS),
    st.integers(0, 2**31),
    st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=6)), max_size=6),
).map(lambda made: _mangle(feedshapes.write(made[0], feedshapes.items(Random(made[1]), 3, words=20)), made[2]))


def _mangle(raw: bytes, cuts: list[tuple[float, bytes]]) -> bytes:
    for place, with_ in cuts:
        at = int(place * len(raw))
        raw = raw[:at] + with_ + raw[at + len(with_) :]
    return raw


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.one_of(
        st.binary(max_size=300), _MANGLED, st.text(max_size=200).map(lambda s: s.encode("utf-8", "surrogatepass"))
    )
)
@example(b"<rss><channel><item><title>&#xD800;&#99999999999;&bad;</title>")
@example(b'<?xml version="1.0" encoding="rot13"?><rss/>')
@example(b'{"version":"https://jsonfeed.org/version/1","items":[{"id":1e999,"title":"\\ud800\\u0000"}]}')
@example(b"[" * 100_000)
@example(
    b"<feed xmlns='http://www.w3.org/2005/Atom'><entry><link href='http://[bad'/><updated>9999-99-99</updated></entry></feed>"
)
@example(b"\xff\xfe<\x00r\x00s\x00s\x00>\x00")
def test_any_bytes_give_a_page_or_a_reason(raw: bytes) -> None:
    found = feedread.read(raw, address=ADDRESS, now=NOW, content_type="text/xml; charset=x-unheard-of")
    if isinstance(found, NotAFeed):
        assert found.detail
        assert raw.startswith(found.sample)
        return
    for entry in found.entries:
        assert entry.content_digest
        repr(entry).encode("utf-8")  # no lone surrogates
        assert (entry.published is None) == (entry.date_flag is not None)
        assert entry.published_at is None or entry.published_at <= NOW + timedelta(days=1)
        assert entry.link is None or entry.link.lower().startswith(("http://", "https://"))


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_gives_its_entries(kind: str) -> None:
    things = feedshapes.items(Random(4), 6, words=80)
    found = page(feedshapes.write(kind, things))
    assert len(found.entries) == 6
    for entry, thing in zip(found.entries, things, strict=True):
        assert entry.link == thing.address
        assert entry.title == " ".join(thing.title.split())
        if kind != "rss091":
            assert entry.published_at == thing.at
        if kind in ("wordpress", "atom", "atom-xhtml", "json"):
            assert entry.full
            assert entry.authors == (thing.author,)
            assert thing.body.count("<p>") <= entry.content_text.count("\n") + 1
            assert "<" not in entry.content_text.replace(" < ", "")
    assert len({e.key for e in found.entries}) == 6


@pytest.mark.parametrize("flaw", FLAWS)
@pytest.mark.parametrize("kind", ["rss2", "wordpress", "atom"])
def test_a_flaw_costs_no_entry_and_no_letter(kind: str, flaw: str) -> None:
    things = feedshapes.items(Random(5), 9, words=40)
    sound, spoilt = page(feedshapes.write(kind, things)), page(FLAWS[flaw](feedshapes.write(kind, things)))
    count = 5 if flaw == "cut" else 9
    assert len(spoilt.entries) >= count
    for good, bad in zip(sound.entries[:count], spoilt.entries[:count], strict=True):
        assert (bad.guid, bad.published) == (good.guid, good.published)
        if flaw not in ("said utf-8, is cp1252", "one pasted byte", "undefined entity", "base"):
            assert (bad.title, bad.link) == (good.title, good.link)


def test_windows_quotes_in_a_page_that_says_utf8() -> None:
    raw = rss("<title>The minister\x92s \x93plan\x94 in Z\xfcrich</title>").decode().encode("latin-1")
    assert page(raw).entries[0].title == "The minister’s “plan” in Zürich"
    mixed = rss("<title>Łódź and Zürich</title>").replace(b" and ", b"\x92s and ")
    assert page(mixed).entries[0].title == "Łódź’s and Zürich"


@pytest.mark.parametrize(
    ("encoding", "declared", "header"),
    [
        ("cp1251", "windows-1251", ""),
        ("cp1251", None, "text/xml; charset=windows-1251"),
        ("cp1251", "windows-1251", "application/rss+xml; charset=ISO-8859-1"),  # the server's default
        ("shift_jis", "Shift_JIS", ""),
        ("utf-16", "utf-16", ""),
        ("utf-8", "iso-8859-1", "text/xml"),
    ],
)
def test_the_charset_that_the_bytes_bear_out(encoding: str, declared: str | None, header: str) -> None:
    words = "東京の港" if encoding == "shift_jis" else "Министр заявил о забастовке"
    start = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    raw = (start + rss(f"<title>{words}</title>").decode()).encode(encoding)
    assert page(raw, header).entries[0].title == words


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"<!DOCTYPE html><html><head><title>Home</title></head><body>News</body></html>", "html"),
        (b"<html><head><title>Just a moment...</title></head><body>cf-chl</body></html>", "challenge"),
        (b'<?xml version="1.0"?><!DOCTYPE html PUBLIC "x" "y"><html xmlns="http://www.w3.org/1999/xhtml"/>', "html"),
        (b'{"error": "rate limit", "status": 429}', "json"),
        (b'[{"id": 1}]', "json"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "xml"),
        (b"<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><sitemap/></sitemapindex>", "xml"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "binary"),
        (b"\x1f\x8b\x08" + bytes(Random(1).randbytes(5000)), "binary"),
        (b"Service temporarily unavailable", "text"),
        (b"<rss><channel>" + b"<a>" * 200_000, "xml"),
    ],
)
def test_what_is_no_feed_says_what_it_is_and_keeps_a_sample(raw: bytes, reason: str) -> None:
    found = feedread.read(raw, address=ADDRESS, now=NOW)
    assert isinstance(found, NotAFeed)
    assert found.reason == reason
    assert found.sample == raw[:65_536]


def test_an_empty_feed_is_a_feed() -> None:
    assert page(rss()).entries == ()


def test_nothing_that_a_page_declares_is_expanded_or_fetched(tmp_path: object) -> None:
    laughs = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
    bomb = f'<!DOCTYPE r [<!ENTITY l0 "ha">{laughs}]>'.encode() + rss("<title>&l9;</title>")
    outside = b'<!DOCTYPE r [<!ENTITY f SYSTEM "file:///etc/hostname">]>' + rss("<title>a&f;b</title>")
    included = rss(
        '<title><xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/hostname"/></title>'
    )
    for raw in (bomb, outside, included):
        started = time.process_time()
        title = page(raw).entries[0].title or ""
        assert time.process_time() - started < 1
        assert len(title) < 10
        assert "\n" not in title


@pytest.mark.parametrize(
    "raw",
    [
        b"<rss><channel>" + b"<item><title>x</title></item>" * 100_000 + b"</channel></rss>",
        b"<rss><channel>" + b"<item><title>x & y</title></item>" * 100_000,
        rss("<description><![CDATA[" + "x &amp; <b>y</b> " * 400_000 + "]]></description>"),
        b"<rss " + b" ".join(b'a%d="1"' % n for n in range(50_000)) + b"><channel><item/></channel></rss>",
        b"<rss><channel><item><title>" + b"&#" * 200_000,
        b"<rss><channel><item><title>" + b"<!--" * 200_000,
        b"<rss><channel><item><title>" + b"<a " * 60_000,
    ],
    ids=["many entries", "many broken entries", "one huge entry", "attributes", "references", "comments", "open tags"],
)
def test_violent_pages_end_soon(raw: bytes) -> None:
    started = time.process_time()
    found = feedread.read(raw, address=ADDRESS, now=NOW)
    assert time.process_time() - started < 5
    if isinstance(found, FeedPage):
        assert len(found.entries) <= feedentries.ENTRIES
        assert all(len(e.content_html) <= feedentries.CONTENT for e in found.entries)


def test_links_become_absolute_and_nothing_but_http() -> None:
    links = [
        "/a",
        "b?x=1",
        "//other.example/c",
        "https://x.example/d",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "http://[bad",
        "",
    ]
    found = page(rss(*(f"<link>{one}</link>" for one in links)))
    assert [e.link for e in found.entries] == [
        f"{HOME}/a", f"{HOME}/b?x=1", "https://other.example/c", "https://x.example/d", None, None, None, None,
    ]  # fmt: skip


def test_a_guid_is_the_link_only_where_it_says_so_and_is_one() -> None:
    found = page(rss("<guid>https://x.example/1</guid>", '<guid isPermaLink="false">17</guid>', "<guid>17b</guid>"))
    assert [e.link for e in found.entries] == ["https://x.example/1", None, f"{HOME}/17b"]


def test_a_caption_is_not_the_article() -> None:
    for raw in (
        feedshapes.write("media", feedshapes.items(Random(1), 3)),
        FLAWS["document type"](feedshapes.write("media", feedshapes.items(Random(1), 3))),
    ):
        for entry in page(raw).entries:
            assert "caption" not in entry.content_text
            assert not entry.full


@pytest.mark.parametrize(
    ("raw", "published", "flag"),
    [
        ("Sun, 01 Mar 2026 10:30:00 GMT", "2026-03-01T10:30:00+00:00", None),
        ("1 Mar 2026 10:30 EST", "2026-03-01T10:30:00-05:00", None),
        ("Sun, 01 Mar 2026 10:30:00 +0530", "2026-03-01T10:30:00+05:30", None),
        ("2026-03-01T10:30:00.123Z", "2026-03-01T10:30:00+00:00", None),
        ("2026-03-01 10:30:00", "2026-03-01T10:30:00", None),
        ("2026-03-01", "2026-03-01", None),
        ("Sun, 01 Mar 2026 10:30:00 CET", "2026-03-01T10:30+01:00", None),
        ("Mon, 02 Mar 2026 11:00:00 GMT", "2026-03-02T11:00:00+00:00", None),
        ("Tue, 03 Mar 2026 11:00:00 GMT", None, "future"),
        ("9999-12-31T23:59:59Z", None, "future"),
        ("Thu, 01 Jan 1970 00:00:00 GMT", None, "absurd"),
        ("0001-01-01T00:00:00Z", None, "absurd"),
        ("yesterday", None, "unreadable"),
        ("32 Foo 2026", None, "unreadable"),
        ("", None, "none"),
    ],
)
def test_dates_are_as_precise_as_they_are_sent_and_never_made_up(
    raw: str, published: str | None, flag: str | None
) -> None:
    entry = page(rss(f"<title>x</title><pubDate>{raw}</pubDate>")).entries[0]
    assert (entry.published, entry.date_flag) == (published, flag)
    assert (entry.published_raw or "") == raw


@given(
    st.integers(662_688_000, 1_769_900_000).map(lambda s: datetime.fromtimestamp(s, UTC)),
    st.sampled_from(["+0000", "GMT", "-0700", "+0530", "Z", "EDT"]),
)
def test_the_quick_reading_of_dates_agrees_with_feedparser(at: datetime, zone: str) -> None:
    from feedparser.datetimes import _parse_date

    for raw in (
        f"{at:%a, %d %b %Y %H:%M:%S} {zone}",
        f"{at:%Y-%m-%dT%H:%M:%S}{'Z' if zone[0].isalpha() else zone[:3] + ':' + zone[3:]}",
    ):
        value, flag = feedtimes.read(raw, NOW)
        assert flag is None
        assert value is not None
        moment = datetime.fromisoformat(value).astimezone(UTC)
        assert moment.timetuple()[:6] == _parse_date(raw)[:6]


def test_a_feed_says_how_long_to_leave_it_alone() -> None:
    sy = ' xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"'
    period = "<sy:updatePeriod>{}</sy:updatePeriod><sy:updateFrequency>{}</sy:updateFrequency>"
    for head, hours in (
        ("<ttl>90</ttl>", 1.5),
        ("<ttl>90</ttl>" + period.format("daily", 2), 12),
        (period.format("hourly", "0.1"), 10),
        (period.format("always", 1), None),
        ("<ttl>soon</ttl>", None),
        ("<ttl>0</ttl>", None),
    ):
        asked = page(rss("<title>x</title>", head=head, attributes=sy)).asked
        assert asked == (None if hours is None else timedelta(hours=hours)), head


_PART = st.text("abcXYZ09-._~/%&=?+ ü#:@", max_size=12)


@given(
    st.sampled_from(["http://a.example/", "https://News.example:443/", "https://b-c.example/x/"]), _PART, st.booleans()
)
def test_the_short_way_to_a_normal_address_is_the_long_one(start: str, rest: str, tracked: bool) -> None:
    address = start + rest + ("?utm_source=rss&utm_medium=feed" if tracked else "")
    entry = feedentries.page(
        feedentries.Sheet(format="rss", sent=(feedentries.Sent(link=address),)), address=ADDRESS, now=NOW
    ).entries[0]
    if entry.link:
        assert entry.canonical == link.normal(entry.link)


def test_the_head_of_a_feed() -> None:
    found = page(
        feedshapes.write("atom", [Item(1, "t", "s", "b", "a", NOW)], Head(title="Post & Courier", language="de-AT"))
    )
    assert (found.format, found.title, found.language) == ("atom", "Post & Courier", "de-at")
    assert found.site == f"{HOME}/"


def test_row_of_comments_costs_no_more_than_other_bytes() -> None:
    began = time.process_time()
    result = feedread.read(b"<!---->" * 580 + b"<nothing>", address=ADDRESS, now=NOW)
    assert isinstance(result, NotAFeed)
    assert time.process_time() - began < 2
