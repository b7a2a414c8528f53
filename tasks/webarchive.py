"""Read web archives (WARC, plain or gzip): the documents that servers answered with. Pure.

What is no document (pictures, scripts, redirects, errors) is passed over. A cut or damaged archive gives what comes
before the damage. A capture that a desk wrote (tasks/capturewarc.py) says itself what is known of it from outside, and
is read whatever it seems to be: it was taken in as a document once.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final

from storage.errors import Rejected
from storage.records import Hints, sort_time
from tasks import archives
from tasks.archives import Unpacked

if TYPE_CHECKING:
    from fastwarc.warc import WarcRecord

KNOWN: Final = "Wiredesk-Capture"
"""The field of a record that says, as JSON, what a capture was called and what is known of it. WARC lets others pass
over fields that they do not know."""

_TYPES: Final = re.compile(
    r"(?:text/(?!css|javascript|calendar)|application/(?:xhtml|xml|rss|atom|json|ld\+json|feed|pdf|[\w.-]+\+(?:xml|json)))"
)


_PRINTED: Final = re.compile(r"[^ -~]")


@dataclass(frozen=True, slots=True)
class Capture:
    """One answer: its bytes, what is known of it (its address at least), and what it was called, if a desk wrote it."""

    raw: bytes
    hints: Hints
    name: str | None = None


def is_web_archive(head: bytes) -> bool:
    """Say whether bytes, unpacked, begin a WARC file."""
    return head.startswith(b"WARC/")


def captures(source: BinaryIO | Unpacked, largest: int) -> Iterator[Capture | Rejected]:
    """Yield the documents of an archive; where it is damaged, that is the last word."""
    from fastwarc.warc import ArchiveIterator, WarcRecordType

    wanted = WarcRecordType.response | WarcRecordType.resource | WarcRecordType.conversion
    try:
        for record in ArchiveIterator(
            source, record_types=wanted, parse_http=True, auto_decode="all", quirks_mode=True
        ):
            url = (record.headers.get("WARC-Target-URI") or "").strip("<> ")
            known = _known(record.headers.get(KNOWN) or "")
            if (
                known is None
                and record.is_http
                and not _is_document(record.http_headers.status_code, record.http_content_type)
            ):
                continue
            kind = (record.headers.get("Content-Type") or "").lower()
            if known is None and not record.is_http and not _TYPES.match(kind):
                continue
            raw = record.reader.read(largest + 1)
            if fault := _fault(record, len(raw), largest):
                yield Rejected("broken", f"The web archive is damaged or cut off there ({fault}).", subject=url)
            elif len(raw) > largest:
                yield Rejected("too-big", f"It has more than {largest:,} bytes.", subject=url)
            elif raw.strip() or known is not None:
                hints, name = known or (Hints(url=url if url.lower().startswith(("http:", "https:")) else None), None)
                yield Capture(_in_utf8(raw, record.http_charset if record.is_http else None), hints, name)
    except (OSError, ValueError, UnicodeError, OverflowError) as error:
        detail = f"The web archive is damaged or cut off there ({_PRINTED.sub('', str(error))[:120]})."
        yield Rejected("broken", f"{detail} What came before was read.")
    except BaseException as error:  # the parser's own panic, which is no Exception
        if type(error).__name__ != "PanicException":
            raise
        yield Rejected("broken", "The web archive is damaged there. What came before was read.")


def _fault(record: "WarcRecord", size: int, largest: int) -> str | None:
    """Say what is wrong with the length of a record of which `size` bytes could be read; None if nothing is."""
    said = record.headers.get("Content-Length") or ""
    if not said.strip().isdecimal():
        return "a record does not say how long it is"
    packed = record.http_headers is not None and any(
        record.http_headers.get(name) for name in ("Content-Encoding", "Transfer-Encoding")
    )
    short = not packed and size < min(record.content_length, largest)
    return f"{size:,} of a record's {record.content_length:,} bytes are there" if short else None


def _known(written: str) -> tuple[Hints, str | None] | None:
    """Read what a desk wrote of a capture; None if it is not that."""
    try:
        said = json.loads(written) if written else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict):
        return None
    told = {name: v for name in Hints.__slots__ if isinstance(v := said.get(name), str) and v}
    if sort_time(told.get("published")) is None:
        told.pop("published", None)
    called = str(said.get("input") or "").rpartition("/")[2]
    return Hints(**told), archives.label(called) if called else None


def _is_document(status: int | None, kind: str | None) -> bool:
    return status in {None, 200, 203} and (not kind or _TYPES.match(kind.lower()) is not None)


def _in_utf8(raw: bytes, declared: str | None) -> bytes:
    """Write a page in UTF-8 if only the server said how it was written."""
    if not declared or re.search(rb"charset\s*=|<\?xml[^>]*encoding", raw[:4096], re.IGNORECASE):
        return raw
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        try:
            return b"\xef\xbb\xbf" + raw.decode(declared).encode("utf-8")
        except (LookupError, ValueError):
            return raw
    return raw
