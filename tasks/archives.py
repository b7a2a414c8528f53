"""Take archives apart: zip, tar, and what is packed with gzip, bzip2 or xz. Pure: writes nothing to any disk.

Everything is bounded before and while it is unpacked: how many entries, how large each and all together, how much
larger than what came in. A name inside an archive is a label and never a path.
"""

import bz2
import io
import lzma
import re
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

from storage.errors import Rejected

LARGEST: Final = 64 * 1024 * 1024
"""Bytes of one entry, unpacked."""
MOST_BYTES: Final = 1024 * 1024 * 1024
"""Bytes of all entries of one file together, unpacked."""
MOST_ENTRIES: Final = 10_000
RATIO: Final = 250
"""How many times larger than packed anything may be: the same news item a thousand times over stays below 200."""
_FREE: Final = 1024 * 1024
"""Bytes up to which the ratio says nothing."""
_DIRECTORY: Final = 8 * 1024 * 1024
"""Bytes of a zip file's list of contents: enough for the names of `MOST_ENTRIES`."""
_XZ_MEMORY: Final = 128 * 1024 * 1024
_HEADERS: Final = frozenset({b"x", b"g", b"X", b"L", b"K"})
_DAMAGE: Final = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError, OverflowError,
    NotImplementedError, struct.error, IndexError, KeyError,
)  # fmt: skip


class Exhausted(Rejected):
    """Nothing more may come out of the whole file, whatever is left in it."""


@dataclass(slots=True)
class Budget:
    """What may still come out of one file, with all archives in it."""

    entries: int = MOST_ENTRIES
    size: int = MOST_BYTES

    def take(self, size: int) -> None:
        """Count one entry.

        Raises:
            Exhausted: `too-big`; the rest of the file stays where it is.
        """
        self.entries -= 1
        self.size -= size
        if self.entries < 0 or self.size < 0:
            detail = "It holds more documents, or more bytes of them, than one file may; what follows was left out."
            raise Exhausted("too-big", f"{detail} Send it in several files.")


def allow(size: int) -> Budget:
    """Give what may come out of a file of so many bytes: a web archive of gigabytes holds more than a message does."""
    return Budget(entries=max(MOST_ENTRIES, size // 1024), size=max(MOST_BYTES, 20 * size))


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of an archive, or why it could not be had."""

    name: str
    raw: bytes | Rejected


def kind(head: bytes) -> str:
    """Tell an archive by its first 512 bytes: "zip", "tar", "gz", "bz2", "xz", or ""."""
    for mark, name in ((b"PK\x03\x04", "zip"), (b"PK\x05\x06", "zip"), (b"\x1f\x8b", "gz"), (b"\xfd7zXZ\x00", "xz")):
        if head.startswith(mark):
            return name
    if re.match(rb"BZh[1-9]1AY&SY|BZh[1-9]\x17rE8P\x90", head):
        return "bz2"
    return "tar" if head[257:262] == b"ustar" else ""


def label(name: str) -> str:
    """Give the name of an entry without what would make a path of it."""
    parts = [re.sub(r"[\x00-\x1f\x7f\ud800-\udfff]", "", part) for part in re.split(r"[/\\]+", name)]
    return "/".join(part for part in parts if part not in {"", ".", ".."})[-300:] or "unnamed"


def entries(source: "BinaryIO | Unpacked", of: str) -> Iterator[Entry]:
    """Yield the files of a zip or tar archive, each with its bytes or the reason why they cannot be had.

    Raises:
        Rejected: `broken`, `too-big` for the archive itself; what came before stays true.
    """
    try:
        yield from _zipped(source) if of == "zip" else _tarred(source)
    except _DAMAGE as error:
        detail = f"The archive is damaged or cut off ({_said(error)}). Send it again, whole."
        raise Rejected("broken", detail) from error


def _said(error: Exception) -> str:
    return re.sub(r"[\x00-\x1f\x7f-\x9f]", "", str(error))[:120] or type(error).__name__


def _zipped(source: Any) -> Iterator[Entry]:
    _check_directory(source)
    with zipfile.ZipFile(source) as archive:
        for info in archive.infolist():
            if not info.is_dir():
                yield Entry(label(info.filename), _unzipped(archive, info))


def _check_directory(source: Any) -> None:
    """Refuse a list of contents that would fill the memory as soon as the archive is opened."""
    source.seek(0, io.SEEK_END)
    source.seek(max(0, source.tell() - 65_557))
    tail = source.read()
    source.seek(0)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 22:
        raise Rejected("broken", "The zip archive is cut off: its list of contents is missing. Send it again, whole.")
    if struct.unpack("<L", tail[at + 12 : at + 16])[0] > _DIRECTORY:
        raise Rejected("too-big", f"The zip archive lists more than {MOST_ENTRIES:,} files. Send it in several.")


def _unzipped(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes | Rejected:
    if info.flag_bits & 0x1:
        return Rejected("encrypted", "The file is locked with a password in its archive. Send it without.")
    if info.file_size > LARGEST or (info.file_size > _FREE and info.file_size > RATIO * max(1, info.compress_size)):
        return _too_big(info.file_size)
    try:
        with archive.open(info) as file:
            raw = file.read(LARGEST + 1)
    except (*_DAMAGE, RuntimeError) as error:
        return Rejected("broken", f"The file is damaged in its archive ({_said(error)}). Send it again.")
    return _too_big(len(raw)) if len(raw) > LARGEST else raw


def _too_big(size: int) -> Rejected:
    detail = f"Unpacked, it has {size:,} bytes, more than {LARGEST:,} or {RATIO} times what was packed."
    return Rejected("too-big", detail)


class _Info(tarfile.TarInfo):
    """The header of an entry. Headers that only say more of the next one are read whole, so they are bounded."""

    @classmethod
    def frombuf(cls, *args: Any, **kwargs: Any) -> "_Info":
        info = super().frombuf(*args, **kwargs)
        if info.type in _HEADERS and info.size > _FREE:
            raise tarfile.ReadError(f"a header of {info.size} bytes")
        return info


def _tarred(source: "BinaryIO | Unpacked") -> Iterator[Entry]:
    with tarfile.open(fileobj=source, mode="r|", tarinfo=_Info, errorlevel=2) as archive:
        for info in archive:
            if not info.isreg() or info.issparse():
                continue
            if info.size > LARGEST:
                yield Entry(label(info.name), _too_big(info.size))
                continue
            file = archive.extractfile(info)
            raw = file.read(LARGEST + 1) if file is not None else b""
            archive.members = []  # type: ignore[attr-defined] # a stream is read once; tarfile would remember every entry
            yield Entry(label(info.name), raw)


class Unpacked(io.RawIOBase):
    """What is inside gzip, bzip2 or xz, read from front to back, and never more of it than is allowed.

    Reading raises `Rejected`: `too-big` past the limits, `broken` where the packed bytes are damaged or end too early;
    all that can be had before is given first. Going forward is reading; there is no way back.
    """

    def __init__(self, source: "BinaryIO | Unpacked", of: str) -> None:
        self._source = source
        self._of = of
        self._given = 0
        self._shown = b""
        self._blocks = _Blocks(source, of)

    def readable(self) -> bool:
        """True, always."""
        return True

    def peek(self, size: int) -> bytes:
        """Give the first bytes, up to `size`, without moving on."""
        while len(self._shown) < size and (chunk := self._next(size)):
            self._shown += chunk
        return self._shown[:size]

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer with what comes next."""
        chunk = self._shown[: len(buffer)] or self._next(len(buffer))
        self._shown = self._shown[len(chunk) :]
        self._given += len(chunk)
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def _next(self, size: int) -> bytes:
        try:
            chunk = self._blocks.read(min(size, _FREE))
        except _DAMAGE as error:
            if isinstance(error, lzma.LZMAError) and "usage limit" in str(error):  # there is no code to tell it by
                detail = (
                    f"Unpacking it takes more than {_XZ_MEMORY:,} bytes of memory. Pack it with a smaller dictionary."
                )
                raise Rejected("too-big", detail) from error
            detail = f"The {self._of} archive is damaged or cut off after {self._given} bytes ({_said(error)})."
            raise Rejected("broken", f"{detail} Send it again, whole.") from error
        given = self._given + len(chunk)
        if given > 8 * _FREE and given > RATIO * max(1, self._source.tell()):
            raise _too_big(given)
        return chunk

    def tell(self) -> int:
        """Give how far it has been read."""
        return self._given

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go forward to a place."""
        ahead = offset if whence == io.SEEK_CUR else offset - self._given
        if whence == io.SEEK_END or ahead < 0:
            raise io.UnsupportedOperation("it is read from front to back")
        while ahead > 0 and (chunk := self.read(min(ahead, _FREE))):
            ahead -= len(chunk)
        return self._given


class _Blocks:
    """Unpacks one stream after another, a piece at a time; xz gets no more memory than `_XZ_MEMORY`."""

    def __init__(self, source: "BinaryIO | Unpacked", of: str) -> None:
        self._source = source
        self._of = of
        self._unpacker = self._fresh()
        self._ahead = b""
        self._whole = False

    def _fresh(self) -> Any:
        if self._of == "gz":
            return zlib.decompressobj(wbits=31)
        return bz2.BZ2Decompressor() if self._of == "bz2" else lzma.LZMADecompressor(memlimit=_XZ_MEMORY)

    def read(self, size: int) -> bytes:
        while True:
            if self._unpacker.eof:
                self._ahead = (self._unpacker.unused_data or self._source.read(65_536)).lstrip(b"\x00")
                if not self._ahead or self._whole:
                    return b""
                # What follows a whole stream and is none itself is padding; it takes nothing from what was read.
                self._whole = kind(self._ahead) != self._of
                if self._whole:
                    return b""
                self._unpacker = self._fresh()
            fed = self._ahead or (self._source.read(65_536) if self._wants_more() else b"")
            chunk = self._unpacker.decompress(fed, size)
            self._ahead = self._unpacker.unconsumed_tail if self._of == "gz" else b""
            if chunk:
                return bytes(chunk)
            if not fed and not self._unpacker.eof and self._wants_more():
                raise EOFError("it ends too early")

    def _wants_more(self) -> bool:
        return True if self._of == "gz" else bool(self._unpacker.needs_input)
