"""The timeline: what happened when, one event a row, with every article that reports it.

Which events of several articles are one is decided elsewhere; here it is written down and read back.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, or_, select, tuple_

from storage import clusters, rows
from storage import tables as t
from storage.catalogue import pages
from storage.clusters import OCCURRENCES
from storage.records import Occurrence, Reported


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """Events that may be one; `links` are the pairs of related articles among those that report them."""

    reported: tuple[Reported, ...]
    links: frozenset[tuple[str, str]]
    found: clusters.Near


def near(conn: Connection, ns: Collection[int]) -> Near:
    """Give what the events in some articles may depend on: `ns` are those that are new, revised, or that changed their
    story or a relation.
    """
    found = clusters.near(conn, OCCURRENCES, ns)
    reported = tuple(
        Reported(key=row.id, article=row.article, story=row.story, published_at=row.published_at, event=rows.event(row))
        for row in found.rows
    )
    return Near(reported=reported, links=found.links, found=found)


def set_occurrences(conn: Connection, around: Near, occurrences: Sequence[Occurrence], *, now: datetime) -> int:
    """Write down which events of `around` are one; every one of them is in one. Gives how many differ."""
    decided = {o.id: (rows.occurrence(o), o.members) for o in occurrences}
    return clusters.settle(conn, OCCURRENCES, around.found, decided, _described, now=now)


def events(
    conn: Connection,
    *,
    story: str | None = None,
    person: str | None = None,
    since: str | None = None,
    until: str | None = None,
) -> Iterator[dict[str, Any]]:
    """Give events as `export timeline` prints them, by the first day of their date.

    Coarser dates come before finer ones: a year before its January, that before its first day, a day before its hours.
    `since` and `until` are days, both included, and what touches them counts. Dates that cannot be read come last, in
    every range: nobody knows that they lie outside of it. `person` is a part of a name that the event's sentence has,
    in any case. An event is told under the story of its first report.
    """
    o = t.Occurrence
    wanted = select(o.__table__)
    if story is not None:
        wanted = wanted.where(clusters.within(OCCURRENCES, story))
    if person is not None:
        wanted = wanted.where(o.people_folded.contains(rows.folded(person), autoescape=True))
    if since is not None:
        wanted = wanted.where(or_(o.latest >= since, o.latest.is_(None)))
    if until is not None:
        wanted = wanted.where(or_(o.earliest <= until, o.earliest.is_(None)))
    for page in _pages(conn, wanted):
        reports = clusters.carriers(conn, OCCURRENCES, [row.id for row in page])
        for row in page:
            first = reports[row.id][0]
            articles = clusters.carriers_json(clusters.carrier_of(r) for r in reports[row.id])
            yield {"id": row.id, **_described(row._mapping), "story": first.story, "articles": articles}  # noqa: SLF001


def _pages(conn: Connection, wanted: Select[Any]) -> Iterator[Sequence[Any]]:
    o = t.Occurrence
    named = tuple_(o.date, o.id)

    def further(row: Any) -> Any:
        finer = or_(o.latest < row.latest, and_(o.latest == row.latest, named > (row.date, row.id)))
        return and_(o.earliest >= row.earliest, or_(o.earliest > row.earliest, finer))

    yield from pages(conn, wanted.where(o.earliest.is_not(None)), further, o.earliest, o.latest.desc(), o.date, o.id)
    yield from pages(conn, wanted.where(o.earliest.is_(None)), lambda row: named > (row.date, row.id), o.date, o.id)


def _described(columns: Mapping[str, Any]) -> dict[str, Any]:
    return {name: columns[name] for name in ("date", "precision", "text", "people")}
