"""Cut what holds several documents into one part each: archives, web archives, mailboxes, messages, lists. Pure.

It runs before anything is read, and outside the workers that can be killed: so its time grows with the length of the
bytes alone, its memory stays below one entry's, and what it gives is counted (tasks/archives.py has the limits).
"""

import io
import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import BinaryIO, Final

from storage.errors import Rejected
from storage.feedrecords import NotAFeed
from storage.records import Hints, Refusal
from tasks import (
    archives,
    articlejson,
    charset,
    entrypage,
    feedread,
    mail,
    ninjs,
    pdftext,
    webarchive,
    wiremessage,
    xmltext,
)
from tasks.archives import LARGEST, Budget, Exhausted, Unpacked

Stream = BinaryIO | Unpacked

_PLAIN: Final = str.split(
    ".txt .md .html .htm .xhtml .json .jsonl .jsonld .xml .nitf .newsml .ninjs .anpa .iptc .eml .mbox .pdf .warc .rss "
    ".atom"
)
SUFFIXES: Final = frozenset(
    [
        *(suffix + packed for suffix in (*_PLAIN, ".tar") for packed in ("", ".gz", ".bz2", ".xz")),
        ".zip",
        ".tgz",
        ".tbz2",
        ".txz",
    ]
)
"""The endings of names that are documents whatever their content seems to be."""
JSON_START: Final = re.compile(r"\s*(?:\{\s*[\"}]|\[\s*[{\]])")
DEEPEST: Final = 4
"""Archives inside one another: a message in a zip in a tar.gz is 3."""
_LONG_LIST: Final = 4 * 1024 * 1024
"""Bytes from which a file of records, one a line, is read line by line; it may hold any number of them."""
_OFFICE: Final = (
    (b"word/", "a Word document"), (b"xl/", "a spreadsheet"), (b"ppt/", "a presentation"), (b"epub", "a book"),
)  # fmt: skip
NOTHING: Final = Hints()
_FEEDS: Final = frozenset({"rss", "feed", "RDF"})
_LARGEST_FEED: Final = 5_000_000
"""Bytes of a feed: a broken one of this size takes seconds to mend."""
_NO_FUTURE: Final = datetime(9999, 1, 1, tzinfo=UTC)
_NO_DOCUMENTS: Final = frozenset(str.split("css js svg dtd xsd xsl ics vcf p7s asc md5 sha1 sha256"))
_BY_HAND: Final = frozenset({"__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini"})


@dataclass(frozen=True, slots=True)
class Part:
    """One document of a file: the name it is known by ("file#3"), its bytes, and what is known of it from around it."""

    input: str
    raw: bytes
    hints: Hints = NOTHING


def split(source: bytes | BinaryIO, *, name: str, hints: Hints = NOTHING) -> Iterator[Part | Refusal]:
    """Cut a file into its documents: entries of archives, messages, records, news items; else the file itself.

    A part is named after its entry ("a.zip/b.xml"), or its place, counted from 1 ("a.jsonl#3"); a file of one document
    keeps its name. `source` may be an open file, of which archives are read from front to back. What cannot be cut is
    one part, and `tasks.formats.read` says why it is refused; what cannot be got out of an archive is a refusal among
    the parts.
    """
    if isinstance(source, bytes):
        yield from _bounded(_split(source, name, hints, 0, Budget()), name)
        return
    head = source.read(1024)
    of = kind(head)
    size = source.seek(0, io.SEEK_END)
    source.seek(0)
    budget = archives.allow(size)
    if of:
        yield from _bounded(_opened(source, of, name, hints, 1, budget), name)
    elif _is_long_list(head, name, size):
        yield from _lined(source, name, hints, Budget(entries=size, size=size))
    else:
        yield from _bounded(_split(source.read(LARGEST + 1), name, hints, 0, budget), name)


def holds_many(file: BinaryIO, *, name: str) -> bool:
    """Say whether an open file is an archive, a mailbox or a long list of records.

    Such a one `split` reads without taking it into memory, however large it is.
    """
    head = file.read(1024)
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    return bool(kind(head)) or _is_long_list(head, name, size)


def _is_long_list(head: bytes, name: str, size: int) -> bool:
    return size > _LONG_LIST and _begins_lines(head, name)


def _begins_lines(head: bytes, name: str) -> bool:
    """Say whether a file holds a record a line: by its name, and by how it begins, which UTF-16 does otherwise."""
    return suffix(name) == "jsonl" and head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")


def kind(raw: bytes) -> str:
    """Tell what holds documents by its first bytes: an archive, "warc", "mbox"; "" for what is a document itself."""
    if of := archives.kind(raw[:512]):
        return of
    if webarchive.is_web_archive(raw):
        return "warc"
    return "mbox" if mail.is_mailbox(raw[:1024]) else ""


def suffix(name: str) -> str:
    """Give the ending of a name without the dot, of what is inside if it is packed."""
    plain = re.sub(r"#\d+$", "", name).lower()
    plain = re.sub(r"\.(?:gz|bz2|xz)$", "", plain)
    return plain.rpartition(".")[2] if "." in plain.rpartition("/")[2] else ""


def _bounded(parts: Iterator[Part | Refusal], name: str) -> Iterator[Part | Refusal]:
    """Pass parts on until the limits of the whole file are reached; what comes then is one refusal."""
    try:
        yield from parts
    except Exhausted as refused:
        yield Refusal(input=name, reason=refused.reason, detail=refused.detail)


def _split(raw: bytes, name: str, hints: Hints, depth: int, budget: Budget) -> Iterator[Part | Refusal]:
    of = kind(raw)
    if of and depth >= DEEPEST:
        detail = f"It is an archive {depth} levels deep inside others. Unpack it."
        yield Refusal(input=name, reason="too-big", detail=detail)
    elif of:
        yield from _opened(io.BytesIO(raw), of, name, hints, depth + 1, budget)
    elif mail.is_mail(raw):
        yield from _letter(raw, name, hints, depth, budget)
    elif wiremessage.is_message(raw):
        yield from _numbered(list(wiremessage.messages(raw)), raw, name, hints, budget)
    elif len(raw) > LARGEST or pdftext.is_pdf(raw):
        yield _counted(Part(name, raw, hints), budget)
    else:
        yield from _listed(raw, name, hints, budget)


def _counted(part: Part, budget: Budget) -> Part:
    budget.take(len(part.raw))
    return part


def _numbered(found: list[bytes], raw: bytes, name: str, hints: Hints, budget: Budget) -> Iterator[Part]:
    if len(found) < 2:
        yield _counted(Part(name, raw, hints), budget)
    else:
        for n, one in enumerate(found, 1):
            yield _counted(Part(f"{name}#{n}", one, hints), budget)


def _opened(source: Stream, of: str, name: str, hints: Hints, depth: int, budget: Budget) -> Iterator[Part | Refusal]:
    """Yield the documents of an archive. One without any is refused, so that nothing vanishes without a word."""
    inside = {"zip": _archived, "tar": _archived, "warc": _captured, "mbox": _posted}.get(of)
    found = (
        inside(source, of, name, hints, depth, budget) if inside else _packed(source, of, name, hints, depth, budget)
    )
    some = False
    for part in _refused_at(found, name):
        some = True
        yield part
    if not some:
        yield Refusal(input=name, reason="no-documents", detail="There is no document in it that Wiredesk reads.")


def _refused_at(parts: Iterator[Part | Refusal], name: str) -> Iterator[Part | Refusal]:
    """Turn what ends an archive early into a refusal in its place; the limit of the whole file goes further up."""
    try:
        yield from parts
    except Exhausted:
        raise
    except Rejected as refused:
        yield Refusal(input=name, reason=refused.reason, detail=refused.detail)


def _archived(source: Stream, of: str, name: str, hints: Hints, depth: int, budget: Budget) -> Iterator[Part | Refusal]:
    if of == "zip" and (seems := _office(source)):
        detail = f"It is {seems}. Save it as PDF, HTML or text."
        raise Rejected("unknown-format", detail, subject=name)
    for entry in archives.entries(source, of):
        inner = f"{name}/{entry.name}"
        if isinstance(entry.raw, Rejected):
            yield Refusal(input=inner, reason=entry.raw.reason, detail=entry.raw.detail)
        elif is_document(entry.raw, entry.name):
            yield from _split(entry.raw, inner, hints, depth, budget)


def _office(source: Stream) -> str | None:
    head = source.read(4096)
    source.seek(0)
    if b"[Content_Types].xml" not in head and not head[30:].startswith(b"mimetype"):
        return None
    return next((seems for mark, seems in _OFFICE if mark in head), "an office document")


def is_document(raw: bytes, name: str) -> bool:
    """Say whether a file in an archive is to be read: by its ending, else if it is no picture or program."""
    parts = name.split("/")
    if any(part in _BY_HAND or part.startswith("._") for part in parts):
        return False
    if name.lower().endswith(tuple(SUFFIXES)) or kind(raw) or pdftext.is_pdf(raw):
        return True
    if not raw.strip():
        return False
    try:
        charset.decode(raw[:65_536])
    except Rejected:
        return wiremessage.is_message(raw)
    return suffix(name) not in _NO_DOCUMENTS


def _packed(source: Stream, of: str, name: str, hints: Hints, depth: int, budget: Budget) -> Iterator[Part | Refusal]:
    """Look into gzip, bzip2 or xz: an archive goes on as a stream, a document is read whole."""
    inner = Unpacked(source, of)
    head = inner.peek(1024)
    inside = kind(head)
    if inside in {"tar", "warc", "mbox"}:
        yield from _opened(inner, inside, name, hints, depth, budget)
        return
    if _begins_lines(head, name):
        yield from _lined(io.BufferedReader(inner, 65_536), name, hints, budget)
        return
    raw = io.BufferedReader(inner, 65_536).read(LARGEST + 1)
    if len(raw) > LARGEST:
        raise Rejected(
            "too-big", f"Unpacked, it has more than {LARGEST} bytes, the most a document may have.", subject=name
        )
    if inside and depth >= DEEPEST:
        raise Rejected("too-big", f"It is an archive {depth} levels deep inside others. Unpack it.", subject=name)
    yield from _split(raw, name, hints, depth, budget)


def _captured(source: Stream, _: str, name: str, hints: Hints, __: int, budget: Budget) -> Iterator[Part | Refusal]:
    for n, capture in enumerate(webarchive.captures(source, LARGEST), 1):
        if isinstance(capture, Rejected):
            yield Refusal(input=f"{name}#{n}", reason=capture.reason, detail=capture.detail)
        else:
            called = f"{name}#{n}/{capture.name}" if capture.name else f"{name}#{n}"
            yield _counted(Part(called, capture.raw, _over(hints, capture.hints)), budget)


def _over(given: Hints, said: Hints) -> Hints:
    """Believe what was given from outside, and what a document's surroundings say where nothing was."""
    return Hints(
        url=given.url or said.url,
        publisher=given.publisher or said.publisher,
        published=given.published or said.published,
        published_basis=given.published_basis if given.published else said.published_basis,
        identifier=given.identifier or said.identifier,
        headline=given.headline or said.headline,
    )


def _posted(source: Stream, _: str, name: str, hints: Hints, depth: int, budget: Budget) -> Iterator[Part | Refusal]:
    lines = io.BufferedReader(source) if isinstance(source, Unpacked) else source
    for n, message in enumerate(mail.messages(iter(lambda: lines.readline(LARGEST), b""), LARGEST), 1):
        yield from _letter(message, f"{name}#{n}", hints, depth, budget)


def _letter(raw: bytes, name: str, hints: Hints, depth: int, budget: Budget) -> Iterator[Part | Refusal]:
    """Yield a message, unless all that it says is attached, and the documents that came with it."""
    try:
        attached = mail.attachments(raw, name)
        documents = [a for a in attached if is_document(a.raw, archives.label(a.name))]
        alone = not documents or mail.has_text(raw, name)
    except Rejected:
        documents, alone = [], True  # reading it says why
    if alone:
        yield _counted(Part(name, raw, hints), budget)
    for attachment in documents:
        inner = f"{name}/{archives.label(attachment.name)}"
        if depth >= DEEPEST:
            yield Refusal(
                input=inner, reason="too-big", detail=f"It is attached {depth} levels deep. Send it by itself."
            )
        else:
            yield from _split(attachment.raw, inner, hints, depth + 1, budget)


def _listed(raw: bytes, name: str, hints: Hints, budget: Budget) -> Iterator[Part | Refusal]:
    """Cut a text: feeds, JSON lists and lines, packages of ninjs, files of several XML news items."""
    try:
        text = charset.decode(raw)
    except Rejected:
        yield _counted(Part(name, raw, hints), budget)
        return
    if is_feed(text):
        yield from _fed(raw, name, hints, budget)
        return
    found = _records(text, name)
    if found is None and (several := xmltext.cut(text) if text.lstrip()[:1] == "<" else None):
        found = enumerate(several, 1)
    first = next(found, None) if found is not None else None
    if found is None or first is None:
        yield _counted(Part(name, raw, hints), budget)
        return
    second = next(found, None)
    if second is None:
        yield _counted(Part(name, first[1].encode("utf-8", "surrogatepass"), hints), budget)
        return
    for n, record in itertools.chain((first, second), found):
        yield _counted(Part(f"{name}#{n}", record.encode("utf-8", "surrogatepass"), hints), budget)


def _lined(source: BinaryIO, name: str, hints: Hints, budget: Budget) -> Iterator[Part]:
    """Cut records apart that stand a line each, as they are read."""
    lines = ((n, line.strip()) for n, line in enumerate(iter(lambda: source.readline(LARGEST), b""), 1))
    found = ((n, line) for n, line in lines if line)
    first, second = next(found, None), next(found, None)
    if first is None or second is None:
        yield _counted(Part(name, first[1] if first else b"", hints), budget)
        return
    for n, line in itertools.chain((first, second), found):
        yield _counted(Part(f"{name}#{n}", line, hints), budget)


def is_feed(text: str) -> bool:
    """Say whether a text is a feed with entries of its own: not one that carries an agency's format."""
    if text.lstrip()[:1] == "{":
        return "jsonfeed.org/version" in text[:2000]
    return xmltext.root(text) in _FEEDS and "<nitf" not in text and "newsItem" not in text


def _fed(raw: bytes, name: str, hints: Hints, budget: Budget) -> Iterator[Part | Refusal]:
    """Yield the entries of a feed that bring their whole text, and one refusal for those that do not."""
    if len(raw) > _LARGEST_FEED:
        yield Refusal(input=name, reason="too-big", detail=f"It is a feed of more than {_LARGEST_FEED:,} bytes.")
        return
    feed = feedread.read(raw, address="", now=_NO_FUTURE)
    if isinstance(feed, NotAFeed):
        yield Refusal(input=name, reason="broken", detail=f"It begins like a feed, but: {feed.detail}.")
        return
    whole = [(n, e, page) for n, e in enumerate(feed.entries, 1) if (page := entrypage.own_page(e, feed)) is not None]
    for n, entry, page in whole:
        said = entrypage.hints(entry)
        known = replace(_over(hints, said), identifier=None if said.url else entry.guid)
        yield _counted(Part(f"{name}#{n}", page, known), budget)
    if len(whole) < len(feed.entries) or not feed.entries:
        detail = f"It is a feed of {len(feed.entries)} entries, {len(whole)} of them with their whole text."
        detail += " The others stand behind their links: wiredesk feeds add fetches them."
        yield Refusal(input=name, reason="no-article", detail=detail)


def _records(text: str, name: str) -> Iterator[tuple[int, str]] | None:
    """Give the JSON records of a file with their numbers, or None if it is not a list or lines of them."""
    start = text.lstrip()[:1]
    if start == "[" and (suffix(name) in {"json", "jsonl"} or re.match(r"\s*\[\s*\{", text)):
        return enumerate(articlejson.elements(text), 1)
    if start != "{" and suffix(name) != "jsonl":
        return None
    first = list(itertools.islice(_lines(text), 5))
    if len(first) > 1 and (suffix(name) == "jsonl" or sum(_is_record_line(line) for _, line in first) > 1):
        return _lines(text)
    return _package(text)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines that hold anything, with their numbers."""
    at = 0
    for n, match in enumerate(re.finditer(r"\r\n?|\n|\Z", text), 1):
        if line := text[at : match.start()].strip():
            yield n, line
        at = match.end()


def _package(text: str) -> Iterator[tuple[int, str]] | None:
    """Give the items of a ninjs package; None for everything else."""
    if '"associations"' not in text and '"items"' not in text:
        return None
    try:
        record = json.loads(text)
    except (ValueError, RecursionError):
        return None
    inside = ninjs.items(record) if isinstance(record, dict) and (ninjs.is_ninjs(record) or "items" in record) else None
    return None if inside is None else enumerate((ninjs.as_text(item) for item in inside), 1)


def _is_record_line(line: str) -> bool:
    return line.lstrip().startswith("{") and line.rstrip().endswith("}")
