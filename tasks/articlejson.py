"""Read the article record: JSON and JSONL as they arrive, as `inspect` and `export` print it, or as JSON-LD. Pure."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from storage.errors import Rejected
from storage.recordjson import read_wire
from storage.records import Article, Hints, sort_time
from tasks import charset, language, link, stamps

FIELDS: Final = frozenset(
    str.split(
        "articleBody headline author publisher agency dateline inLanguage datePublished dateModified url identifier"
    )
)
"""The fields that make a JSON object an article record; others are ignored."""
_BASES: Final = frozenset({"given", "feed", "json-ld", "meta", "header", "url", "text", "record", "no-year", "none"})
_BODY_BASES: Final = frozenset({"blocks", "trafilatura", "json-ld"})
_SPACE: Final = re.compile(r"[ \t\r\n]*")


def read_record(text: str, *, input: str, hints: Hints = Hints()) -> Article:  # noqa: A002, B008
    """Read one article record. `articleBody` is kept to the letter, but for NUL and lone surrogates (U+FFFD).

    Raises:
        Rejected: `broken`, `unknown-format` or `no-body`; `no-article` for a line of an export that was withdrawn.
    """
    record = _parse(text, input)
    if record.get("withdrawn_at"):
        raise Rejected("no-article", "It was withdrawn where it comes from. Nothing is filed of it.", subject=input)
    body = record.get("articleBody")
    if not isinstance(body, str) or not charset.clean(body).strip():
        found = (
            f"its articleBody is {type(body).__name__}"
            if body is not None and not isinstance(body, str)
            else "it has none"
        )
        detail = f'The record has no text: "articleBody" must hold the article\'s text, and {found}.'
        raise Rejected("no-body", detail, subject=input)
    body = charset.fit(body)
    published, basis = _published(record)
    address = _string(record.get("url"))
    given = _string(record.get("inLanguage"))
    return Article(
        input=input,
        body=body,
        identifier=hints.identifier or _string(record.get("identifier")),
        url=link.normal(hints.url or address or "") or hints.url or address,
        headline=_string(record.get("headline")) or hints.headline,
        authors=_names(record.get("author")),
        publisher=hints.publisher or next(iter(_names(record.get("publisher"))), None),
        agency=_string(record.get("agency")) or next(iter(_names(record.get("sourceOrganization"))), None),
        dateline=_string(record.get("dateline")),
        language=given.split("-")[0].split("_")[0].lower() if given else language.name(body),
        published=hints.published or published,
        published_basis=hints.published_basis if hints.published else basis,
        modified=_stamp(record, "dateModified"),
        body_basis=reader if (reader := _string(record.get("articleBody_basis"))) in _BODY_BASES else None,
        wire=read_wire(record.get("wire")),
    )


def elements(text: str) -> Iterator[str]:
    """Yield the elements of a JSON array as they are written; what cannot be read any more is the last one."""
    decoder = json.JSONDecoder()
    at = _skip(text, text.index("[") + 1)
    while at < len(text) and text[at] != "]":
        try:
            _, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            yield text[at:]
            return
        yield text[at:end]
        at = _skip(text, end)
        if text[at : at + 1] == ",":
            at = _skip(text, at + 1)
        elif text[at : at + 1] != "]":
            yield text[at:] or "["
            return


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _parse(text: str, subject: str) -> Mapping[str, Any]:
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        detail = f"The JSON is broken: {_complaint(error)}. Send the whole record again."
        raise Rejected("broken", detail, subject=subject) from error
    except (ValueError, RecursionError) as error:
        detail = "The JSON is nested too deeply, or holds a number too long, to be an article record."
        raise Rejected("broken", detail, subject=subject) from error
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, dict) or not (FIELDS & value.keys() or value.get("@type") == "NewsArticle"):
        shape = (
            f"a JSON object with the fields {', '.join(list(value)[:5])}"
            if isinstance(value, dict) and value
            else (f"a JSON {'list' if isinstance(value, list) else 'object' if isinstance(value, dict) else 'value'}")
        )
        detail = f"It is {charset.fit(shape)[:200]}, not an article record, which has at least articleBody."
        raise Rejected("unknown-format", detail, subject=subject)
    return value


def _complaint(error: json.JSONDecodeError) -> str:
    # Some of the decoder's messages end in "at" and want the place after it.
    msg = error.msg[:1].lower() + error.msg[1:].removesuffix(" at")
    return f"{msg} at line {error.lineno}, column {error.colno}"


def _published(record: Mapping[str, Any]) -> tuple[str | None, str]:
    value = _stamp(record, "datePublished")
    basis = _string(record.get("datePublished_basis"))
    if value is None:
        return None, basis if basis in {"no-year", "none"} else "none"
    return value, basis if basis in _BASES - {"no-year", "none"} else "record"


def _stamp(record: Mapping[str, Any], name: str) -> str | None:
    """Read a date. In a record of ours, which says where it found the date, it stays as it is written."""
    value = _string(record.get(name)) or ""
    moment = sort_time(value) if _string(record.get("datePublished_basis")) in _BASES else None
    return value if moment is not None and 1990 <= moment.year <= 2100 else stamps.iso(value)


def _string(value: object) -> str | None:
    """Read a field that should be a string: trimmed and fit; a number becomes one; anything else, and "", is None."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if abs(value) < 10**30 else None
    return charset.fit(value).strip() or None if isinstance(value, str) else None


def _names(value: object) -> tuple[str, ...]:
    """Read names from a string, an object with a name, or a list of these."""
    values = value if isinstance(value, list) else [value]
    names = (_string(v.get("name") if isinstance(v, dict) else v) for v in values)
    return tuple(dict.fromkeys(name for name in names if name))
