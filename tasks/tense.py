"""Tell what the verb that an expression hangs on makes of it: done, going on, to come, or open. Pure: parses in.

Penn Treebank tags and the dependency labels of spaCy's English models.
"""

from typing import Final, Literal

from tasks import lexicon
from tasks.grammar import Sentence

Tense = Literal["past", "perhaps", "present", "ahead", "planned", "open"]
"""`planned`: a plan is spoken of, kept or not. `open`: it may be, could be, or is only asked or supposed; `perhaps`: it
may have been."""

PLANNED: Final = lexicon.words(
    "scheduled planned slated postponed delayed rescheduled expected due booked earmarked set supposed meant tipped "
    "billed pencilled penciled poised bound timed targeted intended anticipated projected forecast delays postpones "
    "schedules plans"
)
"""What is so, is to come, whatever the tense of the verb: `was due on Friday`, `a hearing scheduled for May`."""
_PLANNED_NOW: Final = frozenset(("set", "forecast"))
"""Those that must be passive: `is set for May`, but `he set a record in May`."""
_LEADS_ON: Final = PLANNED | lexicon.words(
    "plan plans planning expect expects expecting want wants wanted agree agreed agrees hope hopes hoped intend "
    "intends aim aims aimed decide decided decides vow vowed vows promise promised promises seek seeks sought "
    "prepare prepares prepared preparing ask asked asks order ordered orders call called calls need needs needed "
    "invite invited invites threaten threatened threatens going pledged pledges refuse likely ready about be is are "
    "was were deadline plan proposal bid pledge promise decision agreement deal order intention move right chance "
    "urge urged urges wish wishes offered offers offer continues continue hopeful able unable willing"
)
"""What an infinitive hangs on that is still to come."""
_UPCOMING: Final = frozenset(("due", "upcoming", "tentative", "forthcoming"))
_SUPPOSING: Final = lexicon.words("if unless whether provided providing assuming should supposing")
_WEIGHING: Final = lexicon.words(
    "consider considers considering considered mull mulls mulling mulled weigh weighs weighing weighed propose "
    "proposes proposed proposing suggest suggests suggested suggesting discuss discusses discussing discussed"
)
"""Verbs with which something is not settled yet."""
_SAYS: Final = lexicon.words("says tells adds writes notes reports recalls")
"""The present in which what was said is told."""
_MAY: Final = frozenset(("may", "might", "could"))
_HAVE: Final = frozenset(("have", "has", "had", "'ve", "’ve", "'d", "’d"))
_WAS: Final = frozenset(("was", "were", "been", "got"))
_STEPS: Final = 12


def of(s: Sentence, start: int, end: int) -> Tense | None:
    """Give what the sentence makes of the stretch from `start` to `end`; None without a parse, or without a verb."""
    token = _head(s, start, end)
    if token is None:
        return None
    for _ in range(_STEPS):
        word, tag = s.parse.words[token].casefold(), s.parse.tags[token]
        if tag[:1] == "V" or tag == "MD":
            return _verb(s, token, 0)
        if word in _UPCOMING or any(
            s.parse.deps[c] == "amod" and s.parse.words[c].casefold() in PLANNED | _UPCOMING
            for c in _children(s, token)
        ):
            return "planned"
        if s.parse.heads[token] == token:
            return None
        token = s.parse.heads[token]
    return None


def _head(s: Sentence, start: int, end: int) -> int | None:
    """Give the token of a stretch that hangs on something outside of it."""
    inside = [i for i, at in enumerate(s.parse.at) if start <= s.start + at < end]
    outside = (i for i in inside if s.parse.heads[i] not in inside or s.parse.heads[i] == i)
    return next(outside, None)


def _verb(s: Sentence, verb: int, depth: int) -> Tense | None:
    parse = s.parse
    word, tag = parse.words[verb].casefold(), parse.tags[verb]
    if depth > 4:
        return None
    if _is_supposed(s, verb):
        return "open"
    helpers = [parse.words[c].casefold() for c in _children(s, verb) if parse.deps[c] in ("aux", "auxpass")]
    if (modal := next((h for c, h in _helpers(s, verb) if parse.tags[c] == "MD"), "")) or tag == "MD":
        return _with_modal(s, verb, modal or word, helpers)
    if "to" in helpers:
        return _infinitive(s, verb, helpers, depth)
    if tag == "VBD":
        active = word in PLANNED - _PLANNED_NOW and word != "expected"
        return "planned" if active else "open" if word in _WEIGHING else "past"
    if tag == "VBN":
        return _participle(s, verb, word, helpers, depth)
    if tag == "VBG":
        return _progressive(s, verb, word, helpers, depth)
    if tag == "VB":
        return "ahead" if parse.heads[verb] == verb else _above(s, verb, depth)
    return "past" if word in _SAYS else "open" if word in _WEIGHING else "present"


def _with_modal(s: Sentence, verb: int, modal: str, helpers: list[str]) -> Tense | None:
    if "have" in helpers and modal != "will":
        return "past" if modal in ("must", "ca", "can") else "perhaps"
    if modal in _MAY:
        return "open"
    if modal in ("would", "'d", "’d"):
        # What somebody said would come is to come; what would come by itself hangs on something.
        reported = s.parse.deps[verb] in ("ccomp", "parataxis") or (
            s.parse.deps[verb] == "conj" and s.parse.deps[s.parse.heads[verb]] == "ccomp"
        )
        return "ahead" if reported else "open"
    return "ahead"


def _infinitive(s: Sentence, verb: int, helpers: list[str], depth: int) -> Tense | None:
    parse = s.parse
    if "have" in helpers:
        return "past"
    over = parse.heads[verb]
    if over == verb:
        return "ahead"
    word = parse.words[over].casefold()
    if word in _WEIGHING:
        return "open"
    if word in _LEADS_ON and parse.deps[verb] not in ("advcl", "csubj"):
        return "planned" if word in PLANNED else "ahead"
    if parse.tags[over][:1] != "V":
        return "ahead" if parse.deps[verb] in ("acl", "relcl") and word in _LEADS_ON else _above(s, verb, depth)
    return _verb(s, over, depth + 1)


def _participle(s: Sentence, verb: int, word: str, helpers: list[str], depth: int) -> Tense | None:
    if word in _WEIGHING:
        return "open"
    if word in PLANNED and not (_HAVE & set(helpers) and word in _PLANNED_NOW):
        return "planned"
    if _HAVE & set(helpers) or _WAS & set(helpers):
        return "past"
    if helpers:
        return "present"
    if s.parse.deps[verb] == "conj":
        return _above(s, verb, depth) or "past"
    return "past"


def _progressive(s: Sentence, verb: int, word: str, helpers: list[str], depth: int) -> Tense | None:
    if word in _WEIGHING:
        return "open"
    if _WAS & set(helpers):
        return "past"
    if helpers:
        return "ahead" if not _HAVE & set(helpers) else "past"
    return _above(s, verb, depth)


def _above(s: Sentence, token: int, depth: int) -> Tense | None:
    """Give the tense of the next verb that a word hangs on."""
    for _ in range(_STEPS):
        over = s.parse.heads[token]
        if over == token:
            return None
        token = over
        if s.parse.tags[token][:1] == "V" or s.parse.tags[token] == "MD":
            return _verb(s, token, depth + 1)
    return None


def _is_supposed(s: Sentence, verb: int) -> bool:
    """True if the clause of a verb begins with `if`, or such a clause hangs on it and it is not told as past."""
    parse = s.parse
    for child in _children(s, verb):
        if parse.deps[child] in ("mark", "advmod", "prep") and parse.words[child].casefold() in _SUPPOSING:
            return True
    past = parse.tags[verb] in ("VBD", "VBN") and not any(parse.tags[c] == "MD" for c, _ in _helpers(s, verb))
    return not past and any(
        parse.deps[c] == "advcl"
        and any(parse.deps[g] == "mark" and parse.words[g].casefold() in ("if", "unless") for g in _children(s, c))
        for c in _children(s, verb)
    )


def _helpers(s: Sentence, verb: int) -> list[tuple[int, str]]:
    return [(c, s.parse.words[c].casefold()) for c in _children(s, verb) if s.parse.deps[c] in ("aux", "auxpass")]


def _children(s: Sentence, token: int) -> list[int]:
    return [i for i, head in enumerate(s.parse.heads) if head == token and i != token]
