# ruff: noqa: E501 - a line of the tables is one input
"""What no desk should be sent, and every desk gets: inputs that break, flood, hang or deceive, made when asked for.

Each is a name, a function that makes its bytes, and the states in which its documents must end: `filed`, `seen`, or a
reason word. The states were first written down from what each input is and from the README's reasons, without looking
at the code's answer, and then held against it: where they differed, one of the two was mended. None is kept as a file;
the largest is 50 MB.
"""

import base64
import bz2
import gzip
import io
import itertools
import json
import lzma
import random
import struct
import tarfile
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

PROSE = "The harbour council of Port Ansel agreed on Tuesday to keep the old ferry for another winter, its chair said. "
SAID = "“We would rather paint her than sell her,” said Ilka Sarovin, who chairs the council, on 3 March 2026. "
WIRES = Path(__file__).parent / "data" / "wires"
MEGABYTE = 1_000_000
_NUMBERS = itertools.count()


@dataclass(frozen=True, slots=True)
class Bad:
    """One input. `ends` names all states of its documents, in alphabetical order; `hard` takes seconds.

    Where the machine decides (how fast, how large), "|" stands between what may come.
    """

    name: str
    make: Callable[[], bytes]
    ends: str
    hard: bool = False


def fresh() -> str:
    """Give a few sentences that no other document has, so that none counts as seen."""
    word = "".join("bdfgklmnpr"[int(d)] + "aeiouaeiou"[int(d)] for d in f"{next(_NUMBERS):05}")
    return f"The {word} pier of Port Ansel lost its {word} roof on Monday, and {word} boats sail from the {word} quay. {PROSE}"


def page(body: str, head: str = "", attributes: str = "") -> bytes:
    """Give a page that is an article but for what is put into it."""
    told = f"<h1>Ferry stays another winter</h1><p>{fresh()}</p><p>{SAID}</p>"
    return (
        f"<html{attributes}><head><title>Ferry stays another winter</title>{head}</head>"
        f"<body><article>{told}{body}<p>{PROSE}</p></article></body></html>"
    ).encode("utf-8", "surrogatepass")


def text(body: str) -> bytes:
    """Give a plain text that is an article but for what stands at its end."""
    return f"Ferry stays another winter\n\n{fresh()}\n\n{SAID}\n\n{body}\n".encode("utf-8", "surrogatepass")


def record(**fields: object) -> bytes:
    """Give an article record."""
    return json.dumps({"headline": "Ferry stays", "articleBody": fresh() + SAID} | fields).encode()


def zipped(files: Iterable[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Give a zip archive; names are kept as they are."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive, warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Duplicate name", UserWarning)
        for name, raw in files:
            archive.writestr(zipfile.ZipInfo(name), raw, method)
    return out.getvalue()


def tarred(*members: tuple[str, bytes, bytes, str], mode: str = "w") -> bytes:
    """Give a tar archive of (name, type, content, what it links to)."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name, kind, raw, target in members:
            info = tarfile.TarInfo(name)
            info.type, info.size, info.linkname = kind, len(raw), target
            archive.addfile(info, io.BytesIO(raw))
    return out.getvalue()


def overlapping(files: int = 4000) -> bytes:
    """Give a zip archive whose every file is the same megabyte of bytes (the method of Fifield, WOOT 2019, plainly)."""
    packed = zlib.compress(PROSE.encode() * 4000, 9)[2:-4]
    whole = PROSE.encode() * 4000
    facts = struct.pack("<HHHHHLLLHH", 20, 0, 8, 0, 0, zlib.crc32(whole), len(packed), len(whole), 1, 0)
    local = b"PK\x03\x04" + facts + b"a" + packed
    listed = b"".join(
        b"PK\x01\x02" + struct.pack("<H", 20) + facts[:-4] + struct.pack("<HHHHHLL", 8, 0, 0, 0, 0, 0, 0) + b"%08d" % n
        for n in range(files)
    )
    end = struct.pack("<HHHHLLH", 0, 0, files, files, len(listed), len(local), 0)
    return local + listed + b"PK\x05\x06" + end


def nested_zip(levels: int, wide: int) -> bytes:
    """Give an archive of archives of archives: `wide` at each level."""
    raw = zipped([("a.txt", b"word " * 200_000)])
    for _ in range(levels):
        raw = zipped([(f"{n}.zip", raw) for n in range(wide)])
    return raw


def itself() -> bytes:
    """Give a gzip file inside a gzip file, forty deep."""
    raw = fresh().encode()
    for _ in range(40):
        raw = gzip.compress(raw)
    return raw


def zeros(megabytes: int) -> bytes:
    """Give so many megabytes of zeros, packed with gzip; one megabyte is packed, and said again and again."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    head = packer.compress(bytes(MEGABYTE)) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(bytes(MEGABYTE)) + packer.flush(zlib.Z_FULL_FLUSH)
    return head + block * (megabytes - 1) + packer.flush()


def pdf(*objects: bytes, trailer: bytes = b"") -> bytes:
    """Give a PDF of these objects, the first of which is its catalogue."""
    out, places = b"%PDF-1.7\n", []
    for n, one in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n" % n + one + b"\nendobj\n"
    table = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    table += b"".join(b"%010d 00000 n \n" % place for place in places)
    ends = b"trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, len(out))
    return out + table + ends


def stream(raw: bytes, says: bytes = b"") -> bytes:
    """Give a stream of a PDF."""
    return b"<< /Length %d %s >>\nstream\n" % (len(raw), says) + raw + b"\nendstream"


_CATALOGUE = b"<< /Type /Catalog /Pages 2 0 R >>"
_FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"


def printed(content: bytes, says: bytes = b"", pages: int = 1) -> bytes:
    """Give a PDF each of whose pages is drawn by the same stream."""
    kids = b" ".join(b"%d 0 R" % (n + 5) for n in range(pages))
    leaf = (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Resources << /Font << /F 3 0 R >> >> /Contents 4 0 R >>"
    )
    tree = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (pages, kids)
    return pdf(_CATALOGUE, tree, _FONT, stream(content, says), *[leaf] * pages)


def mail(body: bytes, *heads: str) -> bytes:
    """Give a message."""
    above = ("From: Ida Holm <ida@quay.example>", "Subject: Ferry stays", "MIME-Version: 1.0", *heads)
    return "\r\n".join(above).encode() + b"\r\n\r\n" + body


def multipart(levels: int) -> bytes:
    """Give a message with parts in parts in parts."""
    out = mail(b"", 'Content-Type: multipart/mixed; boundary="b0"')
    for n in range(levels):
        out += f'--b{n}\r\nContent-Type: multipart/mixed; boundary="b{n + 1}"\r\n\r\n'.encode()
    return out + f"--b{levels}\r\nContent-Type: text/plain\r\n\r\n{PROSE * 3}\r\n".encode()


def many_parts(count: int) -> bytes:
    """Give a message with so many attachments."""
    part = f'--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename="a.txt"\r\n\r\n{PROSE}\r\n'
    return mail((part * count + "--b--\r\n").encode(), 'Content-Type: multipart/mixed; boundary="b"')


def forwarded(levels: int) -> bytes:
    """Give a message that holds a message that holds a message."""
    out = mail(fresh().encode(), "Content-Type: text/plain")
    for _ in range(levels):
        out = mail(out, "Content-Type: message/rfc822")
    return out


def rss(items: str, doctype: str = "", head: str = "") -> bytes:
    """Give a feed."""
    space = 'xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    return (
        f'<?xml version="1.0"?>{doctype}<rss version="2.0" {space}><channel><title>The Quay</title>{head}'
        f"<link>http://quay.example/</link>{items}</channel></rss>"
    ).encode()


def entry(n: int, body: str) -> str:
    """Give an entry of a feed that brings its text."""
    whole = f"<content:encoded><![CDATA[<p>{body}</p>]]></content:encoded>"
    return f"<item><title>Ferry {n}</title><link>http://quay.example/{n}</link>{whole}</item>"


def nitf(body: str, doctype: str = "") -> bytes:
    """Give a news item."""
    return (
        f'<?xml version="1.0"?>{doctype}<nitf><head><docdata><doc-id id-string="q1"/></docdata></head><body><body.head>'
        f"<hedline><hl1>Ferry stays</hl1></hedline></body.head><body.content>{body}</body.content></body></nitf>"
    ).encode("utf-8", "surrogatepass")


def laughs(root: str = "nitf") -> str:
    """Give a DOCTYPE whose entity l9 would be a thousand million laughs."""
    nested = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return f'<!DOCTYPE {root} [<!ENTITY l0 "ha">{nested}]>'


def external(root: str = "nitf") -> str:
    """Give a DOCTYPE that reaches for files and addresses in every way there is."""
    return (
        f'<!DOCTYPE {root} SYSTEM "http://127.0.0.1:9/n.dtd" [<!ENTITY secret SYSTEM "file:///etc/passwd">'
        '<!ENTITY % outer SYSTEM "http://127.0.0.1:9/p.dtd"> %outer;<!ENTITY net SYSTEM "http://127.0.0.1:9/e">]>'
    )


def parameters(root: str = "nitf") -> str:
    """Give a DOCTYPE that blows up in parameter entities."""
    nested = "".join(f'<!ENTITY % p{n} "{f"&#37;p{n - 1};" * 10}">' for n in range(1, 10))
    return f'<!DOCTYPE {root} [<!ENTITY % p0 "<!--ha-->">{nested}%p9;]>'


def warc(kind: str, url: str, block: bytes, length: int | None = None) -> bytes:
    """Give a record of a web archive, which may lie about its length."""
    size = len(block) if length is None else length
    head = f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {url}\r\nWARC-Record-ID: <urn:uuid:{abs(size)}>\r\n"
    head += f"WARC-Date: 2026-03-10T10:00:00Z\r\nContent-Type: application/http; msgtype=response\r\nContent-Length: {size}\r\n\r\n"
    return head.encode("utf-8", "surrogatepass") + block + b"\r\n\r\n"


def answer(body: bytes, more: str = "") -> bytes:
    """Give an answer of a web server."""
    return f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n{more}\r\n".encode() + body


def newsml_g2(items: str, doctype: str = "") -> bytes:
    """Give a message of an agency."""
    space = 'xmlns="http://iptc.org/std/nar/2006-10-01/"'
    return f'<?xml version="1.0"?>{doctype}<newsMessage {space}><itemSet>{items}</itemSet></newsMessage>'.encode()


def newsml_1(body: str, doctype: str = "") -> bytes:
    """Give a news item of the older kind."""
    inner = f"<ContentItem><DataContent>{body}</DataContent></ContentItem>"
    return f'<?xml version="1.0"?>{doctype}<NewsML><NewsItem><NewsComponent>{inner}</NewsComponent></NewsItem></NewsML>'.encode()


def iptc(body: bytes, head: bytes = b"abc0001 3 pol 250") -> bytes:
    """Give a message as teleprinters sent it."""
    return b"\x01" + head + b"\r\n\x02Ferry stays another winter\r\n\r\n" + body + b"\r\n\x03101200 mar 26\r\n\x04"


def names(count: int) -> str:
    """Give so many capitalised names, no two alike."""
    drawn = random.Random(7)
    parts = [
        "".join(drawn.choice("bdfgklmnprst") + drawn.choice("aeiou") for _ in range(3)).title() for _ in range(900)
    ]
    return " ".join(f"{drawn.choice(parts)} {drawn.choice(parts)} spoke." for _ in range(count))


def many_people(count: int) -> str:
    """Give so many people of one family, each quoted once."""
    drawn = random.Random(7)
    firsts = [
        "".join(drawn.choice("bdfgklmnprst") + drawn.choice("aeiou") for _ in range(3)).title() for _ in range(count)
    ]
    return " ".join(f"“We sail at {n} with the tide,” said {first} Sarovin." for n, first in enumerate(firsts))


def wire(name: str) -> bytes:
    """Give a sound sample of the formats."""
    return (WIRES / name).read_bytes()


def _pages() -> list[Bad]:
    return [
        Bad("attributes.html", lambda: page("<p " + " ".join(f'a{n}="b"' for n in range(100_000)) + ">x</p>"), "filed"),
        Bad("attributes-one-name.html", lambda: page("<p " + 'a="b" ' * 200_000 + ">x</p>"), "filed", hard=True),
        Bad("data-attributes-html.html", lambda: page("", attributes="".join(f" data-{n}" for n in range(100_000))), "filed", hard=True),
        Bad("breaks.html", lambda: page("word<br>" * 500_000), "too-big", hard=True),
        Bad("breaks-50k.html", lambda: page("word<br>" * 50_000), "filed", hard=True),
        Bad("50-megabytes.html", lambda: page(f"<p>{PROSE}</p>\n" * (49 * MEGABYTE // 120)), "too-big", hard=True),
        Bad("ten-megabytes.html", lambda: page(f"<p>{PROSE}</p>\n" * (10 * MEGABYTE // 120)), "too-big", hard=True),
        Bad("one-paragraph-5-megabytes.html", lambda: page(f"<p>{PROSE * 45_000}</p>"), "filed", hard=True),
        Bad("links-200k.html", lambda: page("".join(f'<a href="/{n}">ferry {n}</a> ' for n in range(200_000))), "too-big", hard=True),
        Bad("unclosed-300k.html", lambda: page("<b><p>" * 300_000), "too-big", hard=True),
        Bad("paragraphs-100k.html", lambda: page("<p>It rained at the harbour.</p>" * 100_000), "too-big"),
        Bad("table-50k.html", lambda: page("<table>" + "<tr><td>ferry</td><td>12</td></tr>" * 50_000 + "</table>"), "too-big", hard=True),
        Bad("nested-div-300k.html", lambda: page("<div>" * 300_000 + PROSE + "</div>" * 300_000), "too-big", hard=True),
        Bad("nested-div-5k.html", lambda: page("<div>" * 5_000 + PROSE + "</div>" * 5_000), "filed"),
        Bad("nested-mixed-20k.html", lambda: page("<div><em><span><q><table><tr><td>" * 20_000 + PROSE), "too-big"),
        Bad("nested-table-2k.html", lambda: page("<table><tr><td>" * 2_000 + PROSE), "filed", hard=True),
        Bad("nested-inline-100k.html", lambda: page("<i>" * 100_000 + PROSE), "too-big", hard=True),
        Bad("nested-blockquote-10k.html", lambda: page("<blockquote>" * 10_000 + PROSE), "filed"),
        Bad("nested-list-10k.html", lambda: page("<ul><li>" * 10_000 + PROSE), "filed"),
        Bad("nested-unknown-50k.html", lambda: page("<x-a>" * 50_000 + PROSE), "filed", hard=True),
        Bad("comments.html", lambda: page("<!--" * 300_000 + "-->"), "too-big", hard=True),
        Bad("open-comment.html", lambda: page("<!-- " + "x" * MEGABYTE), "filed"),
        Bad("less-than.html", lambda: page("<" * MEGABYTE), "too-big", hard=True),
        Bad("less-than-letters.html", lambda: page("<a" * 500_000), "too-big", hard=True),
        Bad("open-quote.html", lambda: page('<a href="' + "x" * MEGABYTE), "filed", hard=True),
        Bad("ampersands.html", lambda: page("&" * MEGABYTE), "filed", hard=True),
        Bad("entities.html", lambda: page("&#x41;&amp;&nbsp;" * 100_000), "filed", hard=True),
        Bad("entities-out-of-range.html", lambda: page("&#0;&#xD800;&#x110000;&#99999999999999999999;&#x1F;" * 2_000), "filed"),
        Bad("metas-50k.html", lambda: page("", '<meta name="author" content="Ida Holm">' * 50_000), "filed", hard=True),
        Bad("authors-20k.html", lambda: page("", "".join(f'<meta name="author" content="Ida{n} Holm">' for n in range(20_000))), "filed", hard=True),
        Bad("title-1mb.html", lambda: page("", f"<title>{'Ferry ' * 170_000}</title>").replace(b"<title>Ferry stays another winter</title>", b""), "filed", hard=True),
        Bad("h1-1mb.html", lambda: page(f"<h1>{'Ferry ' * 170_000}</h1>"), "filed", hard=True),
        Bad("meta-title-1mb-word.html", lambda: page("", f'<meta property="og:title" content="{"F" * MEGABYTE}">'), "filed", hard=True),
        Bad("canonical-1mb.html", lambda: page("", f'<link rel="canonical" href="http://quay.example/{"a" * MEGABYTE}">'), "filed", hard=True),
        Bad("canonical-odd.html", lambda: page("", '<link rel="canonical" href="http://[::1%25eth0]:99999999/\ud800\x00">'), "filed"),
        Bad("date-meta-odd.html", lambda: page("", '<meta property="article:published_time" content="99999-99-99T99:99:99+99:99">'), "filed", hard=True),
        Bad("date-meta-1mb.html", lambda: page("", f'<meta property="article:published_time" content="{"2026-" * 200_000}">'), "filed", hard=True),
        Bad("date-meta-year-0.html", lambda: page("", '<meta property="article:published_time" content="0000-01-01T00:00:00Z">'), "filed", hard=True),
        Bad("date-meta-year-1.html", lambda: page("", '<meta property="article:published_time" content="0001-01-01T00:00:00+14:00">'), "filed", hard=True),
        Bad("date-meta-year-9999.html", lambda: page("", '<meta property="article:published_time" content="9999-12-31T23:59:59-14:00">'), "filed"),
        Bad("json-ld-deep.html", lambda: page("", f'<script type="application/ld+json">{"[" * 100_000}</script>'), "filed"),
        Bad("json-ld-deep-objects.html", lambda: page("", '<script type="application/ld+json">' + '{"@graph":' * 100_000 + "1" + "}" * 100_000 + "</script>"), "filed", hard=True),
        Bad("json-ld-deep-but-readable.html", lambda: page("", '<script type="application/ld+json">' + '{"@graph":[' * 400 + "1" + "]}" * 400 + "</script>"), "filed", hard=True),
        Bad("json-ld-huge-number.html", lambda: page("", f'<script type="application/ld+json">{{"@type":"NewsArticle","datePublished":{"9" * 100_000}}}</script>'), "filed"),
        Bad("json-ld-20k-scripts.html", lambda: page("", '<script type="application/ld+json">{"@type":"NewsArticle","author":"x"}</script>' * 20_000), "filed", hard=True),
        Bad("json-ld-graph-50k.html", lambda: page("", '<script type="application/ld+json">{"@graph":[' + '{"@type":"NewsArticle","author":{"name":"Ida Holm"}},' * 50_000 + "1]}</script>"), "filed", hard=True),
        Bad("json-ld-braces.html", lambda: page("", f'<script type="application/ld+json">{"{" * 500_000}</script>'), "filed", hard=True),
        Bad("classes-1mb.html", lambda: page(f'<div class="{"article body story " * 60_000}">{PROSE}</div>'), "filed", hard=True),
        Bad("classes-20k-different.html", lambda: page("".join(f'<p class="c{n}">It rained {n} times at the harbour.</p>' for n in range(20_000))), "filed", hard=True),
        Bad("style-1mb.html", lambda: page(f'<p style="{"a:b;" * 250_000}">x</p><style>{"{" * 300_000}</style>'), "filed", hard=True),
        Bad("base64-image-5mb.html", lambda: page(f'<img src="data:image/png;base64,{"A" * 5 * MEGABYTE}">'), "filed", hard=True),
        Bad("svg-mathml.html", lambda: page("<svg><math><foreignObject><annotation-xml>" * 5_000), "filed"),
        Bad("template-select.html", lambda: page("<template><select><option><frameset><noscript><plaintext>" * 3_000), "filed", hard=True),
        Bad("doctype-bomb.html", lambda: laughs("html").encode() + page("<p>&l9;&l9;</p>"), "filed"),
        Bad("xhtml-external.html", lambda: b'<?xml version="1.0"?>' + external("html").encode() + page("<p>&secret;&net;</p>", attributes=' xmlns="http://www.w3.org/1999/xhtml"'), "filed"),
        Bad("xinclude.html", lambda: page('<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="/etc/passwd" parse="text"/>'), "filed"),
        Bad("frames.html", lambda: page('<iframe src="file:///etc/passwd"></iframe><object data="http://127.0.0.1:9/"></object><embed src="//127.0.0.1:9/">'), "filed"),
        Bad("truncated.html", lambda: page("")[:-60], "filed"),
        Bad("two-articles.html", lambda: page("") + page(""), "filed", hard=True),
        Bad("png.html", lambda: b"\x89PNG\r\n\x1a\n" + random.Random(1).randbytes(200_000), "not-text"),
        Bad("noise-2mb.html", lambda: random.Random(2).randbytes(2 * MEGABYTE), "not-text"),
        Bad("cookie-wall.html", lambda: b"<html><body><h1>Before you continue</h1><p>We and our partners use cookies. Accept all cookies to continue.</p></body></html>", "cookie-wall", hard=True),
        Bad("script-only.html", lambda: b"<html><body><noscript>Please enable JavaScript to view this page.</noscript><div id=root></div><script src=a.js></script></body></html>", "needs-javascript"),
        Bad("no-article.html", lambda: b"<html><body></body></html>", "no-article"),
        Bad("deep-and-wide.html", lambda: page(("<div>" * 200 + "x" + "</div>" * 200) * 500), "too-big", hard=True),
        Bad("figures-20k.html", lambda: page("<figure><img src=x><figcaption>Photo: Ida Holm</figcaption></figure>" * 20_000), "too-big", hard=True),
        Bad("bylines-10k.html", lambda: page("<p class=byline>By Ida Holm and Jonas Pellarin and Pia Torrent</p>" * 10_000), "filed", hard=True),
        Bad("times-20k.html", lambda: page("<time datetime='2026-03-01T10:00'>1 March 2026</time> " * 20_000), "filed", hard=True),
        Bad("spaces-5mb.html", lambda: page("<p>" + " " * 5 * MEGABYTE + "</p>"), "filed", hard=True),
        Bad("tabs-and-tags.html", lambda: page(("<p>" + "\t" * 1000) * 2000), "filed", hard=True),
    ]  # fmt: skip


def _texts() -> list[Bad]:
    return [
        Bad("empty.txt", lambda: b"", "empty"),
        Bad("blank.txt", lambda: b" \r\n\t\x0c" * 5_000, "empty"),
        Bad("one-byte.txt", lambda: b"x", "too-short"),
        Bad("mark-only.txt", lambda: b"\xef\xbb\xbf", "empty"),
        Bad("wide-mark-only.txt", lambda: b"\xff\xfe", "empty"),
        Bad("nul.txt", lambda: bytes(500_000), "empty"),
        Bad("nul-in-text.txt", lambda: text("a\x00b\x00c " * 200), "not-text"),
        Bad("controls.txt", lambda: text("".join(map(chr, range(32))) + PROSE * 20), "filed"),
        Bad("controls-only.txt", lambda: bytes(range(1, 9)) * 20_000, "not-text", hard=True),
        Bad("c1-controls.txt", lambda: text("".join(map(chr, range(0x80, 0xA0))) * 100), "filed"),
        Bad("escape-sequences.txt", lambda: text("\x1b[31mred\x1b]0;title\x07" * 2_000), "not-text"),
        Bad("cp1252-as-utf8.txt", lambda: text("Wie der Rat für Häfen sagte, fährt die Fähre weiter. " * 5).decode().encode("cp1252", "replace"), "filed"),
        Bad("two-charsets.txt", lambda: text("für Häfen ") + "für Häfen mitteilte".encode("cp1252"), "filed", hard=True),
        Bad("utf16-no-mark.txt", lambda: text("").decode().encode("utf-16-le"), "filed"),
        Bad("utf16-be-no-mark.txt", lambda: text("").decode().encode("utf-16-be"), "filed", hard=True),
        Bad("utf16-odd-length.txt", lambda: text("").decode().encode("utf-16")[:-1], "filed", hard=True),
        Bad("utf32.txt", lambda: text("").decode().encode("utf-32"), "filed"),
        Bad("utf16-lone-surrogates.txt", lambda: b"\xff\xfe" + (PROSE * 3).encode("utf-16-le") + b"\x00\xd8" * 500, "not-text"),
        Bad("utf8-surrogates.txt", lambda: text("\ud800\udfff" * 1_000), "filed"),
        Bad("utf8-overlong.txt", lambda: text(PROSE) + b"\xc0\x80\xe0\x80\xaf\xf8\x88\x80\x80\x80" * 200, "filed", hard=True),
        Bad("utf7.txt", lambda: fresh().encode() + b"+ADw-script+AD4-alert(1)+ADw-/script+AD4-", "filed"),
        Bad("declares-rot13.html", lambda: page("<p>für</p>", "<meta charset=rot13>").decode().encode("cp1252", "replace"), "filed", hard=True),
        Bad("declares-zlib.html", lambda: page("<p>für</p>", "<meta charset=zlib_codec>").decode().encode("cp1252", "replace"), "filed"),
        Bad("declares-idna.html", lambda: page("<p>für</p>", "<meta charset=idna>").decode().encode("cp1252", "replace"), "filed", hard=True),
        Bad("declares-punycode.html", lambda: page("<p>für</p>" * 5_000, "<meta charset=punycode>").decode().encode("cp1252", "replace"), "filed", hard=True),
        Bad("declares-unicode-escape.html", lambda: page("<p>für \\ud800</p>", "<meta charset=unicode_escape>").decode().encode("cp1252", "replace"), "filed", hard=True),
        Bad("declares-nonsense.html", lambda: page("<p>für</p>", f"<meta charset={'x' * 3_000}>").decode().encode("cp1252", "replace"), "filed"),
        Bad("right-to-left.txt", lambda: text(("\u202e" + PROSE + "\u202c\u2066" + "הנמל נשאר פתוח. ") * 50), "filed", hard=True),
        Bad("bidi-flood.txt", lambda: text("\u202e\u2067\u2066\u202d" * 100_000), "filed", hard=True),
        Bad("zero-width-flood.txt", lambda: text("\u200b\u200c\u200d\u2060\ufeff" * 100_000), "filed", hard=True),
        Bad("soft-hyphens.txt", lambda: text("\xad" * 300_000), "filed", hard=True),
        Bad("combining-marks.txt", lambda: text("e" + "\u0301\u0327" * 150_000), "filed", hard=True),
        Bad("combining-words.txt", lambda: text(("Z" + "\u0301" * 40 + "algo ") * 5_000), "filed", hard=True),
        Bad("emoji-joined.txt", lambda: text("\U0001f468\u200d" * 60_000), "filed", hard=True),
        Bad("private-use.txt", lambda: "\ue000\uf8ff".encode() * 30_000, "not-text", hard=True),
        Bad("tag-characters.txt", lambda: text("\U000e0041" * 50_000), "filed", hard=True),
        Bad("noncharacters.txt", lambda: text("\ufffe\uffff\U0010ffff" * 5_000), "filed", hard=True),
        Bad("ligature-expansion.txt", lambda: text("\ufdfa" * 100_000), "filed", hard=True),
        Bad("one-line-10mb.txt", lambda: text(PROSE * (10 * MEGABYTE // len(PROSE))), "too-big", hard=True),
        Bad("one-line-1mb.txt", lambda: text(PROSE * (MEGABYTE // len(PROSE))), "filed", hard=True),
        Bad("one-word-1mb.txt", lambda: text("a" * MEGABYTE), "filed", hard=True),
        Bad("one-word-only.txt", lambda: b"Ferry" * 200_000, "too-short", hard=True),
        Bad("letter-lines-500k.txt", lambda: b"a\n" * 500_000, "too-big", hard=True),
        Bad("line-breaks-500k.txt", lambda: text("\n" * 500_000), "filed", hard=True),
        Bad("returns-500k.txt", lambda: text("\r" * 500_000), "filed", hard=True),
        Bad("word-lines-200k.txt", lambda: text("ferry\n\n" * 200_000), "too-big", hard=True),
        Bad("spaces-10mb.txt", lambda: text(" " * 10 * MEGABYTE + "x"), "too-big", hard=True),
        Bad("spaces-in-lines.txt", lambda: text((" " * 5_000 + "x\n") * 200), "filed", hard=True),
        Bad("tabs-1mb.txt", lambda: text("\t" * MEGABYTE + "By"), "filed", hard=True),
        Bad("quotes-100k.txt", lambda: text('"' * 100_000), "filed", hard=True),
        Bad("curly-open-100k.txt", lambda: text("“" * 100_000), "filed", hard=True),
        Bad("curly-open-words-50k.txt", lambda: text("“We sail " * 50_000), "filed", hard=True),
        Bad("quotes-every-kind.txt", lambda: text("“‘«„‹\"'”’»‟›「」『』 a " * 10_000), "filed", hard=True),
        Bad("quoted-words-50k.txt", lambda: text("“yes” he said. " * 50_000), "filed", hard=True),
        Bad("quoted-words-5k.txt", lambda: text("“yes” he said. " * 5_000), "filed", hard=True),
        Bad("apostrophes-100k.txt", lambda: text("'" * 100_000 + " o'" * 20_000), "filed", hard=True),
        Bad("dates-100k.txt", lambda: text(" ".join(f"{n % 28 + 1} March 2026" for n in range(100_000))), "filed", hard=True),
        Bad("dates-10k.txt", lambda: text(" ".join(f"on {n % 28 + 1} March 2026," for n in range(10_000))), "filed", hard=True),
        Bad("weekdays-50k.txt", lambda: text("Tuesday " * 50_000), "filed", hard=True),
        Bad("dates-out-of-range.txt", lambda: text("On 31 February 99999, in the year 0, on 2026-13-45 at 25:61, in 10^99 BC, 99/99/9999, 0000-00-00, in " + "9" * 5_000 + " years and 999999999999 weeks ago, the 999999999th of May 2026."), "filed"),
        Bad("durations-out-of-range.txt", lambda: text("It was " + ", ".join(f"{10 ** n} {unit} ago" for n in range(0, 40, 3) for unit in ("days", "weeks", "months", "years", "decades", "centuries", "hours", "minutes")) + "."), "filed"),
        Bad("digits-1mb.txt", lambda: text("9" * MEGABYTE), "filed", hard=True),
        Bad("digits-and-marks.txt", lambda: text("1.2.3.4/5-6:7 " * 30_000), "filed", hard=True),
        Bad("odd-digits.txt", lambda: text("²³¹ ٣ march ٢٠٢٦, ④ March ②⓪②⑥, 1² March 2026, ½ March, 三月三日 " * 500), "filed", hard=True),
        Bad("numbers-as-words.txt", lambda: text("one hundred " * 40_000 + "years ago"), "filed", hard=True),
        Bad("names-100k.txt", lambda: text(names(100_000)), "filed", hard=True),
        Bad("names-10k.txt", lambda: text(names(10_000)), "filed", hard=True),
        Bad("names-2k.txt", lambda: text(names(2_000)), "filed"),
        Bad("one-long-name.txt", lambda: text("Ilka " * 100_000), "filed", hard=True),
        Bad("one-family.txt", lambda: text(many_people(1_000)), "filed", hard=True),
        Bad("one-family-5k.txt", lambda: text(many_people(5_000)), "filed", hard=True),
        Bad("title-chain.txt", lambda: text("President Minister Mr Dr Professor Sir " * 10_000), "filed", hard=True),
        Bad("and-chain.txt", lambda: text("Ida Holm and " * 20_000 + "said."), "filed", hard=True),
        Bad("of-chain.txt", lambda: text("Ministry of " * 30_000 + "Fish"), "filed", hard=True),
        Bad("initials.txt", lambda: text("J. " * 50_000), "filed", hard=True),
        Bad("capitals-1mb.txt", lambda: text("FERRY STAYS " * 80_000), "filed", hard=True),
        Bad("said-100k.txt", lambda: text("said " * 100_000), "filed", hard=True),
        Bad("that-chain.txt", lambda: text("said that he said that she said that " * 10_000), "filed", hard=True),
        Bad("commas-300k.txt", lambda: text("," * 300_000), "filed", hard=True),
        Bad("dashes-300k.txt", lambda: text("—" * 300_000), "filed", hard=True),
        Bad("dots-300k.txt", lambda: text("." * 300_000), "filed", hard=True),
        Bad("dots-and-spaces.txt", lambda: text(". " * 200_000), "filed", hard=True),
        Bad("ellipses.txt", lambda: text("A… " * 60_000), "filed", hard=True),
        Bad("brackets.txt", lambda: text("(" * 100_000 + ")" * 100_000), "filed", hard=True),
        Bad("square-brackets.txt", lambda: text("[" * 100_000 + "](" * 50_000), "filed", hard=True),
        Bad("sentence-without-end.txt", lambda: text("and the ferry sailed and the " * 40_000), "filed", hard=True),
        Bad("sentence-20k-words.txt", lambda: text("and the ferry sailed on " * 4_000), "filed", hard=True),
        Bad("markdown-emphasis.md", lambda: text("*_" * 100_000), "filed", hard=True),
        Bad("markdown-links.md", lambda: text("![" * 50_000 + "a](b)" * 20_000), "filed", hard=True),
        Bad("markdown-heads.md", lambda: text("# Ferry\n" * 50_000), "too-big", hard=True),
        Bad("markdown-front-matter.md", lambda: b"---\n" + b"title: x\n" * 100_000 + text(""), "too-big", hard=True),
        Bad("markdown-front-matter-open.md", lambda: b"---\n" + b"a: &a [*a, *a]\n" * 50_000, "too-big", hard=True),
        Bad("markdown-fences.md", lambda: text("```\n" * 100_001), "too-big", hard=True),
        Bad("markdown-quotes.md", lambda: text("> " * 100_000 + PROSE), "filed", hard=True),
        Bad("fields-100k.txt", lambda: b"Title: x\n" * 100_000 + text(""), "too-big", hard=True),
        Bad("bylines-50k.txt", lambda: b"By Ida Holm\n" * 50_000 + text(""), "too-big", hard=True),
        Bad("datelines-20k.txt", lambda: text("PORT ANSEL, March 3 (QZN) - " * 20_000), "filed", hard=True),
        Bad("addresses-50k.txt", lambda: text("http://quay.example/a?b=c " * 50_000), "filed", hard=True),
        Bad("address-1mb.txt", lambda: text("http://quay.example/" + "a/" * 500_000), "filed", hard=True),
        Bad("mail-addresses.txt", lambda: text("a@" * 200_000), "filed", hard=True),
        Bad("at-signs.txt", lambda: text("@" * 300_000), "filed", hard=True),
        Bad("hyphens.txt", lambda: text("a-" * 200_000), "filed", hard=True),
        Bad("underscores.txt", lambda: text("_" * 300_000), "filed", hard=True),
        Bad("percents.txt", lambda: text("%s %n %(x)s {0} {x!r} ${HOME} $(id) `id` " * 3_000), "filed", hard=True),
        Bad("sql.txt", lambda: text("'; DROP TABLE articles; -- \" OR 1=1 /* \\'; " * 500), "filed", hard=True),
        Bad("backslashes.txt", lambda: text("\\" * 300_000), "filed", hard=True),
        Bad("other-language.txt", ("Der Hafenrat von Port Ansel beschloss am Dienstag, die Fähre zu behalten. „Wir fahren“, sagte Ida Holm. " * 3_000).encode, "filed", hard=True),
        Bad("chinese-1mb.txt", ("港口委员会周二同意保留旧渡轮。“我们将继续航行”，她说。" * 12_000).encode, "filed", hard=True),
        Bad("thai-no-spaces.txt", ("สภาท่าเรือตกลงที่จะเก็บเรือเฟอร์รี่เก่าไว้" * 8_000).encode, "filed", hard=True),
    ]  # fmt: skip


def _records() -> list[Bad]:
    deep = 100_000
    return [
        Bad("nested-lists.json", lambda: b"[" * deep + b"]" * deep, "broken", hard=True),
        Bad("nested-objects.json", lambda: b'{"a":' * deep + b"1" + b"}" * deep, "broken"),
        Bad("nested-in-record.json", lambda: b'{"articleBody":"' + fresh().encode() + b'","x":' + b"[" * deep + b"]" * deep + b"}", "broken"),
        Bad("nested-in-body.json", lambda: b'{"articleBody":' + b"[" * deep + b"]" * deep + b"}", "broken", hard=True),
        Bad("nested-in-list.json", lambda: b'[{"articleBody":"a"},' + b'{"a":' * deep, "broken filed", hard=True),
        Bad("nested-500.json", lambda: b'{"articleBody":"' + fresh().encode() + b'","author":' + b"[" * 500 + b"]" * 500 + b"}", "filed", hard=True),
        Bad("nested.jsonl", lambda: record() + b"\n" + b"[" * deep + b"\n" + b'{"a":' * deep + b"\n", "broken filed"),
        Bad("open-braces.jsonl", lambda: b"{" * MEGABYTE, "broken", hard=True),
        Bad("open-braces-lines.jsonl", lambda: b"{\n" * 2_000, "broken", hard=True),
        Bad("huge-int.json", lambda: record(identifier=1).replace(b": 1}", b": " + b"9" * 100_000 + b"}"), "broken"),
        Bad("huge-float.json", lambda: record(identifier=1).replace(b": 1}", b": 1e999999}"), "filed", hard=True),
        Bad("big-int.json", lambda: record(identifier=2**200, wire={"version": 2**200, "urgency": -(2**99)}), "filed", hard=True),
        Bad("nan.json", lambda: b'{"articleBody":"' + fresh().encode() + b'","identifier":NaN,"datePublished":-Infinity}', "filed"),
        Bad("duplicate-keys.json", lambda: b'{"articleBody":"x","articleBody":"' + fresh().encode() + b'"' + b',"author":"a"' * 50_000 + b"}", "filed"),
        Bad("surrogate-escapes.json", lambda: rb'{"headline":"\ud800","publisher":"\udfff\u0000","url":"http://a.example/\ud83d","identifier":"\udc00","articleBody":"' + fresh().encode() + rb'\ud800\u0000"}', "filed"),
        Bad("nul-everywhere.json", lambda: record(headline="a\x00b", publisher="\x00", author=["\x00Ida\x00 Holm"], identifier="\x00", inLanguage="\x00", dateline="\x00", datePublished="\x002026", wire={"slug": "\x00", "keywords": ["\x00"]}), "filed", hard=True),
        Bad("wrong-types.json", lambda: record(headline=[{}], publisher=[[]], author={"name": {"name": 3}}, url=7, datePublished=[1], dateModified={}, inLanguage=4.5, identifier={"a": [None]}, dateline=True, wire=[1]), "filed"),
        Bad("body-number.json", lambda: b'{"articleBody": 17}', "no-body"),
        Bad("body-list.json", lambda: b'{"articleBody": ["a", {"b": "c"}]}', "no-body"),
        Bad("body-blank.json", lambda: record(articleBody=" \n\u200b"), "no-body"),
        Bad("dates-out-of-range.json", lambda: b"\n".join(record(articleBody=PROSE * 2 + str(n), datePublished=d) for n, d in enumerate(("99999-01-01", "-0044-03-15", "0000-00-00", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "2026-02-30", "2026-03-01T25:61", "1" * 50_000, "2026-03-01T10:00+99:99", "２０２６-03-01"))), "filed"),
        Bad("title-1mb.json", lambda: record(headline="Ferry " * 170_000), "filed", hard=True),
        Bad("publisher-1mb.json", lambda: record(publisher="Quay " * 200_000), "filed", hard=True),
        Bad("url-1mb.json", lambda: record(url="http://quay.example/" + "a" * MEGABYTE), "filed"),
        Bad("identifier-1mb.json", lambda: record(identifier="a" * MEGABYTE), "filed", hard=True),
        Bad("authors-100k.json", lambda: record(author=[f"Ida {n}" for n in range(100_000)]), "filed", hard=True),
        Bad("keywords-100k.json", lambda: record(wire={"keywords": ["a"] * 100_000, "slug": "x" * MEGABYTE}), "filed", hard=True),
        Bad("body-20mb.json", lambda: record(articleBody=PROSE * (20 * MEGABYTE // len(PROSE))), "filed", hard=True),
        Bad("records-1k.jsonl", lambda: b"".join(record(articleBody=f"{n} {PROSE}", quotations=1) + b"\n" for n in range(1_000)), "filed", hard=True),
        Bad("cut-off.json", lambda: record()[:-20], "broken"),
        Bad("escapes-1mb.json", lambda: b'{"articleBody":"' + b"\\u0041" * 170_000 + b'"}', "filed", hard=True),
        Bad("backslash-end.json", lambda: b'{"articleBody":"' + b"\\" * 300_001, "broken", hard=True),
        Bad("utf16.json", lambda: record().decode().encode("utf-16"), "filed"),
        Bad("javascript-url.json", lambda: record(url="javascript:alert(1)", publisher="<script>"), "filed"),
        Bad("ninjs-deep.json", lambda: b'{"uri":"u","type":"text","associations":' + b'{"a":{"type":"composite","associations":' * 20_000, "broken"),
        Bad("ninjs-nested-1000.json", lambda: b'{"uri":"u","type":"composite","associations":' + b'{"a":{"uri":"u","type":"composite","associations":' * 300 + b"{}" + b"}}" * 300 + b"}", "no-body"),
        Bad("ninjs-wrong.json", lambda: json.dumps({"uri": 3, "type": "text", "body_text": {"a": 1}, "headline": [1], "versioncreated": 7, "bodies": [[[]]], "headlines": {}}).encode(), "no-body", hard=True),
        Bad("ninjs-html-deep.json", lambda: json.dumps({"uri": "u1", "type": "text", "body_xhtml": "<div>" * 50_000 + PROSE * 2, "headline": "Ferry"}).encode(), "filed"),
        Bad("csv-as.jsonl", lambda: b"a,b,c\n" * 1_000, "broken", hard=True),
    ]  # fmt: skip


def _wires() -> list[Bad]:
    item = f'<newsItem guid="urn:x"><contentSet><inlineXML><html><body><p>{fresh()}</p></body></html></inlineXML></contentSet></newsItem>'
    return [
        Bad("nitf-laughs.xml", lambda: nitf("<p>&l9;&l9;&l9;</p>", laughs()), "no-body"),
        Bad("nitf-laughs-attribute.xml", lambda: nitf(f'<p class="&l9;">{fresh()}</p>', laughs()), "filed", hard=True),
        Bad("nitf-quadratic.xml", lambda: nitf(f"<p>{'&a;' * 100_000}</p>", f'<!DOCTYPE nitf [<!ENTITY a "{"x" * 100_000}">]>'), "no-body", hard=True),
        Bad("nitf-external.xml", lambda: nitf(f"<p>&secret;&net;{fresh()}</p>", external()), "filed"),
        Bad("nitf-parameters.xml", lambda: nitf(f"<p>{fresh()}</p>", parameters()), "filed"),
        Bad("nitf-doctype-1mb.xml", lambda: nitf(f"<p>{fresh()}</p>", f"<!DOCTYPE nitf [{'<!ELEMENT a ANY>' * 60_000}]>"), "filed", hard=True),
        Bad("nitf-doctype-open.xml", lambda: nitf(f"<p>{fresh()}</p>", "<!DOCTYPE nitf [" + "<!ENTITY a 'b'" * 50_000), "broken", hard=True),
        Bad("nitf-deep.xml", lambda: nitf("<block>" * 100_000 + PROSE), "broken"),
        Bad("nitf-deep-closed.xml", lambda: nitf("<block>" * 5_000 + f"<p>{fresh()}</p>" + "</block>" * 5_000), "broken"),
        Bad("nitf-attributes.xml", lambda: nitf("<p " + " ".join(f'a{n}="b"' for n in range(100_000)) + f">{fresh()}</p>"), "filed", hard=True),
        Bad("nitf-namespaces.xml", lambda: nitf("<p " + " ".join(f'xmlns:a{n}="b{n}"' for n in range(20_000)) + f">{fresh()}</p>"), "filed", hard=True),
        Bad("nitf-paragraphs-50k.xml", lambda: nitf("<p>It rained at the harbour.</p>" * 50_000), "filed", hard=True),
        Bad("nitf-breaks-200k.xml", lambda: nitf("<p>" + "word<br/>" * 200_000 + "</p>"), "filed", hard=True),
        Bad("nitf-table-50k.xml", lambda: nitf("<table>" + "<tr><td>a</td><td>1</td></tr>" * 50_000 + "</table>" + f"<p>{PROSE}</p>"), "filed", hard=True),
        Bad("nitf-nul.xml", lambda: nitf(f"<p>\x00\x01{fresh()}\ud800</p>"), "filed"),
        Bad("nitf-wrong-charset.xml", lambda: nitf(f"<p>{fresh()} für</p>").replace(b'"1.0"', b'"1.0" encoding="utf-16"'), "filed"),
        Bad("nitf-unknown-charset.xml", lambda: nitf(f"<p>{fresh()} für</p>").replace(b'"1.0"', b'"1.0" encoding="x-no-such"'), "filed", hard=True),
        Bad("nitf-dates.xml", lambda: nitf(f"<p>{fresh()}</p>").replace(b"<doc-id", b'<date.issue norm="99999999T999999+9999"/><date.release norm="00000000"/><doc-id'), "filed"),
        Bad("nitf-many-in-one.xml", lambda: nitf(f"<p>{PROSE}</p>") * 300, "filed", hard=True),
        Bad("nitf-cdata-5mb.xml", lambda: nitf(f"<p><![CDATA[{PROSE * 45_000}]]></p>"), "filed", hard=True),
        Bad("nitf-instructions.xml", lambda: nitf("<?a b?>" * 100_000 + f"<p>{fresh()}</p>"), "filed", hard=True),
        Bad("nitf-stylesheet.xml", lambda: b'<?xml-stylesheet href="http://127.0.0.1:9/a.xsl" type="text/xsl"?>' + nitf(f"<p>{fresh()}</p>"), "filed"),
        Bad("g2-laughs.xml", lambda: newsml_g2("&l9;", laughs("newsMessage")), "no-article"),
        Bad("g2-external.xml", lambda: newsml_g2(item.replace("<p>", "<p>&secret;"), external("newsMessage")), "filed"),
        Bad("g2-items-1k.xml", lambda: newsml_g2("".join(item.replace("urn:x", f"urn:{n}") for n in range(1_000))), "filed", hard=True),
        Bad("g2-items-same-200.xml", lambda: newsml_g2(item * 200), "filed", hard=True),
        Bad("g2-unclosed-items.xml", lambda: newsml_g2("<newsItem>" * 50_000), "broken", hard=True),
        Bad("g2-deep-topics.xml", lambda: newsml_g2(item.replace("<contentSet>", "<contentMeta>" + "<subject>" * 20_000 + "</subject>" * 20_000 + "</contentMeta><contentSet>")), "broken"),
        Bad("g2-versions.xml", lambda: newsml_g2("".join(item.replace('guid="urn:x"', f'guid="urn:x" version="{v}"') for v in ("9" * 5_000, "-1", "1e9", "²", "0x1", "")) ), "filed seen"),
        Bad("newsml1-laughs.xml", lambda: newsml_1("<p>&l9;</p>", laughs("NewsML")), "no-body"),
        Bad("newsml1-deep.xml", lambda: newsml_1("<NewsComponent>" * 50_000 + PROSE), "broken"),
        Bad("newsml1-components.xml", lambda: b'<?xml version="1.0"?><NewsML>' + b"<NewsItem>" + b"<NewsComponent>" * 3_000 + b"</NewsComponent>" * 3_000 + b"</NewsItem></NewsML>", "broken", hard=True),
        Bad("iptc-no-end.txt", lambda: iptc(fresh().encode())[:-20], "filed"),
        Bad("iptc-starts-100k.txt", lambda: b"\x01" * 100_000 + b"\x02" * 1_000 + PROSE.encode(), "not-text"),
        Bad("iptc-messages-500.txt", lambda: b"".join(iptc(f"{n} {fresh()}".encode(), b"abc%04d 3 pol 250" % n) for n in range(500)), "filed", hard=True),
        Bad("iptc-controls.txt", lambda: iptc(bytes(range(5, 32)) * 200 + fresh().encode()), "filed"),
        Bad("iptc-escapes.txt", lambda: iptc(b"\x1b\x2c\x1b$B\x0e\x0f" * 20_000 + fresh().encode()), "filed", hard=True),
        Bad("iptc-accents.txt", lambda: iptc(bytes(range(0xC0, 0xD0)) * 20_000 + fresh().encode()), "filed", hard=True),
        Bad("iptc-head-1mb.txt", lambda: iptc(fresh().encode(), b"abc0001 " + b"3 pol " * 170_000), "filed", hard=True),
        Bad("iptc-number.txt", lambda: iptc(fresh().encode(), b"abc" + b"9" * 5_000 + b" 99 zzz 99999999999999999999"), "filed", hard=True),
        Bad("iptc-date.txt", lambda: iptc(fresh().encode()).replace(b"101200 mar 26", b"999999 xyz 99"), "filed", hard=True),
        Bad("anpa-broken.txt", lambda: wire("anpa_stripped.txt")[:60] * 500, "filed", hard=True),
        Bad("xml-unknown.xml", lambda: b'<?xml version="1.0"?><invoice>' + b"<line>1</line>" * 1_000 + b"</invoice>", "unknown-format"),
        Bad("xml-unknown-deep.xml", lambda: b'<?xml version="1.0"?>' + b"<a>" * 300_000, "too-big"),
        Bad("xml-empty-root.xml", lambda: b'<?xml version="1.0"?><nitf/>', "no-body"),
        Bad("xml-cut.xml", lambda: wire("nitf.xml")[:700], "broken"),
        Bad("xml-junk-before.xml", lambda: b"\r\n  junk\r\n" + wire("nitf.xml"), "filed"),
    ]  # fmt: skip


def _feeds() -> list[Bad]:
    def body() -> str:
        return fresh() + SAID

    return [
        Bad("feed-laughs.rss", lambda: rss("<item><title>&l9;</title></item>", laughs("rss")), "no-article"),
        Bad("feed-laughs-attribute.rss", lambda: rss('<item><enclosure url="&l9;"/></item>', laughs("rss")), "no-article", hard=True),
        Bad("feed-external.rss", lambda: rss("<item><title>&secret;&net;</title></item>" + entry(1, body()), external("rss")), "filed no-article"),
        Bad("feed-parameters.rss", lambda: rss(entry(1, body()), parameters("rss")), "filed"),
        Bad("feed-entries-100k.rss", lambda: rss("<item><title>a</title></item>" * 100_000), "no-article", hard=True),
        Bad("feed-entries-500.rss", lambda: rss("".join(entry(n, f"{n} {body()}") for n in range(500))), "filed", hard=True),
        Bad("feed-entries-same.rss", lambda: rss(entry(1, body()) * 200), "filed", hard=True),
        Bad("feed-20mb-entry.rss", lambda: rss(entry(1, body() * 80_000)), "too-big", hard=True),
        Bad("feed-4mb-entry.rss", lambda: rss(entry(1, body() * 12_000)), "filed", hard=True),
        Bad("feed-endless.rss", lambda: rss(entry(1, body()) * 50)[:-3_000], "filed no-article", hard=True),
        Bad("feed-cut-at-once.rss", lambda: b'<rss version="2.0"><channel><item><title>a', "no-article"),
        Bad("feed-tags-200k.rss", lambda: rss("<item>" + "<a><b>" * 100_000 + "</item>"), "broken", hard=True),
        Bad("feed-tags-20k.rss", lambda: rss("<item>" + "<a><b>" * 10_000 + "</item>"), "broken"),
        Bad("feed-wrong-charset.rss", lambda: rss(entry(1, body() + " für Häfen")).decode().replace('"1.0"', '"1.0" encoding="utf-8"').encode("cp1252", "replace"), "filed"),
        Bad("feed-utf16-claim.rss", lambda: rss(entry(1, body())).replace(b'"1.0"', b'"1.0" encoding="utf-16"'), "filed"),
        Bad("feed-junk-before.rss", lambda: b"\n<!-- x -->\nWarning: a\n" + rss(entry(1, body())), "filed", hard=True),
        Bad("feed-nul.rss", lambda: rss(entry(1, body() + "\x00\x01\x02")), "filed"),
        Bad("feed-ampersands.rss", lambda: rss(f"<item><title>{'& ' * 100_000}</title></item>" + entry(1, body())), "filed no-article", hard=True),
        Bad("feed-entities.rss", lambda: rss(f"<item><title>{'&nosuch;' * 50_000}</title></item>"), "no-article", hard=True),
        Bad("feed-comments.rss", lambda: rss("<!-- " * 100_000 + entry(1, body())), "no-article"),
        Bad("feed-deep-atom.atom", lambda: b'<feed xmlns="http://www.w3.org/2005/Atom">' + b"<entry>" * 20_000, "broken"),
        Bad("feed-xhtml-deep.atom", lambda: b'<feed xmlns="http://www.w3.org/2005/Atom"><title>q</title><entry><title>a</title><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">' + b"<div>" * 10_000 + fresh().encode() + b"</div>" * 10_000 + b"</div></content></entry></feed>", "broken", hard=True),
        Bad("feed-attributes.rss", lambda: rss("<item " + " ".join(f'a{n}="b"' for n in range(100_000)) + "><title>a</title></item>"), "no-article", hard=True),
        Bad("feed-dates.rss", lambda: rss("".join(entry(n, f"{n} {body()}").replace("<item>", f"<item><pubDate>{d}</pubDate>") for n, d in enumerate(("yesterday", "Tue, 99 Xyz 99999 99:99:99 +9999", "9" * 50_000, "Mon, 01 Jan 0001 00:00:00 +1400", "Fri, 31 Dec 9999 23:59:59 -1400", "0")))), "filed", hard=True),
        Bad("feed-json-deep.json", lambda: b'{"version":"https://jsonfeed.org/version/1.1","items":' + b"[" * 100_000, "broken"),
        Bad("feed-json-wrong.json", lambda: json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": [], "items": [3, {"id": {}, "content_html": 7, "url": []}, {"id": "a", "content_text": body(), "authors": "x", "date_published": 3}]}).encode(), "filed no-article"),
        Bad("feed-link-1mb.rss", lambda: rss(entry(1, body()).replace("quay.example/1", "quay.example/" + "a" * MEGABYTE)), "filed", hard=True),
        Bad("feed-title-1mb.rss", lambda: rss(entry(1, body()).replace("Ferry 1", "Ferry " * 170_000)), "filed"),
        Bad("feed-guid-1mb.rss", lambda: rss(entry(1, body()).replace("<item>", f"<item><guid>{'g' * MEGABYTE}</guid>")), "filed", hard=True),
        Bad("feed-javascript-link.rss", lambda: rss(entry(1, body()).replace("http://quay.example/1", "javascript:alert(1)")), "filed"),
    ]  # fmt: skip


def _mails() -> list[Bad]:
    return [
        Bad("mail-nested-5k.eml", lambda: multipart(5_000), "too-big"),
        Bad("mail-nested-50.eml", lambda: multipart(50), "filed"),
        Bad("mail-forwarded-200.eml", lambda: forwarded(200), "too-big", hard=True),
        Bad("mail-attachments-2k.eml", lambda: many_parts(2_000), "too-big"),
        Bad("mail-attachments-only.eml", lambda: many_parts(2), "filed"),
        Bad("mail-boundaries-100k.eml", lambda: mail(b"--b\r\n" * 100_000, 'Content-Type: multipart/mixed; boundary="b"'), "empty", hard=True),
        Bad("mail-no-boundary.eml", lambda: mail(fresh().encode(), "Content-Type: multipart/mixed"), "filed", hard=True),
        Bad("mail-boundary-never.eml", lambda: mail(fresh().encode(), 'Content-Type: multipart/mixed; boundary="nowhere"'), "filed"),
        Bad("mail-base64-wrong.eml", lambda: mail(base64.b64encode(fresh().encode())[:-3] + b"!!*", "Content-Type: text/plain", "Content-Transfer-Encoding: base64"), "filed"),
        Bad("mail-base64-10mb.eml", lambda: mail(base64.encodebytes(b"word " * 2_000_000), "Content-Type: text/plain", "Content-Transfer-Encoding: base64"), "too-big", hard=True),
        Bad("mail-quoted-printable.eml", lambda: mail(b"=" * 300_000 + fresh().encode(), "Content-Type: text/plain", "Content-Transfer-Encoding: quoted-printable"), "filed", hard=True),
        Bad("mail-uuencoded.eml", lambda: mail(b"begin 644 a\n" + b"#" * 100_000, "Content-Type: text/plain", "Content-Transfer-Encoding: x-uuencode"), "too-short", hard=True),
        Bad("mail-charset-nonsense.eml", lambda: mail(fresh().encode() + b"\xff", "Content-Type: text/plain; charset=\"x-\xe9\x00nonsense\""), "filed"),
        Bad("mail-charset-zlib.eml", lambda: mail(fresh().encode() + b"\xff", "Content-Type: text/plain; charset=zlib_codec"), "filed", hard=True),
        Bad("mail-heads-100k.eml", lambda: mail(fresh().encode(), *["X-A: b"] * 100_000), "too-big", hard=True),
        Bad("mail-head-1mb.eml", lambda: mail(fresh().encode(), "X-A: " + "b" * MEGABYTE), "too-big"),
        Bad("mail-subject-encoded.eml", lambda: mail(fresh().encode(), "Content-Type: text/plain").replace(b"Ferry stays", b"=?utf-8?q?" + b"=41" * 20_000 + b"?="), "filed", hard=True),
        Bad("mail-subject-words.eml", lambda: mail(fresh().encode(), "Content-Type: text/plain").replace(b"Ferry stays", b"=?utf-8?q?a?= " * 1_000), "filed", hard=True),
        Bad("mail-subject-broken.eml", lambda: mail(fresh().encode(), "Content-Type: text/plain").replace(b"Ferry stays", b"=?x-no-such?b?" + b"\xff\xfe!!" + b"?="), "filed"),
        Bad("mail-from-brackets.eml", lambda: mail(fresh().encode(), "Content-Type: text/plain").replace(b"Ida Holm <ida@quay.example>", b"(" * 3_000 + b"<" * 3_000), "filed"),
        Bad("mail-from-commas.eml", lambda: mail(fresh().encode(), "Content-Type: text/plain").replace(b"Ida Holm <ida@quay.example>", b'"a" <b@c>, ' * 800), "filed"),
        Bad("mail-date-odd.eml", lambda: mail(fresh().encode(), "Date: Tue, 99 Xyz 99999 99:99:99 +99999", "Content-Type: text/plain"), "filed", hard=True),
        Bad("mail-date-huge.eml", lambda: mail(fresh().encode(), "Date: Tue, 1 Jan " + "9" * 900 + " 00:00:00 +0000", "Content-Type: text/plain"), "filed"),
        Bad("mail-parameters.eml", lambda: mail(fresh().encode(), "Content-Type: text/plain; " + "; ".join(f"a*{n}=b" for n in range(600))), "filed", hard=True),
        Bad("mail-signed.eml", lambda: mail(b"--b\r\nContent-Type: text/plain\r\n\r\n" + fresh().encode() + b"\r\n--b\r\nContent-Type: application/pkcs7-signature\r\n\r\nx\r\n--b--", 'Content-Type: multipart/signed; boundary="b"'), "filed"),
        Bad("mail-locked.eml", lambda: mail(b"x", 'Content-Type: application/pkcs7-mime; smime-type="enveloped-data"'), "encrypted"),
        Bad("mail-winmail.eml", lambda: mail(b'--b\r\nContent-Type: application/ms-tnef; name="winmail.dat"\r\nContent-Transfer-Encoding: base64\r\n\r\neJ8+IgAA\r\n--b--', 'Content-Type: multipart/mixed; boundary="b"'), "empty"),
        Bad("mail-tracking.eml", lambda: mail(page('<img src="http://127.0.0.1:9/pixel.gif"><a href="http://127.0.0.1:9/click?u=1">x</a>'), "Content-Type: text/html"), "filed"),
        Bad("mail-attached-slip.eml", lambda: mail(b'--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename="../../../../tmp/slip.txt"\r\n\r\n' + fresh().encode() + b"\r\n--b--", 'Content-Type: multipart/mixed; boundary="b"'), "filed"),
        Bad("mail-attached-bomb.eml", lambda: mail(b'--b\r\nContent-Type: application/gzip\r\nContent-Disposition: attachment; filename="a.gz"\r\nContent-Transfer-Encoding: base64\r\n\r\n' + base64.encodebytes(zeros(300)) + b"\r\n--b--", 'Content-Type: multipart/mixed; boundary="b"'), "too-big"),
        Bad("mbox-3k.mbox", lambda: b"".join(b"From a@b Tue Mar 10 16:04:00 2026\nSubject: x\nFrom: a@b\n\n" + b"%d short\n\n" % n for n in range(3_000)), "too-short", hard=True),
        Bad("mbox-from-lines.mbox", lambda: b"From a@b Tue Mar 10 16:04:00 2026\nSubject: x\nFrom: a@b\n\n" + fresh().encode() + b"\n\n>From here on\n" + b"\nFrom the harbour\n" * 2_000, "filed", hard=True),
        Bad("mbox-one-line.mbox", lambda: b"From a@b Tue Mar 10 16:04:00 2026\n" + b"x" * 5 * MEGABYTE, "too-big", hard=True),
    ]  # fmt: skip


def _dictionary(raw: bytes) -> bytes:
    """Give an xz file that says it needs the largest dictionary there is, 4 GB instead of 8 MB, and a sum to fit."""
    end = 12 + (raw[12] + 1) * 4 - 4
    head = raw[12:end].replace(b"\x21\x01\x16", b"\x21\x01\x28")
    return raw[:12] + head + struct.pack("<L", zlib.crc32(head)) + raw[end + 4 :]


def _archives() -> list[Bad]:
    def good() -> bytes:
        return fresh().encode()

    file, link, hard_link, pipe, device = (
        tarfile.REGTYPE,
        tarfile.SYMTYPE,
        tarfile.LNKTYPE,
        tarfile.FIFOTYPE,
        tarfile.CHRTYPE,
    )
    return [
        Bad("slip.zip", lambda: zipped([("../../../../tmp/slip.txt", good()), ("/etc/slip.txt", good() + b"2"), ("C:\\slip.txt", good() + b"3"), ("..\\..\\slip.txt", good() + b"4")]), "filed", hard=True),
        Bad("odd-names.zip", lambda: zipped([("a\x00b.txt", good()), ("\n\r\t.txt", good() + b"2"), ("\u202etxt.exe.txt", good() + b"3"), ("a" * 60_000 + ".txt", good() + b"4"), ("CON.txt", good() + b"5"), ("'; DROP TABLE x; --.txt", good() + b"6")]), "filed", hard=True),
        Bad("same-name.zip", lambda: zipped([("a.txt", good() + b"%d" % n) for n in range(50)]), "filed", hard=True),
        Bad("bomb.zip", lambda: zipped([("a.txt", b"word " * 14_000_000)]), "too-big", hard=True),
        Bad("bomb-nested.zip", lambda: nested_zip(6, 4), "too-big", hard=True),
        Bad("bomb-wide.zip", lambda: nested_zip(2, 10), "filed", hard=True),
        Bad("bomb-overlapping.zip", overlapping, "broken", hard=True),
        Bad("bomb-lies.zip", lambda: zipped([("a.txt", b"word " * 2_000_000)]).replace(struct.pack("<L", 10_000_000), struct.pack("<L", 1_000)), "broken"),
        Bad("bomb-lzma.zip", lambda: zipped([("a.txt", bytes(20 * MEGABYTE))], zipfile.ZIP_LZMA), "too-big", hard=True),
        Bad("bomb-bzip2.zip", lambda: zipped([("a.txt", bytes(20 * MEGABYTE))], zipfile.ZIP_BZIP2), "too-big", hard=True),
        Bad("entries-20k.zip", lambda: zipped([(f"{n}.txt", b"%d" % n) for n in range(20_000)], zipfile.ZIP_STORED), "too-big too-short", hard=True),
        Bad("entries-30k-empty.zip", lambda: zipped([(f"{n}.jpg", b"") for n in range(30_000)], zipfile.ZIP_STORED), "no-documents", hard=True),
        Bad("directory-lies.zip", lambda: zipped([("a.txt", good())])[:-12] + struct.pack("<LLH", 4_000_000_000, 1, 0), "broken"),
        Bad("method-unknown.zip", lambda: zipped([("a.txt", good())], zipfile.ZIP_STORED).replace(b"PK\x01\x02\x14\x03\x14\x00\x00\x00\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x00\x00\x63\x00"), "broken", hard=True),
        Bad("cut.zip", lambda: zipped([("a.txt", good())])[:-30], "broken"),
        Bad("noise.zip", lambda: b"PK\x03\x04" + random.Random(3).randbytes(50_000), "broken"),
        Bad("empty.zip", lambda: zipped([]), "no-documents"),
        Bad("comment.zip", lambda: zipped([("a.txt", good())])[:-2] + b"\xff\xff" + b"PK\x05\x06" * 16_383 + b"abc", "broken", hard=True),
        Bad("word.docx.zip", lambda: zipped([("[Content_Types].xml", b"<a/>"), ("word/document.xml", b"<a/>")]), "unknown-format"),
        Bad("links.tar", lambda: tarred(("a.txt", link, b"", "/etc/passwd"), ("b.txt", hard_link, b"", "/etc/passwd"), ("d", link, b"", "/tmp"), ("d/slip.txt", file, good(), ""), ("c.txt", link, b"", "c.txt")), "filed"),
        Bad("links-only.tar", lambda: tarred(("a.txt", link, b"", "/etc/passwd"), ("b.txt", hard_link, b"", "../../etc/passwd")), "no-documents"),
        Bad("devices.tar", lambda: tarred(("a.txt", pipe, b"", ""), ("b.txt", device, b"", ""), ("c.txt", tarfile.DIRTYPE, b"", "")), "no-documents"),
        Bad("slip.tar", lambda: tarred(("../../../tmp/slip.txt", file, good(), ""), ("/etc/slip.txt", file, good() + b"2", "")), "filed"),
        Bad("headers.tar", lambda: tarred(*[(f"{'x' * 200}{n}.jpg", file, b"", "") for n in range(20_000)]), "no-documents", hard=True),
        Bad("size-lies.tar", lambda: tarred(("a.txt", file, good(), "")).replace(b"%011o" % len(good()), b"77777777777"), "broken"),
        Bad("size-negative.tar", lambda: tarred(("a.txt", file, good(), "")).replace(b"%011o" % len(good()), b"-0000000001"), "broken", hard=True),
        Bad("sparse.tar", lambda: tarred(("a.txt", tarfile.GNUTYPE_SPARSE, good(), "")), "no-documents"),
        Bad("bomb.tar.gz", lambda: gzip.compress(tarred(("a.txt", file, b"word " * 4_000_000, ""))), "too-big"),
        Bad("cut.tar.gz", lambda: tarred(("a.txt", file, good(), ""), ("b.txt", file, random.Random(4).randbytes(90_000), ""), mode="w:gz")[:-200], "broken filed"),
        Bad("bomb.txt.gz", lambda: zeros(300), "too-big"),
        Bad("bomb-text.html.gz", lambda: gzip.compress(page(f"<p>{PROSE}</p>" * 200_000)), "too-big", hard=True),
        Bad("bomb-1gb.txt.gz", lambda: zeros(1_000), "too-big", hard=True),
        Bad("inside-itself.txt.gz", itself, "too-big"),
        Bad("cut.txt.gz", lambda: gzip.compress(random.Random(5).randbytes(5_000))[:-900], "broken"),
        Bad("wrong-sum.txt.gz", lambda: gzip.compress(good())[:-8] + bytes(8), "broken"),
        Bad("head-only.txt.gz", lambda: b"\x1f\x8b\x08", "broken"),
        Bad("name-1mb.txt.gz", lambda: b"\x1f\x8b\x08\x08" + bytes(6) + b"a" * MEGABYTE, "broken"),
        Bad("members-50k.txt.gz", lambda: gzip.compress(b"ferry ") * 50_000, "filed", hard=True),
        Bad("members-empty-50k.txt.gz", lambda: gzip.compress(b"") * 50_000, "empty", hard=True),
        Bad("bomb.txt.bz2", lambda: bz2.compress(bytes(MEGABYTE)) * 300, "too-big", hard=True),
        Bad("bomb.txt.xz", lambda: lzma.compress(bytes(MEGABYTE), preset=1) * 300, "too-big", hard=True),
        Bad("dictionary.txt.xz", lambda: _dictionary(lzma.compress(good())), "too-big"),
        Bad("seven.7z.html", lambda: b"7z\xbc\xaf\x27\x1c" + random.Random(6).randbytes(3_000), "unknown-format"),
        Bad("rar.txt", lambda: b"Rar!\x1a\x07\x01\x00" + random.Random(6).randbytes(3_000), "unknown-format"),
        Bad("warc-length-lies.warc", lambda: warc("response", "http://quay.example/a", answer(page("")), 999_999_999_999), "broken", hard=True),
        Bad("warc-length-negative.warc", lambda: warc("response", "http://quay.example/a", answer(page("")), -1) + warc("response", "http://quay.example/b", answer(page(""))), "broken filed"),
        Bad("warc-cut.warc", lambda: warc("response", "http://quay.example/a", answer(page(""))) + warc("response", "http://quay.example/b", answer(page("")))[:-90], "broken filed"),
        Bad("warc-gzip-bomb.warc", lambda: warc("response", "http://quay.example/a", answer(zeros(200), "Content-Encoding: gzip\r\n")) + warc("response", "http://quay.example/b", answer(page(""))), "filed too-big", hard=True),
        Bad("warc-chunks.warc", lambda: warc("response", "http://quay.example/a", answer(b"fffffffffffffff\r\n" + page(""), "Transfer-Encoding: chunked\r\n")), "broken"),
        Bad("warc-chunks-bytes.warc", lambda: warc("response", "http://quay.example/a", answer(b"".join(b"1\r\n%c\r\n" % b for b in page("") * 20) + b"0\r\n\r\n", "Transfer-Encoding: chunked\r\n")), "filed", hard=True),
        Bad("warc-address-odd.warc", lambda: warc("response", "http://quay.example/\ud800\x00 " + "a" * 100_000, answer(page(""))), "broken"),
        Bad("warc-file-address.warc", lambda: warc("response", "file:///etc/passwd", answer(page(""))), "filed"),
        Bad("warc-heads-50k.warc", lambda: warc("response", "http://quay.example/a", answer(page(""), "X-A: b\r\n" * 50_000)), "broken", hard=True),
        Bad("warc-records-5k.warc", lambda: b"".join(warc("response", f"http://quay.example/{n}.png", b"HTTP/1.1 404 Not Found\r\n\r\n") for n in range(5_000)), "no-documents"),
        Bad("warc-noise.warc", lambda: b"WARC/1.0\r\n" + random.Random(8).randbytes(50_000), "broken"),
        Bad("warc-unknown-coding.warc", lambda: warc("response", "http://quay.example/a", answer(b"\xff" * 500, "Content-Encoding: br\r\n")), "broken", hard=True),
    ]  # fmt: skip


def _papers() -> list[Bad]:
    line = b"BT /F 12 Tf 50 700 Td (The harbour council of Port Ansel agreed on Tuesday to keep the ferry.) Tj ET "

    def lines() -> bytes:
        told = b"(The harbour council agreed on Tuesday to keep the old ferry.) Tj 0 -14 Td " * 50
        return b"BT /F 12 Tf 50 780 Td (" + fresh()[:60].encode() + b") Tj 0 -14 Td " + told + b"ET"

    def packed() -> bytes:
        return zlib.compress(line * 1_000_000, 9)

    return [
        Bad("paper-cut.pdf", lambda: wire("paper.pdf")[:900], "broken"),
        Bad("paper-locked.pdf", lambda: wire("locked.pdf"), "encrypted"),
        Bad("paper-scan.pdf", lambda: wire("scan.pdf"), "not-text"),
        Bad("paper-head-only.pdf", lambda: b"%PDF-1.7\n", "broken"),
        Bad("paper-noise.pdf", lambda: b"%PDF-1.7\n" + random.Random(9).randbytes(300_000), "broken"),
        Bad("paper-pages-in-circle.pdf", lambda: pdf(_CATALOGUE, b"<< /Type /Pages /Count 2 /Kids [2 0 R 2 0 R] >>"), "not-text"),
        Bad("paper-pages-cycle.pdf", lambda: pdf(_CATALOGUE, b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>", b"<< /Type /Pages /Count 1 /Parent 2 0 R /Kids [2 0 R] >>"), "not-text", hard=True),
        Bad("paper-count-lies.pdf", lambda: pdf(_CATALOGUE, b"<< /Type /Pages /Count 2147483647 /Kids [] >>"), "broken", hard=True),
        Bad("paper-count-negative.pdf", lambda: pdf(_CATALOGUE, b"<< /Type /Pages /Count -5 /Kids [] >>"), "broken"),
        Bad("paper-deep-tree.pdf", lambda: pdf(_CATALOGUE, *[b"<< /Type /Pages /Count 1 /Kids [%d 0 R] >>" % (n + 3) for n in range(5_000)]), "not-text"),
        Bad("paper-deep-array.pdf", lambda: pdf(b"<< /Type /Catalog /Pages 2 0 R /X " + b"[" * 100_000 + b"]" * 100_000 + b" >>", b"<< /Type /Pages /Count 0 /Kids [] >>"), "broken"),
        Bad("paper-deep-dictionary.pdf", lambda: pdf(b"<< /Type /Catalog /Pages 2 0 R /X " + b"<</A " * 50_000 + b">>" * 50_000 + b" >>", b"<< /Type /Pages /Count 0 /Kids [] >>"), "broken", hard=True),
        Bad("paper-stream-bomb.pdf", lambda: printed(packed(), b"/Filter /FlateDecode"), "too-big|too-slow", hard=True),
        Bad("paper-stream-blank-bomb.pdf", lambda: printed(b"\x78\x9c" + zeros(200)[10:-8], b"/Filter /FlateDecode"), "too-big|too-slow", hard=True),
        Bad("paper-filters-100.pdf", lambda: printed(line, b"/Filter [" + b"/ASCIIHexDecode " * 3_000 + b"]"), "too-short", hard=True),
        Bad("paper-length-lies.pdf", lambda: printed(lines()).replace(b"/Length %d" % len(lines()), b"/Length 999999999"), "filed"),
        Bad("paper-pages-300.pdf", lambda: printed(lines(), pages=300), "too-big"),
        Bad("paper-pages-5k.pdf", lambda: printed(lines(), pages=5_000), "too-big", hard=True),
        Bad("paper-page-500k-letters.pdf", lambda: printed(line * 7_000), "too-short", hard=True),
        Bad("paper-box-huge.pdf", lambda: printed(lines()).replace(b"[0 0 600 800]", b"[-9999999999 -9999999999 9999999999 9999999999]"), "filed"),
        Bad("paper-box-none.pdf", lambda: printed(lines()).replace(b"[0 0 600 800]", b"[0 0 0 0]"), "filed", hard=True),
        Bad("paper-letters-apart.pdf", lambda: printed(b"BT /F 1 Tf " + b"1 0 Td (a) Tj " * 30_000 + b"ET"), "too-slow", hard=True),
        Bad("paper-type-huge.pdf", lambda: printed(lines().replace(b"/F 12 Tf", b"/F 99999999 Tf")), "filed"),
        Bad("paper-states.pdf", lambda: printed(b"q " * 200_000 + line + b"Q " * 200_000), "too-short", hard=True),
        Bad("paper-form-in-itself.pdf", lambda: pdf(_CATALOGUE, b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>", b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 5 0 R /Resources << /XObject << /X 4 0 R >> >> >>", stream(b"/X Do /X Do", b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 4 0 R >> >>"), stream(b"/X Do")), "too-big", hard=True),
        Bad("paper-xref-loop.pdf", lambda: printed(lines()).replace(b"trailer\n<<", b"trailer\n<< /Prev 9 "), "filed"),
        Bad("paper-acts.pdf", lambda: pdf(b"<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /URI /URI (http://127.0.0.1:9/) >> /AA << /WC << /S /JavaScript /JS (app.alert\\(1\\)) >> >> >>", b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>", b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>", stream(lines()), _FONT), "filed"),
        Bad("page-called.pdf", lambda: page(""), "filed"),
    ]  # fmt: skip


BAD: tuple[Bad, ...] = (
    *_pages(), *_texts(), *_records(), *_wires(), *_feeds(), *_mails(), *_archives(), *_papers(),
)  # fmt: skip
