"""The archive: articles with their revisions, what they are to each other, and the stories they make up.

It writes down what others have decided and judges nothing. Everything that announces a change wants `store.filing()`.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy import delete as remove

from storage import changes, editions, rows
from storage import tables as t
from storage.changes import Told
from storage.editions import Edition
from storage.recordjson import as_json
from storage.records import Article

_MANY: Final = 900
"""Keys in one IN list: small enough for the statement cache and every parameter limit."""


# Statements on the way of every article are built once: building one anew costs as much as running it.
_A: Final = t.Article
_KEYS: Final[Any] = bindparam("keys", expanding=True)
_INSERT: Final = {table: insert(table) for table in (_A, *rows.DERIVED)}
_WITHDRAW: Final = (
    update(_A)
    .where(_A.n == bindparam("number"), _A.withdrawn_at.is_(None))
    .values(withdrawn_at=bindparam("at"))
    .returning(_A.id)
)
_BY_ID: Final = select(_A.n, _A.content_digest, _A.wire).where(_A.id == bindparam("id"))
_KILLED: Final = "killed"
"""The key in an article's `wire`, beside what its format says, of the edition of the kill that withdrew it. A revision
takes it away."""
_NUMBERS: Final = select(_A.id, _A.n).where(_A.id.in_(_KEYS))
_STANDING: Final = select(_A.n, _A.revision).where(_A.n.in_(_KEYS), _A.withdrawn_at.is_(None))
_SIDES: Final = select(_A.n, _A.id, _A.publisher, _A.published_at, _A.body, _A.language).where(_A.n.in_(_KEYS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """What filing an article came to. `n` is its number in this store, `id` its public name."""

    outcome: Literal["new", "revised", "seen"]
    n: int
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """An article on its way onto the shelf, with the inbox item and the capture that it came from."""

    article: Article
    item_id: int | None
    digest: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelved:
    """What a judge of copies needs to know of a filed article."""

    n: int
    id: str
    publisher: str | None
    published_at: datetime | None
    body: str
    language: str | None


def file(conn: Connection, article: Article, *, item_id: int | None, digest: str | None, now: datetime) -> Filed:
    """File an article: as new, as a revision of the one with its id, or not at all if it says nothing new.

    `seen` is a version that comes late: older by its sender's own count than what is filed, or no newer than the kill
    that withdrew it. It is also what this article says now or has said in an earlier revision, unless it is newer by
    that count. Nothing is written then. After `revised` the caller takes back what hung on the old text, in the same
    transaction: its fingerprints, its relations through `unrelate`, and what it carried through the quote book's
    `set_statements` and the timeline's `set_occurrences`.
    """
    known = conn.execute(_BY_ID, {"id": article.id}).first()
    if known is None:
        return _file_new(conn, [Arrived(article=article, item_id=item_id, digest=digest)], now=now)[0]
    mine, wire = editions.of(article), known.wire or {}
    to_filed = mine.than(Edition(version=wire.get("version")))
    to_kill = mine.than(editions.read(wire.get(_KILLED)))
    if (
        to_filed == "older"
        or to_kill in {"older", "same"}
        or (
            "newer" not in {to_filed, to_kill}
            and (known.content_digest == article.content_digest or _said_before(conn, known.n, article.content_digest))
        )
    ):
        return Filed(outcome="seen", n=known.n, id=article.id)
    revise(conn, article, known.n, item_id=item_id, digest=digest, now=now)
    return Filed(outcome="revised", n=known.n, id=article.id)


def file_batch(conn: Connection, arrived: Sequence[Arrived], *, now: datetime) -> list[Filed]:
    """File articles as `file` would one after the other, and give what came of each: far fewer statements for many."""
    ids = [a.article.id for a in arrived]
    known = numbers(conn, set(ids))
    first = {id_: at for at, id_ in reversed(list(enumerate(ids))) if id_ not in known}
    fresh = sorted(first.values())
    filed = dict(zip(fresh, _file_new(conn, [arrived[at] for at in fresh], now=now), strict=True))
    for at, a in enumerate(arrived):
        if at not in filed:
            filed[at] = file(conn, a.article, item_id=a.item_id, digest=a.digest, now=now)
    return [filed[at] for at in range(len(arrived))]


def _file_new(conn: Connection, arrived: Sequence[Arrived], *, now: datetime) -> list[Filed]:
    if not arrived:
        return []
    ids = [a.article.id for a in arrived]
    made = [
        rows.content(a.article) | {"id": id_, "item_id": a.item_id, "digest": a.digest, "revision": 1, "filed_at": now}
        for id_, a in zip(ids, arrived, strict=True)
    ]
    ns = conn.execute(_INSERT[_A].returning(_A.n, sort_by_parameter_order=True), made).scalars().all()
    derived: dict[Any, list[dict[str, Any]]] = {}
    for n, a in zip(ns, arrived, strict=True):
        for table, found in rows.derived(a.article, n).items():
            derived.setdefault(table, []).extend(found)
    for table, found in derived.items():
        if found:
            conn.execute(_INSERT[table], found)
    changes.append_told(conn, "article.filed", [Told(id_, n, 1) for n, id_ in zip(ns, ids, strict=True)], now=now)
    return [Filed(outcome="new", n=n, id=id_) for n, id_ in zip(ns, ids, strict=True)]


def _said_before(conn: Connection, n: int, content_digest: str) -> bool:
    r = t.Revision
    return conn.execute(select(r.n).where(r.n == n, r.content_digest == content_digest)).first() is not None


def revise(
    conn: Connection, article: Article, n: int, *, item_id: int | None, digest: str | None, now: datetime
) -> None:
    """Let what is filed under a number say something else: it keeps its id, and its former content is a revision.

    The caller does as after `revised` in `file`.
    """
    a = t.Article
    old = conn.execute(select(a.__table__).where(a.n == n)).mappings().one()
    former = as_json(rows.article(dict(old), {}), enrichment=False) | {"id": old["id"]}
    conn.execute(
        insert(t.Revision),
        {"n": n, "revision": old["revision"], "item_id": old["item_id"], "digest": old["digest"],
         "content_digest": old["content_digest"], "content": former, "replaced_at": now},
    )  # fmt: skip
    revision = old["revision"] + 1
    given = {"item_id": item_id, "digest": digest, "revision": revision, "revised_at": now, "withdrawn_at": None}
    conn.execute(update(a).where(a.n == n).values(rows.content(article) | given))
    _drop_derived(conn, n)
    _write_derived(conn, article, n)
    changes.append_told(conn, "article.revised", [Told(old["id"], n, revision)], now=now)


def outlives(conn: Connection, n: int, kill: Edition) -> bool:
    """Say whether what is filed under a number is newer than a kill of it."""
    a = t.Article
    row = conn.execute(select(a.__table__).where(a.n == n)).mappings().one()
    return kill.than(editions.of(rows.article(dict(row), {}))) == "older"


def withdraw(conn: Connection, n: int, *, reason: str, now: datetime, kill: Edition | None = None) -> bool:
    """Mark an article as withdrawn and let go of what was found in it. False if it was withdrawn already.

    The edition of the `kill` is kept with it either way, the last if there are several. The caller takes back what hung
    on it, as after `revised` in `file`.
    """
    if kill is not None:
        _note_kill(conn, n, kill)
    id_ = conn.execute(_WITHDRAW, {"number": n, "at": now}).scalar()
    if id_ is None:
        return False
    _drop_derived(conn, n)
    changes.append(conn, [("article.withdrawn", id_, {"reason": reason, "withdrawn_at": now.isoformat()})], now=now)
    return True


def _note_kill(conn: Connection, n: int, kill: Edition) -> None:
    a = t.Article
    wire = conn.execute(select(a.wire).where(a.n == n)).scalar_one() or {}
    if said := editions.as_json(editions.last(kill, editions.read(wire.get(_KILLED)))):
        conn.execute(update(a).where(a.n == n).values(wire=wire | {_KILLED: said}))


def delete(conn: Connection, n: int, *, reason: str, now: datetime) -> None:
    """Take a withdrawn article off the shelf, with its revisions. Its inbox item stays, and says what became of it."""
    id_ = conn.execute(remove(_A).where(_A.n == n).returning(_A.id)).scalar_one()
    changes.append(conn, [("article.withdrawn", id_, {"reason": reason, "deleted": True})], now=now)


def _drop_derived(conn: Connection, n: int) -> None:
    for table in rows.DERIVED:
        if table in {t.Quotation, t.Event}:  # their statements and occurrences have yet to be told
            conn.execute(update(table).where(table.n == n).values(gone=True))
        else:
            conn.execute(remove(table).where(table.n == n))


def _write_derived(conn: Connection, article: Article, n: int) -> None:
    for table, made in rows.derived(article, n).items():
        if made:
            conn.execute(_INSERT[table], made)


def numbers(conn: Connection, ids: Collection[str]) -> dict[str, int]:
    """Give the number of each article that is filed under one of the ids."""
    return {id_: n for some in chunks(ids) for id_, n in conn.execute(_NUMBERS, {"keys": some})}


def standing(conn: Connection, ns: Collection[int]) -> dict[int, int]:
    """Give the revision at which each article is, by article number; one that is withdrawn is not there."""
    return {n: revision for some in chunks(ns) for n, revision in conn.execute(_STANDING, {"keys": some})}


def sides(conn: Connection, ns: Collection[int]) -> dict[int, Shelved]:
    """Give what judging copies needs, by article number."""
    return {
        row.n: Shelved(**row._mapping)  # noqa: SLF001
        for some in chunks(ns)
        for row in conn.execute(_SIDES, {"keys": some})
    }


def chunks(keys: Collection[Any]) -> Iterator[list[Any]]:
    """Give the keys in lists short enough for one statement, in a fixed order."""
    ordered = sorted(keys)
    for first in range(0, len(ordered), _MANY):
        yield ordered[first : first + _MANY]
