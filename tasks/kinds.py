"""Vote on what a name is: person, organisation, place or something else. Pure: namings and labels in, scores out.

Titles, roles, ages, first names, the words of the name, what stands around it, and an entity recogniser's labels vote.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Final

from tasks import firstnames, gazetteer, lexicon, offices
from tasks.names import Naming

_AGE: Final = re.compile(r",? (?:aged )?\d{1,3}(?:,|\.|;)|, (?:aged )?\d{1,3} ")
_HUMAN: Final = re.compile(
    r",? who\b|[’']s (?:mother|father|wife|husband|son|daughter|lawyer|family)\b| (?:himself|herself)\b"
    r"| (?:laugh(?:s|ed)|smil(?:es|ed)|recall(?:s|ed)|remember(?:s|ed)|jok(?:es|ed)|quip(?:s|ped)|shrug(?:s|ged)"
    r"|nod(?:s|ded)|died|was born|grew up)\b"
)
_INTRODUCED: Final = re.compile(r", (?:\d{1,3}, )?(?:an?|the|who|now|then|one) ")
_FROM: Final = re.compile(r" (?:from|of) (?:the )?[A-Z]")
_ACRONYM_WORD: Final = re.compile(r"(?!I+V?$|VI*$|XI*V?$)[A-Z]{2,}")
_THERE: Final = re.compile(r"\b(?:[Ii]n|[Nn]ear|[Oo]utside|[Aa]cross|[Tt]hroughout) $")
_DATELINE: Final = re.compile(
    r"(?:, [A-Z][\w. ]{2,20})?(?:,? \w{3,9}\.? \d{1,2}(?:, \d{4})?)?,? ?(?:\([^)\n]{2,40}\) ?)?[-–—]{1,2} ?[“\"‘]?[A-Z]"
)
_JOINERS: Final = frozenset(("of", "for", "and", "on"))
_LABELS: Final = {
    "PERSON": "Person", "ORG": "Organization", "GPE": "Place", "LOC": "Place", "FAC": "Place", "NORP": "Other",
    "PRODUCT": "Other", "WORK_OF_ART": "Other", "EVENT": "Other", "LAW": "Other", "LANGUAGE": "Other", "DATE": "Other",
}  # fmt: skip


def key_of(tokens: Sequence[str]) -> tuple[str, ...]:
    key = tuple(t.casefold().replace("’", "'") for t in tokens)
    return gazetteer.SPELLINGS.get(key, key)


def grouped(namings: Sequence[Naming]) -> dict[tuple[str, ...], list[Naming]]:
    groups: dict[tuple[str, ...], list[Naming]] = defaultdict(list)
    for n in namings:
        groups[key_of(n.tokens)].append(n)
    return groups


def count_labels(
    namings: Sequence[Naming], votes: Sequence[tuple[int, int, str]]
) -> dict[tuple[str, ...], Counter[str]]:
    found: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    ordered = sorted(votes)
    at = 0
    for n in sorted(namings, key=lambda n: n.start):
        while at < len(ordered) and ordered[at][1] <= n.start:
            at += 1
        for a, b, label in ordered[at : at + 3]:
            if (
                a < n.end
                and n.start < b
                and label in _LABELS
                and 2 * (min(b, n.end) - max(a, n.start)) >= n.end - n.start
            ):
                found[key_of(n.tokens)][_LABELS[label]] += 1
    return found


def judge(
    body: str, key: tuple[str, ...], some: Sequence[Naming], labels: dict[tuple[str, ...], Counter[str]],
    groups: dict[tuple[str, ...], list[Naming]],
) -> tuple[str, float]:  # fmt: skip
    """Say what a name is, and by how much that leads."""
    second, best = sorted(scores(body, key, some, labels.get(key, Counter()), groups))[-2:]
    return best[1] if best[0] > 0.9 else "Other", best[0] - second[0]


def scores(
    body: str,
    key: tuple[str, ...],
    some: Sequence[Naming],
    votes: Counter[str],
    groups: dict[tuple[str, ...], list[Naming]],
) -> tuple[tuple[float, str], ...]:
    """Vote on what a name is. The weights were set by hand on the names of forty development articles."""
    total = max(1, sum(votes.values()))
    person = 3.0 * votes["Person"] / total if votes else 0.0
    organisation = 2.5 * votes["Organization"] / total if votes else 0.0
    place = 2.5 * votes["Place"] / total if votes else 0.0
    other = 2.0 * votes["Other"] / total if votes else 0.0
    words = set(key)
    if len(key) == 1 and len(some) > 2 and key[0] not in firstnames.FIRST_NAMES:
        # A person is named in full sooner or later; what never is, is rather a firm.
        person, organisation = person * 0.7, organisation + 0.5
    if any(set(n.title) & lexicon.HONORIFICS for n in some):
        person += 4.0
    elif any(n.title for n in some):
        person += 2.5
    if any(n.role for n in some):
        person += 2.0
    if body and any(_INTRODUCED.match(body, n.end) and offices.role_after(body, n.end) for n in some):
        person += 2.0
    if body and any(_AGE.match(body, n.end) for n in some):
        person += 3.0
    if body and any(_HUMAN.match(body, n.end) for n in some):
        person += 1.5
    if len(key) == 1 and key[0] in firstnames.FIRST_NAMES and not any(n.article for n in some):
        person += 1.5
    if body and len(key) > 1 and any(_FROM.match(body, n.end) for n in some):
        person += 1.0
    if len(key) > 1:
        given = [w.split("-")[0] in firstnames.FIRST_NAMES for w in key[:-1]]
        person += 2.5 if given[0] else 1.0 if any(given) else 0.0
        alone = groups.get((key[-1],))
        if alone and not words & (gazetteer.PLACES | lexicon.ORGANISATION_WORDS):
            # Whose surname comes before the whole name, time and again, is rather a firm or a thing.
            person += 2.2 if alone[0].start > some[0].start or len(alone) < 3 else 0.6
        person += 1.0 if re.fullmatch(r"[a-z]\.?", key[1]) and len(key) > 2 else 0.0
        person += 0.6 if len(key) in (2, 3) and not words & gazetteer.PLACES else 0.0
    share = sum(n.article for n in some) / len(some)
    person -= 3.0 * share
    organisation += 1.2 * share
    if words & lexicon.ORGANISATION_WORDS or any(w.endswith(("corp", "bank")) for w in words if len(w) > 5):
        person -= 4.0 if key[-1] in lexicon.ORGANISATION_WORDS or words & _JOINERS else 1.5
        organisation += 3.5
    if words & _JOINERS:
        person -= 3.0
    if len(key) > 1 and not " ".join(some[0].tokens).isupper() and _has_acronym(some[0].tokens):
        person -= 1.5
        organisation += 1.0
    shown = some[0].tokens[-1]
    if len(key) == 1 and shown.isupper() and len(shown) > 1:
        person -= 2.0
        organisation += 1.0
    if words <= gazetteer.PLACES | {
        "new",
        "north",
        "south",
        "the",
        "united",
        "states",
        "kingdom",
        "saudi",
        "st",
        "hong",
        "kong",
    }:
        place += 3.5
        person -= 2.0 if len(key) == 1 else 0.0
    if len(key) > 1 and (key[-1] in gazetteer.PLACE_WORDS or key[0] in gazetteer.PLACE_OPENERS):
        place += 2.0
        person -= 1.5
    if body:
        there = sum(bool(_THERE.search(body, max(0, n.start - 8), n.start)) for n in some) / len(some)
        place += 2.0 * there
        person -= 2.0 * there
        if any(is_dateline(body, n) for n in some):
            place += 6.0
    if key[0] in lexicon.FEASTS and len(key) == 1:
        other += 6.0
    return (person, "Person"), (organisation, "Organization"), (place, "Place"), (other, "Other")


def _has_acronym(tokens: Sequence[str]) -> bool:
    """True for `Fjordline TV` and `NRK Sport`; two capitals in front may be somebody's initials (`AJ Berg`)."""
    return any(_ACRONYM_WORD.fullmatch(t) and (i or len(t) > 2) for i, t in enumerate(tokens))


def is_dateline(body: str, n: Naming) -> bool:
    """True for the place in capitals that opens a paragraph before a dash: `PORTLAND, March 3 (Agency) - `."""
    opens = n.start == 0 or body[n.start - 1] == "\n"
    return opens and body[n.start : n.end].isupper() and _DATELINE.match(body, n.end) is not None
