"""The raw shelf: every byte that arrived, under the name of its content, compressed. Knows no database and no article.

A capture is written once and never altered: its name is the sha256 of what is in it, so the same bytes are one capture.
"""

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import fsspec
import zstandard

from storage.errors import Misconfigured, Rejected, Transient

_LEVEL: Final = 3
"""zstd's default: on news pages level 9 saves 4 % more and takes five times as long."""


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
                raise Misconfigured("this is not an address that captures can be kept at", subject="RAW_URL") from error

    def put(self, data: bytes) -> str:
        """Keep the bytes and give their name: 64 hex digits. Keeping them again changes nothing.

        Raises:
            Misconfigured: the shelf cannot be written (no room, no permission).
        """
        digest = hashlib.sha256(data).hexdigest()
        if self.holds(digest):
            return digest
        packed = zstandard.ZstdCompressor(level=_LEVEL, write_content_size=True).compress(data)
        try:
            if self._folder is not None:
                _write_whole(self._folder / _place(digest), packed)
            else:
                self._files.pipe_file(f"{self._root}/{_place(digest)}", packed)
        except (PermissionError, NotADirectoryError) as error:
            raise Misconfigured("captures cannot be written there; check RAW_URL", subject=self.url) from error
        except OSError as error:
            if error.errno in {28, 30, 122}:  # no space, read-only, over quota
                raise Misconfigured("there is no room to keep captures", subject=self.url) from error
            raise Transient("the shelf of captures did not take the bytes", subject=self.url) from error
        return digest

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
        """Throw the bytes of that name away. False if there were none."""
        if not self.holds(digest):
            return False
        if self._folder is not None:
            (self._folder / _place(digest)).unlink(missing_ok=True)
        else:
            self._files.rm_file(f"{self._root}/{_place(digest)}")
        return True

    def holds(self, digest: str) -> bool:
        """True if bytes of that name are kept."""
        if self._folder is not None:
            return (self._folder / _place(digest)).exists()
        return bool(self._files.exists(f"{self._root}/{_place(digest)}"))


def _place(digest: str) -> str:
    return f"{digest[:2]}/{digest[2:4]}/{digest}.zst"


def _write_whole(path: Path, data: bytes) -> None:
    """Write under a passing name, then rename: a reader, or a crash, sees all of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, passing = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(passing).replace(path)
    except BaseException:
        Path(passing).unlink(missing_ok=True)
        raise
