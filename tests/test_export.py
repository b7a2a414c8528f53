"""Exports: each format says what the listings say, keeps to its own rules, and is whole or not there."""

import gzip
import io
import json
import os
import pty
import re
import resource
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from conftest import Databases
from exporting import Place
from fastwarc.warc import ArchiveIterator
from hypothesis import given
from hypothesis import strategies as st
from shelving import Desk, article, quoting, relation, verdicts

from flows import cli, export, exportoptions
from storage import changes, consumers, inbox
from storage.errors import Misconfigured, WiredeskError
from storage.records import Hints, Mention, Wire
from tasks import capturewarc, jsonld, ninjs3, timelinejs

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
WIRE = Wire(format="nitf", slug="ferry", urgency=3, version=2, embargoed="", keywords=("quay",), subjects=("strike",))


@pytest.fixture
def place(database_url: str, tmp_path: Path) -> Place:
    """A store with a story of two, a reworded statement, a withdrawn article, and captures."""
    made = Place(database_url, tmp_path / "home")
    one, two = quoting("a", "We sail on Friday", wire=WIRE), quoting("b", "We sail on Friday", "No ferry, no school")
    dateless = article("c", published=None, authors=("Ida Holm", "Jo Park"), mentions=(
        Mention(name="Port Ansel", type="Place", spans=((0, 5),)), Mention(name="Quay Board", type="Organization",
                                                                            spans=((0, 5),))))  # fmt: skip
    desk = Desk(verdicts(relation(one, two)))
    with made.store() as store:
        with store.filing() as conn:
            for filed in (one, two, dateless):
                desk.file(conn, filed, NOW)
        for raw, hints in ((b"<html>one", Hints(url="https://quay.example/ü")), (b"two", Hints(headline="x\ny é"))):
            digest = store.raw.put(raw)
            with store.writing() as conn:
                inbox.receive(conn, digest=digest, size_bytes=9, input="wire/ü .txt", hints=hints, now=NOW)
    return made


def as_json(value: Any) -> Any:
    """Give a value that came from Parquet as JSON has it: no nulls in objects, where JSON leaves names out."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list):
        return [as_json(v) for v in value]
    return {k: as_json(v) for k, v in value.items()} if isinstance(value, dict) else value


def without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: without_nulls(v) for k, v in value.items() if v is not None}
    return [without_nulls(v) for v in value] if isinstance(value, list) else value


def test_parquet_holds_what_json_lines_hold(place: Place) -> None:
    for what, columns in export.COLUMNS.items():
        lines = place.rows(what)
        found = pyarrow.parquet.read_table(place.export(what, "--format", "parquet"))
        assert found.column_names == columns.split() == list(lines[0])
        read = [as_json(row) for row in found.to_pylist()]
        for row in read:
            for name in {"wire", "payload"} & row.keys():
                row[name] = row[name] and json.loads(row[name])
        assert without_nulls(read) == without_nulls(lines), what
    moments = {field.name for field in found.schema if str(field.type) == "timestamp[us, tz=UTC]"}
    assert moments == {"at"}


def test_parquet_goes_through_a_pipe(place: Place, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    arguments = cli.parser().parse_args(["export", "quotes", "--format", "parquet"])
    assert arguments.run(arguments, place.settings) == 0
    read = pyarrow.parquet.read_table(io.BytesIO(capsysbinary.readouterr().out))
    assert read.column("text").to_pylist() == [q["text"] for q in place.rows("quotes")]


def test_without_pyarrow_a_sentence_says_what_to_do(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(Misconfigured, match="`make parquet` installs it"):
        place.export("quotes", "--format", "parquet")
    assert [p.name for p in place.folder.iterdir()] == ["raw"]


@given(st.text("ab ", min_size=1, max_size=200), st.data())
def test_selectors_find_the_words_at_one_place(body: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(body) - 1))
    end = data.draw(st.integers(start + 1, len(body)))
    position, quote = jsonld.selectors(body, start, end)
    assert body[position["start"] : position["end"]] == quote["exact"] == body[start:end]
    whole = quote["prefix"] + quote["exact"] + quote["suffix"]
    assert [m.start() for m in re.finditer(f"(?={re.escape(whole)})", body)] == [start - len(quote["prefix"])]


SCHEMA_ORG = {
    "NewsArticle": "identifier url headline author publisher sourceOrganization dateline inLanguage datePublished "
    "dateModified keywords articleBody mentions hasPart",
    "Quotation": "text creator dateCreated workExample",
    "Person": "name", "Organization": "name", "Place": "name",
    "SpecificResource": "source selector",
    "TextPositionSelector": "start end",
    "TextQuoteSelector": "exact prefix suffix",
}  # fmt: skip
"""The properties that schema.org and the Web Annotation vocabulary have for each type, as far as we use them."""
OURS = set("wire story datePublished_basis articleBody_basis dateSaid_basis quotationType verb confidence".split())  # noqa: SIM905


def check_linked(value: Any) -> Iterator[str]:
    """Hold every object against the types that it says it is of; give the types that were met."""
    if isinstance(value, list):
        for one in value:
            yield from check_linked(one)
    if not isinstance(value, dict):
        return
    types = [value["@type"]] if isinstance(value["@type"], str) else value["@type"]
    allowed = {name for kind in types for name in SCHEMA_ORG[kind].split()} | OURS | {"agreement"}
    assert {name for name in value if name[0] != "@"} <= allowed
    assert None not in value.values()
    yield from types
    for name, inner in value.items():
        if name not in {"@context", "@type", "wire"}:
            yield from check_linked(inner)


def test_linked_data_keeps_to_its_vocabularies_and_points_into_the_articles(place: Place) -> None:
    documents = place.rows("articles", "--format", "jsonld")
    bodies = {d["@id"]: d["articleBody"] for d in documents}
    statements = place.rows("quotes", "--format", "jsonld")
    met = {kind for document in (*documents, *statements) for kind in check_linked(document)}
    assert met == set(SCHEMA_ORG)
    quotations = [q for d in documents for q in d.get("hasPart", ())]
    carried = [w for s in statements for w in s["workExample"]]
    assert len(quotations) == len(carried) == 3
    for said in (*quotations, *carried):
        position, quote = said["selector"]
        body = bodies[said["source"]]
        assert body[position["start"] : position["end"]] == said["text"] == quote["exact"]
        assert quote["prefix"] + quote["exact"] + quote["suffix"] in body
    for document in documents:
        terms = document["@context"][1]
        assert document["@context"][0] == "https://schema.org"
        assert OURS | {"source", "selector", "exact"} <= terms.keys()
        assert all(re.fullmatch(r"[a-z]+:\S+", t if isinstance(t, str) else t["@id"]) for t in terms.values())


@pytest.mark.parametrize(
    ("said", "date"),
    [("2026-03-01", "2026-03-01"), ("2026-03", "2026-03"), ("2026", "2026"), ("2026-24", None), ("202X", None),
     ("2026-03-XX", None), (None, None)],
)  # fmt: skip
def test_a_date_that_schema_org_does_not_know_is_left_out(said: str | None, date: str | None) -> None:
    row = {"id": "1", "text": "x", "speaker": {"name": "Brennick", "type": "Place"}, "dateSaid": said,
           "dateSaid_basis": "text", "type": "direct", "agreement": "same", "carriers": []}  # fmt: skip
    made = jsonld.statement(row, {})
    assert made.get("dateCreated") == date
    assert made["creator"] == {"@type": "Organization", "name": "Brennick"}


NINJS: dict[str, Any] = {
    "standard": dict, "uri": str, "profile": str, "type": str, "representationType": str, "pubStatus": str,
    "version": str, "firstCreated": "moment", "versionCreated": "moment", "embargoed": "moment", "urgency": int,
    "language": str, "headlines": {"role", "contentType", "value"}, "by": str, "slugline": str, "located": str,
    "edNote": str, "usageTerms": str, "subjects": {"rel", "name"}, "people": {"rel", "name"},
    "organisations": {"rel", "name"}, "places": {"rel", "name"}, "infoSources": {"rel", "name"},
    "altIds": {"role", "value"}, "bodies": {"role", "contentType", "value", "charCount", "wordCount"},
}  # fmt: skip
"""The names of ninjs 3.0 that we use, with the type of each; of lists, the names that their objects have."""


def check_ninjs(item: dict[str, Any]) -> None:
    assert item.keys() <= NINJS.keys()
    assert {"uri", "standard", "type", "pubStatus"} <= item.keys()
    for name, value in item.items():
        kind = NINJS[name]
        if kind == "moment":
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d", value)
        elif isinstance(kind, set):
            assert value
            assert all(one.keys() <= kind and ("rel" in one or "role" in one or "name" in one) for one in value)
        else:
            assert isinstance(value, kind)
    assert item["type"] == "text"
    assert item["pubStatus"] in {"usable", "canceled"}
    assert 1 <= item.get("urgency", 1) <= 9


def test_ninjs_keeps_to_its_names_and_types(place: Place) -> None:
    items = place.rows("articles", "--format", "ninjs")
    for item in items:
        check_ninjs(item)
    assert {name for item in items for name in item} >= {"subjects", "places", "organisations", "people", "altIds"}
    (body,) = items[0]["bodies"]
    assert body["charCount"] == len(body["value"])
    assert [a["uri"].rpartition(":")[2] for a in items] == [a["id"] for a in place.rows("articles")]
    check_ninjs(killed := ninjs3.item("1", article("k", authors=("Ida Holm",)), withdrawn=True))
    assert killed["pubStatus"] == "canceled"
    assert not {"bodies", "headlines", "people"} & killed.keys()


@pytest.mark.parametrize(
    ("date", "start", "end", "shown"),
    [
        ("2026-03-10", "2026 3 10", None, "10 March 2026"),
        ("2026-03-10T21:48", "2026 3 10 21 48", None, "10 March 2026, 21:48"),
        ("2026-03", "2026 3", None, "March 2026"),
        ("2026", "2026", None, "2026"),
        ("2026-W11", "2026 3 9", "2026 3 15", "Week of 9 March 2026"),
        ("2026-33", "2026 1 1", "2026 3 31", "Quarter 1 of 2026"),
        ("2026-24", "2026 12 1", "2027 2 28", "Winter 2026"),
        ("199X", "1990 1 1", "1999 12 31", "1990s"),
        ("18XX", "1800 1 1", "1899 12 31", "1800s"),
    ],
)
def test_a_slide_is_as_wide_as_its_date(date: str, start: str, end: str | None, shown: str) -> None:
    row = {"id": "e", "date": date, "text": "It <b>rained</b> & " + "poured " * 20, "people": ["A <i>"],
           "articles": [{"article": "1"}, {"article": "2"}, {"article": "3"}]}  # fmt: skip
    slide = timelinejs.slide(row, {"1": "Quay & Co", "2": "Quay & Co", "3": None})
    assert slide is not None
    assert [" ".join(map(str, slide[n].values())) if n in slide else None for n in ("start_date", "end_date")] == [
        start, end,
    ]  # fmt: skip
    assert slide["display_date"] == shown
    assert slide["group"] == "A &lt;i&gt;"
    assert slide["text"]["text"].endswith("<br>Reported by Quay &amp; Co")
    assert slide["text"]["headline"].startswith("It &lt;b&gt;rained&lt;/b&gt; &amp; poured")
    assert len(slide["text"]["headline"]) < 130
    assert timelinejs.slide(row | {"date": "soon"}, {}) is None


def test_a_timeline_of_one_story_is_what_timelinejs_draws(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    head = place.rows("stories")[0]["id"]
    whole = json.loads(place.export("timeline", "--format", "timelinejs", "--story", head).read_text(encoding="utf-8"))
    assert [s["unique_id"] for s in whole["events"]] == [e["id"] for e in place.rows("timeline", "--story", head)]
    assert whole["events"]
    none = place.export("timeline", "--format", "timelinejs", "--since", "2027-01-01").read_text(encoding="utf-8")
    assert json.loads(none) == {"events": []}
    assert capsys.readouterr().err == ""


def test_captures_are_an_archive_that_others_read(place: Place) -> None:
    packed = place.export("captures", to="all.warc.gz").read_bytes()
    assert packed.count(b"\x1f\x8b\x08\x00\x00\x00\x00\x00") == 3  # each record by itself, so that others may seek
    records = [
        (r.headers["WARC-Target-URI"], r.headers["Content-Type"], r.headers["WARC-Date"], r.reader.read())
        for r in ArchiveIterator(io.BytesIO(packed), func_filter=lambda r: r.verify_block_digest())
        if r.headers["WARC-Type"] == "resource"
    ]
    assert records == [
        ("https://quay.example/%C3%BC", "text/html", "2026-03-20T12:00:00Z", b"<html>one"),
        ("file:///wire/%C3%BC%20.txt", "text/plain", "2026-03-20T12:00:00Z", b"two"),
    ]
    assert gzip.decompress(packed).startswith(b"WARC/1.1\r\nWARC-Type: warcinfo")


def test_captures_that_are_gone_are_counted_and_damaged_ones_are_a_failure(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    gone, damaged = sorted((place.folder / "raw").rglob("*.zst"))
    gone.unlink()
    place.export("captures")
    assert capsys.readouterr().err == "left out: 1 captures that are no longer kept\n"
    damaged.write_bytes(b"x")
    place.export("captures", status=1)
    assert "left out: 1 captures that are damaged" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("raw", "media"),
    [(b"\xef\xbb\xbf {}", "application/json"), (b"%PDF-1.7", "application/pdf"), (b"plain", "text/plain"),
     (b"<?xml version='1.0'?><nitf/>", "application/xml"), (b"\x89PNG\r\n\x1a\n\x00\x01", "application/octet-stream"),
     (b"From: a@b.example\r\nSubject: x\r\nDate: Tue, 10 Mar 2026 16:04:00 +0100\r\n\r\nx", "message/rfc822")],
)  # fmt: skip
def test_media_types_are_told_by_content(raw: bytes, media: str) -> None:
    assert capturewarc.media_type(raw) == media


FULL = [("articles", "jsonl"), ("articles", "parquet"), ("captures", "warc")]


@pytest.mark.parametrize(("what", "form"), FULL)
def test_a_full_disk_leaves_what_was_there_and_no_half_file(
    what: str, form: str, tmp_path: Path, databases: Databases
) -> None:
    place = Place(databases.fresh("sqlite"), tmp_path / "home")
    noise = os.urandom(150_000).hex()
    with place.store() as store:
        with store.filing() as conn:
            Desk().file(conn, article("a", noise), NOW)
        digest = store.raw.put(noise.encode())
        with store.writing() as conn:
            inbox.receive(conn, digest=digest, size_bytes=9, input="a.txt", hints=Hints(), now=NOW)
    folder = tmp_path / "results"
    folder.mkdir()
    (folder / "out").write_text("former")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))  # Python ignores the signal, and writing fails
    try:
        with pytest.raises(WiredeskError, match=r"check the folder and the room on it .*too large"):
            place.export(what, "--format", form, to="../results/out")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert {p.name: p.read_text() for p in folder.iterdir()} == {"out": "former"}
    place.export(what, "--format", form, to="../results/out")
    assert [p.name for p in folder.iterdir()] == ["out"]
    assert (folder / "out").stat().st_size > 100_000


GENERATED = """
INSERT INTO articles (id, content_digest, revision, filed_at, core, input, headline, authors, publisher, language,
                      published, published_at, body)
SELECT substr(md5(n::text), 1, 16), md5(n::text), 1, now(), false, 'generated', 'Ferry ' || n, '["Ida Holm"]', 'Quay',
       'en', '2026-03-10', '2026-03-10', repeat('The ferry stays in harbour until ' || n || '. ', 40)
FROM generate_series(CAST(:first AS int), CAST(:last AS int)) AS n
"""
MEASURED = """
import re, sys
from pathlib import Path
from flows import cli
status = cli.main(sys.argv[1:])
print(status, re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
"""
"""Its own peak: what getrusage gives begins with that of the process which it was forked from."""


@pytest.mark.hard
def test_ten_times_the_articles_take_the_memory_of_one(databases: Databases, tmp_path: Path) -> None:
    """On PostgreSQL: SQLite keeps up to 32 MB of its pages in this process, which is a constant of another kind."""
    from sqlalchemy import text

    place = Place(databases.fresh("postgresql"), tmp_path / "home")
    taken: dict[str, list[int]] = {}
    for first, last in ((1, 2_000), (2_001, 20_000)):
        with place.store() as store, store.writing() as conn:
            conn.execute(text(GENERATED), {"first": first, "last": last})
        for form in ("jsonl", "parquet"):
            out = tmp_path / form
            done = subprocess.run(
                [sys.executable, "-c", MEASURED, "export", "articles", "--format", form, "--out", out, "--home",
                 place.folder, "--database", place.settings.database],
                capture_output=True, text=True, check=True,
            )  # fmt: skip
            status, kilobytes = map(int, done.stdout.split())
            assert (status, done.stderr) == (0, "")
            taken.setdefault(form, []).append(kilobytes)
    assert (tmp_path / "jsonl").read_bytes().count(b"\n") == 20_000
    assert pyarrow.parquet.ParquetFile(tmp_path / "parquet").metadata.num_row_groups == 20
    assert all(more < 1.15 * fewer for fewer, more in taken.values()), taken


def test_progress_is_for_who_watches_and_results_go_where_they_belong(tmp_path: Path, databases: Databases) -> None:
    place = Place(databases.fresh("sqlite"), tmp_path / "home")
    with place.store() as store, store.filing() as conn:
        Desk().file(conn, article("a"), NOW)
    watching, terminal = pty.openpty()
    command = [sys.executable, "-m", "flows", "export", "articles", "--home", place.folder, "--database",
               place.settings.database]  # fmt: skip
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=terminal, check=True)
    os.close(terminal)
    shown = b""
    while chunk := _read(watching):
        shown += chunk
    assert b"exporting articles" in shown
    assert b"/1" in shown
    assert json.loads(done.stdout)["headline"] == "Headline a"


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65_536)
    except OSError:  # so Linux says that nobody has the other end any more
        os.close(terminal)
        return b""


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("export stories --format ninjs", "stories cannot be written as ninjs, but as jsonl, csv, parquet"),
        ("export captures --format csv", "captures cannot be written as csv, but as warc"),
        ("export copies --story 1", "--story chooses among articles, quotes, timeline"),
        ("export quotes --since 2026-03-01", "--since chooses among timeline"),
        ("export timeline --since soon", "'soon' is no day"),
    ],
)
def test_what_does_not_go_together_is_told(
    command: str, says: str, place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    def run() -> None:
        arguments = cli.parser().parse_args(command.split())
        arguments.run(arguments, place.settings)

    with pytest.raises(SystemExit) as left:
        run()
    assert left.value.code == 2
    assert says in capsys.readouterr().err


def test_a_part_of_it_is_chosen(place: Place) -> None:
    story = place.rows("stories")[0]
    assert story["size"] == 2
    chosen = place.rows("articles", "--story", story["articles"][1]["article"])
    assert {a["id"] for a in chosen} == {a["article"] for a in story["articles"]}
    with pytest.raises(WiredeskError, match="no story or article has this id"):
        place.export("quotes", "--story", "0123")


def test_help_and_readme_name_every_format(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.parser().parse_args(["export", "--help"])
    shown = capsys.readouterr().out
    table = README.split("| format | of | what it carries |")[1].split("\n\n")[0]
    for form in {form for forms in exportoptions.FORMATS.values() for form in forms}:
        assert f"\n  {form} " in shown
        assert re.search(rf"^\| `{form}` \|", table, re.MULTILINE), form


def test_changes_begin_behind_what_was_let_go_of(place: Place) -> None:
    whole = place.rows("changes")
    with place.store() as store:
        assert consumers.drop(store, before=NOW + timedelta(days=1), now=NOW) == len(whole) > 5
        with store.filing() as conn:
            changes.append(conn, [("story.changed", "s", {"size": 2})], now=NOW)
    assert [(row["number"], row["subject"]) for row in place.rows("changes")] == [(whole[-1]["number"] + 1, "s")]
