"""Read the text layer of a PDF file, as paragraphs. Pure.

PDFium gives the lines with where they stand on the page; what recurs on top or at the foot of several pages is left
out, words cut at line ends are joined, and a gap or a change of type begins a paragraph.
"""

import itertools
import re
from collections import Counter
from dataclasses import dataclass
from statistics import median
from typing import Final

from storage.errors import Rejected
from tasks import plaintext

_MOST_PAGES: Final = 200
_PAGE_NUMBER: Final = re.compile(
    r"\W*(?:(?:page|seite|p\.)\s*)?\d{1,3}(?:\s*(?:/|of|von)\s*\d{1,3})?\W*", re.IGNORECASE
)
_BULLET: Final = re.compile(r"^(?:[•▪‣–—*-]|\d{1,2}[.)])\s")


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    left: float
    top: float
    bottom: float
    right: float
    page: int


def is_pdf(raw: bytes) -> bool:
    """Say whether bytes are a PDF file: its mark may stand behind a little rubbish."""
    return b"%PDF-" in raw[:1024]


def read_text(raw: bytes, subject: str) -> str:
    """Give the text of a PDF file, a blank line between paragraphs; above it, marked as title, what is set largest.

    Raises:
        Rejected: `encrypted`, `broken`, `too-big`, or `not-text` for a file that is only pictures of pages.
    """
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(raw)
    except pypdfium2.PdfiumError as error:
        if _is_locked(raw):
            detail = "The PDF file is locked with a password. Send it without, or its text."
            raise Rejected("encrypted", detail, subject=subject) from error
        detail = f"The PDF file is damaged ({error}). Send it again, or its text."
        raise Rejected("broken", detail, subject=subject) from error
    try:
        pages = len(document)
        if pages > _MOST_PAGES:
            raise Rejected("too-big", f"The PDF file has {pages} pages, more than {_MOST_PAGES}.", subject=subject)
        lines = [line for n in range(pages) for line in _lines(document, n)]
    finally:
        document.close()
    lines = _without_running_heads(lines, pages)
    text = "\n\n".join(_paragraphs(lines))
    if not text.strip():
        detail = f"The PDF file has {pages} pages and no text on them: it is a scan. Send the text itself."
        raise Rejected("not-text", detail, subject=subject)
    title = _title(lines)
    return f"Title: {title}\nLayout: pages\n\n{text}" if title else text


def _is_locked(raw: bytes) -> bool:
    """Say whether a file that did not open is locked. One without a page leaves PDFium's last error as it was."""
    import pypdfium2.raw as pdfium

    opened = pdfium.FPDF_LoadMemDocument64(raw, len(raw), None)
    if opened:
        pdfium.FPDF_CloseDocument(opened)
        return False
    return pdfium.FPDF_GetLastError() in {pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY}


def _title(lines: list[_Line]) -> str | None:
    """Give what is set largest on the first page, if it is larger than the text and as long as a headline."""
    first = [line for line in lines if line.page == 0]
    if not first:
        return None
    height = median(line.top - line.bottom for line in lines)
    large = _paragraphs([line for line in first if line.top - line.bottom > 1.25 * height])
    return next((text for text in large if 4 <= plaintext.words(text) <= 30), None)


def _lines(document: object, n: int) -> list[_Line]:
    import pypdfium2

    try:
        page = document[n]  # type: ignore[index]
        textpage = page.get_textpage()
    except pypdfium2.PdfiumError:
        return []
    found: list[_Line] = []
    try:
        for at in range(textpage.count_rects()):
            left, bottom, right, top = textpage.get_rect(at)
            text = " ".join(textpage.get_text_bounded(left, bottom, right, top).split())
            if not text:
                continue
            last = found[-1] if found else None
            same = (
                last is not None and abs(last.bottom - bottom) < 0.5 * max(1.0, top - bottom) and left >= last.right - 1
            )
            if last is not None and same and left - last.right < 3 * (top - bottom):
                found[-1] = _Line(
                    f"{last.text} {text}", last.left, max(last.top, top), min(last.bottom, bottom), right, n
                )
            else:
                found.append(_Line(text, left, top, bottom, right, n))
    finally:
        textpage.close()
        page.close()
    return found


def _without_running_heads(lines: list[_Line], pages: int) -> list[_Line]:
    """Drop lines that stand, but for their numbers, at one height on three pages or more, and lone page numbers."""
    keys = Counter(_key(line) for line in lines)
    least = max(2, min(3, pages))
    once = (line for line in lines if keys[_key(line)] < least and not _PAGE_NUMBER.fullmatch(line.text))
    return list(once) if pages > 1 else lines


def _key(line: _Line) -> tuple[str, int]:
    return re.sub(r"\d+", "#", line.text), round(line.bottom / 4)


def _paragraphs(lines: list[_Line]) -> list[str]:
    if not lines:
        return []
    pairs = list(itertools.pairwise(lines))
    height = median(line.top - line.bottom for line in lines)
    steps = [a.bottom - b.bottom for a, b in pairs if a.page == b.page and a.bottom > b.bottom]
    step = median(steps) if steps else height * 1.2
    ends: dict[tuple[int, int], float] = {}
    for line in lines:
        ends[_column(line)] = max(line.right, ends.get(_column(line), 0.0))
    found = [lines[0].text]
    for last, line in pairs:
        if _goes_on(last, line, height, step, ends[_column(last)]):
            found[-1] = _joined(found[-1], line.text)
        else:
            found.append(line.text)
    return found


def _column(line: _Line) -> tuple[int, int]:
    return line.page, round(line.left / 8)


def _goes_on(last: _Line, line: _Line, height: float, step: float, end: float) -> bool:
    """Say whether a line belongs to the paragraph of the one before it, whose column ends at `end`."""
    tall, taller = last.top - last.bottom, line.top - line.bottom
    if _BULLET.match(line.text) or max(tall, taller) > 1.35 * min(tall, taller) + 1:
        return False
    if last.page != line.page or line.bottom > last.bottom:  # another page or column
        return not plaintext.ends_sentence(last.text) and line.text[:1].islower()
    if min(tall, taller) > 1.25 * height:  # a headline, perhaps centred
        return last.bottom - line.bottom < 1.7 * taller
    if last.bottom - line.bottom > 1.4 * step:
        return False
    if line.left > last.left + 0.8 * height:  # an indent begins a paragraph
        return False
    short = last.right < end - 0.25 * (end - last.left)
    return not short or line.text[:1].islower()


def _joined(text: str, more: str) -> str:
    whole = text.rstrip("\x02\ufffe\xad")  # PDFium writes one of these for a hyphen at the end of a line
    if whole != text:
        return whole + more
    if re.search(r"[^\W\d_]{2}-$", text) and more[:1].islower():
        return text[:-1] + more
    return f"{text} {more}"
