"""Read the head of a text that was saved from a web page: headline, bylines, dates. Pure: no clock.

The head is all up to the last date line, byline or repeated headline near the top.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from tasks import byline, dateline, furniture, pubdate
from tasks.plaintext import Line, is_prose, words

_HEAD_LINES: Final = 15
_ADDRESS: Final = re.compile(r"(?:(?:url|link|source|via)\s*:\s*)?<?(https?://[^\s<>]+)>?", re.IGNORECASE)
_SITE: Final = re.compile(r"\s+(?:[|–—·•]|::|-{1,2})\s+([^|–—·•]{2,50})$")
RIGHTS: Final = re.compile(
    r"(?:©|\(c\)|copyright)\s*(?:©\s*|\(c\)\s*)?(?:(?:19|20)\d\d(?:\s*[-–]\s*(?:19"
    r"|20)?\d\d)?,?\s*)?(?:by\s+)?(?P<name>[^\W\d_][\w &’'.-]{1,40}?)"
    r"\s*(?:[.,|•;]|$|all rights)",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Found:
    """What the lines around the article have said so far."""

    headline: str | None = None
    publisher: str | None = None
    agency: str | None = None
    url: str | None = None
    authors: list[str] = field(default_factory=list)
    dates: list[pubdate.Printed] = field(default_factory=list)

    def sign(self, line: str) -> bool:
        """Take names from a byline; False if it names nobody."""
        names = byline.people(line)
        outlet = byline.desk(line)
        if outlet is not None and not names:
            names = (re.sub(r"^\W*by\s+", "", line, flags=re.IGNORECASE).strip(),)
            self.publisher = self.publisher or outlet or None
        self.authors.extend(n for n in names if n not in self.authors)
        for part in re.split(r"\s*[,/|]\s*", line):
            self.agency = self.agency or dateline.AGENCIES.get(part.strip().lower())
        return bool(names)


def _is_meta(line: str, day_first: bool | None) -> bool:
    """Say whether a line only carries dates, bylines and furniture."""
    if len(line) > 220:
        return False
    if (
        furniture.kind(line) in {"line", "box", "caption", "advert"}
        or byline.is_byline(line)
        or byline.is_lone_by(line)
    ):
        return True
    return is_date_line(line, day_first)


def is_date_line(line: str, day_first: bool | None) -> bool:
    if len(line) > 1_000:
        return False
    if not pubdate.printed(line, "head", day_first=day_first) and not pubdate.is_relative(line):
        return False
    left = pubdate.without_dates(line, day_first=day_first)
    if not left or words(left) <= 2 or byline.is_byline(left) or byline.is_person(left):
        return True
    pieces = [p for p in re.split(r"\s+[|•·/–—-]\s+|\s{2,}|\s\|\s", line) if p.strip()]
    return len(pieces) > 1 and all(
        not (rest := pubdate.without_dates(p, day_first=day_first)) or words(rest) <= 4 or byline.is_byline(p)
        for p in pieces
    )


def split(lines: list[Line], day_first: bool | None) -> tuple[list[Line], list[Line]]:
    """Cut after the last line near the top that belongs to the page rather than to the text."""
    total = sum(words(line.text) for line in lines if is_prose(line.text)) or 1
    cut = next((n for n, line in enumerate(lines) if is_prose(line.text) or dateline.read(line.text)), len(lines))
    seen: set[str] = set()
    before = 0
    for n, line in enumerate(lines[:_HEAD_LINES]):
        repeated = fold(line.text) in seen and not is_prose(line.text)
        if n >= cut and before <= 0.25 * total and (repeated or _is_head_mark(lines, n, day_first)):
            cut = n + 1
        seen.add(fold(line.text))
        before += words(line.text) if is_prose(line.text) else 0
    if cut == len(lines) and len(lines) > 1:  # nothing reads like a paragraph: the first line is the headline
        cut = 1 if not _is_meta(lines[0].text, day_first) else 0
    if cut and byline.is_lone_by(lines[cut - 1].text) and cut < len(lines) and byline.people(lines[cut].text):
        cut += 1
    return lines[:cut], lines[cut:]


def _is_head_mark(lines: list[Line], n: int, day_first: bool | None) -> bool:
    text = lines[n].text
    if byline.is_byline(text) or is_date_line(text, day_first):
        return True
    return furniture.kind(text) == "line" and bool(re.match(r"\W*avatar|\W*author", text, re.IGNORECASE))


def read(head: list[Line], body: list[Line], found: Found, day_first: bool | None) -> list[Line]:
    """Read headline, names and dates from the head; give the lines of it that are text (a standfirst, key points)."""
    texts: list[Line] = []
    above = True
    owner = False
    for line in head:
        text = _unglued(line.text, found, day_first)
        if owner and (byline.people(text) or byline.desk(text) is not None):
            found.sign(text)
            owner = False
            continue
        if address := _ADDRESS.fullmatch(text):
            found.url = found.url or address[1]
            continue
        kind = furniture.kind(text)
        owner = (owner and kind == "line") or byline.is_lone_by(text) or kind == "box"
        if owner and (kind in {"line", "box"} or byline.is_lone_by(text)):
            continue
        if is_date_line(text, day_first):
            found.dates.extend(pubdate.printed(text, "above" if above else "head", day_first=day_first))
            found.sign(pubdate.without_dates(text, day_first=day_first))
        elif byline.is_byline(text):
            found.sign(text)
        elif kind is None or line.level:
            texts.append(Line(text, line.gap, line.level))
            above = above and words(text) < 4
        elif match := RIGHTS.search(text):
            found.publisher = found.publisher or match["name"].strip()
    if found.headline is None:
        _choose_headline(texts, head, body, found)
    names = [t for t in texts if not found.authors and t.text != found.headline and _is_name(t.text)]
    for line in names[:1]:
        found.sign(line.text)
    kept = [t for t in texts if fold(t.text) != fold(found.headline or "") and t not in names]
    return [t for t in kept if is_prose(t.text) or words(t.text) >= 6]


def _choose_headline(texts: list[Line], head: list[Line], body: list[Line], found: Found) -> None:
    """Take the line that reads like a headline: marked or repeated, of 4 to 22 words, early."""
    counts = [fold(line.text) for line in head]
    best, best_weight = None, 0.0
    for n, line in enumerate(texts[:8]):
        count = words(line.text)
        if count > 40 or (is_prose(line.text) and not line.level and counts.count(fold(line.text)) < 2):
            continue
        weight = (
            (4.0 if line.level == 1 else 0)
            + (3.0 if count > 2 and counts.count(fold(line.text)) > 1 else 0)
            + 1.0 / (n + 1)
        )
        weight += 2.0 if 4 <= count <= 22 else 0.5 if count == 3 or count > 22 else 0.0
        weight -= 1.5 if _is_name(line.text) and len(texts) > 1 else 0
        if weight > best_weight:
            best, best_weight = line, weight
    if best is None or (best_weight < 1.5 and not body):
        return
    headline = best.text
    if match := _SITE.search(headline):
        plain = headline[: match.start()]
        others = {fold(t.text) for t in texts if t is not best}
        if fold(plain) in others or (" | " in match.group() and words(plain) >= 4 and words(match[1]) <= 4):
            found.publisher = found.publisher or match[1].strip()
            texts[:] = [t for t in texts if fold(t.text) != fold(plain) and t is not best]
            headline = plain
    found.headline = headline.strip("*# ")


def _is_name(text: str) -> bool:
    """Say whether a line is a person's name, alone or with where that person reports from."""
    return not text.isupper() and byline.is_person(re.split(r"\s(?:in|for|,)\s(?=[^\W\d_])", text)[0])


def _unglued(text: str, found: Found, day_first: bool | None) -> str:
    """Take a date that stands glued before or behind a headline off it ("date 2026-02-03 Europe Tests ...")."""
    dates = pubdate.printed(text, "head", day_first=day_first)
    if not dates or is_prose(text) or is_date_line(text, day_first):
        return text
    stamp = dates[0].stamp
    front, back = text[: stamp.start], text[dates[-1].stamp.end :]
    if not pubdate.without_dates(front) and words(back) >= 4:
        found.dates.extend(dates)
        return back.strip(" |•·:,–—-")
    if not pubdate.without_dates(back) and words(front) >= 4 and re.search(r"[|•·]\s*$|\s[–—-]\s*$", front):
        found.dates.extend(dates)
        return front.strip(" |•·:,–—-")
    return text


def fold(text: str) -> str:
    """Bring a line into the form in which repeats are equal: no case, no punctuation."""
    return re.sub(r"\W+", " ", text).strip().casefold()
