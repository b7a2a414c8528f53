"""The entries that feeds have carried: what each is recognised by, which item it became, and its page.

An entry's page is fetched once for the inbox; while the article is young it is looked at again, for revisions. Whoever
takes a look puts its next time off, so nobody else takes it, and a crash only delays it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, select, text, update

from storage.archive import chunks
from storage.feedrecords import Entry, KnownEntry
from storage.records import Hints
from storage.tables import FeedEntry, InboxItem

_E = FeedEntry
_GIVEN = (
    "feed_id", "key", "looks", "first_seen_at", "last_seen_at", "guid", "canonical", "content_digest", "published_raw",
    "date_flag", "hints", "item_id", "look_at", "own_digest", "own_bytes",
)  # fmt: skip
# As text it is compiled once, and takes all of a page's entries in one call: see `storage.inbox`.
_INSERT = text(
    f"INSERT INTO feed_entries ({', '.join(_GIVEN)}) VALUES ({', '.join(f':{name}' for name in _GIVEN)}) "  # noqa: S608
    "ON CONFLICT (feed_id, key) DO NOTHING"
).bindparams(*(bindparam(name, type_=_E.__table__.c[name].type) for name in _GIVEN))
SEEN_AGAIN_AFTER = timedelta(days=1)
"""How stale the note may get that an entry is still in its feed's page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """The full content that a feed sent with an entry, as a capture."""

    digest: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """An entry to be kept: what reading is told of it, its own content if any, and when its page is looked at again."""

    entry: Entry
    hints: Hints
    own: Own | None = None
    item_id: int | None = None
    look_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What is known of an entry's page. `looks` counts how often it was looked at again.

    `named` is the name of its item: the link as the feed wrote it, with a remark if the feed's text serves.
    """

    id: int
    item_id: int | None
    named: str | None
    hints: Hints
    own: Own | None
    first_seen_at: datetime
    etag: str | None
    last_modified: str | None
    page_digest: str | None
    looks: int


_NAMED = select(InboxItem.input).where(InboxItem.id == _E.item_id).correlate(_E).scalar_subquery().label("named")
_PAGE = (
    _E.id, _E.item_id, _NAMED, _E.hints, _E.own_digest, _E.own_bytes, _E.first_seen_at, _E.etag, _E.last_modified,
    _E.page_digest, _E.looks,
)  # fmt: skip


def known(conn: Connection, feed_id: int, *, limit: int) -> tuple[KnownEntry, ...]:
    """Give what is kept of a feed's entries to recognise them by, those seen last first."""
    rows = conn.execute(
        select(_E.key, _E.guid, _E.canonical, _E.content_digest)
        .where(_E.feed_id == feed_id)
        .order_by(_E.last_seen_at.desc(), _E.id.desc())
        .limit(limit)
    )
    return tuple(
        KnownEntry(key=r.key, guid=r.guid, canonical=r.canonical, content_digest=r.content_digest) for r in rows
    )


def note(conn: Connection, feed_id: int, found: Sequence[Noted], *, now: datetime) -> None:
    """Keep new entries. One whose key the feed carried before stays as it is."""
    values = {"feed_id": feed_id, "looks": 0, "first_seen_at": now, "last_seen_at": now}
    if found:
        conn.execute(_INSERT, [values | {"key": noted.entry.key} | _said(noted) for noted in found])


def revise(conn: Connection, feed_id: int, noted: Noted, *, now: datetime) -> None:
    """Keep what a known entry says now; its page is looked at again at `look_at`, if that is given."""
    values = _said(noted) | {"last_seen_at": now}
    if noted.item_id is None:
        del values["item_id"]
    if noted.look_at is None:
        del values["look_at"]
    conn.execute(update(_E).where(_E.feed_id == feed_id, _E.key == noted.entry.key).values(values))


def _said(noted: Noted) -> dict[str, Any]:
    e, own = noted.entry, noted.own
    return {
        "guid": e.guid, "canonical": e.canonical, "content_digest": e.content_digest, "published_raw": e.published_raw,
        "date_flag": e.date_flag, "hints": noted.hints.known(), "item_id": noted.item_id, "look_at": noted.look_at,
        "own_digest": own.digest if own else None, "own_bytes": own.size_bytes if own else None,
    }  # fmt: skip


def seen_again(conn: Connection, feed_id: int, keys: Collection[str], *, now: datetime) -> None:
    """Note that known entries are still in the page; not sooner than a day after the last such note."""
    for some in chunks(keys):
        conn.execute(
            update(_E)
            .where(_E.feed_id == feed_id, _E.key.in_(some), _E.last_seen_at < now - SEEN_AGAIN_AFTER)
            .values(last_seen_at=now)
        )


def one(conn: Connection, feed_id: int, key: str) -> Page | None:
    """Give what is known of one entry's page."""
    row = conn.execute(select(*_PAGE).where(_E.feed_id == feed_id, _E.key == key)).first()
    return None if row is None else _page(row)


def of_items(conn: Connection, item_ids: Collection[int]) -> dict[int, Page]:
    """Give the entry behind each item; of several feeds that carry one address, the one with the longest content."""
    found: dict[int, Page] = {}
    for some in chunks(item_ids):
        for row in conn.execute(select(*_PAGE).where(_E.item_id.in_(some)).order_by(_E.id)):
            page, held = _page(row), found.get(row.item_id)
            if held is None or _size(page) > _size(held):
                found[row.item_id] = page
    return found


def _size(page: Page) -> int:
    return page.own.size_bytes if page.own else 0


def looks_due(conn: Connection, *, now: datetime) -> int:
    """Count the pages that are due for another look."""
    return conn.execute(select(func.count()).where(_E.look_at <= now)).scalar_one()


def claim_looks(conn: Connection, *, limit: int, lease: timedelta, now: datetime) -> tuple[Page, ...]:
    """Take up to `limit` pages due for another look; without a word to `looked` they are due again after `lease`."""
    chosen = (
        select(_E.id)
        .where(_E.look_at <= now)
        .order_by(_E.look_at, _E.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("chosen")
    )
    rows = conn.execute(
        update(_E)
        .where(_E.id.in_(select(chosen.c.id)), _E.look_at <= now)
        .values(look_at=now + lease)
        .returning(*_PAGE)
    )
    return tuple(sorted(map(_page, rows), key=lambda page: page.id))


def looked(
    conn: Connection,
    page: Page,
    *,
    next_at: datetime | None,
    etag: str | None = None,
    last_modified: str | None = None,
    page_digest: str | None = None,
    item_id: int | None = None,
) -> None:
    """Note what a look at a page found, and when the next one is due; validators and digest stay if none are given."""
    found = {"etag": etag, "last_modified": last_modified, "page_digest": page_digest, "item_id": item_id}
    values: dict[str, Any] = {name: value for name, value in found.items() if value is not None}
    conn.execute(update(_E).where(_E.id == page.id).values(looks=_E.looks + 1, look_at=next_at, **values))


def forget(conn: Connection, *, unseen_since: datetime) -> int:
    """Forget entries that have long left their feeds. Gives how many. What came of them stays filed.

    A feed that has had nothing new since keeps them all: they may stand in it still.
    """
    with_news = select(_E.feed_id).where(_E.last_seen_at >= unseen_since)
    return conn.execute(delete(_E).where(_E.last_seen_at < unseen_since, _E.feed_id.in_(with_news))).rowcount


def counts(conn: Connection, feed_id: int) -> tuple[int, int]:
    """Count a feed's entries: all of them, and those whose date was not usable."""
    row = conn.execute(select(func.count(), func.count(_E.date_flag)).where(_E.feed_id == feed_id)).one()
    return row[0], row[1]


def _page(row: Any) -> Page:
    own = None if row.own_digest is None else Own(digest=row.own_digest, size_bytes=row.own_bytes)
    return Page(
        id=row.id, item_id=row.item_id, named=row.named, hints=Hints(**row.hints), own=own,
        first_seen_at=row.first_seen_at, etag=row.etag, last_modified=row.last_modified, page_digest=row.page_digest,
        looks=row.looks,
    )  # fmt: skip
