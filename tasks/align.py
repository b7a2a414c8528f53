"""Align two prepared texts: the word runs that they share, token for token, and the passages to show. Pure.

Runs are maximal and exact, found by diagonals, and laid greedily, longest first, so that no token is used twice.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from storage.records import Passage
from tasks.wiretokens import Ints, Mask, Text

_GAP: Final = 2
"""Tokens that may differ between two runs of one diagonal for their passages to be told as one neighbourhood."""
_FOLD: Final = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "–": "-", "—": "-"})


@dataclass(frozen=True, slots=True)
class Shared:
    """One run: first token in each text, and its length in tokens."""

    a: int
    b: int
    length: int


def runs(a: Text, b: Text, free_a: Mask, free_b: Mask) -> list[Shared]:
    """Find the shared runs outside what is masked away, ordered by their place in `a`.

    `free_a` and `free_b` say which tokens may take part.
    """
    if a.run != b.run or not len(a.run_hashes) or not len(b.run_hashes):
        return []
    left, right = _matches(a.run_hashes, b.run_hashes)
    if not len(left):
        return []
    run = a.run
    whole_a, whole_b = _whole(free_a, run), _whole(free_b, run)
    keep = whole_a[left] & whole_b[right]
    left, right = left[keep], right[keep]
    if not len(left):
        return []
    order = np.lexsort((left, left - right))
    left, right = left[order], right[order]
    fresh = np.concatenate([[True], (np.diff(left) != 1) | (np.diff(right) != 1)])
    firsts = np.flatnonzero(fresh)
    lengths = np.diff(np.concatenate([firsts, [len(left)]])) + run - 1
    found = sorted(zip((-lengths).tolist(), left[firsts].tolist(), right[firsts].tolist(), strict=True))
    return _tile(found, len(a), len(b), run)


def _matches(left: NDArray[np.uint64], right: NDArray[np.uint64]) -> tuple[Ints, Ints]:
    """Give all pairs of positions with equal hashes."""
    order = np.argsort(right, kind="stable")
    ranked = right[order]
    low = np.searchsorted(ranked, left, side="left")
    count = np.searchsorted(ranked, left, side="right") - low
    hits = np.flatnonzero(count)
    times = count[hits]
    offsets = np.arange(int(times.sum())) - np.repeat(np.cumsum(times) - times, times)
    return np.repeat(hits, times), order[np.repeat(low[hits], times) + offsets]


def _whole(free: Mask, run: int) -> Mask:
    sums = np.concatenate([[0], np.cumsum(free)])
    whole: Mask = (sums[run:] - sums[:-run]) == run
    return whole


def _tile(found: list[tuple[int, int, int]], size_a: int, size_b: int, run: int) -> list[Shared]:
    used_a, used_b = bytearray(size_a), bytearray(size_b)
    laid: list[Shared] = []
    pending = found
    while pending:
        again: list[tuple[int, int, int]] = []
        for negative, i, j in pending:
            length = -negative
            taken = [k for k in range(length) if used_a[i + k] or used_b[j + k]]
            if not taken:
                used_a[i : i + length] = used_b[j : j + length] = b"\1" * length
                laid.append(Shared(i, j, length))
                continue
            at = 0
            for k in [*taken, length]:
                if k - at >= run:
                    again.append((at - k, i + at, j + at))
                at = k + 1
        pending = sorted(again)
    return sorted(laid, key=lambda r: (r.a, r.b))


def passages(a: Text, b: Text, shared: list[Shared]) -> tuple[Passage, ...]:
    """Give the runs as stretches of both bodies, each the same text in both but for blanks and the style of its marks.

    A run is cut where punctuation or case differs; pieces shorter than a run are dropped.
    """
    found: list[Passage] = []
    for run in shared:
        first = 0
        for k in range(1, run.length + 1):
            if (
                k < run.length
                and _glued(a, b, run.a + k, run.b + k)
                and (first < k - 1 or _same(a, b, run.a, run.b, first))
            ):
                continue
            if k - first >= a.run and _same(a, b, run.a, run.b, first):
                start, end = int(a.starts[run.a + first]), int(a.ends[run.a + k - 1])
                other = int(b.starts[run.b + first]), int(b.ends[run.b + k - 1])
                found.append(Passage(a=(start, end), b=other, text=a.body[start:end]))
            first = k
    return tuple(found)


def _glued(a: Text, b: Text, i: int, j: int) -> bool:
    """Tell if the token and what stands before it are written alike in both."""
    left = a.body[int(a.ends[i - 1]) : int(a.ends[i])]
    right = b.body[int(b.ends[j - 1]) : int(b.ends[j])]
    return left == right or " ".join(left.translate(_FOLD).split()) == " ".join(right.translate(_FOLD).split())


def _same(a: Text, b: Text, i: int, j: int, first: int) -> bool:
    i, j = i + first, j + first
    left, right = a.body[int(a.starts[i]) : int(a.ends[i])], b.body[int(b.starts[j]) : int(b.ends[j])]
    return left == right or left.translate(_FOLD) == right.translate(_FOLD)
