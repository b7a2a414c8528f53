"""Read ninjs of the IPTC, 1.0 to 3.x: news in JSON, one item a record. Pure.

The versions differ in names (body_text, bodies, versioncreated, versionCreated); they are read without underscores and
case, in which they are alike.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from storage.records import Article, Hints, Withdrawal
from tasks import charset, ninjs3, prose, wireitem
from tasks.wireitem import Item, moment, number

_SIGNS: Final = frozenset(
    str.split("versioncreated pubstatus bodyhtml bodytext bodyxhtml bodies headlines descriptiontext associations")
)
"""Fields that only ninjs has; `uri` with one of them, or two, make a record ninjs."""
NAMES: Final = frozenset(
    str.split(
        "uri standard versioncreated versionCreated pubstatus pubStatus body_text body_html body_xhtml bodyText "
        "bodies headlines"
    )
)
"""Names that a ninjs record has in JSON: one without any of them need not be parsed to know that it is none."""
_BODIES: Final = ("bodyxhtml", "bodyhtml", "body", "bodytext")
_LABELS: Final = ("name", "title", "literal", "qcode", "code", "uri")


def is_ninjs(record: object) -> bool:
    """Say whether a JSON object is a ninjs item."""
    if not isinstance(record, dict) or "articleBody" in record:
        return False
    names = {_fold(name) for name in record}
    standard = record.get("standard")
    if isinstance(standard, dict) and str(standard.get("name")).lower() == "ninjs":
        return True
    return len(names & _SIGNS) + ("uri" in names) >= 2


def items(record: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """Give the text items of a package as records of their own, or None if it is one item itself."""
    folded = _folded(record)
    if _texts(folded):
        return None
    found = [item for item in _associated(folded) if is_ninjs(item) and _texts(_folded(item))]
    return found or None


def read_ninjs(record: Mapping[str, Any], *, input: str, hints: Hints) -> Article | Withdrawal:  # noqa: A002
    """Read one item.

    Raises:
        Rejected: `no-body`, and `no-article` for pictures and the like.
    """
    if ninjs3.is_ours(record):
        return ninjs3.read(record, input=input, hints=hints)
    fields = _folded(record)
    found = Item(format="ninjs", version=number(_scalar(fields.get("version"))))
    found.identifier = _text(fields.get("uri")) or _text(fields.get("guid"))
    kind = (_text(fields.get("type")) or "text").lower()
    found.kind = "text" if kind in {"text", "composite"} else kind
    found.status = _text(fields.get("pubstatus"))
    found.published = next(
        filter(None, (moment(_text(fields.get(n))) for n in ("firstcreated", "contentcreated", "versioncreated"))), None
    )
    found.modified = moment(_text(fields.get("versioncreated")))
    if fields.get("embargoed"):
        found.embargoed = moment(_text(fields["embargoed"])) or ""
    found.headline = _text(fields.get("headline")) or _main(fields.get("headlines")) or _text(fields.get("title"))
    byline = _text(fields.get("byline")) or _text(fields.get("by")) or _main(fields.get("bylines"))
    found.bylines = [byline] if byline else []
    if not found.bylines:
        found.bylines = [name for p in _listed(fields.get("authors")) if (name := _label(p))]
    found.dateline = _text(fields.get("dateline"))
    found.language = _text(fields.get("language"))
    found.slug = _text(fields.get("slugline"))
    found.urgency = number(_scalar(fields.get("urgency")))
    found.note = _text(fields.get("ednote"))
    found.usage = next(
        filter(None, (_text(fields.get(n)) for n in ("usageterms", "copyrightnotice", "copyrightholder"))), None
    )
    sources = [name for s in _listed(fields.get("infosources") or fields.get("infosource")) if (name := _label(s))]
    found.agency = next(iter(sources), None)
    found.publisher = (
        _label(fields.get("provider")) or _text(fields.get("copyrightholder")) or _text(fields.get("source"))
    )
    found.publisher = found.publisher or found.agency
    found.keywords = [name for word in _listed(fields.get("keywords")) if (name := _label(word))]
    subjects = [*_listed(fields.get("subjects") or fields.get("subject")), *_listed(fields.get("genres"))]
    found.subjects = [name for subject in subjects if (name := _label(subject))]
    found.url = next((a for n in ("url", "canonicalurl") if (a := _text(fields.get(n))) and a.startswith("http")), None)
    found.paragraphs = _texts(fields)
    if not found.paragraphs and found.kind == "text":
        described = (
            _text(fields.get("descriptiontext"))
            or _text(fields.get("descriptionhtml"))
            or _main(fields.get("descriptions"))
        )
        found.paragraphs = prose.from_markup(described) if described else []
    return wireitem.finish(found, input=input, hints=hints)


def as_text(record: Mapping[str, Any]) -> str:
    """Write an item as the JSON that `read_ninjs` is given again."""
    return json.dumps(record, ensure_ascii=False)


def _fold(name: object) -> str:
    return str(name).replace("_", "").lower()


def _folded(record: Mapping[str, Any]) -> dict[str, Any]:
    return {_fold(name): value for name, value in record.items()}


def _associated(folded: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    value = folded.get("associations") or folded.get("items")
    values = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in values:
        for one in item if isinstance(item, list) else [item]:
            if isinstance(one, dict):
                yield one


def _texts(fields: Mapping[str, Any]) -> list[str]:
    """Give the paragraphs of the body: the marked-up one if there is one, for its paragraphs are sure."""
    for name in _BODIES:
        if text := _text(fields.get(name)):
            return prose.from_lines(text) if name == "bodytext" and "</" not in text else prose.from_markup(text)
    bodies = [_folded(b) for b in _listed(fields.get("bodies")) if isinstance(b, dict)]
    bodies.sort(
        key=lambda b: ("html" not in (_text(b.get("contenttype")) or ""), (_text(b.get("role")) or "main") != "main")
    )
    for body in bodies:
        if text := _text(body.get("value")):
            plain = (_text(body.get("contenttype")) or "").lower().startswith("text/plain")
            return prose.from_lines(text) if plain else prose.from_markup(text)
    return []


def _main(values: object) -> str | None:
    """Give the main one of ninjs 2's lists of values with roles."""
    listed = [_folded(v) for v in _listed(values) if isinstance(v, dict)]
    listed.sort(key=lambda v: (_text(v.get("role")) or "main").lower() not in {"main", "headline"})
    return next((text for v in listed if (text := _text(v.get("value")))), None)


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value] if value else []


def _scalar(value: object) -> str | float | None:
    return value if isinstance(value, str | int | float) else None


def _text(value: object) -> str | None:
    return charset.fit(value).strip() or None if isinstance(value, str) else None


def _label(value: object) -> str | None:
    if isinstance(value, dict):
        folded = _folded(value)
        return next((text for name in _LABELS if (text := _text(folded.get(name)))), None)
    return _text(value)
