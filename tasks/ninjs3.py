"""Write articles as ninjs 3 of the IPTC, one text item each, and read such items back to the letter. Pure.

Names and types are those of version 3.0 (camelCase; headlines, bodies, people, subjects and the like are lists of
objects); `uri` is the one that it demands. `profile` says how an item of ours is laid out: the body is plain text with
an empty line between paragraphs, authors and the people of the text differ by `rel`, and so do keywords and subjects.
By it `tasks.ninjs` knows that nothing is to be made out of the text again.

What ninjs cannot say: a date without a time (it becomes its midnight), a time without a zone (it becomes UTC), where a
date was found, an embargo without an end, and which format an agency sent.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from storage.errors import Rejected
from storage.records import Article, Hints, Wire, Withdrawal, sort_time
from tasks import charset, language, link, stamps
from tasks.wireitem import number

PROFILE: Final = "urn:wiredesk:profile:article"
_STANDARD: Final = {
    "name": "ninjs",
    "version": "3.0",
    "schema": "https://www.iptc.org/std/ninjs/ninjs-schema_3.0.json",
}
_NAMED: Final = {"Person": "people", "Organization": "organisations", "Place": "places"}


def item(id_: str, a: Article, *, withdrawn: bool = False) -> dict[str, Any]:
    """Give the item of an enriched article that is filed under an id; of a withdrawn one that it is canceled."""
    wire = a.wire or Wire(format="")
    record: dict[str, Any] = {
        "standard": _STANDARD,
        "uri": f"urn:wiredesk:article:{id_}",
        "profile": PROFILE,
        "type": "text",
        "representationType": "complete",
        "pubStatus": "canceled" if withdrawn else "usable",
        "version": str(wire.version) if wire.version is not None else None,
        "firstCreated": _moment(a.published),
        "versionCreated": _moment(a.modified or a.published),
        "altIds": [{"role": role, "value": v} for role, v in (("identifier", a.identifier), ("url", a.url)) if v],
        "infoSources": [{"rel": rel, "name": v} for rel, v in (("publisher", a.publisher), ("agency", a.agency)) if v],
    }
    if not withdrawn:
        record |= {
            "embargoed": _moment(wire.embargoed),
            "urgency": wire.urgency if wire.urgency in range(1, 10) else None,
            "language": a.language,
            "headlines": [_text(a.headline)] if a.headline else [],
            "by": ", ".join(a.authors),
            "slugline": wire.slug,
            "located": a.dateline,
            "edNote": wire.note,
            "usageTerms": wire.usage,
            "subjects": [{"name": s} for s in wire.subjects] + [{"rel": "keyword", "name": k} for k in wire.keywords],
            "bodies": [_text(a.body) | {"charCount": len(a.body), "wordCount": len(a.body.split())}],
            "people": [{"rel": "author", "name": author} for author in a.authors],
        }
        for m in a.mentions:
            record.setdefault(_NAMED[m.type], []).append({"rel": "mentioned", "name": m.name})
    return {name: value for name, value in record.items() if value not in (None, "", [])}


def is_ours(record: Mapping[str, Any]) -> bool:
    """Say whether an item is laid out as `item` does it."""
    return record.get("profile") == PROFILE


def read(record: Mapping[str, Any], *, input: str, hints: Hints) -> Article | Withdrawal:  # noqa: A002
    """Read an item of ours.

    Raises:
        Rejected: `no-body`, and `no-article` for one that is canceled and that its sender had no identifier for.
    """
    names = {role: _said(entry, "value") for role, entry in _listed(record, "altIds", "role")}
    sources = {rel: _said(entry, "name") for rel, entry in _listed(record, "infoSources", "rel")}
    identifier = hints.identifier or names.get("identifier")
    publisher = hints.publisher or sources.get("publisher")
    version = number(_said(record, "version"))
    published, modified = (stamps.iso(_said(record, n) or "") for n in ("firstCreated", "versionCreated"))
    if _said(record, "pubStatus") == "canceled":
        if identifier is None:
            raise Rejected("no-article", "It was withdrawn where it comes from. Nothing is filed of it.", subject=input)
        return Withdrawal(
            input=input, identifier=identifier, publisher=publisher, version=version, at=modified, reason="canceled"
        )
    bodies = [text for _, entry in _listed(record, "bodies", "role") if (text := entry.get("value"))]
    if not bodies or not isinstance(bodies[0], str) or not bodies[0].strip():
        raise Rejected("no-body", "It is a news item without a text. Send it again, whole.", subject=input)
    headlines = [_said(entry, "value") for _, entry in _listed(record, "headlines", "role")]
    people = [(rel, _said(entry, "name")) for rel, entry in _listed(record, "people", "rel")]
    subjects = [(rel, name) for rel, entry in _listed(record, "subjects", "rel") if (name := _said(entry, "name"))]
    address = hints.url or names.get("url")
    return Article(
        input=input,
        body=charset.fit(bodies[0]),
        identifier=identifier,
        url=link.normal(address or "") or address,
        headline=next(iter(headlines), None) or hints.headline,
        authors=tuple(name for rel, name in people if name and rel == "author"),
        publisher=publisher,
        agency=sources.get("agency"),
        dateline=_said(record, "located"),
        language=_said(record, "language") or language.name(bodies[0]),
        published=hints.published or published,
        published_basis=hints.published_basis if hints.published else "header" if published else "none",
        modified=modified if modified != published else None,
        wire=Wire(
            format="ninjs", slug=_said(record, "slugline"), urgency=number(str(record.get("urgency"))), version=version,
            embargoed=stamps.iso(_said(record, "embargoed") or ""),
            keywords=tuple(name for rel, name in subjects if rel == "keyword"),
            subjects=tuple(name for rel, name in subjects if rel != "keyword"),
            note=_said(record, "edNote"), usage=_said(record, "usageTerms"),
        ),
    )  # fmt: skip


def _text(value: str) -> dict[str, Any]:
    return {"role": "main", "contentType": "text/plain", "value": value}


def _moment(value: str | None) -> str | None:
    """Give a time with seconds and an offset, which the standard demands."""
    moment = sort_time(value)
    if moment is None or value is None:
        return None
    own = datetime.fromisoformat(value) if "T" in value else moment
    return (own if own.tzinfo else moment).isoformat(timespec="seconds")


def _listed(record: Mapping[str, Any], name: str, tag: str) -> list[tuple[str, Mapping[str, Any]]]:
    """Give the objects of a list, each with its `role` or `rel`."""
    value = record.get(name)
    return [(str(one.get(tag)), one) for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _said(record: Mapping[str, Any], name: str) -> str | None:
    value = record.get(name)
    return charset.fit(value).strip() or None if isinstance(value, str) else None
