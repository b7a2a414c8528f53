"""Say who is meant by an office, a common noun or another word: `the minister`, `the company`, `the singer`. Pure.

An office goes to whoever was introduced with it, a noun for an organisation to the organisation, and a word that only
varies a name to the person who is around.
"""

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from typing import Final

from tasks import antecedents, gazetteer, lexicon, offices
from tasks.grammar import Layout, Mention
from tasks.register import Entity, Register

DETERMINERS: Final = lexicon.words(
    "the a an this that these those his her its their our my your some any another one both all several many few other "
    "two three four five"
)
BEARERS: Final = 60
"""People of one office who are looked at for it, the first named first."""
_WORD: Final = re.compile(r"[^\W_]+(?:[’'‐\-][^\W_]+)*")


class Roles:
    """The offices and common nouns of one text; `run` is read as far as it has been followed."""

    def __init__(self, layout: Layout, register: Register, run: antecedents.Run) -> None:
        self._layout = layout
        self._register = register
        self._run = run
        self._organisations = [e for e in register.entities if e.type == "Organization" and e.spans]
        self._bearers: dict[str, list[tuple[Entity, list[frozenset[str]]]]] = defaultdict(list)
        self._namesakes: dict[str, tuple[list[Entity], list[tuple[int, int]]]] = {}
        self._introduced: dict[str, list[tuple[int, int]]] = {}
        for e in register.entities:
            if e.type == "Person" and e.spans:
                borne = list(dict.fromkeys(e.roles))
                for head in {w for role in borne for w in role if w[0] == "="}:
                    self._bearers[head[1:]].append((e, borne))

    def meant(self, m: Mention) -> Entity | None:
        """Give who a noun phrase means; None if the text does not say."""
        words = [w.casefold() for w in _WORD.findall(self._layout.body[m.start : m.end])]
        words = [re.sub(r"[’']s?$", "", w) for w in words]
        if not words:
            return None
        indefinite = words[0] in ("a", "an", "another", "one", "some", "several", "many", "two", "three", "other")
        noun = words[-1]
        head = offices.canonical(noun)
        modifiers = {
            offices.canonical(w) for w in words[:-1] if w not in DETERMINERS and w not in ("former", "late", "new")
        }
        definite = words[0] in ("the", "his", "her", "their", "its", "this", "that") or words[0] in gazetteer.DEMONYMS
        if not indefinite and (noun in lexicon.ROLES or re.fullmatch(r"\d+-year-old", noun)):
            person = self._person_with(m, noun, head, modifiers, definite)
            if person is not None:
                return person
        if noun in lexicon.GROUP_NOUNS and definite and not indefinite:
            return self._organisation_with(m, noun, modifiers)
        return None

    def _person_with(self, m: Mention, noun: str, head: str, modifiers: set[str], definite: bool) -> Entity | None:
        gender = (
            "f"
            if noun in lexicon.FEMALE_ROLES
            else "m"
            if noun in lexicon.MALE_ROLES - {"spokesman", "chairman"}
            else None
        )
        best: tuple[tuple[float, int], Entity] | None = None
        for e, borne in self._bearers.get(head, ())[:BEARERS]:
            if gender and e.gender and gender != e.gender:
                continue
            for role in borne:
                if "=" + head not in role:
                    continue
                missing = modifiers - role
                if any(w in gazetteer.PLACES for w in missing) and any(w in gazetteer.PLACES for w in role):
                    continue
                if len(missing) > 1 and not modifiers & role:
                    continue
                last = _before(e, m.start)
                score = (len(modifiers & role) - 0.5 * len(missing) + (0.2 if last >= 0 else 0.0), last)
                if best is None or score > best[0]:
                    best = (score, e)
        unnamed = self._unnamed(m, noun)
        if best is not None:
            return best[1] if best[0][1] >= unnamed else None
        if not definite or unnamed >= 0:
            return None
        if noun in lexicon.VARIATIONS:
            return self._varied(m, gender)
        if modifiers - gazetteer.PLACES:
            return None
        near = [x for x in self._run.near(m.sentence - 2, m.start) if x.subject]
        near = [
            x for x in near if not x.entity.roles and x.entity.lead >= 1.0 and not antecedents.unlike(x.entity, gender)
        ]
        return near[-1].entity if near and noun not in lexicon.STRANGERS else None

    def _varied(self, m: Mention, gender: str | None) -> Entity | None:
        """Give who is meant by another word for a person (`the singer`): the only one around, or the last subject."""
        near = self._run.near(m.sentence - 3, m.start)
        near = [x for x in near if x.entity.lead >= 1.0 and not antecedents.unlike(x.entity, gender)]
        if len({id(x.entity) for x in near}) > 1:
            near = [x for x in near if x.subject and not x.entity.roles]
        return near[-1].entity if near else None

    def _unnamed(self, m: Mention, noun: str) -> int:
        """Give where the text last brought in somebody without a name, as `a diplomat who was there`; -1 if nowhere."""
        if noun not in self._introduced:
            brought_in = re.compile(
                rf"\b(?:[Aa]n?|[Oo]ne|[Aa]nother)(?: [\w-]+){{0,4}} {re.escape(noun)}\b(?! [A-Z])(?!, [A-Z])"
            )
            self._introduced[noun] = [(f.end(), f.start()) for f in brought_in.finditer(self._layout.body)]
        found = self._introduced[noun]
        i = bisect_right(found, (m.start, m.start))
        return found[i - 1][1] if i else -1

    def _organisation_with(self, m: Mention, noun: str, modifiers: set[str]) -> Entity | None:
        organisations = self._organisations
        if noun not in self._namesakes:
            bear = [e for e in organisations if noun in e.tokens or (e.name.isupper() and noun[0] in e.name.casefold())]
            self._namesakes[noun] = bear, sorted((a, i) for i, e in enumerate(bear) for a, _ in e.spans)
        named, places = self._namesakes[noun]
        if modifiers:
            fitting = [e for e in named if modifiers & {offices.canonical(t) for t in e.tokens}]
            if fitting or named:
                return fitting[0] if len(fitting) == 1 else None
            return self._only_near(m) if noun in lexicon.FIRM_NOUNS else None
        if named or noun not in lexicon.FIRM_NOUNS | lexicon.CALLED_OTHERWISE:
            last = bisect_left(places, (m.start, 0)) - 1
            return named[places[last][1]] if last >= 0 else None
        own_noun = all(set(e.tokens) & lexicon.GROUP_NOUNS for e in organisations)
        since = self._layout.sentences[max(0, m.sentence - 4)].start
        recent = [(a, e) for a, _, e in self._register.between(since, m.start) if e.type == "Organization"]
        recent = [(a, e) for a, e in recent if own_noun or not (set(e.tokens) & lexicon.GROUP_NOUNS)]
        near = self._layout.sentences[max(0, m.sentence - 4) : m.sentence + 1]
        acts = [x.head_start for s in near for x in s.mentions if x.relation.startswith(("nsubj", "poss_s"))]

        def weight(p: tuple[int, Entity]) -> tuple[int, int]:
            """Whom the text has named more often and lets act; the last one named, if they are even."""
            before = bisect_left(p[1].spans, (m.start, 0))
            return before + sum(self._register.at(at) is p[1] for at in acts if at < m.start), p[0]

        return max(recent, key=weight)[1] if recent else None

    def _only_near(self, m: Mention) -> Entity | None:
        """Give the only organisation named in the last sentences: `the German carmaker`."""
        start = self._layout.sentences[max(0, m.sentence - 3)].start
        near = {id(e): e for _, _, e in self._register.between(start, m.start) if e.type == "Organization"}
        return next(iter(near.values())) if len(near) == 1 else None


def _before(e: Entity, at: int) -> int:
    """Give where a text last names somebody before a place; -1 if nowhere."""
    i = bisect_left(e.spans, (at, at))
    return e.spans[i - 1][0] if i else -1
