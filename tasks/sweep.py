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

logger = logging.getLogger(__name__)

SETTLED = timedelta(seconds=2)
"""A file that was written to more recently than this is taken to be growing still."""

DONE, REJECTED = "done", "rejected"


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
    for path in _documents(folder):
        try:
            status = path.stat()
        except FileNotFoundError:
            continue
        if now - datetime.fromtimestamp(status.st_mtime, UTC) < SETTLED:
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
            moved.with_name(f"{moved.name[:240]}.reason.txt").write_text(
                f"{refusal.reason}: {refusal.detail}\n", encoding="utf-8"
            )
            refused += 1
    logger.info("swept folder=%s taken=%d refused=%d growing=%d", folder, taken, refused, growing)
    return Swept(taken=taken, refused=refused, growing=growing)


def _documents(folder: Path) -> list[Path]:
    apart = {folder / DONE, folder / REJECTED}
    found = [p for p in drop.find([str(folder)]) if isinstance(p, Path)]
    return [p for p in found if not apart & set(p.parents)]


def _move(path: Path, target: Path) -> Path:
    target.mkdir(parents=True, exist_ok=True)
    for n in range(10_000):
        place = target / (path.name if n == 0 else f"{path.stem}.{n}{path.suffix}")
        try:
            os.close(os.open(place, os.O_CREAT | os.O_EXCL | os.O_WRONLY))  # holds the name: a rename would overwrite
        except FileExistsError:
            continue
        return path.replace(place)
    raise FileExistsError(f"{target} holds 10,000 files named like {path.name}")
