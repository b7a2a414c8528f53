"""The archive: articles with their revisions, what they are to each other, and the stories they make up.

It writes down what others have decided and judges nothing. Everything that announces a change wants `store.filing()`.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import Connection, bindparam, delete, func, insert, or_, select, update

from storage import changes, rows
from storage import tables as t
from storage.records import COPY_GRADES, Article, Passage, Relation, as_json

_MANY: Final = 900
"""Keys in one IN list: small enough for the statement cache and every parameter limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """What filing an article came to. `n` is its number in this store, `id` its public name."""

    outcome: Literal["new", "revised", "seen"]
    n: int
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelved:
    """What a judge of copies needs to know of a filed article."""

    n: int
    id: str
    publisher: str | None
    published_at: datetime | None
    body: str
    language: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbourhood:
    """Articles that copy relations or present stories tie together, directly or through others."""

    published: dict[str, datetime | None]
    stories: dict[str, str | None]
    relations: tuple[Relation, ...]


def file(conn: Connection, article: Article, *, item_id: int | None, digest: str | None, now: datetime) -> Filed:
    """File an article: as new, as a revision of the one with its id, or not at all if it says nothing new.

    `seen` is what this article says now or has said in an earlier revision; nothing is written then. After `revised`
    the caller takes back what hung on the old text, in the same transaction: its fingerprints, its relations through
    `unrelate`, and what it carried through the quote book's `set_statements` and the timeline's `set_occurrences`.
    """
    a = t.Article
    known = conn.execute(select(a.n, a.content_digest).where(a.id == article.id)).first()
    if known is None:
        row = rows.content(article) | {
            "id": article.id, "item_id": item_id, "digest": digest, "revision": 1, "filed_at": now,
        }  # fmt: skip
        n = conn.execute(insert(a), row).inserted_primary_key[0]  # type: ignore[index]
        _write_derived(conn, article, n)
        changes.append(conn, [("article.filed", article.id, _record(article, 1, now, None))], now=now)
        return Filed(outcome="new", n=n, id=article.id)
    if known.content_digest == article.content_digest or _said_before(conn, known.n, article.content_digest):
        return Filed(outcome="seen", n=known.n, id=article.id)
    _revise(conn, article, known.n, item_id=item_id, digest=digest, now=now)
    return Filed(outcome="revised", n=known.n, id=article.id)


def _said_before(conn: Connection, n: int, content_digest: str) -> bool:
    r = t.Revision
    return conn.execute(select(r.n).where(r.n == n, r.content_digest == content_digest)).first() is not None


def _revise(
    conn: Connection, article: Article, n: int, *, item_id: int | None, digest: str | None, now: datetime
) -> None:
    a = t.Article
    old = conn.execute(select(a.__table__).where(a.n == n)).mappings().one()
    former = as_json(rows.article(dict(old), {}), enrichment=False) | {"id": old["id"]}
    conn.execute(
        insert(t.Revision),
        {"n": n, "revision": old["revision"], "item_id": old["item_id"], "digest": old["digest"],
         "content_digest": old["content_digest"], "content": former, "replaced_at": now},
    )  # fmt: skip
    revision = old["revision"] + 1
    given = {"item_id": item_id, "digest": digest, "revision": revision, "revised_at": now}
    conn.execute(update(a).where(a.n == n).values(rows.content(article) | given))
    for table in rows.DERIVED:
        if table in {t.Quotation, t.Event}:  # their statements and occurrences have yet to be told
            conn.execute(update(table).where(table.n == n).values(gone=True))
        else:
            conn.execute(delete(table).where(table.n == n))
    _write_derived(conn, article, n)
    record = _record(article, revision, old["filed_at"], now)
    changes.append(conn, [("article.revised", article.id, record)], now=now)


def _write_derived(conn: Connection, article: Article, n: int) -> None:
    for table, made in rows.derived(article, n).items():
        if made:
            conn.execute(insert(table), made)


def _record(article: Article, revision: int, filed_at: datetime, revised_at: datetime | None) -> dict[str, Any]:
    return as_json(article, enrichment=False) | {
        "revision": revision, "filed_at": filed_at.isoformat(), "revised_at": revised_at and revised_at.isoformat(),
    }  # fmt: skip


def numbers(conn: Connection, ids: Collection[str]) -> dict[str, int]:
    """Give the number of each article that is filed under one of the ids."""
    a = t.Article
    return {id_: n for some in chunks(ids) for id_, n in conn.execute(select(a.id, a.n).where(a.id.in_(some)))}


def sides(conn: Connection, ns: Collection[int]) -> dict[int, Shelved]:
    """Give what judging copies needs, by article number."""
    a = t.Article
    wanted = select(a.n, a.id, a.publisher, a.published_at, a.body, a.language)
    return {
        row.n: Shelved(**row._mapping)  # noqa: SLF001
        for some in chunks(ns)
        for row in conn.execute(wanted.where(a.n.in_(some)))
    }


def relate(conn: Connection, relations: Sequence[Relation], *, version: int, now: datetime) -> int:
    """Write relations down, made by that version of the judge; a pair that has one gets the new one instead.

    Gives how many rows are new or different. Both articles of each pair must be filed.
    """
    n_of = numbers(conn, {end for r in relations for end in (r.article, r.other)})
    made = {(n_of[r.article], n_of[r.other]): _relation_row(r) | {"version": version} for r in relations}
    r_ = t.Relation
    kept = {
        (row["a_n"], row["b_n"]): {name: row[name] for name in row if name not in {"a_n", "b_n", "made_at"}}
        for some in chunks({a for a, _ in made})
        for row in conn.execute(select(r_.__table__).where(r_.a_n.in_(some))).mappings()
    }
    altered = {pair: row for pair, row in made.items() if kept.get(pair) != row}
    for a_n, b_n in altered.keys() & kept.keys():
        conn.execute(delete(r_).where(r_.a_n == a_n, r_.b_n == b_n))
    if altered:
        conn.execute(insert(r_), [row | {"a_n": a, "b_n": b, "made_at": now} for (a, b), row in altered.items()])
    return len(altered)


def _relation_row(relation: Relation) -> dict[str, Any]:
    return {
        "grade": relation.grade, "score": relation.score, "coverage_a": relation.coverage[0],
        "coverage_b": relation.coverage[1], "reason": relation.reason,
        "passages": [[*p.a, *p.b, p.text] for p in relation.passages],
    }  # fmt: skip


def unrelate(conn: Connection, n: int) -> tuple[str, ...]:
    """Drop every relation of an article; give the ids of the articles on the other side."""
    r, a = t.Relation, t.Article
    mine = or_(r.a_n == n, r.b_n == n)
    others = select(a.id).join(r, or_(a.n == r.a_n, a.n == r.b_n)).where(mine, a.n != n).order_by(a.id)
    found = tuple(conn.execute(others).scalars())
    conn.execute(delete(r).where(mine))
    return found


def relations_of(conn: Connection, ids: Collection[str]) -> tuple[Relation, ...]:
    """Give every relation with an end in `ids`, by pair."""
    ns = set(numbers(conn, ids).values())
    return tuple(sorted(_relations(conn, ns, passages=True), key=lambda r: (r.article, r.other)))


def _relations(conn: Connection, ns: Collection[int], *, passages: bool) -> Iterator[Relation]:
    """Give the relations with an end in `ns`, each once; without `passages` those stay unread."""
    r = t.Relation
    one, two = t.Article.__table__.alias("one"), t.Article.__table__.alias("two")
    columns = [one.c.id, two.c.id, r.grade, r.score, r.coverage_a, r.coverage_b, r.reason]
    wanted = (
        select(*columns, *([r.passages] if passages else [])).join(one, one.c.n == r.a_n).join(two, two.c.n == r.b_n)
    )
    seen = set()
    for some in chunks(ns):
        for end in (r.a_n, r.b_n):
            for row in conn.execute(wanted.where(end.in_(some))):
                if row[:2] not in seen:
                    seen.add(row[:2])
                    yield relation(row)


def relation(row: Sequence[Any]) -> Relation:
    """Make a relation from (article, other, grade, score, both coverages, reason) and, if read, its passages."""
    article, other, grade, score, coverage_a, coverage_b, reason, *read = row
    return Relation(
        article=article, other=other, grade=grade, score=score, coverage=(coverage_a, coverage_b), reason=reason,
        passages=tuple(Passage(a=(p[0], p[1]), b=(p[2], p[3]), text=p[4]) for p in (read[0] if read else ())),
    )  # fmt: skip


def neighbourhood(conn: Connection, ids: Collection[str]) -> Neighbourhood:
    """Give everything whose story may depend on `ids`.

    That is whatever copy relations or present stories reach from them, step by step until nothing is added; and the
    copy relations among those, their passages left unread.
    """
    a, r = t.Article, t.Relation
    found: dict[int, Any] = {}
    stories: set[str] = set()
    fresh = set(numbers(conn, ids).values())
    while fresh:
        members = {
            row.n: row
            for some in chunks(fresh)
            for row in conn.execute(select(a.n, a.id, a.published_at, a.story_id).where(a.n.in_(some)))
        }
        found |= members
        met = {row.story_id for row in members.values() if row.story_id} - stories
        stories |= met
        reached = {n for some in chunks(met) for n in conn.execute(select(a.n).where(a.story_id.in_(some))).scalars()}
        for some in chunks(fresh):
            for near, far in ((r.a_n, r.b_n), (r.b_n, r.a_n)):
                tied = select(far).where(near.in_(some), r.grade.in_(COPY_GRADES))
                reached.update(conn.execute(tied).scalars())
        fresh = reached - found.keys()
    return Neighbourhood(
        published={row.id: row.published_at for row in found.values()},
        stories={row.id: row.story_id for row in found.values()},
        relations=tuple(x for x in _relations(conn, found.keys(), passages=False) if x.is_copy),
    )


def set_stories(
    conn: Connection, stories: Mapping[str, str], *, parents: Mapping[str, str | None], now: datetime
) -> tuple[str, ...]:
    """Put articles (by id) into stories, beside the article that each is a copy of. Only differences are written.

    Gives the ids of the stories that changed, each announced once. A story that nobody is left in says in
    `merged_into` where the article that headed it went.
    """
    a = t.Article
    before = {
        row.id: (row.story_id, row.copy_of)
        for some in chunks(stories)
        for row in conn.execute(select(a.id, a.story_id, a.copy_of).where(a.id.in_(some)))
    }
    moved = {i: (stories[i], parents.get(i)) for i in sorted(before) if before[i] != (stories[i], parents.get(i))}
    if not moved:
        return ()
    changed = {story for i in moved for story in (before[i][0], moved[i][0]) if story is not None}
    known = {id_ for some in chunks(changed) for id_ in conn.execute(_story_ids(some)).scalars()}
    if fresh := sorted(changed - known):
        conn.execute(insert(t.Story), [{"id": id_, "size": 0} for id_ in fresh])
    conn.execute(
        update(a).where(a.id == bindparam("article")).values(story_id=bindparam("story"), copy_of=bindparam("parent")),
        [{"article": i, "story": story, "parent": parent} for i, (story, parent) in moved.items()],
    )
    spans = _spans(conn, changed)
    conn.execute(
        update(t.Story)
        .where(t.Story.id == bindparam("story"))
        .values({name: bindparam(f"new_{name}") for name in ("size", "first_at", "last_at", "merged_into")}),
        [{"story": s, **{f"new_{k}": v for k, v in span.items()}} for s, span in spans.items()],
    )
    joined: dict[str, list[dict[str, Any]]] = {}
    left: dict[str, list[str]] = {}
    for i, (story, parent) in moved.items():
        joined.setdefault(story, []).append({"article": i, "copy_of": parent})
        if (former := before[i][0]) not in {None, story}:
            left.setdefault(str(former), []).append(i)
    announced: list[tuple[changes.Kind, str, dict[str, Any]]] = [
        ("story.changed", s, _plain(spans[s]) | {"members": joined.get(s, []), "left": left.get(s, [])})
        for s in sorted(changed)
    ]
    changes.append(conn, announced, now=now)
    return tuple(sorted(changed))


def _story_ids(some: Sequence[str]) -> Any:
    return select(t.Story.id).where(t.Story.id.in_(some))


def _spans(conn: Connection, stories: set[str]) -> dict[str, dict[str, Any]]:
    """Count the members of each story anew, with the times of the first and the last."""
    a = t.Article
    empty = {"size": 0, "first_at": None, "last_at": None, "merged_into": None}
    spans: dict[str, dict[str, Any]] = {story: dict(empty) for story in stories}
    wanted = select(a.story_id, func.count(), func.min(a.published_at), func.max(a.published_at)).group_by(a.story_id)
    for some in chunks(stories):
        for story, size, first_at, last_at in conn.execute(wanted.where(a.story_id.in_(some))):
            spans[story] |= {"size": size, "first_at": first_at, "last_at": last_at}
    for story, span in spans.items():
        if not span["size"]:
            span["merged_into"] = conn.execute(select(a.story_id).where(a.id == story)).scalar()
    return spans


def _plain(span: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v.isoformat() if isinstance(v, datetime) else v for k, v in span.items()}


def story_of(conn: Connection, id_: str) -> str | None:
    """Give the story that an article is in, or that a story has become; None if there is neither."""
    a, s = t.Article, t.Story
    found = conn.execute(select(a.story_id).where(a.id == id_)).scalar()
    return found or conn.execute(select(func.coalesce(s.merged_into, s.id)).where(s.id == id_)).scalar()


def chunks(keys: Collection[Any]) -> Iterator[list[Any]]:
    """Give the keys in lists short enough for one statement, in a fixed order."""
    ordered = sorted(keys)
    for first in range(0, len(ordered), _MANY):
        yield ordered[first : first + _MANY]
