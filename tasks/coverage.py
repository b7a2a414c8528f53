"""How much of the prose outside quotation marks one text retells of another, sentence by sentence. Pure.

A copy retells another text's sentences; an independent report of the same event shares the statements and little else.
For each sentence of one text: which one sentence, or which two neighbouring sentences, of the other hold most of its
stemmed words by weight.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tasks import wordtable
from tasks.wiretokens import Hashes, Ints, Mask, Text

STEM_FLOOR: Final = 8
"""Tenths: lighter words ("said", "would", "people") tie nothing to anything."""
SENTENCE_FLOOR: Final = 60
"""Tenths of weight outside quotation marks that make a sentence count."""
HALF: Final = 0.5
NAME_SHARE: Final = 3
"""Tenths that a name keeps of its weight where plain words are to decide."""


MOST_SENTENCES: Final = 400
"""Sentences of a text that are looked at: no story of an agency is as long, and a book must not hold up the desk."""
MUCH: Final = 20_000_000
"""Multiplications from which the linear algebra library is the faster one."""


@dataclass(frozen=True, slots=True)
class Covered:
    """One direction: the share of each eligible sentence that the other text holds, its weight, and where it is."""

    shares: NDArray[np.float64]
    weights: NDArray[np.float64]
    best: Ints

    @property
    def retold(self) -> float:
        """The share of the sentences, by weight, that are at least half held."""
        total = float(self.weights.sum())
        return float(self.weights[self.shares >= HALF].sum()) / total if total else 0.0

    @property
    def sentences(self) -> int:
        """How many sentences are at least half held."""
        return int((self.shares >= HALF).sum())


def both(a: Text, b: Text, free_a: Mask | None, free_b: Mask | None, *, names: bool = True) -> tuple[Covered, Covered]:
    """Measure both directions. `free_a` and `free_b` say which tokens count (furniture does not);
    None: all.

    Without `names`, names and numbers count for little: reports of one event share them by themselves.
    """
    one, two = _Prose.of(a, free_a, names), _Prose.of(b, free_b, names)
    shared = np.intersect1d(one.stems, two.stems)
    table_one, table_two = one.table(shared), two.table(shared)
    return _direction(one.totals, table_one, table_two > 0), _direction(two.totals, table_two, table_one > 0)


@dataclass(frozen=True, slots=True)
class _Prose:
    """The distinct stems of each sentence outside quotation marks, with their weights, and each sentence's total."""

    sentences: Ints
    stems: Hashes
    weights: Ints
    totals: Ints

    @classmethod
    def of(cls, text: Text, free: Mask | None, names: bool) -> "_Prose":
        order = text.by_stem
        order = order[(text.weights[order] >= STEM_FLOOR) & (text.sentence[order] < MOST_SENTENCES)]
        if free is not None:
            order = order[free[order]]
        sentences, stems = text.sentence[order], text.stems[order]
        first = np.ones(len(order), bool)
        first[1:] = (sentences[1:] != sentences[:-1]) | (stems[1:] != stems[:-1])
        kept = order[first]
        weights = text.weights[kept]
        if not names:
            weights = np.where(text.kinds[kept] >= wordtable.RARE_CAPITAL, weights * NAME_SHARE // 10, weights)
        count = min(int(text.sentence[-1]) + 1, MOST_SENTENCES) if len(text) else 0
        totals = np.bincount(text.sentence[kept], weights, count).astype(np.int64)
        return cls(text.sentence[kept], text.stems[kept], weights, totals)

    def table(self, columns: Hashes) -> Ints:
        """One row a sentence, one column a stem, the stem's weight in it."""
        table = np.zeros((len(self.totals), len(columns)), np.int64)
        if len(columns):
            place = np.minimum(np.searchsorted(columns, self.stems), len(columns) - 1)
            hit = columns[place] == self.stems
            table[self.sentences[hit], place[hit]] = self.weights[hit]
        return table


def _direction(totals: Ints, one: Ints, other: Mask) -> Covered:
    kept = totals >= SENTENCE_FLOOR
    weights = totals[kept].astype(np.float64)
    if not kept.any() or not len(other):
        return Covered(np.zeros(len(weights)), weights, np.zeros(len(weights), np.int64))
    mine, theirs = one[kept], np.vstack([other, other[:-1] | other[1:]]).T
    # Whole numbers are added exactly either way. The linear algebra library is woken only for what is worth it: for
    # two long texts it is a hundred times faster, for two usual ones slower.
    kind = np.float64 if mine.size * len(theirs.T) > MUCH else np.int64
    held = mine.astype(kind) @ theirs.astype(kind)
    best = held.argmax(axis=1)
    shares = held[np.arange(len(held)), best] / weights
    return Covered(shares, weights, np.where(best >= len(other), best - len(other), best))
