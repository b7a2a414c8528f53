"""The records that the rooms hand to each other: frozen values. Standard library only; no store, no network, no clock.

All offsets are code points into `Article.body`, and `body[start:end] == text` holds for everything that carries both.
Lists are tuples, `value` of a time expression is TIMEX3, dates are ISO 8601. `storage.recordjson` writes them as JSON.
"""

import hashlib
import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Final, Literal

QuotationType = Literal["direct", "mixed", "indirect"]
SpeakerType = Literal["Person", "Organization", "Place"]
TimexType = Literal["DATE", "TIME", "DURATION", "SET"]
Precision = Literal["time", "day", "week", "month", "quarter", "season", "year", "decade", "century"]
Grade = Literal["exact", "near", "derived", "shared-quotes", "update"]

Modality = Literal["past", "planned", "conditional"]
FoundBy = Literal["parser", "rules", "marks"]
Agreement = Literal["same", "variant", "disputed"]

COPY_GRADES: Final = frozenset({"exact", "near", "derived"})
"""The grades that put two articles into one story."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of the body with its text."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """Who said it: never a pronoun. `mention` is the stretch of the body that the name was resolved from."""

    name: str
    type: SpeakerType = "Person"
    mention: Span | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotation:
    """One statement. `confidence` is 0.0 to 1.0; `said` is an EDTF date with its `said_basis`.

    `unnamed` is the stretch that says who spoke where nobody can be named for it (`they`, `the ruling`).
    """

    text: str
    start: int
    end: int
    type: QuotationType
    verb: str | None = None
    speaker: Speaker | None = None
    said: str | None = None
    said_basis: str | None = None
    confidence: float = 1.0
    unnamed: Span | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timex:
    """One time expression, normalised as TIMEX3. `earliest` and `latest` are days, null where it stays unresolved."""

    text: str
    start: int
    end: int
    type: TimexType
    value: str | None
    earliest: str | None = None
    latest: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A dated statement: one sentence, the date it speaks of, and who is named in it.

    `modality` is what the sentence makes of it (the attribute's name is ISO-TimeML's): it has happened (`past`), it is
    to happen (`planned`), or it hangs on something (`conditional`: may, could, if). Null if the sentence does not say,
    or says that it is going on.
    """

    date: str
    precision: Precision
    text: str
    start: int
    end: int
    people: tuple[str, ...] = ()
    modality: Modality | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A person, organisation or place, under its fullest name, with every span that names it."""

    name: str
    type: SpeakerType
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What is known of a document from outside it: the caller's word, the feed's, a sidecar's.

    `published` is ISO 8601 and, when given, is believed over the document's own (basis `published_basis`). `headline`
    serves where the document has none.
    """

    url: str | None = None
    publisher: str | None = None
    published: str | None = None
    published_basis: str = "given"
    identifier: str | None = None
    headline: str | None = None

    def known(self) -> dict[str, str]:
        """Give what they say by name, without what they leave open. The inbox recognises documents by it as well."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    def over(self, said: "Hints") -> "Hints":
        """Believe what was given from outside, and what a document's surroundings say where nothing was."""
        return Hints(
            url=self.url or said.url,
            publisher=self.publisher or said.publisher,
            published=self.published or said.published,
            published_basis=self.published_basis if self.published else said.published_basis,
            identifier=self.identifier or said.identifier,
            headline=self.headline or said.headline,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """What an agency's format says beside the text; null or empty where it says nothing.

    `format` names it ("nitf", "newsml-g2", "iptc-7901" ...). `urgency` is 1 (drop everything) to 9, `version` counts up
    under one identifier. `signal` says why a version was sent ("update", "correction" ...), in the sender's word.
    `embargoed` is the ISO 8601 time before which nothing may be published, "" if no end of the embargo is given.
    `note` is for editors only; `usage` is whose it is and what may be done with it.
    """

    format: str
    slug: str | None = None
    urgency: int | None = None
    version: int | None = None
    signal: str | None = None
    embargoed: str | None = None
    keywords: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    note: str | None = None
    usage: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One article as read, and, once enriched, with what was found in it.

    `published` and `modified` are ISO 8601 as precise as the source: a date, a time without a zone, or with an offset.
    `published_basis` says where it is from (`given`, `feed`, `json-ld`, `meta`, `header`, `url`, `text`, `record`), or,
    when there is none, why not (`no-year`, `none`). `agency` is the wire service that a dateline or credit names.
    `body_basis` says which reader the body of a web page is from (`blocks`, `trafilatura`, `json-ld`).
    `stages` holds the version of each stage that made it, `("extract", 1)`. `quotations_basis` says what quotations and
    names were found by: a language model's grammar (`parser`), rules alone (`rules`: English, and no model is
    installed), or quotation marks and the names beside them (`marks`: another language). `wire` is there if an agency's
    format was read.
    """

    input: str
    body: str
    identifier: str | None = None
    url: str | None = None
    headline: str | None = None
    authors: tuple[str, ...] = ()
    publisher: str | None = None
    agency: str | None = None
    dateline: str | None = None
    language: str | None = None
    published: str | None = None
    published_basis: str | None = None
    modified: str | None = None
    body_basis: str | None = None
    wire: Wire | None = None
    quotations: tuple[Quotation, ...] = ()
    timexes: tuple[Timex, ...] = ()
    events: tuple[Event, ...] = ()
    mentions: tuple[Mention, ...] = ()
    stages: tuple[tuple[str, int], ...] = ()
    quotations_basis: FoundBy | None = None

    @property
    def id(self) -> str:
        """A name that the same article always gets, whatever order and whatever file it arrives in: 16 hex digits.

        The sender's own identifier (with the publisher) names it; without one the address; without that the text,
        headline, publisher and date together.
        """
        return hashlib.sha256(self.identity.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    @property
    def identity(self) -> str:
        """The key behind `id`. Two documents with one identity are one article; different content is a revision."""
        if self.identifier:
            return _named(self.publisher, self.identifier)
        if self.url:
            return "\x1f".join(("url", self.url))
        return "\x1f".join(("text", self.publisher or "", self.headline or "", self.published or "", self.body))

    @property
    def content_digest(self) -> str:
        """sha256 of what the source says (not of what was found in it): equal digests mean nothing new."""
        parts = (self.headline, self.body, self.publisher, self.published, self.modified, self.url, *self.authors)
        if self.wire is not None and self.wire.embargoed is not None:
            parts = (*parts, "embargoed", self.wire.embargoed)
        return hashlib.sha256("\x1f".join(p or "" for p in parts).encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def version(self) -> int | None:
        """The sender's own count of the versions under one identifier, if its format has one."""
        return self.wire.version if self.wire is not None else None

    @property
    def published_at(self) -> datetime | None:
        """`published` as an aware UTC time to sort by; a time without a zone counts as UTC, a date as its midnight."""
        return sort_time(self.published)


def _named(publisher: str | None, identifier: str) -> str:
    return "\x1f".join(("id", publisher or "", identifier))


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """A sender's word that an article must not be used (any more): a kill, or a version that is cancelled or withheld.

    `id` is that of the article which it names, if sender and identifier are given as they were there. `version` and
    `at` say since when; a newer version of the article that may be used again ends it. `reason` is one line to show.
    """

    input: str
    identifier: str
    publisher: str | None = None
    version: int | None = None
    at: str | None = None
    reason: str = ""

    @property
    def id(self) -> str:
        """The id of the article that is withdrawn."""
        return hashlib.sha256(_named(self.publisher, self.identifier).encode("utf-8", "surrogatepass")).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A document that could not become an article: why, in one word and one sentence."""

    input: str
    reason: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A stretch shared by two articles: `a` and `b` are (start, end) in the bodies of the first and the second."""

    a: tuple[int, int]
    b: tuple[int, int]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """What two articles are to each other. The pair is unordered; `article` is the one with the smaller id.

    `score` is 0.0 to 1.0; `coverage` is the share of each body (of `article`, of `other`) that the passages hold;
    `reason` is one readable line that says why this grade.
    """

    article: str
    other: str
    grade: Grade
    score: float
    coverage: tuple[float, float]
    passages: tuple[Passage, ...]
    reason: str = ""

    @property
    def is_copy(self) -> bool:
        """True if this relation puts the two articles into one story."""
        return self.grade in COPY_GRADES


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """A quotation as one article carries it; `key` is its number in the store.

    `lead` and `tail` are the reporter's own words right before and behind a fragment set into a sentence (`mixed`).
    """

    key: int
    article: str
    story: str | None
    published_at: datetime | None
    quotation: Quotation
    lead: str = ""
    tail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Quotations that are one statement: `members` are their keys, earliest carrier first.

    `agreement` says how the carriers' wordings go together: letter for letter (`same`), in other words or another
    length (`variant`), or so that one puts between quotation marks what another tells in its own words (`disputed`).
    """

    id: str
    text: str
    type: QuotationType
    speaker: str | None
    speaker_type: SpeakerType | None
    said: str | None
    said_basis: str | None
    agreement: Agreement
    members: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """An event as one article reports it; `key` is its number in the store."""

    key: int
    article: str
    story: str | None
    published_at: datetime | None
    event: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """Events of several articles that are one: `members` are their keys, earliest report first.

    `modality` is the surest that a report gives: what one tells as past has happened, whoever still had it planned.
    """

    id: str
    date: str
    precision: Precision
    text: str
    people: tuple[str, ...]
    members: tuple[int, ...]
    modality: Modality | None = None


_PARTIAL = re.compile(r"\d{4}(-\d\d)?$")


def sort_time(value: str | None) -> datetime | None:
    """Read an ISO 8601 value as an aware UTC time: no zone counts as UTC, a date as its midnight, a month as its first.

    None for None and for what is no ISO 8601 date.
    """
    if not value:
        return None
    if _PARTIAL.match(value):
        value = f"{value}-01-01"[:10] if len(value) == 4 else f"{value}-01"
    try:
        moment = datetime.fromisoformat(value)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
