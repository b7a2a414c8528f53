"""Write feeds as newsrooms do, in every format, sound and flawed. All outlets, people and words are invented.

`Item` is what a desk would publish, `write` puts items into a format, `FLAWS` spoil the result. The same seed gives
the same bytes.
"""

import html
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from random import Random
from xml.sax.saxutils import escape, quoteattr

HOME = "https://www.harbour-courier.example"
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
_WORDS = [
    "harbour",
    "council",
    "ferry",
    "minister",
    "said",
    "on",
    "the",
    "of",
    "a",
    "budget",
    "vote",
    "after",
    "talks",
    "in",
    "city",
    "which",
    "would",
    "not",
    "be",
    "for",
    "more",
    "than",
    "people",
    "water",
    "strike",
    "port",
    "officials",
    "told",
    "reporters",
    "that",
    "new",
    "bridge",
    "works",
    "begin",
    "next",
    "week",
    "while",
    "residents",
    "asked",
    "why",
    "plans",
    "had",
    "been",
    "kept",
    "from",
    "them",
    "until",
    "Thursday",
    "morning",
    "and",
    "whether",
    "trains",
    "to",
    "Marlow",
    "will",
    "run",
    "again",
    "before",
    "spring",
]
_ACCENTS = ("Zürich", "Łódź", "naïve", "São Jorge", "“stalled”", "it’s", "–", "Ωmega", "Пётр", "東京", "AT&T", "a < b")
_PEOPLE = ("Ann Lee", "Björn Åkesson", "M. Okafor", "Dilara Şen", "J.-P. Roux", "Kate O'Brien")
FORMATS = ("rss2", "wordpress", "rss091", "rdf", "atom", "atom-xhtml", "media", "json", "sitemap")


@dataclass(frozen=True)
class Item:
    """One article of an invented outlet."""

    number: int
    title: str
    summary: str
    body: str
    author: str
    at: datetime
    guid: str | None = None
    link: str | None = None

    @property
    def address(self) -> str:
        if self.link is not None:
            return self.link
        return f"{HOME}/news/{self.at:%Y/%m}/{self.number}-story" + ("" if self.number % 3 else "?utm_source=rss&p=1")

    @property
    def id(self) -> str:
        return self.guid if self.guid is not None else f"tag:harbour-courier.example,2026:{self.number}"


@dataclass(frozen=True)
class Head:
    """What a feed says of itself."""

    title: str = "Harbour Courier & Post"
    language: str = "en-gb"
    extra: str = ""
    namespaces: str = field(default="")


def prose(rng: Random, words: int) -> str:
    """Invent a paragraph, with the characters that break things."""
    picked = [rng.choice(_ACCENTS) if rng.random() < 0.04 else rng.choice(_WORDS) for _ in range(words)]
    return " ".join(picked).capitalize() + "."


def _marked(rng: Random, text: str) -> str:
    """Put a link or emphasis on a word, as editors do."""
    words = text.split(" ")
    at = rng.randrange(len(words))
    name = rng.choice(("em", "strong", f'a href="{HOME}/topics/{at}?ref=body" rel="noopener" class="link"'))
    words[at] = f"<{name}>{words[at]}</{name.split()[0]}>"
    return " ".join(words)


def items(rng: Random, count: int, *, words: int = 300, newest: datetime = NOW) -> list[Item]:
    """Invent articles, newest first."""
    made, at = [], newest
    for n in range(count):
        at -= timedelta(minutes=rng.randint(2, 240))
        paragraphs = [prose(rng, rng.randint(20, 60)) for _ in range(max(1, words // 40))]
        body = "".join(f"<p>{_marked(rng, html.escape(p, quote=False))}</p>" for p in paragraphs)
        if rng.random() < 0.5:
            body = (
                '<figure class="wp-block-image size-large"><img src="/i.jpg?a=1&amp;b=2" alt="" width="1024"/>'
                f"<figcaption>{html.escape(prose(rng, 6))}</figcaption></figure>{body}"
            )
        made.append(Item(1000 + count - n, prose(rng, 8)[:-1], prose(rng, 25), body, rng.choice(_PEOPLE), at))
    return made


def write(kind: str, things: Sequence[Item], head: Head = Head()) -> bytes:
    """Write a feed in one of `FORMATS`."""
    return _WRITERS[kind](things, head).encode()


def _cdata(text: str) -> str:
    return f"<![CDATA[{text}]]>"


def _teaser(i: Item) -> str:
    """A summary as publishing systems write it."""
    more = f'<a href="{html.escape(i.address)}" class="more-link">Continue reading</a>'
    return f'<p>{html.escape(i.summary, quote=False)}</p>\n<p>{more} at <a href="{HOME}">Harbour Courier</a>.</p>'


def _rss2(things: Sequence[Item], head: Head) -> str:
    entries = "".join(
        f"<item><title>{escape(i.title)}</title><link>{escape(i.address)}</link>"
        f"<description>{escape(_teaser(i))}</description>"
        f"<pubDate>{format_datetime(i.at, usegmt=True)}</pubDate>"
        f'<guid isPermaLink="false">{escape(i.id)}</guid></item>\n'
        for i in things
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"'
        f"{head.namespaces}><channel><title>{escape(head.title)}</title><link>{HOME}/</link>"
        f'<atom:link href="{HOME}/feed" rel="self" type="application/rss+xml"/><description>News</description>'
        f"<language>{head.language}</language>{head.extra}"
        f"<image><url>{HOME}/logo.png</url><title>Logo</title><link>{HOME}</link></image>\n{entries}</channel></rss>"
    )


def _wordpress(things: Sequence[Item], head: Head) -> str:
    entries = "".join(
        f"<item>\n\t<title>{escape(i.title)}</title>\n\t<link>{escape(i.address)}</link>\n"
        f"\t<comments>{escape(i.address)}#respond</comments>\n\t<dc:creator>{_cdata(i.author)}</dc:creator>\n"
        f"\t<pubDate>{i.at:%a, %d %b %Y %H:%M:%S} +0000</pubDate>\n\t<category>{_cdata('News')}</category>\n"
        f'\t<guid isPermaLink="false">{HOME}/?p={i.number}</guid>\n'
        f"\t<description>{_cdata(_teaser(i))}</description>\n"
        f"\t<content:encoded>{_cdata(i.body)}</content:encoded>\n"
        f"\t<wfw:commentRss>{HOME}/{i.number}/feed</wfw:commentRss><slash:comments>3</slash:comments>\n</item>\n"
        for i in things
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"\n'
        '\txmlns:content="http://purl.org/rss/1.0/modules/content/"\n\txmlns:wfw="http://wellformedweb.org/CommentAPI/"\n'
        '\txmlns:dc="http://purl.org/dc/elements/1.1/"\n\txmlns:atom="http://www.w3.org/2005/Atom"\n'
        '\txmlns:sy="http://purl.org/rss/1.0/modules/syndication/"\n'
        f'\txmlns:slash="http://purl.org/rss/1.0/modules/slash/"{head.namespaces}>\n<channel>\n'
        f"<title>{escape(head.title)}</title><link>{HOME}</link><description></description>"
        f"<lastBuildDate>Sun, 01 Mar 2026 11:59:00 +0000</lastBuildDate><language>{head.language}</language>"
        f"<sy:updatePeriod>\n\thourly\t</sy:updatePeriod><sy:updateFrequency>1</sy:updateFrequency>{head.extra}"
        f"<generator>press 6.1</generator>\n{entries}</channel></rss>"
    )


def _rss091(things: Sequence[Item], head: Head) -> str:
    entries = "".join(
        f"<item><title>{escape(i.title)}</title><link>{escape(i.address)}</link>"
        f"<description>{escape(i.summary)}</description></item>"
        for i in things
    )
    return (
        f'<?xml version="1.0"?><rss version="0.91"{head.namespaces}><channel><title>{escape(head.title)}</title>'
        f"<link>{HOME}</link><language>{head.language}</language>{head.extra}{entries}</channel></rss>"
    )


def _rdf(things: Sequence[Item], head: Head) -> str:
    order = "".join(f"<rdf:li rdf:resource={quoteattr(i.address)}/>" for i in things)
    entries = "".join(
        f"<item rdf:about={quoteattr(i.address)}><title>{escape(i.title)}</title><link>{escape(i.address)}</link>"
        f"<description>{escape(html.escape(i.summary))}</description><dc:creator>{escape(i.author)}</dc:creator>"
        f"<dc:date>{i.at:%Y-%m-%dT%H:%M:%S}+00:00</dc:date></item>"
        for i in things
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
        f' xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"{head.namespaces}>'
        f'<channel rdf:about="{HOME}"><title>{escape(head.title)}</title><link>{HOME}</link><description/>'
        f"<dc:language>{head.language}</dc:language>{head.extra}<items><rdf:Seq>{order}</rdf:Seq></items></channel>"
        f"{entries}</rdf:RDF>"
    )


def _atom(things: Sequence[Item], head: Head, *, xhtml: bool = False) -> str:
    def content(i: Item) -> str:
        if xhtml:
            return f'<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">{i.body}</div></content>'
        return f'<content type="html">{escape(i.body)}</content>'

    entries = "".join(
        f'<entry><id>{escape(i.id)}</id><title type="text">{escape(i.title)}</title>'
        f'<link rel="alternate" type="text/html" href={quoteattr(i.address)}/>'
        f'<link rel="enclosure" type="image/jpeg" href="{HOME}/{i.number}.jpg"/>'
        f"<published>{i.at:%Y-%m-%dT%H:%M:%SZ}</published><updated>{i.at:%Y-%m-%dT%H:%M:%S}.120+00:00</updated>"
        f"<author><name>{escape(i.author)}</name><email>desk@harbour-courier.example</email></author>"
        f"<summary>{escape(i.summary)}</summary>{content(i)}</entry>"
        for i in things
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{head.language}"'
        f"{head.namespaces}><id>tag:harbour-courier.example,2026:feed</id><title>{escape(head.title)}</title>"
        f'<link href="{HOME}/"/><link rel="self" href="{HOME}/atom.xml"/><link rel="hub" href="{HOME}/hub"/>'
        f"<updated>2026-03-01T11:59:00Z</updated>{head.extra}{entries}</feed>"
    )


def _media(things: Sequence[Item], head: Head) -> str:
    plain = _rss2(things, Head(head.title, head.language, head.extra, ' xmlns:media="http://search.yahoo.com/mrss/"'))
    words = prose(Random(1), 60).replace("&", "&amp;").replace("<", "&lt;")
    picture = (
        f'<media:content url="{HOME}/p.jpg" width="460"><media:credit scheme="urn:ebu">Lens Ltd</media:credit>'
        "<media:description>A ferry, with a caption that is longer than any summary could ever be, so that whoever "
        f"takes the longest text takes this one. {words}</media:description></media:content>"
    )
    return plain.replace("</item>", f"{picture}</item>")


def _json(things: Sequence[Item], head: Head) -> str:
    return json.dumps({
        "version": "https://jsonfeed.org/version/1.1", "title": head.title, "home_page_url": HOME,
        "language": head.language,
        "items": [
            {"id": i.id, "url": i.address, "title": i.title, "content_html": i.body, "summary": i.summary,
             "date_published": i.at.isoformat(), "authors": [{"name": i.author}]}
            for i in things
        ],
    })  # fmt: skip


def _sitemap(things: Sequence[Item], head: Head) -> str:
    entries = "".join(
        f"<url><loc>{escape(i.address)}</loc><news:news><news:publication><news:name>{escape(head.title)}</news:name>"
        f"<news:language>en</news:language></news:publication><news:publication_date>{i.at.isoformat()}"
        f"</news:publication_date><news:title>{escape(i.title)}</news:title></news:news></url>"
        for i in things
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
        f' xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">{entries}</urlset>'
    )


_WRITERS: dict[str, Callable[[Sequence[Item], Head], str]] = {
    "rss2": _rss2, "wordpress": _wordpress, "rss091": _rss091, "rdf": _rdf, "atom": _atom, "media": _media,
    "atom-xhtml": lambda things, head: _atom(things, head, xhtml=True), "json": _json, "sitemap": _sitemap,
}  # fmt: skip


FLAWS: dict[str, Callable[[bytes], bytes]] = {
    "bare ampersand": lambda b: b.replace(b"&amp;", b"&"),
    "undefined entity": lambda b: b.replace(b" the ", b"&nbsp;the&hellip; "),
    "said utf-8, is cp1252": lambda b: b.decode().encode("cp1252", "ignore"),
    "said latin-1, is utf-8": lambda b: b.replace(b"UTF-8", b"ISO-8859-1").replace(b"utf-8", b"ISO-8859-1"),
    "one pasted byte": lambda b: b.replace(b" the ", b" the\x92s ", 1),
    "utf-16": lambda b: b.decode().replace("UTF-8", "UTF-16").replace("utf-8", "UTF-16").encode("utf-16"),
    "junk before": lambda b: b"\n<br />\nWarning: cannot modify header in feed.php on line 3\n" + b,
    "mark before": lambda b: b"\xef\xbb\xbf" + b,
    "cut": lambda b: b[: len(b) * 2 // 3],
    "control character": lambda b: b.replace(b" of ", b" o\x0bf\x00 "),
    "encoded twice": lambda b: b.replace("ü".encode(), "Ã¼".encode()),
    "document type": lambda b: b.replace(b"?>", b'?><!DOCTYPE rss [<!ENTITY ok "fine">]>', 1),
    "base": lambda b: b.replace(b"<channel", f'<channel xml:base="{HOME}/sub/"'.encode(), 1),
}
"""Ways in which a sound feed goes wrong."""
