"""The quote book: who said what, one statement a row, with every article that carries it.

Which quotations are one statement is decided elsewhere; here it is written down and read back.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, case, func, select

from storage import clusters, rows, searching
from storage import tables as t
from storage.catalogue import PAGE, dated_pages
from storage.clusters import STATEMENTS, WRITTEN_OUT
from storage.context import AROUND, sentence_around
from storage.records import Carried, Statement
from storage.searching import Asked

_TYPES: Final = ("direct", "mixed", "indirect")
_BY_ID: Final = select(t.Statement.__table__).where(t.Statement.id.in_(WRITTEN_OUT))


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


def quotes(conn: Connection, *, story: str | None = None) -> Iterator[dict[str, Any]]:
    """Give statements as `export quotes` prints them: by the first day they can have been said, undated ones last.

    `story` asks for what articles of a story carry.
    """
    s = t.Statement
    wanted = select(s.__table__)
    if story is not None:
        wanted = wanted.where(clusters.within(STATEMENTS, story))
    for page in dated_pages(conn, wanted, s.said_earliest, s.id):
        carriers = clusters.carriers(conn, STATEMENTS, [row.id for row in page])
        for row in page:
            yield _row(row, carriers[row.id])


def find(conn: Connection, asked: Asked, *, after: str | None = None, limit: int = PAGE) -> Iterator[dict[str, Any]]:
    """Give the statements that are asked for, in the order of `quotes`, with more to read them by.

    `first` is who carried it first; `context` the sentence that it stands in there, or in the first article that has
    this wording; `variants` are its wordings, quoted ones before those that are only reported. `limit` rows are read
    at once; `after` is the id of the row to go on behind. Raises as `searching.pages`.
    """
    for ids in searching.pages(conn, "quotations", asked, after=after, limit=limit):
        found = {row.id: row for row in conn.execute(_BY_ID, {"keys": ids})}
        carriers = clusters.carriers(conn, STATEMENTS, ids)
        shown = {i: next((c for c in carriers[i] if c.text == found[i].text), carriers[i][0]) for i in ids}
        contexts = _contexts(conn, [c.id for c in shown.values()])
        for id_ in ids:
            yield _row(found[id_], carriers[id_]) | {
                "first": clusters.as_first(carriers[id_][0]),
                "context": contexts[shown[id_].id],
                "variants": _variants(carriers[id_]),
            }


def _row(row: Any, carriers: Sequence[clusters.Carried]) -> dict[str, Any]:
    carried = clusters.carried_json(carriers, STATEMENTS)
    return {"id": row.id, **_described(row._mapping), "carriers": carried}  # noqa: SLF001


def _variants(carriers: Sequence[clusters.Carried]) -> list[dict[str, Any]]:
    found: dict[tuple[str | None, str], list[clusters.Carried]] = {}
    for row in carriers:
        found.setdefault((row.type, row.text), []).append(row)
    ordered = sorted(found.items(), key=lambda item: _TYPES.index(item[0][0]))
    return [{"type": type_, "text": text, "outlets": clusters.bearers(rows)} for (type_, text), rows in ordered]


def _contexts(conn: Connection, quotations: Sequence[int]) -> dict[int, str]:
    """Give the sentence around each quotation. Only that much of each body is read."""
    q, a, reach = t.Quotation, t.Article, AROUND + 1
    begin = case((q.start > reach, q.start - reach), else_=0)
    window = func.substr(a.body, begin + 1, q.stop - begin + reach)
    wanted = select(q.id, q.start - begin, q.stop - begin, window).join(a, a.n == q.n).where(q.id.in_(WRITTEN_OUT))
    found = conn.execute(wanted, {"keys": quotations})
    return {id_: sentence_around(text, start, stop) for id_, start, stop, text in found}


def _described(columns: Mapping[str, Any]) -> dict[str, Any]:
    named = columns["speaker"] is not None
    return {
        "text": columns["text"], "type": columns["type"],
        "speaker": {"name": columns["speaker"], "type": columns["speaker_type"]} if named else None,
        "dateSaid": columns["said"], "dateSaid_basis": columns["said_basis"], "agreement": columns["agreement"],
    }  # fmt: skip
