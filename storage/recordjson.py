"""The records as JSON: what the command line prints, events carry and files are read back from.

Names follow schema.org; keys come always in the same order. Pure: no store, no network, no clock.
"""

from typing import Any

from storage.records import Article, Quotation, Refusal, Span, Speaker, Wire, Withdrawal


def _span(s: Span | None) -> dict[str, Any] | None:
    return None if s is None else {"text": s.text, "start": s.start, "end": s.end}


def _speaker(s: Speaker | None) -> dict[str, Any] | None:
    return None if s is None else {"name": s.name, "type": s.type, "mention": _span(s.mention)}


def as_json(article: Article, *, enrichment: bool = True) -> dict[str, Any]:
    """Give the article record of the command line: a dict that `json.dumps` takes, keys always in the same order."""
    a = article
    record: dict[str, Any] = {
        "@type": "NewsArticle", "id": a.id, "input": a.input, "identifier": a.identifier, "url": a.url,
        "headline": a.headline, "author": list(a.authors), "publisher": a.publisher, "agency": a.agency,
        "dateline": a.dateline, "inLanguage": a.language, "datePublished": a.published,
        "datePublished_basis": a.published_basis, "dateModified": a.modified, "wire": wire_json(a.wire),
        "articleBody_basis": a.body_basis, "articleBody": a.body,
    }  # fmt: skip
    if enrichment:
        record["quotations_basis"] = a.quotations_basis
        record["quotations"] = [quotation_json(q) for q in a.quotations]
        record["timexes"] = [
            {"text": t.text, "start": t.start, "end": t.end, "type": t.type, "value": t.value,
             "earliest": t.earliest, "latest": t.latest} for t in a.timexes
        ]  # fmt: skip
        record["events"] = [
            {"date": e.date, "precision": e.precision, "text": e.text, "start": e.start, "end": e.end,
             "people": list(e.people), "modality": e.modality} for e in a.events
        ]  # fmt: skip
        record["mentions"] = [{"name": m.name, "type": m.type, "spans": [list(s) for s in m.spans]} for m in a.mentions]
    return record


def wire_json(wire: Wire | None) -> dict[str, Any] | None:
    """Give what an agency's format says beside the text as the article record has it, without what it leaves out."""
    if wire is None:
        return None
    every = {name: getattr(wire, name) for name in Wire.__slots__}
    return {name: list(v) if isinstance(v, tuple) else v for name, v in every.items() if v is not None and v != ()}


def read_wire(given: Any) -> Wire | None:
    """Read what `wire_json` gives; None for anything that it does not give."""
    if not isinstance(given, dict) or not isinstance(given.get("format"), str):
        return None
    known: dict[str, Any] = {}
    for name in Wire.__slots__:
        value = given.get(name)
        if name in {"keywords", "subjects"}:
            value = tuple(v for v in value if isinstance(v, str)) if isinstance(value, list) else ()
        elif not isinstance(value, int if name in {"urgency", "version"} else str) or isinstance(value, bool):
            value = None
        known[name] = value
    return Wire(**known)


def withdrawal_json(withdrawal: Withdrawal) -> dict[str, Any]:
    """Give the record of a withdrawal."""
    w = withdrawal
    return {
        "input": w.input, "withdraws": w.id, "identifier": w.identifier, "publisher": w.publisher,
        "version": w.version, "at": w.at, "reason": w.reason,
    }  # fmt: skip


def quotation_json(q: Quotation) -> dict[str, Any]:
    """Give one quotation as the article record has it."""
    return {
        "text": q.text, "type": q.type, "start": q.start, "end": q.end, "verb": q.verb,
        "speaker": {"name": None, "type": None, "mention": _span(q.unnamed)} if q.unnamed else _speaker(q.speaker),
        "dateSaid": q.said, "dateSaid_basis": q.said_basis, "confidence": q.confidence,
    }  # fmt: skip


def refusal_json(refusal: Refusal) -> dict[str, str]:
    """Give the record of a document that could not be read."""
    return {"input": refusal.input, "rejected": refusal.reason, "detail": refusal.detail}
