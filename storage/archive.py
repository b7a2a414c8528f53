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


# Statements on the way of every article are built once: building one anew costs as much as running it.
_A, _R = t.Article, t.Relation
_KEYS: Final[Any] = bindparam("keys", expanding=True)
_INSERT: Final = {table: insert(table) for table in (_A, _R, t.Story, *rows.DERIVED)}
_BY_ID: Final = select(_A.n, _A.content_digest).where(_A.id == bindparam("id"))
_NUMBERS: Final = select(_A.id, _A.n).where(_A.id.in_(_KEYS))
_SIDES: Final = select(_A.n, _A.id, _A.publisher, _A.published_at, _A.body, _A.language).where(_A.n.in_(_KEYS))
_PLACES: Final = select(_A.id, _A.story_id, _A.copy_of).where(_A.id.in_(_KEYS))
_MEMBERS: Final = select(_A.n, _A.id, _A.published_at, _A.story_id).where(_A.n.in_(_KEYS))
_MATES: Final = select(_A.n).where(_A.story_id.in_(_KEYS))
_TIED: Final = tuple(
    select(far).where(near.in_(_KEYS), _R.grade.in_(sorted(COPY_GRADES)))
    for near, far in ((_R.a_n, _R.b_n), (_R.b_n, _R.a_n))
)
_ONE, _TWO = _A.__table__.alias("one"), _A.__table__.alias("two")
_PAIRS: Final = (
    select(_ONE.c.id, _TWO.c.id, _R.grade, _R.score, _R.coverage_a, _R.coverage_b, _R.reason)
    .join(_ONE, _ONE.c.n == _R.a_n)
    .join(_TWO, _TWO.c.n == _R.b_n)
)
_COPIES: Final = _PAIRS.where(_R.a_n.in_(_KEYS), _R.grade.in_(sorted(COPY_GRADES)))
_RELATIONS: Final = tuple(_PAIRS.add_columns(_R.passages).where(end.in_(_KEYS)) for end in (_R.a_n, _R.b_n))
_AMONG: Final = _PAIRS.add_columns(_R.passages).where(
    _R.a_n.in_(_KEYS), _R.b_n.in_(bindparam("others", expanding=True))
)
_KEPT: Final = select(_R.__table__).where(_R.a_n.in_(_KEYS), _R.b_n.in_(bindparam("others", expanding=True)))
_STORIES: Final = select(t.Story.__table__).where(t.Story.id.in_(_KEYS))
_VERDICTS: Final = tuple(
    select(t.Verdict.a_id, t.Verdict.b_id, t.Verdict.verdict).where(end.in_(_KEYS))
    for end in (t.Verdict.a_id, t.Verdict.b_id)
)
_SPANS: Final = (
    select(_A.story_id, func.count(), func.min(_A.published_at), func.max(_A.published_at))
    .where(_A.story_id.in_(_KEYS))
    .group_by(_A.story_id)
)
_SPAN: Final = ("size", "first_at", "last_at", "merged_into")
_MOVE: Final = (
    update(_A).where(_A.id == bindparam("article")).values(story_id=bindparam("story"), copy_of=bindparam("parent"))
)
_STRETCH: Final = (
    update(t.Story).where(t.Story.id == bindparam("story")).values({name: bindparam(f"new_{name}") for name in _SPAN})
)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbourhood:
    """Articles that copy relations, present stories or a person's word tie together, directly or through others.

    `joined` and `split` are the pairs of ids on which a person has spoken.
    """

    published: dict[str, datetime | None]
    stories: dict[str, str | None]
    relations: tuple[Relation, ...]
    joined: frozenset[tuple[str, str]]
    split: frozenset[tuple[str, str]]


def file(conn: Connection, article: Article, *, item_id: int | None, digest: str | None, now: datetime) -> Filed:
    """File an article: as new, as a revision of the one with its id, or not at all if it says nothing new.

    `seen` is what this article says now or has said in an earlier revision; nothing is written then. After `revised`
    the caller takes back what hung on the old text, in the same transaction: its fingerprints, its relations through
    `unrelate`, and what it carried through the quote book's `set_statements` and the timeline's `set_occurrences`.
    """
    known = conn.execute(_BY_ID, {"id": article.id}).first()
    if known is None:
        return _file_new(conn, [Arrived(article=article, item_id=item_id, digest=digest)], now=now)[0]
    if known.content_digest == article.content_digest or _said_before(conn, known.n, article.content_digest):
        return Filed(outcome="seen", n=known.n, id=article.id)
    _revise(conn, article, known.n, item_id=item_id, digest=digest, now=now)
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
    told = [
        ("article.filed", id_, _record(a.article, 1, now, None) | {"id": id_})
        for id_, a in zip(ids, arrived, strict=True)
    ]
    changes.append(conn, told, now=now)  # type: ignore[arg-type]
    return [Filed(outcome="new", n=n, id=id_) for n, id_ in zip(ns, ids, strict=True)]


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
            conn.execute(_INSERT[table], made)


def _record(article: Article, revision: int, filed_at: datetime, revised_at: datetime | None) -> dict[str, Any]:
    return as_json(article, enrichment=False) | {
        "revision": revision, "filed_at": filed_at.isoformat(), "revised_at": revised_at and revised_at.isoformat(),
    }  # fmt: skip


def numbers(conn: Connection, ids: Collection[str]) -> dict[str, int]:
    """Give the number of each article that is filed under one of the ids."""
    return {id_: n for some in chunks(ids) for id_, n in conn.execute(_NUMBERS, {"keys": some})}


def sides(conn: Connection, ns: Collection[int]) -> dict[int, Shelved]:
    """Give what judging copies needs, by article number."""
    return {
        row.n: Shelved(**row._mapping)  # noqa: SLF001
        for some in chunks(ns)
        for row in conn.execute(_SIDES, {"keys": some})
    }


def relate(conn: Connection, relations: Sequence[Relation], *, version: int, now: datetime) -> int:
    """Write relations down, made by that version of the judge; a pair that has one gets the new one instead.

    Gives how many rows are new or different. Both articles of each pair must be filed.
    """
    n_of = numbers(conn, {end for r in relations for end in (r.article, r.other)})
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
        conn.execute(_INSERT[_R], [row | {"a_n": a, "b_n": b, "made_at": now} for (a, b), row in altered.items()])
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
    found = {
        (row[0], row[1]): relation(row)
        for some in chunks(numbers(conn, ids).values())
        for query in _RELATIONS
        for row in conn.execute(query, {"keys": some})
    }
    return tuple(found[pair] for pair in sorted(found))


def relations_among(conn: Connection, ids: Collection[str]) -> tuple[Relation, ...]:
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


def neighbourhood(conn: Connection, ids: Collection[str]) -> Neighbourhood:
    """Give everything whose story may depend on `ids`.

    That is whatever copy relations, present stories or joined pairs reach from them, step by step until nothing is
    added; and the copy relations among those, their passages left unread.
    """
    spoken: set[tuple[str, str, str]] = set()
    found: dict[int, Any] = {}
    stories: set[str] = set()
    fresh = set(numbers(conn, ids).values())
    while fresh:
        members = {row.n: row for some in chunks(fresh) for row in conn.execute(_MEMBERS, {"keys": some})}
        found |= members
        met = {row.story_id for row in members.values() if row.story_id} - stories
        stories |= met
        reached = {n for some in chunks(met) for n in conn.execute(_MATES, {"keys": some}).scalars()}
        for some in chunks(fresh):
            for query in _TIED:
                reached.update(conn.execute(query, {"keys": some}).scalars())
        told = _verdicts(conn, [row.id for row in members.values()])
        spoken |= told
        reached.update(numbers(conn, {i for a, b, word in told if word == "join" for i in (a, b)}).values())
        fresh = reached - found.keys()
    return Neighbourhood(
        joined=frozenset((a, b) for a, b, word in spoken if word == "join"),
        split=frozenset((a, b) for a, b, word in spoken if word == "split"),
        published={row.id: row.published_at for row in found.values()},
        stories={row.id: row.story_id for row in found.values()},
        relations=tuple(relation(row) for some in chunks(found) for row in conn.execute(_COPIES, {"keys": some})),
    )


def set_verdict(
    conn: Connection, one: str, other: str, verdict: Literal["join", "split"] | None, *, now: datetime
) -> bool:
    """Keep a person's word on a pair of articles, or with None take it back. False if that changes nothing."""
    v = t.Verdict
    pair = (v.a_id == min(one, other)) & (v.b_id == max(one, other))
    before = conn.execute(select(v.verdict).where(pair)).scalar()
    if before == verdict:
        return False
    conn.execute(delete(v).where(pair))
    if verdict is not None:
        row = {"a_id": min(one, other), "b_id": max(one, other), "verdict": verdict, "at": now}
        conn.execute(insert(v), row)
    return True


def _verdicts(conn: Connection, ids: Collection[str]) -> set[tuple[str, str, str]]:
    return {
        (row.a_id, row.b_id, row.verdict)
        for some in chunks(ids)
        for query in _VERDICTS
        for row in conn.execute(query, {"keys": some})
    }


def set_stories(
    conn: Connection, stories: Mapping[str, str], *, parents: Mapping[str, str | None], now: datetime
) -> tuple[str, ...]:
    """Put articles (by id) into stories, beside the article that each is a copy of. Only differences are written.

    Gives the ids of the stories that changed, each announced once. A story that nobody is left in says in
    `merged_into` where the article that headed it went.
    """
    before = {
        row.id: (row.story_id, row.copy_of) for some in chunks(stories) for row in conn.execute(_PLACES, {"keys": some})
    }
    moved = {i: (stories[i], parents.get(i)) for i in sorted(before) if before[i] != (stories[i], parents.get(i))}
    concerned = {story for i in before for story in (before[i][0], stories[i]) if story is not None}
    held = {
        row["id"]: {name: row[name] for name in _SPAN}
        for some in chunks(concerned)
        for row in conn.execute(_STORIES, {"keys": some}).mappings()
    }
    if fresh := sorted(concerned - held.keys()):
        conn.execute(_INSERT[t.Story], [{"id": id_, "size": 0} for id_ in fresh])
    if moved:
        placed = [{"article": i, "story": story, "parent": parent} for i, (story, parent) in moved.items()]
        conn.execute(_MOVE, placed)
    joined: dict[str, list[dict[str, Any]]] = {}
    left: dict[str, list[str]] = {}
    for i, (story, parent) in moved.items():
        joined.setdefault(story, []).append({"article": i, "copy_of": parent})
        if (former := before[i][0]) not in {None, story}:
            left.setdefault(str(former), []).append(i)
    spans = _spans(conn, concerned)
    # A revision may have moved an article in time and not in place: the span tells.
    changed = sorted(s for s in concerned if s in joined or s in left or spans[s] != held.get(s))
    if changed:
        conn.execute(_STRETCH, [{"story": s, **{f"new_{name}": spans[s][name] for name in _SPAN}} for s in changed])
    announced: list[tuple[changes.Kind, str, dict[str, Any]]] = [
        ("story.changed", s, _plain(spans[s]) | {"members": joined.get(s, []), "left": left.get(s, [])})
        for s in changed
    ]
    changes.append(conn, announced, now=now)
    return tuple(changed)


def _spans(conn: Connection, stories: set[str]) -> dict[str, dict[str, Any]]:
    """Count the members of each story anew, with the times of the first and the last."""
    spans: dict[str, dict[str, Any]] = {
        story: {"size": 0, "first_at": None, "last_at": None, "merged_into": None} for story in stories
    }
    for some in chunks(stories):
        for story, size, first_at, last_at in conn.execute(_SPANS, {"keys": some}):
            spans[story] |= {"size": size, "first_at": first_at, "last_at": last_at}
    for story, span in spans.items():
        if not span["size"]:
            span["merged_into"] = conn.execute(select(_A.story_id).where(_A.id == story)).scalar()
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
