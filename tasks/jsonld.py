"""Write articles and statements as JSON-LD: schema.org's NewsArticle and Quotation, each a document of its own. Pure.

A quotation is a stretch of its article as well, so it is a `SpecificResource` of the Web Annotation Data Model besides:
`source` names the article, and two selectors point at the words. `TextPositionSelector` counts code points from 0, the
end left out, as that model demands; `TextQuoteSelector` repeats the words with so much of the text around them that
they are found at one place only. What neither vocabulary has a word for is under terms of our own, which other readers
pass over. `tasks.articlejson` reads an article back.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from storage.recordjson import wire_json
from storage.records import Article, Quotation

CONTEXT: Final = (
    "https://schema.org",
    {
        "oa": "http://www.w3.org/ns/oa#",
        "SpecificResource": "oa:SpecificResource",
        "TextPositionSelector": "oa:TextPositionSelector",
        "TextQuoteSelector": "oa:TextQuoteSelector",
        "source": {"@id": "oa:hasSource", "@type": "@id"},
        "selector": "oa:hasSelector",
        "start": "oa:start",
        "end": "oa:end",
        "exact": "oa:exact",
        "prefix": "oa:prefix",
        "suffix": "oa:suffix",
        "own": "urn:wiredesk:terms:",
        "wire": {"@id": "own:wire", "@type": "@json"},
        "datePublished_basis": "own:datePublished_basis",
        "articleBody_basis": "own:articleBody_basis",
        "dateSaid_basis": "own:dateSaid_basis",
        "quotationType": "own:quotationType",
        "verb": "own:verb",
        "confidence": "own:confidence",
        "agreement": "own:agreement",
        "story": {"@id": "own:story", "@type": "@id"},
    },
)
AROUND: Final = 32
"""Characters before and behind a quotation that its selector repeats, if they tell it from every other place."""
_ISO: Final = re.compile(r"\d{4}(?:-\d\d(?:-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?)?)?")


def name(kind: str, id_: str) -> str:
    """Give the URI that an article, a story or a statement has in exports."""
    return f"urn:wiredesk:{kind}:{id_}"


def article(id_: str, a: Article, *, story: str | None = None) -> dict[str, Any]:
    """Give the NewsArticle of an enriched article that is filed under an id. What is not known is left out."""
    here = name("article", id_)
    return _known(
        {
            "@context": CONTEXT,
            "@type": "NewsArticle",
            "@id": here,
            "identifier": a.identifier,
            "url": a.url,
            "headline": a.headline,
            "author": [{"@type": "Person", "name": author} for author in a.authors],
            "publisher": _organization(a.publisher),
            "sourceOrganization": _organization(a.agency),
            "dateline": a.dateline,
            "inLanguage": a.language,
            "datePublished": a.published,
            "datePublished_basis": a.published_basis,
            "dateModified": a.modified,
            "keywords": list(a.wire.keywords) if a.wire else [],
            "wire": wire_json(a.wire),
            "story": name("story", story) if story else None,
            "articleBody": a.body,
            "articleBody_basis": a.body_basis,
            "mentions": [{"@type": m.type, "name": m.name} for m in a.mentions],
            "hasPart": [_quotation(q, a.body, here) for q in a.quotations],
        }
    )


def statement(row: Mapping[str, Any], bodies: Mapping[str, str]) -> dict[str, Any]:
    """Give the Quotation of a row of the quote book; each article that carries it is a `workExample` of it.

    `bodies` has the text of every article that the row names.
    """
    return {"@context": CONTEXT} | _known(
        {
            "@type": "Quotation",
            "@id": name("statement", row["id"]),
            "text": row["text"],
            "creator": _creator(row["speaker"]),
            "dateCreated": _date(row["dateSaid"]),
            "dateSaid_basis": row["dateSaid_basis"],
            "quotationType": row["type"],
            "agreement": row["agreement"],
            "workExample": [
                _known(
                    {
                        "@type": ["Quotation", "SpecificResource"],
                        "text": c["text"],
                        "quotationType": c.get("type"),
                        "source": name("article", c["article"]),
                        "selector": selectors(bodies[c["article"]], c["start"], c["end"]),
                    }
                )
                for c in row["carriers"]
            ],
        }
    )


def selectors(body: str, start: int, end: int) -> list[dict[str, Any]]:
    """Give the two selectors of `body[start:end]`. The second one fits at one place of the body and no other."""
    around = AROUND
    while True:
        first, last = max(start - around, 0), min(end + around, len(body))
        within = body[first:last]
        if first == 0 and last == len(body):
            break
        at = body.find(within)
        if body.find(within, at + 1) < 0:
            break
        around *= 2
    return [
        {"@type": "TextPositionSelector", "start": start, "end": end},
        {"@type": "TextQuoteSelector", "exact": body[start:end], "prefix": body[first:start], "suffix": body[end:last]},
    ]


def _quotation(q: Quotation, body: str, source: str) -> dict[str, Any]:
    return _known(
        {
            "@type": ["Quotation", "SpecificResource"],
            "text": q.text,
            "creator": _creator({"name": q.speaker.name, "type": q.speaker.type} if q.speaker else None),
            "dateCreated": _date(q.said),
            "dateSaid_basis": q.said_basis,
            "quotationType": q.type,
            "verb": q.verb,
            "confidence": q.confidence,
            "source": source,
            "selector": selectors(body, q.start, q.end),
        }
    )


def _creator(speaker: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Name who said it. A place that speaks ("Brennick conceded") stands for those who govern it."""
    if speaker is None:
        return None
    return {"@type": "Person" if speaker["type"] == "Person" else "Organization", "name": speaker["name"]}


def _organization(said: str | None) -> dict[str, Any] | None:
    return {"@type": "Organization", "name": said} if said else None


def _date(said: str | None) -> str | None:
    """Give a date that is one to schema.org: EDTF's open ones (`202X`, `2026-24`) are not."""
    if said is None or not _ISO.fullmatch(said) or not "00" < (said[5:7] or "01") < "13":
        return None
    return said


def _known(record: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what is null or empty: in JSON-LD that is said by silence."""
    return {name: value for name, value in record.items() if value not in (None, [])}
