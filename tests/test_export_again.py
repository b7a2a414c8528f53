"""What was exported can be ingested again: from an empty store the same articles, stories and copies come of it."""

import functools
import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import Databases
from exporting import Place, Rows

from storage import inbox
from storage.records import Article, Hints, sort_time
from storage.store import Store
from tasks import enrich, filing, formats, intake
from tasks.stages import Document

ROOT = Path(__file__).parent.parent
NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
NOTHING = Hints()
LATER = datetime(2026, 4, 1, tzinfo=UTC)


@functools.cache
def enriched(article: Article) -> Article:
    return enrich.enrich_one(article)


def read(document: Document) -> Any:
    found = formats.read(document.raw, input=document.input, hints=document.hints)
    if not isinstance(found, Article):
        return found
    return replace(enriched(replace(found, input="")), input=found.input)


def ingest(store: Store, *paths: Path, hints: Hints = NOTHING, now: datetime = NOW) -> None:
    """Take documents in and file them, as the flow does, in this process."""
    arrivals = intake.documents([str(p) for p in paths], hints=hints, max_bytes=1_000_000)
    list(intake.take_in(store, arrivals, now=now))
    while True:
        with store.writing() as conn:
            items = inbox.claim(conn, holder="x", limit=50, lease=timedelta(hours=1), now=now)
        if not items:
            return
        documents = [
            Document(input=i.input, raw=store.raw.get(str(i.digest)), hints=i.hints) for i in items if i.digest
        ]
        filing.file_batch(store, list(zip(items, map(read, documents), strict=True)), now=now, max_attempts=1)


def same(one: Rows, other: Rows) -> None:
    """Compare two stores row by row, column by column; rows are known by their id, or by the pair they are about."""
    found = []
    for what in one:
        here, there = ({r.get("id") or (r["article"], r["other"]): r for r in rows[what]} for rows in (one, other))
        found += [f"{what} {key}: only in one" for key in here.keys() ^ there.keys()]
        found += [
            f"{what} {key}: {name} {here[key].get(name)!r} {there[key].get(name)!r}"
            for key in here.keys() & there.keys()
            for name in here[key].keys() | there[key].keys()
            if here[key].get(name, ...) != there[key].get(name, ...)
        ]
    assert not found, "\n".join(sorted(found))


@pytest.fixture(scope="module")
def made(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Place]:
    folder = tmp_path_factory.mktemp("places")
    return lambda name: Place(databases.fresh("sqlite"), folder / name)


@pytest.fixture(scope="module")
def full(made: Callable[[str], Place], tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A store with everything that is read: wire copy in all formats, pages, what feeds said, revisions, refusals."""
    place = made("full")
    page = (ROOT / "seeds" / "samples" / "12_saved_page.html").read_bytes()
    text = (ROOT / "seeds" / "samples" / "04_no_year.txt").read_text(encoding="utf-8")
    folder = tmp_path_factory.mktemp("more")
    fed, told, older = folder / "fed.html", folder / "told.txt", folder / "older.jsonl"
    fed.write_bytes(page.replace(b"</p>", b" It rained.</p>", 1))
    told.write_text(text.replace("the", "this"), encoding="utf-8")
    record = {"identifier": "hb-1", "publisher": "Harbour Bulletin", "datePublished": "2026-03-10T09:30+05:30"}
    body = "The ferry to Port Ansel stays in harbour until the wind drops.\nNobody is stranded."
    lines = [record | {"articleBody": body}, record | {"articleBody": body + " The cook is cheerful.\n\n\tReally."}]
    older.write_text("\n".join(map(json.dumps, lines)))
    with place.store() as store:
        ingest(store, ROOT / "seeds" / "samples", ROOT / "seeds" / "bad", ROOT / "tests" / "data", older)
        feed = Hints(url="https://quay.example/a?b=ü", published="2026-03-10T08:06Z", published_basis="feed",
                     headline="As the feed has it", publisher="Quay Post")  # fmt: skip
        ingest(store, fed, hints=feed)
        ingest(store, told, hints=Hints(published="2026-02", publisher="Lantern"))
    return place


def test_captures_give_everything_again(full: Place, made: Callable[[str], Place]) -> None:
    other = made("from-captures")
    with other.store() as store:
        ingest(store, full.export("captures", to="all.warc.gz"), now=LATER)
    same(other.holds(), full.holds())
    refused = [[(i.reason, i.detail) for i in _rejected(place)] for place in (full, other)]
    assert refused[0] == refused[1]
    assert refused[0]
    assert {a["revision"] for a in other.rows("articles")} == {1, 2}


def _rejected(place: Place) -> tuple[inbox.Item, ...]:
    with place.store() as store, store.reading() as conn:
        return inbox.rejected(conn, limit=1000)


@pytest.mark.parametrize("form", ["jsonl", "jsonld"])
def test_records_give_the_same_articles_stories_and_copies(
    form: str, full: Place, made: Callable[[str], Place]
) -> None:
    other = made(f"from-{form}")
    with other.store() as store:
        ingest(store, full.export("articles", "--format", form, to="all.jsonl"), now=LATER)
    there = full.holds()
    withdrawn = [a for a in there["articles"] if a["withdrawn_at"]]
    there["articles"] = [a for a in there["articles"] if not a["withdrawn_at"]]
    same(other.holds(), there)
    refused = [(i.reason, i.detail) for i in _rejected(other)]
    assert {reason for reason, _ in refused} <= {"no-article"}
    assert len(refused) == (len(withdrawn) if form == "jsonl" else 0)
    assert withdrawn


def test_ninjs_gives_the_same_but_for_what_it_has_no_words_for(full: Place, made: Callable[[str], Place]) -> None:
    other = made("from-ninjs")
    with other.store() as store:
        ingest(store, full.export("articles", "--format", "ninjs", to="all.jsonl"), now=LATER)
    here, there = _in_ninjs(other.holds()), _in_ninjs(full.holds())
    assert here["articles"] == there["articles"]
    assert here["stories"] == there["stories"]
    assert here["copies"] == there["copies"]
    assert len(here["articles"]) > 20
    named = {a["id"]: a for a in other.rows("articles")}
    exact = [
        a for a in full.rows("articles") if not a["withdrawn_at"] and (a["identifier"] or a["url"] or not _date(a))
    ]
    assert exact
    assert all(named[a["id"]]["articleBody"] == a["articleBody"] for a in exact)


def _date(article: dict[str, Any]) -> str | None:
    date: str | None = article["datePublished"]
    return date


def _in_ninjs(rows: Rows) -> dict[str, Any]:
    """Give what ninjs can say of it: no word on where a date was found, none on what else an agency's format said.

    Dates become moments. Articles are known by what they say here: those without identifier and address have their date
    in their id, and it is written otherwise. With it the sides of a pair may change, and a score differs by the side
    that it is seen from.
    """
    used = [a for a in rows["articles"] if not a["withdrawn_at"]]
    names = {a["id"]: f"{a['publisher']} | {a['headline']} | {a['articleBody']}" for a in used}
    kept = str.split("identifier url headline author publisher agency dateline inLanguage articleBody")
    wired = ("slug", "urgency", "version", "keywords", "subjects", "note", "usage")
    return {
        "articles": {
            names[a["id"]]: {name: a[name] for name in kept}
            | {name: (a["wire"] or {}).get(name) for name in wired}
            | {"versions": {sort_time(a["datePublished"]), sort_time(a["dateModified"] or a["datePublished"])}}
            for a in used
        },
        "stories": sorted(sorted(names[m["article"]] for m in s["articles"]) for s in rows["stories"]),
        "copies": sorted(
            (sorted((names[c["article"]], names[c["other"]])), c["grade"], len(c["passages"])) for c in rows["copies"]
        ),
    }


def test_a_list_of_any_length_is_read_line_by_line(tmp_path: Path) -> None:
    listed, packed = tmp_path / "all.jsonl", tmp_path / "all.jsonl.gz"
    line = json.dumps({"identifier": "x", "articleBody": "The ferry stays in harbour. " * 15}) + "\n"
    listed.write_text(line * 11_000)
    packed.write_bytes(gzip.compress(f"{line}\n{line}".encode()))
    arrivals = list(intake.documents([str(listed)], hints=Hints(), max_bytes=1_000))
    assert len(arrivals) == 11_000  # more than an archive may hold, and a file larger than a document may be
    assert all(isinstance(a, Document) for a in arrivals)
    assert arrivals[-1].input == f"{listed}#11000"
    two = list(intake.documents([str(packed)], hints=Hints(), max_bytes=1_000_000))
    assert [d.input for d in two] == [f"{packed}#1", f"{packed}#3"]
