"""Offices, ranks and roles: what stands before or behind a name and is no part of it. Pure."""

import re
from collections.abc import Sequence
from typing import Final

from tasks import firstnames, gazetteer, lexicon

TOKEN: Final = re.compile(r"(?:[A-Z]\.)+(?:[A-Z]\b)?|[^\W_]+(?:[’'‐\-&][^\W_]+)*")
_AUXILIARIES: Final = lexicon.words("is was has had will would did does can could may might should must")
OWNED: Final = re.compile(r"[’']s?$")
_AFTER: Final = re.compile(r",\s+(?:\d{1,3},\s+)?((?:who is |who was |then |now )?[^,.;:“”\"()\n]{3,160})")
_CAPITALS: Final = re.compile(r"[A-Z]{2,5}")
COMPOUND: Final = re.compile(r"-(?:based|born|headquartered|led|funded|owned|backed|year-old)$")


def _given(word: str) -> bool:
    """True for what makes the title word after it a surname: `Stephen King`, `Mr. King`, `Jane A. Bishop`."""
    return word in firstnames.FIRST_NAMES or word in ("mr", "mrs", "ms", "miss") or len(word) == 1


def ends_in_surname(lows: Sequence[str], cut: int, common: frozenset[str]) -> bool:
    """True where the title word at the end is a surname: after a first name, or after what is no word of the text."""
    if len(lows) < 2:
        return False
    before = lows[-2]
    if _given(before):
        return True
    known = before in common or before in lexicon.ORGANISATION_WORDS or before in gazetteer.DEMONYMS
    known = known or _is_title(before) or before in gazetteer.PLACES or before in lexicon.ADJECTIVES_OF_OFFICE
    return len(lows) - cut == 2 and lows[-1] in lexicon.SURNAME_TITLES and not known


def is_surname_after(lows: Sequence[str], cut: int) -> bool:
    """True if a first name stands right after a title: then the organisation word after it is a surname."""
    return len(lows) - cut == 2 and lows[cut] in firstnames.FIRST_NAMES


def title_words(words: Sequence[str], lows: Sequence[str]) -> int:
    """Give how many words of a run stand before the name in it."""
    cut = 0
    for k in range(len(lows) - 1):
        weak = bool(lows[k] in lexicon.WEAK_TITLES or COMPOUND.search(lows[k])) and k + 2 < len(lows)
        acronym = 0 < k < len(lows) - 2 and bool(_CAPITALS.fullmatch(words[k])) and k >= cut
        if not (weak or acronym or _is_title(lows[k])) or (k and _given(lows[k - 1])):
            continue
        if k == 0 and len(lows) == 2 and lows[0] in firstnames.FIRST_NAMES:
            continue
        if lows[k + 1] not in ("of", "for", "and", "on", "to"):
            cut = k + 1
            continue
        after = k + 2
        while after < len(lows) and (
            lows[after] in lexicon.PORTFOLIOS
            or lows[after] in gazetteer.PLACES
            or lows[after] in ("and", "of", "for", "on")
        ):
            after += 1
        if lows[k] in lexicon.OFFICES and len(lows) - after > 2 and lows[k + 1] in ("of", "for", "to"):
            after = len(lows) - (3 if _given(lows[-3]) or lows[-2] in lexicon.PARTICLES else 2)
        if k + 2 < after < len(lows):
            cut = after
    return cut if lows[cut:] not in (["jr"], ["sr"], ["ii"], ["iii"]) else 0


def _is_title(low: str) -> bool:
    """True for a title, and for a rank joined of two (`major-gen`)."""
    return low in lexicon.TITLES or ("-" in low and all(part.rstrip(".") in lexicon.TITLES for part in low.split("-")))


def is_office(lows: Sequence[str]) -> bool:
    """True for an office without its holder: `minister of natural resources`."""
    return len(lows) > 2 and lows[0] in lexicon.OFFICES and lows[1] in ("of", "for")


def role_words(words: Sequence[str]) -> list[str]:
    """Give the words of a role in canonical form; the nouns that say what someone is come twice, also as `=noun`."""
    kept = []
    head = True
    for word in words:
        w = OWNED.sub("", word).rstrip(".")
        if w in ("of", "at", "for", "in", "with", "from", "to", "on", "whose"):
            head = False
        if (
            (w in lexicon.HONORIFICS and w not in lexicon.ROLES)
            or w in lexicon.FUNCTION_WORDS
            or w in lexicon.PARTICLES
        ):
            continue
        kept.append(canonical(w))
        if head and (w in lexicon.ROLES or w in lexicon.SAME_ROLE):
            kept.append("=" + canonical(w))
    return kept


def canonical(word: str) -> str:
    """Give the form under which words for a role are compared: `french` as `france`, `spokeswoman` as `spokesman`."""
    word = gazetteer.DEMONYMS.get(word, word)
    return lexicon.SAME_ROLE.get(word, word)


def role_before(tokens: list[tuple[str, int, int]], first: int) -> frozenset[str]:
    """Read `Kremlin spokesman` or `the party's deputy leader` before a name, from its role noun backwards."""
    if first == 0:
        return frozenset()
    k = first - 1
    low = tokens[k][0].casefold()
    gap = tokens[first][1] - tokens[k][2]
    if low not in lexicon.ROLES or gap not in (1, 2):
        return frozenset()
    if gap == 2 and not _opens_with_role(tokens, k):
        return frozenset()
    kept = [low]
    while k > 0 and len(kept) < 5 and tokens[k][1] - tokens[k - 1][2] == 1:
        k -= 1
        low = OWNED.sub("", tokens[k][0]).casefold()
        if low in lexicon.FUNCTION_WORDS and low not in ("first", "former", "foreign"):
            break
        kept.append(low)
    return frozenset(role_words(kept[::-1]))


def _opens_with_role(tokens: list[tuple[str, int, int]], k: int) -> bool:
    """True for `The water minister, Ana Ruiz` and `Its chief negotiator, Ana Ruiz`: one person's office."""
    for step in range(1, 6):
        if step > k or tokens[k - step + 1][1] - tokens[k - step][2] != 1:
            return False
        word = tokens[k - step][0]
        if word.casefold() in ("the", "its", "his", "her", "their") or OWNED.search(word):
            return True
    return False


def role_after(body: str, end: int) -> frozenset[str]:
    """Read `, the Kremlin spokesman,` or `, 45, chief executive of a charity,` after a name."""
    match = _AFTER.match(body, end)
    if match is None:
        return frozenset()
    words = [OWNED.sub("", t.group()).casefold() for t in TOKEN.finditer(match.group(1))][:14]
    if not words:
        return frozenset()
    opening = (
        words[0] in ("a", "an", "the", "its", "his", "her", "their", "who", "then", "now", "one")
        or words[0] in lexicon.ROLES
    )
    if not opening and not any(w in lexicon.ROLES for w in words[:4]):
        return frozenset()
    at = next((i for i, w in enumerate(words) if w in lexicon.ROLES), None)
    if at is None or (at + 1 < len(words) and _acts(words[at + 1])):
        return frozenset()
    return frozenset(role_words(words))


def _acts(word: str) -> bool:
    """True for the verb in `Speaking to the Fjord Post, the minister argued`: the minister is no newspaper."""
    return word in lexicon.SPEECH_VERBS or word in _AUXILIARIES or (word.endswith("ed") and len(word) > 4)
