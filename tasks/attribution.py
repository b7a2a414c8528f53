"""Rank who may have said a quotation: candidates, their features, and a linear choice among them, nobody included.

Pure: layouts in, choices out. Weights and lexicons are learnt (`tasks/data/quotes.json.gz`) and come as arguments.
The method is a softmax over the candidates of each quotation, after the learnt rankers of quotation attribution.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tasks.grammar import Layout, Mention, Sentence
from tasks.quotemarks import Quoted

Identities = Mapping[Mention, tuple[str, str]]
"""Who a mention names, where that is known without the quotation: (name, type)."""

SPOKEN_WORDS: Final = 6
SPOKEN: Final = 1.0
"""Whole sentences in marks are somebody's: nobody has to be that much likelier (log odds)."""
NEAREST: Final = 40
"""Candidates looked at for one quotation (with two paragraphs back they hold the right one 98 to 99 times in 100)."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What is true of a quotation whoever said it."""

    quoted: Quoted
    first: int
    last: int
    paragraph: int
    lead: str
    shape: str
    inside_end: str
    after: str
    cue: str
    words: int
    ends_paragraph: bool
    roots: frozenset[tuple[int, int]]
    above: Mapping[tuple[int, int], int]


@dataclass(frozen=True, slots=True)
class Choice:
    """The ranker's verdict: a mention, or nobody, with its probability and the verb that it speaks with."""

    mention: Mention | None
    probability: float
    verb: tuple[int, int] | None = None


def bucket(share: float) -> str:
    """Name the strength of a cue word: c0 none, c1 to c3 by its share."""
    return "c0" if share <= 0 else "c1" if share < 0.5 else "c2" if share < 0.8 else "c3"


def scene(layout: Layout, quoted: Quoted, cues: Mapping[str, float]) -> Scene:
    """Look at a quotation and what stands around it."""
    body = layout.body
    first, last = layout.sentence_at(quoted.start), layout.sentence_at(max(quoted.start, quoted.end - 1))
    paragraph = layout.sentences[first].paragraph
    p_start, p_end = layout.paragraphs[paragraph]
    before = body[max(p_start, quoted.outer - 40) : quoted.outer]
    bare = before.rstrip()
    if not bare:
        lead = "para" if quoted.outer - 40 < p_start else "gap"
    elif layout.sentences[first].start >= quoted.outer:
        lead = "sent"
    elif bare[-1] in ",:;—–-(":
        lead = bare[-1]
    elif bare[-1] in '.?!…”"’»':
        lead = "stop"
    else:
        word = bare.split()[-1].casefold()
        lead = (
            word
            if word in ("that", "a", "the", "as", "of", "to", "is", "was", "and", "it", "called", "said")
            else "word"
        )
    words = len(body[quoted.start : quoted.end].split())
    rest = body[quoted.outer_end : p_end].strip(" .,;:!?—–-")
    strongest = 0.0
    roots: set[tuple[int, int]] = set()
    for index in range(first, last + 1):
        s = layout.sentences[index]
        if not s.parse.words:
            continue
        for t, word in enumerate(s.parse.words):
            if not s.inside[t]:
                strongest = max(strongest, cues.get(word.casefold(), 0.0))
            elif quoted.outer <= s.start + s.parse.at[t] < quoted.outer_end:
                head = s.parse.heads[t]
                outside = not quoted.outer <= s.start + s.parse.at[head] < quoted.outer_end
                if (outside or head == t) and s.parse.deps[t] != "punct":
                    roots.add((index, t))
    cue = bucket(strongest)
    size = "long" if words > 4 else "short"
    shape = f"{'P' if lead == 'para' else 'S' if lead in ('sent', 'stop') else 'M'}{size}{cue}"
    return Scene(
        quoted, first, last, paragraph, lead, shape,
        body[quoted.end - 1], body[quoted.outer_end : quoted.outer_end + 1] or "$",
        cue, words, not rest and quoted.outer_end <= p_end, frozenset(roots), _cues_above(layout, roots, cues),
    )  # fmt: skip


def _cues_above(layout: Layout, roots: set[tuple[int, int]], cues: Mapping[str, float]) -> dict[tuple[int, int], int]:
    """Number the cue words that govern a quotation, from the nearest up."""
    found: dict[tuple[int, int], int] = {}
    for index, token in sorted(roots):
        s = layout.sentences[index]
        parse = s.parse
        up, order = token, 0
        for _ in range(12):
            if parse.heads[up] == up:
                break
            up = parse.heads[up]
            if not s.inside[up] and cues.get(parse.words[up].casefold(), 0.0) > 0.2:
                order += 1
                found.setdefault((index, up), order)
    return found


def candidates(layout: Layout, at: Scene, previous: Mention | None) -> list[Mention]:
    """Give who may have said it: mentions near by, nearest first, and the speaker of the quotation before."""
    reach = at.paragraph + (1 if at.ends_paragraph else 0)
    found: list[tuple[int, Mention]] = []
    low = layout.sentence_at(layout.paragraphs[max(0, at.paragraph - 2)][0])
    for s in layout.sentences[low : at.last + 3]:
        if s.paragraph > reach:
            break
        for m in s.mentions:
            distance = at.quoted.start - m.end if m.end <= at.quoted.start else m.start - at.quoted.end
            found.append((abs(distance) + (60 if s.paragraph != at.paragraph else 0), m))
    found.sort(key=lambda pair: (pair[0], pair[1].start))
    nearest = [m for _, m in found[:NEAREST]]
    if previous is not None and previous not in nearest:
        nearest.append(previous)
    return nearest


def features(
    layout: Layout,
    at: Scene,
    mention: Mention,
    previous: tuple[Scene, Mention] | None,
    cues: Mapping[str, float],
    known: Identities,
) -> tuple[list[str], tuple[int, int] | None]:
    """Describe a mention as the speaker of a quotation; and give (sentence, token) of the verb it would speak with."""
    body, q = layout.body, at.quoted
    s = layout.sentences[mention.sentence]
    after = mention.start >= q.end
    place = "A" if after else "B"
    sd = max(-4, min(3, mention.sentence - (at.last if after else at.first)))
    pd = max(-3, min(1, mention.paragraph - at.paragraph))
    verb, path, cue = _best_verb(s, at, mention, cues)
    kind, rel = mention.kind, mention.relation
    low, high = (q.outer_end, mention.start) if after else (mention.end, q.outer)
    gap = max(0, high - low)
    subjects, quotes = _between(layout, low, high, mention)
    near = min(9, int(math.log2(gap + 1)))
    where = f"{place}{sd}{pd}"
    tight = _tight(body, s, at, mention, verb, after)
    same = 1 if sd == 0 else 0
    found = [
        f"w|{where}|{rel}|{cue}", f"wk|{where}|{rel}|{cue}|{kind}", f"rk|{rel}|{cue}|{kind}", f"p|{where}",
        f"pk|{where}|{kind}", f"pc|{where}|{cue}", f"sb|{place}{same}|{subjects}",
        f"sbc|{place}{same}|{subjects}|{cue}|{rel}",
        f"qb|{place}|{quotes}", f"qs|{place}{same}|{quotes}|{at.shape}", f"d|{place}|{near}",
        f"dk|{place}|{near}|{kind}",
        f"dc|{place}{same}|{near}|{cue}", f"pa|{path}|{cue}", f"pr|{path}|{rel}", f"pl|{path}|{at.lead}|{place}",
        f"t|{tight}|{cue}", f"ti|{tight}|{at.inside_end}|{at.after}", f"tl|{tight}|{at.lead}|{cue}",
        f"s|{where}|{at.shape}", f"sr|{place}{same}|{at.shape}|{rel}|{cue}", f"k|{kind}",
        f"l|{place}{sd}|{at.lead}|{rel}",
        f"e|{place}{same}|{at.ends_paragraph}|{at.inside_end}|{cue}",
    ]  # fmt: skip
    who = known.get(mention)
    sort = who[1] if who else "-"
    governs = min(
        (at.above[mention.sentence, t] for t, _ in mention.verbs if (mention.sentence, t) in at.above), default=0
    )
    found += [
        f"i|{sort}|{rel}|{cue}", f"ik|{sort}|{kind}", f"ip|{sort}|{path}|{cue}", f"is|{sort}|{where}|{at.shape}",
        f"g|{min(governs, 3)}|{len(at.above) > 1}|{place}", f"gr|{min(governs, 3)}|{rel}|{cue}",
        f"gl|{min(governs, 3)}|{at.lead}|{len(at.above) > 0}",
    ]  # fmt: skip
    if verb is not None and s.parse.words:
        depth = next((d for t, d in mention.verbs if t == verb), 0)
        found.append(f"vd|{depth}|{cue}|{path}")
        found.append(f"vt|{s.parse.tags[verb]}|{cue}|{place}{same}")
    if kind in ("noun", "role", "role1"):
        found.append(f"n|{mention.noun}")
    if previous is not None:
        then, speaker = previous
        distance = _gap(then, at)
        equal = _equal(speaker, mention, known)
        found += [
            f"e|{equal}|{distance}", f"es|{equal}|{distance}|{at.shape}", f"ep|{equal}|{distance}|{where}|{rel}",
            f"eo|{equal}|{distance}|{then.quoted.closed}|{at.lead}", f"ec|{equal}|{distance}|{cue}|{path}",
        ]  # fmt: skip
    return found, ((mention.sentence, verb) if verb is not None else None)


def nobody(layout: Layout, at: Scene, previous: tuple[Scene, Mention] | None) -> list[str]:
    """Describe nobody as the speaker: a title, a nickname, scare quotes."""
    body, q = layout.body, at.quoted
    text = body[q.start : q.end]
    words = text.split()
    capitals = sum(w[:1].isupper() for w in words)
    style = "all" if capitals == len(words) else "first" if words and words[0][:1].isupper() else "none"
    before = body[max(0, q.outer - 30) : q.outer].casefold().split()
    word = before[-1] if before else "^"
    length = min(at.words, 6) if at.words < 12 else 12
    gap = _gap(previous[0], at) if previous is not None else "0"
    return [
        "0", f"0n|{length}", f"0l|{at.lead}", f"0c|{style}|{length}", f"0w|{word}", f"0q|{at.cue}|{length}",
        f"0lc|{at.lead}|{at.cue}|{style}", f"0a|{at.after}|{at.inside_end}", f"0e|{at.inside_end}|{length}|{style}",
        f"0s|{at.shape}|{style}", f"0p|{gap}|{at.shape}", f"0x|{word}|{style}", f"0y|{word}|{length}",
        f"0f|{len(layout.sentences[at.first].mentions) > 0}|{at.cue}",
    ]  # fmt: skip


def choose(
    layout: Layout,
    at: Scene,
    previous: tuple[Scene, Mention] | None,
    cues: Mapping[str, float],
    weights: Mapping[str, float],
    known: Identities,
) -> Choice:
    """Choose the speaker of a quotation, or nobody."""
    get = weights.get
    best: Mention | None = None
    best_verb: tuple[int, int] | None = None
    best_score = sum(get(f, 0.0) for f in nobody(layout, at, previous))
    if at.quoted.closed and at.words >= SPOKEN_WORDS and _is_sentence(layout.body, at):
        best_score -= SPOKEN
    scores = [best_score]
    for m in candidates(layout, at, previous[1] if previous else None):
        described, verb = features(layout, at, m, previous, cues, known)
        score = sum(get(f, 0.0) for f in described)
        scores.append(score)
        if score > best_score:
            best, best_verb, best_score = m, verb, score
    total = sum(math.exp(x - best_score) for x in scores)
    return Choice(best, round(1.0 / total, 3), best_verb)


def _is_sentence(body: str, at: Scene) -> bool:
    return at.inside_end in ".?!,…" and body[at.quoted.start].isupper()


def _best_verb(s: Sentence, at: Scene, m: Mention, cues: Mapping[str, float]) -> tuple[int | None, str, str]:
    """Give the verb that joins the mention to the quotation, the path between them, and its strength as a cue."""
    if not s.parse.words or not m.verbs:
        return None, "x" if not s.parse.words else "nov", "c0"
    ranked: list[tuple[int, float, int, str]] = []
    for token, depth in m.verbs:
        path = _path(s, at, token)
        share = 0.9 if m.relation == "acc" else cues.get(s.parse.words[token].casefold(), 0.0)
        tie = 0 if path[0] in "ad" else 1
        ranked.append((tie if share > 0 else tie + 1, -share, depth, path))
    pick = min(range(len(ranked)), key=lambda i: ranked[i])
    _, share, _, path = ranked[pick]
    return m.verbs[pick][0], path, bucket(-share)


def _path(s: Sentence, at: Scene, verb: int) -> str:
    parse = s.parse
    if not at.first <= s.index <= at.last:
        return "x"
    q = at.quoted
    for index, token in sorted(at.roots):
        if index != s.index:
            continue
        up, steps = token, 0
        while parse.heads[up] != up and steps < 3:
            up, steps = parse.heads[up], steps + 1
            if up == verb:
                return f"a{steps}{parse.deps[token]}"
    up, steps = verb, 0
    while parse.heads[up] != up and steps < 3:
        up, steps = parse.heads[up], steps + 1
        if q.outer <= s.start + parse.at[up] < q.outer_end:
            return f"d{steps}{parse.deps[verb]}"
    return "far"


def _between(layout: Layout, low: int, high: int, mention: Mention) -> tuple[int, int]:
    if high <= low:
        return 0, 0
    subjects = 0
    for s in layout.sentences[layout.sentence_at(low) : layout.sentence_at(high) + 1]:
        for m in s.mentions:
            if low <= m.start < high and m is not mention and m.relation.startswith(("nsubj", "acc", "relsubj")):
                subjects += 1
    quotes = sum(1 for q in layout.quoted if q.outer >= low and q.outer_end <= high)
    return min(subjects, 3), min(quotes, 3)


def _tight(body: str, s: Sentence, at: Scene, m: Mention, verb: int | None, after: bool) -> str:
    if not s.parse.words:
        return "n"
    starts, ends = [m.start], [m.end]
    if verb is not None:
        starts.append(s.start + s.parse.at[verb])
        ends.append(starts[-1] + len(s.parse.words[verb]))
    if after:
        between = body[at.quoted.outer_end : min(starts)]
        return "A" if not between.strip(" ,—–-\u00a0") else "A1" if len(between.split()) <= 2 else "a"
    between = body[max(ends) : at.quoted.outer]
    bare = between.strip(" ,:—–-\u00a0")
    return "B" if not bare else "B1" if len(bare.split()) <= 2 else "b"


def _gap(then: Scene, now: Scene) -> str:
    if then.last >= now.first:
        return "sent"
    if then.paragraph == now.paragraph:
        return "para"
    return "next" if now.paragraph - then.paragraph == 1 else "far"


def _equal(who: Mention, m: Mention, known: Identities) -> str:
    if who is m or who == m:
        return "same"
    one, two = known.get(who), known.get(m)
    if one is not None and two is not None:
        return f"{'+' if one == two else '-'}{m.kind}"
    named = ("full", "name")
    if who.noun == m.noun:
        return "name" if m.kind in named else "word"
    if (who.kind in named and m.kind in named) or (who.kind == m.kind == "pro3"):
        return "other"
    return (
        "pron"
        if m.kind == "pro3" and who.kind in named
        else "npron"
        if who.kind == "pro3" and m.kind in named
        else "diff"
    )


def settle(
    layout: Layout,
    scenes: Sequence[Scene],
    cues: Mapping[str, float],
    weights: Mapping[str, float],
    known: Identities,
) -> list[Choice]:
    """Choose for all quotations of a text from left to right, each knowing who spoke before."""
    previous: tuple[Scene, Mention] | None = None
    found: list[Choice] = []
    for at in scenes:
        choice = choose(layout, at, previous, cues, weights, known)
        found.append(choice)
        if choice.mention is not None:
            previous = (at, choice.mention)
    return found
