"""What several articles carry, as one: the common ground of the quote book and the timeline. It decides nothing.

`near` gives all that a decision about some articles can depend on; `settle` writes the decision down, where it differs,
and announces that. `beside` gives what new members of a story need be held against, each wording once; `settle` takes
that decision too.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import PurePath
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, bindparam, delete, func, insert, null, or_, select, update

from storage import changes, finding
from storage import tables as t
from storage.archive import chunks

_KEYS: Final[Any] = bindparam("keys", expanding=True)
WRITTEN_OUT: Final[Any] = bindparam("keys", expanding=True, literal_execute=True)
"""Keys that are written out: psycopg takes longer over two hundred parameters than PostgreSQL over the rows."""
_STORIES: Final = select(t.Article.story_id).where(t.Article.n.in_(_KEYS), t.Article.story_id.is_not(None))
_MATES: Final = select(t.Article.n).where(t.Article.story_id.in_(_KEYS))
_RELATED: Final = (
    select(t.Relation.b_n).where(t.Relation.a_n.in_(_KEYS)),
    select(t.Relation.a_n).where(t.Relation.b_n.in_(_KEYS)),
)
_OF_ARTICLE: Final = (
    t.Article.id.label("article"), t.Article.story_id.label("story"), t.Article.published_at,
    func.coalesce(t.Article.publisher, t.Article.agency).label("outlet"),
)  # fmt: skip
_LINKS: Final = select(t.Relation.a_n, t.Relation.b_n).where(t.Relation.a_n.in_(_KEYS))

Carrier = tuple[str, int, int, str, str | None]
"""Where something stands: article id, start, end, text, type (null for an event)."""


class Carried(NamedTuple):
    """A member of a cluster, and what is told of its article. `outlet` is the publisher, or else the agency."""

    id: int
    start: int
    stop: int
    text: str
    type: str | None
    article: str
    story: str | None
    outlet: str | None
    published: str | None
    headline: str | None
    input: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of cluster: its table, the table of its members, the column there that points to it, its columns."""

    family: Any
    member: Any
    key: str
    columns: tuple[str, ...]
    change: changes.Kind


STATEMENTS: Final = Kind(
    family=t.Statement,
    member=t.Quotation,
    key="statement_id",
    columns=(
        "text",
        "type",
        "speaker",
        "speaker_type",
        "said",
        "said_basis",
        "said_earliest",
        "said_latest",
        "agreement",
    ),
    change="quote.changed",
)
OCCURRENCES: Final = Kind(
    family=t.Occurrence,
    member=t.Event,
    key="occurrence_id",
    columns=("date", "earliest", "latest", "precision", "text", "people", "modality"),
    change="event.changed",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """Members that may belong together, and what they belong to now.

    `rows` have the columns of the member table with `article`, `story`, `published_at` and `outlet`; `links` are pairs
    of ids (the smaller first) of related articles among them; `before` gives each present cluster its carriers.
    """

    rows: tuple[Any, ...]
    links: frozenset[tuple[str, str]]
    before: dict[str, frozenset[Carrier]]
    stories: frozenset[str]
    """stories of which this is everything"""
    scope: frozenset[int]
    """articles of which this is everything"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """Members of new articles, and what they are held against: rows as in `Near`, clusters by id with their columns."""

    rows: tuple[Any, ...]
    standing: tuple[Any, ...]
    clusters: dict[str, Mapping[str, Any]]


def near(conn: Connection, kind: Kind, ns: Collection[int], stories: Collection[str] = ()) -> Near:
    """Give everything that a cluster of something in the articles `ns` or in `stories` may have to do with.

    That is what they, the other articles of their stories and the articles related to them carry, with everything
    that is in one cluster with any of it now.
    """
    whole, scope = _reach(conn, ns, stories)
    of_articles, gone, of_clusters = _members(kind)
    found = {row.id: row for part in chunks(scope) for row in conn.execute(of_articles, {"keys": part})}
    found |= {row.id: row for row in conn.execute(gone)}
    touched = {getattr(row, kind.key) for row in found.values()} - {None}
    for part in chunks(touched):
        found |= {row.id: row for row in conn.execute(of_clusters, {"keys": part})}
    before: dict[str, set[Carrier]] = {cluster: set() for cluster in touched}
    for row in found.values():
        if (cluster := getattr(row, kind.key)) is not None:
            before[cluster].add(_carrier(row))
    present = tuple(found[id_] for id_ in sorted(found) if not found[id_].gone)
    return Near(
        rows=present,
        links=_links(conn, {row.n: row.article for row in present}),
        before={cluster: frozenset(carriers) for cluster, carriers in before.items()},
        stories=frozenset(whole),
        scope=frozenset(scope),
    )


def _reach(conn: Connection, ns: Collection[int], stories: Collection[str] = ()) -> tuple[set[str], set[int]]:
    """Give the stories of some articles, and all articles that are in these or related to one of them."""
    found = (story for part in chunks(ns) for story in conn.execute(_STORIES, {"keys": part}).scalars())
    whole: set[str] = {str(story) for story in found}.union(stories)
    scope = set(ns)
    for part in chunks(whole):
        scope.update(conn.execute(_MATES, {"keys": part}).scalars())
    for part in chunks(ns):
        for query in _RELATED:
            scope.update(conn.execute(query, {"keys": part}).scalars())
    return whole, scope


def is_all(conn: Connection, around: Near, ns: Collection[int]) -> bool:
    """Tell if `near` would give nothing more for these articles than it has given."""
    return _reach(conn, ns)[1] <= around.scope


def beside(
    conn: Connection,
    kind: Kind,
    ns: Collection[int],
    stories: Collection[str],
    linked: Collection[int],
) -> Beside:
    """Give what new articles (`ns`) carry, beside the wordings of their `stories` and what `linked` articles carry."""
    of_articles, _, _ = _members(kind)
    # What a revision in this transaction has let go of stays for `near` to see, and nothing is held against it.
    read = (row for part in chunks({*ns, *linked}) for row in conn.execute(of_articles, {"keys": part}))
    found = {row.id: row for row in read if not row.gone}
    new = tuple(row for _, row in sorted(found.items()) if row.n in ns)
    if not new:
        return Beside(rows=(), standing=(), clusters={})
    standing = {id_: row for id_, row in found.items() if row.n not in ns and getattr(row, kind.key) is not None}
    for part in chunks(stories):
        standing |= {row.id: row for row in conn.execute(_worded(kind), {"keys": part}) if not row.gone}
    keys = {getattr(row, kind.key) for row in standing.values()}
    clusters: dict[str, Mapping[str, Any]] = {
        row["id"]: dict(row)
        for part in chunks(keys)
        for row in conn.execute(_clusters(kind), {"keys": part}).mappings()
    }
    return Beside(rows=new, standing=tuple(standing[id_] for id_ in sorted(standing)), clusters=clusters)


@cache
def _clusters(kind: Kind) -> Any:
    return select(kind.family.__table__).where(kind.family.id.in_(_KEYS))


@cache
def _worded(kind: Kind) -> Any:
    a, m, w = t.Article, kind.member, t.Wording
    wanted = select(m.__table__, *_OF_ARTICLE).join(a, a.n == m.n)
    return wanted.join(w, w.member_id == m.id).where(w.story_id.in_(_KEYS), w.kind == m.__tablename__)


@cache
def _members(kind: Kind) -> tuple[Any, Any, Any]:
    """Build what reads members: those of articles, those that are gone, those of clusters."""
    a, m = t.Article, kind.member
    wanted = select(m.__table__, *_OF_ARTICLE).join(a, a.n == m.n)
    return wanted.where(m.n.in_(_KEYS)), wanted.where(m.gone), wanted.where(getattr(m, kind.key).in_(_KEYS))


def _links(conn: Connection, articles: Mapping[int, str]) -> frozenset[tuple[str, str]]:
    return frozenset(
        (articles[a_n], articles[b_n])
        for part in chunks(articles)
        for a_n, b_n in conn.execute(_LINKS, {"keys": part})
        if b_n in articles
    )


def _carrier(row: Any) -> Carrier:
    return row.article, row.start, row.stop, row.text, getattr(row, "type", None)


def carriers_json(carriers: Iterable[Carrier]) -> list[dict[str, Any]]:
    """Give carriers as exports and changes print them, without a type where there is none."""
    named = ({"article": c[0], "start": c[1], "end": c[2], "text": c[3], "type": c[4]} for c in carriers)
    return [{k: v for k, v in c.items() if v is not None} for c in named]


def settle(
    conn: Connection,
    kind: Kind,
    around: Near | Beside,
    decided: Mapping[str, tuple[Mapping[str, Any], tuple[int, ...]]],
    wordings: Mapping[str, Collection[int]],
    describe: Any,
    *,
    now: datetime,
) -> int:
    """Make what `around` holds belong together as decided: id -> (columns, member keys). Gives how many differ.

    `describe` turns columns into what a change carries of them. Every row of `around` must be in one cluster.
    `wordings` are the keys of the earliest carriers of each wording, by story.
    """
    f, m = kind.family, kind.member
    rows = {row.id: row for row in around.rows}
    present: Mapping[str, frozenset[Carrier]] = around.before if isinstance(around, Near) else {}
    held = {
        row["id"]: {name: row[name] for name in kind.columns}
        for part in chunks(present.keys() | decided.keys())
        for row in conn.execute(_clusters(kind), {"keys": part}).mappings()
    }
    announced: list[tuple[changes.Kind, str, dict[str, Any]]] = []
    fresh, altered, moved = [], [], []
    for id_, (columns, members) in sorted(decided.items()):
        before = present.get(id_, frozenset())
        after = {_carrier(rows[key]) for key in members}
        moved += [{"member": k, "cluster": id_} for k in members if getattr(rows[k], kind.key) != id_]
        if id_ not in held:
            fresh.append({"id": id_, **columns})
        elif held[id_] != columns:
            altered.append({"cluster": id_, **{f"new_{name}": value for name, value in columns.items()}})
        elif before == after:
            continue
        announced.append((kind.change, id_, describe(columns) | _difference(before, after)))
    gone = sorted(present.keys() - decided.keys())
    announced += [(kind.change, id_, {"gone": True} | _difference(present[id_], set())) for id_ in gone]
    if fresh:
        conn.execute(insert(f), fresh)
    if altered:
        values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in kind.columns}
        conn.execute(update(f).where(f.id == bindparam("cluster")).values(values), altered)
    if moved:
        pointing = update(m).where(m.id == bindparam("member")).values({kind.key: bindparam("cluster")})
        conn.execute(pointing, moved)
    if isinstance(around, Near):
        conn.execute(delete(m).where(m.gone))
    for part in chunks(gone):
        conn.execute(delete(f).where(f.id.in_(part)))
    told = {id_: (columns, [rows[key] for key in members]) for id_, (columns, members) in decided.items()}
    finding.keep(conn, m.__tablename__, told, gone, whole=isinstance(around, Near))
    _keep_wordings(conn, kind, around, wordings)
    changes.append(conn, announced, now=now)
    return len(announced)


def _keep_wordings(
    conn: Connection, kind: Kind, around: Near | Beside, wordings: Mapping[str, Collection[int]]
) -> None:
    w, name = t.Wording, kind.member.__tablename__
    if isinstance(around, Near):
        for part in chunks(around.stories):
            conn.execute(delete(w).where(w.story_id.in_(part), w.kind == name))
        wordings = {story: keys for story, keys in wordings.items() if story in around.stories}
    if kept := [{"story_id": s, "kind": name, "member_id": k} for s, keys in sorted(wordings.items()) for k in keys]:
        conn.execute(insert(w), kept)


def _difference(before: Collection[Carrier], after: Collection[Carrier]) -> dict[str, Any]:
    added, removed = sorted(set(after) - set(before)), sorted(set(before) - set(after))
    return {"added": carriers_json(added), "removed": carriers_json(removed)}


def carriers(conn: Connection, kind: Kind, ids: Collection[str]) -> dict[str, list[Carried]]:
    """Give who carries each cluster: earliest published first, undated last.

    Articles are read once each: those of a much-reprinted story carry many clusters, and a time costs more to read than
    all the rest.
    """
    worded, told = _carriers(kind)
    rows = [row for part in chunks(ids) for row in conn.execute(worded, {"keys": part}).all()]
    articles = [row for part in chunks({row[1] for row in rows}) for row in conn.execute(told, {"keys": part}).all()]
    articles.sort(key=lambda row: (row[1] is None, row[1], row[2]))
    by = {row[0]: (place, row[2:]) for place, row in enumerate(articles)}
    found: dict[str, list[Carried]] = {id_: [] for id_ in ids}
    for cluster, n, id_, start, stop, text, type_ in sorted(rows, key=lambda row: (by[row[1]][0], row[3])):
        found[cluster].append(Carried(id_, start, stop, text, type_, *by[n][1]))
    return found


@cache
def _carriers(kind: Kind) -> tuple[Any, Any]:
    """Build what reads the members of clusters, and what reads articles by their numbers."""
    a, m = t.Article, kind.member
    key = getattr(m, kind.key)
    article, story, published_at, outlet = _OF_ARTICLE
    worded = select(key, m.n, m.id, m.start, m.stop, m.text, m.type if kind is STATEMENTS else null())
    told = select(a.n, published_at, article, story, outlet, a.published, a.headline, a.input)
    return worded.where(key.in_(WRITTEN_OUT)), told.where(a.n.in_(WRITTEN_OUT))


def carried_json(rows: Iterable[Carried], kind: Kind) -> list[dict[str, Any]]:
    """Give rows of `carriers` as `carriers_json` gives carriers. A story may have a thousand for each statement."""
    if kind is STATEMENTS:
        return [{"article": r.article, "start": r.start, "end": r.stop, "text": r.text, "type": r.type} for r in rows]
    return [{"article": r.article, "start": r.start, "end": r.stop, "text": r.text} for r in rows]


def as_first(row: Carried) -> dict[str, Any]:
    """Say who was the first to carry something, from its first row of `carriers`."""
    return {"article": row.article, "outlet": row.outlet, "headline": row.headline, "datePublished": row.published}


def bearers(rows: Iterable[Carried]) -> list[str]:
    """Name those who carry something, each once: by outlet, or else headline, or else the file that it came in."""
    return list(dict.fromkeys(row.outlet or row.headline or PurePath(row.input).name for row in rows))


def within(kind: Kind, story: str) -> Any:
    """Give the condition that a cluster is carried by an article of a story."""
    a, m = t.Article, kind.member
    carried = select(getattr(m, kind.key)).join(a, a.n == m.n).where(a.story_id == story)
    return or_(kind.family.id.in_(carried))
