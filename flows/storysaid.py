"""What is said and what happened, on the page of a story: by speaker, and by date. Reads the store, writes nothing.

Both parts are bounded: what most outlets carry is told, and the rest counted.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Connection

from flows import storydrawing, storywords
from flows.lists import carriers
from flows.storydrawing import Column, Dot, Scale, Tick
from flows.storywords import Context, When
from storage import archive, quotebook, timeline
from storage.archive import Shelved
from storage.catalogue import Story

MOST_STATEMENTS: Final = 200
MOST_EVENTS: Final = 200
MOST_NAMES: Final = 8
"""Outlets named after a quotation or an event; the others are counted."""
_NEAR_BY: Final = timedelta(days=366)
"""How far from the days of its publication dates of a story are drawn: one from 1974 would leave no room for these."""
_LANES: Final = 4

_AGREEMENT: Final = {
    "same": "same words everywhere",
    "variant": "wordings differ",
    "disputed": "disputed: one outlet puts in quotation marks what another only reports",
}
_KINDS: Final = {"direct": "word for word", "mixed": "partly word for word", "indirect": "in reported speech"}
_EXPECTED: Final = {"planned": "planned", "conditional": "may happen"}
_BASIS: Final = {"sentence": "as its sentence says", "published": "the day of publication"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One statement. `wordings` are its texts with who carries each, its own first; `context` is that of the first."""

    text: str
    language: str
    kind: str
    when: When
    basis: str
    agreement: str
    disputed: bool
    wordings: tuple[tuple[str, str], ...]
    context: Context | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One event. `expected` says so of what has not happened yet when it is reported."""

    text: str
    language: str
    by: str
    expected: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """What happened on one date."""

    when: When
    precision: str
    events: tuple[Happening, ...]
    later: str
    """how much later than the one before it this is, if that is much"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """The dates of a story, drawn. `published` is the stretch in which its articles came out."""

    columns: tuple[Column, ...]
    bars: tuple[tuple[Dot, ...], ...]
    ticks: tuple[Tick, ...]
    published: tuple[float, float] | None
    left_out: int
    highest: int


def speakers(conn: Connection, story: Story) -> tuple[list[tuple[str, list[Said]]], int]:
    """Give what is said in the story by speaker, who says most first, no speaker last; and how much is left out."""
    rows = list(quotebook.quotes(conn, story=story.id))
    kept = sorted(rows, key=lambda row: -len(row["carriers"]))[:MOST_STATEMENTS]  # a sort keeps the order of equals
    chosen = {row["id"] for row in kept}
    kept = [row for row in rows if row["id"] in chosen]
    named = carriers(conn)({c["article"] for row in kept for c in row["carriers"]})
    sources = _sides(conn, (_worded(row)["article"] for row in kept))
    found: dict[str, list[Said]] = {}
    for row in kept:
        speaker = row["speaker"]["name"] if row["speaker"] else ""
        found.setdefault(speaker, []).append(_said(row, named, sources))
    order = sorted(found, key=lambda name: (not name, -len(found[name]), name))
    return [(name, found[name]) for name in order], len(rows) - len(kept)


def _sides(conn: Connection, articles: Iterable[str]) -> dict[str, Shelved]:
    ns = archive.numbers(conn, set(articles)).values()
    return {side.id: side for side in archive.sides(conn, list(ns)).values()}


def _said(row: Mapping[str, Any], named: Mapping[str, str], sources: Mapping[str, Shelved]) -> Said:
    first = _worded(row)
    source = sources[first["article"]]
    body = source.body
    stands = body[first["start"] : first["end"]] == first["text"]
    wordings: dict[str, tuple[str, list[str]]] = {_bare(row["text"]): (row["text"], [])}
    for carrier in row["carriers"]:
        wordings.setdefault(_bare(carrier["text"]), (carrier["text"], []))[1].append(named[carrier["article"]])
    several = len({c["article"] for c in row["carriers"]}) > 1
    return Said(
        text=row["text"],
        language=storywords.language(source.language),
        kind=_KINDS[row["type"]],
        when=storywords.when(row["dateSaid"]),
        basis=_BASIS.get(row["dateSaid_basis"] or "", "") if row["dateSaid"] else "",
        agreement=_AGREEMENT[row["agreement"]] if several else "",
        disputed=row["agreement"] == "disputed",
        wordings=tuple((wording, _listed(by)) for wording, by in wordings.values() if by),
        context=storywords.context(body, first["start"], first["end"]) if stands else None,
    )


def _worded(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the earliest carrier of a statement's own words."""
    found: Mapping[str, Any] = next((c for c in row["carriers"] if c["text"] == row["text"]), row["carriers"][0])
    return found


def _bare(text: str) -> str:
    """Give a text without what does not make it another wording: marks, case, blanks."""
    return " ".join(re.findall(r"\w+", text.casefold()))


def _listed(names: Iterable[str]) -> str:
    known = list(dict.fromkeys(names))
    rest = len(known) - MOST_NAMES
    return ", ".join(known[:MOST_NAMES]) + (f" and {rest:,} more" if rest > 0 else "")


def dates(conn: Connection, story: Story) -> tuple[list[Dated], Drawn | None, int]:
    """Give what happened when, date by date; the same drawn; and how many events are left out."""
    rows = list(timeline.events(conn, story=story.id))
    kept = sorted(rows, key=lambda row: -len(row["articles"]))[:MOST_EVENTS]
    chosen = {row["id"] for row in kept}
    kept = [row for row in rows if row["id"] in chosen]
    named = carriers(conn)({c["article"] for row in kept for c in row["articles"]})
    sources = _sides(conn, (row["articles"][0]["article"] for row in kept))
    grouped: dict[str, list[Mapping[str, Any]]] = {}
    for row in kept:
        grouped.setdefault(row["date"], []).append(row)
    told, before = [], None
    for date, events in grouped.items():
        found = storydrawing.extent(date)
        told.append(
            Dated(
                when=storywords.when(date),
                precision=events[0]["precision"],
                events=tuple(_happening(row, named, sources) for row in events),
                later=_later(found[0] - before) if found and before else "",
            )
        )
        before = found[1] if found else before
    return told, _drawn(kept, story), len(rows) - len(kept)


def _happening(row: Mapping[str, Any], named: Mapping[str, str], sources: Mapping[str, Shelved]) -> Happening:
    return Happening(
        text=row["text"],
        language=storywords.language(sources[row["articles"][0]["article"]].language),
        by=_listed(named[c["article"]] for c in row["articles"]),
        expected=_EXPECTED.get(row["modality"] or "", ""),
    )


def _later(gap: timedelta) -> str:
    for days, unit in ((365.25, "year"), (30.44, "month")):
        if gap.days >= days:
            return f"{storywords.number(round(gap.days / days), unit)} later"
    return ""


def _drawn(rows: Sequence[Mapping[str, Any]], story: Story) -> Drawn | None:
    """Draw the days around the publication of a story, and what is vaguer than a day but not than all of them."""
    extents = [e for row in rows if (e := storydrawing.extent(row["date"]))]
    carried = [e for m in story.members if (e := storydrawing.extent(m.published))]
    published = [(min(e[0] for e in carried), max(e[1] for e in carried))] if carried else []
    near = [e for e in extents if all(e[1] > p[0] - _NEAR_BY and e[0] < p[1] + _NEAR_BY for p in published)]
    points = [e for e in near if e[1] - e[0] <= timedelta(days=1)]
    scale = Scale.around([*points, *published] if points else [*near, *published])
    if scale is None or not near:
        return None
    stacked = storydrawing.columns(scale.at(e[0] + (e[1] - e[0]) / 2) for e in points)
    vague = (e for e in near if timedelta(days=1) < e[1] - e[0] <= scale.last - scale.first)
    spans = Counter(scale.dot(e, "bar", "") for e in vague if scale.first < e[1] and e[0] < scale.last)
    bars = storydrawing.lanes(spans, most=_LANES)
    return Drawn(
        columns=tuple(stacked),
        bars=tuple(map(tuple, bars)),
        ticks=tuple(scale.ticks(finest=timedelta(days=1))),
        published=(scale.at(published[0][0]), scale.at(published[0][1])) if published else None,
        left_out=len(rows) - len(points) - sum(spans[bar] for lane in bars for bar in lane),
        highest=max((column.dots for column in stacked), default=0),
    )
