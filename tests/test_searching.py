"""Searching the quote book and the timeline: what is found by what, in order, page by page, without reading it all."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from shelving import RANK, Desk, article, quoting, relation, verdicts
from sqlalchemy import Connection, delete, event, select

from storage import (
    catalogue,
    changes,
    families,
    finding,
    inbox,
    indexing,
    pairs,
    quotebook,
    searching,
    storyline,
    tallies,
    timeline,
)
from storage import tables as t
from storage.errors import Misconfigured, WiredeskError
from storage.overview import overview
from storage.records import Article, Event, Hints, Mention
from storage.searching import Asked
from storage.store import Store
from tasks import filing

REST = "the crews have earned their rest and will take it"
CLIP = "earned their rest"
BOATS = "the ice-free boats are older than we are"
PAID = "who pays for the crossing in the ice"


def _file(store: Store, now: datetime, *made: Article, ties: Any = ()) -> None:
    desk = Desk(verdicts(*ties))
    for one in made:
        with store.filing() as conn:
            desk.file(conn, one, now)


def _said(conn: Connection, **asked: str) -> list[str]:
    return [row["text"] for row in quotebook.find(conn, Asked(**asked))]


def _happening(name: str, date: str, sentence: str = RANK, *places: str, **fields: Any) -> Article:
    """Give an article with one event, in whose sentence places stand."""
    spans = [(place, sentence.index(place)) for place in places]
    return replace(
        article(name, sentence),
        events=(Event(date=date, precision="day", text=sentence, start=0, end=len(sentence), **fields),),
        mentions=tuple(Mention(name=p, type="Place", spans=((at, at + len(p)),)) for p, at in spans),
    )


@pytest.fixture
def book(store: Store, now: datetime) -> Store:
    """Five statements: one in two wordings by two outlets, one reported, one without a date, one of a month."""
    one, two = quoting("a", REST, BOATS), quoting("b", CLIP, published="2026-03-02")
    told = quoting("c", PAID, speaker="Orla Kettering", type="indirect")
    undated = quoting("d", "nobody asked the islanders", speaker="Ørjan Åsen")
    undated = replace(undated, quotations=tuple(replace(q, said=None, said_basis=None) for q in undated.quotations))
    month = quoting("e", "the winter will be long", speaker=None)
    month = replace(month, quotations=tuple(replace(q, said="2026-02") for q in month.quotations))
    _file(store, now, one, two, told, undated, month, ties=[relation(one, two)])
    return store


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"words": "rest"}, [REST]),
        ({"words": "RÉST earned"}, [REST]),
        ({"words": '"earned their rest"'}, [REST]),
        ({"words": '"rest earned"'}, []),
        ({"words": "“their rest and”"}, [REST]),
        ({"words": "ice"}, [BOATS, PAID]),
        ({"words": "ice-free"}, [BOATS]),
        ({"words": "island*"}, ["nobody asked the islanders"]),
        ({"words": "island"}, []),
        ({"words": '"take it earned"'}, []),  # two wordings of one statement
        ({"words": "ice", "type": "indirect"}, [PAID]),
        ({"words": "ice", "speaker": "kettering"}, [PAID]),
        ({"words": "voss"}, []),  # a name is no word of what was said
        ({"outlet": "outlet b"}, [REST]),
        ({"outlet": "outlet a", "type": "direct"}, [BOATS, REST]),
        ({"speaker": "asen"}, ["nobody asked the islanders"]),
        ({"speaker": "o k"}, [PAID]),
        ({"since": "2026-02-20", "until": "2026-02-25"}, ["the winter will be long"]),
        ({"since": "2026-03-01"}, [BOATS, REST, PAID]),
        ({"until": "2026-02-28"}, ["the winter will be long"]),
        (
            {"since": "2026-02-20", "until": "2026-03-01", "words": "the"},
            ["the winter will be long", BOATS, REST, PAID],
        ),
        ({"since": "2026-02-20", "words": "winter"}, ["the winter will be long"]),
        ({"since": "2027-01-01"}, []),
    ],
)
def test_statements_are_found_by_every_condition_and_all_together(
    book: Store, asked: dict[str, str], found: list[str]
) -> None:
    with book.reading() as conn:
        assert sorted(_said(conn, **asked)) == sorted(found)


def test_story_narrows_any_search(book: Store) -> None:
    story = quoting("a", REST, BOATS).id
    with book.reading() as conn:
        assert sorted(_said(conn, story=story)) == sorted([REST, BOATS])
        assert _said(conn, story=story, words="ice") == [BOATS]
        assert _said(conn, story=story, outlet="outlet b", since="2026-03-01") == [REST]
        assert _said(conn, story=story, until="2026-02-01") == []


def test_statement_is_told_with_its_first_carrier_context_and_wordings(book: Store) -> None:
    with book.reading() as conn:
        (row,) = quotebook.find(conn, Asked(words="rest"))
    assert row["agreement"] == "variant"
    assert (row["first"]["outlet"], row["first"]["datePublished"]) == ("Outlet a", "2026-03-01")
    assert row["context"] == f"“{REST}” “{BOATS}”"
    assert row["variants"] == [
        {"type": "direct", "text": REST, "outlets": ["Outlet a"]},
        {"type": "direct", "text": CLIP, "outlets": ["Outlet b"]},
    ]


def test_what_is_quoted_comes_before_what_is_only_reported(store: Store, now: datetime) -> None:
    told, quoted = quoting("a", REST, type="indirect"), quoting("b", REST, published="2026-03-02")
    _file(store, now, told, quoted, ties=[relation(told, quoted)])
    with store.reading() as conn:
        (row,) = quotebook.find(conn, Asked())
    assert [v["type"] for v in row["variants"]] == ["direct", "indirect"]
    assert row["first"]["outlet"] == "Outlet a"


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"place": "grenholt"}, ["2026-03-06", "2026-03-08"]),
        ({"place": "GRENHOLT", "until": "2026-03-07"}, ["2026-03-06"]),
        ({"place": "Tarv"}, ["2026-03-07"]),
        ({"outlet": "outlet b"}, ["2026-03-07"]),
        ({"modality": "planned"}, ["2026-03-08"]),
        ({"modality": "past"}, ["2026-03-07"]),
        ({"modality": "open"}, ["2026-03-06"]),
        ({"modality": "planned", "person": "Ilka Sarovin"}, ["2026-03-08"]),
        ({"modality": "past", "person": "Ilka Sarovin"}, []),
    ],
)
def test_events_are_found_by_place_outlet_and_what_is_planned(
    store: Store, now: datetime, asked: dict[str, str], found: list[str]
) -> None:
    gates = "The gates at Grenholt opened."
    _file(
        store, now, _happening("a", "2026-03-06", gates, "Grenholt"),
        _happening("b", "2026-03-07", "Engineers met in Tarvia.", "Tarvia", modality="past"),
        _happening("c", "2026-03-08", gates, "Grenholt", modality="planned", people=("Ilka Sarovin",)),
    )  # fmt: skip
    with store.reading() as conn:
        assert [row["date"] for row in timeline.find(conn, Asked(**asked))] == found


def test_events_are_in_the_order_of_the_export(store: Store, now: datetime) -> None:
    dates = ["2026-03-06", "2026-03-06T09:00", "2026-03-06T17:30", "2026-03", "2026", "2026-W10", "soon", "2025"]
    _file(store, now, *(_happening(date, date) for date in dates))
    with store.reading() as conn:
        assert [r["id"] for r in timeline.find(conn, Asked())] == [r["id"] for r in timeline.events(conn)]


@pytest.mark.parametrize("limit", [1, 2, 200])
def test_pages_of_any_size_give_everything_once_and_go_on_behind_any_row(book: Store, limit: int) -> None:
    with book.reading() as conn:
        for asked in (Asked(), Asked(words="the"), Asked(since="2026-02-10"), Asked(type="direct")):
            ids = [row["id"] for row in quotebook.find(conn, asked, limit=limit)]
            assert len(set(ids)) == len(ids) > 1
            assert ids == [row["id"] for row in quotebook.find(conn, asked)]
            for at, id_ in enumerate(ids):
                assert [r["id"] for r in quotebook.find(conn, asked, after=id_, limit=limit)] == ids[at + 1 :]
        stories = [s.id for s in catalogue.stories(conn)]
        for at, id_ in enumerate(stories):
            assert [s.id for s in catalogue.stories(conn, after=id_)] == stories[at + 1 :]


def test_page_behind_what_is_gone_says_so(book: Store) -> None:
    with book.reading() as conn:
        with pytest.raises(WiredeskError, match="begin the listing anew"):
            list(quotebook.find(conn, Asked(), after="0123456789abcdef"))
        with pytest.raises(WiredeskError, match="begin the listing anew"):
            list(catalogue.stories(conn, after="0123456789abcdef"))


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"words": "!?"}, "no word in this"),
        ({"words": "a*"}, "at least 3 letters"),
        ({"speaker": "..."}, "no name in this"),
    ],
)
def test_search_for_nothing_is_told_what_is_missing(book: Store, asked: dict[str, str], says: str) -> None:
    with book.reading() as conn, pytest.raises(Misconfigured, match=says):
        list(quotebook.find(conn, Asked(**asked)))


@pytest.mark.parametrize(
    ("asked", "near"),
    [("Keterling", ["Orla Kettering"]), ("ada vos", ["Ada Voss"]), ("Orla Katterink", ["Orla Kettering"]), ("Xyz", [])],
)
def test_unknown_speaker_is_answered_with_near_names(book: Store, asked: str, near: list[str]) -> None:
    with book.reading() as conn:
        assert searching.near_names(conn, finding.SPEAKER, asked)[:1] == near


def test_too_many_names_are_no_name(store: Store, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    _file(
        store, now, *(quoting(f"{i}", REST, speaker=f"Ada {name}") for i, name in enumerate(("Voss", "Reed", "Moor")))
    )
    monkeypatch.setattr(searching, "MOST_NAMES", 2)
    with store.reading() as conn:
        with pytest.raises(Misconfigured, match="may mean 3 names"):
            list(quotebook.find(conn, Asked(speaker="ada")))
        assert len(_said(conn, speaker="ada voss")) == 1


def test_spellings_that_one_statement_ties_are_one_speaker(store: Store, now: datetime) -> None:
    full, short = (
        quoting("a", REST, speaker="Adaline Voss"),
        quoting("b", REST, speaker="A. Voss", published="2026-03-02"),
    )
    alone = quoting("c", BOATS, speaker="A. Voss")
    other = quoting("d", PAID, speaker="Voss")
    _file(store, now, full, short, alone, other, ties=[relation(full, short)])
    with store.reading() as conn:
        assert sorted(_said(conn, speaker="Adaline Voss")) == sorted([REST, BOATS])
        assert len(_said(conn, speaker="voss")) == 3


def test_revision_and_withdrawal_change_what_is_found(store: Store, now: datetime) -> None:
    one = quoting("a", REST)
    _file(store, now, one, quoting("a", BOATS), quoting("b", PAID))
    with store.reading() as conn:
        assert _said(conn, words="rest") == []
        assert _said(conn, words="boats") == [BOATS]
    moved = replace(quoting("a", BOATS), publisher="Another Paper", identifier=None, url="https://a.example/1")
    _file(store, now, moved, replace(moved, publisher="Third Paper"))
    with store.reading() as conn:
        assert _said(conn, outlet="another") == []
        assert _said(conn, outlet="third") == [BOATS]
        assert len(conn.execute(select(t.Find.key)).all()) == sum(
            len(conn.execute(select(f.id)).all()) for f in (t.Statement, t.Occurrence)
        )


def test_index_is_what_it_would_be_if_made_anew(
    store: Store, now: datetime, sample_articles: dict[str, Article]
) -> None:
    made = sorted(sample_articles.values(), key=lambda a: a.input)
    for first in range(0, len(made), 4):
        with store.writing() as conn:
            for a in made[first : first + 4]:
                inbox.receive(conn, digest=a.id, size_bytes=1, input=a.input, hints=Hints(), now=now)
            items = inbox.claim(conn, holder="test", limit=9, lease=timedelta(hours=1), now=now)
        work = list(zip(items, made[first : first + 4], strict=True))
        filing.file_batch(store, work, now=now, max_attempts=3)
    entries = select(t.Find.key, t.Find.id, t.Find.until, t.Find.tokens).order_by(t.Find.key)
    with store.filing() as conn:
        kept = [tuple(row) for row in conn.execute(entries)]
        conn.execute(delete(t.Find))
        conn.execute(t.Event.__table__.update().values(places=None))
    assert indexing.fill(store.writing) == len(kept) > 50
    with store.reading() as conn:
        assert [tuple(row) for row in conn.execute(entries)] == kept
    assert indexing.fill(store.writing) == 0
    with store.reading() as conn:
        assert _said(conn, speaker="pellarin", words="contacts")


@contextmanager
def _statements(conn: Connection) -> Iterator[list[tuple[str, Any]]]:
    """Gather what is asked of the database meanwhile."""
    seen: list[tuple[str, Any]] = []

    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if not statement.startswith("SET "):
            seen.append((statement, parameters))

    event.listen(conn, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(conn, "before_cursor_execute", note)


def test_no_list_count_or_search_reads_a_whole_table(book: Store, now: datetime) -> None:
    id_ = quoting("a", REST).id
    with book.reading() as conn:
        after = next(iter(quotebook.find(conn, Asked())))["id"]
        happened = next(iter(timeline.find(conn, Asked())))["id"]
        with _statements(conn) as seen:
            for asked in (
                Asked(), Asked(words="the"), Asked(words='"the crews" earn*'), Asked(speaker="voss", outlet="outlet"),
                Asked(since="2026-02-10", until="2026-05-01"), Asked(since="2026-02-10", words="the"), Asked(story=id_),
                Asked(story=id_, words="the"), Asked(type="direct"),
            ):  # fmt: skip
                list(quotebook.find(conn, asked, limit=2))
            list(quotebook.find(conn, Asked(), after=after, limit=2))
            list(timeline.find(conn, Asked(person="voss", since="2026-01-01", until="2026-12-31"), after=happened))
            list(timeline.find(conn, Asked(place="x", modality="past", outlet="outlet")))
            list(catalogue.stories(conn))
            list(catalogue.stories(conn, minimum=2, after=id_))
            storyline.told(conn, id_)
            searching.near_names(conn, finding.SPEAKER, "Kettel")
            searching.reach(conn, "events")
            families.story_of(conn, id_)
            families.was_merged(conn, id_)
            changes.read(conn, after=3)
            tallies.totals(conn)
            overview(conn, now=now)
            inbox.counts(conn)
            inbox.rejected(conn)
            pairs.of(conn, [id_])
            for rows in (
                catalogue.articles(conn), catalogue.copies(conn), quotebook.quotes(conn), timeline.events(conn),
            ):  # fmt: skip
                list(rows)
        assert len(seen) > 70
        if book.dialect == "postgresql":
            conn.exec_driver_sql("SET LOCAL enable_seqscan = off")  # on a small store it is what the planner prefers
        explain = "EXPLAIN QUERY PLAN " if book.dialect == "sqlite" else "EXPLAIN "
        for statement, parameters in seen:
            plan = [str(row[-1]) for row in conn.exec_driver_sql(explain + statement, parameters)]
            whole = [
                step for step in plan
                if ("Seq Scan" in step or (step.startswith("SCAN ") and not _walks(step))) and "consumers" not in step
            ]  # fmt: skip
            assert not whole, f"{statement}\n{plan}"


def _walks(step: str) -> bool:
    """True for a walk along an index that a page ends, and for what is only in memory."""
    return any(what in step for what in ("INDEX", "VIRTUAL TABLE", "CONSTANT ROW", "SUBQUERY", "SCAN anon_"))


def test_common_word_costs_a_page_and_no_sorting(book: Store) -> None:
    """What is found comes in its order by itself: SQLite sorts nothing."""
    if book.dialect != "sqlite":
        pytest.skip("PostgreSQL's planner decides by what it knows of the words")
    with book.reading() as conn:
        with _statements(conn) as seen:
            list(searching.pages(conn, "quotations", Asked(words="the", since="2026-01-01"), limit=200))
            list(searching.pages(conn, "quotations", Asked(), limit=200))
        for statement, parameters in seen:
            plan = " ".join(str(row[-1]) for row in conn.exec_driver_sql("EXPLAIN QUERY PLAN " + statement, parameters))
            assert "TEMP B-TREE" not in plan, plan
