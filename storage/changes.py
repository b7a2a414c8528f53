"""The change feed: what became different, numbered in the order in which readers may see it.

Numbers are taken under the writer lock, so none ever appears behind a reader. Reading all of them from 0 rebuilds what
the exports print; the payloads, by kind:

    article.filed, article.revised   the article record without enrichment lists, `revision`, `filed_at`, `revised_at`
    article.withdrawn `reason`, `withdrawn_at`; `deleted` is true when the article has left the archive
    story.changed     `size`, `first_at`, `last_at`, `merged_into`; `members`: who joined, or changed its parent, as
                      {"article", "copy_of"}; `left`: ids of those who went
    copy.changed      what two articles are to each other at the time of reading, as `export copies` prints it; or both
                      ids and `gone`
    quote.changed     the statement; `added` and `removed`: its carriers. `gone` is true when nobody carries it any more
    event.changed     the event; `added` and `removed`: its reports; `gone` as above

What an article said and what ties two of them is kept once, on their own shelves; the feed only points to it, and reads
it from there. Else a quarter of a database of web pages is bodies for the second time (892 pages: 19.3 MB with them,
14.7 without), and what was deleted is still in the feed. The record of an article that has been deleted since is its
`id`, `revision` and `deleted`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import Connection, Integer, and_, bindparam, func, insert, select

from storage import rows
from storage import tables as t
from storage.errors import WiredeskError
from storage.recordjson import as_json

Kind = Literal[
    "article.filed", "article.revised", "article.withdrawn", "story.changed", "copy.changed", "quote.changed",
    "event.changed",
]  # fmt: skip

_C, _A, _R, _D = t.Change, t.Article, t.Relation, t.ChangeDrop
_INSERT: Final = insert(_C)
_DROPPED: Final = select(func.max(_D.up_to))
_FORMER, _BEFORE = t.Revision.__table__.alias("former"), t.Revision.__table__.alias("before")
_RECORD: Final = [column.label(f"article_{column.name}") for column in _A.__table__.columns]
_PAIR: Final = [_R.grade, _R.score, _R.coverage_a, _R.coverage_b, _R.reason, _R.passages]


def _page() -> Any:
    """Build the question for a page: the changes first, then what each of them points to."""
    # Cut off within, so that no statistics make PostgreSQL read every article for one page.
    within = (
        select(_C.__table__)
        .where(_C.number > bindparam("after"))
        .order_by(_C.number)
        .limit(bindparam("limit", type_=Integer))
    )
    some = within.subquery()
    return (
        select(some, _FORMER.c.content, _BEFORE.c.replaced_at.label("revised_at"), *_RECORD, *_PAIR)
        .outerjoin(_A, and_(_A.n == some.c.n, some.c.revision.is_not(None)))
        .outerjoin(_FORMER, and_(_FORMER.c.n == some.c.n, _FORMER.c.revision == some.c.revision))
        .outerjoin(_BEFORE, and_(_BEFORE.c.n == some.c.n, _BEFORE.c.revision == some.c.revision - 1))
        .outerjoin(_R, and_(_R.a_n == some.c.n, _R.b_n == some.c.other_n))
        .order_by(some.c.number)
    )


PAGE: Final = _page()


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One row of the feed. `subject` is the id of the article, story, statement or event; of a pair, the smaller id."""

    number: int
    kind: Kind
    subject: str
    payload: dict[str, Any]
    at: datetime


class Told(NamedTuple):
    """What an article says in one of its revisions. `n` is the article's number."""

    subject: str
    n: int
    revision: int


class Dropped(WiredeskError):
    """The feed no longer goes back as far as somebody wants to read. `up_to`: the last number that was let go of."""

    def __init__(self, after: int, *, up_to: int, end: int) -> None:
        super().__init__(
            f"the feed no longer goes back so far: changes up to {up_to} have been let go of. Take a place at its end, "
            f"{end}, then build anew from the exports, then read on",
            subject=f"change {after}",
        )
        self.up_to = up_to


def append(conn: Connection, changes: Sequence[tuple[Kind, str, dict[str, Any]]], *, now: datetime) -> None:
    """Announce changes (kind, subject, payload) in the order given.

    Raises:
        RuntimeError: the transaction was not opened by `store.filing()`; numbers would become visible out of order.
    """
    _append(conn, [{"kind": kind, "subject": subject, "payload": payload} for kind, subject, payload in changes], now)


def append_told(
    conn: Connection, kind: Literal["article.filed", "article.revised"], told: Sequence[Told], *, now: datetime
) -> None:
    """Announce what articles say now, in the order given. Raises as `append`."""
    _append(conn, [{"kind": kind, "payload": {}, **article._asdict()} for article in told], now)


def append_pairs(conn: Connection, pairs: Mapping[tuple[int, int], tuple[str, str]], *, now: datetime) -> None:
    """Announce that pairs of articles (by their numbers, with their ids) are something else now. Raises as `append`."""
    _append(
        conn,
        [
            {"kind": "copy.changed", "subject": one, "payload": {"other": other}, "n": n, "other_n": other_n}
            for (n, other_n), (one, other) in sorted(pairs.items(), key=lambda pair: pair[1])
        ],
        now,
    )


def _append(conn: Connection, made: Sequence[dict[str, Any]], now: datetime) -> None:
    if conn.get_execution_options().get("wiredesk_mode") != "filing":
        raise RuntimeError("changes are numbered under the writer lock only: open store.filing()")
    if made:
        conn.execute(_INSERT, [{"n": None, "revision": None, "other_n": None, "at": now, **row} for row in made])


def read(conn: Connection, *, after: int = 0, limit: int = 500) -> tuple[Change, ...]:
    """Give up to `limit` changes with numbers above `after`, ascending.

    Raises:
        Dropped: some of what came after `after` is no longer kept.
    """
    found = conn.execute(PAGE, {"after": after, "limit": limit}).mappings().all()
    # Asked afterwards: what was let go of between the two questions is missed by the first and told by the second.
    if after < (up_to := dropped(conn)):
        raise Dropped(after, up_to=up_to, end=last(conn))
    return tuple(
        Change(
            number=row["number"], kind=row["kind"], subject=row["subject"], payload=_payload(row), at=row["at"],
        )
        for row in found
    )  # fmt: skip


def _payload(row: Any) -> dict[str, Any]:
    payload: dict[str, Any] = row["payload"]
    if row["kind"] == "copy.changed":
        pair = {"article": row["subject"], **payload}
        return pair | (_pair(row) if row["grade"] is not None else {"gone": True})
    if row["revision"] is None:
        return payload
    return _record(row)


def _record(row: Any) -> dict[str, Any]:
    """Give what an article said in the revision that a change tells of."""
    if row["article_n"] is None:
        return {"id": row["subject"], "revision": row["revision"], "deleted": True}
    said = row["content"]
    if said is None:
        columns = {name.removeprefix("article_"): value for name, value in row.items() if name.startswith("article_")}
        said = as_json(rows.article(columns, {}), enrichment=False)
    return {
        **said, "id": row["subject"], "revision": row["revision"], "filed_at": row["article_filed_at"].isoformat(),
        "revised_at": row["revised_at"] and row["revised_at"].isoformat(), "withdrawn_at": None,
    }  # fmt: skip


def _pair(row: Any) -> dict[str, Any]:
    return {
        "grade": row["grade"], "score": row["score"], "coverage": [row["coverage_a"], row["coverage_b"]],
        "reason": row["reason"],
        "passages": [{"article": p[0:2], "other": p[2:4], "text": p[4]} for p in row["passages"]],
    }  # fmt: skip


def subjects(conn: Connection, kinds: Collection[Kind], *, after: int) -> dict[str, list[str]]:
    """Give what changes with numbers above `after` are about, by kind: each subject once, as they came."""
    wanted = select(_C.kind, _C.subject).where(_C.number > after, _C.kind.in_(kinds)).order_by(_C.number)
    found: dict[str, dict[str, None]] = {}
    for kind, subject in conn.execute(wanted):
        found.setdefault(kind, {})[subject] = None
    return {kind: list(named) for kind, named in found.items()}


def last(conn: Connection) -> int:
    """Give the highest number so far; 0 before the first."""
    return max(conn.execute(select(func.max(_C.number))).scalar() or 0, dropped(conn))


def dropped(conn: Connection) -> int:
    """Give the number up to which the feed has been let go of; 0 if it is whole."""
    return conn.execute(_DROPPED).scalar() or 0


def count(conn: Connection, *, after: int) -> dict[str, int]:
    """Count the changes with numbers above `after`, by kind."""
    counted = conn.execute(select(_C.kind, func.count()).where(_C.number > after).group_by(_C.kind))
    return {kind: n for kind, n in counted}  # noqa: C416 - rows are no tuples


def change_row(change: Change) -> dict[str, Any]:
    """Give the line that `export changes` prints."""
    return {
        "number": change.number, "kind": change.kind, "subject": change.subject, "at": change.at.isoformat(),
        "payload": change.payload,
    }  # fmt: skip
