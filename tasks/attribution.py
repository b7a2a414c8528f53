"""Choose who said a quotation: candidates, their terms weighed by learnt weights, nobody included.

Pure: layouts in, choices out. Weights and lexicons are learnt (`tasks/data/quotes.json.gz`) and come as arguments.
The method is a softmax over the candidates of each quotation, after the learnt rankers of quotation attribution.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import repeat
from typing import Final

from tasks.grammar import Layout, Mention
from tasks.scene import History, Identities, Scene, Text, scene, text
from tasks.speakerterms import features, nobody

SPOKEN_WORDS: Final = 6
SPOKEN: Final = 1.0
"""Whole sentences in marks are somebody's: nobody has to be that much likelier (log odds)."""
FURTHEST: Final = 60
"""Sentences looked back over, however long the paragraphs are."""
NEAREST: Final = 40
"""Candidates looked at for one quotation (with two paragraphs back they hold the right one 98 to 99 times in 100)."""
FEWEST: Final = 4
ALL_TOLD: Final = 16_000
"""Candidates looked at for all quotations of a text, four seconds: a text made of quotations gets fewer each."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The ranker's verdict: a mention, or nobody, with its probability, nobody's, and the verb that it speaks with."""

    mention: Mention | None
    probability: float
    nobody: float
    verb: tuple[int, int] | None = None


def candidates(layout: Layout, at: Scene, previous: Mention | None) -> list[Mention]:
    """Give who may have said it: mentions near by, nearest first, and the speaker of the quotation before."""
    reach = at.paragraph + (1 if at.ends_paragraph else 0)
    found: list[tuple[int, Mention]] = []
    low = max(layout.sentence_at(layout.paragraphs[max(0, at.paragraph - 2)][0]), at.first - FURTHEST)
    for s in layout.sentences[low : at.last + 3]:
        if s.paragraph > reach:
            break
        for m in s.mentions:
            distance = at.quoted.start - m.end if m.end <= at.quoted.start else m.start - at.quoted.end
            found.append((abs(distance) + (60 if s.paragraph != at.paragraph else 0), m))
    found.sort(key=lambda pair: (pair[0], pair[1].start))
    most = max(FEWEST, min(NEAREST, ALL_TOLD // max(1, len(layout.quoted))))
    nearest = [m for _, m in found[:most]]
    if previous is not None and previous not in nearest:
        nearest.append(previous)
    return nearest


def choose(text: Text, at: Scene, history: History, weights: Mapping[str, float]) -> Choice:
    """Choose the speaker of a quotation, or nobody: whoever is likeliest by all his mentions together."""
    get = weights.get
    silence = sum(map(get, nobody(text, at, history), repeat(0.0)))
    if at.quoted.closed and at.words >= SPOKEN_WORDS and _is_sentence(text.layout.body, at):
        silence -= SPOKEN
    found: list[tuple[float, Mention | None, tuple[int, int] | None]] = [(silence, None, None)]
    for m in candidates(text.layout, at, history.speaker):
        described, verb = features(text, at, m, history)
        found.append((sum(map(get, described, repeat(0.0))), m, verb))
    top = max(score for score, _, _ in found)
    shares: dict[object, float] = {}
    best: dict[object, tuple[float, Mention | None, tuple[int, int] | None]] = {}
    for option in found:
        score, said_by, _ = option
        who = None if said_by is None else text.known.get(said_by, said_by)
        shares[who] = shares.get(who, 0.0) + math.exp(score - top)
        if who not in best or score > best[who][0]:
            best[who] = option
    likeliest = max(shares, key=lambda who: shares[who])
    _, mention, verb = best[likeliest]
    total = sum(shares.values())
    return Choice(mention, round(shares[likeliest] / total, 3), round(shares[None] / total, 3), verb)


def _is_sentence(body: str, at: Scene) -> bool:
    return at.inside_end in ".?!,…" and body[at.quoted.start].isupper()


def settle(
    layout: Layout, cues: Mapping[str, float], weights: Mapping[str, float], known: Identities
) -> list[tuple[Scene, Choice]]:
    """Choose for all quotations of a text from left to right, each knowing who spoke before."""
    of = text(layout, cues, known)
    history = History([])
    found: list[tuple[Scene, Choice]] = []
    for quoted in layout.quoted:
        at = scene(layout, quoted, cues)
        choice = choose(of, at, history, weights)
        found.append((at, choice))
        history.add(at, choice.mention)
    return found
