"""The door into the inbox: keeps the bytes of what arrives, then notes it. Opens disk and store; reads no document.

Bytes are kept before the note is written, so a crash in between loses nothing: the next look finds the same file,
keeps the same bytes under the same name, and notes them once.
"""

import itertools
import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from storage import inbox
from storage.errors import Rejected
from storage.inbox import Received
from storage.records import Hints, Refusal
from storage.store import Store
from tasks import drop, formats
from tasks.stages import Document

logger = logging.getLogger(__name__)

NOTED_AT_ONCE = 200
"""Documents that one transaction notes. A larger number holds the writer lock for longer and gains nothing."""


def documents(paths: Sequence[str], *, hints: Hints, max_bytes: int) -> Iterator[Document | Refusal]:
    """Read what lies under the paths, one document or refusal at a time; a JSONL file is a document a line."""
    for found in drop.find(paths):
        if isinstance(found, Rejected):
            yield Refusal(input=found.subject, reason=found.reason, detail=found.detail)
        else:
            yield from open_file(found, hints=hints, max_bytes=max_bytes)


def open_file(path: Path, *, hints: Hints, max_bytes: int) -> Iterator[Document | Refusal]:
    """Read one file and split it into its documents."""
    try:
        raw = drop.read(path, max_bytes=max_bytes)
        for part in formats.split(raw, name=str(path)):
            yield Document(input=part.input, raw=part.raw, hints=hints)
    except Rejected as refused:
        yield Refusal(input=str(path), reason=refused.reason, detail=refused.detail)


def take_in(store: Store, arrivals: Iterable[Document | Refusal], *, now: datetime) -> Iterator[Received]:
    """Keep the bytes of each arrival and note it in the inbox. Gives the inbox's word for each, in order.

    What was noted before, the same bytes with the same hints, is not noted again: its item comes back as it stands.
    """
    pending = iter(arrivals)
    while chunk := list(itertools.islice(pending, NOTED_AT_ONCE)):
        kept = [store.raw.put(a.raw) if isinstance(a, Document) else None for a in chunk]
        with store.writing() as conn:
            received = [_note(conn, a, digest, now) for a, digest in zip(chunk, kept, strict=True)]
        logger.info("taken in new=%d known=%d", sum(r.new for r in received), sum(not r.new for r in received))
        yield from received


def _note(conn: Connection, arrival: Document | Refusal, digest: str | None, now: datetime) -> Received:
    if isinstance(arrival, Refusal) or digest is None:
        assert isinstance(arrival, Refusal)  # noqa: S101 - a document always has a digest
        return inbox.refuse(conn, input=arrival.input, reason=arrival.reason, detail=arrival.detail, now=now)
    return inbox.receive(
        conn, digest=digest, size_bytes=len(arrival.raw), input=arrival.input, hints=arrival.hints, now=now
    )
