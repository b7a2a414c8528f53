"""Write kept captures as a web archive (WARC 1.1), a record each, packed by itself with gzip. Pure: no clock.

Whatever HTTP said around them was not kept, so they are `resource` records. Their address is the one that they came
from, or that of the file. What is known of a capture from outside stands in a field of its own, without which the same
bytes would be read as another article; `tasks.webarchive` reads it back.
"""

import gzip
import io
import json
import uuid
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote

from storage.errors import Rejected
from storage.records import Hints
from tasks import charset, mail, pdftext
from tasks.webarchive import KNOWN

_SAFE: Final = "/:@!$&'()*+,;=~-._?%#[]"
_HEAD: Final = 2000


def opening(at: datetime) -> bytes:
    """Give the record that an archive begins with."""
    block = b"software: Wiredesk\r\nformat: WARC File Format 1.1\r\n"
    return _record("warcinfo", block, "application/warc-fields", at=at, about="warcinfo", more={})


def capture(raw: bytes, *, item: int, digest: str, input: str, hints: Hints, received_at: datetime) -> bytes:  # noqa: A002
    """Give the record of one arrival: the same bytes for the same arrival."""
    known = {"input": input} | hints.known()
    more = {"WARC-Target-URI": _address(input, hints), KNOWN: json.dumps(known)}
    return _record("resource", raw, media_type(raw), at=received_at, about=f"{item}:{digest}", more=more)


def media_type(raw: bytes) -> str:
    """Tell the media type of a document by how it begins."""
    if pdftext.is_pdf(raw):
        return "application/pdf"
    if mail.is_mail(raw):
        return "message/rfc822"
    head = raw[:_HEAD].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if head.startswith((b"{", b"[")):
        return "application/json"
    if head.startswith(b"<!doctype html") or b"<html" in head:
        return "text/html"
    if head.startswith(b"<?xml"):
        return "application/xml"
    try:
        charset.decode(raw[: 16 * _HEAD])
    except Rejected:
        return "application/octet-stream"
    return "text/plain"


def _address(name: str, hints: Hints) -> str:
    if hints.url and hints.url.lower().startswith(("http:", "https:")):
        return quote(hints.url, safe=_SAFE, errors="replace")
    return "file:///" + quote(name.lstrip("/"), safe="/", errors="surrogateescape")


def _record(kind: str, block: bytes, media: str, *, at: datetime, about: str, more: dict[str, str]) -> bytes:
    from fastwarc.warc import WarcRecord, WarcRecordType

    record = WarcRecord()
    named = uuid.uuid5(uuid.NAMESPACE_URL, f"urn:wiredesk:capture:{about}")
    record.init_headers(record_type=getattr(WarcRecordType, kind), record_urn=f"uuid:{named}".encode())
    moment = at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    for name, value in ({"WARC-Date": moment, "Content-Type": media} | more).items():
        record.headers[name] = value
    record.set_bytes_content(block)
    written = io.BytesIO()
    record.write(written, checksum_data=True)
    return gzip.compress(written.getvalue(), mtime=0)
