"""Between records and rows: an article as its columns and its derived rows, and back. Pure: no connection."""

import re
from calendar import monthrange
from collections.abc import Callable, Iterable, Mapping
from datetime import date as Date  # noqa: N812 - a record's own `date` is text
from typing import Any, Final

from storage import tables as t
from storage.columns import storable
from storage.recordjson import read_wire, wire_json
from storage.records import Article, Event, Mention, Occurrence, Quotation, Span, Speaker, Statement, Timex

LONGEST_NAME: Final = 500
"""Names are keys of indexes; PostgreSQL takes 2,704 bytes there. A longer one is no name."""

CONTENT: Final = (
    "input", "identifier", "url", "headline", "publisher", "agency", "dateline", "language", "published",
    "published_basis", "modified", "body", "body_basis", "quotations_basis",
)  # fmt: skip
"""The columns that carry an article's own fields under their own names; `authors` beside them is a list."""

DERIVED: Final = (t.Stage, t.Quotation, t.Timex, t.Event, t.Mention)
"""The tables whose rows are made from one article alone, and are made anew with it."""

AROUND: Final = 120
"""Characters beside a fragment that are kept to see whether another article has them between its quotation marks."""
MARKS: Final = "“”\"«»„`'‘’"
_MARKS: Final = re.compile(r"[“”\"«»„\n]|``|''")
_WEEK: Final = re.compile(r"([0-9]{4})-W([0-9]{2})")
_DATE: Final = re.compile(r"([0-9][0-9X]{3})(?:-([0-9]{2}|XX)(?:-([0-9]{2}|XX))?)?")
_PARTS: Final = {
    "21": (3, 3), "22": (6, 3), "23": (9, 3), "24": (12, 3), "33": (1, 3), "34": (4, 3), "35": (7, 3), "36": (10, 3),
    "40": (1, 6), "41": (7, 6),
}  # fmt: skip
"""Parts of a year as EDTF numbers them (level 2, sub-year groupings): first month, how many. Seasons are the northern
ones, as meteorologists count them."""


def content(article: Article) -> dict[str, Any]:
    """Give the columns of `articles` that hold what the source says."""
    columns: dict[str, Any] = {name: getattr(article, name) for name in CONTENT}
    return columns | {
        "authors": list(article.authors), "published_at": article.published_at, "wire": wire_json(article.wire),
        "content_digest": article.content_digest,
    }  # fmt: skip


def derived(article: Article, n: int) -> dict[Any, list[dict[str, Any]]]:
    """Give the rows for each table of `DERIVED`, in the order in which the article has them."""
    return {
        t.Stage: [{"n": n, "stage": stage, "version": version} for stage, version in article.stages],
        t.Quotation: [_quotation(q, n) | _around(article.body, q) for q in article.quotations],
        t.Timex: [
            {"n": n, "start": x.start, "stop": x.end, "text": x.text, "type": x.type, "value": x.value,
             "earliest": x.earliest, "latest": x.latest} for x in article.timexes
        ],
        t.Event: [
            {"n": n, "date": e.date, **_days(e.date), "precision": e.precision, "start": e.start, "stop": e.end,
             "text": e.text, "people": list(e.people), "gone": False, "modality": e.modality,
             "places": places(article.mentions, e.start, e.end)} for e in article.events
        ],
        t.Mention: _mentions(article.mentions, n),
    }  # fmt: skip


def places(mentions: Iterable[Any], start: int, end: int) -> list[str]:
    """Give the names of the places that a stretch of the body names. Mentions have a type, a name and spans."""
    named = (m for m in mentions if m.type == "Place")
    return sorted({m.name for m in named if any(start <= begin < end for begin, _ in m.spans)})


def statement(s: Statement) -> dict[str, Any]:
    """Give the columns of `statements` beside the id."""
    return {
        "text": s.text, "type": s.type, "speaker": s.speaker, "speaker_type": s.speaker_type, "said": s.said,
        "said_basis": s.said_basis, "agreement": s.agreement, **_days(s.said or "", "said_"),
    }  # fmt: skip


def as_statement(row: Mapping[str, Any]) -> Statement:
    """Make a statement from its row, without its members."""
    names = ("id", "text", "type", "speaker", "speaker_type", "said", "said_basis", "agreement")
    return Statement(**{name: row[name] for name in names}, members=())


def occurrence(o: Occurrence) -> dict[str, Any]:
    """Give the columns of `occurrences` beside the id."""
    return {
        "date": o.date, **_days(o.date), "precision": o.precision, "text": o.text, "people": list(o.people),
        "modality": o.modality,
    }  # fmt: skip


def as_occurrence(row: Mapping[str, Any]) -> Occurrence:
    """Make an occurrence from its row, without its members."""
    names = ("id", "date", "precision", "text", "modality")
    return Occurrence(**{name: row[name] for name in names}, people=tuple(row["people"]), members=())


def _days(date: str, prefix: str = "") -> dict[str, Any]:
    earliest, latest = days(date)
    return {f"{prefix}earliest": earliest, f"{prefix}latest": latest}


def days(date: str) -> tuple[str | None, str | None]:
    """Give the first and the last day that an EDTF date covers, both null if it is none or outside the years 1 to 9999.

    A time covers its day, `2026-W10` Monday to Sunday, `199X` ten years, `2026-XX-05` all of 2026. A season is three
    whole months, and winter (`2026-24`) begins in the December of its year.
    """
    try:
        first, last = _span(date.partition("T")[0])
    except ValueError:
        return None, None
    return first.isoformat(), last.isoformat()


def _span(date: str) -> tuple[Date, Date]:
    if week := _WEEK.fullmatch(date):
        year, number = int(week[1]), int(week[2])
        return Date.fromisocalendar(year, number, 1), Date.fromisocalendar(year, number, 7)
    if not (read := _DATE.fullmatch(date)):
        raise ValueError(date)
    years, part, day = read.groups()
    first, last = int(years.replace("X", "0")), int(years.replace("X", "9"))
    if part in {None, "XX"}:
        return Date(max(first, 1), 1, 1), Date(last, 12, 31)
    if day not in {None, "XX"}:
        return Date(max(first, 1), int(part), int(day)), Date(last, int(part), int(day))
    begins, months = _PARTS.get(part) or (int(part), 1)
    carried, ends = divmod(begins + months - 2, 12)
    last += carried
    return Date(max(first, 1), begins, 1), Date(last, ends + 1, monthrange(last, ends + 1)[1])


def _quotation(q: Quotation, n: int) -> dict[str, Any]:
    speaker = q.speaker
    at = speaker.mention if speaker else q.unnamed
    return {
        "n": n, "start": q.start, "stop": q.end, "text": q.text, "type": q.type, "verb": q.verb,
        "speaker": speaker.name[:LONGEST_NAME] if speaker else None, "speaker_type": speaker.type if speaker else None,
        "speaker_mention": None if at is None else {"text": at.text, "start": at.start, "end": at.end},
        "said": q.said, "said_basis": q.said_basis, "confidence": q.confidence, "gone": False,
    }  # fmt: skip


def _around(body: str, q: Quotation) -> dict[str, Any]:
    """Give the reporter's words beside a fragment, as far as the line and the next quotation mark."""
    if q.type != "mixed":
        return {"lead": None, "tail": None}
    lead = _MARKS.split(body[max(0, q.start - AROUND) : q.start].rstrip(MARKS))[-1]
    tail = _MARKS.split(body[q.end : q.end + AROUND].lstrip(MARKS))[0]
    return {"lead": lead.strip() or None, "tail": tail.strip() or None}


def _mentions(mentions: tuple[Mention, ...], n: int) -> list[dict[str, Any]]:
    """One row a name and type: a name that comes twice has its spans put together."""
    spans: dict[tuple[str, str], list[list[int]]] = {}
    for m in mentions:
        spans.setdefault((m.type, storable(m.name)[:LONGEST_NAME]), []).extend([start, end] for start, end in m.spans)
    return [{"n": n, "type": type_, "name": name, "spans": found} for (type_, name), found in spans.items()]


def article(row: Mapping[str, Any], found: Mapping[Any, list[Any]]) -> Article:
    """Make the article again from its columns and its derived rows (by table; a missing table reads as none)."""

    def every(table: Any, make: Callable[[Any], Any]) -> tuple[Any, ...]:
        return tuple(make(r) for r in found.get(table, ()))

    return Article(
        **{name: row[name] for name in CONTENT},
        authors=tuple(row["authors"]),
        wire=read_wire(row["wire"]),
        quotations=every(t.Quotation, quotation),
        timexes=every(
            t.Timex,
            lambda r: Timex(
                text=r.text, start=r.start, end=r.stop, type=r.type, value=r.value, earliest=r.earliest, latest=r.latest
            ),
        ),
        events=every(t.Event, event),
        mentions=every(t.Mention, lambda r: Mention(name=r.name, type=r.type, spans=tuple((s, e) for s, e in r.spans))),
        stages=every(t.Stage, lambda r: (r.stage, r.version)),
    )


def quotation(row: Any) -> Quotation:
    """Make a quotation from a row with the columns of `quotations`."""
    mention = None if row.speaker_mention is None else Span(**row.speaker_mention)
    speaker = None if row.speaker is None else Speaker(name=row.speaker, type=row.speaker_type, mention=mention)
    return Quotation(
        text=row.text, start=row.start, end=row.stop, type=row.type, verb=row.verb, speaker=speaker, said=row.said,
        said_basis=row.said_basis, confidence=row.confidence, unnamed=None if speaker else mention,
    )  # fmt: skip


def event(row: Any) -> Event:
    """Make an event from a row with the columns of `events`."""
    return Event(
        date=row.date, precision=row.precision, text=row.text, start=row.start, end=row.stop, people=tuple(row.people),
        modality=row.modality,
    )  # fmt: skip
