"""How much is on the shelves. What is much is not counted where that would read all of it. Only reads."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, func, select, text

from storage import changes
from storage import tables as t
from storage.columns import Base

EXACT_UP_TO: Final = 20_000
"""Rows of a table from which on PostgreSQL is asked for its own estimate (a count reads 10,000 rows in 1 ms). SQLite
counts pages, not rows: 400,000 in 2 ms."""

TABLES: Final[dict[str, type[Base]]] = {
    "articles": t.Article, "stories": t.Story, "relations": t.Relation, "quotations": t.Quotation,
    "statements": t.Statement, "events": t.Event, "occurrences": t.Occurrence, "mentions": t.Mention,
    "revisions": t.Revision,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tally:
    """How many there are, or about how many: the database's last estimate."""

    number: int
    is_exact: bool = True

    def __str__(self) -> str:
        return f"{self.number:,}" if self.is_exact else f"about {self.number:,}"


def totals(conn: Connection) -> dict[str, Tally]:
    """Say how much is filed. `copies` are articles with a parent."""
    found = {name: tally(conn, name) for name in (*TABLES, "changes")}
    copies = conn.execute(_count(t.Article, "copy_of IS NOT NULL")).scalar_one()
    return {"articles": found.pop("articles"), "stories": found.pop("stories"), "copies": Tally(copies), **found}


def tally(conn: Connection, name: str) -> Tally:
    """Count `changes`, or what `TABLES` names; a story that nobody is left in is none."""
    if name == "changes":  # by their numbers: on PostgreSQL a transaction that is rolled back leaves some out
        return Tally(changes.last(conn) - changes.dropped(conn))
    about = _estimate(conn, TABLES[name].__tablename__) if conn.dialect.name == "postgresql" else 0
    found = about if about > EXACT_UP_TO else conn.execute(_count(TABLES[name])).scalar_one()
    if name == "stories":  # to the letter, or no planner takes the index of these
        found -= conn.execute(_count(t.Story, "size = 0")).scalar_one()
    return Tally(max(found, 0), is_exact=about <= EXACT_UP_TO)


def _count(table: type[Base], which: str | None = None) -> Any:
    wanted = select(func.count()).select_from(table)
    return wanted if which is None else wanted.where(text(which))


def _estimate(conn: Connection, table: str) -> int:
    """Give the rows of a table as PostgreSQL last knew them, which it learns as it tends the table by itself."""
    known = text("SELECT reltuples FROM pg_class WHERE oid = to_regclass(:table)")
    return int(conn.execute(known, {"table": table}).scalar() or 0)
