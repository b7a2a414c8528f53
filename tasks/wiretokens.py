"""A text as the wire desk holds it: tokens with weights, kinds, quote mask, sentences, fingerprints. Pure.

Fingerprints are word runs of three tokens (of eight signs in scripts without blanks): winnowed, the heaviest of four
neighbours, and every run and every whole fragment between quotation marks. All numbers are whole, so that nothing here
depends on machine, order or process.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tasks import marks, wordtable

RUN: Final = 3
SIGN_RUN: Final = 8
WINNOW: Final = 4
RUN_FLOOR: Final = 30
"""Tenths of weight that a run must have to be a fingerprint: "in the United States" stays out."""
TIES: Final = 4
TIE_FLOOR: Final = 20
"""The heaviest plain words of a sentence, taken in pairs, find a text that was reworded throughout: seven of seven
rewrites without one common run (tests/data/rewrites.jsonl), where runs alone found two."""
FRAGMENT_TOKENS: Final = (2, 60)
FRAGMENT_FLOOR: Final = 15
TIMELESS_TOKENS: Final = 6
"""Quoted fragments at least this long are looked for without a window: shorter ones are phrases."""
SENTENCE_FLOOR: Final = 60
"""Tenths of weight outside quotation marks that make a sentence count for prose coverage."""

_LEXICON: Final = wordtable.Lexicon()
_MIX: Final = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0x165667B19E3779F9))

Ints = NDArray[np.int64]
Hashes = NDArray[np.uint64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Text:
    """A body, prepared. Arrays hold one value a token; `sentence` numbers the sentence of each token.

    `runs` and `timeless` are the fingerprints, (31-bit hash, weight in tenths): to be found inside the date window, and
    without one. `sentence_keys` hashes each sentence, `exact` the whole text. `fragments` are the whole quotations,
    (hash, first token, token after the last).
    """

    body: str
    starts: Ints
    ends: Ints
    words: Hashes
    stems: Hashes
    weights: Ints
    kinds: Ints
    quoted: Mask
    sentence: Ints
    run: int
    run_hashes: Hashes
    fragments: tuple[tuple[int, int, int], ...]
    sentence_keys: tuple[int, ...]
    exact: int
    runs: tuple[tuple[int, int], ...]
    timeless: tuple[tuple[int, int], ...]

    def __len__(self) -> int:
        return len(self.words)


def read(body: str) -> Text:
    """Prepare a body. Any text gives a Text, an empty one too."""
    token = wordtable.SPACED_TOKEN if body.isascii() or not wordtable.has_signs(body) else wordtable.TOKEN
    spans = [match.span() for match in token.finditer(body)]
    words = [body[i:j] for i, j in spans]
    hashes, stems, weights, kinds = _LEXICON.look_up(words)
    edges = np.array(spans, np.int64).reshape(-1, 2)
    starts, ends = np.ascontiguousarray(edges[:, 0]), np.ascontiguousarray(edges[:, 1])
    in_quotes, sentence, whole = _layout(body, starts)
    kinds = _classes(hashes, kinds, sentence)
    run = SIGN_RUN if int((kinds == wordtable.SIGN).sum()) * 2 > len(words) else RUN
    run_hashes = _run_hashes(hashes, run)
    plain = np.where(kinds >= wordtable.RARE_CAPITAL, weights * 3 // 10, weights)
    totals = np.concatenate([[0], np.cumsum(plain)])
    fragments = tuple(
        (int(_fold(hashes[i:j])), i, j)
        for i, j in whole
        if FRAGMENT_TOKENS[0] <= j - i <= FRAGMENT_TOKENS[1] and totals[j] - totals[i] >= FRAGMENT_FLOOR
    )
    exact = int(_fold(hashes))
    runs, timeless = _fingerprints(run, run_hashes, weights, in_quotes, fragments, totals, exact)
    runs += _ties(stems, weights, kinds, sentence)
    keys = _sentence_keys(hashes, sentence)
    return Text(
        body=body, starts=starts, ends=ends, words=hashes, stems=stems, weights=weights, kinds=kinds, quoted=in_quotes,
        sentence=sentence, run=run, run_hashes=run_hashes, fragments=fragments, sentence_keys=keys, exact=exact,
        runs=runs, timeless=timeless,
    )  # fmt: skip


def _layout(body: str, starts: Ints) -> tuple[Mask, Ints, list[tuple[int, int]]]:
    """Give the quote mask, the sentence number of each token, and the whole quotations as token spans."""
    sentence_starts: list[int] = []
    quotes: list[tuple[int, int, bool]] = []
    for start, end in marks.paragraphs(body):
        sentence_starts += [s for s, _ in marks.sentences(body, start, end)]
        quotes += marks.quoted(body, start, end)
    sentence = np.searchsorted(np.array(sentence_starts, np.int64), starts, side="right")
    _, sentence = np.unique(sentence, return_inverse=True)
    mask = np.zeros(len(starts), bool)
    whole: list[tuple[int, int]] = []
    if quotes:
        bounds = np.searchsorted(starts, np.array([q[:2] for q in quotes], np.int64)).tolist()
        for (i, j), (_, _, closed) in zip(bounds, quotes, strict=True):
            mask[i:j] = True
            if closed:
                whole.append((i, j))
    return mask, sentence.astype(np.int64), whole


def _classes(words: Hashes, kinds: Ints, sentence: Ints) -> Ints:
    """Settle which capitalised words are names: RARE_CAPITAL stays for names, the rest become plain words.

    A capital at the start of a sentence says nothing, unless the word is rare or has a capital elsewhere too.
    """
    if not len(words):
        return kinds
    first = np.concatenate([[True], sentence[1:] != sentence[:-1]])
    capital = kinds == wordtable.CAPITAL
    proven = capital & ~first
    if proven.any():
        proven |= capital & first & np.isin(words, words[proven])
    return np.where(proven, wordtable.RARE_CAPITAL, np.where(capital, wordtable.WORD, kinds))


def _run_hashes(words: Hashes, run: int) -> Hashes:
    count = len(words) - run + 1
    if count <= 0:
        return np.zeros(0, np.uint64)
    mixed = np.zeros(count, np.uint64)
    for step in range(run):
        mixed = (mixed ^ words[step : step + count]) * _MIX[step % 3]
        mixed ^= mixed >> np.uint64(29)
    return mixed


def _fold(words: Hashes) -> np.uint64:
    """Hash a sequence of tokens."""
    places = np.arange(1, len(words) + 1, dtype=np.uint64) * _MIX[0]
    mixed = (words ^ places) * _MIX[1]
    mixed ^= mixed >> np.uint64(31)
    total = (mixed * _MIX[2]).sum(dtype=np.uint64)
    return np.uint64(total ^ (total >> np.uint64(32)))


def _ties(stems: Hashes, weights: Ints, kinds: Ints, sentence: Ints) -> tuple[tuple[int, int], ...]:
    """Give the pairs of heavy plain words of each sentence, in any order, as fingerprints."""
    plain = np.flatnonzero((kinds == wordtable.WORD) & (weights >= TIE_FLOOR))
    order = plain[np.lexsort((stems[plain], -weights[plain], sentence[plain]))]
    found: dict[int, int] = {}
    at, chosen = -1, list[tuple[int, int]]()
    for number, key, weight in zip(sentence[order].tolist(), stems[order].tolist(), weights[order].tolist(), strict=True):
        if number != at:
            at, chosen = number, []
        if len(chosen) == TIES or any(key == other for other, _ in chosen):
            continue
        for other, heavy in chosen:
            low, high = (key, other) if key < other else (other, key)
            found[(low * 31 + (high >> 7)) & 0x7FFFFFFF] = weight + heavy
        chosen.append((key, weight))
    return tuple(found.items())


def _sentence_keys(words: Hashes, sentence: Ints) -> tuple[int, ...]:
    if not len(words):
        return ()
    firsts = np.concatenate([[0], np.flatnonzero(np.diff(sentence)) + 1])
    places = (np.arange(len(words)) - firsts[sentence] + 1).astype(np.uint64) * _MIX[0]
    mixed = (words ^ places) * _MIX[1]
    mixed ^= mixed >> np.uint64(31)
    return tuple(np.add.reduceat(mixed * _MIX[2], firsts).tolist())


def _fingerprints(
    run: int,
    run_hashes: Hashes,
    weights: Ints,
    in_quotes: Mask,
    fragments: tuple[tuple[int, int, int], ...],
    totals: Ints,
    exact: int,
) -> tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]]:
    timeless = {exact & 0x7FFFFFFF: 120}
    found: dict[int, int] = {}
    count = len(run_hashes)
    if count:
        sums = np.concatenate([[0], np.cumsum(weights)])
        heavy = sums[run : run + count] - sums[:count]
        short = (run_hashes & np.uint64(0x7FFFFFFF)).astype(np.int64)
        rank = (np.minimum(heavy, 80) << 31) | short
        if count > WINNOW:
            windows = np.lib.stride_tricks.sliding_window_view(rank, WINNOW).max(axis=1)
            chosen = np.isin(rank, windows)
        else:
            chosen = np.ones(count, bool)
        quote_sum = np.concatenate([[0], np.cumsum(in_quotes)])
        chosen |= (quote_sum[run : run + count] - quote_sum[:count]) == run
        chosen &= heavy >= RUN_FLOOR
        found = dict(zip(short[chosen].tolist(), heavy[chosen].tolist(), strict=True))
    for key, i, j in fragments:
        target = timeless if j - i >= TIMELESS_TOKENS else found
        target[key & 0x7FFFFFFF] = int(totals[j] - totals[i]) + 20
    return tuple(found.items()), tuple(timeless.items())
