"""Cut what holds several documents into one part each: archives, web archives, mailboxes, messages, lists. Pure.

It runs before anything is read, and outside the workers that can be killed: so its time grows with the length of the
bytes alone, its memory stays below one entry's, and what it gives is counted (tasks/archives.py has the limits).
"""

import io
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from storage.errors import Rejected
from storage.records import Hints, Refusal
from tasks import archives, charset, feedfile, mail, pdftext, recordlists, webarchive, wiremessage
from tasks.archives import LARGEST, Budget, Exhausted, Unpacked
from tasks.filenames import SUFFIXES, suffix

Stream = BinaryIO | Unpacked

DEEPEST: Final = 4
"""Archives inside one another: a message in a zip in a tar.gz is 3."""
_OFFICE: Final = (
    (b"word/", "a Word document"), (b"xl/", "a spreadsheet"), (b"ppt/", "a presentation"), (b"epub", "a book"),
)  # fmt: skip
NOTHING: Final = Hints()
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
    elif recordlists.is_long(head, name, size):
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
    return bool(kind(head)) or recordlists.is_long(head, name, size)


def kind(raw: bytes) -> str:
    """Tell what holds documents by its first bytes: an archive, "warc", "mbox"; "" for what is a document itself."""
    if of := archives.kind(raw[:512]):
        return of
    if webarchive.is_web_archive(raw):
        return "warc"
    return "mbox" if mail.is_mailbox(raw[:1024]) else ""


def _bounded(parts: Iterator[Part | Refusal], name: str) -> Iterator[Part | Refusal]:
    """Pass parts on until the limits of the whole file are reached; what comes then is one refusal."""
    try:
        yield from parts
    except Exhausted as refused:
        yield _refused(refused, name)


def _refused(refused: Rejected, name: str) -> Refusal:
    return Refusal(input=name, reason=refused.reason, detail=refused.detail)


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
        yield _refused(refused, name)


def _archived(source: Stream, of: str, name: str, hints: Hints, depth: int, budget: Budget) -> Iterator[Part | Refusal]:
    if of == "zip" and (seems := _office(source)):
        detail = f"It is {seems}. Save it as PDF, HTML or text."
        raise Rejected("unknown-format", detail, subject=name)
    for entry in archives.entries(source, of):
        inner = f"{name}/{entry.name}"
        if isinstance(entry.raw, Rejected):
            yield _refused(entry.raw, inner)
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
    if recordlists.begins_lines(head, name):
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
            yield _refused(capture, f"{name}#{n}")
        else:
            called = f"{name}#{n}/{capture.name}" if capture.name else f"{name}#{n}"
            yield _counted(Part(called, capture.raw, hints.over(capture.hints)), budget)


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
    if feedfile.is_feed(text):
        yield from _fed(raw, name, hints, budget)
        return
    found = recordlists.records(text, name)
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
    found = recordlists.numbered_lines(source)
    first, second = next(found, None), next(found, None)
    if first is None or second is None:
        yield _counted(Part(name, first[1] if first else b"", hints), budget)
        return
    for n, line in itertools.chain((first, second), found):
        yield _counted(Part(f"{name}#{n}", line, hints), budget)


def _fed(raw: bytes, name: str, hints: Hints, budget: Budget) -> Iterator[Part | Refusal]:
    for entry in feedfile.entries(raw, name=name, hints=hints):
        if isinstance(entry, Rejected):
            yield _refused(entry, name)
        else:
            n, page, known = entry
            yield _counted(Part(f"{name}#{n}", page, known), budget)
