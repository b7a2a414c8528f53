"""Tell whether a bare weekday or month looks ahead or back, and what a sentence makes of its date. Pure.

The tense of the verb that it hangs on tells, where the sentence has a parse; else the nearest word of its clause that
does: a verb in the past looks back, a modal, a plan or a deadline looks ahead.
"""

import re
from typing import Final

from tasks import lexicon, tense
from tasks.grammar import Sentence
from tasks.tense import Tense

_WORD: Final = re.compile(r"[A-Za-z]+(?:['’][a-z]+)?")
_CLAUSE_END: Final = re.compile(r"[.;!?\n“”\"]|,\s+(?:who|which|but|and|when|where|after|before|while)\b|``|''")
_AHEAD: Final = lexicon.words(
    "will would shall plans planned plan scheduled due expected expects until starting beginning upcoming slated "
    "deadline "
    "hopes intends aims may might should ll want wants postponed delayed rescheduled tentatively tomorrow next soon"
)
_BACK: Final = lexicon.words(
    "said told was were had did has have says came went began left met took gave made held won lost saw found rose "
    "fell sent "
    "wrote spoke struck broke brought led shot ran set-up stood knew became grew got paid put read cut hit drew flew "
    "fought "
    "heard kept sat sold swept taught threw wore since last earlier after died"
)
_PRESENT: Final = lexicon.words(
    "is are am faces face needs need depends depend runs lasts expires ends begins starts opens closes returns "
    "remains holds takes meets votes visits travels plays seeks hosts goes comes arrives leaves works continues wins "
    "lose loses launches moves marks turns asks offers reaches retires heads allows requires see sees"
)
_BE: Final = lexicon.words("be is are being gets get")
_NO_VERB: Final = lexicon.words("the a an his her its their")
_LEADS_ON: Final = lexicon.words("agreed plan plans planned scheduled expected want wants hopes due set going is are")
_NOT_PAST: Final = lexicon.words(
    "scheduled expected planned need indeed united hundred slated delayed postponed rescheduled"
)


UNTOLD: Final = -0.5
"""No word tells; a bare date is rather past."""
PRESENT: Final = 0.2
"""A verb in the present: `faces an election in October`, `is Friday`."""


_BY_TENSE: Final[dict[Tense, float]] = {
    "past": -1.0,
    "perhaps": -1.0,
    "present": PRESENT,
    "open": 0.5,
    "planned": 1.0,
    "ahead": 1.0,
}


def looks_ahead(body: str, start: int, end: int, s: Sentence | None = None) -> float:
    """Weigh what is around an expression: above 0 it looks ahead, from 2 on surely; below 0 it looks back."""
    if body[end : end + 2] in ("’s", "'s"):
        return -2.0
    before = _CLAUSE_END.split(body[max(0, start - 80) : start])[-1]
    words = [w.group().casefold() for w in _WORD.finditer(before)]
    near = " ".join(words[-5:])
    told = tense.of(s, start, end) if s is not None else None
    if words[-1:] == ["by"] and (told == "past" or _done(words[:-1])):
        return -1.0
    if re.search(
        r"\b(?:as early as|as soon as|as late as|scheduled for|planned for|due|starting|beginning|until|by|"
        r"before)\b(?: (?:on|in|at|early|late|next|the (?:end|middle|start|beginning) of))*$",
        near,
    ):
        return 2.0 if len(words) > 3 or words[-1:] != ["until"] else -1.0
    if told is not None:
        return _BY_TENSE[told]
    here = len(_WORD.findall(before.rsplit(",", 1)[-1])) if "," in before else len(words)
    found = _backwards(words[len(words) - here :])
    if found is None:
        after = _CLAUSE_END.split(body[end : end + 60])[0]
        found = next((d for d in (_sense(m.group().casefold()) for m in _WORD.finditer(after)) if d), None)
    if found is None:
        found = _backwards(words[: len(words) - here])
    return UNTOLD if found is None else found


def _done(words: list[str]) -> bool:
    """True if what a deadline belongs to `was` or `were` so, with nothing planned in between."""
    for k in range(len(words) - 1, -1, -1):
        if words[k] in ("was", "were", "had"):
            return True
        if words[k] in _AHEAD or words[k] in ("to", "be") or _sense(words[k]) is not None:
            return False
    return False


def _sense(word: str) -> float | None:
    if word in _AHEAD:
        return 1.0
    if word in _PRESENT:
        return PRESENT
    past = word in _BACK or (len(word) > 4 and word.endswith("ed") and word not in _NOT_PAST)
    return -1.0 if past else None


def _backwards(words: list[str]) -> float | None:
    """Give what the last telling word of some says."""
    for k in range(len(words) - 1, -1, -1):
        infinitive = k + 1 < len(words) and not words[k + 1].endswith(("ed", "ing")) and words[k + 1] not in _NO_VERB
        if words[k] == "to" and infinitive:
            return 0.5 if k and words[k - 1] in _LEADS_ON else -0.3
        found = _sense(words[k])
        if k and words[k].endswith(("ed", "en")) and words[k - 1] in _BE:
            continue
        if found is not None:
            return found
    return None


_OPEN: Final = re.compile(r"\b(?:may|might|could|[Ii]f|[Uu]nless|[Ww]hether)\b")


def sense(s: Sentence, body: str, start: int, end: int) -> Tense | None:
    """Give what a sentence makes of a date in it, by the verb that the date hangs on or by the words of its clause."""
    if (told := tense.of(s, start, end)) is not None:
        return told
    clause = _CLAUSE_END.split(body[s.start : start])[-1] + _CLAUSE_END.split(body[end : s.end])[0]
    if _OPEN.search(clause):
        return "open"
    ahead = looks_ahead(body, start, end)
    return None if ahead == UNTOLD else "ahead" if ahead >= 0.5 else "past" if ahead < 0 else "present"
