"""Judge whether two texts are copies of one wire story. Pure: no store, no network, no clock.

A verdict is a function of the unordered pair: of the two texts, their dates and publishers, the shipped word table, and
what is known as furniture of the two outlets. Nothing of the rest of the archive goes in, so the order in which articles
arrive cannot matter.

The grades (`judge`):

* `exact`: the same words in the same order.
* `near`: reprinted; shared runs outside quotation marks hold most of the lighter text.
* `derived`: reworded; rare runs and quotations tie the two, and the prose outside quotation marks is retold.
* `shared-quotes`: statements in common, the rest is each one's own.
* `update`: a copy by these measures, but of the same outlet and changed: a newer version, or recurring form text.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import exp, log1p
from typing import Final

import numpy as np

from storage.records import Grade, Relation
from tasks import align, wordtable
from tasks.evidence import Evidence, measure
from tasks.wiretokens import Mask, Text, read

VERSION: Final = 1
"""Goes up when a verdict can change."""
WINDOW: Final = timedelta(days=10)
KEPT: Final = 12
"""Relations kept for one article; the rest follows from the story."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NEAR_LIGHTER: Final = 0.8
_NEAR_HEAVIER: Final = 0.6
_THRESHOLD: Final = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One article as the verdict sees it. `furniture` holds those of its `furniture_keys` that are known as furniture."""

    id: str
    text: Text
    publisher: str | None = None
    published: datetime | None = None
    furniture: frozenset[int] = frozenset()


def prepare(body: str) -> Text:
    """Read a body once for all verdicts on it: tokens, weights, quote mask, fingerprints."""
    return read(body)


def day_number(published: datetime | None) -> int | None:
    """Give the days since 1970 (UTC), as the index counts them."""
    return None if published is None else (published - _EPOCH).days


def furniture_keys(text: Text, publisher: str | None) -> tuple[int, ...]:
    """Give a key of outlet and sentence for each distinct sentence that may be an outlet's furniture: 63 bits."""
    return tuple(dict.fromkeys(_keys(text, publisher))) if publisher else ()


def _keys(text: Text, publisher: str | None) -> list[int]:
    salt = wordtable.digest((publisher or "").casefold())
    return [((key ^ salt) * 0x9E3779B97F4A7C15 >> 1) & 0x7FFFFFFFFFFFFFFF for key in text.sentence_keys]


def _free(side: Side) -> Mask:
    """Mask the furniture of one text away."""
    if not side.furniture:
        return np.ones(len(side.text), bool)
    known = np.array([key in side.furniture for key in _keys(side.text, side.publisher)], bool)
    free: Mask = ~known[side.text.sentence]
    return free


def judge(a: Side, b: Side, *, window: timedelta = WINDOW) -> Relation | None:
    """Say what two articles are to each other, or None for nothing. The order of the two does not matter."""
    if a.id == b.id:
        return None
    if a.id > b.id:
        a, b = b, a
    if not len(a.text) or not len(b.text):
        return None
    if a.text.exact == b.text.exact and len(a.text) == len(b.text):
        shared = [align.Shared(0, 0, len(a.text))]
        found = align.passages(a.text, b.text, shared)
        return Relation(article=a.id, other=b.id, grade="exact", score=1.0, coverage=(1.0, 1.0), passages=found,
                        reason="the same words in the same order")  # fmt: skip
    evidence = measure(a.text, b.text, _free(a), _free(b))
    apart = a.published is not None and b.published is not None and abs(a.published - b.published) > window
    same_outlet = bool(a.publisher and b.publisher) and (a.publisher or "").casefold() == (b.publisher or "").casefold()
    verdict = grade(evidence, same_outlet=same_outlet, apart=apart)
    if verdict is None:
        return None
    name, score, reason = verdict
    return Relation(
        article=a.id, other=b.id, grade=name, score=round(score, 4),
        coverage=(round(evidence.covered_a, 4), round(evidence.covered_b, 4)),
        passages=align.passages(a.text, b.text, list(evidence.shared)), reason=reason,
    )  # fmt: skip


def grade(e: Evidence, *, same_outlet: bool, apart: bool) -> tuple[Grade, float, str] | None:
    """Grade a pair that is not exactly the same: grade, score from 0 to 1, and the reason in a line."""
    score = likelihood(e)
    told = f"{e.retold:.0%} of the other prose retold, passages hold {e.covered_a:.0%} and {e.covered_b:.0%}"
    if (
        e.conflict < 0.3
        and e.plain >= e.quoted
        and (e.heavier >= _NEAR_HEAVIER or e.lighter >= _NEAR_LIGHTER)
        and not apart
    ):
        return (
            "near",
            max(score, 0.5 + e.lighter / 2),
            f"reprinted: passages hold {e.covered_a:.0%} and {e.covered_b:.0%}",
        )
    enough = e.quoted >= 2.5 or e.plain >= 9 or e.lighter >= 0.5
    if enough and not apart and score >= _THRESHOLD and e.retold >= 0.25:
        if same_outlet:
            return "update", score, f"the same outlet's other version: {told}"
        return "derived", score, f"reworded: {told}"
    if e.quoted >= 2.5 and (e.fragments or e.longest >= 8):
        return "shared-quotes", min(score, 0.69), f"the same statements, {told}"
    return None


def likelihood(e: Evidence) -> float:
    """Weigh the evidence to a number from 0 to 1."""
    context = min(1.0, e.names_raw / 0.5)
    z = (
        -9.89 + 0.77 * context * min(e.quoted, 8) / 8 + 1.81 * context * log1p(e.quoted) + 1.51 * log1p(e.quoted) * e.numbers
        + 3.87 * e.names + 3.74 * e.numbers + 0.37 * log1p(e.shared_words) + 4.37 * e.heavier
        + 4.63 * max(0.0, min(e.plain * (1 - e.conflict), 30) - 6) / 24 + 1.38 * (1 - e.conflict)
    )  # fmt: skip
    return 1 / (1 + exp(-z))


def strongest(relations: Iterable[Relation], article: str, *, limit: int = KEPT) -> list[Relation]:
    """Give the relations to keep for one article: copies before others, the highest score first, then the smallest id."""

    def rank(r: Relation) -> tuple[bool, float, str]:
        return not r.is_copy, -r.score, r.other if r.article == article else r.article

    return sorted((r for r in relations if article in (r.article, r.other)), key=rank)[:limit]
