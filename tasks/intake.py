"""The door into the inbox: keeps the bytes of what arrives, then notes it. Opens disk and store; reads no document.

Bytes are kept before the note is written, so a crash in between loses nothing: the next look finds the same file,
keeps the same bytes under the same name, and notes them once.
"""

import hashlib
import itertools
import logging
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import Connection

from storage import inbox
from storage.errors import Rejected
from storage.inbox import Item, Received
from storage.records import Hints, Refusal
from storage.store import Store
from tasks import containers, drop, sidecar
from tasks.stages import Document

logger = logging.getLogger(__name__)

_LINE = re.compile(r"#\d+$")
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
    """Read one file, with the sidecar that lies beside it, and split it into its documents."""
    try:
        beside = path.with_name(path.name + drop.SIDECAR)
        if os.path.isfile(beside):  # which a name that is too long is not
            hints = sidecar.read(drop.read(beside, max_bytes=sidecar.LARGEST), beside=hints)
        with drop.opened(path) as file:
            # What holds many documents is read from front to back, however large; a document has its limit.
            if containers.holds_many(file, name=str(path)):
                yield from documents_of(file, name=str(path), hints=hints)
                return
            raw = drop.read_whole(file, max_bytes=max_bytes, subject=str(path))
    except Rejected as refused:
        yield Refusal(input=str(path), reason=refused.reason, detail=refused.detail)
    else:
        yield from documents_of(raw, name=str(path), hints=hints)


def documents_of(raw: bytes | BinaryIO, *, name: str, hints: Hints) -> Iterator[Document | Refusal]:
    """Split one file, its bytes or itself open, into its documents."""
    try:
        for part in containers.split(raw, name=name, hints=hints):
            yield part if isinstance(part, Refusal) else Document(input=part.input, raw=part.raw, hints=part.hints)
    except Rejected as refused:
        yield Refusal(input=name, reason=refused.reason, detail=refused.detail)


def take_in(store: Store, arrivals: Iterable[Document | Refusal], *, now: datetime) -> Iterator[Received]:
    """Keep the bytes of each arrival and note it in the inbox. Gives the inbox's word for each, in order.

    What was noted before, the same bytes with the same hints, is not noted again: its item comes back as it stands.
    """
    pending = iter(arrivals)
    while True:
        # The bytes of each are let go of as soon as they are written: two hundred documents may be gigabytes.
        with store.raw.together() as put:
            chunk = list(map(partial(_keep, put), itertools.islice(pending, NOTED_AT_ONCE)))
        if not chunk:
            return
        with store.writing() as conn:
            received = [_note(conn, kept, now) for kept in chunk]
        logger.info("taken in new=%d known=%d", sum(r.new for r in received), sum(not r.new for r in received))
        yield from received


def take_in_hand(
    store: Store, arrivals: Iterable[Document | Refusal], *, holder: str, lease: timedelta, now: datetime
) -> tuple[list[Received], tuple[Item, ...]]:
    """Take in a few arrivals as `take_in` does, and claim those that wait, in one transaction.

    So nothing that comes later ever waits behind them.
    """
    with store.raw.together() as put:
        kept = [_keep(put, arrival) for arrival in arrivals]
    with store.writing() as conn:
        received = [_note(conn, one, now) for one in kept]
        waiting = [r.item_id for r in received if r.state == "captured"]
        items = inbox.claim(conn, holder=holder, limit=len(kept), lease=lease, now=now, among=waiting)
    return received, items


def is_known(conn: Connection, arrival: Document | Refusal) -> bool:
    """True if the inbox holds this document already. Keeps nothing; what could not be read is not known."""
    if isinstance(arrival, Refusal):
        return False
    digest = hashlib.sha256(arrival.raw).hexdigest()
    return inbox.knows(conn, digest=digest, hints=arrival.hints, suffix=_suffix(arrival.input))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    input: str
    hints: Hints
    digest: str
    size_bytes: int


def _keep(put: Callable[[bytes], str], arrival: Document | Refusal) -> _Kept | Refusal:
    if isinstance(arrival, Refusal):
        return arrival
    digest = put(arrival.raw)
    return _Kept(input=arrival.input, hints=arrival.hints, digest=digest, size_bytes=len(arrival.raw))


def _note(conn: Connection, kept: _Kept | Refusal, now: datetime) -> Received:
    if isinstance(kept, Refusal):
        return inbox.refuse(conn, input=kept.input, reason=kept.reason, detail=kept.detail, now=now)
    return inbox.receive(
        conn,
        digest=kept.digest,
        size_bytes=kept.size_bytes,
        input=kept.input,
        hints=kept.hints,
        now=now,
        suffix=_suffix(kept.input),
    )


def _suffix(name: str) -> str:
    # How bytes are read depends on their suffix: a text that came as .json is another document as .txt.
    return Path(_LINE.sub("", name)).suffix.lower()
