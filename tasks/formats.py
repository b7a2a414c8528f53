"""Tell what a document is by its content and read it: bytes to an Article or a Refusal. Pure: no store, no network.

    HTML                     tasks/page.py
    plain text, Markdown     tasks/wiretext.py
    JSON, JSONL              tasks/articlejson.py       one article record each
    any of these as .gz      the file inside

Nothing that arrives makes `read` raise; what it cannot read it refuses with a reason word and a sentence.
"""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from storage.errors import Rejected
from storage.records import Article, Hints, Refusal
from tasks import articlejson, charset, page, wiretext

VERSION: Final = 1
"""Of the stage "extract"; raised when the same bytes would give a different article."""
SUFFIXES: Final = frozenset(
    suffix + packed for suffix in (".txt", ".md", ".html", ".htm", ".json", ".jsonl") for packed in ("", ".gz")
)
"""The endings a folder is searched for."""
LARGEST: Final = 64 * 1024 * 1024
"""Bytes of one document, unpacked."""
_PACKED: Final = b"\x1f\x8b"
_TAG: Final = re.compile(
    r"<(?:!doctype\s+html|html|head|body|meta|title|div|p|article|section|span|h[1-6]|br|a|table|script|ul|main"
    r"|header)\b[^<>]{0,2000}>",
    re.IGNORECASE,
)
_JSON_START: Final = re.compile(r"\s*(?:\{\s*[\"}]|\[\s*[{\]])")
_PAGE_START: Final = re.compile(
    r"\s*(?:<\?xml[^>]*\?>\s*|<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)
_XML_START: Final = re.compile(
    r"\s*(?:<\?xml\b|<!doctype\s+(?!html)|<[a-z][\w.-]*(?::[\w.-]+)?(?:\s+xmlns|\s*>))", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Part:
    """One document of a file: the name it is known by ("file#3") and its bytes."""

    input: str
    raw: bytes


def split(raw: bytes, *, name: str) -> Iterator[Part]:
    """Cut a file into its documents: the lines of JSONL, the elements of a JSON list, else the file itself.

    A part is named after its line or element, counted from 1; a file of one document keeps its name. Nothing is lost:
    what cannot be cut is one part, and `read` says why it is refused.
    """
    try:
        raw = _unpacked(raw, name)
        text = charset.decode(raw)
    except Rejected:
        yield Part(name, raw)
        return
    found = _records(text, name)
    if found is None:
        yield Part(name, raw)
    elif len(found) == 1:
        yield Part(name, found[0][1].encode("utf-8", "surrogatepass"))
    else:
        for n, record in found:
            yield Part(f"{name}#{n}", record.encode("utf-8", "surrogatepass"))


def read(raw: bytes, *, input: str, hints: Hints = Hints()) -> Article | Refusal:  # noqa: A002, B008
    """Read one document; the stage "extract" is noted on the article. `hints` are believed over the document."""
    try:
        article = _read(_unpacked(raw, input), input, hints)
    except Rejected as refused:
        return Refusal(input=input, reason=refused.reason, detail=refused.detail)
    except RecursionError:
        return Refusal(input=input, reason="broken", detail="The document is nested too deeply to be read.")
    return replace(article, stages=(("extract", VERSION),))


def _read(raw: bytes, subject: str, hints: Hints) -> Article:
    if len(raw) > LARGEST:
        raise Rejected("too-big", f"It has {len(raw)} bytes; a document has at most {LARGEST}.", subject=subject)
    text = charset.decode(raw)
    suffix = _suffix(subject)
    if suffix in {"json", "jsonl"} or _JSON_START.match(text):
        return articlejson.read_record(text, input=subject, hints=hints)
    if is_page(text, suffix):
        return page.read_page(text, input=subject, hints=hints)
    if _XML_START.match(text):
        detail = "It is XML, but no web page: of XML only (X)HTML pages are read."
        raise Rejected("unknown-format", detail, subject=subject)
    return wiretext.read_text(text, input=subject, hints=hints)


def is_page(text: str, suffix: str = "") -> bool:
    """Say whether a text is HTML: it opens like a page, or has tags enough for its length."""
    if _PAGE_START.match(text):
        return True
    if _XML_START.match(text) and not _TAG.search(text[:200]):
        return False
    tags = sum(1 for _ in _TAG.finditer(text[:20_000]))
    return tags >= (1 if suffix in {"html", "htm"} else 5)


def _records(text: str, name: str) -> list[tuple[int, str]] | None:
    """Give the JSON records of a file with their numbers, or None if it is not a list or lines of them."""
    start = text.lstrip()[:1]
    if start == "[" and (_suffix(name) in {"json", "jsonl"} or re.match(r"\s*\[\s*\{", text)):
        return list(enumerate(articlejson.elements(text), 1)) or None
    if start != "{" and _suffix(name) != "jsonl":
        return None
    lines = [(n, line) for n, line in enumerate(re.split(r"\r?\n|\r", text), 1) if line.strip()]
    if len(lines) > 1 and (_suffix(name) == "jsonl" or sum(_is_record_line(line) for _, line in lines[:5]) > 1):
        return lines
    return None


def _is_record_line(line: str) -> bool:
    return line.lstrip().startswith("{") and line.rstrip().endswith("}")


def _suffix(name: str) -> str:
    plain = re.sub(r"#\d+$", "", name).lower().removesuffix(".gz")
    return plain.rpartition(".")[2] if "." in plain.rpartition("/")[2] else ""


def _unpacked(raw: bytes, name: str) -> bytes:
    """Give what is inside gzip, or the bytes themselves. A cut archive gives what X"""
    if not raw.startswith(_PACKED):
        return raw
    unpacker = zlib.decompressobj(wbits=31)
    try:
        inside = unpacker.decompress(raw, LARGEST + 1)
    except zlib.error as error:
        if not name.lower().endswith(".gz"):
            raise Rejected(
                "not-text", f"The content is binary: it begins like a gzip archive and is none ({error})."
            ) from error
        detail = f"It begins like a gzip archive, but cannot be unpacked ({error}). Pack it again, or send it unpacked."
        raise Rejected("broken", detail) from error
    if len(inside) > LARGEST:
        raise Rejected("too-big", f"Unpacked, it has more than {LARGEST} bytes, the most a document may have.")
    if not unpacker.eof:
        detail = (
            f"The gzip archive is cut off: {len(inside)} bytes came out of it before it ended. Send it again, whole."
        )
        raise Rejected("broken", detail)
    return inside
