"""The catalogue: reads articles, copies and stories back, for exports and for people. It writes nothing.

Iterators go by key, a page at a time, in constant memory; read them inside the `with store.reading()` they came from.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Select, case, func, select, text, tuple_
from sqlalchemy.orm import aliased

from storage import rows
from storage import tables as t
from storage.archive import chunks
from storage.errors import WiredeskError
from storage.pairs import relation
from storage.recordjson import as_json
from storage.records import Article, Grade, Relation

PAGE: Final = 200
"""Rows read at once: past this a larger page is no faster, and a page of long articles is a few megabytes."""

_PARENT: Final = aliased(t.Article, name="parent")
IS_FIRST: Final = (t.Article.id < _PARENT.id).label("is_first")
"""If an article of a story, and not what it copies, is the first in their relation (`in_stories`)."""

_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A filed article as it stands now. `id` is the name it was filed under, `copy_of` the id of its parent."""

    n: int
    id: str
    article: Article
    story: str | None
    copy_of: str | None
    revision: int
    filed_at: datetime
    revised_at: datetime | None
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One article of a story. `grade` is that of its relation with `copy_of`, null without either."""

    id: str
    copy_of: str | None
    grade: Grade | None
    outlet: str | None
    headline: str | None
    published: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A family of copies; the head comes first among its members, then the others as they were published."""

    id: str
    headline: str | None
    outlet: str | None
    size: int
    first_at: datetime | None
    last_at: datetime | None
    members: tuple[Member, ...]


def paged(fetch: Callable[[Any], Sequence[_Row]], key: Callable[[_Row], Any]) -> Iterator[_Row]:
    """Give every row of pages that are fetched by the key of the last one; None fetches the first."""
    after: Any = None
    while page := fetch(after):
        yield from page
        after = key(page[-1])


def article(conn: Connection, id_: str, *, enrichment: bool = True) -> Stored | None:
    """Give the article filed under an id, with what was found in it if wanted; None if there is none."""
    found = conn.execute(select(t.Article.__table__).where(t.Article.id == id_)).mappings().all()
    return next(iter(_stored(conn, found, enrichment=enrichment)), None)


def ids_beginning(conn: Connection, given: str) -> tuple[str, ...]:
    """Give the article ids that begin like this, at most ten; the id itself alone if it is one."""
    a = t.Article
    found = conn.execute(select(a.id).where(a.id >= given, a.id < given + "~").order_by(a.id).limit(10)).scalars().all()
    return (given,) if given in found else tuple(found)


def outlets(conn: Connection, ids: Collection[str]) -> dict[str, str | None]:
    """Give the outlet of each article: its publisher, or the agency that it names."""
    a = t.Article
    wanted = select(a.id, func.coalesce(a.publisher, a.agency))
    return {i: outlet for part in chunks(ids) for i, outlet in conn.execute(wanted.where(a.id.in_(part)))}


def bodies(conn: Connection, ids: Collection[str]) -> dict[str, str]:
    """Give the text of each article."""
    a = t.Article
    return {i: body for part in chunks(ids) for i, body in conn.execute(select(a.id, a.body).where(a.id.in_(part)))}


def articles(conn: Connection, *, story: str | None = None, enrichment: bool = False) -> Iterator[Stored]:
    """Give all articles, or those of a story, in the order in which they were filed."""
    a = t.Article
    wanted = select(a.__table__).order_by(a.n).limit(PAGE)
    if story is not None:
        wanted = wanted.where(a.story_id == story)

    def fetch(after: int | None) -> Sequence[Stored]:
        page = conn.execute(wanted.where(a.n > (after or 0))).mappings().all()
        return _stored(conn, page, enrichment=enrichment)

    return paged(fetch, lambda stored: stored.n)


def numbered(conn: Connection, ns: Collection[int]) -> list[tuple[Stored, int | None]]:
    """Give the articles of these numbers, with what was found in them and the inbox item that each came from."""
    a = t.Article
    found: list[tuple[Stored, int | None]] = []
    for some in chunks(ns):
        page = conn.execute(select(a.__table__).where(a.n.in_(some)).order_by(a.n)).mappings().all()
        found += zip(_stored(conn, page, enrichment=True), (row["item_id"] for row in page), strict=True)
    return found


def _stored(conn: Connection, page: Sequence[Any], *, enrichment: bool) -> list[Stored]:
    found = _derived(conn, [row["n"] for row in page]) if enrichment else {}
    return [
        Stored(
            n=row["n"], id=row["id"], article=rows.article(row, found.get(row["n"], {})), story=row["story_id"],
            copy_of=row["copy_of"], revision=row["revision"], filed_at=row["filed_at"], revised_at=row["revised_at"],
            withdrawn_at=row["withdrawn_at"],
        )
        for row in page
    ]  # fmt: skip


def _derived(conn: Connection, ns: Sequence[int]) -> dict[int, dict[Any, list[Any]]]:
    found: dict[int, dict[Any, list[Any]]] = {n: {} for n in ns}
    for table in rows.DERIVED:
        ordered = select(table.__table__).where(table.n.in_(ns)).order_by(*table.__table__.primary_key.columns)
        for row in conn.execute(ordered):
            found[row.n].setdefault(table, []).append(row)
    return found


def article_row(stored: Stored) -> dict[str, Any]:
    """Give the line that `export articles` prints."""
    return as_json(stored.article, enrichment=False) | {
        "id": stored.id, "story": stored.story, "copy_of": stored.copy_of, "revision": stored.revision,
        "filed_at": stored.filed_at.isoformat(), "revised_at": stored.revised_at and stored.revised_at.isoformat(),
        "withdrawn_at": stored.withdrawn_at and stored.withdrawn_at.isoformat(),
    }  # fmt: skip


def copies(conn: Connection) -> Iterator[Relation]:
    """Give all relations, each pair once, with their passages."""
    r = t.Relation
    one, two = t.Article.__table__.alias("one"), t.Article.__table__.alias("two")
    wanted = (
        select(one.c.id, two.c.id, r.grade, r.score, r.coverage_a, r.coverage_b, r.reason, r.passages, r.a_n, r.b_n)
        .join(one, one.c.n == r.a_n)
        .join(two, two.c.n == r.b_n)
        .order_by(r.a_n, r.b_n)
        .limit(PAGE)
    )

    def fetch(after: tuple[int, int] | None) -> Sequence[Any]:
        further = wanted if after is None else wanted.where(tuple_(r.a_n, r.b_n) > after)
        return conn.execute(further).all()

    return (relation(tuple(row)[:8]) for row in paged(fetch, lambda row: (row.a_n, row.b_n)))


def relation_row(found: Relation) -> dict[str, Any]:
    """Give the line that `export copies` prints."""
    return {
        "article": found.article, "other": found.other, "grade": found.grade, "score": found.score,
        "coverage": list(found.coverage), "reason": found.reason,
        "passages": [{"article": list(p.a), "other": list(p.b), "text": p.text} for p in found.passages],
    }  # fmt: skip


def stories(conn: Connection, *, minimum: int = 1, after: str | None = None) -> Iterator[Story]:
    """Give the stories of at least `minimum` articles: those with the newest article first, undated ones last.

    `after` is the id of the story to go on behind.

    Raises:
        WiredeskError: there is no such story any more.
    """
    s = t.Story
    wanted = select(s.id, s.size, s.first_at, s.last_at).where(s.size >= max(minimum, 1))
    if minimum > 1:
        wanted = wanted.where(text("stories.size > 1"))  # to the letter, or no planner takes the index of these
    last = None if after is None else conn.execute(select(s.last_at, s.id).where(s.id == after, s.size > 0)).first()
    if after is not None and last is None:
        raise WiredeskError("no story has this id any more; begin the listing anew", subject=after)
    for page in dated_pages(conn, wanted, s.last_at, s.id, newest_first=True, after=last):
        members = _members(conn, [row.id for row in page])
        for row in page:
            yield _told(row, members[row.id])


def story(conn: Connection, id_: str, shelved: Sequence[Any] | None = None) -> Story | None:
    """Give a story with its articles; None if there is none of this id, or nobody is left in it.

    `shelved` are its rows of `in_stories`, if they are read already.
    """
    s = t.Story
    row = conn.execute(select(s.id, s.size, s.first_at, s.last_at).where(s.id == id_, s.size > 0)).first()
    if row is None:
        return None
    return _told(row, tuple(map(_member, in_stories(conn, [id_]) if shelved is None else shelved)))


def _told(row: Any, members: tuple[Member, ...]) -> Story:
    return Story(headline=members[0].headline, outlet=members[0].outlet, members=members, **row._mapping)  # noqa: SLF001


def dated_pages(
    conn: Connection, wanted: Select[Any], dated: Any, id_: Any, *, newest_first: bool = False, after: Any = None
) -> Iterator[Sequence[Any]]:
    """Give pages of what is `wanted` in the order of a date column, then of the id; rows without a date come last.

    `after` is a row with both columns, to go on behind.
    """
    name, key = dated.key, tuple_(dated, id_)
    is_known = after is None or getattr(after, name) is not None
    known, unknown = wanted.where(dated.is_not(None)), wanted.where(dated.is_(None))
    if is_known and newest_first:
        order = dated.desc(), id_.desc()
        yield from pages(conn, known, lambda row: key < (getattr(row, name), row.id), *order, after=after)
    elif is_known:
        yield from pages(conn, known, lambda row: key > (getattr(row, name), row.id), dated, id_, after=after)
    yield from pages(conn, unknown, lambda row: id_ > row.id, id_, after=None if is_known else after)


def pages(
    conn: Connection, wanted: Select[Any], further: Callable[[Any], Any], *order: Any, after: Any = None
) -> Iterator[Sequence[Any]]:
    """Give pages of what is `wanted` in that order; `further` gives the condition of what comes after a row."""
    wanted = wanted.order_by(*order).limit(PAGE)
    page = conn.execute(wanted if after is None else wanted.where(further(after))).all()
    while page:
        yield page
        page = conn.execute(wanted.where(further(page[-1]))).all() if len(page) == PAGE else []


def in_stories(conn: Connection, stories: Sequence[str], *further: Any) -> Sequence[Any]:
    """Read the articles of stories, those of one in their order: what makes a `Member`, and `further` columns.

    These may be of the article, of its relation with what it copies (null where there is none), or `IS_FIRST`.
    """
    a, r = t.Article, t.Relation
    rank = (a.id != a.story_id, a.published_at.is_(None), a.published_at, a.id)
    ends = (r.a_n == case((IS_FIRST, a.n), else_=_PARENT.n)) & (r.b_n == case((IS_FIRST, _PARENT.n), else_=a.n))
    wanted = (
        select(a.story_id, a.id, a.copy_of, r.grade, func.coalesce(a.publisher, a.agency).label("outlet"), a.headline,
               a.published, *further)
        .outerjoin(_PARENT, _PARENT.id == a.copy_of)
        .outerjoin(r, ends)
        .where(a.story_id.in_(stories))
        .order_by(*rank)
    )  # fmt: skip
    return conn.execute(wanted).all()


def _members(conn: Connection, stories: Sequence[str]) -> dict[str, tuple[Member, ...]]:
    found: dict[str, list[Member]] = {story: [] for story in stories}
    for row in in_stories(conn, stories):
        found[row.story_id].append(_member(row))
    return {story: tuple(members) for story, members in found.items()}


def _member(row: Any) -> Member:
    _, id_, copy_of, grade, outlet, headline, published, *_ = row
    return Member(id=id_, copy_of=copy_of, grade=grade, outlet=outlet, headline=headline, published=published)


def story_row(story: Story) -> dict[str, Any]:
    """Give the line that `export stories` prints."""
    return {
        "id": story.id, "headline": story.headline, "outlet": story.outlet, "size": story.size,
        "first_at": story.first_at and story.first_at.isoformat(),
        "last_at": story.last_at and story.last_at.isoformat(),
        "articles": [
            {"article": m.id, "copy_of": m.copy_of, "grade": m.grade, "outlet": m.outlet, "headline": m.headline,
             "datePublished": m.published} for m in story.members
        ],
    }  # fmt: skip
