"""Cut a list of records into its records: JSON lists and lines, ninjs packages, files of several XML items. Pure."""

import itertools
import json
import re
from collections.abc import Iterator
from typing import BinaryIO, Final

from tasks import articlejson, ninjs, xmltext
from tasks.archives import LARGEST
from tasks.filenames import suffix

_LONG_LIST: Final = 4 * 1024 * 1024
"""Bytes from which a file of records, one a line, is read line by line; it may hold any number of them."""


def is_long(head: bytes, name: str, size: int) -> bool:
    """Say whether a file of `size` bytes is such a list of lines as is not to be taken into memory whole."""
    return size > _LONG_LIST and begins_lines(head, name)


def begins_lines(head: bytes, name: str) -> bool:
    """Say whether a file holds a record a line: by its name, and by how it begins, which UTF-16 does otherwise."""
    return suffix(name) == "jsonl" and head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")


def numbered_lines(source: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yield the lines that hold anything, with their numbers, as they are read."""
    lines = enumerate(iter(lambda: source.readline(LARGEST), b""), 1)
    return ((n, stripped) for n, line in lines if (stripped := line.strip()))


def records(text: str, name: str) -> Iterator[tuple[int, str]] | None:
    """Give the records or XML items of a text with their numbers; None if it is not a list of them."""
    found = _records(text, name)
    if found is None and (several := xmltext.cut(text) if text.lstrip()[:1] == "<" else None):
        return enumerate(several, 1)
    return found


def _records(text: str, name: str) -> Iterator[tuple[int, str]] | None:
    """Give the JSON records of a file with their numbers, or None if it is not a list or lines of them."""
    start = text.lstrip()[:1]
    if start == "[" and (suffix(name) in {"json", "jsonl"} or re.match(r"\s*\[\s*\{", text)):
        return enumerate(articlejson.elements(text), 1)
    if start != "{" and suffix(name) != "jsonl":
        return None
    first = list(itertools.islice(_lines(text), 5))
    if len(first) > 1 and (suffix(name) == "jsonl" or sum(_is_record_line(line) for _, line in first) > 1):
        return _lines(text)
    return _package(text)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines that hold anything, with their numbers."""
    at = 0
    for n, match in enumerate(re.finditer(r"\r\n?|\n|\Z", text), 1):
        if line := text[at : match.start()].strip():
            yield n, line
        at = match.end()


def _package(text: str) -> Iterator[tuple[int, str]] | None:
    """Give the items of a ninjs package; None for everything else."""
    if '"associations"' not in text and '"items"' not in text:
        return None
    try:
        record = json.loads(text)
    except (ValueError, RecursionError):
        return None
    inside = ninjs.items(record) if isinstance(record, dict) and (ninjs.is_ninjs(record) or "items" in record) else None
    return None if inside is None else enumerate((ninjs.as_text(item) for item in inside), 1)


def _is_record_line(line: str) -> bool:
    return line.lstrip().startswith("{") and line.rstrip().endswith("}")
