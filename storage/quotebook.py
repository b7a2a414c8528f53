"""The quote book: who said what, one statement a row, with every article that carries it.

Which quotations are one statement is decided elsewhere; here it is written down and read back.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from storage import clusters, rows
from storage import tables as t
from storage.catalogue import dated_pages
from storage.clusters import STATEMENTS
from storage.records import Carried, Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """Quotations that may be one statement; `links` are the pairs of related articles among their carriers."""

    carried: tuple[Carried, ...]
    links: frozenset[tuple[str, str]]
    found: clusters.Near


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """Quotations of new articles, what they are held against, and the statements of these by their keys."""

    carried: tuple[Carried, ...]
    standing: tuple[Carried, ...]
    statements: dict[int, Statement]
    found: clusters.Beside


def near(conn: Connection, ns: Collection[int], stories: Collection[str] = ()) -> Near:
    """Give what the statements in some articles or stories may depend on.

    `ns` are articles that are new, revised, or that changed their story or a relation; `stories` have lost one.
    """
    found = clusters.near(conn, STATEMENTS, ns, stories)
    return Near(carried=tuple(map(_carried, found.rows)), links=found.links, found=found)


def is_all(conn: Connection, around: Near, ns: Collection[int]) -> bool:
    """Tell if `near` would give nothing more for these articles than it has given."""
    return clusters.is_all(conn, around.found, ns)


def beside(conn: Connection, ns: Collection[int], stories: Collection[str], linked: Collection[int]) -> Beside:
    """Give what new articles carry beside the wordings of their `stories` and what the `linked` articles carry."""
    found = clusters.beside(conn, STATEMENTS, ns, stories, linked)
    told = {id_: rows.as_statement(row) for id_, row in found.clusters.items()}
    return Beside(
        carried=tuple(map(_carried, found.rows)),
        standing=tuple(map(_carried, found.standing)),
        statements={row.id: told[row.statement_id] for row in found.standing},
        found=found,
    )


def _carried(row: Any) -> Carried:
    return Carried(
        key=row.id, article=row.article, story=row.story, published_at=row.published_at, quotation=rows.quotation(row),
        lead=row.lead or "", tail=row.tail or "",
    )  # fmt: skip


def set_statements(
    conn: Connection,
    around: Near | Beside,
    statements: Sequence[Statement],
    wordings: Mapping[str, Sequence[int]],
    *,
    now: datetime,
) -> int:
    """Write down which quotations of `around` are one statement; every one of them is in one. Gives how many differ.

    Beside what stands, `statements` are those that are new or have more members now, and `members` the new ones.
    `wordings` are the keys of early carriers of each wording, by story.
    """
    decided = {s.id: (rows.statement(s), s.members) for s in statements}
    return clusters.settle(conn, STATEMENTS, around.found, decided, wordings, _described, now=now)


def quotes(conn: Connection, *, speaker: str | None = None, story: str | None = None) -> Iterator[dict[str, Any]]:
    """Give statements as `export quotes` prints them, by the first day that they can have been said, undated ones last.

    `speaker` is part of a name, in any case; `story` asks for what articles of a story carry.
    """
    s = t.Statement
    wanted = select(s.__table__)
    if speaker is not None:
        wanted = wanted.where(s.speaker_folded.contains(rows.folded(speaker), autoescape=True))
    if story is not None:
        wanted = wanted.where(clusters.within(STATEMENTS, story))
    for page in dated_pages(conn, wanted, s.said_earliest, s.id):
        carriers = clusters.carriers(conn, STATEMENTS, [row.id for row in page])
        for row in page:
            carried = clusters.carriers_json(clusters.carrier_of(c) for c in carriers[row.id])
            yield {"id": row.id, **_described(row._mapping), "carriers": carried}  # noqa: SLF001


def _described(columns: Mapping[str, Any]) -> dict[str, Any]:
    named = columns["speaker"] is not None
    return {
        "text": columns["text"], "type": columns["type"],
        "speaker": {"name": columns["speaker"], "type": columns["speaker_type"]} if named else None,
        "dateSaid": columns["said"], "dateSaid_basis": columns["said_basis"], "agreement": columns["agreement"],
    }  # fmt: skip
