"""One news item of an agency's format, and the article that it makes. Pure: no clock.

Every format is read into an `Item`; what they have in common (the dateline off the text, the byline's people, hints
from outside, a kill) is done once, here.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from storage.errors import Rejected
from storage.records import Article, Hints, Wire, Withdrawal
from tasks import byline, charset, dateline, language, link, plaintext, stamps
from tasks.texthead import fold

WITHDRAWN: Final = frozenset(
    str.split("canceled cancelled withheld killed kill deleted delete withdrawn withdraw retracted retract")
)
"""Words for the state of an item that must not be used."""
_BASIC: Final = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)(?:T?(\d\d):?(\d\d)(?::?(\d\d))?(?:[.,]\d+)?\s?(Z|[+-]\d\d:?(?:\d\d)?)?)?"
)
_DATELINE: Final = re.compile(r"(?P<text>[^\W\d_][^()\n]{1,60}?\s?\([^()\n]{2,30}\))\s*(?:--|[-–—_])\s+(?=\S)")
"""A dateline as every agency writes it, wherever the agency is not one that tasks/dateline.py knows."""
_LEAST_FLASH: Final = 4
"""Words of a headline that is sent without a text: an alert. Fewer say nothing."""


@dataclass(slots=True, kw_only=True)
class Item:
    """What an agency's format says, as it was found; `paragraphs` are the text.

    `published` may be when the first version came; `modified` and `sent` are when this one did.
    """

    format: str
    kind: str = "text"
    identifier: str | None = None
    publisher: str | None = None
    agency: str | None = None
    headline: str | None = None
    bylines: list[str] = field(default_factory=list)
    dateline: str | None = None
    language: str | None = None
    url: str | None = None
    published: str | None = None
    modified: str | None = None
    sent: str | None = None
    paragraphs: list[str] = field(default_factory=list)
    status: str | None = None
    slug: str | None = None
    urgency: int | None = None
    version: int | None = None
    signal: str | None = None
    embargoed: str | None = None
    keywords: list[str] = field(default_factory=list)
    subjects: list[str] = field(default_factory=list)
    note: str | None = None
    usage: str | None = None


def finish(item: Item, *, input: str, hints: Hints) -> Article | Withdrawal:  # noqa: A002
    """Make the article of an item, or the withdrawal that it is.

    Raises:
        Rejected: `no-body` for an item without text, `no-article` for one that is a picture, or a kill of nobody knows
            what.
    """
    publisher = hints.publisher or item.publisher
    identifier = hints.identifier or item.identifier
    if (item.status or "").lower() in WITHDRAWN:
        return _withdrawal(item, identifier, publisher, input)
    texts = [text for p in item.paragraphs if (text := charset.clean(p).strip())]
    _drop_repeats(item, texts)
    read = _take_dateline(item, texts)
    _drop_sign_off(texts, publisher, item.agency, read.agency if read else None)
    body = "\n\n".join(texts)
    if plaintext.words(body) < _LEAST_FLASH:
        body = _flash(item, input)
    given_line = (item.dateline or "").rstrip(" -–—_") or None
    shown = read.text if read is not None and (read.place or not given_line) else given_line
    credited = (
        (read.agency if read else None) or _in_brackets(shown) or dateline.AGENCIES.get((publisher or "").lower())
    )
    authors = [_cased(name) for line in item.bylines for name in byline.people(line, outlets=[publisher or ""])]
    given = (item.language or "").replace("_", "-").partition("-")[0].lower()
    published = hints.published or item.published
    address = hints.url or item.url or ""
    return Article(
        input=input,
        body=body,
        identifier=identifier,
        url=link.normal(address) or address or None,
        headline=item.headline or hints.headline,
        authors=tuple(dict.fromkeys(authors)),
        publisher=publisher,
        agency=item.agency or credited,
        dateline=shown,
        language=given if re.fullmatch(r"[a-z]{2,3}", given) else language.name(body),
        published=published,
        published_basis=hints.published_basis if hints.published else "header" if published else "none",
        modified=item.modified if item.modified != published else None,
        wire=Wire(
            format=item.format, slug=item.slug, urgency=item.urgency, version=item.version, signal=item.signal,
            embargoed=item.embargoed, keywords=tuple(dict.fromkeys(item.keywords)),
            subjects=tuple(dict.fromkeys(item.subjects)), note=item.note, usage=item.usage,
        ),
    )  # fmt: skip


def _withdrawal(item: Item, identifier: str | None, publisher: str | None, subject: str) -> Withdrawal:
    if not identifier:
        detail = f"It withdraws an article ({item.status}), but does not say which. Withdraw it by hand."
        raise Rejected("no-article", detail, subject=subject)
    reason = next(filter(None, (item.note, item.headline, " ".join(item.paragraphs)[:300])), None)
    return Withdrawal(
        input=subject, identifier=identifier, publisher=publisher, version=item.version,
        at=item.modified or item.sent, reason=f"{item.status}: {reason}" if reason else str(item.status),
    )  # fmt: skip


def _flash(item: Item, subject: str) -> str:
    """Give the headline as the text of an alert that has no other; an item that is no text, or no alert, is refused."""
    if item.kind != "text":
        detail = f"It is a news item of the kind {item.kind} without a text of its own. Only text is read."
        raise Rejected("no-article", detail, subject=subject)
    urgent = item.urgency is not None and item.urgency <= 3
    if urgent and item.headline and plaintext.words(item.headline) >= _LEAST_FLASH:
        return item.headline
    raise Rejected("no-body", "It is a news item without a text. Send it again, whole.", subject=subject)


def _drop_repeats(item: Item, texts: list[str]) -> None:
    """Take headline and byline off the top of the text, where a sender repeats them."""
    while len(texts) > 1:
        line = texts[0]
        if fold(line) not in {fold(item.headline or ""), *map(fold, item.bylines)}:
            if not (byline.is_byline(line) and plaintext.words(line) <= 12):
                return
            if not item.bylines:
                item.bylines.append(line)
        del texts[0]


def _take_dateline(item: Item, texts: list[str]) -> dateline.Dateline | None:
    """Take the dateline off the first paragraph; what stands there says more than what the format gives apart."""
    if not texts:
        return None
    first = texts[0]
    read = _dateline(first)
    if read is not None and read.place is None and (more := _dateline(first[read.end :])) is not None:
        whole = first[: read.end + len(more.text)]  # (ABC) - PLACE, 3 March - The minister
        read = dateline.Dateline(
            text=whole, place=more.place, day=more.day, agency=read.agency or more.agency, end=read.end + more.end
        )
    if read is not None:
        texts[0] = first[read.end :].lstrip() or first
    elif item.dateline and first.startswith(item.dateline):
        texts[0] = re.sub(r"^\s*(?:--|[-–—_:.,])?\s*", "", first[len(item.dateline) :], count=1) or first
    return read


def _dateline(text: str) -> dateline.Dateline | None:
    read = dateline.read(text)
    if read is None and (match := _DATELINE.match(text)):
        return dateline.Dateline(text=match["text"], place=match["text"], day=None, agency=None, end=match.end())
    return read


def _in_brackets(shown: str | None) -> str | None:
    match = re.search(r"\(([^()]{2,30})\)", shown or "")
    return match[1].strip() if match else None


def _drop_sign_off(texts: list[str], *names: str | None) -> None:
    """Take off what a sender writes under its text: its name in brackets, or its name and who wrote and edited it."""
    if not texts:
        return
    known = {fold(name) for name in names if name}
    words = texts[-1].split()
    if len(texts) > 1 and words and len(words) <= 6 and words[0].lower() in known and texts[-1][-1:] not in '.!?”"»':
        del texts[-1]
    match = re.search(r"\s*\(([^()]{2,30})\)\W*$", texts[-1])
    if match and fold(match[1]) in known:
        texts[-1] = texts[-1][: match.start()].rstrip()
    if not texts[-1]:
        del texts[-1]


def _cased(name: str) -> str:
    """Write a family name in capitals (Pia TORRENT) as it is written elsewhere."""
    parts = name.split()
    if name.isupper() or not any(len(part) > 2 and part.isupper() for part in parts):
        return name
    return " ".join(part.title() if len(part) > 2 and part.isupper() else part for part in parts)


def moment(value: str | None) -> str | None:
    """Read a format's time (20260310T154300+0100, 2026-03-10T15:43:00Z, or as people write) as ISO 8601."""
    value = (value or "").strip()
    match = _BASIC.fullmatch(value)
    if match is None:
        return stamps.iso(value) if value else None
    year, month, day, hour, minute, second, zone = match.groups()
    shown = f"{year}-{month}-{day}"
    if hour is not None:
        shown += f"T{hour}:{minute}" + (f":{second}" if second not in {None, "00"} else "")
        if zone == "Z":
            shown += "Z"
        elif zone:
            digits = zone[1:].replace(":", "").ljust(4, "0")
            shown += f"{zone[0]}{digits[:2]}:{digits[2:]}"
    return stamps.iso(shown)


def number(value: str | float | None) -> int | None:
    """Read a small count as formats write it ("4", "04", 4, "2.0"); None for anything else."""
    match = re.fullmatch(r"\s*0*(\d{1,9})(?:\.0+)?\s*", str(value)) if value is not None and value is not True else None
    return int(match[1]) if match else None
