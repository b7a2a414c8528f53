"""What is known of a feed, what came out of it and what became of each look at it: frozen values.

Standard library only; no store, no network, no clock. All times are aware UTC. Lists are tuples. A feed's own words
(its dates, its guids) are kept as it sent them beside what was made of them.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from storage.records import sort_time

Condition = Literal["active", "dormant", "paused", "disabled"]
"""Whether a feed is looked at: as its rhythm says; once a week, because it fails; not until someone says so (`paused`);
or no more, because it said that it is gone for good (`disabled`)."""

Outcome = Literal[
    "new", "same", "not-modified", "not-a-feed", "limited", "soft", "temporary", "hard", "gone"
]  # fmt: skip
"""What one look came to: something new or changed; a page with nothing new; status 304; something else than a feed;
told to wait (429, 503); a failure that mends itself (timeouts, most statuses); one of the network here (DNS does not
answer); one that hardly ever mends itself (no such host, forbidden address); status 410."""

Format = Literal["rss", "rdf", "atom", "json", "sitemap", "cdf"]

DateFlag = Literal["none", "unreadable", "future", "absurd"]
"""Why an entry has no date: it gave none, none that can be read, one that lies ahead, or one before news was online."""

RECENT: Final = 40
"""How many of the latest appearances a feed's state remembers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a feed as its page gives it.

    `key` names it within its feed: see `tasks.feedentries`. `link` is the address as sent, made absolute;
    `canonical` its normal form, null if it is no http(s) address. `published_raw` is the feed's own text and stays
    whatever comes of it; `published` is what it says in ISO 8601, as precise as it says it and with an offset only if
    it gives one, null where `date_flag` says why. `content_html` is the longest content that the feed carries
    (unsanitised), `content_text` the same without markup; `full` is true if the feed sent it as content, not as a
    summary. `publisher` is the source that the entry itself names.
    """

    key: str
    guid: str | None = None
    link: str | None = None
    canonical: str | None = None
    title: str | None = None
    authors: tuple[str, ...] = ()
    published_raw: str | None = None
    published: str | None = None
    date_flag: DateFlag | None = None
    content_html: str = ""
    content_text: str = ""
    full: bool = False
    publisher: str | None = None

    @property
    def published_at(self) -> datetime | None:
        """`published` as an aware UTC time to sort by; a time without a zone counts as UTC, a date as its midnight."""
        return sort_time(self.published)

    @property
    def content_digest(self) -> str:
        """sha256 of what it says: title, authors and text, without markup. A new one is a revision."""
        said = "\x1f".join((self.title or "", *self.authors, _SPACE.sub(" ", self.content_text).strip()))
        return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


_SPACE: Final = re.compile(r"\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPage:
    """One page of a feed, read. Entries are in the page's own order.

    `asked` is how long the page itself asks not to be polled again (ttl, sy:updatePeriod). `problems` are short words
    for what was wrong with it and got over: `recoded` (it was not UTF-8), `junk` (something stood before it),
    `controls`, `mended` (bare ampersands), `slow` (feedparser had to read it), `cut` (more entries than the limit),
    `long` (content cut at the limit).
    """

    format: Format
    title: str | None = None
    site: str | None = None
    language: str | None = None
    asked: timedelta | None = None
    entries: tuple[Entry, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAFeed:
    """What came instead of a feed: one word, one sentence, and its first bytes for a person to look at.

    The words are `empty`, `html`, `challenge`, `json`, `binary`, `xml` and `text`.
    """

    reason: str
    detail: str
    sample: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownEntry:
    """What is kept of an entry to recognise it by."""

    key: str
    guid: str | None
    canonical: str | None
    content_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """A page held against what is known. Every entry carries the key that it is, or will be, known by.

    `new` and `revised` are in the page's order. `overrun` is true if the page held entries, others were known before,
    and not one of these is left in it: what came and went in between was missed.
    """

    new: tuple[Entry, ...] = ()
    revised: tuple[Entry, ...] = ()
    unchanged: int = 0
    overrun: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What asking for a feed brought, of which the decision needs to know.

    `status` is null if no answer came; `failure` is then the kind: `timeout`, `connect`, `tls`, `dns` (no such name),
    `dns-temporary`, `forbidden` (the address may not be connected to), `redirects`, `too-big`, `too-slow`, `broken`;
    it may also stand beside a status whose body failed. `headers` are (name, value) pairs. `moved_to` is the address
    at the end of the permanent redirects (301, 308) that the chain began with; null if it began with none.
    `conditional` is true if validators were sent.
    """

    status: int | None = None
    failure: str | None = None
    detail: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    moved_to: str | None = None
    conditional: bool = False
    size_bytes: int = 0
    body_digest: str | None = None
    elapsed_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One look at a feed, for whoever asks why nothing came. `reason` says in words why the next look is when it is.

    `sample` names the capture that holds the first bytes of what came in place of a feed.
    """

    at: datetime
    address: str
    status: int | None
    outcome: Outcome
    detail: str = ""
    conditional: bool = False
    entries: int = 0
    new_entries: int = 0
    revised_entries: int = 0
    possible_gap: bool = False
    size_bytes: int = 0
    elapsed_s: float = 0.0
    sample: str | None = None
    next_poll_at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """All that is known of one feed but its entries. A new feed has an address and the time of its first look.

    `asked` is how long its last page asked to be left alone. `interval` is what its rhythm asks for, before jitter and
    before anybody's wish for less. `failures` is the weighted
    run of failures (soft 0.5, temporary 0.25, hard 1). `lying` is true once a 304 hid a change: from then on it is
    asked without validators. `moved_to` is a permanent redirect that has been agreeing since `moved_since`,
    `moved_count` times; `former_addresses` are those that it was adopted from. `recent` is when its latest entries
    appeared, newest first; `hours`, `days` and `minutes` are how often entries appeared by hour of the day, day of the
    week and minute of the hour (UTC, Monday first), the past counting less and less, since `watched_since`. `window` is
    how many entries a page holds, `fastest_fill` the shortest time in which as many appeared.
    """

    address: str
    next_poll_at: datetime
    title: str | None = None
    site: str | None = None
    tags: tuple[str, ...] = ()
    condition: Condition = "active"
    condition_reason: str = ""

    etag: str | None = None
    last_modified: str | None = None
    body_digest: str | None = None
    lying: bool = False
    last_unconditional_at: datetime | None = None

    interval: timedelta = timedelta(hours=1)
    asked: timedelta | None = None
    watched_since: datetime | None = None
    recent: tuple[datetime, ...] = ()
    hours: tuple[float, ...] = ()
    days: tuple[float, ...] = ()
    minutes: tuple[float, ...] = ()
    window: int = 0
    fastest_fill: timedelta | None = None

    last_attempt_at: datetime | None = None
    last_success_at: datetime | None = None
    last_new_at: datetime | None = None
    failures: float = 0.0
    failures_in_a_row: int = 0
    gone_since: datetime | None = None

    moved_to: str | None = None
    moved_since: datetime | None = None
    moved_count: int = 0
    former_addresses: tuple[str, ...] = ()

    polls: int = 0
    not_modified: int = 0
    not_modified_in_a_row: int = 0
    entries_seen: int = 0
    possible_gaps: int = 0
    lies: int = 0
