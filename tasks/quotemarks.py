"""Pair quotation marks: which stretches of a text stand between them. Pure: text in, spans out; no language, no parser.

All double styles (“ ”, straight, « », „ “, `` '') are read, and mixed pairs of them, paragraph by paragraph; two
apostrophes close what two grave accents opened and open nothing themselves. Single marks count only in a text that uses
them as its ordinary marks, because an apostrophe looks the same.
"""

import re
from dataclasses import dataclass
from typing import Final

_MARK: Final = re.compile("[“”\"«»„]|``|''")
_SINGLE_OPEN: Final = re.compile(r"(?:(?<=[\s(\[—–-])|(?<![\s\S]))[‘'](?=[^\s\d'’])")
_SINGLE_CLOSE: Final = re.compile(r"(?<=\S)[’'](?![\w])")
_ELISION: Final = re.compile(r"['‘](?:em|til|tis|twas|cause|n)\b", re.IGNORECASE)
_BEFORE_OPENING: Final = frozenset(" \t\u00a0([-—–/{|:;,_>‘'")

UNCLOSED_MIN: Final = 40
"""An opening mark without its partner counts as a quotation to the paragraph's end if it holds more characters."""


@dataclass(frozen=True, slots=True)
class Quoted:
    """A stretch between quotation marks: `start` and `end` lie inside them, `outer` and `outer_end` around them."""

    start: int
    end: int
    outer: int
    outer_end: int
    closed: bool = True


def paragraphs(body: str) -> list[tuple[int, int]]:
    """Give the spans of the lines that hold anything, without the blanks at their edges."""
    found: list[tuple[int, int]] = []
    at = 0
    for line in body.split("\n"):
        bare = line.strip()
        if bare:
            start = at + line.index(bare[0])
            found.append((start, start + len(bare)))
        at += len(line) + 1
    return found


def pair(body: str) -> list[Quoted]:
    """Find what stands between quotation marks, in order, never overlapping; one or two characters do not count."""
    lines = paragraphs(body)
    found = [q for start, end in lines for q in _double(body, start, end)]
    if _single_is_ordinary(body, found):
        found = [q for start, end in lines for q in _singles(body, start, end)]
    return [q for q in found if q.end - q.start > 2 and any(c.isalnum() for c in body[q.start : q.end])]


def _double(body: str, start: int, end: int) -> list[Quoted]:
    found: list[Quoted] = []
    opened: tuple[int, int] | None = None
    sign = ""
    for match in _MARK.finditer(body, start, end):
        mark, at, after = match.group(), match.start(), match.end()
        before = body[at - 1] if at > start else " "
        behind = body[after] if after < end else " "
        if mark == "''":
            opens, closes = False, sign == "``"
        elif mark == '"':
            free = before in _BEFORE_OPENING or before in "“„«"
            opens = free and not behind.isspace() and (opened is None or before.isspace())
            closes = not opens
        elif mark in ("“", "„", "``"):
            closes = mark == "“" and sign == "„"
            opens = not closes
        elif mark == "«":
            closes = sign == "»"
            opens = not closes
        elif mark == "»":
            opens = opened is None and before in _BEFORE_OPENING and not behind.isspace() and at == start
            closes = not opens
        else:  # ”, which some pages use for both ends
            opens = opened is None and before in _BEFORE_OPENING and not behind.isspace()
            closes = not opens
        if opens:
            opened, sign = (at, after), mark
        elif closes and opened is not None:
            found.append(Quoted(opened[1], at, opened[0], after))
            opened, sign = None, ""
    goes_on = body[end : end + 9].lstrip()[:1] in ("“", '"', "„", "«")
    if opened is not None and (end - opened[1] > UNCLOSED_MIN or goes_on):
        found.append(Quoted(opened[1], end, opened[0], end, closed=False))
    return found


def _singles(body: str, start: int, end: int) -> list[Quoted]:
    found: list[Quoted] = []
    at = start
    while (opening := _SINGLE_OPEN.search(body, at, end)) is not None:
        at = opening.end()
        if _ELISION.match(body, opening.start()):
            continue
        following = _SINGLE_OPEN.search(body, at, end)
        limit = following.start() if following else end
        closings = list(_SINGLE_CLOSE.finditer(body, at, limit))
        if not closings:
            continue
        sure = [c for c in closings if body[c.start() - 1] in ",.?!…" or body[c.start() - 1] != "s"]
        closing = (sure or closings)[0]
        found.append(Quoted(at, closing.start(), opening.start(), closing.end()))
        at = closing.end()
    return found


def _single_is_ordinary(body: str, double: list[Quoted]) -> bool:
    """True if the text has no double marks, and single ones that close after a stop or a comma or open with a curl."""
    if double or "''" in body or not ("‘" in body or "'" in body):
        return False
    return bool(re.search(r"[,.?!]['’](?!\w)", body)) or bool(re.search(r"(?<!\w)‘\w[^‘\n]{2,200}?[^s\s]’(?!\w)", body))
