"""A text as the wire desk holds it: tokens with weights, kinds, quote mask, sentences, fingerprints. Pure.

Fingerprints are word runs of three tokens (of eight signs in scripts without blanks): winnowed, the heaviest of four
neighbours, and every run and every whole fragment between quotation marks; and, for what was reworded throughout, pairs
of heavy words of one sentence. All numbers are whole, so that nothing here depends on machine, order or process.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
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
TIE_FLOOR: Final = 18
"""The heaviest plain words of a sentence, taken in pairs, find a text that was reworded throughout: seven of seven
rewrites without a common run (tests/data/rewrites.jsonl), where runs alone found two."""
FRAGMENT_TOKENS: Final = (2, 60)
FRAGMENT_FLOOR: Final = 15
TIMELESS_TOKENS: Final = 6
"""Quoted fragments at least this long are looked for without a window: shorter ones are phrases."""
PLACES: Final = 8
"""Places remembered of one run in one text: a text that repeats itself costs no more than others."""

_LEXICON: Final = wordtable.Lexicon()
_MIX: Final = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0x165667B19E3779F9))
_SHORT: Final = np.uint64(0x7FFFFFFF)

Ints = NDArray[np.int64]
Hashes = NDArray[np.uint64]
Mask = NDArray[np.bool_]
Spots = list[tuple[int, int, int]]
"""Names or numbers of a text: token, hash, weight in tenths."""


@dataclass(frozen=True, eq=False)
class Text:
    """A body, prepared. Arrays hold one value a token; `sentence` numbers the sentence of each token.

    `runs` and `timeless` are the fingerprints, (31-bit hash, weight in tenths): to be found inside the date window, and
    without one. `sentence_keys` hashes each sentence, `exact` the whole text. `fragments` are the whole quotations,
    (hash, first token, token after the last). What follows from these is worked out when first asked for.
    """

    body: str
    starts: list[int]
    ends: list[int]
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
        return len(self.starts)

    @cached_property
    def places(self) -> dict[int, int]:
        """Where each run begins first."""
        keys = self.run_hashes.tolist()
        return dict(zip(reversed(keys), range(len(keys) - 1, -1, -1), strict=True))

    @cached_property
    def repeats(self) -> dict[int, list[int]]:
        """Where the runs begin that come more than once, the first few times."""
        found: dict[int, list[int]] = {}
        if len(self.places) < len(self.run_hashes):
            for at, key in enumerate(self.run_hashes.tolist()):
                first = self.places[key]
                if at != first:
                    known = found.setdefault(key, [first])
                    if len(known) < PLACES:
                        known.append(at)
        return found

    @cached_property
    def notice(self) -> Mask | None:
        """Which tokens stand in a sentence with a legal note or an address; None: none does."""
        found = marks.notices(self.body)
        if not found or not len(self):
            return None
        at = np.searchsorted(self.starts, found, "right") - 1
        return np.isin(self.sentence, self.sentence[at])

    @cached_property
    def by_stem(self) -> Ints:
        """The tokens outside quotation marks, by sentence and stem."""
        at = np.flatnonzero(~self.quoted)
        return at[np.lexsort((self.stems[at], self.sentence[at]))]

    @cached_property
    def sums(self) -> list[int]:
        """Weight of all tokens before each place."""
        return [0, *accumulate(self.weights.tolist())]

    @cached_property
    def plain_sums(self) -> list[int]:
        """Weight of all tokens before each place, names and numbers at three tenths."""
        return [0, *accumulate(plain_weights(self.weights, self.kinds).tolist())]

    @cached_property
    def marked(self) -> bytes:
        """The quote mask, one byte a token."""
        return self.quoted.tobytes()

    @cached_property
    def names(self) -> Spots:
        """The names; a name weighs at least one step."""
        return self._spots(wordtable.RARE_CAPITAL)

    @cached_property
    def numbers(self) -> Spots:
        """The numbers."""
        return self._spots(wordtable.NUMBER)

    def _spots(self, kind: int) -> Spots:
        at = (self.kinds == kind).nonzero()[0]
        weights = np.maximum(self.weights[at], 10)
        return list(zip(at.tolist(), self.words[at].tolist(), weights.tolist(), strict=True))

    @cached_property
    def different(self) -> tuple[dict[int, int], dict[int, int]]:
        """The different names and the different numbers, with their weights."""
        return {key: weight for _, key, weight in self.names}, {key: weight for _, key, weight in self.numbers}

    @cached_property
    def facts(self) -> tuple[int, int]:
        """Weight of the different names, and of the different numbers."""
        names, numbers = self.different
        return sum(names.values()), sum(numbers.values())


def plain_weights(weights: Ints, kinds: Ints) -> Ints:
    """Give the weights with names and numbers at three tenths: a name in common is no passage in common."""
    return np.where(kinds >= wordtable.RARE_CAPITAL, weights * 3 // 10, weights)


def read(body: str) -> Text:
    """Prepare a body. Any text gives a Text, an empty one too."""
    pieces = wordtable.cut(body)
    edges = np.cumsum(np.fromiter(map(len, pieces), np.int64, len(pieces)))
    starts, ends = edges[:-1:2], edges[1::2]
    hashes, stems, weights, kinds = _LEXICON.look_up(pieces[1::2])
    in_quotes, sentence, whole = _layout(body, starts)
    firsts = np.flatnonzero(np.diff(sentence, prepend=-1))
    kinds = _classes(hashes, kinds, firsts)
    run = SIGN_RUN if int(np.count_nonzero(kinds == wordtable.SIGN)) * 2 > len(starts) else RUN
    run_hashes = _run_hashes(hashes, run)
    plain = plain_weights(weights, kinds)
    fragments = []
    for i, j in whole:
        if FRAGMENT_TOKENS[0] <= j - i <= FRAGMENT_TOKENS[1] and (weight := int(plain[i:j].sum())) >= FRAGMENT_FLOOR:
            fragments.append((_fold(hashes[i:j]), i, j, weight))
    exact = _fold(hashes)
    found = _winnowed(run, run_hashes, weights, in_quotes)
    found.update(_ties(stems, weights, kinds, sentence))
    timeless = {exact & 0x7FFFFFFF: 120}
    for key, i, j, weight in fragments:
        (timeless if j - i >= TIMELESS_TOKENS else found)[key & 0x7FFFFFFF] = weight + 20
    return Text(
        body=body, starts=starts.tolist(), ends=ends.tolist(), words=hashes, stems=stems,
        weights=weights, kinds=kinds, quoted=in_quotes, sentence=sentence, run=run, run_hashes=run_hashes,
        fragments=tuple((key, i, j) for key, i, j, _ in fragments),
        sentence_keys=_sentence_keys(hashes, sentence, firsts),
        exact=exact, runs=tuple(found.items()), timeless=tuple(timeless.items()),
    )  # fmt: skip


def _layout(body: str, starts: Ints) -> tuple[Mask, Ints, list[tuple[int, int]]]:
    """Give the quote mask, the sentence number of each token, and the whole quotations as token spans."""
    paragraphs = marks.paragraphs(body)
    quotes: list[tuple[int, int, bool]] = []
    styles = marks.styles(body)
    if any(styles):
        for start, end in paragraphs:
            quotes += marks.quoted(body, start, end, *styles)
    mask = np.zeros(len(starts), bool)
    if not len(starts):
        return mask, starts, []
    bounds = np.searchsorted(starts, [start for start, _ in paragraphs] + marks.sentences(body))
    opens = np.zeros(len(starts) + 1, np.int64)
    opens[bounds] = 1
    opens[0] = 0
    sentence = np.cumsum(opens[:-1])
    whole: list[tuple[int, int]] = []
    if quotes:
        edges = np.searchsorted(starts, [q[:2] for q in quotes]).tolist()
        for (i, j), (_, _, closed) in zip(edges, quotes, strict=True):
            mask[i:j] = True
            if closed:
                whole.append((i, j))
    return mask, sentence, whole


def _classes(words: Hashes, kinds: Ints, firsts: Ints) -> Ints:
    """Settle which capitalised words are names: RARE_CAPITAL stays for names, the rest become plain words.

    A capital at the start of a sentence says nothing, unless the table does not know the word or it has a capital
    elsewhere too.
    """
    settled = np.where(kinds == wordtable.CAPITAL, wordtable.RARE_CAPITAL, kinds)
    unsure = firsts[kinds[firsts] == wordtable.CAPITAL]
    if len(unsure):
        settled[unsure] = wordtable.WORD
        proven = set(words[settled == wordtable.RARE_CAPITAL].tolist())
        for at, word in zip(unsure.tolist(), words[unsure].tolist(), strict=True):
            if word in proven:
                settled[at] = wordtable.RARE_CAPITAL
    return settled


def _run_hashes(words: Hashes, run: int) -> Hashes:
    count = len(words) - run + 1
    if count <= 0:
        return np.zeros(0, np.uint64)
    mixed = words[:count] * _MIX[0]
    for step in range(1, run):
        mixed = (mixed ^ (mixed >> np.uint64(29)) ^ words[step : step + count]) * _MIX[step % 3]
    return mixed ^ (mixed >> np.uint64(32))


def _fold(words: Hashes) -> int:
    """Hash a sequence of tokens."""
    mixed = (words ^ (np.arange(1, len(words) + 1, dtype=np.uint64) * _MIX[0])) * _MIX[1]
    total = int(((mixed ^ (mixed >> np.uint64(31))) * _MIX[2]).sum())
    return total ^ (total >> 32)


def _sentence_keys(words: Hashes, sentence: Ints, firsts: Ints) -> tuple[int, ...]:
    if not len(words):
        return ()
    places = (np.arange(1, len(words) + 1) - firsts[sentence]).astype(np.uint64) * _MIX[0]
    mixed = (words ^ places) * _MIX[1]
    return tuple(np.add.reduceat((mixed ^ (mixed >> np.uint64(31))) * _MIX[2], firsts).tolist())


def _winnowed(run: int, run_hashes: Hashes, weights: Ints, in_quotes: Mask) -> dict[int, int]:
    """Choose the heaviest run of every few neighbours, and all runs inside quotation marks."""
    count = len(run_hashes)
    if not count:
        return {}
    sums = np.concatenate(([0], np.cumsum(weights)))
    heavy = sums[run:] - sums[:count]
    short = (run_hashes & _SHORT).astype(np.int64)
    rank = (np.minimum(heavy, 80) << 31) | short
    windows = count - WINNOW + 1
    if windows > 1:
        chosen = np.zeros(count, bool)
        most = rank[:windows]
        for step in range(1, WINNOW):
            most = np.maximum(most, rank[step : step + windows])
        for step in range(WINNOW):
            chosen[step : step + windows] |= rank[step : step + windows] == most
    else:
        chosen = np.ones(count, bool)
    if in_quotes.any():
        inside = in_quotes[:count].copy()
        for step in range(1, run):
            inside &= in_quotes[step : step + count]
        chosen |= inside
    chosen &= heavy >= RUN_FLOOR
    return dict(zip(short[chosen].tolist(), heavy[chosen].tolist(), strict=True))


def _ties(stems: Hashes, weights: Ints, kinds: Ints, sentence: Ints) -> dict[int, int]:
    """Give the pairs of heavy plain words of each sentence, in any order, as fingerprints."""
    at = np.flatnonzero((kinds == wordtable.WORD) & (weights >= TIE_FLOOR))
    words: dict[int, dict[int, int]] = {}
    for number, key, weight in zip(sentence[at].tolist(), stems[at].tolist(), weights[at].tolist(), strict=True):
        words.setdefault(number, {})[key] = weight
    found: dict[int, int] = {}
    for held in words.values():
        chosen = sorted(held.items(), key=lambda w: (-w[1], w[0]))[:TIES] if len(held) > TIES else list(held.items())
        for n, (key, weight) in enumerate(chosen):
            for other, heavy in chosen[:n]:
                low, high = (key, other) if key < other else (other, key)
                found[(low * 31 + (high >> 7)) & 0x7FFFFFFF] = weight + heavy
    return found
