"""The door to the disk: finds documents under paths and reads their bytes. Reads files only; writes nothing.

A link that leads out of a searched folder is not followed, and what is no regular file (a pipe, a device, a socket) is
never opened: opening a pipe would hang for good.
"""

import contextlib
import glob
import os
import stat
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from storage.errors import Rejected
from tasks.filenames import SUFFIXES

DONE, REJECTED = "done", "rejected"
"""The folders of a drop folder into which its files go once they are looked at."""

UNFINISHED = (
    ".part", ".partial", ".filepart", ".tmp", ".temp", ".crdownload", ".download", ".opdownload", ".upload", ".swp",
    "~",
)  # fmt: skip
"""Endings of names under which programs write what is not whole yet; left alone in folders."""

SIDECAR, REASON = ".meta.json", ".reason.txt"
"""Endings of what lies beside a document: what is known of it from outside, and why it was rejected."""


def find(paths: Sequence[str]) -> Iterator[Path | Rejected]:
    """Name the documents under files, folders and globs, in a stable order.

    A folder is searched through, by suffix; a file that is named is taken whatever its suffix. What cannot be taken
    comes as a `Rejected` in its place: `unreadable` for a path that is not there, `no-documents` for a folder or a
    pattern with nothing in it.
    """
    for given in paths:
        path = Path(given)
        if path.is_dir():
            yield from in_folder(path)
        elif os.path.lexists(path):
            yield path
        elif glob.has_magic(given):
            matches = sorted(glob.glob(given, recursive=True))
            if not matches:
                yield Rejected("no-documents", "the pattern matches no file; check it and the folder", subject=given)
            for match in matches:
                if Path(match).is_dir():
                    yield from in_folder(Path(match))
                else:
                    yield Path(match)
        else:
            yield Rejected("unreadable", "there is no such file or folder; check the path", subject=given)


def in_folder(folder: Path, *, apart: Collection[str] = ()) -> Iterator[Path | Rejected]:
    """Name the documents in a folder and below, as `find` does. The folders in it named in `apart` are not entered."""
    found = False
    unreadable: list[OSError] = []
    for root, folders, names in os.walk(folder, onerror=unreadable.append):
        left_alone = apart if Path(root) == folder else ()
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f not in left_alone)
        for name in sorted(names):
            path = Path(root, name)
            if is_document(name) and (not path.is_symlink() or _leads_inside(path, folder)):
                found = True
                yield path
    for error in unreadable:
        yield Rejected("unreadable", f"the folder could not be listed: {error.strerror}", subject=str(error.filename))
    if not found and not unreadable:
        packed = {suffix for suffix in SUFFIXES if suffix.count(".") > 1}
        kinds = ", ".join(sorted(SUFFIXES - packed))
        yield Rejected("no-documents", f"no file in the folder ends in {kinds}, packed or not", subject=str(folder))


def _leads_inside(link: Path, folder: Path) -> bool:
    # os.path.realpath gives up on a loop of links; Path.resolve raises.
    return link.is_file() and Path(os.path.realpath(link)).is_relative_to(os.path.realpath(folder))


def is_document(name: str) -> bool:
    """True for a file name that a folder search takes: not hidden, not unfinished, a suffix that is read.

    What lies beside a document, as its sidecar or its reason, is none itself.
    """
    lowered = name.lower()
    return not is_unfinished(name) and lowered.endswith(tuple(SUFFIXES)) and not lowered.endswith((SIDECAR, REASON))


def is_unfinished(name: str) -> bool:
    """True for a file name that is hidden, or that programs give to what is not whole yet."""
    return name.startswith(".") or name.lower().endswith(UNFINISHED)


def read(path: Path, *, max_bytes: int) -> bytes:
    """Read one regular file whole.

    Raises:
        Rejected: `unreadable` (not there, no permission, no regular file), `too-big` over `max_bytes`.
    """
    with opened(path) as file:
        return read_whole(file, max_bytes=max_bytes, subject=str(path))


def read_whole(file: BinaryIO, *, max_bytes: int, subject: str) -> bytes:
    """Read an open file from where it stands; `too-big` as `read` says."""
    data = file.read(max_bytes + 1)
    if len(data) > max_bytes:
        remedy = "if it holds many documents, raise WIREDESK_MAX_DOCUMENT_BYTES, else send its text"
        detail = f"it is over {max_bytes:,} bytes; {remedy}"
        raise Rejected("too-big", detail, subject=subject)
    return data


@contextlib.contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open one regular file; `unreadable` as `read` says, also for what fails while it is open."""
    subject = str(path)
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise Rejected("unreadable", "it is no regular file; only files are read", subject=subject)
        # O_NONBLOCK: a pipe that takes the file's place between look and open must not hang the desk.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            yield file
    except OSError as error:
        detail = f"it could not be opened: {error.strerror or error}; check its permissions and that it is still there"
        raise Rejected("unreadable", detail, subject=subject) from error
