"""Agencies' formats: what each says is kept under the record's names, and a kill withdraws what it names."""

import json
from pathlib import Path

import pytest

from storage.recordjson import as_json, read_wire, wire_json
from storage.records import Article, Refusal, Withdrawal
from tasks import containers, formats, oldcodes, prose, wireitem, wiremessage, xmltext

DATA = Path(__file__).parent / "data" / "wires"
FIRST = "The harbour council of Port Ansel agreed on Tuesday to keep the old ferry for another winter, its chair said."
LAST = "A new ferry has been promised since 2019. The yard in Brennick that was to build it closed last autumn."


def read(name: str, raw: bytes | None = None) -> Article | Withdrawal | Refusal:
    (part,) = containers.split((DATA / name).read_bytes() if raw is None else raw, name=name)
    return part if isinstance(part, Refusal) else formats.read(part.raw, input=part.input)


def article(name: str, raw: bytes | None = None) -> Article:
    found = read(name, raw)
    assert isinstance(found, Article), found
    return found


def changed(name: str, *swaps: tuple[str, str]) -> bytes:
    raw = (DATA / name).read_bytes()
    for old, new in swaps:
        assert old.encode() in raw, old
        raw = raw.replace(old.encode(), new.encode())
    return raw


@pytest.mark.parametrize(
    ("name", "format_", "version", "urgency", "slug", "published", "modified"),
    [
        ("nitf.xml", "nitf", 3, 4, "BC-FERRY", "2026-03-10T15:43+01:00", None),
        ("newsml1.xml", "newsml-1", 1, 3, "Ledania-ferry-winter", "2026-03-10T14:43+00:00", "2026-03-10T15:50+00:00"),
        ("newsmlg2.xml", "newsml-g2", 2, 3, "Ledania-ferry-winter", "2026-03-10T14:43+00:00", "2026-03-10T16:50+00:00"),
        ("ninjs1.json", "ninjs", 2, 3, "ledania-ferry-winter", "2026-03-10T14:43+00:00", "2026-03-10T15:50+00:00"),
        ("ninjs2.json", "ninjs", 3, 4, "ledania-ferry-winter", "2026-03-10T14:43+00:00", "2026-03-10T16:50+00:00"),
        ("anpa_ap.txt", "anpa-1312", 2, 4, "BC-LED--Ferry,1st Ld-Writethru", "2026-03-10T15:43-05:00", None),
    ],
)
def test_what_the_formats_have_in_common(name, format_, version, urgency, slug, published, modified):
    found = article(name)
    assert found.body.startswith(FIRST)
    assert found.authors[0] == "Pia Torrent"
    assert (found.published, found.published_basis, found.modified) == (published, "header", modified)
    assert found.language == "en"
    assert found.headline
    assert found.dateline is None or found.dateline.startswith("PORT ANSEL")
    assert found.wire is not None
    assert (found.wire.format, found.wire.version, found.wire.urgency, found.wire.slug) == (
        format_,
        version,
        urgency,
        slug,
    )
    assert found.version == version
    assert "berth" not in found.body
    assert read_wire(wire_json(found.wire)) == found.wire
    again = formats.read(json.dumps(as_json(found)).encode(), input=name)
    assert again == found


def test_nitf_keeps_rows_headings_and_what_is_for_editors():
    found = article("nitf.xml")
    paragraphs = found.body.split("\n\n")
    assert paragraphs[2] == "Promised since 2019"
    assert paragraphs[3].endswith("repairs cost the town 40 000 £ a year.")
    assert paragraphs[4] == "Year | Tickets\n2024 | 61,200\n2025 | 58,900"
    assert found.headline == "Port Ansel keeps its old ferry — for one more winter"
    assert found.authors == ("Pia Torrent", "Jona Amsel")
    assert (found.publisher, found.agency, found.dateline) == ("LAKEWIRE", "LAKEWIRE", "PORT ANSEL, Ledania")
    assert found.wire.keywords == ("ferry", "harbour")
    assert found.wire.subjects == ("04015000",)
    assert found.wire.note.startswith("ADDS quote")


def test_nitf_embargo_and_correction():
    raw = changed("nitf.xml", ('management-status="usable"', 'management-status="embargoed"'),
                  ("<du-key", '<correction info="corrects price" id-string="lw-2026-0310-ferry"/><du-key'))  # fmt: skip
    found = article("nitf.xml", raw)
    assert found.wire.embargoed == "2026-03-10T15:43+01:00"
    assert (found.wire.signal, found.wire.note) == ("correction", "corrects price")
    assert found.id == article("nitf.xml").id
    assert found.content_digest != article("nitf.xml").content_digest


@pytest.mark.parametrize(
    ("first", "kill"),
    [
        ("newsml1.xml", "newsml1_cancel.xml"),
        ("newsmlg2.xml", "newsmlg2_kill.xml"),
        ("ninjs2.json", "ninjs3_kill.json"),
        ("iptc7901_latin1.txt", "iptc7901_storno.txt"),
        ("anpa_ap.txt", "anpa_kill.txt"),
    ],
)
def test_a_kill_names_the_article_that_was_filed(first, kill):
    withdrawn = read(kill)
    assert isinstance(withdrawn, Withdrawal), withdrawn
    assert withdrawn.id == article(first).id
    assert withdrawn.at > article(first).published
    assert withdrawn.reason.lower().startswith(("kill", "cancel"))


def test_versions_of_one_item_are_one_article():
    later = changed("newsml1.xml", (">1</RevisionId>", ">2</RevisionId>"), (":1N<", ":2N<"))
    assert (article("newsml1.xml", later).id, article("newsml1.xml", later).version) == (article("newsml1.xml").id, 2)
    first = changed("anpa_ap.txt", (",1st Ld-Writethru", ""), ("a0123", "a0098"))
    assert article("anpa_ap.txt", first).id == article("anpa_ap.txt").id


def test_a_message_is_cut_into_its_items():
    parts = list(containers.split((DATA / "newsmlg2_message.xml").read_bytes(), name="m.xml"))
    found = [formats.read(p.raw, input=p.input) for p in parts]
    assert [f.input for f in found] == ["m.xml#1", "m.xml#2", "m.xml#3"]
    assert [type(f) for f in found] == [Article, Article, Refusal]
    assert found[1].body.startswith(LAST)
    assert found[1].wire.embargoed == "2026-03-11T06:00+01:00"
    assert found[0].wire.embargoed is None
    assert (found[2].reason, "picture" in found[2].detail) == ("no-article", True)


def test_a_cut_message_gives_the_items_before_the_cut():
    raw = (DATA / "newsmlg2_message.xml").read_bytes()
    parts = list(containers.split(raw[: raw.index(b"Dam gates")], name="m.xml"))
    found = [formats.read(p.raw, input=p.input) for p in parts]
    assert isinstance(found[0], Article)
    assert [f.reason for f in found[1:]] == ["broken"]


def test_packages_pictures_and_concepts_are_no_articles():
    empty = '<packageItem xmlns="http://iptc.org/std/nar/2006-10-01/" guid="a" version="1"><groupSet/></packageItem>'
    for raw in (empty, empty.replace("packageItem", "conceptItem"), "<NewsML><NewsEnvelope/></NewsML>"):
        assert read("a.xml", raw.encode()).reason == "no-article"
    picture = b'{"uri": "u", "type": "picture", "versioncreated": "2026-03-10", "description_text": "At her berth."}'
    assert read("a.json", picture).reason == "no-article"


def test_a_ninjs_package_gives_its_text_items():
    one = (DATA / "ninjs1.json").read_text()
    inside = {"a": json.loads(one), "b": json.loads(one.replace("2026:ferry", "2026:dam"))}
    raw = json.dumps({"uri": "p", "type": "composite", "versioncreated": "2026-03-10", "associations": inside})
    parts = list(containers.split(raw.encode(), name="p.json"))
    assert [formats.read(p.raw, input=p.input).identifier for p in parts] == [
        "urn:lakewire:2026:ferry",
        "urn:lakewire:2026:dam",
    ]


def test_an_alert_may_be_its_headline():
    flash = b'{"uri": "u", "pubstatus": "usable", "urgency": 1, "headline": "Brennick bridge has fallen"}'
    assert article("a.json", flash).body == "Brennick bridge has fallen"
    assert read("a.json", flash.replace(b'"urgency": 1', b'"urgency": 5')).reason == "no-body"


def test_iptc_7901_in_old_letters():
    found = article("iptc7901_latin1.txt")
    assert found.headline == "Port Ansel behält seine alte Fähre"
    assert found.body.split("\n\n") == [
        "Die alte Fähre von Port Ansel fährt noch einen Winter. Das teilte der Hafenrat am Dienstag mit.",
        (
            "«Wir wollen sie lieber streichen als begraben», sagte die Vorsitzende Ida Holm nach einer Debatte bis "
            "Mitternacht."
        ),
        "Die neue Fähre ist seit 2019 versprochen.",
    ]
    assert (found.dateline, found.identifier, found.published) == (
        "Port Ansel (lwx)", "lwx0123/2026-03-10", "2026-03-10T15:43",
    )  # fmt: skip
    assert found.wire.keywords == ("Ledania", "Verkehr", "Fähre")
    assert "Telefon" in found.wire.note
    seven = article("iptc7901_seven.txt")
    assert seven.headline == "EILMELDUNG: Züge stehen still"
    assert "Die Züge der älteren Linien" in seven.body
    assert seven.wire.urgency == 3


def test_iso_6937_and_plain_brackets():
    text = "Der König von Übersee fährt nächste Woche über das Meer zurück"
    marks = {"ö": b"\xc8o", "Ü": b"\xc8U", "ä": b"\xc8a", "ü": b"\xc8u"}
    assert oldcodes.decode(b"".join(marks.get(c, c.encode()) for c in text)) == text
    assert oldcodes.decode(text.encode("cp1252")) == text
    kept = "The list [sic] holds {a|b} and c:\\dir, he said."
    assert oldcodes.decode(kept.encode()) == kept


def test_messages_without_their_control_characters():
    found = article("anpa_stripped.txt")
    assert found.headline == "Storm shuts the harbour of Port Ansel"
    assert found.body.startswith("A storm shut the harbour of Port Ansel on Wednesday and kept the ferry")
    assert (found.published, found.wire.urgency) == ("2026-03-11T09:15+00:00", 3)
    bare = (DATA / "iptc7901_seven.txt").read_bytes().translate(None, b"\x01\x02\x03\x04")
    assert wiremessage.is_message(bare)
    assert article("bare.txt", bare).identifier == "lwx0124/2026-03-10"


def test_a_file_of_several_messages():
    raw = (DATA / "iptc7901_latin1.txt").read_bytes() + (DATA / "iptc7901_seven.txt").read_bytes()
    parts = list(containers.split(raw, name="m.txt"))
    assert [formats.read(p.raw, input=p.input).identifier for p in parts] == [
        "lwx0123/2026-03-10",
        "lwx0124/2026-03-10",
    ]


def test_a_story_about_a_kill_is_no_kill():
    raw = changed("iptc7901_seven.txt", ("EILMELDUNG: Z}ge stehen still", "Withdrawal of troops from the Z}ge"),
                  ("Bahn/Stillstand/", "Kill Devil Hills/Withdrawal/"))  # fmt: skip
    assert article("a.txt", raw).wire.signal is None


def test_xml_that_is_not_quite_xml():
    bare = changed(
        "nitf.xml", ("&mdash;", "& so &nosuch; &lt;b"), ("</p>\n    <p>", "</p>\n    <p><b>Old</p></b>\n    <p>")
    )
    assert article("nitf.xml", bare).headline == "Port Ansel keeps its old ferry & so &nosuch; <b for one more winter"
    for raw in (bare[:900], bare[:-9], changed("newsml1.xml")[:1500]):
        assert read("cut.xml", raw).reason == "broken"
    deep = "<nitf><body>" + "<p>" * 400 + "x" + "</p>" * 400 + "</body></nitf>"
    assert read("deep.xml", deep.encode()).reason == "broken"
    utf16 = (DATA / "newsmlg2.xml").read_text().encode("utf-16")
    assert article("wide.xml", utf16).body.startswith(FIRST)


def test_no_entity_is_expanded_and_no_file_opened(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret words that nobody may read")
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    subset = f'<!DOCTYPE nitf [<!ENTITY l0 "ha"> {laughs} <!ENTITY x SYSTEM "{secret.as_uri()}">]>'
    raw = f"{subset}<nitf><body><body.content><p>&l11; &x; {FIRST}</p></body.content></body></nitf>"
    found = article("laughs.xml", raw.encode())
    assert found.body == f"&l11; &x; {FIRST}"


def test_a_hundred_thousand_attributes_do_not_hold_the_cutting_up():
    attributes = " ".join(f'a{n}="1"' for n in range(100_000))
    raw = f"<NewsML><NewsItem {attributes}><p>x</p></NewsItem><NewsItem><p>y</p></NewsItem></NewsML>"
    assert len(list(xmltext.cut(raw))) == 2
    comments = "<!--a-->" * 5000
    assert xmltext.root(comments + "x") == ""


def test_paragraphs_of_plain_lines():
    wrapped = (
        "One line that is wrapped at some\nwidth and goes on until it ends.\n"
        "  Another paragraph that is set in\nfrom the left, and ends.\n"
    )
    assert [len(p.split()) for p in prose.from_lines(wrapped)] == [14, 11]
    rows = "Results of the day\n\nNorthwater   12   3\nPort Ansel   10   4\n"
    assert prose.from_lines(rows) == ["Results of the day", "Northwater | 12 | 3", "Port Ansel | 10 | 4"]
    lines = "Each line is a sentence of its own.\nSo is this one here.\nAnd this is the third."
    assert len(prose.from_lines(lines)) == 3


@pytest.mark.parametrize(
    ("given", "read_as"),
    [
        ("20260310T154300+0100", "2026-03-10T15:43+01:00"),
        ("20260310T154300Z", "2026-03-10T15:43+00:00"),
        ("2026-03-10T15:43:20.5-05", "2026-03-10T15:43:20-05:00"),
        ("20260310", "2026-03-10"),
        ("March 10, 2026", "2026-03-10"),
        ("20261310", None),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_times_as_formats_write_them(given, read_as):
    assert wireitem.moment(given) == read_as


def plain(text: str, **fields: object) -> Article:
    record = {"uri": "u", "pubstatus": "usable", "body_text": text, "copyrightholder": "LWX", **fields}
    return article("a.json", json.dumps(record).encode())


def test_what_a_sender_repeats_around_the_text_is_taken_off():
    found = plain(
        f"Ferry stays\nBy PIA TORRENT\nPORT ANSEL, March 10 (LWX) - {FIRST}\n{LAST} (LWX).\nlwx pt/ja",
        headline="Ferry stays",
        dateline="PORT ANSEL",
    )
    assert found.body == f"{FIRST}\n\n{LAST}"
    assert (found.authors, found.dateline, found.agency) == (("Pia Torrent",), "PORT ANSEL, March 10 (LWX)", "LWX")
    assert plain(f"(LWX) - PORT ANSEL, 10 MAR - {FIRST}").dateline == "(LWX) - PORT ANSEL, 10 MAR"
    assert plain(f"(LWX) {FIRST}", dateline="PORT ANSEL 10/3").dateline == "PORT ANSEL 10/3"
    assert plain(FIRST, byline="Par Pia TORRENT").authors == ("Pia Torrent",)
    assert plain(f"{FIRST}\nLWX said it would go on.").body.endswith("LWX said it would go on.")


def test_a_teleprinter_message_without_any_header():
    found = article(
        "a.txt",
        f"ZCZC LWA012 4 0 WOR\r\nFerry stays in Port Ansel\r\n\r\n{FIRST}\r\n\r\n{LAST}\r\n\r\nNNNN\r\n".encode(),
    )
    assert (found.headline, found.body) == ("Ferry stays in Port Ansel", f"{FIRST}\n\n{LAST}")


def test_renditions_of_one_text_are_read_once():
    main = '<NewsComponent><Role FormalName="Main"/>'
    more = f"<ContentItem><DataContent>{FIRST}</DataContent></ContentItem>"
    apart = f'<NewsComponent EquivalentsList="yes"><NewsComponent>{more}</NewsComponent><Role FormalName="Main"/>'
    for with_more in (main + more, apart):
        raw = changed("newsml1.xml", (main, with_more))
        assert article("newsml1.xml", raw).body == article("newsml1.xml").body
    two = changed("newsml1.xml", (main, f"<NewsComponent>{more}</NewsComponent>{main}"))
    assert article("newsml1.xml", two).body.count(FIRST) == 2
