"""Enrich articles: who said what, what happened when, who is named. Pure but for loading the language model once.

The parts are `quotes`, `times`, `entities` and `speakers`; this file only puts them together, article by article. An
article is enriched alone, so the same article always gives the same record, whatever else is in the batch.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from storage.records import Article, FoundBy, Quotation, Span, Speaker, Timex
from tasks import entities, events, foreignquotes, grammar, names, parsing, quotes, speakers, times
from tasks.grammar import Layout
from tasks.register import Register

STAGES: Final = (("quotes", quotes.VERSION), ("times", times.VERSION), ("names", names.VERSION))

LONGEST: Final = 60_000
"""Characters of a text that are enriched: more is a table or a list, and would hold up all that waits behind it. The
longest of 1,351 news texts has 54,729."""


def enrich(articles: Sequence[Article]) -> list[Article]:
    """Fill quotations, time expressions, events and mentions, in the order given; nothing else changes.

    English is done in full if the model that the process has chosen is installed and by rules alone if not; the record
    says which. In other languages quotations by their marks, dates in figures or with a month's name, and no more.
    """
    return [enrich_one(a) for a in articles]


def enrich_one(article: Article) -> Article:
    """Enrich one article; of a text beyond all articles, its beginning."""
    whole, article = article, replace(article, body=_beginning(article.body))
    layout = grammar.lay_out(article.body)
    found: list[Quotation] = []
    known = Register([])
    basis: FoundBy = "marks"
    if is_english(article):
        parser = parsing.load(parsing.chosen())
        basis = "rules" if parser is None else "parser"
        found, known, timexes = _read_english(article, layout, parser)
    else:
        found = foreignquotes.find(layout, article.language)
        timexes = times.find(article.body, layout, published=article.published, language=article.language)
    return replace(
        whole,
        quotations_basis=basis,
        quotations=tuple(found),
        timexes=tuple(timexes),
        events=tuple(
            events.find(layout, timexes, known, times.publication_day(article.published), english=basis != "marks")
        ),
        mentions=known.mentions(),
        stages=(*(s for s in article.stages if s[0] not in dict(STAGES)), *STAGES),
    )


def _beginning(body: str) -> str:
    """Give as much of a text as is enriched, whole words."""
    if len(body) <= LONGEST:
        return body
    end = max(body.rfind(blank, LONGEST - 1_000, LONGEST) for blank in " \n")
    return body[: end if end > 0 else LONGEST]


def is_english(article: Article) -> bool:
    """True if the article says so, or says nothing and reads so."""
    if article.language:
        return article.language.casefold().split("-")[0].split("_")[0] == "en"
    words = grammar.words_of(article.body[:4000])
    return bool(words) and sum(w in ("the", "of", "and", "to", "in", "said") for w in words) >= 0.12 * len(words)


def _read_english(
    article: Article, layout: Layout, parser: parsing.Parser | None
) -> tuple[list[Quotation], Register, list[Timex]]:
    body = layout.body
    if parser is None:
        namings, above = entities.read_names(layout, article.headline)
        known = entities.link(body, namings, above, [])
        return quotes.by_marks(layout, known), known, times.find(body, layout, published=article.published)
    chosen = quotes.select(layout, quotes.lexicon().select)
    dated = times.select(layout, chosen)
    parses = parser.parse([grammar.shortened(layout, s) for s in (*chosen, *dated)])
    quotes.attach(layout, chosen, parses[: len(chosen)])
    namings, above = entities.read_names(layout, article.headline)
    known = entities.link(body, namings, above, _votes(layout, namings, parser))
    resolver = speakers.Resolver(layout, known)
    found = quotes.read(layout, resolver.identities())
    # Only now, so that they offer no speakers: what is learnt was learnt without them.
    for s, parse in zip(dated, parses[len(chosen) :], strict=True):
        s.parse = grammar.place(layout, s, parse)
    timexes = times.find(body, layout, published=article.published)
    within = [(f.start, f.end) for f in found]
    made = []
    speech: tuple[str, int, str] | None = None
    for f in found:
        who: Speaker | None = resolver.speaker(f.mention) if f.mention is not None else None
        said, basis = times.said(layout, f.verb, timexes, within), "sentence"
        paragraph = layout.sentences[f.sentence].paragraph
        if said is None and who is not None and speech is not None and speech[:2] == (who.name, paragraph):
            said, basis = speech[2], "same-speech"
        if said is not None and who is not None:
            speech = (who.name, paragraph, said)
        made.append(
            Quotation(
                text=body[f.start : f.end],
                start=f.start,
                end=f.end,
                type=f.type,
                verb=quotes.verb_text(layout, f),
                speaker=who,
                said=said,
                said_basis=basis if said else None,
                confidence=f.confidence,
                unnamed=_words(body, f.mention) if who is None and f.mention is not None else None,
            )
        )
    return made, known, times.as_said(layout, timexes, made)


def _words(body: str, m: grammar.Mention) -> Span:
    return Span(text=body[m.start : m.end], start=m.start, end=m.end)


def _votes(layout: Layout, namings: Sequence[names.Naming], parser: parsing.Parser) -> list[tuple[int, int, str]]:
    worth = entities.worth_asking(layout, namings)
    asked = parser.entities([layout.body[a:b] for a, b in worth])
    return [(at + a, at + b, label) for (at, _), some in zip(worth, asked, strict=True) for a, b, label in some]
