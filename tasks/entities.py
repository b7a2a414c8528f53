"""Say who and what a text names: one entity for all forms of a name. Pure: namings and votes in, a register out.

Titles, roles, ages, first names, the words of a name and an entity recogniser's labels vote on what a name is; one name
has one type in a text. Surnames, first names, acronyms and short forms go to the full name that the text gives.
"""

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Final

from storage.records import SpeakerType
from tasks import firstnames, gazetteer, kinds, lexicon, names, offices, people
from tasks.grammar import Layout, Sentence
from tasks.names import Naming
from tasks.register import Entity, Register

_ACRONYM: Final = re.compile(r"\s*\(\s*(?:the\s+)?[“\"]?([A-Z][A-Z&.]{1,9})[”\"]?\s*[,)]")
_PLAIN_TAGS: Final = frozenset(("RB", "RBR", "IN", "VBG", "VBN", "VBD", "CC", "WRB", "UH", "MD", "PDT"))
_STANDS: Final = re.compile(r"[’']s(?:[,.;:)]| (?:said|says|has|had|is|was|will|and|or|in|at|to|for|on)\b)")
_CREDIT: Final = re.compile(
    r"(?:^|[(|\[]) ?(?:[Pp]hoto(?:graph)?|[Ii]mage|[Pp]icture|[Cc]redit|[Ii]llustration|AP [Pp]hoto)s?"
    r"(?: credit| courtesy| source)?s?(?: by| of|:|/) ?[^\n)|\]]{2,70}"
    r"|\([A-Z][^()\n]{1,50}(?: ?/ ?| via )[A-Z][^()\n]{1,40}\)",
    re.MULTILINE,
)
"""The line of a photographer, who is nobody in the story."""
_NO_NAME_BEFORE: Final = re.compile(r"(?:\b(?:[Tt]he|[Ii]n|[Oo]n|[Aa])|[\dA-Z]\S*) $")
_NO_NAME_AFTER: Final = re.compile(r" [A-Z]| ?\d")
SURE: Final = 1.5
"""Lead in votes from which a name's own form settles what it is, unasked."""
AROUND: Final = 90
"""Characters on either side of a name that the recogniser gets to see."""
_KINDS: Final[tuple[SpeakerType, ...]] = ("Person", "Organization", "Place")


def read_names(layout: Layout, headline: str | None = None) -> tuple[list[Naming], list[Naming]]:
    """Read the namings of a body and of its headline."""
    body = layout.body
    common = frozenset(m.group() for m in re.finditer(r"(?<![\w’'-])[a-z]{2,}(?![\w’'-])", body))
    found: list[Naming] = []
    for s in layout.sentences:
        some = list(names.scan(body, s.start, s.end, plain=_opens_plainly(s), common=common))
        if len(layout.sentences) > 1 and names.is_heading(body[s.start : s.end]):
            some = [n for n in some if len(n.tokens) <= 3]
        found += some
    found += _plain_surnames(body, found)
    credited = [m.span() for m in _CREDIT.finditer(body)]
    if credited:
        starts = [a for a, _ in credited]
        found = [n for n in found if not (i := bisect_right(starts, n.start)) or n.start >= credited[i - 1][1]]
    for n in found:
        n.role = n.role | offices.role_after(body, n.end)
    above: list[Naming] = []
    if headline:
        title_case = names.is_heading(headline)
        above = list(
            names.scan_heading(headline, frozenset(kinds.key_of(n.tokens)[0] for n in found if len(n.tokens) == 1))
            if title_case
            else names.scan(headline, 0, len(headline), common=common)
        )
    return found, above


def _plain_surnames(body: str, found: Sequence[Naming]) -> list[Naming]:
    """Read `King said` and `May left` where the text names a Stephen King and an Ida May: the surname is a word."""
    words = lexicon.TITLES | lexicon.FUNCTION_WORDS
    surnames = {n.tokens[-1] for n in found if len(n.tokens) > 1 and n.tokens[-1].casefold() in words}
    covered = {n.start for n in found if len(n.tokens) == 1} | {n.end - len(n.tokens[-1]) for n in found}
    more = []
    for surname in sorted(s for s in surnames if len(s) > 2):
        for match in re.finditer(rf"\b{re.escape(surname)}\b", body):
            start, end = match.span()
            if start in covered or _NO_NAME_BEFORE.search(body, max(0, start - 5), start):
                continue
            if not _NO_NAME_AFTER.match(body, end):
                more.append(Naming((surname,), start, end))
    return more


def _opens_plainly(s: Sentence) -> bool:
    """True if the parse takes the first word of a sentence for an adverb, a verb or the like."""
    return bool(s.parse.tags) and s.parse.tags[0] in _PLAIN_TAGS


def link(
    body: str, namings: Sequence[Naming], above: Sequence[Naming], votes: Sequence[tuple[int, int, str]]
) -> Register:
    """Build the register. `votes` are an entity recogniser's (start, end, label), with offsets into the body."""
    _trim(namings, votes)
    groups = kinds.grouped(namings)
    labels = kinds.count_labels(namings, votes)
    extra: dict[tuple[str, ...], list[Naming]] = defaultdict(list)
    for n in above:
        extra[kinds.key_of(n.tokens)].append(n)
    judged = {key: kinds.judge(body, key, some, labels, groups) for key, some in groups.items()}
    for key, some in extra.items():
        if key not in judged and len(key) > 1:
            judged[key] = kinds.judge("", key, some, {}, groups)
    types = {key: kind for key, (kind, _) in judged.items()}
    persons = people.merge([k for k, t in types.items() if t == "Person" and len(k) > 1], groups, extra)
    entities: dict[tuple[str, ...], Entity] = {}
    owner: dict[tuple[str, ...], tuple[str, ...]] = {}
    for canonical, keys in persons.items():
        shown = max(keys, key=lambda k: (len(groups.get(k, ())) > 0, len(groups.get(k, ())), len(k), k))
        name = _shown((groups.get(shown) or extra[shown])[0].tokens)
        lead = max(judged[k][1] for k in keys)
        entities[canonical] = Entity(name, "Person", canonical, people.gender_of(canonical), lead=lead)
        owner.update((k, canonical) for k in keys)
    _organisations(body, groups, types, entities, owner)
    _short_places(groups, types, owner)
    forms = people.by_form(list(groups), list(persons))
    for key, some in sorted(groups.items(), key=lambda g: g[1][0].start):
        for n in some:
            target = owner.get(key) or people.meant(key, n, forms.get(key, ()), groups, entities) or key
            if target not in entities:
                kind, named = types[target], groups[target]
                if kind not in _KINDS:
                    continue
                full = max(named, key=lambda m: len(m.tokens))
                written = _place_shown(body, named) if kind == "Place" else _shown(full.tokens)
                if kind == "Organization" and len(named) > 1 and all(m.owned for m in named):
                    written += next((body[m.end : m.end + 2] for m in named if _STANDS.match(body, m.end)), "")
                entities[target] = Entity(written, kind, target, lead=judged[target][1])
            _add(entities[target], n)
    for entity in entities.values():
        if entity.type == "Person" and len(entity.tokens) == 1:
            entity.name = _with_rank(entity.name, groups[entity.tokens])
    for key, some in extra.items():
        if owner.get(key) in entities:
            for n in some:
                entities[owner[key]].roles += [n.role] if n.role else []
    for e in entities.values():
        e.spans.sort()
    return Register(sorted(entities.values(), key=lambda e: (e.spans[0] if e.spans else (1 << 30, 0), e.name)))


def _trim(namings: Sequence[Naming], votes: Sequence[tuple[int, int, str]]) -> None:
    """Cut the front off a long run where a person's name begins within it (`State for Housing Ana Ruiz`)."""
    persons = {end: start for start, end, label in votes if label == "PERSON"}
    keys = {kinds.key_of(n.tokens) for n in namings}
    for n in namings:
        start = persons.get(n.end) if len(n.tokens) > 2 else None
        if start is None or start <= n.start:
            start = _given_name(n, keys)
        if start is None or start <= n.start:
            continue
        left = tuple(n.tokens)
        while left and n.end - len(" ".join(left)) < start:
            left = left[1:]
        if left and n.end - len(" ".join(left)) == start:
            n.tokens, n.start = left, start


def _given_name(n: Naming, keys: set[tuple[str, ...]]) -> int | None:
    """Give where a person's name begins in a run: after an acronym, or where a first name or another naming says so."""
    key = kinds.key_of(n.tokens)
    if (
        len(key) < 2
        or key[0] in firstnames.FIRST_NAMES
        or len(key[0].rstrip(".")) == 1
        or set(key[-2:]) & lexicon.ORGANISATION_WORDS
    ):
        return None
    first = n.tokens[0]
    if first.isupper() and first.isalpha() and 3 <= len(first) <= 5 and key[1:] in keys and _ends_a_name(key, keys):
        return n.end - len(" ".join(n.tokens[1:]))
    if n.initial and len(key) == 2 and len(key[0]) > 5 and key[0].endswith("ing") and key[1:] in keys:
        return n.end - len(n.tokens[1])
    if len(key) < 3:
        return None
    offices = bool(n.title) or any(w in lexicon.TITLES for w in key[:-2])
    for j in range(1, len(key) - 1):
        if key[j].split("-")[0] in firstnames.FIRST_NAMES and (offices or key[-1:] in keys):
            return n.end - len(" ".join(n.tokens[j:]))
    return None


def _ends_a_name(key: tuple[str, ...], keys: set[tuple[str, ...]]) -> bool:
    """True if another naming, of two words or more, ends as this one does."""
    return any(len(k) > 1 and k != key and k[-1] == key[-1] for k in keys)


def _shown(tokens: Sequence[str]) -> str:
    return " ".join(tokens)


def _with_rank(name: str, some: Sequence[Naming]) -> str:
    """Give princes and popes their rank: who has one name only is not known by less."""
    ranks = Counter(n.title[-1] for n in some if n.title and n.title[-1] in lexicon.RANKS)
    return f"{ranks.most_common(1)[0][0].title()} {name}" if ranks else name


def _place_shown(body: str, some: Sequence[Naming]) -> str:
    """Give a place as the text writes it; the capitals of a dateline only count where there is nothing else."""
    plain = max((n for n in some if not kinds.is_dateline(body, n)), key=lambda n: len(n.tokens), default=None)
    return _shown(plain.tokens) if plain else _shown(some[0].tokens).title()


def _add(entity: Entity, n: Naming) -> None:
    entity.spans.append((n.start, n.end))
    if n.role:
        entity.roles.append(n.role)
    if entity.type != "Person" or entity.gender is not None:
        return
    words = {*n.title, *(w[1:] for w in n.role if w[0] == "=")}
    if words & (lexicon.FEMALE_TITLES | lexicon.FEMALE_ROLES):
        entity.gender = "f"
    elif words & (lexicon.MALE_TITLES | (lexicon.MALE_ROLES - {"spokesman", "chairman", "congressman", "businessman"})):
        entity.gender = "m"


def _organisations(
    body: str, groups: dict[tuple[str, ...], list[Naming]], types: dict[tuple[str, ...], str],
    entities: dict[tuple[str, ...], Entity], owner: dict[tuple[str, ...], tuple[str, ...]],
) -> None:  # fmt: skip
    """Link acronyms and short forms of organisations to the long form."""
    long = [k for k, t in types.items() if t == "Organization" and len(k) > 1 and k in groups]
    for key, some in groups.items():
        if len(key) < 2 or key in owner:
            continue
        for n in some:
            match = _ACRONYM.match(body, n.end)
            if match and match.group(1)[0] in {w[0].upper() for w in n.tokens}:
                owner[(match.group(1).casefold(),)] = key
                entities.setdefault(key, Entity(_shown(n.tokens), "Organization", key))
                owner[key] = key
    surnames = {k[-1:] for k in owner}
    edges: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for k in long:
        for word in {k[0], k[-1]}:
            edges[word].append(k)
    for key, some in groups.items():
        if key in owner or types[key] == "Person" or (key in surnames and not any(n.article for n in some)):
            continue
        fuller = [
            k
            for k in dict.fromkeys((*edges[key[0]], *edges[key[-1]]))
            if len(k) > len(key)
            and groups[k][0].start < some[0].start
            and (k[: len(key)] == key or (len(key) > 1 and k[-len(key) :] == key))
        ]
        known_place = types[key] == "Place" and not (set(key) & lexicon.ORGANISATION_WORDS)
        if (
            len(fuller) == 1
            and not known_place
            and not (len(key) == 1 and key[0] in lexicon.ORGANISATION_WORDS | gazetteer.PLACES)
        ):
            target = owner.get(fuller[0], fuller[0])
            entities.setdefault(target, Entity(_shown(groups[fuller[0]][0].tokens), "Organization", target))
            owner[fuller[0]] = target
            owner[key] = target


def _short_places(
    groups: dict[tuple[str, ...], list[Naming]], types: dict[tuple[str, ...], str],
    owner: dict[tuple[str, ...], tuple[str, ...]],
) -> None:  # fmt: skip
    """Link `the Elbe` to `the River Elbe`, whatever the short form was taken for, unless for a person."""
    for long, kind in types.items():
        if kind != "Place" or len(long) != 2 or long not in groups:
            continue
        short = long[1:] if long[0] in gazetteer.NATURE_WORDS else long[:1] if long[1] in gazetteer.NATURE_WORDS else ()
        if short in groups and short not in owner and types[short] != "Person":
            owner[short] = long


def worth_asking(layout: Layout, namings: Sequence[Naming]) -> list[tuple[int, int]]:
    """Choose what to show an entity recogniser: the words around a name that its form leaves in doubt.

    Spans into the body, in order. Asking about every name costs as much as all parsing and changes few verdicts.
    """
    body = layout.body
    groups = kinds.grouped(namings)
    wanted: list[tuple[int, int]] = []
    parts = {k[-1] for k in groups if len(k) > 1} | {k[0] for k in groups if len(k) > 1}
    for key, some in groups.items():
        if len(key) == 1 and (len(some) < 2 or key[0] in parts or key[0] in gazetteer.PLACES):
            continue
        ranked = sorted((score for score, _ in kinds.scores(body, key, some, Counter(), groups)), reverse=True)
        if ranked[0] - ranked[1] < SURE or ranked[0] < 1.0:
            s, n = layout.sentences[layout.sentence_at(some[0].start)], some[0]
            start = body.rfind(" ", s.start, n.start - AROUND) + 1 if n.start - s.start > AROUND else s.start
            end = body.find(" ", n.end + AROUND, s.end) if s.end - n.end > AROUND else s.end
            wanted.append((max(start, s.start), end if end > 0 else s.end))
    joined: list[tuple[int, int]] = []
    for start, end in sorted(wanted):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
