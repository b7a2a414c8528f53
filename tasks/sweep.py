"""The drop folder: takes in what is whole and moves it away. Opens disk and store.

The bytes are kept and noted before the file moves. A crash between the two leaves the file where it was; the next
sweep finds its bytes noted already and only moves it.
"""

import logging
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from storage.records import Hints, Refusal
from storage.store import Store
from tasks import drop, intake
from tasks.drop import DONE, REJECTED

logger = logging.getLogger(__name__)

SETTLED = timedelta(seconds=2)
"""A file that was written to more recently than this is taken to be growing still.

A time further ahead than this comes from another machine's clock, and says nothing about growing.
"""

REASON = ".reason.txt"
LONGEST = 255
"""Bytes of a file name on every file system that matters here (NAME_MAX)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What one sweep did, in files."""

    taken: int = 0
    refused: int = 0
    growing: int = 0


def sweep(store: Store, folder: Path, *, now: datetime, max_bytes: int) -> Swept:
    """Take in every whole document under the folder; move it to `done/DATE/`, or to `rejected/` with its reason.

    Makes the folder if there is none. Names never overwrite: a second `a.txt` becomes `a.1.txt`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    taken = refused = growing = 0
    for path in (p for p in drop.in_folder(folder, apart={DONE, REJECTED}) if isinstance(p, Path)):
        try:
            status = path.stat()
        except FileNotFoundError:
            continue
        if abs(now - datetime.fromtimestamp(status.st_mtime, UTC)) < SETTLED:
            growing += 1
            continue
        arrivals = list(intake.open_file(path, hints=Hints(), max_bytes=max_bytes))
        again = path.stat() if path.exists() else None
        if again is None or (again.st_size, again.st_mtime_ns) != (status.st_size, status.st_mtime_ns):
            growing += 1
            continue
        for _ in intake.take_in(store, arrivals, now=now):
            pass
        refusal = next((a for a in arrivals if isinstance(a, Refusal)), None) if len(arrivals) == 1 else None
        if refusal is None:
            _move(path, folder / DONE / f"{now:%Y-%m-%d}")
            taken += 1
        else:
            moved = _move(path, folder / REJECTED)
            reason = _hold(folder / REJECTED, moved.name, REASON)
            reason.write_text(f"{refusal.reason}: {refusal.detail}\n", encoding="utf-8", errors="backslashreplace")
            refused += 1
    logger.info("swept folder=%s taken=%d refused=%d growing=%d", folder, taken, refused, growing)
    return Swept(taken=taken, refused=refused, growing=growing)


def _move(path: Path, target: Path) -> Path:
    target.mkdir(parents=True, exist_ok=True)
    return path.replace(_hold(target, path.stem, path.suffix))


def _hold(target: Path, stem: str, suffix: str) -> Path:
    """Make an empty file under a name that nobody has yet: a rename or a write would overwrite."""
    for n in range(10_000):
        ending = suffix if n == 0 else f".{n}{suffix}"
        place = target / (_cut(stem, LONGEST - len(os.fsencode(ending))) + ending)
        try:
            os.close(os.open(place, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        except FileExistsError:
            continue
        return place
    raise FileExistsError(f"{target} holds 10,000 files named like {stem}{suffix}")


def _cut(name: str, most: int) -> str:
    """Cut a name to so many bytes, and to a whole character."""
    raw = os.fsencode(name)
    return name if len(raw) <= most else raw[:most].decode("utf-8", "ignore")
