"""Bytes of every kind: an article or a refusal that helps, and never an exception."""

import gzip
import json
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.errors import REASONS
from storage.recordjson import as_json, refusal_json
from storage.records import Article, Hints, Refusal
from tasks import archives, containers, filenames, formats

PROSE = "The harbour council of Northwater agreed on Tuesday to keep the old ferry for another winter, its chair said. "
NOISE = random.Random(7).randbytes(6000)
PAGE = (
    "<!DOCTYPE html><html><head><title>Ferry stays</title></head><body><article><h1>Ferry stays</h1>"
    f"<p>{PROSE * 2}</p></article></body></html>"
)


def read(raw: bytes | str, name: str = "sample.txt", **hints: str) -> Article | Refusal:
    return formats.read(raw.encode() if isinstance(raw, str) else raw, input=name, hints=Hints(**hints))


def parts(raw: bytes | str, name: str) -> list[tuple[str, bytes]]:
    return [(p.input, p.raw) for p in containers.split(raw.encode() if isinstance(raw, str) else raw, name=name)]


@pytest.mark.parametrize(
    ("name", "raw", "reason", "says"),
    [
        ("a.txt", b"", "empty", "0 bytes"),
        ("a.html", b" \r\n\t ", "empty", "5 bytes"),
        ("a.txt", b"\xef\xbb\xbf", "empty", "no text"),
        ("a.txt", b"\xff\xfe", "empty", "no text"),
        ("a.html", b"\x89PNG\r\n\x1a\n" + NOISE, "not-text", "PNG"),
        ("a.html", NOISE, "not-text", "control bytes"),
        ("a.html", b"\x1f\x8b\x08\x00" + NOISE, "broken", "gz archive"),
        ("a.txt.gz", gzip.compress(NOISE, mtime=0), "not-text", "control bytes"),
        ("a.txt.gz", gzip.compress(PROSE.encode() * 50, mtime=0)[:-40], "broken", "cut off"),
        ("a.txt", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + NOISE[:200], "broken", "PDF"),
        ("a.txt", b"PK\x03\x04" + NOISE[:400], "broken", "zip"),
        ("a.json", '{"articleBody": "x",\n "url": }', "broken", "line 2, column 9"),
        ("a.json", '{"articleBody": "x", "num', "broken", "line 1"),
        ("a.json", "[" * 100_000, "broken", "nested"),
        ("a.json", '{"a":' * 100_000, "broken", "nested"),
        ("a.json", '{"headline": "Ferry stays"}', "no-body", "articleBody"),
        ("a.json", '{"articleBody": ["Ferry"]}', "no-body", "list"),
        ("a.json", '{"articleBody": "  "}', "no-body", "articleBody"),
        ("a.json", '{"temperature": 4, "wind": "NW"}', "unknown-format", "temperature, wind"),
        ("a.json", "17", "unknown-format", "value"),
        ("a.html", "<html><body><form><input name=q></form></body></html>", "no-article", "no article"),
        ("a.txt", "Hello world", "too-short", "2 words"),
        ("a.xml", '<?xml version="1.0"?><kml><name>x</name></kml>', "unknown-format", "<kml>"),
        ("a.xml", '<?xml version="1.0"?><nitf><body><p>x</p></body></nitf>', "no-body", "without a text"),
    ],
)
def test_refusals_have_a_reason_and_a_sentence(name, raw, reason, says):
    refused = read(raw, name)
    assert isinstance(refused, Refusal), refused
    assert refused.reason == reason, refused
    assert says in refused.detail
    assert refused.detail.endswith((".", "?"))
    assert refusal_json(refused)["input"] == name


@pytest.mark.parametrize(
    ("charset", "text"),
    [
        ("utf-8-sig", PROSE),
        ("utf-16", PROSE),
        ("utf-16-le", PROSE),
        ("utf-16-be", PROSE),
        ("utf-32-le", PROSE),
        (
            "cp1252",
            "Le ministre a déclaré lundi que les négociations dureraient encore « une semaine » – près de la forêt. ",
        ),
        (
            "cp1250",
            "Minister powiedział w poniedziałek, że rozmowy potrwają jeszcze tydzień, przekazali urzędnicy. Żółć. ",
        ),
        (
            "cp1254",
            "Bakan pazartesi günü görüşmelerin bir hafta daha süreceğini söyledi, yetkililer gazetecilere açıkladı. ",
        ),
        (
            "cp1251",
            "Министр заявил в понедельник, что переговоры продлятся ещё неделю, сообщили журналистам чиновники. ",
        ),
        (
            "utf-16-le",
            "Министр заявил в понедельник, что переговоры продлятся ещё неделю, сообщили журналистам чиновники. ",
        ),
        ("shift_jis", "外相は月曜日、協議がさらに一週間続くと記者団に述べた。合意は近いという見方も出ている。"),
    ],
)
def test_charsets_are_recognised(charset, text):
    article = read((text * 3).encode(charset))
    assert isinstance(article, Article), article
    assert article.body == (text * 3).strip()


def test_declared_charset_of_a_page_is_used_and_a_false_one_is_not():
    body = (
        "<p>"
        + "Wie der Rat für Häfen mitteilte, fährt die Fähre über den Winter weiter, trotz höherer Kosten. " * 3
        + "</p>"
    )
    for declared, real in (
        ("iso-8859-1", "cp1252"),
        ("utf-8", "cp1252"),
        ("windows-1252", "utf-8"),
        ("no-such", "utf-8"),
    ):
        page = f'<html><head><meta charset="{declared}"></head><body><article>{body}</article></body></html>'
        article = read(page.encode(real), "a.html")
        assert "für Häfen" in article.body, declared


def test_content_decides_before_the_name():
    record = json.dumps({"articleBody": PROSE, "headline": "Ferry stays"})
    assert read(record, "a.txt").headline == "Ferry stays"
    assert read(PAGE, "a.txt").body.startswith("The harbour")
    assert read(PROSE * 2, "a.html").body == (PROSE * 2).strip()
    assert read("[Ferry] " + PROSE, "a.txt").body.startswith("[Ferry]")


def test_json_body_is_kept_to_the_letter():
    body = "  Photo: x\r\n\tAdvertisement\n\n\x07 “quoted” \u200b end \n"
    article = read(json.dumps({"articleBody": body}), "a.json")
    assert article.body == body
    assert read(r'{"articleBody": "a\ud800b\u0000c"}', "a.json").body == "a\ufffdb\ufffdc"


def test_json_fields_in_their_forms():
    record = {
        "articleBody": PROSE,
        "author": [{"name": "Pia Torrent"}, "Jona Amsel", {"name": "Pia Torrent"}, 3, None],
        "publisher": {"name": "The Quay"},
        "datePublished": "2026-03-03T21:05:00+01:00",
        "identifier": 17,
        "quotes": [1],
        "inLanguage": "en-GB",
        "url": "https://QUAY.example:443/a?utm_source=x#top",
        "dateModified": "yesterday",
    }
    article = read(json.dumps(record), "a.json")
    assert article.authors == ("Pia Torrent", "Jona Amsel", "3")
    assert (article.publisher, article.identifier, article.language) == ("The Quay", "17", "en")
    assert (article.published, article.published_basis) == ("2026-03-03T21:05+01:00", "record")
    assert (article.url, article.modified) == ("https://quay.example/a", None)
    assert article.stages == (("extract", formats.VERSION),)
    one = read(json.dumps(record | {"author": "Pia Torrent", "datePublished": None}), "a.json", published="2026-03-04")
    assert (one.authors, one.published, one.published_basis) == (("Pia Torrent",), "2026-03-04", "given")


def test_printed_record_reads_back_as_itself():
    text = f"Ferry to stay\n3 March 2026 21:05 CET\nBy Pia Torrent\n\nNORTHWATER (QZN) - {PROSE}\n\n{PROSE}on it"
    first = read(text, "a.txt")
    again = read(json.dumps(as_json(first) | {"story": "s1"}), "a.txt")
    assert again == first
    assert again.id == first.id


def test_lines_and_lists_are_cut_into_documents():
    assert parts(PROSE, "a.txt") == [("a.txt", PROSE.encode())]
    assert [p[0] for p in parts('{"articleBody":"a"}\n\n{"articleBody":"b"\n{"articleBody":"c"}\n', "a.jsonl")] == [
        "a.jsonl#1",
        "a.jsonl#3",
        "a.jsonl#4",
    ]
    assert parts('{"articleBody":"a"}\n', "a.jsonl") == [("a.jsonl", b'{"articleBody":"a"}\n')]
    assert parts('{\n "articleBody": "a"\n}\n', "a.json") == [("a.json", b'{\n "articleBody": "a"\n}\n')]
    assert parts('[{"articleBody":"a"},\n {"articleBody":"b"}]', "a.json") == [
        ("a.json#1", b'{"articleBody":"a"}'),
        ("a.json#2", b'{"articleBody":"b"}'),
    ]
    assert parts(gzip.compress(b'{"articleBody":"a"}\n{"articleBody":"b"}'), "a.jsonl.gz")[1] == (
        "a.jsonl.gz#2",
        b'{"articleBody":"b"}',
    )
    assert len(parts("", "a.txt")) == len(parts(NOISE, "a.jsonl")) == len(parts("[]", "a.json")) == 1


def test_broken_list_gives_what_comes_before_the_break():
    cut = parts('[{"articleBody":"a"}, {"articleBody":"b", ', "a.json")
    assert [p[0] for p in cut] == ["a.json#1", "a.json#2"]
    assert read(cut[0][1], cut[0][0]).body == "a"
    assert read(cut[1][1], cut[1][0]).reason == "broken"


def test_every_suffix_has_a_packed_twin():
    assert {".txt", ".md", ".html", ".htm", ".json", ".jsonl"} <= filenames.SUFFIXES
    plain = [".txt", ".xml", ".nitf", ".eml", ".mbox", ".pdf", ".warc", ".tar"]
    assert all(s + packed in filenames.SUFFIXES for s in plain for packed in ("", ".gz", ".bz2", ".xz"))


def test_packed_bomb_is_too_big(monkeypatch):
    monkeypatch.setattr(archives, "LARGEST", 1_000_000)
    monkeypatch.setattr(containers, "LARGEST", 1_000_000)
    assert read(gzip.compress(bytes(2_000_000)), "a.gz").reason == "too-big"
    assert read(b"word " * 400_000, "a.txt").reason == "too-big"


names = st.sampled_from(["a.txt", "a.html", "a.json", "a.jsonl", "a.md", "a", "a.txt.gz"])


def holds(raw: bytes, name: str) -> None:
    for part in containers.split(raw, name=name):
        found = part if isinstance(part, Refusal) else formats.read(part.raw, input=part.input)
        if isinstance(found, Refusal):
            assert found.reason in REASONS
            assert found.detail
        else:
            assert found.body.strip()
            assert "\x00" not in found.body
            json.dumps(as_json(found), ensure_ascii=False).encode("utf-8")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    raw=st.binary(max_size=400) | st.text(max_size=300).map(lambda t: t.encode("utf-8", "surrogatepass")), name=names
)
def test_any_bytes_give_an_article_or_a_refusal(raw, name):
    holds(raw, name)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), name=names)
def test_damaged_documents_give_an_article_or_a_refusal(data, name):
    record = json.dumps(
        {"articleBody": PROSE, "author": ["x"], "datePublished": "2026-03-03", "url": "https://a.example/b"}
    )
    whole = data.draw(
        st.sampled_from(
            [PAGE.encode(), record.encode(), f"Ferry stays\n3 March 2026\nBy Pia Torrent\n\n{PROSE}".encode()]
        )
    )
    at, length = data.draw(st.integers(0, len(whole))), data.draw(st.integers(0, 60))
    holds(whole[:at] + data.draw(st.binary(max_size=30)) + whole[at + length :], name)
