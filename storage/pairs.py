"""What articles are to each other, in pairs. It writes down what others have judged.

One transaction may take a pair's relation back and judge it again: `announce` tells the change feed at its end what is
different now.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, insert, or_, select

from storage import changes
from storage import tables as t
from storage.archive import chunks, numbers
from storage.records import Passage, Relation

_A, _R = t.Article, t.Relation
_KEYS: Final[Any] = bindparam("keys", expanding=True)
_OTHERS: Final[Any] = bindparam("others", expanding=True)
_INSERT: Final = insert(_R)
_ONE, _TWO = _A.__table__.alias("one"), _A.__table__.alias("two")
PAIRS: Final = (
    select(_ONE.c.id, _TWO.c.id, _R.grade, _R.score, _R.coverage_a, _R.coverage_b, _R.reason)
    .join(_ONE, _ONE.c.n == _R.a_n)
    .join(_TWO, _TWO.c.n == _R.b_n)
)
_GRADES: Final = tuple(PAIRS.where(end.in_(_KEYS)) for end in (_R.a_n, _R.b_n))
_RELATIONS: Final = tuple(query.add_columns(_R.passages) for query in _GRADES)
_AMONG: Final = PAIRS.add_columns(_R.passages).where(_R.a_n.in_(_KEYS), _R.b_n.in_(_OTHERS))
_KEPT: Final = select(_R.__table__).where(_R.a_n.in_(_KEYS), _R.b_n.in_(_OTHERS))
_MINE: Final = tuple(
    select(_R.__table__, _ONE.c.id.label("one"), _TWO.c.id.label("two"))
    .join(_ONE, _ONE.c.n == _R.a_n)
    .join(_TWO, _TWO.c.n == _R.b_n)
    .where(end == bindparam("n"))
    for end in (_R.a_n, _R.b_n)
)
_SAYS: Final = ("grade", "score", "coverage_a", "coverage_b", "reason", "passages")
_TOUCHED: Final = "wiredesk_pairs"


def relate(conn: Connection, relations: Sequence[Relation], *, version: int, now: datetime) -> int:
    """Write relations down, made by that version of the judge; a pair that has one gets the new one instead.

    Gives how many rows are new or different. Both articles of each pair must be filed.
    """
    n_of = numbers(conn, {end for r in relations for end in (r.article, r.other)})
    named = {(n_of[r.article], n_of[r.other]): (r.article, r.other) for r in relations}
    made = {(n_of[r.article], n_of[r.other]): _relation_row(r) | {"version": version} for r in relations}
    kept = {
        (row["a_n"], row["b_n"]): {name: row[name] for name in row if name not in {"a_n", "b_n", "made_at"}}
        for some in chunks({a for a, _ in made})
        for others in chunks({b for _, b in made})
        for row in conn.execute(_KEPT, {"keys": some, "others": others}).mappings()
    }
    altered = {pair: row for pair, row in made.items() if kept.get(pair) != row}
    for a_n, b_n in altered.keys() & kept.keys():
        conn.execute(delete(_R).where(_R.a_n == a_n, _R.b_n == b_n))
    if altered:
        conn.execute(_INSERT, [row | {"a_n": a, "b_n": b, "made_at": now} for (a, b), row in altered.items()])
    for pair, row in altered.items():
        _touch(conn, pair, named[pair], before=kept.get(pair), after=row)
    return len(altered)


def _relation_row(relation: Relation) -> dict[str, Any]:
    return {
        "grade": relation.grade, "score": relation.score, "coverage_a": relation.coverage[0],
        "coverage_b": relation.coverage[1], "reason": relation.reason,
        "passages": [[*p.a, *p.b, p.text] for p in relation.passages],
    }  # fmt: skip


def unrelate(conn: Connection, n: int) -> tuple[str, ...]:
    """Drop every relation of an article; give the ids of the articles on the other side."""
    found = [row for query in _MINE for row in map(dict, conn.execute(query, {"n": n}).mappings())]
    conn.execute(delete(_R).where(or_(_R.a_n == n, _R.b_n == n)))
    for row in found:
        _touch(conn, (row["a_n"], row["b_n"]), (row["one"], row["two"]), before=row, after=None)
    return tuple(sorted(row["two"] if row["a_n"] == n else row["one"] for row in found))


@dataclass(slots=True)
class _Touched:
    """A pair that this transaction has written to: the ids, and what its relation said before and says now."""

    ids: tuple[str, str]
    before: dict[str, Any] | None
    after: dict[str, Any] | None


def _touch(
    conn: Connection,
    pair: tuple[int, int],
    ids: tuple[str, str],
    *,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
) -> None:
    # A connection is given out for one transaction, and what it remembers ends with it.
    if _TOUCHED not in conn.get_execution_options():
        conn.execution_options(**{_TOUCHED: {}})
    touched: dict[tuple[int, int], _Touched] = conn.get_execution_options()[_TOUCHED]
    known = touched.setdefault(pair, _Touched(ids=ids, before=_says(before), after=None))
    known.after = _says(after)


def _says(row: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if row is None else {name: row[name] for name in _SAYS}


def announce(conn: Connection, *, now: datetime) -> None:
    """Tell the change feed which pairs are something else now than when the transaction began. Call it at its end."""
    touched: dict[tuple[int, int], _Touched] = conn.get_execution_options().get(_TOUCHED, {})
    changes.append_pairs(conn, {n: pair.ids for n, pair in touched.items() if pair.before != pair.after}, now=now)
    touched.clear()


def of(conn: Connection, ids: Collection[str], *, passages: bool = True) -> tuple[Relation, ...]:
    """Give every relation with an end in `ids`, by pair; those of many articles are much lighter without passages."""
    found = {
        (row[0], row[1]): relation(row)
        for some in chunks(numbers(conn, ids).values())
        for query in (_RELATIONS if passages else _GRADES)
        for row in conn.execute(query, {"keys": some})
    }
    return tuple(found[pair] for pair in sorted(found))


def among(conn: Connection, ids: Collection[str]) -> tuple[Relation, ...]:
    """Give every relation between two of the `ids`. What a much-copied one has besides is not read."""
    ns = list(numbers(conn, ids).values())
    found = (
        row
        for some in chunks(ns)
        for others in chunks(ns)
        for row in conn.execute(_AMONG, {"keys": some, "others": others})
    )
    return tuple(sorted(map(relation, found), key=lambda r: (r.article, r.other)))


def relation(row: Sequence[Any]) -> Relation:
    """Make a relation from (article, other, grade, score, both coverages, reason) and, if read, its passages."""
    article, other, grade, score, coverage_a, coverage_b, reason, *read = row
    return Relation(
        article=article, other=other, grade=grade, score=score, coverage=(coverage_a, coverage_b), reason=reason,
        passages=tuple(Passage(a=(p[0], p[1]), b=(p[2], p[3]), text=p[4]) for p in (read[0] if read else ())),
    )  # fmt: skip
