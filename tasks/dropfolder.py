"""The files of a drop folder: listed, opened and moved from its own descriptor, so that no link leads out of it.

Anyone may be allowed to put things into a drop folder. Whoever can make a link there must not make the desk read, or
move, what lies elsewhere: every step of a path is opened by itself, and none that is a link.
"""

import ctypes
import errno
import fcntl
import os
import secrets
import shutil
import signal
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final, Self

from storage.errors import Misconfigured, Rejected
from tasks.drop import DONE, REJECTED, is_unfinished, read_whole

LONGEST: Final = 255
"""Bytes of a file name on every file system that matters here (NAME_MAX)."""
DEEPEST: Final = 40
"""Folders within folders that are looked into."""

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# O_NONBLOCK: a pipe that takes the file's place between look and open must not hang the desk.
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NO_REPLACE: Final = 1


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at a file shows: two that are equal have the same file before them, with nothing written to it.

    `ctime_ns`, when it was last put somewhere, is no part of that: a move changes it.
    """

    inode: int
    size_bytes: int
    mtime_ns: int
    mode: int
    ctime_ns: int = field(default=0, compare=False)

    @property
    def is_file(self) -> bool:
        """True for a regular file: no link, pipe, socket or device."""
        return stat.S_ISREG(self.mode)


def _look(status: os.stat_result) -> Look:
    return Look(status.st_ino, status.st_size, status.st_mtime_ns, status.st_mode, status.st_ctime_ns)


class DropFolder:
    """An open drop folder. Names are relative to it, with `/` between their steps."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        self._root = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._near: tuple[str, int] | None = None
        self._targets: dict[str, int] = {}
        self._rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._near is not None:
            os.close(self._near[1])
        for target in self._targets.values():
            os.close(target)
        os.close(self._root)

    def names(self) -> Iterator[str]:
        """Name what lies in the folder and below, folder by folder, in order; not what is hidden or unfinished, nor
        what was moved away before.
        """
        for root, folders, files, _ in os.fwalk(".", dir_fd=self._root):
            at = root.removeprefix(".").removeprefix("/")
            apart = () if at else (DONE, REJECTED)
            deep = at.count("/") >= DEEPEST
            folders[:] = [] if deep else sorted(f for f in folders if not f.startswith(".") and f not in apart)
            for name in sorted(files):
                if not is_unfinished(name):
                    yield f"{at}/{name}" if at else name

    def days(self, into: str) -> list[str]:
        """Name the folders in one that files were moved into, the latest first."""
        return sorted(os.listdir(self._target(into)), reverse=True)

    def look(self, name: str) -> Look | None:
        """Look at a file, without following it if it is a link; None if there is none (any more)."""
        try:
            parent, last = self._parent(name)
            return _look(os.stat(last, dir_fd=parent, follow_symlinks=False))
        except OSError as error:
            if error.errno in {errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG}:
                return None
            raise

    @contextmanager
    def opened(self, name: str, seen: Look, *, ready: Callable[[bool | None], bool]) -> Iterator[BinaryIO | None]:
        """Open a file; None if it is not, any more, what was seen, or is not `ready`.

        `ready` is asked with what `is_held` says of it.

        Raises:
            Rejected: `unreadable`: a link, a pipe, no permission.
            OSError: the disk or the network failed.
        """
        subject = str(self.path / name)
        if not seen.is_file:
            what = "a link" if stat.S_ISLNK(seen.mode) else "no regular file"
            raise Rejected("unreadable", f"it is {what}; only files are read", subject=subject)
        try:
            parent, last = self._parent(name)
            descriptor = os.open(last, _FILE, dir_fd=parent)
        except PermissionError as error:
            detail = f"it could not be opened: {error.strerror}; check its permissions"
            raise Rejected("unreadable", detail, subject=subject) from error
        except OSError as error:
            # It is gone, or a link or a socket has taken its place.
            if error.errno not in {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO}:
                raise
            yield None
            return
        with os.fdopen(descriptor, "rb") as file:
            yield file if is_same(file, seen) and ready(is_held(descriptor)) else None

    def read(self, name: str, seen: Look, *, max_bytes: int, ready: Callable[[bool | None], bool]) -> bytes | None:
        """Read a file whole; None as `opened`, and if it changes while it is read.

        Raises:
            Rejected: as `opened`, and `too-big` over `max_bytes`.
            OSError: the disk or the network failed.
        """
        with self.opened(name, seen, ready=ready) as file:
            if file is None:
                return None
            data = read_whole(file, max_bytes=max_bytes, subject=str(self.path / name))
            return data if is_same(file, seen) else None

    def move(
        self,
        name: str,
        into: str,
        seen: Look,
        *,
        named: tuple[str, str] | None = None,
        note: tuple[str, str] | None = None,
    ) -> str | None:
        """Move a file away under a name that nobody has there yet, and give its new one. `named` is (stem, ending).

        None if it is gone, or is not what was seen: a file that took its place goes back to where it was. `note` is the
        ending and the text of a small file to lie beside it. That is written first: who comes back after a crash in
        between writes it again, where a file that was moved already would never be looked at again.

        Either folder may be a disk of its own. Then a copy is moved, and a crash may leave both: whoever comes back
        moves the file again, under its next name.

        Raises:
            Misconfigured: `into` cannot be a folder of this one.
            OSError: the file may not be moved. It lies where it lay, and no copy of it anywhere.
        """
        target = self._target(into)
        try:
            parent, last = self._parent(name)
            free = (*(named or _split(last)), note)
            try:
                place = self._rename_to_free(parent, last, target, *free)
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
                copied = self._copy_to_free(parent, last, seen, target, *free)
                return copied and f"{into}/{copied}"
            if _look(os.stat(place, dir_fd=target, follow_symlinks=False)) == seen:
                return f"{into}/{place}"
            self._rename_to_free(target, place, parent, *_split(last))
        except (FileNotFoundError, NotADirectoryError):
            pass
        return None

    def _parent(self, name: str) -> tuple[int, str]:
        """Open the folder that a name lies in, step by step; the last one stays open for the next name in it."""
        above, _, last = name.rpartition("/")
        if not above:
            return self._root, last
        if self._near is None or self._near[0] != above:
            if self._near is not None:
                os.close(self._near[1])
                self._near = None
            self._near = (above, self._opened(above.split("/")))
        return self._near[1], last

    def _opened(self, steps: list[str]) -> int:
        at = os.dup(self._root)
        for step in steps:
            try:
                further = os.open(step, _FOLDER, dir_fd=at)
            except OSError as error:
                if error.errno == errno.ELOOP:
                    raise NotADirectoryError(errno.ENOTDIR, "a link, and no folder", step) from error
                raise
            finally:
                os.close(at)
            at = further
        return at

    def _target(self, into: str) -> int:
        """Open a folder to move files into, made if need be; it stays open for the next ones."""
        if into not in self._targets:
            self._targets[into] = self._made(into)
        return self._targets[into]

    def _made(self, into: str) -> int:
        steps = into.split("/")
        for n in range(1, len(steps) + 1):
            above = self._opened(steps[: n - 1])
            try:
                os.mkdir(steps[n - 1], dir_fd=above)
            except FileExistsError:
                pass
            finally:
                os.close(above)
        try:
            return self._opened(steps)
        except NotADirectoryError as error:
            raise Misconfigured("this must be a folder, and no link to one", subject=str(self.path / into)) from error

    def _rename_to_free(
        self, parent: int, last: str, target: int, stem: str, ending: str, note: tuple[str, str] | None = None
    ) -> str:
        for place in _names(stem, ending):
            if note is not None and not _is_there(place, target):
                _write_beside(target, place, *note)
            try:
                self._rename_new(parent, last, target, place)
            except FileExistsError:
                continue
            return place
        raise FileExistsError(errno.EEXIST, "10,000 files have this name already", stem + ending)

    def _copy_to_free(
        self, parent: int, last: str, seen: Look, target: int, stem: str, ending: str, note: tuple[str, str] | None
    ) -> str | None:
        """Do on another disk what a rename cannot: None, and no copy, unless the file was what was seen to the end."""
        if not seen.is_file:
            raise OSError(errno.EXDEV, "only a regular file can go to another disk", last)
        passing = _passing()
        with os.fdopen(os.open(last, _FILE, dir_fd=parent), "rb") as source:
            if not is_same(source, seen):
                return None
            try:
                _copy(source, target, passing)
                place = self._rename_to_free(target, passing, target, stem, ending, note)
            except BaseException:
                _forget(passing, target)
                raise
        gone = False
        try:
            _sync(target)
            gone = self._unlink_seen(parent, last, seen)
        finally:
            if not gone:
                _forget(place, target)
        return place if gone else None

    def _unlink_seen(self, parent: int, last: str, seen: Look) -> bool:
        """Unlink a file if it is what was seen. It is put aside first: what takes its place meanwhile is left."""
        if _look(os.stat(last, dir_fd=parent, follow_symlinks=False)) != seen:
            return False
        aside = _passing()
        self._rename_new(parent, last, parent, aside)
        try:
            if _look(os.stat(aside, dir_fd=parent, follow_symlinks=False)) == seen:
                os.unlink(aside, dir_fd=parent)
                return True
        except OSError:
            self._rename_to_free(parent, aside, parent, *_split(last))
            raise
        self._rename_to_free(parent, aside, parent, *_split(last))
        return False

    def _rename_new(self, parent: int, last: str, target: int, place: str) -> None:
        """Rename without overwriting. A crash leaves the file in the one place or in the other."""
        code = errno.ENOSYS
        if self._rename is not None:
            if self._rename(parent, os.fsencode(last), target, os.fsencode(place), _NO_REPLACE) == 0:
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


def is_same(file: BinaryIO, seen: Look) -> bool:
    """True if an open file is what was seen, with nothing written to it since."""
    return _look(os.fstat(file.fileno())) == seen


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


def is_held(descriptor: int) -> bool | None:
    """Say whether anybody has the file open for writing; None where the system does not tell.

    Linux grants a lease on a file only while nobody writes to it (fcntl(2), F_SETLEASE): to the file's owner and to
    root, on file systems of its own.
    """
    if not hasattr(fcntl, "F_SETLEASE"):
        return None
    try:
        # Who opens it while we have the lease makes the kernel send a signal, and SIGIO would end this process.
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        return True if error.errno == errno.EAGAIN else None
    return False


def _split(name: str) -> tuple[str, str]:
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
