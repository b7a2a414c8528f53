"""Archives, mailboxes and web archives: every document in them is read or refused, and nothing gets out of bounds."""

import bz2
import gzip
import io
import json
import lzma
import struct
import tarfile
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.errors import REASONS
from storage.recordjson import as_json, withdrawal_json
from storage.records import Article, Hints, Refusal, Withdrawal
from tasks import archives, containers, formats, intake, mail
from tasks.stages import Document

DATA = Path(__file__).parent / "data" / "wires"
PROSE = "The harbour council of Port Ansel agreed on Tuesday to keep the old ferry for another winter, its chair said. "
PAGE = f"<html><body><article><h1>Ferry stays another winter</h1><p>{PROSE * 2}Café.</p></article></body></html>"
Read = Article | Withdrawal | Refusal


def every(raw: bytes | io.BytesIO, name: str = "a", hints: Hints = Hints()) -> list[Read]:  # noqa: B008
    parts = containers.split(raw, name=name, hints=hints)
    return [p if isinstance(p, Refusal) else formats.read(p.raw, input=p.input, hints=p.hints) for p in parts]


def told(found: list[Read]) -> dict[str, str]:
    return {f.input: f.reason if isinstance(f, Refusal) else type(f).__name__ for f in found}


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in files.items():
            archive.writestr(name.replace("__", "."), raw)
    return out.getvalue()


def tarred(files: dict[str, bytes], mode: str = "w") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name, raw in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(raw)
            archive.addfile(info, io.BytesIO(raw))
    return out.getvalue()


def record(kind: str, url: str, block: bytes, mime: str = "application/http; msgtype=response") -> bytes:
    head = f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {url}\r\nWARC-Record-ID: <urn:uuid:{len(block)}>\r\n"
    return f"{head}Content-Type: {mime}\r\nContent-Length: {len(block)}\r\n\r\n".encode() + block + b"\r\n\r\n"


def answer(url: str, body: bytes, mime: str = "text/html", status: str = "200 OK", more: str = "") -> bytes:
    return record("response", url, f"HTTP/1.1 {status}\r\nContent-Type: {mime}\r\n{more}\r\n".encode() + body)


WARC = (
    record("warcinfo", "", b"software: x", "application/warc-fields"),
    answer("http://quay.example/a?utm_source=x", PAGE.encode("cp1252"), "text/html; charset=windows-1252"),
    answer("http://quay.example/b", gzip.compress(PAGE.encode()), more="Content-Encoding: gzip\r\n"),
    answer("http://quay.example/gone", b"<html>gone</html>", status="404 Not Found"),
    answer("http://quay.example/p.png", b"\x89PNG\r\n\x1a\n" + bytes(99), "image/png"),
    record("conversion", "http://quay.example/c", (PROSE * 3).encode(), "text/plain"),
)
WIRES = {path.name: path.read_bytes() for path in sorted(DATA.iterdir())}


def test_a_zip_of_everything():
    files = {
        "../../nitf.xml": WIRES["nitf.xml"], "a/kill.xml": WIRES["newsmlg2_kill.xml"],
        "bad.json": b'{"articleBody": "x', "photo.jpg": b"\xff\xd8\xff\xe0" + bytes(400),
        "__MACOSX/._nitf.xml": b"\x00\x05\x16\x07", "no-suffix": PROSE.encode(),
        "letter.eml": WIRES["message.eml"], "style.css": b"p { margin: 0 }",
    }  # fmt: skip
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, raw in files.items():
            archive.writestr(name, raw)
    assert told(every(out.getvalue(), "d.zip")) == {
        "d.zip/nitf.xml": "Article",
        "d.zip/a/kill.xml": "Withdrawal",
        "d.zip/bad.json": "broken",
        "d.zip/no-suffix": "Article",
        "d.zip/letter.eml": "Article",
        "d.zip/letter.eml/dam.json": "Article",
    }


@pytest.mark.parametrize("packed", ["", "gz", "bz2", "xz"])
def test_a_tar_however_it_is_packed_and_whatever_its_name(packed):
    files = {"x/nitf.xml": WIRES["nitf.xml"], "/etc/inner.zip": zipped(a__json=b'{"articleBody": "x y z"}')}
    found = every(tarred(files, f"w:{packed}"), "anything.dat")
    assert told(found) == {
        "anything.dat/x/nitf.xml": "Article",
        "anything.dat/etc/inner.zip/a.json": "Article",
    }


def test_an_open_file_is_read_from_front_to_back(tmp_path):
    path = tmp_path / "big.tar.gz"
    path.write_bytes(tarred({f"{n}.txt": PROSE.encode() * 2 for n in range(50)}, "w:gz"))
    with path.open("rb") as source:
        assert list(told(every(source, "big.tar.gz")).values()) == ["Article"] * 50
    path.write_bytes(PROSE.encode() * 2)
    with path.open("rb") as source:
        assert told(every(source, "a.txt")) == {"a.txt": "Article"}


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_packed_documents(pack):
    assert told(every(pack(WIRES["nitf.xml"]), "a.xml.gz")) == {"a.xml.gz": "Article"}
    both = pack(PROSE.encode()) + pack(PROSE.encode())
    assert every(both, "a.txt.gz")[0].body == (PROSE * 2).strip()
    assert told(every(pack(PROSE.encode() * 30)[:-20], "a.txt.gz")) == {"a.txt.gz": "broken"}
    assert told(every(pack(pack(pack(pack(pack(PROSE.encode()))))), "a")) == {"a": "too-big"}
    assert formats.read(pack(WIRES["nitf.xml"]), input="a.xml.gz").identifier == "lw-2026-0310-ferry"


def test_locked_damaged_and_empty_archives():
    raw = bytearray(zipped(a__txt=PROSE.encode(), b__txt=PROSE.encode() * 2))
    raw[6] |= 1
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    assert told(every(bytes(raw), "a.zip")) == {"a.zip/a.txt": "encrypted", "a.zip/b.txt": "Article"}
    whole = zipped(a__txt=PROSE.encode())
    assert told(every(whole[:-30], "a.zip")) == {"a.zip": "broken"}
    damaged = whole.replace(whole[45:60], bytes(15))
    assert told(every(damaged, "a.zip")) == {"a.zip/a.txt": "broken"}
    assert told(every(zipped(), "a.zip")) == {"a.zip": "no-documents"}
    assert told(every(zipped(p__jpg=b"\xff\xd8\xff\xe0" + bytes(99)), "a.zip")) == {"a.zip": "no-documents"}
    cut = tarred({"a.txt": PROSE.encode() * 2, "b.txt": PROSE.encode() * 2})[:1700]
    assert told(every(cut, "a.tar")) == {"a.tar/a.txt": "Article", "a.tar": "broken"}


def test_office_documents_are_named():
    docx = zipped(**{"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"})
    (refused,) = every(docx, "letter.docx")
    assert (refused.reason, "Word" in refused.detail) == ("unknown-format", True)


def test_bombs_are_counted_before_they_burst(monkeypatch):
    one = zipped(a__txt=b"word " * 2_000_000, b__txt=PROSE.encode())
    every(PROSE.encode())  # what is loaded once is not counted
    tracemalloc.start()
    assert told(every(one, "a.zip")) == {"a.zip/a.txt": "too-big", "a.zip/b.txt": "Article"}
    assert tracemalloc.get_traced_memory()[1] < 8_000_000
    tracemalloc.stop()
    assert told(every(gzip.compress(bytes(20_000_000)), "a.gz")) == {"a.gz": "too-big"}
    beside = zipped(a__gz=gzip.compress(bytes(20_000_000)), b__txt=PROSE.encode())
    assert told(every(beside, "a.zip")) == {"a.zip/a.gz": "too-big", "a.zip/b.txt": "Article"}
    nested = PROSE.encode()
    for _ in range(6):
        nested = zipped(a__zip=nested)
    assert list(told(every(nested, "a.zip")).values()) == ["too-big"]
    monkeypatch.setattr(archives, "MOST_ENTRIES", 3)
    many = tarred({f"{n}.txt": PROSE.encode() for n in range(9)})
    monkeypatch.setattr(containers, "Budget", lambda: archives.Budget(entries=3, size=10_000))
    assert list(told(every(many, "a.tar")).values()) == ["Article"] * 3 + ["too-big"]


def test_a_list_of_contents_that_would_fill_the_memory_is_not_opened():
    raw = bytearray(zipped(a__txt=PROSE.encode()))
    at = raw.rindex(b"PK\x05\x06")
    raw[at + 12 : at + 16] = struct.pack("<L", 900_000_000)
    assert told(every(bytes(raw), "a.zip")) == {"a.zip": "too-big"}


def test_a_header_of_a_tar_is_bounded():
    info = tarfile.TarInfo("x")
    info.type, info.size = b"x", 500_000_000
    assert told(every(info.tobuf() + bytes(1024), "a.tar")) == {"a.tar": "broken"}


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_web_archive_gives_each_answer_with_its_address(pack):
    found = every(b"".join(map(pack, WARC)), "w")
    assert [(f.input, f.url) for f in found] == [
        ("w#1", "http://quay.example/a"),
        ("w#2", "http://quay.example/b"),
        ("w#3", "http://quay.example/c"),
    ]
    assert found[0].body.endswith("Café.")
    cut = b"".join(map(pack, WARC[:3]))[:-60]
    assert isinstance(every(cut, "w")[0], Article)
    assert told(every(b"".join(map(pack, WARC[3:5])), "w")) == {"w": "no-documents"}


def test_a_letter_its_attachments_and_what_stands_in_its_head():
    letter, attached = every(WIRES["message.eml"], "m.eml")
    assert (letter.headline, letter.publisher, letter.published, letter.published_basis) == (
        "Port Ansel behält seine Fähre", "Lakewire Desk", "2026-03-10T16:04+01:00", "header",
    )  # fmt: skip
    assert letter.identifier == "17.ferry@lakewire.example"
    assert letter.body.startswith("The harbour council")
    assert "Möwe" in letter.body
    assert "+00 12 34" not in letter.body
    assert (attached.input, attached.identifier) == ("m.eml/dam.json", "dam")


def message(body: bytes, *heads: str) -> bytes:
    above = ("From: Ida Holm <ida@quay.example>", "Subject: Re: Ferry", "MIME-Version: 1.0", *heads)
    return "\r\n".join(above).encode() + b"\r\n\r\n" + body


def test_letters_of_other_kinds():
    html = every(message(PAGE.encode(), "Content-Type: text/html; charset=utf-8"), "m.eml")[0]
    assert (html.headline, html.authors, html.publisher) == ("Ferry", ("Ida Holm",), None)
    wire = message(WIRES["anpa_stripped.txt"], "Content-Type: text/plain")
    assert every(wire, "m.eml")[0].wire.format == "anpa-1312"
    locked = message(b"x", 'Content-Type: application/pkcs7-mime; smime-type="enveloped-data"')
    assert told(every(locked, "m.eml")) == {"m.eml": "encrypted"}
    forwarded = message(WIRES["message.eml"], "Content-Type: message/rfc822")
    assert list(told(every(forwarded, "m.eml")).values()) == ["Article", "Article"]
    assert told(every(message(b"see attached"), "m.eml")) == {"m.eml": "too-short"}
    assert told(every(message(b""), "m.eml")) == {"m.eml": "empty"}
    assert told(every(message(PROSE.encode() * 3, "X-Long: " + "a" * 20_000), "m.eml")) == {"m.eml": "too-big"}
    assert not mail.is_mail(b"Title: Ferry stays\nSource: Quay\nDate: 3 March 2026\n\n" + PROSE.encode())
    assert not mail.is_mail(b"From: the harbour office\nSubject: ferries\n\n" + PROSE.encode())


def test_a_mailbox_gives_its_letters():
    first = b"From a@b Tue Mar 10 16:04:00 2026\n" + message(
        PROSE.encode() * 2 + b"\n>From here on it rains.\n", "Message-ID: <1@q>"
    )
    second = first.replace(b"<1@q>", b"<2@q>")
    found = every((first + b"\n" + second).replace(b"\r\n", b"\n"), "m.mbox")
    assert [(f.input, f.identifier) for f in found] == [("m.mbox#1", "1@q"), ("m.mbox#2", "2@q")]
    assert "From here on it rains." in found[0].body
    assert "\n>From" not in found[0].body


def test_what_is_known_from_outside_goes_to_every_part():
    known = Hints(publisher="The Quay", url="http://quay.example/")
    found = every(zipped(a__txt=PROSE.encode() * 2, b__txt=PROSE.encode() * 3), "a.zip", known)
    assert {f.publisher for f in found} == {"The Quay"}


def test_pdf_files():
    (paper,) = every(WIRES["paper.pdf"], "paper.dat")
    assert paper.headline == "Ferry to stay for another winter in Port Ansel"
    assert (paper.authors, paper.published) == (("Pia Torrent",), "2026-03-10")
    paragraphs = paper.body.split("\n\n")
    assert paragraphs[0].endswith("after a long debate about what it costs to keep her sailing.")
    assert paragraphs[1].startswith('"We would rather paint her')
    assert "page 1" not in paper.body
    assert told(every(WIRES["locked.pdf"])) == {"a": "encrypted"}
    assert told(every(WIRES["scan.pdf"])) == {"a": "not-text"}
    assert told(every(WIRES["paper.pdf"][:900])) == {"a": "broken"}


def test_a_feed_as_a_file_gives_the_entries_that_are_whole():
    whole = f"<content:encoded><![CDATA[<p>{PROSE}</p><p>{PROSE * 2}</p>]]></content:encoded>"
    items = "".join(
        f"<item><title>Ferry {n}</title><link>http://quay.example/{n}</link>"
        "<pubDate>Tue, 10 Mar 2026 15:43:00 +0100</pubDate>"
        f"<description>Teaser</description>{whole if n else ''}</item>"
        for n in range(3)
    )
    space = 'xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    feed = f'<rss version="2.0" {space}><channel><title>The Quay</title>{items}</channel></rss>'
    one, two, rest = every(feed.encode(), "f.xml")
    assert (one.input, one.url, one.publisher, one.published_basis) == (
        "f.xml#2",
        "http://quay.example/1",
        "The Quay",
        "feed",
    )
    assert (two.headline, two.published_at.isoformat()) == ("Ferry 2", "2026-03-10T14:43:00+00:00")
    assert (rest.input, rest.reason, "2 of them" in rest.detail) == ("f.xml", "no-article", True)
    assert told(every(feed[:60].encode(), "f.xml")) == {"f.xml": "broken"}
    assert formats.read(feed.encode(), input="f.xml").reason == "unknown-format"


def test_an_archive_is_not_held_to_the_size_of_a_document(tmp_path):
    path = tmp_path / "big.warc.gz"
    path.write_bytes(b"".join(map(gzip.compress, WARC * 40)))
    found = list(intake.documents([str(path)], hints=Hints(), max_bytes=5_000))
    assert [type(d) for d in found] == [Document] * 120
    assert found[1].hints.url == "http://quay.example/b"
    path = tmp_path / "big.txt"
    path.write_text(PROSE * 60)
    assert [d.reason for d in intake.documents([str(path)], hints=Hints(), max_bytes=5_000)] == ["too-big"]


def test_what_holds_several_documents_cannot_be_read_as_one():
    refused = formats.read(zipped(a__txt=PROSE.encode(), b__txt=PROSE.encode()), input="a.zip")
    assert refused.reason == "unknown-format"
    assert formats.read(zipped(a__txt=PROSE.encode()), input="a.zip").body == PROSE.strip()


SOURCES = [
    *((name, raw) for name, raw in WIRES.items()),
    ("a.zip", zipped(a__xml=WIRES["nitf.xml"], b__eml=WIRES["message.eml"])),
    ("a.tar.gz", tarred({"a.xml": WIRES["nitf.xml"]}, "w:gz")),
    ("a.tar", tarred({"a.xml": WIRES["newsml1.xml"], "b.txt": PROSE.encode()})),
    ("w.warc", b"".join(WARC)),
    ("w.warc.gz", b"".join(map(gzip.compress, WARC))),
]


def hold_for_damaged_files(data: st.DataObject) -> None:
    name, whole = data.draw(st.sampled_from(SOURCES))
    raw = whole
    for _ in range(data.draw(st.integers(1, 3))):
        at, length = data.draw(st.integers(0, len(raw))), data.draw(st.integers(0, 200))
        other = data.draw(st.sampled_from(SOURCES))[1]
        put = data.draw(st.binary(max_size=20) | st.integers(0, len(other)).map(lambda n, o=other: o[n : n + 60]))
        raw = raw[:at] + put + (b"" if length > 190 else raw[at + length :])
    found = every(raw, name)
    assert found
    for one in found:
        if isinstance(one, Refusal):
            assert one.reason in REASONS
            assert one.detail
        elif isinstance(one, Withdrawal):
            assert one.identifier
            json.dumps(withdrawal_json(one)).encode()
        else:
            assert one.body.strip()
            json.dumps(as_json(one), ensure_ascii=False).encode()


damaged = given(data=st.data())


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@damaged
def test_damaged_files_give_articles_or_reasons(data):
    hold_for_damaged_files(data)


@pytest.mark.hard
@settings(max_examples=3000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@damaged
def test_many_damaged_files_give_articles_or_reasons(data):
    hold_for_damaged_files(data)
