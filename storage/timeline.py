"""The timeline: what happened when, one event a row, with every article that reports it.

Which events of several articles are one is decided elsewhere; here it is written down and read back.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Select, and_, or_, select, tuple_

from storage import clusters, rows, searching
from storage import tables as t
from storage.catalogue import PAGE, pages
from storage.clusters import OCCURRENCES, WRITTEN_OUT
from storage.records import Occurrence, Reported
from storage.searching import Asked

_BY_ID: Final = select(t.Occurrence.__table__).where(t.Occurrence.id.in_(WRITTEN_OUT))


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """Events that may be one; `links` are the pairs of related articles among those that report them."""

    reported: tuple[Reported, ...]
    links: frozenset[tuple[str, str]]
    found: clusters.Near


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """Events of new articles, what they are held against, and the occurrences of these by their keys."""

    reported: tuple[Reported, ...]
    standing: tuple[Reported, ...]
    occurrences: dict[int, Occurrence]
    found: clusters.Beside


def near(conn: Connection, ns: Collection[int], stories: Collection[str] = ()) -> Near:
    """Give what the occurrences in some articles or stories may depend on.

    `ns` are articles that are new, revised, or that changed their story or a relation; `stories` have lost one.
    """
    found = clusters.near(conn, OCCURRENCES, ns, stories)
    return Near(reported=tuple(map(_reported, found.rows)), links=found.links, found=found)


def beside(conn: Connection, ns: Collection[int], stories: Collection[str], linked: Collection[int]) -> Beside:
    """Give what new articles carry beside the wordings of their `stories` and what the `linked` articles carry."""
    found = clusters.beside(conn, OCCURRENCES, ns, stories, linked)
    told = {id_: rows.as_occurrence(row) for id_, row in found.clusters.items()}
    return Beside(
        reported=tuple(map(_reported, found.rows)),
        standing=tuple(map(_reported, found.standing)),
        occurrences={row.id: told[row.occurrence_id] for row in found.standing},
        found=found,
    )


def _reported(row: Any) -> Reported:
    return Reported(
        key=row.id, article=row.article, story=row.story, published_at=row.published_at, event=rows.event(row)
    )


def set_occurrences(
    conn: Connection,
    around: Near | Beside,
    occurrences: Sequence[Occurrence],
    wordings: Mapping[str, Sequence[int]],
    *,
    now: datetime,
) -> int:
    """Write down which events of `around` are one occurrence; every one of them is in one. Gives how many differ.

    Beside what stands, `occurrences` are those that are new or have more members now, and `members` the new ones.
    `wordings` are the keys of early carriers of each wording, by story.
    """
    decided = {s.id: (rows.occurrence(s), s.members) for s in occurrences}
    return clusters.settle(conn, OCCURRENCES, around.found, decided, wordings, _described, now=now)


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
    Dates that cannot be read come last. `story` asks for what articles of a story report; the other conditions are
    those of `searching.Asked`. An event is told under the story of its first report.
    """
    if person is not None or since is not None or until is not None:
        asked = Asked(story=story, person=person, since=since, until=until)
        for ids in searching.pages(conn, "events", asked, limit=PAGE):
            yield from (row for row, _ in _told(conn, ids))
        return
    wanted = select(t.Occurrence.__table__)
    if story is not None:
        wanted = wanted.where(clusters.within(OCCURRENCES, story))
    for page in _pages(conn, wanted):
        reports = clusters.carriers(conn, OCCURRENCES, [row.id for row in page])
        for row in page:
            yield _row(row, reports[row.id])


def find(conn: Connection, asked: Asked, *, after: str | None = None, limit: int = PAGE) -> Iterator[dict[str, Any]]:
    """Give the events that are asked for, in the order of `events`, with more to read them by.

    `first` is who reported it first, `outlets` are all who do. What touches the range of days counts; dates that
    cannot be read come last, in every range: nobody knows that they lie outside of it. `limit` rows are read at once;
    `after` is the id of the row to go on behind. Raises as `searching.pages`.
    """
    for ids in searching.pages(conn, "events", asked, after=after, limit=limit):
        for row, reports in _told(conn, ids):
            yield row | {"first": clusters.as_first(reports[0]), "outlets": clusters.bearers(reports)}


def _told(conn: Connection, ids: Sequence[str]) -> Iterator[tuple[dict[str, Any], list[clusters.Carried]]]:
    found = {row.id: row for row in conn.execute(_BY_ID, {"keys": ids})}
    reports = clusters.carriers(conn, OCCURRENCES, ids)
    yield from ((_row(found[id_], reports[id_]), reports[id_]) for id_ in ids)


def _row(row: Any, reports: Sequence[clusters.Carried]) -> dict[str, Any]:
    articles = clusters.carried_json(reports, OCCURRENCES)
    return {"id": row.id, **_described(row._mapping), "story": reports[0].story, "articles": articles}  # noqa: SLF001


def _pages(conn: Connection, wanted: Select[Any]) -> Iterator[Sequence[Any]]:
    o = t.Occurrence
    named = tuple_(o.date, o.id)

    def further(row: Any) -> Any:
        finer = or_(o.latest < row.latest, and_(o.latest == row.latest, named > (row.date, row.id)))
        return and_(o.earliest >= row.earliest, or_(o.earliest > row.earliest, finer))

    yield from pages(conn, wanted.where(o.earliest.is_not(None)), further, o.earliest, o.latest.desc(), o.date, o.id)
    yield from pages(conn, wanted.where(o.earliest.is_(None)), lambda row: named > (row.date, row.id), o.date, o.id)


def _described(columns: Mapping[str, Any]) -> dict[str, Any]:
    return {name: columns[name] for name in ("date", "precision", "modality", "text", "people")}
