"""Follow the people through a text, and say whom `he` and `she` take up. Pure: layout and register in, people out.

A pronoun goes along the chain of subjects: whoever speaks stays in mind more than who is spoken of within a clause.
"""

import re
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tasks import lexicon
from tasks.grammar import Layout, Mention, Sentence
from tasks.register import Entity, Register

_HE: Final = re.compile(r"\b(?:[Hh]e|[Ss]he|[Hh]is|[Hh]er|[Hh]im)\b")
UNLIKE: Final = 4.0
"""What it costs a person to be taken up by a pronoun of the other gender: first names mislead now and then."""
DOUBTFUL: Final = 1.0
"""What it costs a name that may not be a person's at all."""
REACH: Final = 6
"""Sentences that a pronoun looks back."""
_LATEST: Final = 200
"""Sightings that a pronoun looks back: sentences without an end hold thousands, and would take them squared."""


@dataclass(slots=True)
class Seen:
    """A person in the run of the text, with how strongly a pronoun would take it up."""

    at: int
    sentence: int
    paragraph: int
    entity: Entity
    weight: float
    subject: bool


class Run:
    """The people of one text in the order in which it names them."""

    def __init__(self, layout: Layout, register: Register) -> None:
        self._layout = layout
        self._register = register
        self.seen: list[Seen] = []
        self.pronouns: dict[int, Entity] = {}
        self._hear_pronouns()

    def _hear_pronouns(self) -> None:
        """Let `Kim Berg said that her team` and `Kim Berg left. She` tell the gender of those whose name does not."""
        body = self._layout.body
        is_quoted = self._layout.is_quoted
        heard: dict[int, tuple[Entity, list[str]]] = {}
        before: list[Entity] = []
        for s in self._layout.sentences:
            people = [
                (a, e) for a, _, e in self._register.between(s.start, s.end) if e.type == "Person" and not is_quoted(a)
            ]
            for p in _HE.finditer(body, s.start, s.end):
                if is_quoted(p.start()):
                    continue
                gender = gender_of(p.group().casefold())
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

    def walk(self, by_role: Callable[[Mention], Entity | None]) -> None:
        """Go through the text once and settle who each `he` and `she` is, from left to right."""
        body = self._layout.body
        is_quoted = self._layout.is_quoted
        for s in self._layout.sentences:
            begun = len(self.seen)
            places = {m.head_start: m for m in s.mentions}
            items: list[tuple[int, Entity | None]] = [
                (a, e) for a, _, e in self._register.between(s.start, s.end) if e.type == "Person"
            ]
            items += [(p.start(), None) for p in _HE.finditer(body, s.start, s.end)]
            for at, entity in sorted(items, key=lambda x: x[0]):
                if is_quoted(at):
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
                    subject_weight(s, mention)
                    if mention is not None and relation.startswith("nsubj")
                    else 2.0
                    if beside
                    else 1.9
                    if opening or relation == "acc"
                    else 1.2
                    if "poss" in relation
                    else 1.0
                )
                self.seen.append(Seen(at, s.index, s.paragraph, entity, weight, subject))
            for m in s.mentions:
                if m.kind in ("role", "role1", "noun") and m.relation.startswith("nsubj") and m.noun in lexicon.ROLES:
                    entity = by_role(m)
                    if entity is not None and entity.type == "Person":
                        self.seen.append(Seen(m.start, s.index, s.paragraph, entity, 2.0, True))
            self.seen[begun:] = sorted(self.seen[begun:], key=lambda x: x.at)

    def _take_up(self, s: Sentence, at: int, word: str, mention: Mention | None) -> None:
        pronoun = next((p for p in ("she", "her", "his", "him", "he") if word.startswith(p)), "he")
        person = self.antecedent(s, at, gender_of(pronoun))
        if person is None:
            return
        self.pronouns[at] = person
        subject = pronoun in ("he", "she")
        weight = subject_weight(s, mention) + 0.05 if subject and mention else 2.05 if subject else 1.2
        self.seen.append(Seen(at, s.index, s.paragraph, person, weight, subject))

    def near(self, sentence: int, before: int) -> list[Seen]:
        """Give who was seen from a sentence on, lately before a place in the text."""
        first = bisect_left(self.seen, sentence, key=lambda x: x.sentence)
        last = bisect_left(self.seen, before, key=lambda x: x.at)
        return self.seen[max(first, last - _LATEST) : last]

    def antecedent(self, s: Sentence, at: int, gender: str | None) -> Entity | None:
        best: tuple[float, int, Entity] | None = None
        for x in self.near(s.index - REACH, at):
            score = -UNLIKE if gender and x.entity.gender and x.entity.gender != gender else 0.0
            score += 2 * x.weight - 0.8 * (s.index - x.sentence) - (0.6 if x.paragraph != s.paragraph else 0.0)
            score -= 1.0 if x.sentence == s.index and not x.subject else 0.0
            score += 0.4 if gender and x.entity.gender == gender else 0.0
            score -= DOUBTFUL if x.entity.lead < 1.0 else 0.0
            if best is None or (score, x.at) > best[:2]:
                best = (score, x.at, x.entity)
        return best[2] if best else None


def unlike(entity: Entity, gender: str | None) -> bool:
    return bool(gender and entity.gender and gender != entity.gender)


def subject_weight(s: Sentence, mention: Mention) -> float:
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


def gender_of(pronoun: str) -> str | None:
    return {"he": "m", "his": "m", "him": "m", "she": "f", "her": "f"}.get(pronoun)
