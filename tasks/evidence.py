"""What speaks for and against two texts being copies of one story: a few readable numbers on one pair. Pure.

Weights are tenths of Zipf steps as `tasks/wordtable.py` gives them; the numbers here are in whole steps.
"""

from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from typing import Final

from tasks import align, coverage, wordtable
from tasks.wiretokens import Mask, Text

_RUN_COST: Final = 30
_SHORT_RUN_COST: Final = 60
"""Tenths that a run must weigh before it counts at all: names, titles and idioms are no passages."""
_QUOTE_SHARE: Final = 0.5
_CONFLICT_GAP: Final = 6
_LONG_RUN: Final = 8
_SHARED: Final = bytes([0, 2, *range(2, 256)])
_WORTH_WORDS: Final = 0.5
"""Retold shares (both directions together) from which it is worth asking for the plain words alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ties:
    """The shared runs of one pair, weighed: the cheap half of the evidence, enough to dismiss most pairs.

    quoted, plain: weight of the runs inside and outside quotation marks. lighter, heavier: share of the lighter and of
    the heavier text that lies in them; covered_a, covered_b the same by text. longest: tokens of the longest run.
    fragment: tokens of the longest whole quotation in both. shorter: tokens of the shorter text. shared: the runs that
    count; `all_runs` the others too.
    """

    quoted: float
    plain: float
    lighter: float
    heavier: float
    covered_a: float
    covered_b: float
    longest: int
    fragment: int
    shorter: int
    shared: list[align.Shared]
    all_runs: list[align.Shared]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One pair, measured: the ties, and what the rest of the two texts says.

    retold_a, retold_b: share of each text's prose outside quotation marks that the other retells; retold_sentences: how
    many sentences that is; order: the share of these that keep the other's order. worded, worded_sentences,
    worded_order: the same by plain words alone, both shares added. facts: names and numbers that both hold at least.
    names, numbers: agreement, about 0 to 1, without any neutral (names_raw: without the benefit of the doubt).
    numbers_most: weight of the different numbers of the text that has more; numbers_shared: of those that both have.
    conflict: share of the small gaps between runs where names or numbers differ.
    """

    quoted: float
    plain: float
    lighter: float
    heavier: float
    covered_a: float
    covered_b: float
    longest: int
    fragment: int
    shorter: int
    retold_a: float
    retold_b: float
    retold_sentences: int
    order: float
    worded: float
    worded_sentences: int
    worded_order: float
    facts: float
    names: float
    names_raw: float
    numbers: float
    numbers_most: float
    numbers_shared: float
    conflict: float

    @property
    def retold(self) -> float:
        """The better direction of the two."""
        return max(self.retold_a, self.retold_b)


def slight(
    a: Text,
    b: Text,
    free_a: Mask | None,
    free_b: Mask | None,
    found: list[align.Shared],
    *,
    weight: float,
    share: float,
) -> bool:
    """Tell if shared runs, however they are laid, cannot weigh `weight` nor hold `share` of either text."""
    values = held_a = held_b = 0
    for run in found:
        if (value := _value(a, run)) > 0:
            values += value
            held_a += a.sums[run.a + run.length] - a.sums[run.a]
            held_b += b.sums[run.b + run.length] - b.sums[run.b]
    if values >= weight * 10 or _fragments(a, b, free_a, free_b):
        return False
    return held_a < share * max(1, _total(a, free_a)) and held_b < share * max(1, _total(b, free_b))


def tie(a: Text, b: Text, free_a: Mask | None, free_b: Mask | None, found: list[align.Shared] | None = None) -> Ties:
    """Weigh what the two share word for word. `free_a` and `free_b` mask furniture away (False there); None: none.

    `found` saves looking for the runs again.
    """
    if found is None:
        found = align.runs(a, b, free_a, free_b)
    common = _fragments(a, b, free_a, free_b)
    total_a, total_b = _total(a, free_a), _total(b, free_b)
    runs = align.lay(found, a, b)
    shared: list[align.Shared] = []
    quoted = plain = 0.0
    held_a = held_b = 0
    for run in runs:
        value = _value(a, run)
        if value <= 0:
            continue
        either, both = _quoted(a, b, run)
        shared.append(run)
        held_a += a.sums[run.a + run.length] - a.sums[run.a]
        held_b += b.sums[run.b + run.length] - b.sums[run.b]
        if either >= _QUOTE_SHARE:
            quoted += value * (0.5 + 0.5 * both)
        else:
            plain += value
    for i, j in common:
        inside = any(run.a < j and i < run.a + run.length for run in shared)
        quoted += 20 if inside else a.plain_sums[j] - a.plain_sums[i]
    cover_a, cover_b = held_a / max(1, total_a), held_b / max(1, total_b)
    lighter, heavier = (cover_a, cover_b) if (total_a, held_a) <= (total_b, held_b) else (cover_b, cover_a)
    return Ties(
        quoted=quoted / 10, plain=plain / 10, lighter=lighter, heavier=heavier, covered_a=cover_a, covered_b=cover_b,
        longest=max((r.length for r in runs), default=0), fragment=max((j - i for i, j in common), default=0),
        shorter=min(len(a), len(b)), shared=shared, all_runs=runs,
    )  # fmt: skip


def _total(text: Text, free: Mask | None) -> int:
    return text.sums[-1] if free is None else int(text.weights[free].sum())


def _fragments(a: Text, b: Text, free_a: Mask | None, free_b: Mask | None) -> list[tuple[int, int]]:
    """Give where in `a` the whole quotations stand that both have."""
    if not (a.fragments and b.fragments):
        return []
    here = {key: (i, j) for key, i, j in a.fragments if free_a is None or free_a[i]}
    there = {key for key, i, _ in b.fragments if free_b is None or free_b[i]}
    return [here[key] for key in there if key in here]


def facts(a: Text, b: Text) -> float:
    """Give the weight of the names and numbers that both texts hold at least."""
    return (sqrt(a.facts[0] * b.facts[0]) + min(a.facts[1], b.facts[1])) / 10


def agree(a: Text, b: Text, *, names: float, numbers: float) -> bool:
    """Tell if names and numbers of the two, quotations and all, are as much alike as this."""
    (names_a, numbers_a), (names_b, numbers_b) = a.different, b.different
    return _carried(numbers_a, numbers_b) >= numbers and _alike(names_a, names_b)[0] >= names


def _common(one: dict[int, int], two: dict[int, int]) -> float:
    return sum(one[key] for key in one.keys() & two.keys()) / 10


# The constants in these two make a text without names or numbers neutral instead of contradicting.
def _alike(one: dict[int, int], two: dict[int, int]) -> tuple[float, float]:
    """Give how much the names are the same, with and without the benefit of the doubt."""
    common = _common(one, two)
    scale = sqrt(sum(one.values()) * sum(two.values())) / 10 + 3
    return (common + 1.2) / scale, (common + 0.3) / scale


def _carried(one: dict[int, int], two: dict[int, int]) -> float:
    """Give how much of the numbers of the text with fewer the other has."""
    return (_common(one, two) + 1.5) / (min(sum(one.values()), sum(two.values())) / 10 + 3)


def measure(a: Text, b: Text, free_a: Mask | None, free_b: Mask | None, ties: Ties | None = None) -> Evidence:
    """Measure a pair whole."""
    t = ties or tie(a, b, free_a, free_b)
    names_a, numbers_a = _told(a, free_a, [(r.a, r.a + r.length) for r in t.shared])
    names_b, numbers_b = _told(b, free_b, [(r.b, r.b + r.length) for r in t.shared])
    most_a, most_b = (sum(numbers.values()) / 10 for numbers in (numbers_a, numbers_b))
    numbers_shared = _common(numbers_a, numbers_b)
    names, names_raw = _alike(names_a, names_b)
    one, two = coverage.both(a, b, free_a, free_b)
    worded, worded_sentences, worded_order = 0.0, 0, 0.0
    if one.retold + two.retold >= _WORTH_WORDS:
        words_one, words_two = coverage.both(a, b, free_a, free_b, names=False)
        worded = words_one.retold + words_two.retold
        worded_sentences = max(words_one.sentences, words_two.sentences)
        worded_order = _in_order(words_one, words_two)
    return Evidence(
        quoted=t.quoted, plain=t.plain, lighter=t.lighter, heavier=t.heavier, covered_a=t.covered_a,
        covered_b=t.covered_b, longest=t.longest, fragment=t.fragment, shorter=t.shorter,
        retold_a=one.retold, retold_b=two.retold, retold_sentences=max(one.sentences, two.sentences),
        order=_in_order(one, two), worded=worded, worded_sentences=worded_sentences, worded_order=worded_order,
        facts=facts(a, b), names=names, names_raw=names_raw, numbers=_carried(numbers_a, numbers_b),
        numbers_most=max(most_a, most_b), numbers_shared=numbers_shared,
        conflict=_conflict(a, b, t.all_runs),
    )  # fmt: skip


def _value(a: Text, run: align.Shared) -> int:
    """Give a run's weight above its cost (tenths)."""
    cost = _SHORT_RUN_COST if run.length == a.run == 3 else _RUN_COST
    return a.plain_sums[run.a + run.length] - a.plain_sums[run.a] - cost


def _quoted(a: Text, b: Text, run: align.Shared) -> tuple[float, float]:
    """Give the share of a run that stands in quotation marks in either text, and in both."""
    left = int.from_bytes(a.marked[run.a : run.a + run.length])
    right = int.from_bytes(b.marked[run.b : run.b + run.length])
    return (left | right).bit_count() / run.length, (left & right).bit_count() / run.length


def _told(text: Text, free: Mask | None, runs: list[tuple[int, int]]) -> tuple[dict[int, int], dict[int, int]]:
    """Give the different names and numbers with their weights, without furniture and without shared quotations."""
    left_out = bytearray(text.marked)
    for i, j in runs:
        left_out[i:j] = left_out[i:j].translate(_SHARED)
    said = b"\2" not in left_out
    names, numbers = (
        {key: weight for at, key, weight in spots if (said or left_out[at] != 2) and (free is None or free[at])}
        for spots in (text.names, text.numbers)
    )
    return names, numbers


def _in_order(one: coverage.Covered, two: coverage.Covered) -> float:
    """Share of the retold sentences that follow the other text's order: longest rising chain over all of them."""
    covered = one if one.retold >= two.retold else two
    places = covered.best[covered.shares >= coverage.HALF].tolist()
    if len(places) < 2:
        return float(len(places))
    tails: list[int] = []
    for place in places:
        at = bisect_right(tails, place)
        tails[at : at + 1] = [place]
    return len(tails) / len(places)


def _conflict(a: Text, b: Text, runs: list[align.Shared]) -> float:
    """Share of the small gaps between neighbouring runs where both texts hold names or numbers and none is the same."""
    conflicts = agreements = 0
    for one, two in pairwise(runs):
        gap_a, gap_b = two.a - one.a - one.length, two.b - one.b - one.length
        if not (0 < gap_a <= _CONFLICT_GAP and 0 < gap_b <= _CONFLICT_GAP):
            continue
        left = _facts(a, one.a + one.length, two.a)
        right = _facts(b, one.b + one.length, two.b)
        if left and right:
            agreements += bool(left & right)
            conflicts += not left & right
    long = sum(r.length >= _LONG_RUN for r in runs)
    return conflicts / max(1, conflicts + agreements + long)


def _facts(text: Text, i: int, j: int) -> set[int]:
    kinds = text.kinds[i:j]
    return set(text.words[i:j][kinds >= wordtable.RARE_CAPITAL].tolist())
