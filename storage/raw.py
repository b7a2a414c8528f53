"""The raw shelf: every byte that arrived, under the name of its content, compressed. Knows no database and no article.

A capture is written once and never altered: its name is the sha256 of what is in it, so the same bytes are one capture.

In a folder, a capture that was kept is on the disk: it is synced before `put` returns, for what comes next may be the
only other copy that goes (the drop folder's file is moved away, and whoever sent it forgets it). So it outlives a power
cut, as far as disk and file system keep their word. On an ext4 disk that is 2 to 5 ms for one capture, .3 ms each for
two hundred `together`, where reading and filing one takes 60 to 110. Of another address its server promises its own.
"""

import ctypes
import errno
import hashlib
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import fsspec
import zstandard

from storage.errors import Misconfigured, Rejected, Transient

_LEVEL: Final = 3
"""zstd's default: on news pages level 9 saves 4 % more and takes five times as long."""
_PASSING: Final = ".passing"
"""The folder in a shelf in which what is not whole yet lies: whatever is old in there, somebody who died has left."""
_MANY: Final = 8
"""Captures from which on one sync of the file system costs less than one of each, however busy the disk."""
_FRESH_S: Final = 3600.0
"""Seconds within which whoever brought a capture has written down what it is for."""
_NO_ROOM: Final = {errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EFBIG}


class Raw:
    """A shelf under an address: a folder, or any URL that fsspec opens."""

    def __init__(self, url: str) -> None:
        self.url = url
        scheme = urlsplit(url).scheme if "://" in url else ""
        self._folder = Path(url.removeprefix("file://")) if scheme in {"", "file"} else None
        if self._folder is None:
            try:
                self._files, self._root = fsspec.core.url_to_fs(url)
            except (ValueError, ImportError) as error:
                raise Misconfigured(
                    "this is not an address that captures can be kept at", subject="WIREDESK_RAW_URL"
                ) from error

    def put(self, data: bytes) -> str:
        """Keep the bytes and give their name: 64 hex digits. Keeping them again changes nothing.

        Raises:
            Misconfigured: the shelf cannot be written (no room, no permission).
        """
        with self.together() as put:
            return put(data)

    @contextmanager
    def together(self) -> Iterator[Callable[[bytes], str]]:
        """Give a `put` for many captures, which are kept when the block is left: so they wait for the disk once."""
        waiting: dict[str, Path] = {}

        def put(data: bytes) -> str:
            digest = hashlib.sha256(data).hexdigest()
            if digest not in waiting and not self._held(digest):
                packed = zstandard.ZstdCompressor(level=_LEVEL, write_content_size=True).compress(data)
                with self._writing():
                    if self._folder is None:
                        self._files.pipe_file(f"{self._root}/{_place(digest)}", packed)
                    else:
                        waiting[digest] = _write_passing(self._folder / _PASSING, packed)
            return digest

        try:
            yield put
            if self._folder is not None and waiting:
                with self._writing():
                    _give_names(self._folder, waiting)
        except BaseException:
            for passing in waiting.values():
                passing.unlink(missing_ok=True)
            raise

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except (PermissionError, NotADirectoryError, FileExistsError) as error:
            raise Misconfigured("captures cannot be written there; check RAW_URL", subject=self.url) from error
        except OSError as error:
            if error.errno in _NO_ROOM:
                what = "there is no room to keep captures, or the disk is read-only; make room and start again"
                raise Misconfigured(what, subject=self.url) from error
            raise Transient("the shelf of captures did not take the bytes", subject=self.url) from error

    def get(self, digest: str) -> bytes:
        """Give the bytes of that name, proven to be the ones that were kept.

        Raises:
            Rejected: they are gone, or damaged.
        """
        try:
            if self._folder is not None:
                packed = (self._folder / _place(digest)).read_bytes()
            else:
                packed = self._files.cat_file(f"{self._root}/{_place(digest)}")
        except FileNotFoundError as error:
            raise Rejected("unreadable", f"its kept bytes are gone from {self.url}", subject=digest) from error
        except OSError as error:
            raise Transient("the shelf of captures did not give the bytes", subject=self.url) from error
        try:
            data = zstandard.ZstdDecompressor().decompress(packed)
        except zstandard.ZstdError as error:
            raise Rejected("broken", f"its kept bytes in {self.url} are damaged", subject=digest) from error
        if hashlib.sha256(data).hexdigest() != digest:
            raise Rejected("broken", f"its kept bytes in {self.url} are not those that came", subject=digest)
        return data

    def remove(self, digest: str) -> bool:
        """Throw the bytes of that name away. False if there were none, or if they came again within the last hour.

        Who has just been told that they are held may not have written down yet that he needs them. A server that does
        not tell when it was given them cannot be asked; where it does, only a moment is left unguarded.
        """
        if not self.holds(digest):
            return False
        try:
            return self._remove(digest)
        except FileNotFoundError:
            return False  # another one threw them away

    def _remove(self, digest: str) -> bool:
        if self._folder is None:
            if self._is_fresh_there(digest, _FRESH_S) is True:
                return False
            self._files.rm_file(f"{self._root}/{_place(digest)}")
            return True
        place = self._folder / _place(digest)
        aside = self._folder / _PASSING / f"{digest}.part"
        if _is_fresh(place):
            return False
        _make(aside.parent)
        place.replace(aside)  # from here on they are held no more, and whoever brings them writes them anew
        if _is_fresh(aside):
            aside.replace(place)
            return False
        aside.unlink()
        return True

    def clear(self, *, before: datetime) -> int:
        """Throw away what somebody began to write before a time and died over. Gives how many files that were."""
        cleared = 0
        if self._folder is not None and (self._folder / _PASSING).is_dir():
            for left in (self._folder / _PASSING).glob("*.part"):
                try:
                    if left.stat().st_mtime < before.timestamp():
                        left.unlink()
                        cleared += 1
                except FileNotFoundError:
                    continue  # its writer lives, and has just finished
        return cleared

    def holds(self, digest: str) -> bool:
        """True if bytes of that name are kept. An empty file is none: a power cut makes such of what was not synced."""
        if self._folder is not None:
            try:
                return (self._folder / _place(digest)).stat().st_size > 0
            except (FileNotFoundError, NotADirectoryError):
                return False
        return bool(self._files.exists(f"{self._root}/{_place(digest)}"))

    def _held(self, digest: str) -> bool:
        """As `holds`; what is held is marked as having come again. False where only writing it anew can mark it."""
        if not self.holds(digest):
            return False
        try:
            if self._folder is None:
                return self._is_fresh_there(digest, _FRESH_S / 2) is not False
            os.utime(self._folder / _place(digest))
        except FileNotFoundError:
            return False  # thrown away in this moment
        return True

    def _is_fresh_there(self, digest: str, seconds: float) -> bool | None:
        """Say whether a server was given a capture within so many seconds; None if it does not tell."""
        try:
            written: datetime = self._files.modified(f"{self._root}/{_place(digest)}")
        except NotImplementedError:
            return None
        aware = written if written.tzinfo else written.replace(tzinfo=UTC)
        return aware.timestamp() > time.time() - seconds


def _place(digest: str) -> str:
    return f"{digest[:2]}/{digest[2:4]}/{digest}.zst"


def _is_fresh(place: Path) -> bool:
    return place.stat().st_mtime > time.time() - _FRESH_S


def _write_passing(folder: Path, data: bytes) -> Path:
    _make(folder)
    handle, name = tempfile.mkstemp(suffix=".part", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)


def _give_names(shelf: Path, waiting: Mapping[str, Path]) -> None:
    """Bring files to the disk, then rename them: a reader, a crash or a power cut sees all of one or nothing.

    Once this returns, it is all.
    """
    many = len(waiting) >= _MANY and _sync_all(shelf)
    for digest, passing in waiting.items():
        place = shelf / _place(digest)
        _make(place.parent, sync=not many)
        if not many:
            _sync(passing)
        passing.replace(place)
        if not many:
            _sync(place.parent)
    if many:
        _sync_all(shelf)


def _sync_all(folder: Path) -> bool:
    """Bring the whole file system of a folder to the disk; false where there is no such call."""
    call = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if call is None:
        return False
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if call(descriptor) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(folder))
    finally:
        os.close(descriptor)
    return True


def _make(folder: Path, *, sync: bool = True) -> None:
    if not folder.is_dir():
        _make(folder.parent, sync=sync)
        folder.mkdir(exist_ok=True)
        if sync:
            _sync(folder.parent)


def _sync(path: Path) -> None:
    """Bring a file, or the names in a folder, to the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # a network file system that knows no such thing
            raise
    finally:
        os.close(descriptor)
