"""Judge whether two texts are copies of one wire story. Pure: no store, no network, no clock.

A verdict is a function of the unordered pair: of the two texts, their dates and publishers, the shipped word table, and
what is known as furniture of the two outlets. Nothing of the rest of the archive goes in, so the order in which
articles arrive cannot matter.

The grades (`judge`):

* `exact`: the same words in the same order.
* `near`: reprinted; shared runs outside quotation marks hold most of the lighter text.
* `derived`: reworded; rare runs and quotations tie the two, and the prose outside quotation marks is retold.
* `shared-quotes`: statements in common, the rest is each one's own.
* `update`: a copy by these measures, but of the same outlet and changed: a newer version, or recurring form text.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from math import exp, log1p
from typing import Final

import numpy as np

from storage.records import Grade, Relation
from tasks import align, wordtable
from tasks.evidence import Evidence, Ties, agree, facts, measure, slight, tie
from tasks.wiretokens import Mask, Text, read

VERSION: Final = 2
"""Goes up when a verdict can change."""
WINDOW: Final = timedelta(days=10)
LONGEST: Final = 60_000
"""Characters of a body that are compared; no article has as many. One of 5 MB would cost each that is held against it
some five seconds."""
KEPT: Final = 12
"""Relations kept for one article; the rest follows from the story."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

WEIGHTS: Final = {
    "quoted, in context": 1.75,
    "quoted x numbers": 1.11,
    "plain runs": 3.82,
    "names": 4.69,
    "numbers": 4.32,
    "heavier held": 3.06,
    "lighter held": 2.25,
}
CONSTANT: Final = -8.32
"""Fitted by `tests/bench/fit_copies.py` on 14,368 simulated and 3,160 real candidate pairs; tests/bench/README.md."""

# Of 44 sentences that proved furniture in 924 articles, all that hold a run stand here (tests/bench/README.md).
FURNITURE_HEAD: Final = 3
FURNITURE_FOOT: Final = 6
FURNITURE_TOKENS: Final = 4

# Gates. Measured on real news (tests/bench/copies_verdicts.tsv) and the simulated set; tests/bench/README.md says how.
THRESHOLD: Final = 0.6
NEAR_LIGHTER: Final = 0.8
NEAR_HEAVIER: Final = 0.6
NEAR_ALL: Final = 0.8
"""From here on it does not matter how much of what is shared is quotations."""
CONFLICT: Final = 0.3
QUOTED_LEAST: Final = 2.0
PLAIN_LEAST: Final = 9.0
LIGHTER_LEAST: Final = 0.5
PLAIN_MUCH: Final = 20.0
STATEMENT: Final = 6
WHOLE_STATEMENT: Final = 5
"""Words of a shared run, and of a shared whole quotation, that make a statement: “Black Lives Matter” is none."""
NAMES_LEAST: Final = 0.35
NAMES_AGREE: Final = 0.5
NUMBERS_AGREE: Final = 0.5
NUMBERS_SHARED: Final = 0.6
"""Above what two texts without numbers have."""
NUMBERS_DIFFER: Final = 0.3
"""Below this, both tell numbers and none is the same."""
NUMBERS_MANY: Final = 8.0
"""Four or five different numbers: a copy does not drop them all."""
NUMBERS_NEUTRAL: Final = 0.45
RETOLD_LEAST: Final = 0.2
RETOLD_MUCH: Final = 0.5
IN_ORDER: Final = 0.8
ORDER_COUNTS: Final = 5
THROUGHOUT_SENTENCES: Final = 4
THROUGHOUT_ORDER: Final = 0.7
BRIEF: Final = 40
BRIEF_HEAVIER: Final = 0.3
"""A text of fewer tokens stands in too many others by chance: it is a copy only of one not much longer."""
FACTS_FEW: Final = 8.0
WORDED_LEAST: Final = 0.7
WORDED_SENTENCES: Final = 4
WORDED_ORDER: Final = 0.75
WORDED_BOTH: Final = 0.15


@dataclass(frozen=True, kw_only=True)
class Side:
    """One article as the verdict sees it. `furniture` holds those of its `furniture_keys` that are known to be."""

    id: str
    text: Text
    publisher: str | None = None
    published: datetime | None = None
    furniture: frozenset[int] = frozenset()

    @cached_property
    def free(self) -> Mask | None:
        """Which tokens are neither furniture nor in a legal note; None: all."""
        noted = self.text.notice
        if not self.furniture:
            return None if noted is None else ~noted
        known = np.array([key in self.furniture for key in _keys(self.text, self.publisher)], bool)[self.text.sentence]
        free: Mask = ~known if noted is None else ~(known | noted)
        return free


def prepare(body: str) -> Text:
    """Read a body once for all verdicts on it: tokens, weights, quote mask, fingerprints.

    Of a text beyond all articles it is the beginning, and the rest counts for whether two are the same.
    """
    if len(body) <= LONGEST:
        return read(body)
    beginning = read(body[:LONGEST])
    return replace(beginning, exact=beginning.exact ^ wordtable.digest(body[LONGEST:]))


def day_number(published: datetime | None) -> int | None:
    """Give the days since 1970 (UTC), as the index counts them."""
    return None if published is None else (published - _EPOCH).days


def furniture_keys(text: Text, publisher: str | None) -> tuple[int, ...]:
    """Give a key of outlet and sentence for each sentence that may be an outlet's furniture: 63 bits.

    Furniture stands at the head and the foot; sentences of three words or fewer are no evidence anyway.
    """
    if not publisher:
        return ()
    sizes = np.bincount(text.sentence) if len(text) else ()
    keys = _keys(text, publisher)
    edge = {*range(FURNITURE_HEAD), *range(len(keys) - FURNITURE_FOOT, len(keys))}
    return tuple(dict.fromkeys(key for n, key in enumerate(keys) if n in edge and sizes[n] >= FURNITURE_TOKENS))


def _keys(text: Text, publisher: str | None) -> list[int]:
    salt = wordtable.digest((publisher or "").casefold())
    return [((key ^ salt) * 0x9E3779B97F4A7C15 >> 1) & 0x7FFFFFFFFFFFFFFF for key in text.sentence_keys]


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
        whole = align.passages(a.text, b.text, shared)
        return Relation(article=a.id, other=b.id, grade="exact", score=1.0, coverage=(1.0, 1.0), passages=whole,
                        reason="the same words in the same order")  # fmt: skip
    same_outlet = bool(a.publisher and b.publisher) and (a.publisher or "").casefold() == (b.publisher or "").casefold()
    free_a, free_b = _beside_edges(a, b) if same_outlet else (a.free, b.free)
    found = align.runs(a.text, b.text, free_a, free_b)
    factual = facts(a.text, b.text) >= FACTS_FEW
    # Without ties only texts can be copies that have hardly a fact to go by, or nearly all facts in common.
    tied_only = factual and not agree(a.text, b.text, names=NAMES_AGREE, numbers=NUMBERS_SHARED)
    if tied_only and slight(a.text, b.text, free_a, free_b, found, weight=QUOTED_LEAST, share=LIGHTER_LEAST):
        return None
    ties = tie(a.text, b.text, free_a, free_b, found)
    if tied_only and not _tied(ties):
        return None
    evidence = measure(a.text, b.text, free_a, free_b, ties)
    apart = a.published is not None and b.published is not None and abs(a.published - b.published) > window
    verdict = grade(evidence, same_outlet=same_outlet, apart=apart)
    if verdict is None:
        return None
    name, score, reason = verdict
    return Relation(
        article=a.id, other=b.id, grade=name, score=round(score, 4),
        coverage=(round(evidence.covered_a, 4), round(evidence.covered_b, 4)),
        passages=align.passages(a.text, b.text, ties.shared), reason=reason,
    )  # fmt: skip


def _beside_edges(a: Side, b: Side) -> tuple[Mask | None, Mask | None]:
    """Give what counts in two texts of one outlet: not the sentences with which both begin and both end.

    That is the outlet's furniture before three articles have shown it, unless it is as much as half of either text:
    then it is one text in two versions.
    """
    keys = a.text.sentence_keys, b.text.sentence_keys
    most = min(map(len, keys))
    head = next((n for n in range(most) if keys[0][n] != keys[1][n]), most)
    foot = next((n for n in range(most - head) if keys[0][-1 - n] != keys[1][-1 - n]), most - head)
    masks = []
    for side in (a, b):
        edge = (side.text.sentence < head) | (side.text.sentence >= len(side.text.sentence_keys) - foot)
        if not head + foot or 2 * int(side.text.weights[edge].sum()) >= side.text.sums[-1]:
            return a.free, b.free
        masks.append(~edge if side.free is None else side.free & ~edge)
    return masks[0], masks[1]


def grade(e: Evidence, *, same_outlet: bool, apart: bool) -> tuple[Grade, float, str] | None:
    """Grade a pair that is not exactly the same: grade, score from 0 to 1, and the reason in a line.

    `near` needs most of the lighter text in shared runs, more of them outside quotation marks than inside. `derived`
    needs a likelihood and, on top of it, the prose retold (`_retells`); or, for texts with hardly a name or number, the
    plain words of sentence after sentence retold in order (`_rewords`); or, with nothing left word for word, most of
    both texts retold with the same facts (`_retells_throughout`). Over the same outlet `derived` is `update`.
    """
    score = likelihood(e)
    held = f"passages hold {e.covered_a:.0%} and {e.covered_b:.0%}"
    brief = e.shorter < BRIEF
    reprinted = e.heavier >= NEAR_HEAVIER or (e.lighter >= NEAR_LIGHTER and not brief)
    own = e.plain >= e.quoted or e.heavier >= NEAR_ALL
    if reprinted and own and e.conflict < CONFLICT and not apart:
        return "near", max(score, 0.5 + e.lighter / 2), f"reprinted: {held}"
    reason = ""
    if _tied(e) and score >= THRESHOLD and _retells(e) and (not brief or e.heavier >= BRIEF_HEAVIER):
        reason = f"{e.retold:.0%} of the prose outside quotations retold, {held}"
    elif _rewords(e):
        score = max(score, min(0.99, 0.6 + 0.2 * e.worded))
        reason = f"{e.worded_sentences} sentences retold in the same order in other words, {held}"
    elif _retells_throughout(e):
        both = min(e.retold_a, e.retold_b)
        score = max(score, 0.6 + 0.3 * both)
        reason = f"at least {both:.0%} of the prose of both retold in the same order, with the same names and numbers"
    if reason and not apart:
        if same_outlet:
            return "update", score, f"another version by the same outlet: {reason}"
        return "derived", score, f"reworded: {reason}"
    if e.quoted >= QUOTED_LEAST and (e.fragment >= WHOLE_STATEMENT or e.longest >= STATEMENT):
        return (
            "shared-quotes",
            min(score, THRESHOLD - 0.01),
            f"the same statements; {e.retold:.0%} of the prose retold, {held}",
        )
    return None


def _tied(e: Ties | Evidence) -> bool:
    """Tell if enough is shared word for word to look further; agreement in names alone never makes a copy."""
    return e.quoted >= QUOTED_LEAST or e.plain >= PLAIN_LEAST or max(e.lighter, e.heavier) >= LIGHTER_LEAST


def _retells(e: Evidence) -> bool:
    """Tell if the two say the same things beside the statements they share, in the same order.

    Names and numbers that agree as a whole stand in for retold prose in short texts. A copy keeps its source's numbers:
    where they differ, much more must be retold, and where one text dropped many, nothing stands in for it.
    """
    if e.names < NAMES_LEAST and e.plain < PLAIN_LEAST:
        return False
    if e.numbers < NUMBERS_DIFFER and e.plain < PLAIN_LEAST and e.retold < RETOLD_MUCH:
        return False
    dropped = not e.numbers_shared and e.numbers_most > NUMBERS_MANY
    if e.names >= NAMES_AGREE and e.numbers >= NUMBERS_AGREE and not dropped:
        return True
    counts = ORDER_COUNTS if e.numbers_shared else ORDER_COUNTS - 1
    shuffled = e.order < IN_ORDER and e.retold_sentences >= counts and e.plain < PLAIN_MUCH
    return e.retold >= RETOLD_LEAST and not shuffled


def _retells_throughout(e: Evidence) -> bool:
    """Tell if each retells most of the other, facts and order kept, even if nothing is left word for word."""
    return (
        min(e.retold_a, e.retold_b) >= RETOLD_MUCH
        and e.retold_sentences >= THROUGHOUT_SENTENCES
        and e.order >= THROUGHOUT_ORDER
        and e.conflict < CONFLICT
        and e.names >= NAMES_AGREE
        and e.numbers >= NUMBERS_SHARED
    )


def _rewords(e: Evidence) -> bool:
    """Tell if plain prose, without names to go by, retells the other's sentences in other words."""
    return (
        e.facts < FACTS_FEW
        and e.worded >= WORDED_LEAST
        and e.worded_sentences >= WORDED_SENTENCES
        and e.worded_order >= WORDED_ORDER
        and min(e.retold_a, e.retold_b) >= WORDED_BOTH
        and e.conflict < CONFLICT
        and e.names >= NAMES_LEAST
        and e.numbers >= NUMBERS_NEUTRAL
    )


def terms(e: Evidence) -> tuple[float, ...]:
    """Give what the weights of `likelihood` multiply, in the order of `WEIGHTS`."""
    context = min(1.0, e.names_raw / 0.5)
    plain = min(e.plain * (1 - e.conflict), 30.0)
    return (
        log1p(e.quoted) * context,
        log1p(e.quoted) * e.numbers,
        max(0.0, plain - 6.0) / 24,
        e.names,
        e.numbers,
        e.heavier,
        e.lighter,
    )


def likelihood(e: Evidence) -> float:
    """Weigh the evidence to a number from 0 to 1; more evidence never lowers it."""
    z = CONSTANT + sum(weight * term for weight, term in zip(WEIGHTS.values(), terms(e), strict=True))
    return 1 / (1 + exp(-z))


def strongest(relations: Iterable[Relation], article: str, *, limit: int = KEPT) -> list[Relation]:
    """Give the relations to keep for one article: copies first, then by score, then by the smaller id."""

    def rank(r: Relation) -> tuple[bool, float, str]:
        return not r.is_copy, -r.score, r.other if r.article == article else r.article

    return sorted((r for r in relations if article in (r.article, r.other)), key=rank)[:limit]
