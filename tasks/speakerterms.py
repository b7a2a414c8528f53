"""The terms in which a speaker is weighed: what may be said of a mention, or of nobody, as the source of a quotation.

Pure. Each term is a short word; weights belong to these words, so whoever changes one has to learn them anew.
"""

import math
import re
from bisect import bisect_left
from collections.abc import Mapping
from typing import Final

from tasks import lexicon
from tasks.grammar import Layout, Mention, Sentence
from tasks.scene import History, Identities, Scene, Text, apart, bucket

_OWN: Final = lexicon.words("i we my our me us you your i'm i’m we're we’re don't don’t it's it’s he's he’s")
"""Words of somebody who speaks."""
_TOKEN: Final = re.compile(r"[^\W\d_]+|[,:;.(—–-]")
_SMALL: Final = lexicon.words("that the a an as to of in and who is was has had by at on for with not when but")


def features(text: Text, at: Scene, mention: Mention, history: History) -> tuple[list[str], tuple[int, int] | None]:
    """Describe a mention as the speaker of a quotation; and give (sentence, token) of the verb it would speak with."""
    layout, cues, known = text.layout, text.cues, text.known
    body, q = layout.body, at.quoted
    previous = history.spoken[-1] if history.spoken else None
    s = layout.sentences[mention.sentence]
    after = mention.start >= q.end
    place = "A" if after else "B"
    sd = max(-4, min(3, mention.sentence - (at.last if after else at.first)))
    pd = max(-3, min(1, mention.paragraph - at.paragraph))
    verb, path, cue = _best_verb(s, at, mention, cues)
    kind, rel = mention.kind, mention.relation
    low, high = (q.outer_end, mention.start) if after else (mention.end, q.outer)
    gap = max(0, high - low)
    subjects, quotes, speaking = _between(text, low, high)
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
    opens = s.mentions[0] is mention
    root = bool(s.parse.words) and bool(mention.verbs) and s.parse.deps[mention.verbs[0][0]] == "ROOT"
    name = (who[0].split()[-1] if who else "") if kind in ("pro3", "him") else body[mention.head_start : mention.end]
    inside = len(name) > 2 and name in body[q.start : q.end]
    found += [
        f"sp|{place}{same}|{speaking}|{cue}", f"sl|{speaking}|{where}|{rel}", f"so|{where}|{opens}|{rel}",
        f"sk|{where}|{root}|{cue}|{kind}", f"se|{inside}|{kind}", f"sn|{inside}|{where}|{cue}",
    ]  # fmt: skip
    if gap <= 60:
        run = _surface(body, low, high, cues)
        if after:
            behind = _behind(body, mention.end, cues)
            found += [f"uA|{run}|{kind}", f"uB|{run}|{behind}"]
        else:
            found += [f"uC|{run}|{at.lead}", f"uD|{run}|{kind}|{at.shape}"]
    if who:
        talk = min(text.talks.get(who[0], 0), 4)
        found += [f"f|{talk}|{kind}", f"fw|{talk}|{where}", f"fc|{talk}|{cue}|{at.cue}"]
    if previous is not None:
        then, speaker = previous
        distance = apart(then, at)
        equal = _equal(speaker, mention, known)
        found += [
            f"e|{equal}|{distance}", f"es|{equal}|{distance}|{at.shape}", f"ep|{equal}|{distance}|{where}|{rel}",
            f"eo|{equal}|{distance}|{then.quoted.closed}|{at.lead}", f"ec|{equal}|{distance}|{cue}|{path}",
        ]  # fmt: skip
        if len(history.spoken) > 1:
            earlier, who_then = history.spoken[-2]
            found.append(f"eb|{_equal(who_then, mention, known)}|{equal}|{distance}|{apart(earlier, at)}")
    return found, ((mention.sentence, verb) if verb is not None else None)


def nobody(text: Text, at: Scene, history: History) -> list[str]:
    """Describe nobody as the speaker: a title, a nickname, scare quotes."""
    layout, body, q = text.layout, text.layout.body, at.quoted
    previous = history.spoken[-1] if history.spoken else None
    said = body[q.start : q.end]
    words = said.split()
    capitals = sum(w[:1].isupper() for w in words)
    style = "all" if capitals == len(words) else "first" if words and words[0][:1].isupper() else "none"
    before = body[max(0, q.outer - 30) : q.outer].casefold().split()
    word = before[-1] if before else "^"
    length = min(at.words, 6) if at.words < 12 else 12
    gap = apart(previous[0], at) if previous is not None else "0"
    behind = body[q.outer_end : q.outer_end + 30].casefold().split()
    follows = behind[0].strip(".,;:") if behind and body[q.outer_end : q.outer_end + 1] == " " else "$"
    bare = [w.strip(".,;:!?").casefold() for w in words]
    own = any(w in _OWN for w in bare)
    hangs = _hangs(layout, at)
    found = [
        "0", f"0n|{length}", f"0l|{at.lead}", f"0c|{style}|{length}", f"0w|{word}", f"0q|{at.cue}|{length}",
        f"0lc|{at.lead}|{at.cue}|{style}", f"0a|{at.after}|{at.inside_end}", f"0e|{at.inside_end}|{length}|{style}",
        f"0s|{at.shape}|{style}", f"0p|{gap}|{at.shape}", f"0x|{word}|{style}", f"0y|{word}|{length}",
        f"0f|{len(layout.sentences[at.first].mentions) > 0}|{at.cue}",
        f"0z|{follows}", f"0zs|{follows}|{style}|{length}", f"0o|{own}|{length}", f"0h|{hangs}|{length}",
        f"0hs|{hangs}|{style}|{at.cue}", f"0u|{len(at.above)}|{length}", f"0k|{at.lead}|{hangs}",
    ]  # fmt: skip
    if history.last is not None:
        then, spoke = history.last
        found.append(f"0r|{spoke}|{apart(then, at)}|{length}|{then.words > 4}")
    if len(words) <= 2:
        found.append(f"0b|{' '.join(bare)}")
    return found


def _surface(body: str, low: int, high: int, cues: Mapping[str, float]) -> str:
    """Write down a short run of words by sort: how strong a cue, a name, which small word; `far` if more."""
    found: list[str] = []
    for match in _TOKEN.finditer(body, low, high):
        if len(found) == 4:
            return "far"
        word = match.group()
        small = word.casefold()
        share = cues.get(small, 0.0)
        plain = small in _SMALL or not word[0].isalpha()
        found.append(bucket(share) if share > 0 else small if plain else "X" if word[0].isupper() else "o")
    return " ".join(found)


def _behind(body: str, at: int, cues: Mapping[str, float]) -> str:
    """Give the sort of the word or sign that comes next."""
    match = _TOKEN.search(body, at, min(len(body), at + 20))
    return _surface(body, match.start(), match.end(), cues) if match else ""


def _hangs(layout: Layout, at: Scene) -> str:
    """Say on what the quotation hangs: the relation of its first head word, and the sort of word above."""
    found = []
    for index, token in at.roots:
        parse = layout.sentences[index].parse
        head = parse.heads[token]
        if head != token:
            found.append(f"{parse.deps[token]}<{parse.tags[head]}")
    return min(found, default="-")


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


def _between(text: Text, low: int, high: int) -> tuple[int, int, int]:
    if high <= low:
        return 0, 0, 0
    subjects, speaking = text.acting(low, high)
    first = bisect_left(text.layout.quoted_starts, low)
    near = text.layout.quoted[first : first + 4]  # three count, and the first may have its mark before the stretch
    quotes = sum(q.outer >= low and q.outer_end <= high for q in near)
    return min(subjects, 3), min(quotes, 3), min(speaking, 2)


def _tight(body: str, s: Sentence, at: Scene, m: Mention, verb: int | None, after: bool) -> str:
    if not s.parse.words:
        return "n"
    starts, ends = [m.start], [m.end]
    if verb is not None:
        starts.append(s.start + s.parse.at[verb])
        ends.append(starts[-1] + len(s.parse.words[verb]))
    if after:
        between = body[at.quoted.outer_end : min(starts)]
        return "A" if not between.strip(" ,—–-\u00a0") else "A1" if len(between.split(None, 2)) <= 2 else "a"
    between = body[max(ends) : at.quoted.outer]
    bare = between.strip(" ,:—–-\u00a0")
    return "B" if not bare else "B1" if len(bare.split(None, 2)) <= 2 else "b"


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
