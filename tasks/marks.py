"""Paragraphs, sentences and the quote mask of a text, in one pass each. Pure: text in, offsets out; no language needed.

Kept apart from the reading of quotations on purpose: this answers only "does this word stand inside quotation marks",
must do so for broken pairs too, and a verdict on two texts must not change when quotations are read in another way.
"""

import re
from typing import Final

_CLOSED: Final = tuple(".!?:;…。！？\"”’')]")
# These two begin with one set of characters each, so that the search skips all others at once.
_STOP: Final = re.compile(
    r"[.!?…。！？](?:(?<=[。！？])[」』”]?|(?<![。！？])[\"”’'»)\]]*\s+(?=[\"“‘'«(\[–—-]*[^\Wa-zà-öø-ÿ_]))"
)
_DOUBLE: Final = re.compile("[“”\"«»„「」『』`'](?:(?<=`)`|(?<=')'|(?<![`']))")
_NO_STOP: Final = re.compile(
    r"(?:\b(?:[A-Z]|Mr|Mrs|Ms|Dr|St|Gen|Sen|Rep|Gov|Lt|Col|Sgt|Capt|Maj|Adm|Prof|Rev|Jr|Sr|No|vs|Inc|Corp|Co|Ltd|U\.S|U\.N|"
    r"Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|a\.m|p\.m))\.$"
)
_OPENING: Final = frozenset("“„«「『")
_CLOSING: Final = frozenset("”»」』")
_SINGLE: Final = re.compile(
    r"(?:(?<=[\s(\[—–])|^)[‘'](?=[^\W\d_])(?P<inside>[^\n]*?[\w.,!?…])['’](?=[\s.,;:!?)\]—–]|$)"
)
# A legal note or an address: each alternative begins with one character, so that the search skips most others at once.
_NOTICE: Final = re.compile(
    r"[©ⓒ@whA](?:(?<=[©ⓒ])[^\w\n]{0,20}\w|(?<=\w@)\w+\.\w|(?<=\bw)ww\.\w|(?<=\bh)ttps?://|(?<=\bA)ll rights reserved)",
    re.IGNORECASE,
)


def notices(body: str) -> list[int]:
    """Give a place in each legal note and each address of the net or the mail: a sentence that holds one is no news."""
    return [match.end() - 1 for match in _NOTICE.finditer(body)]


def paragraphs(body: str) -> list[tuple[int, int]]:
    """Give the spans of the paragraphs, in order.

    A blank line ends one, and a line break after closing punctuation; any other break may be the wrapping of a line.
    """
    found: list[tuple[int, int]] = []
    at, start, end = 0, -1, 0
    for line in body.split("\n"):
        bare = line.rstrip()
        if bare:
            start = at if start < 0 else start
            end = at + len(bare)
        if start >= 0 and (not bare or bare.endswith(_CLOSED)):
            found.append((start, end))
            start = -1
        at += len(line) + 1
    if start >= 0:
        found.append((start, end))
    return found


def sentences(body: str) -> list[int]:
    """Give where sentences begin, in order, those apart that begin a paragraph."""
    found: list[int] = []
    for match in _STOP.finditer(body):
        at = match.start()
        if body[at] != "." or not _NO_STOP.search(body, max(0, at - 8), at + 1):
            found.append(match.end())
    return found


def styles(body: str) -> tuple[bool, bool]:
    """Tell if a text has double marks, and single ones that may be more than apostrophes."""
    return _DOUBLE.search(body) is not None, "'" in body or "‘" in body


def quoted(body: str, start: int, end: int, double: bool = True, single: bool = True) -> list[tuple[int, int, bool]]:
    """Give what stands between quotation marks in one paragraph: start and end inside the marks, and if both are there.

    A mark after a blank and before none opens, one after a letter or stop closes. A closing mark without an opening one
    reaches back to the start of the paragraph or to the last mark, an opening one without its partner to the end.
    Without `double` or `single`, marks of that style are not looked for.
    """
    found: list[tuple[int, int, bool]] = []
    opened = -1
    last = start
    for match in _DOUBLE.finditer(body, start, end) if double else ():
        mark, at, after = match.group(), match.start(), match.end()
        if mark in _OPENING:
            opens = True
        elif mark in _CLOSING:
            # Some pages set ” at both ends.
            opens = mark == "”" and opened < 0 and (at == start or body[at - 1] in " \n([")
            opens = opens and after < end and not body[after].isspace()
        else:
            free = at == start or body[at - 1] in " \n\t([—–-'‘"
            opens = free and after < end and not body[after].isspace()
        if opens:
            opened = after if opened < 0 or mark in _OPENING else opened
        else:
            if opened >= 0:
                found.append((opened, at, True))
            elif not any(q[2] for q in found):
                found.append((last, at, False))
            opened = -1
            last = after
    if opened >= 0:
        found.append((opened, end, False))
    if single and not found:
        found = [(m.start("inside"), m.end("inside"), True) for m in _SINGLE.finditer(body, start, end)]
    return [q for q in found if q[1] - q[0] > 1]
