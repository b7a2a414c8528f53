"""The sentence around a stretch of text, to show a quotation in. Pure."""

import re
from typing import Final

AROUND: Final = 400
"""Characters on either side of a quotation in which its sentence is sought."""
_CLOSING: Final = "\"'”’»)]"
_ENDS: Final = re.compile(
    r"[.!?…。！？\n]"  # one class to begin with: the search then skips what is not in it
    rf"(?:(?<=[.!?…])(?<![.!?].)[.!?…]*[{re.escape(_CLOSING)}]*(?=\s|$)|(?<=[。！？])[」』”]*|(?<=\n)\n*)"
)
_SHORT: Final = re.compile(r"(?:^|[\s(“\"])(?:\w|[A-Z]\w{0,3}|(?:\w\.)+\w)\.$")
"""A full stop behind a letter or a short word with a capital (J., Mr., Gov., U.S.) mostly ends no sentence."""


def sentence_around(body: str, start: int, end: int) -> str:
    """Give the sentence, or the sentences, that hold a stretch of the body, on one line; `…` where it is cut."""
    first, last = max(0, start - AROUND), min(len(body), end + AROUND)
    begin, cut = first, first > 0
    for found in _ENDS.finditer(body, first, start):
        if found.end() < start and not _is_short(body, first, found):
            begin, cut = found.end(), False
    stop, ran_on = last, last < len(body)
    for found in _ENDS.finditer(body, max(start, end - 1), last):
        if found.end() >= end and not _goes_on(body, found):
            stop, ran_on = found.end(), False
            break
    told = " ".join(body[begin:stop].split())
    return f"{'… ' * cut}{told}{' …' * ran_on}"


def _is_short(body: str, first: int, found: re.Match[str]) -> bool:
    return found[0] == "." and _SHORT.search(body[max(first, found.start() - 8) : found.end()]) is not None


def _goes_on(body: str, found: re.Match[str]) -> bool:
    """Tell if a sentence goes on behind a full stop: with a small letter (“… now?” he asked), or as a short form."""
    following = body[found.end() : found.end() + 2].strip(" ")
    return "\n" not in found[0] and (following[:1].islower() or _is_short(body, 0, found))
