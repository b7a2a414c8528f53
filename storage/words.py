"""How searches see words and names: case, accents and ways of writing a name do not tell two apart. Pure.

Both databases search what this makes of a text, so that they find the same.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Final

_WORD: Final = re.compile(r"[^\W_]+")
_MARKS: Final = re.compile("[\u0300-\u036f]")
_PLAIN: Final = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
"""Letters that Unicode does not take apart into a letter and its mark."""
_UNSPACED: Final = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"
)
"""Thai, Lao, Burmese, Khmer, Japanese and Chinese set no spaces: each letter is a word there, and a word a phrase."""
_DOUBLED: Final = re.compile(r"([^\W\d_])\1+")
LONGEST: Final = 100
"""Letters of a word that count. PostgreSQL takes 2,046 bytes."""
NEAR: Final = 0.72
"""Likeness (difflib's ratio) from which on a word may be meant by another: 'petterson' and 'peterson' have .94,
'sarovin' and 'saravan' .71, 'voss' and 'moss' .75."""


def plain(text: str) -> str:
    """Give a text without case and without the accents of Latin, Greek and Cyrillic letters."""
    if text.isascii():
        return text.lower()
    apart = _MARKS.sub("", unicodedata.normalize("NFKD", text.casefold()))
    return unicodedata.normalize("NFC", apart).translate(_PLAIN)


def words(text: str) -> list[str]:
    """Give the words of a text as searches compare them, in order."""
    found = _WORD.findall(plain(text))
    if not text.isascii() and _UNSPACED.search(text):
        found = [part for word in found for part in _UNSPACED.sub(r" \g<0> ", word).split()]
    return [word[:LONGEST] for word in found]


@lru_cache(maxsize=8192)
def name_words(name: str) -> tuple[str, ...]:
    """Give the words of a name so that its spellings agree: Zelenskyy, Zelenskiy and Zelensky; Peterson, Petersson."""
    return tuple(_spelt(word) for word in words(name))


def _spelt(word: str) -> str:
    """`y` and `j` behind the first letter sound as `i`; doubled letters are one."""
    return word[:1] + _DOUBLED.sub(r"\1", word[0] + word[1:].replace("y", "i").replace("j", "i"))[1:]


def nearest(asked: str, known: Iterable[str], *, most: int = 5) -> list[str]:
    """Give the names that may be meant by one that is not known, the likeliest first."""
    wanted = name_words(asked)
    found: list[tuple[float, str]] = []
    for name in known:
        ratios = [_best(word, name_words(name)) for word in wanted]
        if ratios and max(ratios) >= NEAR:
            found.append((-sum(ratios) / len(ratios), name))
    return [name for _, name in sorted(found)[:most]]


def _best(word: str, others: Collection[str]) -> float:
    matcher = SequenceMatcher(b=word, autojunk=False)
    best = 0.0
    for other in others:
        matcher.set_seq1(other)
        if matcher.real_quick_ratio() > best and matcher.quick_ratio() > best:
            best = max(best, matcher.ratio())
    return best
