"""The timeline: what happened when, one event a row, with every article that reports it.

Which events of several articles are one is decided elsewhere; here it is written down and read back.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, or_, select

from storage import clusters, rows
from storage import tables as t
from storage.catalogue import dated_pages
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
    """Give events as `export timeline` prints them, by date; a month comes before its days, a year before its months.

    `since` and `until` are days, both included; a month or year that holds the first day counts. `person` is a part of
    a name that the event's sentence has, in any case. An event is told under the story of its first report.
    """
    o = t.Occurrence
    wanted = select(o.__table__)
    if story is not None:
        wanted = wanted.where(clusters.within(OCCURRENCES, story))
    if person is not None:
        wanted = wanted.where(o.people_folded.contains(rows.folded(person), autoescape=True))
    if since is not None:
        wanted = wanted.where(or_(o.date >= since, o.date.in_([since[:4], since[:7]])))
    if until is not None:
        wanted = wanted.where(o.date < until + "~")  # sorts after every time of that day
    for page in dated_pages(conn, wanted, o.date, o.id):
        reports = clusters.carriers(conn, OCCURRENCES, [row.id for row in page])
        for row in page:
            first = reports[row.id][0]
            articles = clusters.carriers_json(clusters.carrier_of(r) for r in reports[row.id])
            yield {"id": row.id, **_described(row._mapping), "story": first.story, "articles": articles}  # noqa: SLF001


def _described(columns: Mapping[str, Any]) -> dict[str, Any]:
    return {name: columns[name] for name in ("date", "precision", "text", "people")}
