"""Find quotations and who is the source of each: marked ones by their marks, indirect ones by clause.

Pure: layouts in, findings out; the parse comes from `tasks/parsing.py`, full names from `tasks/entities.py`. Where no
parser is at hand, quotations are found by their marks alone and the source by the names beside them.
"""

import gzip
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from storage.records import Quotation, QuotationType, Span, Speaker
from tasks import attribution, grammar, indirect
from tasks.grammar import Layout, Mention, Sentence
from tasks.lexicon import WORK_NOUNS
from tasks.parsing import Parse
from tasks.quotemarks import Quoted
from tasks.register import Register
from tasks.scene import Identities, Scene

VERSION: Final = 3
SCARE: Final = 0.4
"""Up to three words in marks, more surely nobody's than this, are scare quotes more often than a statement."""
GUESS: Final = 0.3
"""Whoever is less likely than this is a guess among several."""
LOOSE: Final = 0.9
"""What a straight mark opens and none closes is a turn of a transcript or a paragraph out of another text as often as a
quotation that goes on: the three on pages read by hand are surer than this, of eleven in the development set none."""
_DATA: Final = Path(__file__).parent / "data" / "quotes.json.gz"


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What was learnt: strength of cue words, speaker nouns, and the weights of the two rankers."""

    cues: dict[str, float]
    heads: dict[str, float]
    select: frozenset[str]
    speaker: dict[str, float]
    indirect: dict[str, float]


@dataclass(frozen=True, slots=True)
class Found:
    """A quotation before its speaker has a name: `mention` is who said it in the text's own words."""

    start: int
    end: int
    type: QuotationType
    mention: Mention | None
    sentence: int
    verb: tuple[int, int] | None
    confidence: float


@cache
def lexicon() -> Lexicon:
    """Load the learnt lexicons and weights, once."""
    kept = json.loads(gzip.decompress(_DATA.read_bytes()))
    return Lexicon(kept["cues"], kept["heads"], frozenset(kept["select"]), kept["speaker"], kept["indirect"])


def select(layout: Layout, trusted: frozenset[str]) -> list[Sentence]:
    """Choose the sentences worth parsing: words outside quotation marks, and a mark or a trusted speech cue in it."""
    marked = {i for q in layout.quoted for i in range(layout.sentence_at(q.start), layout.sentence_at(q.end) + 1)}
    chosen = []
    for s in layout.sentences:
        text = grammar.outside(layout, s)
        if len(text.strip()) < 8 or sum(c.isalpha() for c in text) < 6:
            continue
        if s.index in marked or any(w in trusted or w == "according" for w in grammar.words_of(text)):
            chosen.append(s)
    return chosen


def attach(layout: Layout, chosen: Sequence[Sentence], parses: Sequence[Parse]) -> None:
    """Give the chosen sentences their parses, made from their shortened text."""
    learnt = lexicon()
    for s, parse in zip(chosen, parses, strict=True):
        grammar.attach(layout, s, grammar.place(layout, s, parse), learnt.heads, learnt.cues)


def read(layout: Layout, known: Identities) -> list[Found]:
    """Find the quotations of a text whose parses are attached; in order of their place, never overlapping.

    Stretches in quotation marks that nobody says (titles, nicknames, scare quotes) are left out.
    """
    learnt = lexicon()
    found: list[Found] = []
    titled = False
    for at, choice in attribution.settle(layout, learnt.cues, learnt.speaker, known):
        q = at.quoted
        titled = is_title(layout, at, titled)
        signed = None if titled else signature(layout, at)
        if titled or is_loose(layout, at, choice) or (signed is None and is_doubtful(at, choice)):
            continue
        kind: QuotationType = "direct" if is_whole(layout, at) else "mixed"
        found.append(
            Found(
                q.start,
                q.end,
                kind,
                signed or choice.mention,
                at.first,
                None if signed else choice.verb,
                choice.probability,
            )
        )
    for s in layout.sentences:
        for report in indirect.reports(layout, s, learnt.cues, learnt.indirect):
            o = report.option
            found.append(
                Found(o.start, o.end, "indirect", report.mention, s.index, (s.index, o.cue), report.probability)
            )
    return sorted(found, key=lambda f: (f.start, f.end))


def is_doubtful(at: Scene, choice: attribution.Choice) -> bool:
    """True for what nobody says, as far as can be told."""
    return choice.mention is None or choice.probability < GUESS or (at.words <= 3 and choice.nobody > SCARE)


def is_loose(layout: Layout, at: Scene, choice: attribution.Choice) -> bool:
    """True for a paragraph that a straight mark only opens: a turn of a transcript, or hardly anybody's here."""
    q = at.quoted
    if q.closed or layout.body[q.outer : q.start] != '"':
        return False
    return choice.probability < LOOSE or _SCRIPT.match(layout.body, q.start, q.end) is not None


def is_title(layout: Layout, at: Scene, after_title: bool) -> bool:
    """True for a title or nickname: capitals throughout, and `the song`, `titled` or another title just before it."""
    q = at.quoted
    words = re.findall(r"[^\W\d_][\w’']*", layout.body[q.start : q.end])
    words = [w for w in words if len(w) > 3] or words or [""]
    if at.words > 9 or not all(w[:1].isupper() for w in words):
        return False
    if at.words <= 7 and layout.body[q.start].isupper() and _SHOWN.search(layout.body, max(0, q.outer - 20), q.outer):
        return at.words > 1 and layout.body[q.end - 1] not in "?!"
    if layout.body[q.end - 1] in ".?!":
        return False
    around = layout.body[max(0, q.outer - 2) : q.outer], layout.body[q.outer_end : q.outer_end + 2]
    if (
        at.words <= 2
        and around[0][:1].isalpha()
        and around[0][1:] == " "
        and around[1][:1] == " "
        and around[1][1:].isupper()
    ):
        return bool(re.search(r"[A-Z][\w’'-]+ $", layout.body[max(0, q.outer - 25) : q.outer]))
    before = re.findall(r"[\w’']+|,|:", layout.body[max(0, q.outer - 40) : q.outer].casefold())
    while before and before[-1] in (",", "the", "as", "a"):
        before.pop()
    if not before:
        return False
    return before[-1] in WORK_NOUNS or (after_title and before[-1] in ("and", "or", "with"))


_SHOWN: Final = re.compile(r"(?:[\w.][’']s|\b(?:on|of|On|Of)) $")
"""Of 63 stretches of two to seven capitalised words behind these in the training set, 12 are somebody's words."""
_SIGNED: Final = re.compile(r"\s*[―—–]\s*(?P<name>[A-Z][\w.’'-]+(?: [A-Z][\w.’'-]*){0,3})\s*(?:[,.]|$)", re.MULTILINE)
_SCRIPT: Final = re.compile(r"(?P<name>[A-Z][A-Z.’' -]{2,30}): ")


def signature(layout: Layout, at: Scene) -> Mention | None:
    """Read the name under a letter (`― Ana Ruiz` after the marks) or before a turn (`RUIZ: ` inside them)."""
    q = at.quoted
    match = _SCRIPT.match(layout.body, q.start, q.end) or _SIGNED.match(layout.body, q.outer_end)
    if match is None:
        return None
    start, end = match.span("name")
    return Mention(
        start=start, end=end, sentence=layout.sentence_at(start), paragraph=at.paragraph, token=-1, relation="signed",
        kind="name",
        noun=match["name"].split()[-1].casefold(), head_start=start, verbs=(),
    )  # fmt: skip


def is_whole(layout: Layout, at: Scene) -> bool:
    """True if what stands in the marks is a sentence of its own, not a fragment set into the reporter's."""
    q: Quoted = at.quoted
    text = layout.body[q.start : q.end].lstrip("[(… .")
    if at.lead in ("para", "sent", "stop", "gap"):
        return True
    if at.lead in (",", ":", ";", "said") and text[:1].isupper():
        return True
    return text[:1].isupper() and at.words >= 4 and text.rstrip()[-1:] in ".?!,"


def verb_text(layout: Layout, found: Found) -> str | None:
    """Give the word that reports a quotation, as it stands in the text."""
    if found.verb is None:
        return None
    sentence, token = found.verb
    parse = layout.sentences[sentence].parse
    if not parse.words:
        return None
    word = parse.words[token].casefold()
    return "according to" if word == "according" else word


def by_marks(layout: Layout, known: Register) -> list[Quotation]:
    """Find direct quotations without a parse: a speech verb and a name right beside the marks, else no speaker."""
    cues = lexicon().cues
    body = layout.body
    made: list[Quotation] = []
    for q in layout.quoted:
        if len(body[q.start : q.end].split()) < 5:
            continue
        low, high = layout.paragraphs[layout.sentences[layout.sentence_at(q.start)].paragraph]
        speaker, verb = None, None
        for a, b in ((q.outer_end, min(high, q.outer_end + 90)), (max(low, q.outer - 90), q.outer)):
            stretch = body[a:b] if a < b else ""
            said = next((w for w in re.finditer(r"[a-z]+", stretch) if cues.get(w.group(), 0.0) >= 0.5), None)
            named = known.between(a, b)
            if said is not None and named:
                at, end, entity = min(named, key=lambda n: abs(n[0] - a - said.start()))
                speaker = Speaker(
                    name=entity.name, type=entity.type, mention=Span(text=body[at:end], start=at, end=end)
                )
                verb = said.group()
                break
        made.append(
            Quotation(
                text=body[q.start : q.end],
                start=q.start,
                end=q.end,
                type="direct",
                verb=verb,
                speaker=speaker,
                confidence=0.5,
            )
        )
    return made
