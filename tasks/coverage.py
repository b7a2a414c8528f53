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
from tasks.wiretokens import SENTENCE_FLOOR, Ints, Mask, Text

STEM_FLOOR: Final = 8
"""Tenths: lighter words ("said", "would", "people") tie nothing to anything."""
HALF: Final = 0.5


@dataclass(frozen=True, slots=True)
class Covered:
    """One direction: the share of each eligible sentence that the other text holds, its weight, and where it is held."""

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


def both(a: Text, b: Text, free_a: Mask, free_b: Mask) -> tuple[Covered, Covered]:
    """Measure both directions. `free_a` and `free_b` say which tokens count (furniture does not)."""
    plain_a, plain_b = _plain(a, free_a), _plain(b, free_b)
    stems, columns = np.unique(np.concatenate([a.stems[plain_a], b.stems[plain_b]]), return_inverse=True)
    split = int(plain_a.sum())
    table_a = _table(a, plain_a, columns[:split], len(stems))
    table_b = _table(b, plain_b, columns[split:], len(stems))
    return _direction(table_a, table_b), _direction(table_b, table_a)


def _plain(text: Text, free: Mask) -> Mask:
    plain: Mask = free & ~text.quoted & (text.weights >= STEM_FLOOR)
    return plain


def _table(text: Text, plain: Mask, columns: Ints, width: int) -> NDArray[np.float64]:
    """One row a sentence, one column a stem, the stem's weight in it. Whole numbers, so sums are exact."""
    rows = int(text.sentence[-1]) + 1 if len(text) else 0
    table = np.zeros((rows, width))
    np.maximum.at(table, (text.sentence[plain], columns), text.weights[plain].astype(np.float64))
    return table


def _direction(one: NDArray[np.float64], other: NDArray[np.float64]) -> Covered:
    weights = one.sum(axis=1)
    kept = weights >= SENTENCE_FLOOR
    if not kept.any() or not len(other):
        return Covered(np.zeros(int(kept.sum())), weights[kept], np.zeros(int(kept.sum()), np.int64))
    has = other > 0
    if len(has) > 1:
        has = np.vstack([has, has[:-1] | has[1:]])
    held = one[kept] @ has.T.astype(np.float64)
    best = held.argmax(axis=1)
    shares = held[np.arange(len(held)), best] / weights[kept]
    return Covered(shares, weights[kept], np.where(best >= len(other), best - len(other), best))
