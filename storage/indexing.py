"""Fills the index of the quote book and the timeline for what was filed before there was one. Nothing is announced.

Each page is a transaction of its own: others may write between two of them, and what is broken off goes on where it
was.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from itertools import groupby
from typing import Any, Final

from sqlalchemy import Connection, bindparam, func, select, update

from storage import finding, rows
from storage import tables as t
from storage.clusters import OCCURRENCES, STATEMENTS, Kind

AT_ONCE: Final = 500
"""Rows that one transaction sees to; others wait for it some tenths of a second."""

Writing = Callable[[], AbstractContextManager[Connection]]
"""Opens a transaction that may write."""


def fill(writing: Writing) -> int:
    """Look up the places of events that nobody has looked up, and index what is not in the index. Gives how many."""
    event: int | None = 0
    while event is not None:
        with writing() as conn:
            event = _find_places(conn, after=event)
    indexed = 0
    for kind in (STATEMENTS, OCCURRENCES):
        last: str | None = ""
        while last is not None:
            with writing() as conn:
                n, last = _index(conn, kind, after=last)
            indexed += n
    return indexed


def _find_places(conn: Connection, *, after: int) -> int | None:
    """Look up the places of a page of events. Gives the id of the last one; None if there was none."""
    e, m = t.Event, t.Mention
    wanted = select(e.id, e.n, e.start, e.stop).where(e.places.is_(None), e.id > after).order_by(e.id).limit(AT_ONCE)
    page = conn.execute(wanted).all()
    if not page:
        return None
    named = select(m.n, m.type, m.name, m.spans).where(m.n.in_({row.n for row in page}), m.type == "Place")
    by_article = {n: list(found) for n, found in groupby(conn.execute(named.order_by(m.n)), lambda row: row.n)}
    found = [{"event": row.id, "named": rows.places(by_article.get(row.n, ()), row.start, row.stop)} for row in page]
    conn.execute(update(e).where(e.id == bindparam("event")).values(places=bindparam("named")), found)
    return int(page[-1].id)


def _index(conn: Connection, kind: Kind, *, after: str) -> tuple[int, str | None]:
    """Index what is not in the index of a page. Gives how many those were, and the id of the last of all, if any."""
    f, first = kind.family, finding.KINDS[kind.member.__tablename__]
    page = conn.execute(select(f.__table__).where(f.id > after).order_by(f.id).limit(AT_ONCE)).mappings().all()
    if not page:
        return 0, None
    # Asked for these alone: PostgreSQL would hold the whole index against the whole table for each page.
    there = select(t.Find.id).where(t.Find.key >= first, t.Find.key <= first + finding.LAST)
    known = set(conn.execute(there.where(t.Find.id.in_([row["id"] for row in page]))).scalars())
    fresh = [row for row in page if row["id"] not in known]
    members = _members(conn, kind, [row["id"] for row in fresh])
    decided = {row["id"]: (dict(row), members[row["id"]]) for row in fresh}
    finding.keep(conn, kind.member.__tablename__, decided, (), whole=True)
    return len(fresh), str(page[-1]["id"])


def _members(conn: Connection, kind: Kind, ids: Sequence[str]) -> dict[str, list[Any]]:
    a, m = t.Article, kind.member
    key = getattr(m, kind.key)
    outlet = func.coalesce(a.publisher, a.agency).label("outlet")
    found: dict[str, list[Any]] = {id_: [] for id_ in ids}
    for row in conn.execute(select(m.__table__, outlet).join(a, a.n == m.n).where(key.in_(ids))):
        found[getattr(row, kind.key)].append(row)
    return found
