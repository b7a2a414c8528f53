"""Cut paragraphs into sentences. Pure: text in, spans out; English habits of abbreviation, sound for most languages."""

import re
from typing import Final

from tasks import lexicon

_END: Final = re.compile(r"(?<![.!?…])[.!?…]++[\"”’'»)\]]*+(\s+)(?=[\"“‘'«„(\[–—-]*\s?[^\Wa-zà-öø-ÿ_])")
_LAST_WORD: Final = re.compile(r"([^\s\"“”‘’'(\[]+)\.[\"”’'»)\]]*$")
_NEVER: Final = lexicon.words(
    "mr mrs ms dr prof gov sen rep gen col lt sgt capt maj adm cmdr rev hon st fr sr messrs vs no pres supt det insp "
    "atty dist cllr pte cpl brig mme mlle rep reps sens pvt ald asst e.g i.e"
)
_SELDOM: Final = lexicon.words(
    "u.s u.n u.k e.u d.c a.m p.m inc corp co ltd jr sr etc jan feb mar apr jun jul aug sep sept oct nov dec calif fla "
    "ga ill ind kan ky md mass mich minn miss mo mont neb nev okla ore pa tenn tex va vt wash wis wyo ariz ark colo "
    "conn del ala n.y n.j n.c s.c bros ph.d b.c a.d al ave blvd"
)
_OPENERS: Final = lexicon.words(
    "the a an he she it they we i you but and in on at this that these those there his her its their however as for if "
    "when while after before since so what who why how yet still some many most one two both not no with by from"
)
_NEXT_WORD: Final = re.compile(r"[\"“‘'«„(\[–—-]*\s?([^\s,.;:!?]+)")


def split(body: str, start: int, end: int) -> list[tuple[int, int]]:
    """Give the spans of the sentences between two offsets, in order, without the blanks between them."""
    found: list[tuple[int, int]] = []
    at = start
    for match in _END.finditer(body, start, end):
        cut = match.start(1)
        if cut - at < 2 or not _ends(body, at, cut, match.end(), body[match.start()]):
            continue
        found.append((at, cut))
        at = match.end()
    if at < end:
        found.append((at, end))
    return found


def _ends(body: str, start: int, cut: int, following: int, sign: str) -> bool:
    if sign != ".":
        return True
    word = _LAST_WORD.search(body, max(start, cut - 24), cut)
    if word is None:
        return True
    bare = word.group(1).casefold()
    if bare in _NEVER:
        return False
    after = _NEXT_WORD.match(body, following)
    opener = after is not None and after.group(1).casefold() in _OPENERS
    if len(bare) == 1 and bare.isalpha():
        return opener and bare != "i" and word.start(1) > start
    if bare in _SELDOM or re.fullmatch(r"(?:[a-z]\.)+[a-z]", bare):
        return opener
    return True
