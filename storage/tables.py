"""The tables, private to storage: no mapped object leaves this package, and nothing here reads or writes a row."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import Base, BigKey, Json

_REJECTED = text("state = 'rejected'")


class InboxItem(Base):
    """What arrived: one row per content and hints. `article_id` names the article it became; it is a record, not a key.

    `digest` is null for what could not even be read. A `claimed` item is its holder's until `lease_until_at`.
    """

    __tablename__ = "inbox_items"
    __table_args__ = (
        Index(None, "state", "id"),
        Index(None, "digest"),
        Index(None, "settled_at", "reason", sqlite_where=_REJECTED, postgresql_where=_REJECTED),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    key: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str]
    digest: Mapped[str | None]
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    input: Mapped[str]
    hints: Mapped[dict[str, Any]]
    received_at: Mapped[datetime]
    attempts: Mapped[int]
    not_before_at: Mapped[datetime | None]
    holder: Mapped[str | None]
    lease_until_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    article_id: Mapped[str | None]
    reason: Mapped[str | None]
    detail: Mapped[str | None]


_MERGED = text("merged_into IS NOT NULL")
_EMPTY = text("size = 0")


class Story(Base):
    """A family of copies. Its id is the id of its head article; a story merged away stays and says where it went."""

    __tablename__ = "stories"
    __table_args__ = (
        Index(None, "last_at", "id"),
        Index(None, "merged_into", sqlite_where=_MERGED, postgresql_where=_MERGED),
        Index(None, "size", sqlite_where=_EMPTY, postgresql_where=_EMPTY),
        Index(None, "last_at", "id", "size", sqlite_where=text("size > 1"), postgresql_where=text("size > 1")),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    size: Mapped[int]
    first_at: Mapped[datetime | None]
    last_at: Mapped[datetime | None]
    merged_into: Mapped[str | None]


_COPY = text("copy_of IS NOT NULL")


class Article(Base):
    """One article as it stands now. `n` is the number other tables know it by, `id` the name that people do.

    `core`: it is one of those that hold its story together.
    """

    __tablename__ = "articles"
    __table_args__ = (
        Index(None, "story_id", "published_at"),
        Index(None, "filed_at", "copy_of"),
        Index(None, "copy_of", sqlite_where=_COPY, postgresql_where=_COPY),
        {"sqlite_autoincrement": True},
    )

    n: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(unique=True)
    item_id: Mapped[int | None] = mapped_column(ForeignKey("inbox_items.id", ondelete="SET NULL"), index=True)
    digest: Mapped[str | None]
    content_digest: Mapped[str]
    revision: Mapped[int]
    filed_at: Mapped[datetime]
    revised_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    story_id: Mapped[str | None] = mapped_column(ForeignKey("stories.id", ondelete="SET NULL"))
    copy_of: Mapped[str | None]
    core: Mapped[bool] = mapped_column(default=False)
    input: Mapped[str]
    identifier: Mapped[str | None]
    url: Mapped[str | None]
    headline: Mapped[str | None]
    authors: Mapped[list[Any]]
    publisher: Mapped[str | None]
    agency: Mapped[str | None]
    dateline: Mapped[str | None]
    language: Mapped[str | None]
    published: Mapped[str | None]
    published_basis: Mapped[str | None]
    published_at: Mapped[datetime | None] = mapped_column(index=True)
    modified: Mapped[str | None]
    body: Mapped[str]
    body_basis: Mapped[str | None]
    wire: Mapped[dict[str, Any] | None]
    quotations_basis: Mapped[str | None]


def _article_n(*, primary_key: bool = False, index: bool = False) -> Any:
    return mapped_column(
        BigKey, ForeignKey("articles.n", ondelete="CASCADE"), primary_key=primary_key, index=index, autoincrement=False
    )


class Revision(Base):
    """What an article said before: its former content, from which item, and when it was replaced."""

    __tablename__ = "revisions"

    n: Mapped[int] = _article_n(primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    item_id: Mapped[int | None] = mapped_column(ForeignKey("inbox_items.id", ondelete="SET NULL"), index=True)
    digest: Mapped[str | None]
    content_digest: Mapped[str]
    content: Mapped[dict[str, Any]]
    replaced_at: Mapped[datetime]


class Stage(Base):
    """Which version of a stage made what is filed under an article."""

    __tablename__ = "stages"
    __table_args__ = (Index(None, "stage", "version"),)

    n: Mapped[int] = _article_n(primary_key=True)
    stage: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]


class Relation(Base):
    """What two articles are to each other; `a_n` is the one with the smaller id (not number)."""

    __tablename__ = "relations"

    a_n: Mapped[int] = _article_n(primary_key=True)
    b_n: Mapped[int] = mapped_column(
        BigKey, ForeignKey("articles.n", ondelete="CASCADE"), primary_key=True, index=True, autoincrement=False
    )
    grade: Mapped[str]
    score: Mapped[float]
    coverage_a: Mapped[float]
    coverage_b: Mapped[float]
    passages: Mapped[list[Any]]
    reason: Mapped[str]
    version: Mapped[int]
    made_at: Mapped[datetime]


class Statement(Base):
    """Quotations that are one statement.

    `said_earliest` and `said_latest` are the days that `said` covers, null where it is no date that we can read.
    """

    __tablename__ = "statements"
    __table_args__ = (Index(None, "said_earliest", "id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[str]
    type: Mapped[str]
    speaker: Mapped[str | None]
    speaker_type: Mapped[str | None]
    said: Mapped[str | None]
    said_basis: Mapped[str | None]
    agreement: Mapped[str]
    said_earliest: Mapped[str | None]
    said_latest: Mapped[str | None]


class Quotation(Base):
    """One quotation as one article carries it. `lead` and `tail`: the reporter's words around a `mixed` one.

    `gone`: a revision of the article has dropped it, and its statement has to be told before the transaction ends.
    """

    __tablename__ = "quotations"
    __table_args__ = (Index(None, "gone", sqlite_where=text("gone"), postgresql_where=text("gone")),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    n: Mapped[int] = _article_n(index=True)
    statement_id: Mapped[str | None] = mapped_column(ForeignKey("statements.id", ondelete="SET NULL"), index=True)
    start: Mapped[int]
    stop: Mapped[int]
    text: Mapped[str]
    type: Mapped[str]
    verb: Mapped[str | None]
    speaker: Mapped[str | None]
    speaker_type: Mapped[str | None]
    speaker_mention: Mapped[dict[str, Any] | None] = mapped_column(Json)
    said: Mapped[str | None]
    said_basis: Mapped[str | None]
    confidence: Mapped[float]
    gone: Mapped[bool]
    lead: Mapped[str | None]
    tail: Mapped[str | None]


class Timex(Base):
    """One time expression of one article."""

    __tablename__ = "timexes"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    n: Mapped[int] = _article_n(index=True)
    start: Mapped[int]
    stop: Mapped[int]
    text: Mapped[str]
    type: Mapped[str]
    value: Mapped[str | None]
    earliest: Mapped[str | None]
    latest: Mapped[str | None]


class Occurrence(Base):
    """Events of several articles that are one.

    `earliest` and `latest` are the days that `date` covers, null where it is no date that we can read.
    """

    __tablename__ = "occurrences"
    __table_args__ = (Index(None, "earliest"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    date: Mapped[str]
    earliest: Mapped[str | None]
    latest: Mapped[str | None]
    precision: Mapped[str]
    text: Mapped[str]
    people: Mapped[list[Any]]
    modality: Mapped[str | None]


class Event(Base):
    """One dated sentence of one article. `gone` as in `quotations`, `earliest` and `latest` as in `occurrences`.

    `places` are those that the sentence names; null where nobody has looked yet.
    """

    __tablename__ = "events"
    __table_args__ = (Index(None, "gone", sqlite_where=text("gone"), postgresql_where=text("gone")),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    n: Mapped[int] = _article_n(index=True)
    occurrence_id: Mapped[str | None] = mapped_column(ForeignKey("occurrences.id", ondelete="SET NULL"), index=True)
    date: Mapped[str]
    earliest: Mapped[str | None]
    latest: Mapped[str | None]
    precision: Mapped[str]
    start: Mapped[int]
    stop: Mapped[int]
    text: Mapped[str]
    people: Mapped[list[Any]]
    gone: Mapped[bool]
    modality: Mapped[str | None]
    places: Mapped[list[Any] | None]


class Mention(Base):
    """A person, organisation or place that one article names, with every span."""

    __tablename__ = "mentions"
    __table_args__ = (Index(None, "name"),)

    n: Mapped[int] = _article_n(primary_key=True)
    type: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    spans: Mapped[list[Any]]


class Wording(Base):
    """An early carrier of each wording in a story: `member_id` is a quotation's or an event's id, after `kind`.

    What a new copy carries is held against these, and not against every copy. No foreign key: it is written anew with
    its story.
    """

    __tablename__ = "wordings"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012

    story_id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)


class Verdict(Base):
    """A person's word on a pair of articles, by their ids (the smaller first), so that it outlives either of them."""

    __tablename__ = "verdicts"

    a_id: Mapped[str] = mapped_column(primary_key=True)
    b_id: Mapped[str] = mapped_column(primary_key=True, index=True)
    verdict: Mapped[str]
    at: Mapped[datetime]


class Change(Base):
    """The change feed: numbered under the writer lock, so that no number ever appears behind a reader.

    What an article said is not written down here again: `n` and `revision` name it. `n` and `other_n` name a pair. No
    foreign keys: a change stays when its article goes.
    """

    __tablename__ = "changes"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012

    number: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    kind: Mapped[str]
    subject: Mapped[str]
    payload: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    n: Mapped[int | None] = mapped_column(BigInteger)
    revision: Mapped[int | None]
    other_n: Mapped[int | None] = mapped_column(BigInteger)


class Consumer(Base):
    """Who reads the change feed, and the last number that it has acknowledged. `holds`: the feed is kept for it."""

    __tablename__ = "consumers"

    name: Mapped[str] = mapped_column(primary_key=True)
    cursor: Mapped[int] = mapped_column(BigInteger)
    acknowledged_at: Mapped[datetime]
    holds: Mapped[bool]


class Posting(Base):
    """Which articles of a stretch of days carry a word run.

    `week` is the stretch: `wireindex.STRETCH_DAYS` days each, counted since 1970, but for two that hold what is found
    from everywhere (`TIMELESS`, `UNDATED`). No foreign key and no index by article: `wire_prints` knows what an article
    has posted.
    """

    __tablename__ = "postings"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012

    week: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    hash: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


class WirePrint(Base):
    """What an article has posted (runs, then what is found without a window), and the day it counts for."""

    __tablename__ = "wire_prints"

    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    day: Mapped[int | None]
    runs: Mapped[bytes] = mapped_column(LargeBinary)
    timeless: Mapped[bytes] = mapped_column(LargeBinary)


class FurnitureWitness(Base):
    """Which articles carry a sentence of their outlet that may prove to be furniture."""

    __tablename__ = "furniture_witnesses"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012

    key: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    n: Mapped[int] = mapped_column(primary_key=True, index=True, autoincrement=False)


class Furniture(Base):
    """The sentences that an outlet prints under article after article, as keys of outlet and sentence."""

    __tablename__ = "furniture"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012

    key: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)


class Feed(Base):
    """A feed that is looked at. `state` is all of its `FeedState`; the columns repeat what is searched by.

    A feed that is being polled is its holder's until `lease_until_at`.
    """

    __tablename__ = "feeds"
    __table_args__ = (Index(None, "next_poll_at"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    address: Mapped[str] = mapped_column(unique=True)
    condition: Mapped[str]
    next_poll_at: Mapped[datetime]
    added_at: Mapped[datetime]
    state: Mapped[dict[str, Any]]
    holder: Mapped[str | None]
    lease_until_at: Mapped[datetime | None]


class FeedEntry(Base):
    """An entry that a feed has carried: what it is recognised by, the item it became, and when its page is looked at.

    `own_digest` names its own full content among the captures, for when its page cannot be had. `etag`,
    `last_modified` and `page_digest` are those of the page as it was fetched last; at `look_at` it is looked at again.
    """

    __tablename__ = "feed_entries"
    __table_args__ = (
        UniqueConstraint("feed_id", "key"),
        Index(None, "feed_id", "last_seen_at"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    feed_id: Mapped[int] = mapped_column(BigKey, ForeignKey("feeds.id", ondelete="CASCADE"))
    key: Mapped[str]
    guid: Mapped[str | None]
    canonical: Mapped[str | None]
    content_digest: Mapped[str]
    published_raw: Mapped[str | None]
    date_flag: Mapped[str | None]
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    hints: Mapped[dict[str, Any]]
    item_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("inbox_items.id", ondelete="SET NULL"), index=True)
    own_digest: Mapped[str | None]
    own_bytes: Mapped[int | None] = mapped_column(BigInteger)
    etag: Mapped[str | None]
    last_modified: Mapped[str | None]
    page_digest: Mapped[str | None]
    looks: Mapped[int]
    look_at: Mapped[datetime | None] = mapped_column(index=True)


class FeedAttempt(Base):
    """One look at a feed; the oldest of a feed give way to new ones."""

    __tablename__ = "feed_attempts"
    __table_args__ = (Index(None, "feed_id", "id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    feed_id: Mapped[int] = mapped_column(BigKey, ForeignKey("feeds.id", ondelete="CASCADE"))
    record: Mapped[dict[str, Any]]


class Redo(Base):
    """An article that is being made anew, its holder's until `lease_until_at`; or that could not be: `error` says why.

    One that has had all its attempts is set aside. What has been made anew has no row.
    """

    __tablename__ = "redos"

    n: Mapped[int] = _article_n(primary_key=True)
    holder: Mapped[str | None]
    lease_until_at: Mapped[datetime | None]
    attempts: Mapped[int]
    error: Mapped[str | None]


class Backfill(Base):
    """How far a backfill from files has come, so that the next one over the same files goes on from there.

    `file` is the last one that documents were taken in from, and `documents` how many of it.
    """

    __tablename__ = "backfills"

    key: Mapped[str] = mapped_column(primary_key=True)
    file: Mapped[str | None]
    documents: Mapped[int]
    at: Mapped[datetime]


class ChangeDrop(Base):
    """That the change feed was let go of up to a number, and when."""

    __tablename__ = "change_drops"

    up_to: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime]


_REACHING = text("until IS NOT NULL")


class Find(Base):
    """What a statement or an event is found by (`storage/finding.py`). `key` is its place in the order of days.

    `until` is the number of the last day that its date covers, null where that is the first. SQLite's `finds_words` and
    PostgreSQL's columns `vector` and `bigrams` are made of `tokens` by the database itself.
    """

    __tablename__ = "finds"
    __table_args__ = (Index(None, "until", "key", sqlite_where=_REACHING, postgresql_where=_REACHING),)

    key: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(index=True)
    until: Mapped[int | None]
    tokens: Mapped[str]


class Spelling(Base):
    """A name as it is written somewhere, by each word of it, and by those of other spellings that are tied to it."""

    __tablename__ = "spellings"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012

    kind: Mapped[str] = mapped_column(primary_key=True)
    word: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)


class Chore(Base):
    """What an upgrade has yet to do (`storage/migrate.py`). A store that is as it should be has none."""

    __tablename__ = "chores"

    chore: Mapped[str] = mapped_column(primary_key=True)


metadata = Base.metadata
"""Of all tables."""
