"""Stories: which articles are one family of copies, what ties them, and what persons have said of pairs.

It writes down what others have decided. Everything that announces a change wants `store.filing()`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from storage import changes
from storage import tables as t
from storage.archive import chunks, numbers
from storage.pairs import PAIRS, relation
from storage.records import COPY_GRADES, Relation

_A, _R = t.Article, t.Relation
_KEYS: Final[Any] = bindparam("keys", expanding=True)
_INSERT: Final = insert(t.Story)
_HEAD: Final = _A.__table__.alias("head")
_PLACES: Final = (
    select(_A.id, _A.published_at, _A.story_id, _A.copy_of, _A.core, _HEAD.c.published_at.label("head_published_at"))
    .outerjoin(_HEAD, _HEAD.c.id == _A.story_id)
    .where(_A.id.in_(_KEYS))
)
_MEMBERS: Final = select(_A.n, _A.id, _A.published_at, _A.story_id, _A.core).where(
    _A.n.in_(_KEYS), _A.withdrawn_at.is_(None)
)
_MATES: Final = select(_A.n).where(_A.story_id.in_(_KEYS))
_TIED: Final = tuple(
    select(far).where(near.in_(_KEYS), _R.grade.in_(sorted(COPY_GRADES)))
    for near, far in ((_R.a_n, _R.b_n), (_R.b_n, _R.a_n))
)
_COPIES: Final = PAIRS.where(_R.a_n.in_(_KEYS), _R.grade.in_(sorted(COPY_GRADES)))
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
    update(_A)
    .where(_A.id == bindparam("article"))
    .values(story_id=bindparam("story"), copy_of=bindparam("parent"), core=bindparam("is_core"))
)
_STRETCH: Final = (
    update(t.Story).where(t.Story.id == bindparam("story")).values({name: bindparam(f"new_{name}") for name in _SPAN})
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbourhood:
    """Articles that copy relations, present stories or a person's word tie together, directly or through others.

    `joined` and `split` are the pairs of ids on which a person has spoken.
    """

    published: dict[str, datetime | None]
    stories: dict[str, str | None]
    core: frozenset[str]
    relations: tuple[Relation, ...]
    joined: frozenset[tuple[str, str]]
    split: frozenset[tuple[str, str]]


def neighbourhood(conn: Connection, ids: Collection[str]) -> Neighbourhood:
    """Give everything whose story may depend on `ids`.

    That is whatever copy relations, present stories or joined pairs reach from them, step by step until nothing is
    added; and the copy relations among those, their passages left unread. What is withdrawn is not among them.
    """
    spoken: set[tuple[str, str, str]] = set()
    found: dict[int, Any] = {}
    stories: set[str] = set()
    fresh = seen = set(numbers(conn, ids).values())
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
        fresh = reached - seen
        seen = seen | fresh
    return Neighbourhood(
        joined=frozenset((a, b) for a, b, word in spoken if word == "join"),
        split=frozenset((a, b) for a, b, word in spoken if word == "split"),
        published={row.id: row.published_at for row in found.values()},
        stories={row.id: row.story_id for row in found.values()},
        core=frozenset(row.id for row in found.values() if row.core),
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


def members(conn: Connection, story: str, *, limit: int) -> set[str]:
    """Give some of the articles of a story."""
    return set(conn.execute(select(_A.id).where(_A.story_id == story).limit(limit)).scalars())


def spoken_of(conn: Connection, ids: Collection[str]) -> frozenset[str]:
    """Say on which of these articles a person has spoken, filed or not."""
    return frozenset(i for a, b, _ in _verdicts(conn, ids) for i in (a, b)).intersection(ids)


def _verdicts(conn: Connection, ids: Collection[str]) -> set[tuple[str, str, str]]:
    return {
        (row.a_id, row.b_id, row.verdict)
        for some in chunks(ids)
        for query in _VERDICTS
        for row in conn.execute(query, {"keys": some})
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an article is: its story, when the head of that was published, what it copies, if it is of the core."""

    id: str
    published_at: datetime | None
    story_id: str | None
    copy_of: str | None
    core: bool
    head_published_at: datetime | None


def places(conn: Connection, ids: Collection[str]) -> dict[str, Place]:
    """Give where each of these articles is, by id."""
    return {
        row.id: Place(**row._mapping)  # noqa: SLF001
        for some in chunks(ids)
        for row in conn.execute(_PLACES, {"keys": some})
    }


def set_stories(
    conn: Connection,
    stories: Mapping[str, str | None],
    *,
    parents: Mapping[str, str | None],
    core: Collection[str] = (),
    now: datetime,
) -> tuple[str, ...]:
    """Put articles (by id) into stories (None: into none), beside what each is a copy of. Only differences are written.

    `core` names those that hold their stories together. Gives the ids of the stories that changed, each announced
    once. A story that nobody is left in says in `merged_into` where the article that headed it went.
    """
    before = {i: (place.story_id, place.copy_of, place.core) for i, place in places(conn, stories).items()}
    after = {i: (stories[i], parents.get(i), i in core) for i in before}
    placed = [
        {"article": i, "story": story, "parent": parent, "is_core": of_core}
        for i, (story, parent, of_core) in sorted(after.items())
        if before[i] != after[i]
    ]
    moved = {i: after[i][:2] for i in sorted(before) if before[i][:2] != after[i][:2]}
    concerned = {story for i in before for story in (before[i][0], stories[i]) if story is not None}
    held = {
        row["id"]: {name: row[name] for name in _SPAN}
        for some in chunks(concerned)
        for row in conn.execute(_STORIES, {"keys": some}).mappings()
    }
    if fresh := sorted(concerned - held.keys()):
        conn.execute(_INSERT, [{"id": id_, "size": 0} for id_ in fresh])
    if placed:
        conn.execute(_MOVE, placed)
    joined: dict[str, list[dict[str, Any]]] = {}
    left: dict[str, list[str]] = {}
    for i, (story, parent) in moved.items():
        if story is not None:
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
    s = t.Story
    found = conn.execute(select(_A.story_id).where(_A.id == id_)).scalar()
    known: set[str] = set()
    while found is None and (row := conn.execute(select(s.id, s.merged_into).where(s.id == id_)).first()):
        known.add(row.id)
        if row.merged_into is None or row.merged_into in known:
            return str(row.id)
        id_ = row.merged_into
    return found


def was_merged(conn: Connection, id_: str) -> bool:
    """Tell if this is the id of a story whose articles are in another one now."""
    s = t.Story
    return conn.execute(select(s.id).where(s.id == id_, s.size == 0, s.merged_into.is_not(None))).first() is not None
