"""Give a speaker the name that the article gives: surnames, roles and pronouns go to whom they mean. Pure.

A pronoun goes along the chain of subjects; a role to whoever was introduced with it; a common noun for an organisation
to the organisation. What cannot be settled keeps the article's own words (`EU officials`), a pronoun nobody's.
"""

import re
from dataclasses import dataclass, replace
from typing import Final

from storage.records import Span, Speaker, SpeakerType
from tasks import lexicon, names
from tasks.grammar import Layout, Mention, Sentence
from tasks.register import Entity, Register

_HE: Final = re.compile(r"\b(?:[Hh]e|[Ss]he|[Hh]is|[Hh]er|[Hh]im)\b")
_DETERMINERS: Final = lexicon.words(
    "the a an this that these those his her its their our my your some any another one both all several many few other "
    "two three four five"
)
_DOCUMENTS: Final = lexicon.words(
    "document documents report reports statement statements letter email e-mail memo study survey poll law bill "
    "article "
    "record records filing filings complaint lawsuit indictment release book paper tweet post message data evidence "
    "research findings figures sign headline text note notice order ruling"
)
_SHOWN: Final = lexicon.words(
    "suit claim claims ad advert advertisement spot video clip petition motion brief affidavit verdict caption story "
    "description analysis presentation wording testimony plaque chart trailer kit audit resolution account accounts "
    "speech posting polls"
)
"""What says something and is nobody, and whose maker is not looked for further off than its own phrase."""
_AMOUNTS: Final = lexicon.words("percent percentage proportion number majority half lot rest most part share deal")
"""Nouns that say how many, not who."""
_UNNAMED: Final = lexicon.words("who which that whom i we you my our there what")
_WORD: Final = re.compile(r"[^\W_]+(?:[’'‐\-][^\W_]+)*")

_DESCRIBES: Final = re.compile(r" \(|, (?:\d{1,3}, )?(?:(?:an?|the|its|his|her|who is) )?(?:[\w’'-]+ ){0,5}")
_FIELD: Final = re.compile(
    r"(?:,| (?:of|to|at|for|in|with)\b[^,.;:“”\"()\n]{2,70}?,?) (?:(?:Mr|Mrs|Ms|Dr|Prof|Gen|Col|Sir|Lt)\.? )?"
)
_OWN: Final = re.compile(r"(?:[’']s?)? (?:[a-z]+ ){0,2}")
_ISSUED: Final = re.compile(r" (?:[a-z]+ ){0,3}(?:by|from) (?:the )?")
_STUDIES: Final = lexicon.words(
    "report reports study survey poll data research findings figures evidence law bill paper"
)
_OWNERS: Final = frozenset(("pro3", "they", "it"))
_BY: Final = re.compile(r" (?:by|from) (?:the )?")
HOLDER: Final = 110
"""Characters from an office within which its holder's name must begin."""
_SEAT: Final = re.compile(r"[DRI]-[A-Z]")
UNLIKE: Final = 4.0
"""What it costs a person to be taken up by a pronoun of the other gender: first names mislead now and then."""

DOUBTFUL: Final = 1.0
"""What it costs a name that may not be a person's at all."""

REACH: Final = 6
"""Sentences that a pronoun looks back."""


@dataclass(slots=True)
class _Seen:
    """A person in the run of the text, with how strongly a pronoun would take it up."""

    at: int
    sentence: int
    paragraph: int
    entity: Entity
    weight: float
    subject: bool


class Resolver:
    """Resolves the mentions of one text."""

    def __init__(self, layout: Layout, register: Register) -> None:
        self._layout = layout
        self._register = register
        self._seen: list[_Seen] = []
        self._pronouns: dict[int, Entity] = {}
        self._hear_pronouns()
        self._walk()

    def speaker(self, mention: Mention) -> Speaker | None:
        """Give who a mention means; None for a pronoun that nobody fits, and for a document."""
        span = Span(text=self._layout.body[mention.start : mention.end], start=mention.start, end=mention.end)
        return self._name(mention, span, 0)

    def identities(self) -> dict[Mention, tuple[str, str]]:
        """Give who each name and each `he` or `she` of the text is: (name, type)."""
        found: dict[Mention, tuple[str, str]] = {}
        for s in self._layout.sentences:
            for m in s.mentions:
                entity = (
                    self._pronouns.get(m.head_start) if m.kind in ("pro3", "him") else self._register.at(m.head_start)
                )
                if entity is not None:
                    found[m] = (entity.name, entity.type)
        return found

    def _name(self, m: Mention, span: Span, depth: int) -> Speaker | None:
        if m.kind in ("full", "name"):
            entity = self._register.at(m.head_start) or self._inside(m)
            if _SEAT.match(span.text):
                before = [e for a, _, e in self._register.between(max(0, m.start - 60), m.start) if e.type == "Person"]
                entity = before[-1] if before else None
            if entity is None or entity.type != "Person":
                entity = self._described(m) or entity
            if entity is not None:
                return Speaker(name=entity.name, type=entity.type, mention=span)
            return self._role(m, span) if m.noun in lexicon.TITLES else self._phrase(m, span)
        if m.kind in ("pro3", "him"):
            pronoun = self._layout.body[m.head_start : m.end].casefold()
            if pronoun in ("them", "us", "me", "you"):
                return self._plural(m, span) if pronoun == "them" else None
            person = self._pronouns.get(m.head_start) or self._antecedent(
                self._layout.sentences[m.sentence], m.head_start, _gender(pronoun)
            )
            return Speaker(name=person.name, type="Person", mention=span) if person else None
        if m.kind in ("they", "it"):
            return self._plural(m, span)
        if m.kind == "who":
            return self._relative(m, span, depth)
        if m.kind == "i":
            return None
        entity = self._register.at(m.head_start)
        if entity is not None:
            return Speaker(name=entity.name, type=entity.type, mention=span)
        return self._role(m, span)

    def _inside(self, m: Mention) -> Entity | None:
        found = self._register.between(m.start, m.end)
        return found[-1][2] if found else None

    def _relative(self, m: Mention, span: Span, depth: int) -> Speaker | None:
        s = self._layout.sentences[m.sentence]
        if not s.parse.words or not m.verbs or depth > 2:
            return None
        head = s.parse.heads[m.verbs[0][0]]
        before = self._register.between(max(s.start, m.start - 60), m.start)
        close = bool(before) and self._layout.body[before[-1][1] : m.start] == ", "
        if m.noun == "who" and close and before[-1][2].type == "Person":
            return Speaker(name=before[-1][2].name, type=before[-1][2].type, mention=span)
        for other in s.mentions:
            if other.token == head and other is not m:
                return self._name(other, span, depth + 1)
        entity = self._register.at(s.start + s.parse.at[head])
        if entity is not None:
            return Speaker(name=entity.name, type=entity.type, mention=span)
        if not s.parse.tags[head].startswith("N"):
            return None
        first = head
        while (
            first > 0
            and s.parse.heads[first - 1] == head
            and s.parse.deps[first - 1] in ("compound", "amod", "det", "poss", "nummod")
        ):
            first -= 1
        at = s.parse.at
        start, end = s.start + at[first], s.start + at[head] + len(s.parse.words[head])
        noun = replace(
            m,
            start=start,
            end=end,
            kind="noun",
            noun=s.parse.words[head].casefold(),
            token=head,
            head_start=s.start + at[head],
        )
        return self._role(noun, span)

    def _role(self, m: Mention, span: Span) -> Speaker | None:
        s = self._layout.sentences[m.sentence]
        if m.noun in _AMOUNTS:
            return self._phrase(self._counted(s, m) or m, span)
        if m.noun in _DOCUMENTS or m.noun in _SHOWN:
            owner = self._inside(m) or self._issuer(m)
            if owner is None:
                writer = next((x for x in s.mentions if m.start <= x.start < m.head_start and x.kind in _OWNERS), None)
                if writer is not None and m.noun not in _STUDIES:
                    return self._name(writer, span, 2)
                return self._author(m, span) if m.noun in _DOCUMENTS else None
            return Speaker(name=owner.name, type=owner.type, mention=span)
        entity = self._apposed(s, m) or self._holder(s, m) or self._by_role(m) or self._owner(m)
        if entity is not None:
            return Speaker(name=entity.name, type=entity.type, mention=span)
        return self._phrase(m, span)

    def _counted(self, s: Sentence, m: Mention) -> Mention | None:
        """Read who is counted: the voters of `half of the voters`."""
        if not s.parse.words:
            return None
        of = [c for c in s.children[m.token] if s.parse.words[c] == "of"]
        counted = [c for c in s.children[of[0]] if s.parse.deps[c] == "pobj"] if of else []
        return next((other for other in s.mentions if counted and other.token == counted[0]), None)

    def _described(self, m: Mention) -> Entity | None:
        """Give the person whom a mention only describes: `said Ana Ruiz, a Bergen lawyer`."""
        s = self._layout.sentences[m.sentence]
        if m.relation == "nsubj" and m.verbs and s.parse.words and not self._after_verb(m):
            verb = s.start + s.parse.at[m.verbs[0][0]]
            ahead = self._register.between(m.end, verb)
            close = ahead and ahead[-1][2].type == "Person" and self._layout.body[ahead[-1][1] : verb] == " "
            return ahead[-1][2] if close and "," not in self._layout.body[m.end : verb] else None
        if not m.relation.startswith(("appos", "conj", "nsubj")):
            return None
        before = self._register.between(self._layout.sentences[m.sentence].start, m.start)
        if not before or before[-1][2].type != "Person":
            return None
        between = self._layout.body[before[-1][1] : m.start]
        return before[-1][2] if _DESCRIBES.fullmatch(between) else None

    def _after_verb(self, m: Mention) -> bool:
        s = self._layout.sentences[m.sentence]
        return bool(m.verbs) and bool(s.parse.words) and s.start + s.parse.at[m.verbs[0][0]] < m.start

    def _holder(self, s: Sentence, m: Mention) -> Entity | None:
        """Read on from an office to its holder: `the head of research at Fjordline, Ana Ruiz, said`."""
        if not s.parse.words or (m.noun not in lexicon.ROLES and m.noun not in lexicon.TITLES):
            return None
        if s.parse.tags[m.token] in ("NNS", "NNPS"):
            return None
        body = self._layout.body
        for start, end, entity in self._register.between(m.end, min(s.end, m.end + HOLDER)):
            between = body[m.end : start]
            if entity.type == "Person" and _FIELD.fullmatch(between) and not self._verb_between(s, m.end, start):
                closes = "," not in between or body[end : end + 1] in (",", ")", ".", ":")
                return entity if closes else None
            if entity.type == "Person":
                return None
        return None

    def _verb_between(self, s: Sentence, start: int, end: int) -> bool:
        places = zip(s.parse.at, s.parse.tags, strict=True)
        return any(start <= s.start + at < end and tag in ("VBD", "VBZ", "VBP", "MD") for at, tag in places)

    def _issuer(self, m: Mention) -> Entity | None:
        """Read `a report by the Fjord Institute`."""
        by = _BY.match(self._layout.body, m.end)
        found = self._register.between(by.end(), by.end() + 1) if by else []
        return found[0][2] if found and self._layout.body[found[0][1] : found[0][1] + 2] not in ("’s", "'s") else None

    def _owner(self, m: Mention) -> Entity | None:
        """Give whose hope or worry it is: `Ruiz’s hope` speaks for Ruiz, `Ruiz’s lawyers` do not."""
        if m.kind != "noun" or m.noun in lexicon.ROLES or m.noun in lexicon.GROUP_NOUNS or m.noun.endswith("s"):
            return None
        inside = self._register.between(m.start, m.head_start)
        owned = bool(inside) and self._layout.body[inside[-1][1] : inside[-1][1] + 2] in ("’s", "'s")
        return inside[-1][2] if owned and inside[-1][2].type == "Person" else None

    def _author(self, m: Mention, span: Span) -> Speaker | None:
        """Give whose letter, report or ruling it is: who is named beside it before, or spoke of it as a subject."""
        body = self._layout.body
        noun = re.compile(rf"\b{re.escape(m.noun)}\b", re.IGNORECASE)
        for s in reversed(self._layout.sentences[max(0, m.sentence - 2 * REACH) : m.sentence]):
            found = noun.search(body, s.start, s.end)
            if not found:
                continue
            beside = self._beside_document(s, found.start(), found.end())
            if beside is not None:
                return Speaker(name=beside.name, type=beside.type, mention=span)
            for other in s.mentions:
                if (
                    other.relation in ("nsubj", "poss_s", "poss_o")
                    and other.noun not in _DOCUMENTS
                    and other.kind not in ("who", "i")
                ):
                    who = self._name(other, span, 2)
                    return None if who is not None and who.type == "Person" and m.noun in _STUDIES else who
        return None

    def _beside_document(self, s: Sentence, start: int, end: int) -> Entity | None:
        """Read `the Fjord Institute’s latest report` and `a report published by the Fjord Institute`."""
        body = self._layout.body
        before = self._register.between(s.start, start)
        if before and before[-1][2].type == "Organization" and _OWN.fullmatch(body[before[-1][1] : start]):
            return before[-1][2]
        by = _ISSUED.match(body, end)
        after = self._register.between(by.end(), by.end() + 1) if by else []
        return after[0][2] if after and after[0][2].type == "Organization" else None

    def _apposed(self, s: Sentence, m: Mention) -> Entity | None:
        """Read `a spokesman, Ana Ruiz,` and `spokesman Ana Ruiz` where the parse put the role first."""
        if not s.parse.words or s.parse.tags[m.token] in ("NNS", "NNPS"):
            return None
        sort = "Organization" if m.noun in lexicon.GROUP_NOUNS else "Person"
        for child in s.children[m.token]:
            if s.parse.deps[child] in ("appos", "flat") and s.parse.tags[child].startswith("NNP"):
                entity = self._register.at(s.start + s.parse.at[child])
                if entity is not None and entity.type == sort:
                    return entity
        if s.parse.deps[m.token] == "appos":
            entity = self._register.at(s.start + s.parse.at[s.parse.heads[m.token]])
            if entity is not None and entity.type == "Person":
                return entity
        return None

    def _by_role(self, m: Mention) -> Entity | None:
        words = [w.casefold() for w in _WORD.findall(self._layout.body[m.start : m.end])]
        words = [re.sub(r"[’']s?$", "", w) for w in words]
        if not words:
            return None
        indefinite = words[0] in ("a", "an", "another", "one", "some", "several", "many", "two", "three", "other")
        noun = words[-1]
        head = names.canonical(noun)
        modifiers = {
            names.canonical(w) for w in words[:-1] if w not in _DETERMINERS and w not in ("former", "late", "new")
        }
        definite = words[0] in ("the", "his", "her", "their", "its", "this", "that") or words[0] in lexicon.DEMONYMS
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
        for e in self._register.entities:
            if e.type != "Person" or not e.spans or (gender and e.gender and gender != e.gender):
                continue
            for role in e.roles:
                if "=" + head not in role:
                    continue
                missing = modifiers - role
                if any(w in lexicon.COUNTRIES for w in missing) and any(w in lexicon.COUNTRIES for w in role):
                    continue
                if len(missing) > 1 and not modifiers & role:
                    continue
                last = max((a for a, _ in e.spans if a < m.start), default=-1)
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
        if modifiers - lexicon.COUNTRIES:
            return None
        near = [x for x in self._seen if x.at < m.start and x.subject and m.sentence - x.sentence <= 2]
        near = [x for x in near if not x.entity.roles and x.entity.lead >= 1.0 and not _unlike(x.entity, gender)]
        return near[-1].entity if near and noun not in lexicon.STRANGERS else None

    def _varied(self, m: Mention, gender: str | None) -> Entity | None:
        """Give who is meant by another word for a person (`the singer`): the only one around, or the last subject."""
        near = [x for x in self._seen if x.at < m.start and m.sentence - x.sentence <= 3]
        near = [x for x in near if x.entity.lead >= 1.0 and not _unlike(x.entity, gender)]
        if len({id(x.entity) for x in near}) > 1:
            near = [x for x in near if x.subject and not x.entity.roles]
        return near[-1].entity if near else None

    def _unnamed(self, m: Mention, noun: str) -> int:
        """Give where the text last brought in somebody without a name, as `a diplomat who was there`; -1 if nowhere."""
        brought_in = re.compile(
            rf"\b(?:[Aa]n?|[Oo]ne|[Aa]nother)(?: [\w-]+){{0,4}} {re.escape(noun)}\b(?! [A-Z])(?!, [A-Z])"
        )
        return max((f.start() for f in brought_in.finditer(self._layout.body, 0, m.start)), default=-1)

    def _organisation_with(self, m: Mention, noun: str, modifiers: set[str]) -> Entity | None:
        organisations = [e for e in self._register.entities if e.type == "Organization" and e.spans]
        named = [e for e in organisations if noun in e.tokens or (e.name.isupper() and noun[0] in e.name.casefold())]
        if modifiers:
            fitting = [e for e in named if modifiers & {names.canonical(t) for t in e.tokens}]
            if fitting or named:
                return fitting[0] if len(fitting) == 1 else None
            return self._only_near(m) if noun in lexicon.FIRM_NOUNS else None
        if named or noun not in lexicon.FIRM_NOUNS | lexicon.CALLED_OTHERWISE:
            before = [(max(a for a, _ in e.spans if a < m.start), e) for e in named if e.spans[0][0] < m.start]
            return max(before, key=lambda p: p[0])[1] if before else None
        pool = [e for e in organisations if not (set(e.tokens) & lexicon.GROUP_NOUNS)] or organisations
        recent = [(a, e) for e in pool for a, _ in e.spans if a < m.start]
        recent = [(a, e) for a, e in recent if m.sentence - self._layout.sentence_at(a) <= 4]
        near = self._layout.sentences[max(0, m.sentence - 4) : m.sentence + 1]
        acts = [x.head_start for s in near for x in s.mentions if x.relation.startswith(("nsubj", "poss_s"))]

        def weight(p: tuple[int, Entity]) -> tuple[int, int]:
            """Whom the text has named more often and lets act; the last one named, if they are even."""
            before = [a for a, _ in p[1].spans if a < m.start]
            return len(before) + sum(any(a <= at < b for a, b in p[1].spans) for at in acts if at < m.start), p[0]

        return max(recent, key=weight)[1] if recent else None

    def _only_near(self, m: Mention) -> Entity | None:
        """Give the only organisation named in the last sentences: `the German carmaker`."""
        start = self._layout.sentences[max(0, m.sentence - 3)].start
        near = {id(e): e for _, _, e in self._register.between(start, m.start) if e.type == "Organization"}
        return next(iter(near.values())) if len(near) == 1 else None

    def _plural(self, m: Mention, span: Span) -> Speaker | None:
        """Resolve `they` and `it` to the best speaker that is no single person, in this paragraph or the one before."""
        single = m.kind == "it"
        best: tuple[float, Mention] | None = None
        for s in self._layout.sentences[max(0, m.sentence - REACH) : m.sentence + 1]:
            if s.paragraph < m.paragraph - 2:
                continue
            for other in s.mentions:
                if other.start >= m.start or other.kind in ("pro3", "they", "it", "i", "who", "him"):
                    continue
                entity = self._register.at(other.head_start)
                together = not single and m.sentence - s.index <= 1 and self._joined(s, other)
                if entity is not None and entity.type == "Person" and not together:
                    continue
                if entity is None and single and other.noun not in lexicon.GROUP_NOUNS | _DOCUMENTS:
                    continue
                plural = s.parse.words and (s.parse.tags[other.token] in ("NNS", "NNPS") or self._joined(s, other))
                score = 1.5 if other.relation == "acc" else 0.0
                score += 2.0 if other.relation.startswith("nsubj") else 0.0
                score += 1.0 if plural != single else 0.0
                score -= 0.7 * (m.sentence - s.index) + (1.0 if entity is None and other.kind == "noun" else 0.0)
                if best is None or score >= best[0]:
                    best = (score, other)
        if best is None or best[0] < 0.2:
            return None
        return self._name(best[1], span, 2)

    def _joined(self, s: Sentence, m: Mention) -> bool:
        """True for the first of several subjects: `Ana Ruiz and Jon Berg`."""
        return (
            bool(s.parse.words)
            and m.relation.startswith("nsubj")
            and any(s.parse.deps[child] == "conj" for child in s.children[m.token])
        )

    def _phrase(self, m: Mention, span: Span) -> Speaker | None:
        text = self._layout.body[m.start : m.end]
        words = text.split()
        while words and words[0].casefold().strip("“\"‘'") in _DETERMINERS:
            words = words[1:]
        named = next((i for i, w in enumerate(words) if w[:1].isupper()), 0)
        noun = words[named - 1] if named else ""
        if noun in lexicon.ROLES | lexicon.GROUP_NOUNS and all(w[:1].isupper() for w in words[named:]):
            words = words[named:]
        name = " ".join(words).strip(' ,;:“”"()')
        name = re.sub(r"[’']s?$", "", name)
        if name.islower() and " " not in name and m.noun in lexicon.GROUP_NOUNS:
            name = self._fuller(m, name)
        if not name or name.casefold() in _UNNAMED or not any(c.isalpha() for c in name):
            return None
        if m.noun in _DOCUMENTS or name.casefold() in _DETERMINERS or name.casefold() in _PRONOUNS:
            return None
        group = m.noun in lexicon.GROUP_NOUNS | lexicon.ORGANISATION_WORDS
        firm = m.kind in ("full", "name") and name.split()[0].casefold() not in lexicon.FIRST_NAMES
        kind: SpeakerType = "Organization" if group or firm else "Person"
        return Speaker(name=name, type=kind, mention=span)

    def _fuller(self, m: Mention, noun: str) -> str:
        """Give what an organisation without a name was first called: `the service` was `the Fjord border service`."""
        first = re.search(rf"\b[Tt]he ((?:[\w-]+ ){{1,3}}{re.escape(noun)})\b", self._layout.body[: m.start])
        return first.group(1) if first else noun

    def _hear_pronouns(self) -> None:
        """Let `Kim Berg said that her team` and `Kim Berg left. She` tell the gender of those whose name does not."""
        body = self._layout.body
        quoted = [(q.start, q.end) for q in self._layout.quoted]
        heard: dict[int, tuple[Entity, list[str]]] = {}
        before: list[Entity] = []
        for s in self._layout.sentences:
            people = [
                (a, e)
                for a, _, e in self._register.between(s.start, s.end)
                if e.type == "Person" and not any(x <= a < y for x, y in quoted)
            ]
            for p in _HE.finditer(body, s.start, s.end):
                if any(x <= p.start() < y for x, y in quoted):
                    continue
                gender = _gender(p.group().casefold())
                ahead = list({id(e): e for a, e in people if a < p.start()}.values())
                pool = ahead or (before if p.start() == s.start else [])
                if len(pool) == 1 and gender is not None and len({id(e) for _, e in people}) <= 1:
                    heard.setdefault(id(pool[0]), (pool[0], []))[1].append(gender)
            if people:
                before = list({id(e): e for _, e in people}.values())
        for entity, genders in heard.values():
            for gender in ("m", "f"):
                if entity.gender is None and genders.count(gender) > 2 * (len(genders) - genders.count(gender)):
                    entity.gender = gender

    def _walk(self) -> None:
        """Go through the text once and settle who each `he` and `she` is, from left to right."""
        body = self._layout.body
        quoted = [(q.start, q.end) for q in self._layout.quoted]
        for s in self._layout.sentences:
            places = {m.head_start: m for m in s.mentions}
            items: list[tuple[int, Entity | None]] = [
                (a, e) for a, _, e in self._register.between(s.start, s.end) if e.type == "Person"
            ]
            items += [(p.start(), None) for p in _HE.finditer(body, s.start, s.end)]
            for at, entity in sorted(items, key=lambda x: x[0]):
                if any(a <= at < b for a, b in quoted):
                    continue
                mention = places.get(at) or next(
                    (m for m in s.mentions if m.start <= at < m.end and m.kind in ("full", "name")), None
                )
                relation = mention.relation if mention else ""
                opening = at - s.start < 25 and not body[s.start : at].strip(' “"‘').count(" ")
                if entity is None:
                    self._take_up(s, at, body[at : at + 3].strip(" ,.").casefold(), places.get(at))
                    continue
                beside = mention is not None and relation.startswith("appos") and _beside_subject(s, mention.token)
                subject = relation.startswith(("nsubj", "relsubj", "acc")) or beside or (not s.parse.words and opening)
                weight = (
                    _subject_weight(s, mention)
                    if mention is not None and relation.startswith("nsubj")
                    else 2.0
                    if beside
                    else 1.9
                    if opening or relation == "acc"
                    else 1.2
                    if "poss" in relation
                    else 1.0
                )
                self._seen.append(_Seen(at, s.index, s.paragraph, entity, weight, subject))
            for m in s.mentions:
                if m.kind in ("role", "role1", "noun") and m.relation.startswith("nsubj") and m.noun in lexicon.ROLES:
                    entity = self._by_role(m)
                    if entity is not None and entity.type == "Person":
                        self._seen.append(_Seen(m.start, s.index, s.paragraph, entity, 2.0, True))
            self._seen.sort(key=lambda x: x.at)

    def _take_up(self, s: Sentence, at: int, word: str, mention: Mention | None) -> None:
        pronoun = next((p for p in ("she", "her", "his", "him", "he") if word.startswith(p)), "he")
        person = self._antecedent(s, at, _gender(pronoun))
        if person is None:
            return
        self._pronouns[at] = person
        subject = pronoun in ("he", "she")
        weight = _subject_weight(s, mention) + 0.05 if subject and mention else 2.05 if subject else 1.2
        self._seen.append(_Seen(at, s.index, s.paragraph, person, weight, subject))

    def _antecedent(self, s: Sentence, at: int, gender: str | None) -> Entity | None:
        best: tuple[float, int, Entity] | None = None
        for x in self._seen:
            if x.at >= at or s.index - x.sentence > REACH:
                continue
            score = -UNLIKE if gender and x.entity.gender and x.entity.gender != gender else 0.0
            score += 2 * x.weight - 0.8 * (s.index - x.sentence) - (0.6 if x.paragraph != s.paragraph else 0.0)
            score -= 1.0 if x.sentence == s.index and not x.subject else 0.0
            score += 0.4 if gender and x.entity.gender == gender else 0.0
            score -= DOUBTFUL if x.entity.lead < 1.0 else 0.0
            if best is None or (score, x.at) > best[:2]:
                best = (score, x.at, x.entity)
        return best[2] if best else None


def _unlike(entity: Entity, gender: str | None) -> bool:
    return bool(gender and entity.gender and gender != entity.gender)


def _subject_weight(s: Sentence, mention: Mention) -> float:
    """Give how strongly a subject stays in mind: whoever speaks more, whoever is spoken of within a clause less."""
    if not s.parse.words or not mention.verbs:
        return 2.0
    verb = mention.verbs[0][0]
    if s.parse.words[verb].casefold() in lexicon.SPEECH_VERBS:
        return 2.2
    return 1.8 if s.parse.deps[verb] in ("ccomp", "relcl", "advcl", "acl") else 2.0


def _beside_subject(s: Sentence, token: int) -> bool:
    """True for the name in `The coach of the side, Ana Ruiz, said`, whatever noun the parse hung it on."""
    for _ in range(5):
        if s.parse.deps[token] in ("nsubj", "nsubjpass"):
            return True
        if s.parse.deps[token] not in ("appos", "pobj", "prep"):
            return False
        token = s.parse.heads[token]
    return False


_PRONOUNS: Final = lexicon.words(
    "he she they it we i you his her their its who him them us me this that these those one"
)


def _gender(pronoun: str) -> str | None:
    return {"he": "m", "his": "m", "him": "m", "she": "f", "her": "f"}.get(pronoun)
