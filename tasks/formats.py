"""Tell what a document is by its content and read it: bytes to an Article, a Withdrawal or a Refusal. Pure.

    HTML                              tasks/page.py
    plain text, Markdown              tasks/wiretext.py
    JSON, JSONL                       tasks/articlejson.py, tasks/ninjs.py
    NITF, NewsML 1, NewsML-G2         tasks/nitf.py, newsml1.py, newsmlg2.py
    IPTC 7901, ANPA 1312              tasks/wiremessage.py
    e-mail                            tasks/mail.py
    PDF                               tasks/pdftext.py

What holds several of these is cut up by tasks/containers.py first. Nothing that arrives makes `read` raise; what it
cannot read it refuses with a reason word and a sentence.
"""

import json
import re
from dataclasses import replace
from typing import Final

from storage.errors import Rejected
from storage.records import Article, Hints, Refusal, Withdrawal
from tasks import (
    archives,
    articlejson,
    byline,
    charset,
    containers,
    feedfile,
    filenames,
    mail,
    newsml1,
    newsmlg2,
    ninjs,
    nitf,
    page,
    pdftext,
    wiremessage,
    wiretext,
    xmltext,
)

VERSION: Final = 5
"""Of the stage "extract"; raised when the same bytes would give a different article."""
_TAG: Final = re.compile(
    r"<(?:!doctype\s+html|html|head|body|meta|title|div|p|article|section|span|h[1-6]|br|a|table|script|ul|main"
    r"|header)\b[^<>]{0,2000}>",
    re.IGNORECASE,
)
_XML_START: Final = re.compile(
    r"\s*(?:<\?xml\b|<!doctype\s+(?!html)|<[a-z][\w.-]*(?::[\w.-]+)?(?:\s+xmlns|\s*>))", re.IGNORECASE
)
_DESKS: Final = frozenset(
    str.split(
        "press media news desk newsdesk info office newsletter newsletters noreply no-reply redaktion presse editor"
    )
)
"""Mailboxes of organisations: their sender's name is no person's."""
_TELEGRAPH: Final = re.compile(r"\A\s*ZCZC\b[^\n]*\n|\n[^\S\n]*NNNN\s*\Z")
"""Beginning and end of a message as teleprinters knew them. White space that runs over lines would be quadratic."""
_JSON_START: Final = re.compile(r"\s*(?:\{\s*[\"}]|\[\s*[{\]])")
_PAGE_ROOTS: Final = frozenset({"html", "head", "body"})


def read(raw: bytes, *, input: str, hints: Hints = Hints()) -> Article | Withdrawal | Refusal:  # noqa: A002, B008
    """Read one document; the stage "extract" is noted on the article. `hints` are believed over the document."""
    try:
        found = _read(raw, input, hints)
    except Rejected as refused:
        return Refusal(input=input, reason=refused.reason, detail=refused.detail)
    except RecursionError:
        return Refusal(input=input, reason="broken", detail="The document is nested too deeply to be read.")
    return replace(found, stages=(("extract", VERSION),)) if isinstance(found, Article) else found


def _read(raw: bytes, subject: str, hints: Hints) -> Article | Withdrawal:
    if len(raw) > archives.LARGEST:
        detail = f"It has {len(raw)} bytes; a document has at most {archives.LARGEST}."
        raise Rejected("too-big", detail, subject=subject)
    if containers.kind(raw):
        return _read_only_part(raw, subject, hints)
    if pdftext.is_pdf(raw):
        return wiretext.read_text(pdftext.read_text(raw, subject), input=subject, hints=hints)
    if wiremessage.is_message(raw):
        return wiremessage.read_message(raw, input=subject, hints=hints)
    if mail.is_mail(raw):
        return _read_mail(raw, subject, hints)
    return _read_text(charset.decode(raw), subject, hints)


def _read_text(text: str, subject: str, hints: Hints) -> Article | Withdrawal:
    suffix = filenames.suffix(subject)
    if feedfile.is_feed(text):
        return _read_only_part(text.encode("utf-8", "replace"), subject, hints)
    if (suffix in {"json", "jsonl"} and text.lstrip()[:1] != "<") or _JSON_START.match(text):
        return _read_json(text, subject, hints)
    root = xmltext.root(text)
    if root in {"nitf", "NewsML", "NewsItem"} or root in newsmlg2.ROOTS:
        return _read_xml(text, root, subject, hints)
    if is_page(text, suffix):
        return page.read_page(text, input=subject, hints=hints)
    if _XML_START.match(text):
        if "<nitf" in text or "newsItem" in text:
            return _read_xml(text, root, subject, hints)
        detail = f"It is XML with the root <{root}>: of XML, (X)HTML, NITF, NewsML and feeds are read."
        raise Rejected("unknown-format", detail, subject=subject)
    return wiretext.read_text(_TELEGRAPH.sub("\n", text), input=subject, hints=hints)


def _read_json(text: str, subject: str, hints: Hints) -> Article | Withdrawal:
    if any(f'"{name}"' in text for name in ninjs.NAMES):
        try:
            record = json.loads(text)
        except (ValueError, RecursionError):
            record = None  # the reader of records says what is wrong with it
        if isinstance(record, list) and len(record) == 1:
            record = record[0]
        if ninjs.is_ninjs(record):
            return ninjs.read_ninjs(record, input=subject, hints=hints)
    return articlejson.read_record(text, input=subject, hints=hints)


def _read_xml(text: str, root: str, subject: str, hints: Hints) -> Article | Withdrawal:
    tree = xmltext.parse(text, subject)
    if root in {"NewsML", "NewsItem"}:
        return newsml1.read_newsml(tree, input=subject, hints=hints)
    if root in newsmlg2.ROOTS or next(xmltext.every(tree, "newsItem"), None) is not None:
        return newsmlg2.read_newsml_g2(tree, input=subject, hints=hints)
    inner = tree if root == "nitf" else next(xmltext.every(tree, "nitf"), None)
    if inner is None:
        detail = f"It is XML with the root <{root}>, and holds no news item that is known."
        raise Rejected("unknown-format", detail, subject=subject)
    return nitf.read_nitf(inner, input=subject, hints=hints)


def _read_mail(raw: bytes, subject: str, hints: Hints) -> Article | Withdrawal:
    """Read the text of a message: an agency's format if it is one, else what it says under its subject."""
    written = mail.letter(raw, subject)
    text = written.plain if mail.says_it_in_plain(written) else written.html
    if not text.strip():
        raise Rejected("empty", "The message has no text of its own. Send its text.", subject=subject)
    said = Hints(
        published=written.date,
        published_basis="header",
        identifier=written.message_id,
        headline=written.subject,
    )
    known = hints.over(said)
    inner = text.strip().encode("utf-8")
    if wiremessage.is_message(inner):
        return wiremessage.read_message(inner, input=subject, hints=hints)
    if xmltext.root(text) in {"nitf", "NewsML"} or xmltext.root(text) in newsmlg2.ROOTS:
        return _read_text(text.strip(), subject, hints)
    if text is written.html:
        found = page.read_page(text, input=subject, hints=known)
    else:
        above = f"Title: {written.subject}\nLayout: message\n\n" if written.subject else ""
        found = wiretext.read_text(above + text.lstrip(), input=subject, hints=known)
    sender = written.sender or ""
    desk = (written.address or "").partition("@")[0].lower() in _DESKS
    person = byline.is_person(sender) and not desk
    return replace(
        found,
        headline=written.subject or found.headline,
        authors=found.authors or ((sender,) if person else ()),
        publisher=found.publisher or (None if person else sender or None),
    )


def _read_only_part(raw: bytes, subject: str, hints: Hints) -> Article | Withdrawal:
    """Read the one document that an archive holds; several must have been cut apart before."""
    parts = list(zip(range(2), containers.split(raw, name=subject, hints=hints), strict=False))
    if len(parts) > 1:
        detail = (
            "It holds several documents. Put the file into the drop folder, or ingest it, to have each of them read."
        )
        raise Rejected("unknown-format", detail, subject=subject)
    for _, part in parts:
        if isinstance(part, Refusal):
            raise Rejected(part.reason, part.detail, subject=subject)
        found = _read(part.raw, part.input, part.hints)
        return replace(found, input=subject)
    raise Rejected("no-documents", "There is no document in it that Wiredesk reads.", subject=subject)


def is_page(text: str, suffix: str = "") -> bool:
    """Say whether a text is HTML: it opens like a page, or has tags enough for its length."""
    if xmltext.root(text[:200_000]).lower() in _PAGE_ROOTS or re.match(r"\s*<!doctype\s+html", text, re.IGNORECASE):
        return True
    if _XML_START.match(text) and not _TAG.search(text[:200]):
        return False
    tags = sum(1 for _ in _TAG.finditer(text[:20_000]))
    return tags >= (1 if suffix in {"html", "htm"} else 5)
