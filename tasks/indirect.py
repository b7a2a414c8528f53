"""Find reported speech without quotation marks: clauses that hang on a speech cue, weighed by a learnt yes or no.

Pure: layouts in, clauses out. Weights and lexicons come as arguments.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tasks import lexicon
from tasks.grammar import Layout, Mention, Sentence

_CLAUSES: Final = lexicon.words("ccomp xcomp acl dobj parataxis attr oprd acomp relcl advcl dep")
_OVER: Final = frozenset(("parataxis", "advcl", "ccomp"))
_EDGE: Final = frozenset((",", ".", ";", ":", "—", "–", "-", "!", "?", "“", "”", '"', "''", "``", "(", ")"))
_LEADS: Final = frozenset(("that", "whether", "if"))
_SUBJECTS: Final = frozenset(("nsubj", "nsubjpass", "csubj", "expl"))
_MODALS: Final = lexicon.words("would could should might may can will must")
_WHEN: Final = lexicon.words("before after while since until as once because when")
_REFUSES: Final = lexicon.words("refuse refuses refused refusing decline declines declined declining")
_OFF: Final = lexicon.words("off up down over")

LEAST_WORDS: Final = 3
THRESHOLD: Final = 0.47
"""Probability from which a clause counts as reported (on the development set P is .82 there)."""


@dataclass(frozen=True, slots=True)
class Option:
    """A clause that may be reported speech: its span, the cue token that reports it, and its features."""

    start: int
    end: int
    sentence: int
    cue: int
    features: tuple[str, ...]
    touches_quote: bool


@dataclass(frozen=True, slots=True)
class Report:
    """A reported clause with its probability and whoever the cue belongs to."""

    option: Option
    probability: float
    mention: Mention | None


def overlap_share(a: tuple[int, int], b: tuple[int, int]) -> float:
    """Give the shared length of two spans over their joint length."""
    shared = max(0, min(a[1], b[1]) - max(a[0], b[0]))
    joint = (a[1] - a[0]) + (b[1] - b[0]) - shared
    return shared / joint if joint else 0.0


def options(layout: Layout, s: Sentence, cues: Mapping[str, float]) -> list[Option]:
    """Give every clause of a sentence that hangs on a cue word outside quotation marks, in order of the cues."""
    parse = s.parse
    if not parse.words:
        return []
    found: list[Option] = []
    for cue, word in enumerate(parse.words):
        low = word.casefold()
        share = cues.get(low, 0.0)
        acc = low == "according"
        if s.inside[cue] or (share <= 0 and not acc):
            continue
        for form, top, tokens in _clauses(s, cue, acc):
            if _is_no_statement(s, cue, form, top):
                continue
            option = _option(layout, s, cue, 0.9 if acc else share, form, top, tokens)
            if option is not None:
                found.append(option)
    return found


def reports(layout: Layout, s: Sentence, cues: Mapping[str, float], weights: Mapping[str, float]) -> list[Report]:
    """Give the reported clauses of a sentence, in order; the likelier of two that overlap; none touches a quotation."""
    scored: list[tuple[float, Option]] = []
    for option in options(layout, s, cues):
        if option.touches_quote:
            continue
        score = weights.get("^", 0.0) + sum(weights.get(f, 0.0) for f in option.features)
        probability = 1.0 / (1.0 + math.exp(-score))
        if probability >= THRESHOLD:
            scored.append((probability, option))
    scored.sort(key=lambda pair: (-pair[0], pair[1].start, pair[1].end))
    kept: list[Report] = []
    for probability, option in scored:
        span = (option.start, option.end)
        if any(overlap_share(span, (k.option.start, k.option.end)) >= 0.3 for k in kept):
            continue
        kept.append(Report(option, round(probability, 3), speaker_of(s, option.cue)))
    return sorted(kept, key=lambda r: (r.option.start, r.option.end))


def speaker_of(s: Sentence, cue: int) -> Mention | None:
    """Give the mention whose verbs hold the cue at the least depth; subjects before objects and possessors."""
    best: tuple[tuple[int, int, int], Mention] | None = None
    for m in s.mentions:
        for token, depth in m.verbs:
            if token != cue:
                continue
            rank = _rank(m.relation)
            if rank is None:
                continue
            key = (rank, depth, m.start)
            if best is None or key < best[0]:
                best = (key, m)
    return best[1] if best else None


def _rank(relation: str) -> int | None:
    if relation in ("nsubj", "acc", "relsubj"):
        return 0
    if relation.startswith("poss") or relation in ("p_by", "p_from"):
        return 1
    if relation == "nsubjpass":
        return 2
    return None


def _subtree(s: Sentence, top: int, without: frozenset[int] = frozenset()) -> list[int]:
    found, waiting = [], [top]
    while waiting:
        t = waiting.pop()
        if t in without:
            continue
        found.append(t)
        waiting += s.children[t]
    return sorted(found)


def _clauses(s: Sentence, cue: int, acc: bool) -> list[tuple[str, int, list[int]]]:
    parse = s.parse
    found: list[tuple[str, int, list[int]]] = []
    if acc:
        over = parse.heads[cue]
        if over != cue:
            found.append(("acc", over, _subtree(s, over, frozenset((cue,)))))
        return found
    for child in s.children[cue]:
        dep = parse.deps[child]
        if dep in _CLAUSES:
            found.append((dep, child, _subtree(s, child)))
        elif dep == "prep":
            word = parse.words[child].casefold()
            objects = [g for g in s.children[child] if parse.deps[g] in ("pobj", "pcomp")]
            found += [(f"{word}_{parse.deps[g]}", g, _subtree(s, g)) for g in objects]
    if parse.deps[cue] in _OVER and parse.heads[cue] != cue:
        over = parse.heads[cue]
        found.append((f"over_{parse.deps[cue]}", over, _subtree(s, over, frozenset((cue,)))))
    return found


def _is_no_statement(s: Sentence, cue: int, form: str, top: int) -> bool:
    """True for what hangs on a speech verb and is not said: when it was said, an act refused, a thing called off."""
    parse = s.parse
    if form == "advcl":
        return any(parse.deps[k] == "mark" and parse.words[k].casefold() in _WHEN for k in s.children[top])
    if form == "xcomp" and parse.words[cue].casefold() in _REFUSES:
        return True
    return any(parse.deps[k] == "prt" and parse.words[k].casefold() in _OFF for k in s.children[cue])


def _option(
    layout: Layout, s: Sentence, cue: int, share: float, form: str, top: int, tokens: list[int]
) -> Option | None:
    parse = s.parse
    if not tokens:
        return None
    runs: list[list[int]] = [[tokens[0]]]
    for t in tokens[1:]:
        if t > cue > runs[-1][-1] or (t != runs[-1][-1] + 1 and t - runs[-1][-1] > 8):
            runs.append([t])
        else:
            runs[-1].append(t)
    whole = [r for r in runs if parse.words[r[0]].casefold() not in _WHEN and len(r) > LEAST_WORDS]
    run = max(whole or runs, key=lambda r: (len(r), -r[0]))
    while run and (
        parse.words[run[0]] in _EDGE or parse.words[run[0]].casefold() in _LEADS or parse.words[run[0]].isspace()
    ):
        led = parse.words[run[0]].casefold()
        run = run[1:]
        if led in _LEADS and len(run) and form != "acc":
            break
    while run and (parse.words[run[-1]] in _EDGE or parse.words[run[-1]].isspace()):
        run = run[:-1]
    if len(run) < LEAST_WORDS:
        return None
    start = s.start + parse.at[run[0]]
    end = s.start + parse.at[run[-1]] + len(parse.words[run[-1]])
    touches = bool(layout.quoted_within(start, end))
    described = _describe(s, cue, share, form, top, run)
    return Option(start, end, s.index, cue, tuple(described), touches)


def _describe(s: Sentence, cue: int, share: float, form: str, top: int, run: list[int]) -> list[str]:
    parse = s.parse
    word = parse.words[cue].casefold()
    strength = "c0" if share <= 0 else f"c{min(9, int(share * 10))}"
    rough = "c1" if share < 0.5 else "c2" if share < 0.8 else "c3"
    kids = s.children[cue]
    subject = next((k for k in kids if parse.deps[k] in _SUBJECTS), None)
    who = speaker_of(s, cue)
    kind = who.kind if who is not None else "none"
    relation = who.relation.split("<")[0] if who is not None else "none"
    own = any(parse.deps[k] in _SUBJECTS for k in s.children[top])
    marked = any(parse.words[k].casefold() in _LEADS for k in s.children[top])
    negated = any(parse.deps[k] == "neg" for k in kids)
    passive = any(parse.deps[k] in ("auxpass", "nsubjpass") for k in kids)
    modal = next((parse.words[k].casefold() for k in kids if parse.words[k].casefold() in _MODALS), "0")
    side = "L" if run[-1] < cue else "R" if run[0] > cue else "I"
    length = min(8, len(run) // 3)
    first = parse.words[run[0]].casefold()
    finite = next((parse.tags[k] for k in s.children[top] if parse.deps[k] in ("aux", "auxpass")), parse.tags[top])
    return [
        f"f|{word}", f"d|{form}", f"fd|{word}|{form}", f"t|{parse.tags[cue]}|{form}", f"s|{kind}|{rough}",
        f"sr|{relation}|{form}",
        f"n|{length}|{form}", f"w|{first}", f"wt|{parse.tags[run[0]]}|{form}", f"m|{marked}|{form}|{rough}",
        f"o|{own}|{form}|{rough}", f"g|{negated}|{rough}", f"p|{passive}|{rough}", f"md|{modal}|{rough}",
        f"sd|{side}|{form}|{rough}",
        f"c|{strength}", f"cd|{strength}|{form}", f"ck|{strength}|{kind}", f"ct|{strength}|{parse.tags[cue]}",
        f"tt|{parse.tags[top]}|{form}",
        f"tf|{finite}|{form}|{rough}", f"k|{kind}|{form}",
        f"kn|{who.noun if who is not None and kind in ('noun', 'role', 'role1') else kind}",
        f"cw|{parse.deps[cue]}|{form}|{rough}", f"ss|{subject is not None}|{own}|{form}",
        f"x|{marked}|{own}|{side}|{rough}",
        f"ft|{word}|{marked}|{own}", f"in|{sum(s.inside[t] for t in run) * 2 > len(run)}|{form}",
    ]  # fmt: skip
