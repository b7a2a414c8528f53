"""The door to the disk for a backfill: documents from files, from where an earlier one stopped. Notes nothing.

What is wanted of a file is asked before it is opened, and a file that was done with is not opened again.
"""

import fnmatch
import hashlib
import os
from collections.abc import Generator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from storage.backfills import Place
from storage.errors import Rejected
from storage.records import Hints, Refusal
from tasks import drop, intake
from tasks.stages import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Which files: under the paths, last written to from `since` and before `until`, with `source` in their path."""

    paths: tuple[str, ...]
    since: datetime | None = None
    until: datetime | None = None
    source: str | None = None

    @property
    def key(self) -> str:
        """A name that the same question always has, from whatever folder it is asked."""
        parts = (*map(os.path.abspath, self.paths), "", str(self.since), str(self.until), self.source or "")
        return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:32]

    def wants(self, path: Path) -> bool:
        """True for a file that is among them, as far as can be told without opening it."""
        if self.source is not None and self.source not in str(path) and not fnmatch.fnmatch(str(path), self.source):
            return False
        if self.since is None and self.until is None:
            return True
        try:
            at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        except OSError:
            return True  # reading it says what is wrong
        return (self.since is None or at >= self.since) and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A document, or why there is none, with the place after it."""

    place: Place
    arrival: Document | Refusal


def arrivals(files: Files, *, after: Place | None, max_bytes: int) -> Generator[Arrival, None, None]:
    """Read the documents of the files in order, from behind `after`; all of them if its file is not there any more."""
    found = list(drop.find(files.paths))
    begin = next((n for n, one in enumerate(found) if after is not None and str(one) == after.file), -1)
    for n, one in enumerate(found):
        if n < begin:
            continue
        name = one.subject if isinstance(one, Rejected) else str(one)
        if isinstance(one, Rejected):
            refusal = Refusal(input=one.subject, reason=one.reason, detail=one.detail)
            yield Arrival(place=Place(file=name, documents=0), arrival=refusal)
        elif files.wants(one):
            done = after.documents if after is not None and n == begin else 0
            for count, document in enumerate(intake.open_file(one, hints=Hints(), max_bytes=max_bytes), 1):
                if count > done:
                    yield Arrival(place=Place(file=name, documents=count), arrival=document)
