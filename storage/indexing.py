"""Fills the index of the quote book and the timeline for what was filed before there was one. Nothing is announced."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any, Final

from sqlalchemy import Connection, bindparam, func, select, update

from storage import finding, rows
from storage import tables as t
from storage.clusters import OCCURRENCES, STATEMENTS, Kind

AT_ONCE: Final = 500


def fill(conn: Connection) -> int:
    """Look up the places of events that nobody has looked up, and index what is not in the index. Gives how many."""
    _find_places(conn)
    return sum(_index(conn, kind) for kind in (STATEMENTS, OCCURRENCES))


def _find_places(conn: Connection) -> None:
    e, m = t.Event, t.Mention
    last = 0
    wanted = select(e.id, e.n, e.start, e.stop).where(e.places.is_(None)).order_by(e.id).limit(AT_ONCE)
    while page := conn.execute(wanted.where(e.id > last)).all():
        last = page[-1].id
        named = select(m.n, m.type, m.name, m.spans).where(m.n.in_({row.n for row in page}), m.type == "Place")
        by_article = {n: list(found) for n, found in groupby(conn.execute(named.order_by(m.n)), lambda row: row.n)}
        found = [
            {"event": row.id, "named": rows.places(by_article.get(row.n, ()), row.start, row.stop)} for row in page
        ]
        conn.execute(update(e).where(e.id == bindparam("event")).values(places=bindparam("named")), found)


def _index(conn: Connection, kind: Kind) -> int:
    f, first = kind.family, finding.KINDS[kind.member.__tablename__]
    there = select(t.Find.key).where(t.Find.id == f.id, t.Find.key >= first, t.Find.key <= first + finding.LAST)
    wanted = select(f.__table__).where(~there.exists()).order_by(f.id).limit(AT_ONCE)
    indexed, last = 0, ""
    while page := conn.execute(wanted.where(f.id > last)).mappings().all():
        last = page[-1]["id"]
        members = _members(conn, kind, [row["id"] for row in page])
        decided = {row["id"]: (dict(row), members[row["id"]]) for row in page}
        finding.keep(conn, kind.member.__tablename__, decided, (), whole=True)
        indexed += len(page)
    return indexed


def _members(conn: Connection, kind: Kind, ids: Sequence[str]) -> dict[str, list[Any]]:
    a, m = t.Article, kind.member
    key = getattr(m, kind.key)
    outlet = func.coalesce(a.publisher, a.agency).label("outlet")
    found: dict[str, list[Any]] = {id_: [] for id_ in ids}
    for row in conn.execute(select(m.__table__, outlet).join(a, a.n == m.n).where(key.in_(ids))):
        found[getattr(row, kind.key)].append(row)
    return found
