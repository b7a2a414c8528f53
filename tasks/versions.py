"""The stages that an article goes through, the version of each, and what depends on what. Pure.

    extract ──> quotes, times, names        from what is read of the document
            └─> copies                      from the text, the publisher and the date

A stage says its version where it is made (`VERSION`, raised when the same input would give something else), and what is
filed keeps the versions that made it. The three in the middle are found in one go: redoing one redoes them all.
"""

from collections.abc import Mapping
from typing import Final, Literal, get_args

from storage.records import Article
from tasks import enrich, formats, wirecopy

Stage = Literal["extract", "quotes", "times", "names", "copies"]
STAGES: Final[tuple[Stage, ...]] = get_args(Stage)
FOUND: Final = frozenset(stage for stage, _ in enrich.STAGES)
"""The stages that `enrich` goes through."""


def current() -> dict[str, int]:
    """Give the version that each stage has now."""
    return {"extract": formats.VERSION, **dict(enrich.STAGES), "copies": wirecopy.VERSION}


def outdated(article: Article, versions: Mapping[str, int]) -> set[str]:
    """Name those of the stages in `versions` that an older version has made, or none."""
    made = dict(article.stages)
    return {stage for stage, version in versions.items() if made.get(stage, 0) < version}


def needs_finding(before: Article, after: Article) -> bool:
    """True if what is found in an article may be different, now that it reads otherwise."""
    return _given_to_enrich(before) != _given_to_enrich(after)


def needs_judging(before: Article, after: Article) -> bool:
    """True if what it is a copy of may be different."""
    return (before.body, before.publisher, before.published_at) != (after.body, after.publisher, after.published_at)


def _given_to_enrich(article: Article) -> tuple[object, ...]:
    return article.body, article.headline, article.language, article.published
