"""The drop folder: takes in what is whole and moves it away. Opens disk and store.

The bytes are kept and noted before the file moves. A crash between the two leaves the file where it was; the next
sweep finds its bytes noted already and only moves it.
"""

import hashlib
import logging
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from storage import inbox
from storage.errors import REASONS, Rejected
from storage.inbox import Item, Received
from storage.records import Hints, Refusal
from storage.store import Store
from tasks import containers, intake, moving, sidecar
from tasks.drop import DONE, REASON, REJECTED, SIDECAR, is_document, read_whole
from tasks.dropfolder import DropFolder
from tasks.filenames import SUFFIXES
from tasks.looks import Look, Looks, is_whole
from tasks.stages import Document

logger = logging.getLogger(__name__)

ORPHAN = timedelta(hours=1)
"""So long a sidecar waits for its document."""
LATEST_REFUSED = 200
"""Refusals after which a file that should have moved on from `done/` is still looked for."""
AT_ONCE = 200
"""Files whose documents are noted, and which are then moved, before the next ones are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What one sweep did, in files. `stuck` ones are noted, and may not be moved; `odd` ones are left alone, because no
    document's name ends like theirs.

    `items` are the numbers of the documents that wait to be read; `places` says where the file of an item lies now, for
    those that are the only one in their file.
    """

    taken: int = 0
    refused: int = 0
    growing: int = 0
    stuck: int = 0
    odd: int = field(default=0, compare=False)
    items: tuple[int, ...] = field(default=(), compare=False)
    places: Mapping[int, str] = field(default_factory=dict, compare=False)

    def __add__(self, other: "Swept") -> "Swept":
        return Swept(
            taken=self.taken + other.taken,
            refused=self.refused + other.refused,
            growing=self.growing + other.growing,
            stuck=self.stuck + other.stuck,
            odd=self.odd + other.odd,
            items=self.items + other.items,
            places={**self.places, **other.places},
        )


def sweep(
    store: Store,
    folder: Path,
    *,
    now: datetime,
    max_bytes: int,
    renamed: Collection[Path] = (),
    looks: Looks | None = None,
) -> Swept:
    """Take in every whole document under the folder; move it to `done/DATE/`, or to `rejected/` with its reason.

    Makes the folder if there is none. Names never overwrite: a second `a.txt` becomes `a.1.txt`. `renamed` are files
    (or folders of them) that are known to have come by a rename, and need not settle.

    Raises:
        Misconfigured: `done` or `rejected` is no folder.
        StoreBusy: another writer held the database for too long; what was not noted lies where it lay.
    """
    with DropFolder(folder) as opened:
        looked = _Sweep(store, opened, now, max_bytes, {p.absolute() for p in renamed}, looks)
        names = list(opened.names())
        swept = looked.through(
            [name for name in names if is_document(name.rpartition("/")[2]) or name.endswith(SIDECAR)]
        )
        swept += Swept(odd=sum(not name.endswith((*SUFFIXES, SIDECAR, REASON)) for name in map(str.lower, names)))
    if looks is not None:
        looks.forget_all_but(set(names))
    if swept != Swept():
        logger.info("swept folder=%s %s", folder, swept)
    return swept


def reject_refused(store: Store, folder: Path, places: Mapping[int, str]) -> int:
    """Move those files from `done/` to `rejected/`, with the reason, whose document was read and refused since.

    `places` is that of `Swept`. Gives how many.
    """
    moved = 0
    with DropFolder(folder) as opened, store.reading() as conn:
        for item_id, place in places.items():
            item = inbox.item(conn, item_id)
            look = opened.look(place)
            if look is not None and item is not None and item.state == "rejected":
                moved += _move_on(opened, place, look, item)
    return moved


def reject_left(store: Store, folder: Path, *, max_bytes: int) -> int:
    """Do what `reject_refused` does for the latest refusals, whose places a desk that died knew. Gives how many.

    A file is that document's if there is nothing in it but the bytes that were refused, under the name they came by.
    """
    moved = 0
    with DropFolder(folder) as opened, store.reading() as conn:
        for item in inbox.refused_lately(conn, limit=LATEST_REFUSED):
            if not item.input.startswith(f"{folder}{os.sep}"):
                continue
            last = os.path.basename(item.input)
            days = {item.received_at, item.settled_at or item.received_at}
            for place in [f"{DONE}/{day:%Y-%m-%d}/{last}" for day in sorted(days)]:
                look = opened.look(place)
                if look is not None and _is_all_of(opened, place, look, item, max_bytes):
                    moved += _move_on(opened, place, look, item)
                    break
    return moved


def _move_on(folder: DropFolder, place: str, look: Look, item: Item) -> bool:
    """Move a file from `done/` to `rejected/`. False if it is gone, or may not be moved: then the next ones may."""
    try:
        beside = folder.look(place + SIDECAR)
        return _reject(folder, place, look, beside, f"{item.reason}: {item.detail}") is not None
    except OSError as error:
        logger.warning("was refused, but cannot be moved on file=%r error=%s", place, error)
        return False


def _is_all_of(folder: DropFolder, place: str, look: Look, item: Item, max_bytes: int) -> bool:
    try:
        raw = folder.read(place, look, max_bytes=max_bytes, ready=lambda _: True)
    except Rejected:
        return False
    found = list(islice(intake.documents_of(raw or b"", name=place, hints=Hints()), 2))
    return [hashlib.sha256(d.raw).hexdigest() for d in found if isinstance(d, Document)] == [item.digest]


@dataclass(slots=True)
class _File:
    """One file on its way in."""

    name: str
    look: Look
    beside: Look | None
    documents: int = 0
    changed: bool = False
    refusal: Refusal | None = None
    item: Received | None = None


class _Sweep:
    """One sweep."""

    def __init__(
        self,
        store: Store,
        folder: DropFolder,
        now: datetime,
        max_bytes: int,
        renamed: Collection[Path],
        looks: Looks | None,
    ) -> None:
        self._store = store
        self._folder = folder
        self._now = now
        self._max_bytes = max_bytes
        self._renamed = frozenset(renamed)
        self._looks = looks
        self._growing = 0

    def through(self, names: Sequence[str]) -> Swept:
        swept = Swept()
        rest = iter(names)
        while some := list(islice(rest, AT_ONCE)):
            swept += self._take(some)
        return swept + Swept(growing=self._growing)

    def _take(self, names: Sequence[str]) -> Swept:
        """Keep and note what is whole of the files, then move them."""
        files: list[_File] = []
        owners: list[_File] = []
        fresh: list[int] = []

        def arrivals() -> Iterator[Document | Refusal]:
            for name in names:
                for file, arrival in self._read(name):
                    if not files or files[-1] is not file:
                        files.append(file)
                    owners.append(file)
                    yield arrival

        for n, received in enumerate(intake.take_in(self._store, arrivals(), now=self._now)):
            owners[n].item = received
            if received.state == "captured":
                fresh.append(received.item_id)
        taken = refused = stuck = 0
        reported: list[str] = []
        places: dict[int, str] = {}
        for file in files:
            if file.changed:
                continue
            try:
                place = self._put_away(file)
            except OSError as error:
                stuck += 1
                if self._looks is None or self._looks.note_stuck(file.name, file.look):
                    reported.append(f"{file.name!r}: {error}")
                continue
            if file.refusal is not None:
                refused += 1
            elif place is not None:
                taken += 1
                if file.documents == 1 and file.item is not None:
                    places[file.item.item_id] = place
        if reported:
            remedy = (
                "cannot be moved away; make it writable, and room on it, or move by hand: folder=%s files=%d first=%s"
            )
            logger.warning(remedy, self._folder.path, len(reported), reported[0])
        return Swept(taken=taken, refused=refused, stuck=stuck, items=tuple(fresh), places=places)

    def _put_away(self, file: _File) -> str | None:
        if file.refusal is not None:
            reason = f"{file.refusal.reason}: {file.refusal.detail}"
            return _reject(self._folder, file.name, file.look, file.beside, reason)
        into = f"{DONE}/{self._now:%Y-%m-%d}"
        return _with_its_sidecar(self._folder, file.name, into, file.look, file.beside)

    def _read(self, name: str) -> Iterator[tuple[_File, Document | Refusal]]:
        """Read one file, if it is whole: its documents, or why there are none."""
        file = self._looked_at(name)
        if file is None:
            return
        try:
            yield from ((file, arrival) for arrival in self._documents(file))
        except Rejected as refused:
            file.refusal = Refusal(input=str(self._folder.path / name), reason=refused.reason, detail=refused.detail)
            yield file, file.refusal
        except OSError as error:
            file.changed = True
            self._put_off(name, error)

    def _looked_at(self, name: str) -> _File | None:
        """Look at a file and its sidecar; None if it is gone, or not to be read now.

        The sidecar is looked at before its document is opened. Another sweep, which none keeps away from this one,
        moves the document first: then an open document without a sidecar never had one.
        """
        try:
            look = self._folder.look(name)
            if look is None or (self._looks is not None and self._looks.is_stuck(name, look)):
                return None
            return _File(name, look, self._folder.look(name + SIDECAR))
        except OSError as error:
            self._put_off(name, error)
            return None

    def _put_off(self, name: str, error: OSError) -> None:
        self._growing += 1
        logger.warning("could not be read, and is looked at again file=%r error=%s", name, error)

    def _documents(self, file: _File) -> Iterator[Document | Refusal]:
        """Give the documents of a file, none if it has to wait.

        Raises:
            Rejected: it is never read; also a sidecar whose document did not come.
        """
        name, look = file.name, file.look
        age = self._since(look.mtime_ns)
        unchanged = None if self._looks is None else self._looks.unchanged(name, look, self._now)
        if name.endswith(SIDECAR):
            alone = self._folder.look(name.removesuffix(SIDECAR)) is None
            # Its time of writing may be as old as the document's: who sees it from the beginning goes by that.
            waited = min(age, self._since(look.ctime_ns)) if unchanged is None else unchanged
            if alone and waited >= ORPHAN and not _follow(self._folder, name, look):
                raise Rejected("unreadable", "it says what is known of a document that did not come; drop both again")
            return
        renamed = self._came_whole(name)

        def ready(held: bool | None) -> bool:
            return is_whole(age=age, unchanged=unchanged, renamed=renamed, held=held)

        if not ready(False) and not ready(None):
            self._growing += 1
            return
        subject = str(self._folder.path / name)
        with self._folder.opened(name, look, ready=ready) as opened:
            hints = self._hints(file) if opened is not None else None
            if opened is None or hints is None:
                self._growing += 1
                return
            # What holds many documents is read from front to back, however large; a document has its limit.
            many = containers.holds_many(opened, name=name)
            source = opened if many else read_whole(opened, max_bytes=self._max_bytes, subject=subject)
            if not many and not moving.is_same(opened, look):
                self._growing += 1
                return
            for document in intake.documents_of(source, name=subject, hints=hints):
                file.documents += 1
                file.refusal = document if isinstance(document, Refusal) and file.documents == 1 else None
                yield document
            if not moving.is_same(opened, look):
                self._growing += 1
                file.changed = True
        if not file.documents:
            raise Rejected("empty", REASONS["empty"])

    def _since(self, time_ns: int) -> timedelta:
        return self._now - datetime.fromtimestamp(time_ns / 1e9, UTC)

    def _hints(self, file: _File) -> Hints | None:
        """Give what the folder and the sidecar say of a document; None if the sidecar is not whole, or another now."""
        hints = Hints(publisher=publisher_of(file.name))
        if file.beside is None:
            return hints
        place = file.name + SIDECAR
        said = self._folder.read(place, file.beside, max_bytes=sidecar.LARGEST, ready=lambda held: not held)
        return None if said is None else sidecar.read(said, beside=hints)

    def _came_whole(self, name: str) -> bool:
        path = (self._folder.path / name).absolute()
        return bool(self._renamed) and (path in self._renamed or not self._renamed.isdisjoint(path.parents))


def publisher_of(name: str) -> str | None:
    """Give the publisher that a file's folder names: the outermost one, unless it is but a number or a date."""
    outermost, _, rest = name.partition("/")
    return outermost if rest and any(c.isalpha() for c in outermost) else None


def _reject(folder: DropFolder, name: str, look: Look, beside: Look | None, reason: str) -> str | None:
    return _with_its_sidecar(folder, name, REJECTED, look, beside, note=(REASON, f"{reason}\n"))


def _with_its_sidecar(
    folder: DropFolder,
    name: str,
    into: str,
    look: Look,
    beside: Look | None,
    *,
    note: tuple[str, str] | None = None,
) -> str | None:
    """Move a document, then what was seen beside it: a document without its sidecar would be another document.

    A sidecar that came since waits for a document of its own.
    """
    place = folder.move(name, into, look, note=note)
    if place is not None and beside is not None:
        folder.move(name + SIDECAR, into, beside, named=(place.rpartition("/")[2], SIDECAR))
    return place


def _follow(folder: DropFolder, name: str, beside: Look) -> bool:
    """Move a sidecar that was left behind to the document that it belongs to, which was moved before a crash."""
    last = name.removesuffix(SIDECAR).rpartition("/")[2]
    for into in (REJECTED, *(f"{DONE}/{day}" for day in folder.days(DONE))):
        if folder.look(f"{into}/{last}") is not None and folder.look(f"{into}/{last}{SIDECAR}") is None:
            return folder.move(name, into, beside, named=(last, SIDECAR)) is not None
    return False
