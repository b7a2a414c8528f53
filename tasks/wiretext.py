"""Read plain text that was saved from a web page or sent by a wire: find the article in it. Pure: no clock, no network.

The head (all up to the last date line, byline or repeated headline near the top) gives headline, date and names; the
body is the paragraphs after it, with subheads and with a standfirst that says something new; the tail (author box,
comments, links) ends it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from storage.errors import Rejected
from storage.records import Article, Hints
from tasks import byline, charset, dateline, furniture, language, link, plaintext, pubdate, stamps
from tasks.plaintext import Line, is_prose, words

LEAST_WORDS: Final = 15
"""A shorter text is no article. A flash alert has 8 to 12 words in its headline alone; the shortest news in brief of the
agencies that were looked at has some 20 words, and true news of 40 words must pass."""
_HEAD_LINES: Final = 15
_SITE: Final = re.compile(r"\s+(?:[|–—·•]|::|-{1,2})\s+([^|–—·•]{2,50})$")
_RIGHTS: Final = re.compile(
    r"(?:©|\(c\)|copyright)\s*(?:©\s*|\(c\)\s*)?(?:(?:19|20)\d\d(?:\s*[-–]\s*(?:19|20)?\d\d)?,?\s*)?(?:by\s+)?(?P<name>[^\W\d_][\w &’'.-]{1,40}?)"
    r"\s*(?:[.,|•;]|$|all rights)",
    re.IGNORECASE,
)
_BIO: Final = re.compile(
    r"\b(?:is|was|are)\s+(?:an?|the)\s[^.]{0,90}\b(?:reporter|editor|journalist|correspondent|writer|author|columnist|contributor|voice|team|newsroom"
    r"|fellow|professor|producer|analyst)s?\b|\b(?:covers|reports on|writes about)\b|\b(?:ist|war) [^.]{0,60}(?:redakteur|korrespondent|journalist)",
    re.IGNORECASE,
)


@dataclass(slots=True)
class _Found:
    """What the lines around the article have said so far."""

    headline: str | None = None
    publisher: str | None = None
    agency: str | None = None
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


def read_text(text: str, *, input: str, hints: Hints = Hints()) -> Article:  # noqa: A002, B008
    """Read an article from plain text or Markdown.

    Raises:
        Rejected: `empty`, or `too-short` for fewer than 15 words of text.
    """
    above, rest = plaintext.fields(charset.clean(text))
    lines = plaintext.lines(rest)
    if not lines:
        raise Rejected("empty", "There is no text in the document. Send it again, whole.", subject=input)
    found = _Found(headline=above.get("headline"), publisher=above.get("publisher"), agency=above.get("agency"))
    if found.publisher and (address := link.normal(found.publisher)):
        above.setdefault("url", address)
        found.publisher = link.host(address)
    if "author" in above and not found.sign(above["author"]):
        found.authors.append(above["author"])
    code = language.name("\n".join(line.text for line in lines if is_prose(line.text)) or rest)
    day_first = None if code in (None, "en") else True
    head, body = _split_head(lines, found, day_first)
    opening = _read_head(head, body, found, day_first)
    body = _cut_tail(body, found, day_first)
    body = _without_repeats(opening, body, found.headline)
    line = _take_dateline(body, found)
    prose = "".join(("\n\n" if at.gap else "\n") + at.text for at in body).strip("\n")
    if (left := words(prose)) < LEAST_WORDS:
        detail = f"The document has {words(rest)} words, {left} of them text beside headline, dates and page furniture; an article"
        raise Rejected(
            "too-short",
            f"{detail} has at least {LEAST_WORDS}. If it is whole, send it as a JSON record.",
            subject=input,
        )
    published, modified, basis = _dates(above, found, prose, line)
    return Article(
        input=input,
        body=prose,
        identifier=hints.identifier,
        url=link.normal(hints.url or above.get("url") or "") or hints.url,
        headline=found.headline,
        authors=tuple(found.authors),
        publisher=hints.publisher or found.publisher,
        agency=found.agency,
        dateline=line.text if line else None,
        language=code,
        published=hints.published or published,
        published_basis=hints.published_basis if hints.published else basis,
        modified=modified,
    )


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
    return _is_date_line(line, day_first)


def _is_date_line(line: str, day_first: bool | None) -> bool:
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


def _split_head(lines: list[Line], found: _Found, day_first: bool | None) -> tuple[list[Line], list[Line]]:
    """Cut after the last line near the top that belongs to the page rather than to the text."""
    total = sum(words(line.text) for line in lines if is_prose(line.text)) or 1
    cut = next((n for n, line in enumerate(lines) if is_prose(line.text) or dateline.read(line.text)), len(lines))
    seen: set[str] = set()
    before = 0
    for n, line in enumerate(lines[:_HEAD_LINES]):
        repeated = _fold(line.text) in seen and not is_prose(line.text)
        if n >= cut and before <= 0.25 * total and (repeated or _is_head_mark(lines, n, day_first)):
            cut = n + 1
        seen.add(_fold(line.text))
        before += words(line.text) if is_prose(line.text) else 0
    if cut == len(lines) and len(lines) > 1:  # nothing reads like a paragraph: the first line is the headline
        cut = 1 if not _is_meta(lines[0].text, day_first) else 0
    if cut and byline.is_lone_by(lines[cut - 1].text) and cut < len(lines) and byline.people(lines[cut].text):
        cut += 1
    del found
    return lines[:cut], lines[cut:]


def _is_head_mark(lines: list[Line], n: int, day_first: bool | None) -> bool:
    text = lines[n].text
    if byline.is_byline(text) or _is_date_line(text, day_first):
        return True
    return furniture.kind(text) == "line" and bool(re.match(r"\W*avatar|\W*author", text, re.IGNORECASE))


def _read_head(head: list[Line], body: list[Line], found: _Found, day_first: bool | None) -> list[Line]:
    """Read headline, names and dates from the head; give the lines of it that are text (a standfirst, key points)."""
    texts: list[Line] = []
    above = True
    owner = False
    for line in head:
        text = _unglued(line.text, found, day_first, above=above)
        if owner and (byline.people(text) or byline.desk(text) is not None):
            found.sign(text)
            owner = False
            continue
        kind = furniture.kind(text)
        owner = owner and kind == "line" or byline.is_lone_by(text) or kind == "box"
        if owner and (kind in {"line", "box"} or byline.is_lone_by(text)):
            continue
        if _is_date_line(text, day_first):
            found.dates.extend(pubdate.printed(text, "above" if above else "head", day_first=day_first))
            found.sign(pubdate.without_dates(text, day_first=day_first))
        elif byline.is_byline(text):
            found.sign(text)
        elif kind is None or line.level:
            texts.append(Line(text, line.gap, line.level))
            above = above and words(text) < 4
        elif match := _RIGHTS.search(text):
            found.publisher = found.publisher or match["name"].strip()
    if found.headline is None:
        _choose_headline(texts, head, body, found)
    names = [t for t in texts if byline.is_person(t.text) and not found.authors and t.text != found.headline]
    for line in names[:1]:
        found.sign(line.text)
    kept = [t for t in texts if _fold(t.text) != _fold(found.headline or "") and t not in names]
    return [t for t in kept if is_prose(t.text) or words(t.text) >= 6]


def _choose_headline(texts: list[Line], head: list[Line], body: list[Line], found: _Found) -> None:
    """Take the line that reads like a headline: marked or repeated, of 4 to 22 words, early, before a date or byline."""
    counts = [_fold(line.text) for line in head]
    best, best_weight = None, 0.0
    for n, line in enumerate(texts[:8]):
        count = words(line.text)
        if is_prose(line.text) and not line.level and counts.count(_fold(line.text)) < 2 or count > 40:
            continue
        weight = (4.0 if line.level == 1 else 0) + (3.0 if counts.count(_fold(line.text)) > 1 else 0) + 1.0 / (n + 1)
        weight += 2.0 if 4 <= count <= 22 else 0.5 if count == 3 or count > 22 else 0.0
        weight -= 1.5 if byline.is_person(line.text) else 0
        if weight > best_weight:
            best, best_weight = line, weight
    if best is None or (best_weight < 1.5 and not body):
        return
    headline = best.text
    if match := _SITE.search(headline):
        plain = headline[: match.start()]
        others = {_fold(t.text) for t in texts if t is not best}
        if _fold(plain) in others or (" | " in match.group() and words(plain) >= 4 and words(match[1]) <= 4):
            found.publisher = found.publisher or match[1].strip()
            texts[:] = [t for t in texts if _fold(t.text) != _fold(plain) and t is not best]
            headline = plain
    found.headline = headline.strip("*# ")


def _unglued(text: str, found: _Found, day_first: bool | None, *, above: bool) -> str:
    """Take a date that stands glued before or behind a headline off it ("date 2026-02-03 Europe Tests ...")."""
    dates = pubdate.printed(text, "head", day_first=day_first)
    if not dates or is_prose(text) or _is_date_line(text, day_first):
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


def _cut_tail(body: list[Line], found: _Found, day_first: bool | None) -> list[Line]:
    """Drop furniture from the body, and everything from where the article is over."""
    left = [words(line.text) if is_prose(line.text) else 0 for line in body]
    total = sum(left) or 1
    kept: list[Line] = []
    skipping = owner = False
    for n, line in enumerate(body):
        text, kind = line.text, furniture.kind(line.text)
        after = sum(left[n + 1 :])
        if owner and kind != "line":
            found.sign(text)
            owner = False
            continue
        if kind in {"end", "box"} and kept and after <= 0.35 * total:
            _read_tail(body[n:], found, day_first)
            break
        if is_prose(text) and kind is None:
            skipping = False
        elif kind == "end":
            skipping = True
        if furniture.is_sign_off(text):
            if not found.authors:
                found.sign(text.strip("()[]").split(";")[0])
            continue
        if skipping or kind in {"line", "caption", "advert", "end"}:
            if match := _RIGHTS.search(text):
                found.publisher = found.publisher or match["name"].strip()
            continue
        if kind == "box" or byline.is_lone_by(text):
            owner = True
        elif byline.is_byline(text) and not is_prose(text):
            found.sign(text)
        elif _is_date_line(text, day_first) and not is_prose(text):
            found.dates.extend(pubdate.printed(text, "tail" if kept else "head", day_first=day_first))
        else:
            kept.append(line)
    return _without_last_labels(kept, found)


def _read_tail(tail: Sequence[Line], found: _Found, day_first: bool | None) -> None:
    """Read the author box and the imprint after an article."""
    owner = False
    for line in tail:
        kind = furniture.kind(line.text)
        if kind == "box":
            owner = True
        elif owner and kind is None:
            if not found.authors:
                found.sign(line.text)
            owner = False
        elif match := _RIGHTS.search(line.text) if kind == "line" else None:
            found.publisher = found.publisher or match["name"].strip()
        elif _is_date_line(line.text, day_first) and not is_prose(line.text):
            found.dates.extend(pubdate.printed(line.text, "tail", day_first=day_first))


def _without_last_labels(kept: list[Line], found: _Found) -> list[Line]:
    """Take agencies, tags and the author's life off the end."""
    while len(kept) > 1:
        text = kept[-1].text
        signed = any(text.startswith(name) for name in found.authors)
        if agency := dateline.known_agency(text):
            found.agency = found.agency or agency
        elif not (
            _BIO.search(text) and (signed or byline.is_person(" ".join(text.split()[:2])) and words(text) < 60)
        ) and (
            plaintext.ends_sentence(text)
            or words(text) > 8
            or any(c.isdigit() or c in '"“”«»' for c in text)
            or kept[-1].level
        ):
            break
        kept = kept[:-1]
    return kept


def _without_repeats(opening: list[Line], body: list[Line], headline: str | None) -> list[Line]:
    """Join standfirst and body; what is said twice, and the headline, stay in once: at their place in the body."""
    folded = [_fold(line.text) for line in body]
    standfirst = [
        line for line in opening if not any(_fold(line.text.rstrip("…. ")) in text for text in folded) and line.text
    ]
    seen = {_fold(headline or "")}
    result = []
    for line in standfirst + body:
        key = _fold(line.text)
        if key in seen and (words(line.text) >= 8 or key == _fold(headline or "")):
            continue
        seen.add(key)
        result.append(line)
    return result


def _take_dateline(body: list[Line], found: _Found) -> dateline.Dateline | None:
    """Take the dateline off the first paragraph that has one (the first or second)."""
    for n, line in enumerate(body[:3]):
        if read := dateline.read(line.text):
            found.agency = found.agency or read.agency
            body[n] = Line(line.text[read.end :].lstrip(), line.gap, line.level)
            return read
    return None


def _dates(
    above: dict[str, str], found: _Found, prose: str, line: dateline.Dateline | None
) -> tuple[str | None, str | None, str]:
    """Give publication, modification and the basis of the first: a field above, a date line, or a dateline's own year."""
    published, modified = pubdate.choose(found.dates, prose)
    later = above["modified"] if "modified" in above else ""
    changed = stamps.iso(later) or (modified.iso if modified else None)
    if "published" in above and (value := stamps.iso(above["published"])):
        return value, changed, "header"
    if published is not None:
        return published.iso, changed, "header"
    if line is not None and line.day and (stamp := stamps.first(line.day)):
        return stamp.iso, changed, "text"
    yearless = stamps.has_yearless(" ".join(prose.split("\n")[:4])) or (line is not None and bool(line.day))
    return None, changed, "no-year" if yearless else "none"


def _fold(text: str) -> str:
    return re.sub(r"\W+", " ", text).strip().casefold()
