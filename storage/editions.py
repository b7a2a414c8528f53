"""Which of two words of a sender under one identifier is the newer: versions of an article, and what kills them. Pure.

The sender's own count decides where both state one, and the time where neither counts. Nothing else is compared: not a
count with a time, not a day with a time in it, not a time in a zone with one that names none. What cannot be told
apart is left to the order of arrival.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

from storage.records import Article, Withdrawal, sort_time

_NEVER: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """What a sender says of the place of its word among the others: its count, and its time as ISO 8601."""

    version: int | None = None
    at: str | None = None

    def than(self, other: "Edition") -> Literal["older", "same", "newer"] | None:
        """Say what this one is beside another; None if that cannot be told. Only counts tell that two are the same."""
        if self.version is not None and other.version is not None:
            if self.version == other.version:
                return "same"
            return "newer" if self.version > other.version else "older"
        if self.version is not None or other.version is not None:
            return None
        one, two = _clock(self.at), _clock(other.at)
        if one is None or two is None or (one.tzinfo is None) != (two.tzinfo is None) or one == two:
            return None
        return "newer" if one > two else "older"


def of(word: Article | Withdrawal) -> Edition:
    """Give the edition of an article or a withdrawal. An article's time is its own format's, not what it was given."""
    if isinstance(word, Withdrawal):
        return Edition(version=word.version, at=word.at)
    if word.wire is None:
        return Edition()
    own = word.published if word.published_basis == "header" else None
    return Edition(version=word.version, at=word.modified or own)


def last(one: Edition, other: Edition) -> Edition:
    """Give the later of two, the same whichever comes first: one that counts before one that does not."""
    return max(one, other, key=lambda e: (e.version is not None, e.version or 0, sort_time(e.at) or _NEVER, e.at or ""))


def as_json(edition: Edition) -> dict[str, Any]:
    """Give what `read` makes an edition of; empty for one that says nothing."""
    return {name: v for name in Edition.__slots__ if (v := getattr(edition, name)) is not None}


def read(given: Mapping[str, Any] | None) -> Edition:
    """Make an edition of what `as_json` gives, or of nothing."""
    return Edition(**(given or {}))


def _clock(value: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(value) if value and "T" in value else None
    except ValueError:
        return None
