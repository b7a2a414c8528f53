"""The quote book: one statement a row, with everyone who carries it."""

from dataclasses import replace
from datetime import datetime

import pytest
from shelving import Desk, article, quotation, quoting, relation, verdicts
from sqlalchemy import func, select

from storage import catalogue, changes, quotebook, tables
from storage.records import Article
from storage.searching import Asked
from storage.store import Store

REST = "the crews have earned their rest and will take it"
CLIP = "earned their rest"
BOATS = "the boats are older than we are"


def _file(store: Store, desk: Desk, now: datetime, *made: Article) -> None:
    for one in made:
        with store.filing() as conn:
            desk.file(conn, one, now)


def test_copies_share_a_statement_with_both_wordings(store: Store, now: datetime) -> None:
    one, two = quoting("a", REST, BOATS), quoting("b", CLIP, published="2026-03-02")
    _file(store, Desk(verdicts(relation(one, two))), now, one, two)
    with store.reading() as conn:
        rows = {row["text"]: row for row in quotebook.quotes(conn)}
    assert set(rows) == {REST, BOATS}
    assert rows[REST]["agreement"] == "variant"
    assert rows[REST]["speaker"] == {"name": "Ada Voss", "type": "Person"}
    assert (rows[REST]["dateSaid"], rows[REST]["dateSaid_basis"]) == ("2026-03-01", "published")
    assert [(c["article"], c["text"], c["type"]) for c in rows[REST]["carriers"]] == [
        (one.id, REST, "direct"),
        (two.id, CLIP, "direct"),
    ]
    carrier = rows[REST]["carriers"][1]
    assert two.body[carrier["start"] : carrier["end"]] == CLIP
    assert [c["article"] for c in rows[BOATS]["carriers"]] == [one.id]


def test_articles_without_a_tie_keep_their_own_statements(store: Store, now: datetime) -> None:
    _file(store, Desk(), now, quoting("a", REST), quoting("b", REST))
    with store.reading() as conn:
        assert [len(row["carriers"]) for row in quotebook.quotes(conn)] == [1, 1]


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)])
def test_order_of_arrival_gives_the_same_book(store: Store, now: datetime, order: tuple[int, ...]) -> None:
    made = [quoting("a", REST), quoting("b", CLIP, published="2026-03-02"), quoting("c", REST, BOATS, published=None)]
    desk = Desk(verdicts(relation(made[0], made[1], "shared-quotes"), relation(made[1], made[2])))
    _file(store, desk, now, *(made[i] for i in order))
    with store.reading() as conn:
        book = {row["text"]: [c["article"] for c in row["carriers"]] for row in quotebook.quotes(conn)}
        ids = {row["id"] for row in quotebook.quotes(conn)}
    assert book == {REST: [m.id for m in made], BOATS: [made[2].id]}
    assert len(ids) == 2


def test_statement_id_does_not_depend_on_the_order(store: Store, now: datetime) -> None:
    one, two = quoting("a", REST), quoting("b", CLIP, published="2026-03-02")
    desk = Desk(verdicts(relation(one, two)))
    _file(store, desk, now, two, one)
    with store.reading() as conn:
        (late,) = quotebook.quotes(conn)
        history = [c for c in changes.read(conn) if c.kind == "quote.changed"]
    assert history[0].subject != late["id"], "the later article came first and headed the statement for a while"
    assert any(c.payload.get("gone") and c.subject == history[0].subject for c in history)
    assert late["id"] == history[-1].subject or late["id"] in {c.subject for c in history}


def test_revision_takes_back_what_is_no_longer_carried(store: Store, now: datetime) -> None:
    one, two = quoting("a", REST), quoting("b", REST, BOATS, published="2026-03-02")
    desk = Desk(verdicts(relation(one, two)))
    _file(store, desk, now, one, two, quoting("b", BOATS, published="2026-03-02"))
    with store.reading() as conn:
        book = {row["text"]: [c["article"] for c in row["carriers"]] for row in quotebook.quotes(conn)}
        left = conn.execute(select(func.count()).select_from(tables.Quotation)).scalar()
        last = [c for c in changes.read(conn) if c.kind == "quote.changed" and c.payload["removed"]]
    assert book == {REST: [one.id], BOATS: [two.id]}
    assert left == 2, "the rows of the former revision are gone"
    assert {r["article"] for c in last for r in c.payload["removed"]} == {two.id}


def test_book_opens_at_a_speaker_or_a_story(store: Store, now: datetime) -> None:
    voss = quoting("a", REST)
    other = quoting("b", BOATS, speaker="Orla Kettering")
    nobody = quoting("c", "who pays for all of this", speaker=None)
    _file(store, Desk(), now, voss, other, nobody)
    with store.reading() as conn:
        assert [row["text"] for row in quotebook.find(conn, Asked(speaker="kettering"))] == [BOATS]
        assert [row["text"] for row in quotebook.quotes(conn, story=voss.id)] == [REST]
        assert list(quotebook.find(conn, Asked(speaker="100%"))) == []
        assert next(r for r in quotebook.quotes(conn, story=nobody.id))["speaker"] is None


@pytest.mark.parametrize(
    ("named", "asked"),
    [
        ("Éloïse Çelik", "éloïse çelik"),
        ("Éloïse Çelik", "eloise celik"),
        ("Volodymyr Zelenskyy", "Zelensky"),
        ("Stefan Petersson", "peterson"),
        ("Ada Voss", "Voss, A."),
        ("Ørjan Åsen", "ØRJAN å"),
        ("Ирина Волкова", "волкова"),
        ("Σοφία Δρόσου", "ΔΡΌΣΟΥ"),
        ("Jürgen Groß", "GROSS"),
        ("Éloïse Çelik", "E\u0301LOÏSE"),
        ("Nul\x00 Reed", "nul\x00 R"),
    ],
)
def test_speaker_is_found_in_any_case_of_any_script(store: Store, now: datetime, named: str, asked: str) -> None:
    _file(store, Desk(), now, quoting("a", REST, speaker=named), quoting("b", BOATS, speaker="Jan Ruud"))
    with store.reading() as conn:
        assert [row["text"] for row in quotebook.find(conn, Asked(speaker=asked))] == [REST]


SAID = ["199X", "2025-24", "2026-01-01", "2026-W10", "2026-03-03", "2026-34", "2026-04-02", "XXXX", None]


@pytest.mark.parametrize("page", [1, 3, 200])
def test_book_goes_by_the_first_day_of_weeks_quarters_seasons_and_decades(
    store: Store, now: datetime, page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place, said in enumerate(SAID):
        made = article(f"{place}", f"“{REST} {place}”")
        told = quotation(made.body, f"{REST} {place}", said=said)
        _file(store, Desk(), now, replace(made, quotations=(told,)))
    monkeypatch.setattr(catalogue, "PAGE", page)
    with store.reading() as conn:
        found = [row["dateSaid"] for row in quotebook.quotes(conn)]
    assert found[:-2] == SAID[:-2]
    assert set(found[-2:]) == {"XXXX", None}, "what is no date that can be read comes last"


def test_marks_that_another_article_moves_are_disputed(store: Store, now: datetime) -> None:
    whole = "the grave shortage of pilots will not mend itself"
    one = quoting("a", whole)
    body = "Ada Voss said a grave lack of pilots “will not mend itself” by summer."
    two = article("b", body, published="2026-03-02")
    two = replace(two, quotations=(quotation(body, "will not mend itself", type="mixed"),))
    _file(store, Desk(verdicts(relation(one, two))), now, one, two)
    with store.reading() as conn:
        (row,) = quotebook.quotes(conn)
    assert (row["agreement"], len(row["carriers"])) == ("disputed", 2)


@pytest.mark.parametrize("page", [1, 2, 200])
def test_pages_of_any_size_give_every_statement_once(
    store: Store, now: datetime, page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [f"{word} will be paid in full" for word in ("captains", "divers", "cooks", "stokers", "pilots")]
    _file(store, Desk(), now, *(quoting(f"{i}", text) for i, text in enumerate(texts)), article("none"))
    monkeypatch.setattr(catalogue, "PAGE", page)
    with store.reading() as conn:
        assert sorted(row["text"] for row in quotebook.quotes(conn)) == sorted(texts)
