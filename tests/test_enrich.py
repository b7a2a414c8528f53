"""Enrichment as a whole: the same record for the same article, in any company, with and without a model."""

import json
import logging

import pytest

from storage.recordjson import as_json
from storage.records import Article
from tasks import enrich, parsing

BODY = (
    "BERGEN, Norway — Harbour Minister Ida Holm said on Tuesday that the old pier would be closed until March.\n\n"
    "“Nobody will lose a job over this,” she told reporters after a meeting with Karl Brandt, who leads the Dockers "
    "Union.\n\n"
    "The union said it was “not convinced” by the plan. In December 2025, Brandt had called it “a bad joke.”"
)
ARTICLE = Article(input="pier.txt", body=BODY, headline="Pier to close", published="2026-02-11", language="en")


def record(article: Article) -> str:
    return json.dumps(as_json(article), ensure_ascii=False)


def test_article_gets_all_four_lists_and_its_stages() -> None:
    done = enrich.enrich([ARTICLE])[0]
    speakers = {(q.text, q.speaker.name if q.speaker else None) for q in done.quotations}
    assert ("Nobody will lose a job over this,", "Ida Holm") in speakers
    assert ("a bad joke.", "Karl Brandt") in speakers
    assert ("not convinced", "Dockers Union") in speakers
    assert [(e.date, e.precision) for e in done.events] == [("2026-02-10", "day"), ("2025-12", "month")]
    assert done.events[0].people == ("Ida Holm",)
    assert [e.modality for e in done.events] == ["past", "past"]
    assert done.quotations_basis == "parser"
    assert {m.name: m.type for m in done.mentions}["Dockers Union"] == "Organization"
    assert done.stages == enrich.STAGES
    assert (done.body, done.headline, done.id) == (ARTICLE.body, ARTICLE.headline, ARTICLE.id)


def test_record_does_not_depend_on_the_company() -> None:
    other = Article(input="b", body="“Go,” said Jon Berg. " * 30, language="en")
    alone = record(enrich.enrich([ARTICLE])[0])
    assert record(enrich.enrich([other, ARTICLE, other])[1]) == alone
    assert record(enrich.enrich([ARTICLE])[0]) == alone


def test_enriching_again_changes_nothing() -> None:
    once = enrich.enrich([ARTICLE])[0]
    assert enrich.enrich([once])[0] == once


def test_missing_model_leaves_rules_alone_and_says_so() -> None:
    logger = logging.getLogger("tasks.parsing")
    heard: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda line: heard.append(line.getMessage())  # type: ignore[method-assign]
    logger.addHandler(handler)
    try:
        parsing.load.cache_clear()
        parsing.choose("no_such_model")
        done = enrich.enrich_one(ARTICLE)
    finally:
        parsing.choose("")
        logger.removeHandler(handler)
        parsing.load.cache_clear()
    assert any("no_such_model" in line for line in heard)
    assert [(q.text, q.type) for q in done.quotations] == [("Nobody will lose a job over this,", "direct")]
    assert done.timexes
    assert done.mentions
    assert done.quotations_basis == "rules"


def test_other_languages_get_what_is_sound() -> None:
    body = "„Wir bleiben alle hier in Bergen“, sagte sie am 4. Februar 2026. Er sprach von „Ruhe“."
    done = enrich.enrich_one(Article(input="de", body=body, language="de", published="2026-02-05"))
    assert [(q.text, q.speaker) for q in done.quotations] == [("Wir bleiben alle hier in Bergen", None)]
    assert [t.value for t in done.timexes] == ["2026-02-04"]
    assert done.mentions == ()
    assert done.quotations_basis == "marks"


def test_unknown_language_is_read_as_english_only_if_it_reads_so() -> None:
    assert enrich.is_english(Article(input="a", body="The minister said that the talks in the capital went well."))
    assert not enrich.is_english(Article(input="a", body="Der Minister sagte, dass die Gespräche gut verliefen."))
    assert not enrich.is_english(Article(input="a", body=""))


def test_hard_texts_give_records() -> None:
    for body in (
        "",
        "\n\n",
        "“",
        "a" * 5000,
        "\u2028\x00 “x” \ud800",
        "He said. " * 400,
        "“Nested “quotes” here,” he said.",
    ):
        done = enrich.enrich_one(Article(input="x", body=body, language="en"))
        assert all(body[q.start : q.end] == q.text for q in done.quotations)


def test_only_the_beginning_of_a_table_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Article(input="a", body=BODY + "\n\n" + "“It goes on,” said Ida Holm. " * 40, language="en")
    alone = enrich.enrich_one(Article(input="a", body=BODY, language="en"))
    monkeypatch.setattr(enrich, "LONGEST", len(BODY) + 10)
    done = enrich.enrich_one(whole)
    assert done.body == whole.body
    assert [q.text for q in done.quotations] == [q.text for q in alone.quotations]
    monkeypatch.setattr(enrich, "LONGEST", 10_000)
    assert len(enrich.enrich_one(whole).quotations) > len(done.quotations)
