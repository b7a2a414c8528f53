"""Move a file from one open folder into another: whole, in one step, over nothing, and onto another disk as well.

Knows no drop folder: a folder is its descriptor, a name lies right in it, and no link is followed.
"""

import ctypes
import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import PurePosixPath
from typing import BinaryIO, Final

from tasks.looks import Look, look_of

LONGEST: Final = 255
"""Bytes of a file name on every file system that matters here (NAME_MAX)."""

# O_NONBLOCK: a pipe that takes the file's place between look and open must not hang the desk.
FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NO_REPLACE: Final = 1
_RENAMEAT2: Final = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)


def rename_to_free(
    parent: int, last: str, target: int, stem: str, ending: str, note: tuple[str, str] | None = None
) -> str:
    """Rename a file to `stem` and `ending`, or to the next such name that is free, and give that name.

    `note` is the ending and the text of a small file to lie beside it, which is written first.

    Raises:
        OSError: it may not be moved; EXDEV if the other folder is on another disk.
    """
    for place in _names(stem, ending):
        if note is not None and not _is_there(place, target):
            _write_beside(target, place, *note)
        try:
            rename_new(parent, last, target, place)
        except FileExistsError:
            continue
        return place
    raise FileExistsError(errno.EEXIST, "10,000 files have this name already", stem + ending)


def copy_to_free(
    parent: int, last: str, seen: Look, target: int, stem: str, ending: str, note: tuple[str, str] | None
) -> str | None:
    """Do on another disk what a rename cannot: None, and no copy, unless the file was what was seen to the end."""
    if not seen.is_file:
        raise OSError(errno.EXDEV, "only a regular file can go to another disk", last)
    passing = _passing()
    with os.fdopen(os.open(last, FILE, dir_fd=parent), "rb") as source:
        if not is_same(source, seen):
            return None
        try:
            _copy(source, target, passing)
            place = rename_to_free(target, passing, target, stem, ending, note)
        except BaseException:
            _forget(passing, target)
            raise
    gone = False
    try:
        _sync(target)
        gone = _unlink_seen(parent, last, seen)
    finally:
        if not gone:
            _forget(place, target)
    return place if gone else None


def is_same(file: BinaryIO, seen: Look) -> bool:
    """True if an open file is what was seen, with nothing written to it since."""
    return look_of(os.fstat(file.fileno())) == seen


def _unlink_seen(parent: int, last: str, seen: Look) -> bool:
    """Unlink a file if it is what was seen. It is put aside first: what takes its place meanwhile is left."""
    if look_of(os.stat(last, dir_fd=parent, follow_symlinks=False)) != seen:
        return False
    aside = _passing()
    rename_new(parent, last, parent, aside)
    try:
        if look_of(os.stat(aside, dir_fd=parent, follow_symlinks=False)) == seen:
            os.unlink(aside, dir_fd=parent)
            return True
    except OSError:
        rename_to_free(parent, aside, parent, *split(last))
        raise
    rename_to_free(parent, aside, parent, *split(last))
    return False


def rename_new(parent: int, last: str, target: int, place: str) -> None:
    """Rename without overwriting. A crash leaves the file in the one place or in the other."""
    code = errno.ENOSYS
    if _RENAMEAT2 is not None:
        if _RENAMEAT2(parent, os.fsencode(last), target, os.fsencode(place), _NO_REPLACE) == 0:
            return
        code = ctypes.get_errno()
    if code not in {errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP}:
        raise OSError(code, os.strerror(code), last)
    # A system, or a network folder, without this call: an empty file holds the place, and is overwritten.
    os.close(os.open(place, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o666, dir_fd=target))
    try:
        os.rename(last, place, src_dir_fd=parent, dst_dir_fd=target)
    except OSError:
        os.unlink(place, dir_fd=target)
        raise


def _is_there(name: str, folder: int) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _write_beside(folder: int, name: str, ending: str, text: str) -> None:
    """Write what is to lie beside a file that is not there yet, over what was left of an earlier attempt.

    Where its name has to be cut it is no longer that file's alone: then nothing is written over.
    """
    flags = os.O_CREAT | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    whole = len(os.fsencode(name + ending)) <= LONGEST
    for place in [name + ending] if whole else _names(name, ending):
        try:
            descriptor = os.open(place, flags | (os.O_TRUNC if whole else os.O_EXCL), 0o666, dir_fd=folder)
        except FileExistsError:
            continue
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
        return


def _copy(source: BinaryIO, folder: int, name: str) -> None:
    """Copy an open file into a folder, with its times and permissions, under a name that nobody has there."""
    status = os.fstat(source.fileno())
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(name, flags, status.st_mode & 0o777, dir_fd=folder), "wb") as copy:
        shutil.copyfileobj(source, copy)
        copy.flush()
        os.utime(copy.fileno(), ns=(status.st_atime_ns, status.st_mtime_ns))
        os.fsync(copy.fileno())


def _sync(folder: int) -> None:
    """Bring the names in a folder to the disk."""
    try:
        os.fsync(folder)
    except OSError as error:
        if error.errno != errno.EINVAL:  # a network file system that knows no such thing
            raise


def _passing() -> str:
    """Give a hidden name for a moment, one that no other has."""
    return f".{secrets.token_hex(8)}.part"


def _forget(name: str, folder: int) -> None:
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)


def split(name: str) -> tuple[str, str]:
    """Cut a name into its stem and its ending."""
    path = PurePosixPath(name)
    return (path.stem, path.suffix) if path.stem else (name, "")


def _names(stem: str, ending: str) -> Iterator[str]:
    """Give names to try: `a.txt`, `a.1.txt`, ... cut to what a file system takes."""
    for n in range(10_000):
        tail = ending if n == 0 else f".{n}{ending}"
        yield _cut(stem, LONGEST - len(os.fsencode(tail))) + tail


def _cut(name: str, most: int) -> str:
    """Cut a name to so many bytes, and to a whole character."""
    raw = os.fsencode(name)
    return name if len(raw) <= most else raw[:most].decode("utf-8", "ignore")
