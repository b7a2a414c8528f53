"""Read plain text that was saved from a web page or sent by a wire: find the article in it. Pure: no clock, no network.

The head (all up to the last date line, byline or repeated headline near the top) gives headline, date and names; the
body is the paragraphs after it, with subheads and with a standfirst that says something new; the tail (author box,
comments, links) ends it.
"""

import re
from collections.abc import Sequence
from typing import Final

from storage.errors import Rejected
from storage.records import Article, Hints
from tasks import byline, charset, dateline, furniture, language, link, pagedate, plaintext, pubdate, stamps, texthead
from tasks.plaintext import LEAST_WORDS, Line, is_prose, words

_LEAST_BEFORE_COMMENTS: Final = 40
"""Words of prose after which a heading "Comments" ends an article, however much the readers wrote."""
_BIO: Final = re.compile(
    r"\b(?:is|was|are)\s+(?:an?|the)\s[^.]{0,90}\b(?:reporter|editor|journalist|correspondent|writer|author"
    r"|columnist|contributor|voice|team|newsroom"
    r"|fellow|professor|producer|analyst)s?\b|\b(?:covers|reports on|writes about)\b|\b(?:ist"
    r"|war) [^.]{0,60}(?:redakteur|korrespondent|journalist)",
    re.IGNORECASE,
)

MOST_LINES: Final = 20_000
"""Lines with something in them that a text may have: each is held against others, to leave out what comes twice."""
MOST_CHARACTERS: Final = 5_000_000
"""A shelf of books."""


def read_text(text: str, *, input: str, hints: Hints = Hints()) -> Article:  # noqa: A002, B008
    """Read an article from plain text or Markdown.

    Raises:
        Rejected: `empty`, `too-short` for fewer than 15 words of text, or `too-big` for more than `MOST_LINES` or
            `MOST_CHARACTERS`.
    """
    if len(text) > MOST_CHARACTERS:
        detail = f"The text has {len(text):,} characters, more than {MOST_CHARACTERS:,}. Send the article by itself."
        raise Rejected("too-big", detail, subject=input)
    above, rest = plaintext.fields(charset.clean(text))
    lines = plaintext.lines(rest)
    if not lines:
        raise Rejected("empty", "There is no text in the document. Send it again, whole.", subject=input)
    if len(lines) > MOST_LINES:
        detail = f"The text has {len(lines):,} lines, more than {MOST_LINES:,}. Send the article by itself."
        raise Rejected("too-big", detail, subject=input)
    found = texthead.Found(headline=above.get("headline"), publisher=above.get("publisher"), agency=above.get("agency"))
    if found.publisher and (address := link.normal(found.publisher)):
        above.setdefault("url", address)
        found.publisher = link.host(address)
    if "author" in above and not found.sign(above["author"]):
        found.authors.append(above["author"])
    code = language.name("\n".join(line.text for line in lines if is_prose(line.text)) or rest)
    day_first = None if code in (None, "en") else True
    head, body = texthead.split(lines, day_first)
    opening = texthead.read(head, body, found, day_first)
    body = _cut_tail(body, found, day_first)
    body = _without_repeats(opening, body, found.headline)
    line = _take_dateline(body, found)
    prose = "".join(("\n\n" if at.gap else "\n") + at.text for at in body).strip("\n")
    if (left := words(prose)) < LEAST_WORDS:
        detail = f"Of its {words(rest)} words {left} are text, the others headline, dates or page furniture; an article"
        raise Rejected(
            "too-short",
            f"{detail} has at least {LEAST_WORDS}. If it is whole, send it as a JSON record.",
            subject=input,
        )
    address = hints.url or above.get("url") or found.url or ""
    address = link.normal(address) or hints.url
    published, modified, basis = _dates(above, found, prose, line, address)
    return Article(
        input=input,
        body=prose,
        identifier=hints.identifier,
        url=address,
        headline=found.headline or hints.headline,
        authors=tuple(found.authors),
        publisher=hints.publisher or found.publisher,
        agency=found.agency,
        dateline=line.text if line else None,
        language=code,
        published=hints.published or published,
        published_basis=hints.published_basis if hints.published else basis,
        modified=modified,
    )


def _cut_tail(body: list[Line], found: texthead.Found, day_first: bool | None) -> list[Line]:
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
        over = kind == "comments" and total - after >= _LEAST_BEFORE_COMMENTS
        if kept and (over or (kind in {"comments", "end", "box"} and after <= 0.35 * total)):
            _read_tail(body[n:], found, day_first)
            break
        if is_prose(text) and kind is None:
            skipping = False
        elif kind in {"comments", "end"}:
            skipping = True
        if furniture.is_sign_off(text):
            if not found.authors:
                found.sign(text.strip("()[]").split(";")[0])
            continue
        if skipping or kind in {"line", "caption", "advert", "comments", "end"}:
            if match := texthead.RIGHTS.search(text):
                found.publisher = found.publisher or match["name"].strip()
            continue
        if kind == "box" or byline.is_lone_by(text):
            owner = True
        elif byline.is_byline(text) and not is_prose(text):
            found.sign(text)
        elif texthead.is_date_line(text, day_first) and not is_prose(text):
            found.dates.extend(pubdate.printed(text, "tail" if kept else "head", day_first=day_first))
        else:
            kept.append(line)
    return _without_last_labels(kept, found)


def _read_tail(tail: Sequence[Line], found: texthead.Found, day_first: bool | None) -> None:
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
        elif match := texthead.RIGHTS.search(line.text) if kind == "line" else None:
            found.publisher = found.publisher or match["name"].strip()
        elif texthead.is_date_line(line.text, day_first) and not is_prose(line.text):
            # a date without a label is another article's here, or a comment's
            dates = pubdate.printed(line.text, "tail", day_first=day_first)
            found.dates.extend(date for date in dates if date.role != "plain")


def _without_last_labels(kept: list[Line], found: texthead.Found) -> list[Line]:
    """Take agencies, tags and the author's life off the end."""
    while len(kept) > 1:
        text = kept[-1].text
        if len(text) > 1_000:
            break
        if agency := dateline.known_agency(text):
            found.agency = found.agency or agency
        elif not _is_life(text, found) and not _is_label(kept[-1]):
            break
        kept.pop()
    return kept


def _is_life(text: str, found: texthead.Found) -> bool:
    """Say whether a paragraph only tells who the author is."""
    if not _BIO.search(text):
        return False
    named = byline.is_person(" ".join(text.split()[:2])) and words(text) < 60
    return named or any(text.startswith(name) for name in found.authors)


def _is_label(line: Line) -> bool:
    """Say whether a line at the end is a tag or a link: short, no sentence, nothing counted or quoted."""
    open_ended = plaintext.ends_sentence(line.text) or any(c.isdigit() or c in '"“”«»' for c in line.text)
    return not open_ended and not line.level and words(line.text) <= 8


def _without_repeats(opening: list[Line], body: list[Line], headline: str | None) -> list[Line]:
    """Join standfirst and body; what is said twice, and the headline, stay in once: at their place in the body."""
    folded = [texthead.fold(line.text) for line in body]
    standfirst = [
        line
        for line in opening
        if not any(texthead.fold(line.text.rstrip("…. ")) in text for text in folded) and line.text
    ]
    seen = {texthead.fold(headline or "")}
    result = []
    for line in standfirst + body:
        key = texthead.fold(line.text)
        if key in seen and (words(line.text) >= 8 or key == texthead.fold(headline or "")):
            continue
        seen.add(key)
        result.append(line)
    return result


def _take_dateline(body: list[Line], found: texthead.Found) -> dateline.Dateline | None:
    """Take the dateline off the first paragraph that has one (the first or second)."""
    for n, line in enumerate(body[:3]):
        if read := dateline.read(line.text):
            found.agency = found.agency or read.agency
            body[n] = Line(line.text[read.end :].lstrip(), line.gap, line.level)
            return read
    return None


def _dates(
    above: dict[str, str], found: texthead.Found, prose: str, line: dateline.Dateline | None, address: str | None
) -> tuple[str | None, str | None, str]:
    """Give publication, modification, and the basis of the first: a field, a date line, a dateline, the address."""
    published, modified = pubdate.choose(found.dates, prose)
    later = above.get("modified", "")
    changed = stamps.iso(later) or (modified.iso if modified else None)
    if "published" in above and (value := stamps.iso(above["published"])):
        return value, changed, "header"
    if published is not None:
        return published.iso, changed, "header"
    if line is not None and line.day and (stamp := stamps.first(line.day)):
        return stamp.iso, changed, "text"
    if day := pagedate.in_address(address):
        return day, changed, "url"
    yearless = stamps.has_yearless(" ".join(prose.split("\n")[:4])) or (line is not None and bool(line.day))
    return None, changed, "no-year" if yearless else "none"
