"""Give a speaker the name that the article gives: surnames, roles and pronouns go to whom they mean. Pure.

A pronoun goes along the chain of subjects; a role to whoever was introduced with it; a common noun for an organisation
to the organisation. What cannot be settled keeps the article's own words (`EU officials`), a pronoun nobody's.
"""

import re
from dataclasses import replace
from typing import Final

from storage.records import Span, Speaker, SpeakerType
from tasks import antecedents, firstnames, lexicon, roles
from tasks.grammar import Layout, Mention, Sentence
from tasks.register import Entity, Register

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


class Resolver:
    """Resolves the mentions of one text."""

    def __init__(self, layout: Layout, register: Register) -> None:
        self._layout = layout
        self._register = register
        self._run = antecedents.Run(layout, register)
        self._roles = roles.Roles(layout, register, self._run)
        self._first_called: dict[str, re.Match[str] | None] = {}
        self._run.walk(self._roles.meant)

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
                    self._run.pronouns.get(m.head_start)
                    if m.kind in ("pro3", "him")
                    else self._register.at(m.head_start)
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
            person = self._run.pronouns.get(m.head_start) or self._run.antecedent(
                self._layout.sentences[m.sentence], m.head_start, antecedents.gender_of(pronoun)
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
                if writer is not None and (writer.kind != "pro3" or m.noun not in _STUDIES):
                    return self._name(writer, span, 2)
                return self._author(m, span) if m.noun in _DOCUMENTS else None
            return Speaker(name=owner.name, type=owner.type, mention=span)
        entity = self._apposed(s, m) or self._holder(s, m) or self._roles.meant(m) or self._owner(m)
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
        for s in reversed(self._layout.sentences[max(0, m.sentence - 2 * antecedents.REACH) : m.sentence]):
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

    def _plural(self, m: Mention, span: Span) -> Speaker | None:
        """Resolve `they` and `it` to the best speaker that is no single person, in this paragraph or the one before."""
        single = m.kind == "it"
        best: tuple[float, Mention] | None = None
        for s in self._layout.sentences[max(0, m.sentence - antecedents.REACH) : m.sentence + 1]:
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
                score += antecedents.subject_weight(s, other) if other.relation.startswith("nsubj") else 0.0
                score += 1.0 if plural != single else 0.0
                thing = entity is None and other.kind == "noun" and other.noun not in lexicon.GROUP_NOUNS | _DOCUMENTS
                score -= 0.7 * (m.sentence - s.index) + (1.0 if thing else 0.0)
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
        while words and words[0].casefold().strip("“\"‘'") in roles.DETERMINERS:
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
        if m.noun in _DOCUMENTS or name.casefold() in roles.DETERMINERS or name.casefold() in _PRONOUNS:
            return None
        group = m.noun in lexicon.GROUP_NOUNS | lexicon.ORGANISATION_WORDS
        firm = m.kind in ("full", "name") and name.split()[0].casefold() not in firstnames.FIRST_NAMES
        kind: SpeakerType = "Organization" if group or firm else "Person"
        return Speaker(name=name, type=kind, mention=span)

    def _fuller(self, m: Mention, noun: str) -> str:
        """Give what an organisation without a name was first called: `the service` was `the Fjord border service`."""
        if noun not in self._first_called:
            called = re.compile(rf"\b[Tt]he ((?:[\w-]+ ){{1,3}}{re.escape(noun)})\b")
            self._first_called[noun] = called.search(self._layout.body)
        first = self._first_called[noun]
        return first.group(1) if first and first.end() <= m.start else noun


_PRONOUNS: Final = lexicon.words(
    "he she they it we i you his her their its who him them us me this that these those one"
)
