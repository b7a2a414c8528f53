"""What every word weighs: a static table, so that a verdict never depends on what else was filed. Pure: reads one file.

The table (`data/words_en.txt.gz`, made by `tests/bench/make_wordtable.py`) gives Zipf frequencies of English words. It
stands in for other languages too: their words are unknown to it, so nearly all weigh the most, and only the repetition
inside the text itself tells function words apart. Weights are whole tenths, so that sums are exact in any order.
"""

import gzip
import re
import threading
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

_TABLE: Final = Path(__file__).parent / "data" / "words_en.txt.gz"
_CEILING: Final = 62
"""Tenths of Zipf: a word this frequent weighs nothing. 'said' is at 61, 'president' at 51."""
_HEAVIEST: Final = 40
_UNKNOWN: Final = 22
_WIRE_ABBREVIATIONS: Final = frozenset(
    re.split(
        " ",
        "dlrs dlr mln bln pct shr shrs vs qtr qtrs inc corp co ltd cts ct oper avg prev div rev revs yr mths months "
        "mth nine wk tonnes bpd barrels plc",
    )
)
"""Market copy is full of these, and general English is not: they count as frequent (Zipf 5.2)."""

WORD: Final = 0
CAPITAL: Final = 1
SIGN: Final = 2
RARE_CAPITAL: Final = 3
NUMBER: Final = 4
"""Kinds of token. SIGN is one character of a script that writes no spaces between words."""

_SIGNS: Final = (
    "\u0e00-\u0e7f\u0e80-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
)
TOKEN: Final = re.compile(rf"\d+(?:[.,]\d+)*|[{_SIGNS}]|[^\W\d_{_SIGNS}]+(?:['’][^\W\d_{_SIGNS}]+)*|[^\W{_SIGNS}]+")
_SPACED_TOKEN: Final = re.compile(r"([^\W\d_]+(?:['’][^\W\d_]+)*|\d+(?:[.,]\d+)*|\w+)")
_PLAIN_TOKEN: Final = re.compile(r"([A-Za-z]+(?:'[A-Za-z]+)*|[0-9]+(?:[.,][0-9]+)*|_[0-9A-Za-z_]*)")
"""What TOKEN finds in a text without such characters, and in one of ASCII, sooner."""
_SIGN_TOKEN: Final = re.compile(f"({TOKEN.pattern})")
_TYPOGRAPHY: Final = (("’", "'"), ("“", '"'), ("”", '"'), ("‘", " "), ("–", "-"), ("—", "-"), ("…", "."), ("\xa0", " "))
"""Marks that keep most English news from being ASCII: all but the first part tokens, whatever stands for them."""
_SIGN: Final = re.compile(f"[{_SIGNS}]")
_SIGN_WEIGHT: Final = 6

_MOST: Final = 400_000
"""Words remembered before the memory starts anew: about 60 MB."""


@lru_cache(maxsize=1)
def zipf_table() -> dict[str, int]:
    """Read the table: word to tenths of Zipf."""
    table: dict[str, int] = {}
    for line in gzip.decompress(_TABLE.read_bytes()).decode().splitlines():
        zipf, *words = line.split(" ")
        table.update(dict.fromkeys(words, round(float(zipf) * 10)))
    table.update(dict.fromkeys(_WIRE_ABBREVIATIONS, 52))
    return table


def digest(text: str) -> int:
    """Hash a string to 64 bits, the same on every machine and in every process."""
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def cut(text: str) -> list[str]:
    """Cut a text into what stands between tokens and the tokens, in turn, beginning and ending with the former.

    The pieces have the length of what they stand for; apostrophes come out straight.
    """
    if not text.isascii():
        for mark, plain in _TYPOGRAPHY:
            text = text.replace(mark, plain)
    if text.isascii():
        return _PLAIN_TOKEN.split(text)
    return (_SIGN_TOKEN if _SIGN.search(text) else _SPACED_TOKEN).split(text)


def stem(word: str) -> str:
    """Cut the commonest English endings off a lower-case word; the same stem is a hint, no proof."""
    word = word.removesuffix("'s").removesuffix("'")
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    for ending in ("ingly", "edly", "ations", "ation", "ings", "ing", "ers", "ed", "es", "er", "ly", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            word = word[: -len(ending)]
            break
    return word[:-1] if len(word) > 4 and word[-1] == word[-2] else word


class Lexicon:
    """A growing memory of words already looked up; `look_up` gives one row a token. What it holds changes no result."""

    def __init__(self) -> None:
        self._row: dict[str, int] = {}
        self._lock = threading.Lock()
        self._hashes = np.zeros(4096, np.uint64)
        self._stems = np.zeros(4096, np.uint64)
        self._weights = np.zeros(4096, np.int64)
        self._kinds = np.zeros(4096, np.int64)

    def look_up(
        self, words: list[str]
    ) -> tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.int64], NDArray[np.int64]]:
        """Give hash, stem, weight (tenths) and kind of each token, case and all."""
        row = self._row
        try:
            rows = list(map(row.__getitem__, words))
        except KeyError:
            with self._lock:
                if len(self._row) + len(words) > _MOST:
                    self._row = {}
                row = self._row
                for word in words:
                    if word not in row:
                        self._learn(word)
                rows = list(map(row.__getitem__, words))
        at = np.array(rows, np.int64)
        return self._hashes[at], self._stems[at], self._weights[at], self._kinds[at]

    def _learn(self, word: str) -> None:
        at = len(self._row)
        if at >= len(self._hashes):
            for name in ("_hashes", "_stems", "_weights", "_kinds"):
                old = getattr(self, name)
                setattr(self, name, np.concatenate([old, np.zeros_like(old)]))
        lower = word.lower().replace("’", "'")
        self._hashes[at] = digest(lower)
        self._stems[at] = digest(stem(lower))
        self._weights[at], self._kinds[at] = weigh(word, lower)
        self._row[word] = at


def weigh(word: str, lower: str) -> tuple[int, int]:
    """Give the weight in tenths (0 to 40) and the kind of one token."""
    if word[0].isdigit():
        return 10 + min(20, 5 * len(word)), NUMBER
    if len(word) == 1 and _SIGN.match(word):
        return _SIGN_WEIGHT, SIGN
    table = zipf_table()
    known = table.get(lower) or table.get(lower.removesuffix("'s"))
    zipf = known or _UNKNOWN
    weight = min(_HEAVIEST, max(0, _CEILING - zipf))
    if not word[0].isupper():
        return weight, WORD
    return weight, CAPITAL if known else RARE_CAPITAL
