"""Name the language that a text is written in. Pure.

py3langid over the prose alone: a credit line in another script, addresses and names do not vote. Its vocabulary model
is read once in each process.
"""

import re
import unicodedata
from collections import Counter
from functools import cache
from itertools import islice
from typing import Final, Protocol

_LEAST_LETTERS: Final = 30
"""Below this many letters (CJK counts fourfold) no language is named."""
_LEAST_PROBABILITY: Final = 0.6
_LONGEST: Final = 4000
_NOISE: Final = re.compile(r"https?://\S+|\S+@\S+|\S*\d\S*")


class _Identifier(Protocol):
    def classify(self, text: str) -> tuple[str, float]: ...


@cache
def _identifier() -> _Identifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier: _Identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    return identifier


def name(text: str) -> str | None:
    """Give the ISO 639-1 code of the language of `text`, or None where the text is too short or too mixed to say.

    Reads the first 4,000 characters, and of these only the words of the script that most letters belong to.
    """
    words = _NOISE.sub(" ", text[:_LONGEST]).split()
    scripts: Counter[str] = Counter()
    by_word = []
    for word in words:
        script = _script(word)
        by_word.append((word, script))
        scripts[script] += len(word) if word.isalpha() else sum(map(str.isalpha, word))
    scripts.pop("", None)
    if not scripts:
        return None
    # Japanese writes in three scripts at once: kana beside Chinese characters are one.
    if scripts["HIRAGANA"] + scripts["KATAKANA"] > 0:
        by_word = [(w, "CJK" if s in {"HIRAGANA", "KATAKANA"} else s) for w, s in by_word]
        scripts["CJK"] += scripts.pop("HIRAGANA", 0) + scripts.pop("KATAKANA", 0)
    main, letters = scripts.most_common(1)[0]
    dense = 4 if main in {"CJK", "HANGUL", "THAI"} else 1
    if letters * dense < _LEAST_LETTERS:
        return None
    code, probability = _identifier().classify(" ".join(word for word, script in by_word if script == main))
    return str(code) if probability >= _LEAST_PROBABILITY and code != "zxx" else None


def _script(word: str) -> str:
    """Name the script of the first letters of a word as Unicode does: LATIN, CYRILLIC, CJK ..."""
    if word.isascii():
        return "LATIN" if word.isalpha() or any(map(str.isalpha, word)) else ""
    letters = islice((c for c in word if c.isalpha()), 3)
    return max((unicodedata.name(c, "").partition(" ")[0] for c in letters), key=len, default="")
