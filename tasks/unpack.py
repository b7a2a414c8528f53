"""Unpack a body as it arrives, and stop as soon as it costs too much. Pure: bytes in, bytes out."""

import zlib
from collections.abc import Iterable, Iterator
from typing import Final, Protocol

import brotli
import zstandard

from storage.errors import Rejected
from tasks.exchange import FetchFailed, Limits

ACCEPTED: Final = "gzip, deflate, br, zstd"
"""The codings that are asked for and can be undone within bounds."""

_STEP: Final = 64 * 1024
_ZSTD_STEP: Final = 64
"""Bytes of zstd taken at a time: its smallest block takes 4 and yields 128 KiB, so this is 2 MiB at most."""
_ZSTD_WINDOW: Final = 8 * 1024 * 1024
"""What RFC 9659 allows to a sender."""
_GZIP: Final = b"\x1f\x8b\x08"
_ZSTD: Final = b"\x28\xb5\x2f\xfd"
_GZIP_BITS: Final = 31
"""What zlib calls gzip."""
_MAGIC: Final = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": b"", "br": b"", "zstd": _ZSTD}
"""What a body packed so begins with."""
_HEAD: Final = 4
_MOST_PIECES: Final = 50_000
"""A chunk takes 20 to 40 µs to take apart, so a body in chunks of one byte could keep the desk busy for minutes."""
_SMALL: Final = 1024 * 1024
"""Bytes up to which a body may unpack at any ratio: a short run of blanks packs a thousandfold and does no harm."""


class Unpacker:
    """Takes the bytes of one body as they come off the wire.

    What says it is gzip or zstd and is not, is taken as it is, and so is what names no coding that was asked for (some
    servers name the charset there); what is gzip without saying so is unpacked. All are common enough among feeds.

    Args:
        codings: the Content-Encoding header, "" if there is none.
        cut_at: keep no more than this many unpacked bytes and drop the rest, instead of rejecting.

    Raises:
        FetchFailed: `protocol`: it is packed more than twice.
    """

    def __init__(self, codings: str, limits: Limits, *, subject: str = "", cut_at: int | None = None) -> None:
        self._codings = [c for c in (c.strip().lower() for c in codings.split(",")) if c in _MAGIC]
        if len(self._codings) > 2:
            raise FetchFailed("protocol", "it is packed more than twice", subject=subject)
        self._limits = limits
        self._subject = subject
        self._cut_at = cut_at
        self._head: bytes | None = b""
        self._chain: list[_Codec] = []
        self._body = bytearray()
        self._pieces = 0
        self._packed = 0

    @property
    def full(self) -> bool:
        """Whether as much was kept as is to be kept; what comes after is not needed."""
        return self._cut_at is not None and len(self._body) >= self._cut_at

    def feed(self, data: bytes) -> None:
        """Take the next bytes.

        Raises:
            Rejected: `too-big` or `bomb`.
            FetchFailed: `protocol`, for what cannot be unpacked.
        """
        self._pieces += 1
        if self._pieces > _MOST_PIECES:
            raise Rejected("too-big", f"it comes in more than {_MOST_PIECES:,} pieces", subject=self._subject)
        self._packed += len(data)
        if self._packed > self._limits.packed_bytes and self._cut_at is None:
            raise Rejected("too-big", f"it is over {self._limits.packed_bytes:,} bytes", subject=self._subject)
        if self._head is not None:
            self._head += data
            if len(self._head) < _HEAD:
                return
            data = self._begin()
        self._take(data)

    def finish(self) -> bytes:
        """Give the whole body.

        Raises:
            FetchFailed: `cut`, if the packed stream has not ended.
        """
        if self._head is not None:
            self._take(self._begin())
        if not self.full and self._packed and not all(codec.ended for codec in self._chain):
            raise FetchFailed("cut", "its packed body ends before its end", subject=self._subject)
        return bytes(self._body[: self._cut_at])

    def _begin(self) -> bytes:
        head, self._head = self._head or b"", None
        # The last coding named is the outermost.
        codings = list(reversed(self._codings))
        if not codings and head.startswith(_GZIP):
            codings = ["gzip"]
        elif codings and not head.startswith(_MAGIC[codings[0]]):
            codings = codings[1:]
        self._chain = [_codec(coding) for coding in codings]
        return head

    def _take(self, data: bytes) -> None:
        try:
            pieces = iter([data])
            for codec in self._chain:
                pieces = _undo(codec, pieces)
            for piece in pieces:
                if self.full:
                    return
                self._body += piece
                if self._cut_at is None:
                    self._weigh(len(self._body))
        except (zlib.error, brotli.error, zstandard.ZstdError) as error:
            raise FetchFailed("protocol", "its packed body is damaged", subject=self._subject) from error

    def _weigh(self, size: int) -> None:
        if size > _SMALL and size > self._limits.ratio * self._packed:
            detail = f"{self._packed:,} bytes unpack to more than {size:,}"
            raise Rejected("bomb", detail, subject=self._subject)
        if size > self._limits.unpacked_bytes:
            detail = f"it unpacks to over {self._limits.unpacked_bytes:,} bytes"
            raise Rejected("too-big", detail, subject=self._subject)


class _Codec(Protocol):
    @property
    def ended(self) -> bool: ...
    def feed(self, data: bytes) -> Iterator[bytes]: ...


def _undo(codec: _Codec, pieces: Iterable[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        yield from codec.feed(piece)


class _Zlib:
    """gzip with every member, or deflate."""

    def __init__(self, *, gzip: bool) -> None:
        self._gzip = gzip
        self._inner = zlib.decompressobj(_GZIP_BITS) if gzip else None
        self.ended = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data or not self.ended:
            if self.ended:
                # Another member, or the padding that some servers send after the last one; that is dropped.
                if not self._gzip or not _GZIP.startswith(data[: len(_GZIP)]):
                    return
                self._inner, self.ended = zlib.decompressobj(_GZIP_BITS), False
            elif self._inner is None:
                # The standard says zlib, and many servers send bare deflate. The low half of zlib's first byte names
                # its method, 8; a bare stream that begins so would have a kind of block that hardly any encoder makes.
                self._inner = zlib.decompressobj(15 if data[:1] and data[0] & 0x0F == 8 else -15)
            piece = self._inner.decompress(data, _STEP)
            if piece:
                yield piece
            self.ended = self._inner.eof
            data = self._inner.unused_data if self.ended else self._inner.unconsumed_tail
            if not data and not self.ended and len(piece) < _STEP:
                return


class _Brotli:
    def __init__(self) -> None:
        self._inner = brotli.Decompressor()

    @property
    def ended(self) -> bool:
        return bool(self._inner.is_finished())

    def feed(self, data: bytes) -> Iterator[bytes]:
        while not self.ended:
            piece = self._inner.process(data, output_buffer_limit=_STEP)
            data = b""
            if piece:
                yield piece
            if self._inner.can_accept_more_data():
                return


class _Zstd:
    def __init__(self) -> None:
        self._inner = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()

    @property
    def ended(self) -> bool:
        return bool(self._inner.eof)

    def feed(self, data: bytes) -> Iterator[bytes]:
        for at in range(0, len(data), _ZSTD_STEP):
            if self.ended:
                return
            if piece := self._inner.decompress(data[at : at + _ZSTD_STEP]):
                yield piece


def _codec(coding: str) -> _Codec:
    if coding == "br":
        return _Brotli()
    if coding == "zstd":
        return _Zstd()
    return _Zlib(gzip=coding != "deflate")
