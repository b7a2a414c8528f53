"""Words for a page: dates as a person writes them, texts cut and marked, addresses that may be linked. Pure."""

import re
from calendar import month_name
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Day  # noqa: N812 - a record's own `date` is text
from typing import Final
from urllib.parse import urlsplit

from storage import rows
from tasks import sentences

LONGEST_TEXT: Final = 20_000
"""Characters of a text that is set beside another one: some 3,000 words, four times a long agency report."""
LONGEST_CONTEXT: Final = 600
"""Characters of the sentences around a quotation; one that has no full stop may run on for pages."""

_MOMENT: Final = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?")
_MACHINE: Final = re.compile(
    r"\d{4}|\d{4}-(0[1-9]|1[0-2])|\d{4}-W\d\d|\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:?\d\d)?)?"
)
_PARTS: Final = {
    "21": "spring", "22": "summer", "23": "autumn", "24": "winter", "33": "first quarter of", "34": "second quarter of",
    "35": "third quarter of", "36": "fourth quarter of", "40": "first half of", "41": "second half of",
}  # fmt: skip
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_NO_TEXT: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """A date in words, and as the `datetime` of HTML, which is empty where HTML has none for it."""

    words: str
    machine: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of a paragraph. `passages` are the numbers of those that are first met here."""

    text: str
    marked: bool
    passages: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The sentences that a quotation stands in, cut where it begins and ends."""

    before: str
    said: str
    after: str


def when(date: str | None) -> When:
    """Put an ISO 8601 or EDTF date into words that are as exact as it is, and no more. What is none is left as is."""
    if not date:
        return When(words="no date", machine="")
    return When(words=_words(date), machine=date if _MACHINE.fullmatch(date) and rows.days(date)[0] else "")


def _words(date: str) -> str:
    if moment := _MOMENT.fullmatch(date):
        day, clock, zone = moment.groups()
        if zone:
            zone = " UTC" if zone == "Z" or zone.strip("+-0:") == "" else f" UTC{zone}"
        return f"{_words(day)}, {clock}{zone or ''}"
    earliest, _ = rows.days(date)
    if earliest is None:
        return date
    first = Day.fromisoformat(earliest)
    if re.fullmatch(r"\d{4}-\d\d-\d\d", date):
        return f"{first.day} {month_name[first.month]} {first.year}"
    if "-W" in date:
        return f"week of {_words(earliest)}"
    if match := re.fullmatch(r"(\d{4})-(\d\d)", date):
        year, part = match.groups()
        if part == "24":
            return f"winter {year}/{(int(year) + 1) % 100:02d}"
        return f"{_PARTS.get(part) or month_name[first.month]} {year}"
    if re.fullmatch(r"\d{3}X", date):
        return f"the {date[:3]}0s"
    if re.fullmatch(r"\d\dXX", date):
        return f"between {date[:2]}00 and {date[:2]}99"
    return date


def number(count: int, one: str, many: str = "") -> str:
    """Count things in words: `1 copy`, `1,000 copies`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def share(part: float) -> str:
    """Give a share in per cent; a small one is not said to be nothing, nor a large one all."""
    if 0 < part < 0.01:
        return "under 1%"
    return f"{int(part * 100)}%" if 0.99 <= part < 1 else f"{part:.0%}"


def language(given: str | None) -> str:
    """Give a language as HTML names it; empty for what is none."""
    return given if given and _LANGUAGE.fullmatch(given) else ""


def link(address: str | None) -> str:
    """Give an address that may be linked: one of the web, without a password in it. Empty for any other."""
    try:
        parts = urlsplit(address or "")
        fit = parts.scheme in {"http", "https"} and parts.hostname and parts.username is None
    except ValueError:
        return ""
    return address or "" if fit else ""


def printable(text: str) -> str:
    """Put the sign for what cannot be shown in place of control characters and halves of characters."""
    return _NO_TEXT.sub("\ufffd", text)


def marked(body: str, spans: Sequence[tuple[int, int]], *, limit: int = LONGEST_TEXT) -> list[list[Piece]]:
    """Cut a text into its paragraphs, and these where passages begin or end; passages are numbered from 1 as given.

    They may overlap. What comes after `limit` characters is left out.
    """
    body = body[:limit]
    cuts = sorted({at for span in spans for at in span if 0 <= at <= len(body)})
    met: set[int] = set()
    told: list[list[Piece]] = []
    for start, end in _paragraphs(body):
        inside = [at for at in cuts if start < at < end]
        pieces = []
        for left, right in zip([start, *inside], [*inside, end], strict=True):
            held = [n for n, (first, last) in enumerate(spans, 1) if first <= left < last]
            fresh = tuple(n for n in held if n not in met)
            met.update(fresh)
            pieces.append(Piece(text=body[left:right], marked=bool(held), passages=fresh))
        told.append(pieces)
    return told


def shown(paragraphs: Sequence[Sequence[Piece]]) -> set[int]:
    """Give the numbers of the passages that a text shows."""
    return {n for pieces in paragraphs for piece in pieces for n in piece.passages}


def context(body: str, start: int, end: int) -> Context:
    """Give the sentences that a stretch of a text stands in, within its paragraphs."""
    first = body.rfind("\n", 0, start) + 1
    last = body.find("\n", end)
    last = len(body) if last < 0 else last
    around = [s for s in sentences.split(body, first, last) if s[0] < end and s[1] > start]
    left, right = min([start, *(s[0] for s in around)]), max([end, *(s[1] for s in around)])
    room = max(0, LONGEST_CONTEXT - (end - start)) // 2
    before, after = body[max(left, start - room) : start], body[end : min(right, end + room)]
    return Context(
        before=("…" if start - room > left else "") + " ".join(before.split("\n")),
        said=" ".join(body[start:end].split("\n")),
        after=" ".join(after.split("\n")) + ("…" if end + room < right else ""),
    )


def _paragraphs(body: str) -> list[tuple[int, int]]:
    return [match.span() for match in re.finditer(r"[^\n]*\S[^\n]*", body)]
