"""Align two prepared texts: the word runs that they share, token for token, and the passages to show. Pure.

Runs are maximal and exact, found by diagonals, and laid greedily, longest first, so that no token is used twice.
"""

from typing import Final, NamedTuple

from storage.records import Passage
from tasks.wiretokens import Mask, Text

_FOLD: Final = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "–": "-", "—": "-"})


class Shared(NamedTuple):
    """One run: first token in each text, and its length in tokens."""

    a: int
    b: int
    length: int


def runs(a: Text, b: Text, free_a: Mask | None, free_b: Mask | None) -> list[Shared]:
    """Find the longest shared runs outside what is masked away, longest first. They may overlap.

    `free_a` and `free_b` say which tokens may take part; None: all.
    """
    if a.run != b.run:
        return []
    size = a.run
    left, right = a.places, b.places
    shared = left.keys() & right.keys()
    matches = [(left[key] - right[key], left[key], right[key]) for key in shared]
    for key in shared & (a.repeats.keys() | b.repeats.keys()):
        here, there = a.repeats.get(key, [left[key]]), b.repeats.get(key, [right[key]])
        matches += [(i - j, i, j) for i in here for j in there if (i, j) != (left[key], right[key])]
    for free, side in ((free_a, 1), (free_b, 2)):
        if free is not None:
            marked = free.tobytes()
            matches = [m for m in matches if 0 not in marked[m[side] : m[side] + size]]
    matches.sort()
    found: list[tuple[int, int, int]] = []
    for diagonal, i, j in matches:
        if found:
            length, first, other = found[-1]
            if first - other == diagonal and first - length - size + 1 == i:
                found[-1] = (length - 1, first, other)
                continue
        found.append((-size, i, j))
    return [Shared(i, j, -negative) for negative, i, j in sorted(found)]


def lay(found: list[Shared], a: Text, b: Text) -> list[Shared]:
    """Lay runs, longest first, so that no token is used twice: what is left of one that meets another is laid after.

    They come back in the order of `a`.
    """
    used_a, used_b = bytearray(len(a)), bytearray(len(b))
    laid: list[Shared] = []
    pending = found
    while pending:
        again: list[tuple[int, int, int]] = []
        for i, j, length in pending:
            if 1 not in used_a[i : i + length] and 1 not in used_b[j : j + length]:
                used_a[i : i + length] = used_b[j : j + length] = b"\1" * length
                laid.append(Shared(i, j, length))
                continue
            at = 0
            for k in [*(k for k in range(length) if used_a[i + k] or used_b[j + k]), length]:
                if k - at >= a.run:
                    again.append((at - k, i + at, j + at))
                at = k + 1
        pending = [Shared(i, j, -negative) for negative, i, j in sorted(again)]
    return sorted(laid)


def passages(a: Text, b: Text, shared: list[Shared]) -> tuple[Passage, ...]:
    """Give the runs as stretches of both bodies, each the same text in both but for blanks and the style of its marks.

    A run is cut where punctuation or case differs; pieces shorter than a run are dropped.
    """
    found: list[Passage] = []
    for run in shared:
        first = 0
        for k in range(1, run.length + 1):
            begins_alike = first < k - 1 or _same(a, b, run.a + first, run.b + first)
            if k < run.length and begins_alike and _glued(a, b, run.a + k, run.b + k):
                continue
            if k - first >= a.run and begins_alike:
                start, end = a.starts[run.a + first], a.ends[run.a + k - 1]
                other = b.starts[run.b + first], b.ends[run.b + k - 1]
                found.append(Passage(a=(start, end), b=other, text=a.body[start:end]))
            first = k
    return tuple(found)


def _glued(a: Text, b: Text, i: int, j: int) -> bool:
    """Tell if the token and what stands before it are written alike in both."""
    left, right = a.body[a.ends[i - 1] : a.ends[i]], b.body[b.ends[j - 1] : b.ends[j]]
    return left == right or " ".join(left.translate(_FOLD).split()) == " ".join(right.translate(_FOLD).split())


def _same(a: Text, b: Text, i: int, j: int) -> bool:
    left, right = a.body[a.starts[i] : a.ends[i]], b.body[b.starts[j] : b.ends[j]]
    return left == right or left.translate(_FOLD) == right.translate(_FOLD)
