"""Read names by their capitals, with titles, nationalities and roles cut off. Pure: text in, namings out.

Which of them are one and the same, and whether a person, `tasks/entities.py` says.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tasks import firstnames, gazetteer, lexicon, offices

VERSION: Final = 2

_STOPS: Final = (".", "!", "”", '"')
_APOSTROPHES: Final = ("’", "'")
_ABBREVIATED: Final = lexicon.words(
    "mr mrs ms dr sen sens rep reps gov gen col lt sgt capt maj st prof rev jr sr adm hon det insp"
)


_DEGREES: Final = lexicon.words(
    "MD M.D MS MSc MA MBA PhD Ph.D RD RDN RN JD QC KC CFA CPA OBE CBE MBE DO DDS EdD PsyD MPH MEd BSc BA LPC LCSW FRCS "
    "M.D. Ph.D. R.D. R.N. J.D. M.A. M.S. B.A."
)
"""Letters after a name."""
_NICKNAME: Final = re.compile(r"(?<=[a-z.]) [“\"‘][^\s“”\"’]{2,20}(?: [^\s“”\"’]{2,12})?[”\"’] (?=[A-Z])")


@dataclass(slots=True)
class Naming:
    """One place where a name stands: its tokens with titles cut off, and the role words that stood before or after."""

    tokens: tuple[str, ...]
    start: int
    end: int
    title: tuple[str, ...] = ()
    role: frozenset[str] = frozenset()
    article: bool = False
    initial: bool = False
    owned: bool = False


def scan(
    body: str, start: int, end: int, *, plain: bool = False, common: frozenset[str] = frozenset()
) -> Iterator[Naming]:
    """Read the capitalised sequences of a sentence.

    `plain` if its first word has a capital for opening it, and no other reason; `common` are words seen in lower case.
    """
    tokens = [(m.group(), m.start(), m.end()) for m in offices.TOKEN.finditer(body, start, end)]
    for i, token in enumerate(tokens):
        if body[token[2] : token[2] + 1] in _APOSTROPHES:
            tokens[i] = _plural_owner(body, tokens, i)
    for nickname in _NICKNAME.finditer(body, start, end):
        tokens = [t for t in tokens if not nickname.start() <= t[1] < nickname.end()]
    i = 0
    while i < len(tokens):
        if not tokens[i][0][0].isupper():
            i += 1
            continue
        j = _run(body, tokens, i)
        if i == 0 and plain and tokens[0][0].casefold() not in firstnames.FIRST_NAMES:
            i = 1
        if i < j:
            yield from _cut(tokens, i, j, i == 0, common)
        i = j


def _plural_owner(body: str, tokens: list[tuple[str, int, int]], i: int) -> tuple[str, int, int]:
    """Keep the apostrophe of `Growers’ Union`: there the owners are part of the name."""
    word, start, end = tokens[i]
    if i + 1 == len(tokens) or body[end : tokens[i + 1][1]] not in ("’ ", "' ") or not word.endswith("s"):
        return tokens[i]
    after = tokens[i + 1][0]
    if word[0].isupper() and after[0].isupper() and after.casefold() in lexicon.ORGANISATION_WORDS:
        return word + body[end], start, end + 1
    return tokens[i]


_LONGEST: Final = 100
"""Words from where on a run goes on over no `of`: each looks at all before it, and no name is a tenth as long."""


def _run(body: str, tokens: list[tuple[str, int, int]], i: int) -> int:
    """Give the end of the capitalised run that begins at token i."""
    j = i + 1
    while j < len(tokens):
        word, low = tokens[j - 1][0], tokens[j - 1][0].casefold()
        if (
            offices.OWNED.search(word)
            and not word.endswith(("s’s", "s’", "s'"))
            and not _owner_in_name(low, tokens[j][0])
        ):
            break
        gap = body[tokens[j - 1][2] : tokens[j][1]]
        if len(gap) > 4 and _NICKNAME.match(body, tokens[j - 1][2]):
            gap = " "
        dotted = gap == ". " and low in _ABBREVIATED
        if gap not in (" ", "\u00a0") and not dotted:
            break
        nxt = tokens[j][0]
        if nxt == "I" or nxt[:2] in ("I’", "I'"):
            break
        if nxt[0].isupper():
            j += 1
            continue
        step = _bridge(body, tokens, i, j) if j - i < _LONGEST else 0
        if not step:
            break
        j += step
    return j


def _owner_in_name(owner: str, owned: str) -> bool:
    """True for owners that are part of a name: `Sheriff’s Office`, `Children’s Hospital`, `People’s Daily`."""
    bare = offices.OWNED.sub("", owner)
    office = bare in lexicon.TITLES and owned.casefold() in lexicon.ORGANISATION_WORDS
    return owned[0].isupper() and (office or bare in ("people", "children", "women", "men"))


def _bridge(body: str, tokens: list[tuple[str, int, int]], i: int, j: int) -> int:
    """Give how many tokens to go on over a particle or an `of`; 0 if the run ends here."""
    low = tokens[j][0]
    if j + 1 >= len(tokens) or body[tokens[j][2] : tokens[j + 1][1]] not in (" ", "\u00a0"):
        return 0
    left = [t[0].casefold() for t in tokens[i:j]]
    if low in ("of", "for", "and", "on", "to"):
        wide = any(w in lexicon.ORGANISATION_WORDS for w in left) or left[-1] in (
            "secretary",
            "president",
            "duke",
            "prince",
        )
        if _field(tokens, left, j):
            return 3 if tokens[j + 1][0] == "the" else 2
        if low == "of" and not (wide or left[-1] in lexicon.TITLES or left[-1] in lexicon.BEFORE_OF):
            return 0
        if low == "of" and len(left) > 2 and left[-2] in firstnames.FIRST_NAMES and left[-1] not in _GOVERNED:
            return 0
        if low in ("on", "to", "for") and left[-1] in _COMMITTEES and _goes_on(tokens, j):
            return 2
        if low == "and" and not wide and len(left) == 1 and i and tokens[i - 1][0].casefold() == "the":
            rest = [t[0].casefold() for t in tokens[j + 1 : j + 4] if t[0][0].isupper()]
            wide = len(rest) > 1 and rest[-1] in lexicon.ORGANISATION_WORDS
            return 2 if wide else 0
        if low != "of" and not (wide and (low == "for" or "of" in left or "for" in left)):
            return 0
        if tokens[j + 1][0][0].isupper():
            return 2
        if low != "and" and tokens[j + 1][0] == "the" and j + 2 < len(tokens) and tokens[j + 2][0][0].isupper():
            return 3
        return 0
    if low in lexicon.PARTICLES and low not in ("of", "y", "e", "la"):
        for step in (1, 2):
            if j + step < len(tokens) and tokens[j + step][0][0].isupper():
                return step + 1
            if j + step >= len(tokens) or tokens[j + step][0] not in lexicon.PARTICLES:
                break
    return 0


_HELD: Final = lexicon.words(
    "mp ceo cfo chairman chairwoman chair president director spokesman spokeswoman leader secretary"
)
_TRADES: Final = ("ist", "ician", "ologist", "keeper", "worker", "woman")
_COMMITTEES: Final = lexicon.words(
    "committee subcommittee commission council institute institutes centre center centers office conference force "
    "panel forum alliance association coalition campaign fund board foundation authority agency union"
)
_GOVERNED: Final = _COMMITTEES | lexicon.ORGANISATION_WORDS | lexicon.TITLES


def _field(tokens: list[tuple[str, int, int]], left: Sequence[str], j: int) -> bool:
    """True if an office's field begins or goes on at j: `Minister for Women and Youth`, `Envoy to Norway`."""
    low, after = tokens[j][0], tokens[j + 1][0]
    if after == "the" and low != "and" and j + 2 < len(tokens):
        after = tokens[j + 2][0]
    if not after[0].isupper() or after.casefold() in lexicon.FUNCTION_WORDS:
        return False
    if low == "to":
        return left[-1] in ("ambassador", "envoy", "adviser", "advisor")
    inside = len(left) > 2 and any(w in lexicon.OFFICES for w in left) and ("of" in left or "for" in left)
    return (low == "for" and left[-1] in lexicon.OFFICES) or (inside and low in ("for", "and"))


def _goes_on(tokens: list[tuple[str, int, int]], j: int) -> bool:
    """True if a committee's name goes on over the `on`, `to` or `for` at j: `on Fisheries`, not `on Monday`."""
    low = tokens[j + 1][0].casefold()
    return (
        tokens[j + 1][0][0].isupper()
        and low not in lexicon.FUNCTION_WORDS
        and (tokens[j][0] != "to" or low not in gazetteer.PLACES)
    )


def _cut(tokens: list[tuple[str, int, int]], i: int, j: int, initial: bool, common: frozenset[str]) -> Iterator[Naming]:
    """Cut function words, titles and nationalities off a run, and give what is left as a naming."""
    article = False
    first = i
    while first < j and tokens[first][0].casefold() in lexicon.FUNCTION_WORDS and not _named_month(tokens, first, j):
        article = article or tokens[first][0].casefold() == "the"
        first += 1
    if first < j and initial and first == i and j - first > 1:
        low = tokens[first][0].casefold()
        plain = low in common or low.endswith("ly") or (j - first > 2 and low.endswith(_TRADES))
        if (
            plain
            and low not in firstnames.FIRST_NAMES
            and low not in lexicon.TITLES
            and low not in lexicon.NAME_OPENERS
        ):
            first += 1
    while first + 1 < j and offices.COMPOUND.search(tokens[first][0].casefold()):
        first += 1
    if first >= j:
        return
    if not article and first == i and i > 0:
        article = tokens[i - 1][0].casefold() == "the"
    run = tokens[first:j]
    words = [t[0] for t in run]
    lows = [offices.OWNED.sub("", w).casefold().rstrip(".") for w in words]
    while len(run) > 2 and words[-1] in _DEGREES:
        run, words, lows = run[:-1], words[:-1], lows[:-1]
    while len(run) > 2 and lows[-1] in _HELD and set(lows[:-1]) & lexicon.ORGANISATION_WORDS:
        run, words, lows = run[:-1], words[:-1], lows[:-1]
    cut = offices.title_words(words, lows)
    organisation = any(w in lexicon.ORGANISATION_WORDS for w in lows[cut:])
    if cut and organisation and not offices.is_surname_after(lows, cut):
        cut = 0
    if cut and len(lows) - cut == 1 and lows[cut - 1] in lexicon.ADJECTIVE_TITLES:
        cut = 0
    if cut == 0 and offices.is_office(lows):
        held = first + (3 if lows[2] == "the" else 2)
        if any(w in lexicon.ORGANISATION_WORDS for w in lows):
            yield from _cut(tokens, held, j, False, common)
        return
    if cut == 0 and len(run) >= 3 and lows[0] in gazetteer.DEMONYMS and not organisation:
        cut = 1
    adverb = initial and lows[0].endswith("ly") and lows[0] not in firstnames.FIRST_NAMES | gazetteer.PLACES
    plain = adverb or (initial and lows[0] in common)
    if len(run) == 1 and (lows[0] in lexicon.TITLES or lows[0] in gazetteer.DEMONYMS or plain):
        return
    if lows[-1] in lexicon.TITLES and not organisation and not offices.ends_in_surname(lows, cut, common):
        return
    named = run[cut:]
    owned = bool(offices.OWNED.search(named[-1][0])) and len(offices.OWNED.sub("", named[-1][0])) > 1
    last = offices.OWNED.sub("", named[-1][0]) if owned else named[-1][0]
    end = named[-1][1] + len(last)
    name = (*[t[0] for t in named[:-1]], last)
    role = frozenset(offices.role_words(lows[:cut]))
    if not cut or set(lows[:cut]) <= lexicon.HONORIFICS:
        role |= offices.role_before(tokens, first)
    yield Naming(
        name, named[0][1], end, tuple(lows[:cut]), role, article, initial and first == i, owned,
    )  # fmt: skip


def _named_month(tokens: list[tuple[str, int, int]], k: int, j: int) -> bool:
    """True for a first name that is also a month or a modal (`April Ryan`, `Will Smith`)."""
    low = tokens[k][0].casefold()
    return (
        low in ("april", "may", "june", "august", "will")
        and k + 1 < j
        and low in firstnames.FIRST_NAMES | {"may", "august"}
    )


def scan_heading(text: str, known: frozenset[str] = frozenset()) -> Iterator[Naming]:
    """Read a headline in title case: a first name with what follows that is no common word.

    `known` are words that the body names somebody with: beside a first name, they go in all.
    """
    tokens = [(m.group(), m.start(), m.end()) for m in offices.TOKEN.finditer(text)]
    lows = [offices.OWNED.sub("", t[0]).casefold() for t in tokens]
    i = 0
    while i < len(tokens):
        j = i
        while j < len(tokens) and lows[j] in known | firstnames.FIRST_NAMES and (j == i or _adjoins(text, tokens, j)):
            j += 1
        if j > i and lows[j - 1] in firstnames.FIRST_NAMES and _may_be_surname(text, tokens, j):
            j += 1
        some = lows[i:j]
        if 2 <= len(some) <= 4 and set(some) & firstnames.FIRST_NAMES and set(some) & known:
            yield _headed(tokens[i:j])
            i = j
        elif i + 1 < len(tokens) and lows[i] in firstnames.FIRST_NAMES and _may_be_surname(text, tokens, i + 1):
            yield _headed(tokens[i : i + 2])
            i += 1
        else:
            i += 1


def _adjoins(text: str, tokens: list[tuple[str, int, int]], j: int) -> bool:
    return text[tokens[j - 1][2] : tokens[j][1]] == " " and not offices.OWNED.search(tokens[j - 1][0])


def _may_be_surname(text: str, tokens: list[tuple[str, int, int]], j: int) -> bool:
    """True for the word after a first name in a headline, unless it is a common one."""
    if j >= len(tokens) or not tokens[j][0][0].isupper() or not _adjoins(text, tokens, j):
        return False
    low = offices.OWNED.sub("", tokens[j][0]).casefold()
    plain = low in lexicon.FUNCTION_WORDS or low in lexicon.TITLES or len(low) < 3
    return not plain and not (low.endswith(("s", "ing")) and len(low) < 6)


def _headed(run: list[tuple[str, int, int]]) -> Naming:
    bare = offices.OWNED.sub("", run[-1][0])
    return Naming((*[t[0] for t in run[:-1]], bare), run[0][1], run[-1][1] + len(bare))


def is_heading(text: str) -> bool:
    """True for a line in title case: there capitals say nothing."""
    if text[-1:] in _STOPS:
        return False
    words = [w for w in text.split() if w[:1].isalpha()]
    long = [w for w in words if len(w) > 3]
    return len(words) >= 4 and sum(w[0].isupper() for w in long) >= 0.8 * max(1, len(long))
