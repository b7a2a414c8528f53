"""Where results go: stdout, or a file that takes its name only when it is whole."""

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, TextIO

from storage.errors import Misconfigured, WiredeskError


@contextlib.contextmanager
def result_file(path: Path | None) -> Iterator[TextIO]:
    """Open stdout, or a file as `result_bytes` does, for text in UTF-8."""
    if _is_stdout(path):
        yield sys.stdout
        return
    with result_bytes(path) as raw:
        out = io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", newline="")
        try:
            yield out
        finally:
            out.detach()


@contextlib.contextmanager
def result_bytes(path: Path | None) -> Iterator[BinaryIO]:
    """Open stdout, or a file that takes its name only when it is whole. A pipe or a device is written to as it is.

    Whatever goes wrong, what was there before is there after; the bytes lie under a passing name of this process, in
    the same folder, until they are on the disk.

    Raises:
        Misconfigured: stdout is a terminal.
        WiredeskError: the file could not be written.
    """
    if path is None or _is_stdout(path):
        if sys.stdout.isatty():
            raise Misconfigured("this format is no text; say where it is to go: --out FILE", subject="stdout")
        yield sys.stdout.buffer
        return
    straight = os.path.exists(path) and not os.path.isfile(path)
    whole = Path(os.path.realpath(path))  # a link stays, and what it leads to is replaced
    passing = path if straight else whole.with_name(f".{whole.name[:200]}.{os.getpid()}.part")
    try:
        with passing.open("wb") as out:
            yield out
            if not straight:
                out.flush()
                os.fsync(out.fileno())
        if not straight:
            passing.replace(whole)
    except OSError as error:
        # Its own words name the passing file, of which nobody has heard.
        why = f"it could not be written; check the folder and the room on it ({error.strerror})"
        raise WiredeskError(why, subject=str(path)) from None
    finally:
        if not straight:
            passing.unlink(missing_ok=True)


def _is_stdout(path: Path | None) -> bool:
    """True for no path, and for what is open as stdout already: opening that anew would cut off what is in it."""
    if path is None:
        return True
    try:
        return os.path.samestat(os.stat(path), os.fstat(sys.stdout.fileno()))
    except OSError:
        return False
