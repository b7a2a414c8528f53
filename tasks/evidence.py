"""What speaks for and against two texts being copies of one story: a few readable numbers on one pair. Pure.

Weights are tenths of Zipf steps as `tasks/wordtable.py` gives them; the numbers here are in whole steps.
"""

from dataclasses import dataclass
from math import sqrt
from typing import Final

import numpy as np

from tasks import align, coverage, wordtable
from tasks.wiretokens import Ints, Mask, Text

_RUN_COST: Final = 30
_SHORT_RUN_COST: Final = 60
"""Tenths that a run must weigh before it counts at all; names and numbers in it count three tenths."""
_QUOTE_SHARE: Final = 0.5
_CONFLICT_GAP: Final = 6
_LONG_RUN: Final = 8
_WORTH_WORDS: Final = 0.5
"""Retold shares (both directions together) from which it is worth asking for the plain words alone."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One pair, measured.

    quoted, plain: weight of the shared runs inside and outside quotation marks. lighter, heavier: share of the lighter
    and of the heavier text that lies in shared runs. retold_a, retold_b: share of each text's other prose that the other
    retells; retold_sentences: how many sentences that is, the better direction. names, numbers: agreement, 0 to 1.
    conflict: share of small gaps between runs where names or numbers differ. longest: tokens of the longest run.
    fragments: whole quotations in both.
    """

    quoted: float
    plain: float
    lighter: float
    heavier: float
    retold_a: float
    retold_b: float
    retold_sentences: int
    worded: float
    worded_sentences: int
    worded_order: float
    order: float
    facts: float
    names: float
    names_raw: float
    numbers: float
    conflict: float
    longest: int
    fragments: int
    covered_a: float
    covered_b: float
    shared_words: float
    shared: tuple[align.Shared, ...]

    @property
    def retold(self) -> float:
        """The better direction of the two."""
        return max(self.retold_a, self.retold_b)


def measure(a: Text, b: Text, free_a: Mask, free_b: Mask) -> Evidence:
    """Measure a pair. `free_a` and `free_b` mask furniture away (False there)."""
    shared = align.runs(a, b, free_a, free_b)
    in_a, in_b = np.zeros(len(a), bool), np.zeros(len(b), bool)
    quoted = plain = 0.0
    for run in shared:
        value, share, both = _value(a, b, run)
        if value <= 0:
            continue
        in_a[run.a : run.a + run.length] = True
        in_b[run.b : run.b + run.length] = True
        if share >= _QUOTE_SHARE:
            quoted += value * (0.5 + 0.5 * both)
        else:
            plain += value
    fragments = {key: (i, j) for key, i, j in a.fragments if bool(free_a[i:j].all())}
    hit = {key: fragments[key] for key, _, _ in b.fragments if key in fragments}
    for i, j in hit.values():
        quoted += 20 if bool(in_a[i:j].any()) else float(_plain_weights(a)[i:j].sum())
    names, names_raw, numbers, words, facts = _agreement(a, b, free_a & ~(in_a & a.quoted), free_b & ~(in_b & b.quoted))
    one, two = coverage.both(a, b, free_a, free_b)
    if one.retold + two.retold >= _WORTH_WORDS:
        words_one, words_two = coverage.both(a, b, free_a, free_b, names=False)
        worded = words_one.retold + words_two.retold
        worded_sentences = max(words_one.sentences, words_two.sentences)
        worded_order = _in_order(words_one, words_two)
    else:
        worded, worded_sentences, worded_order = 0.0, 0, 0.0
    total_a, total_b = int(a.weights[free_a].sum()), int(b.weights[free_b].sum())
    held_a, held_b = int(a.weights[in_a].sum()), int(b.weights[in_b].sum())
    light, heavy = sorted(((total_a, held_a), (total_b, held_b)))
    return Evidence(
        quoted=quoted / 10, plain=plain / 10,
        lighter=light[1] / max(1, light[0]), heavier=heavy[1] / max(1, heavy[0]),
        retold_a=one.retold, retold_b=two.retold, retold_sentences=max(one.sentences, two.sentences),
        worded=worded, worded_sentences=worded_sentences, worded_order=worded_order,
        order=_in_order(one, two), facts=facts, names=names, names_raw=names_raw, numbers=numbers,
        conflict=_conflict(a, b, shared), longest=max((r.length for r in shared), default=0), fragments=len(hit),
        covered_a=held_a / max(1, total_a), covered_b=held_b / max(1, total_b), shared_words=words,
        shared=tuple(r for r in shared if _value(a, b, r)[0] > 0),
    )  # fmt: skip


def _plain_weights(text: Text) -> Ints:
    return np.where(text.kinds >= wordtable.RARE_CAPITAL, text.weights * 3 // 10, text.weights)


def _value(a: Text, b: Text, run: align.Shared) -> tuple[float, float, float]:
    """Give a run's weight above its cost (tenths), the share of it quoted in either text, and in both."""
    at, to = slice(run.a, run.a + run.length), slice(run.b, run.b + run.length)
    weight = float(np.where(a.kinds[at] >= wordtable.RARE_CAPITAL, a.weights[at] * 3 // 10, a.weights[at]).sum())
    cost = _SHORT_RUN_COST if run.length == a.run == 3 else _RUN_COST
    left, right = a.quoted[at], b.quoted[to]
    return weight - cost, float((left | right).mean()), float((left & right).mean())


def _agreement(a: Text, b: Text, free_a: Mask, free_b: Mask) -> tuple[float, float, float, float, float]:
    """Agreement of names, of names without the benefit of the doubt, and of numbers; weight of the shared plain words, and of the
    names and numbers that the poorer text holds.

    The constants make a text without names or numbers neutral instead of contradicting.
    """
    name_a, name_b, names = _common(a, b, free_a, free_b, wordtable.RARE_CAPITAL, 10)
    number_a, number_b, numbers = _common(a, b, free_a, free_b, wordtable.NUMBER, 10)
    _, _, words = _common(a, b, free_a, free_b, wordtable.WORD, 0)
    scale = sqrt(name_a * name_b)
    return (
        (names + 1.2) / (scale + 3),
        (names + 0.3) / (scale + 3),
        (numbers + 1.5) / (min(number_a, number_b) + 3),
        words,
        scale + min(number_a, number_b),
    )


def _common(a: Text, b: Text, free_a: Mask, free_b: Mask, kind: int, least: int) -> tuple[float, float, float]:
    """Weight of the distinct tokens of a kind in each text, and of those in both, in whole steps."""
    sides = []
    for text, free in ((a, free_a), (b, free_b)):
        chosen = free & (text.kinds == kind) & (text.weights >= 10 if not least else True)
        values, first = np.unique(text.words[chosen], return_index=True)
        sides.append((values, np.maximum(text.weights[chosen][first], least)))
    (left, weigh_left), (right, weigh_right) = sides
    both = float(weigh_left[np.isin(left, right)].sum())
    return float(weigh_left.sum()) / 10, float(weigh_right.sum()) / 10, both / 10


def _in_order(one: coverage.Covered, two: coverage.Covered) -> float:
    """Share of the retold sentences that follow the other text's order: longest rising chain over all of them."""
    covered = one if one.retold >= two.retold else two
    places = covered.best[covered.shares >= coverage.HALF].tolist()
    if len(places) < 2:  # noqa: PLR2004
        return float(len(places))
    tails: list[int] = []
    for place in places:
        at = int(np.searchsorted(tails, place, side="right"))
        tails[at : at + 1] = [place]
    return len(tails) / len(places)


def _conflict(a: Text, b: Text, shared: list[align.Shared]) -> float:
    """Share of the small gaps between neighbouring runs where both texts hold names or numbers and none is the same."""
    conflicts = agreements = 0
    for one, two in zip(shared, shared[1:], strict=False):
        gap_a, gap_b = two.a - one.a - one.length, two.b - one.b - one.length
        if not (0 < gap_a <= _CONFLICT_GAP and 0 < gap_b <= _CONFLICT_GAP):
            continue
        left = _facts(a, one.a + one.length, two.a)
        right = _facts(b, one.b + one.length, two.b)
        if left and right:
            if left & right:
                agreements += 1
            else:
                conflicts += 1
    long = sum(r.length >= _LONG_RUN for r in shared)
    return conflicts / max(1, conflicts + agreements + long)


def _facts(text: Text, i: int, j: int) -> set[int]:
    kinds = text.kinds[i:j]
    return set(text.words[i:j][(kinds == wordtable.RARE_CAPITAL) | (kinds == wordtable.NUMBER)].tolist())
