"""The files of a drop folder: listed, opened and moved away from its own descriptor, so that no link leads out of it.

Anyone may be allowed to put things into a drop folder. Whoever can make a link there must not make the desk read, or
move, what lies elsewhere: every step of a path is opened by itself, and none that is a link.
"""

import errno
import fcntl
import os
import signal
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, Self

from storage.errors import Misconfigured, Rejected
from tasks import moving
from tasks.drop import DONE, REJECTED, is_unfinished, read_whole
from tasks.looks import Look, look_of

DEEPEST: Final = 40
"""Folders within folders that are looked into."""

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class DropFolder:
    """An open drop folder. Names are relative to it, with `/` between their steps."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        self._root = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._near: tuple[str, int] | None = None
        self._targets: dict[str, int] = {}

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
            return look_of(os.stat(last, dir_fd=parent, follow_symlinks=False))
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
            descriptor = os.open(last, moving.FILE, dir_fd=parent)
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
            yield file if moving.is_same(file, seen) and ready(is_held(descriptor)) else None

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
            return data if moving.is_same(file, seen) else None

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
            free = (*(named or moving.split(last)), note)
            try:
                place = moving.rename_to_free(parent, last, target, *free)
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
                copied = moving.copy_to_free(parent, last, seen, target, *free)
                return copied and f"{into}/{copied}"
            if look_of(os.stat(place, dir_fd=target, follow_symlinks=False)) == seen:
                return f"{into}/{place}"
            moving.rename_to_free(target, place, parent, *moving.split(last))
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
