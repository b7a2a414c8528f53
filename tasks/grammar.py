"""What a parsed sentence offers as a speaker: noun phrases outside quotation marks, and the verbs they can speak with.

Pure: parses in, plain values out; no store, no network, no clock, no spaCy object.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from tasks import lexicon, quotemarks, sentences
from tasks.parsing import Parse

_WORD: Final = re.compile(r"[^\W\d_]+")
_CALENDAR: Final = lexicon.words(
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august "
    "september october november december today yesterday tomorrow week month year day morning afternoon evening night "
    "weekend time hour minute decade spring summer autumn fall winter"
)
_BLANK: Final = re.compile(r"\s")
LONG_QUOTE: Final = 12
KEPT: Final = 4
"""Words kept at each end of a quoted stretch that has more than `LONG_QUOTE` blanks; the development set's scores are
the same with and without, and a third of the words go unparsed."""

_PRONOUNS: Final = {
    "he": "pro3", "she": "pro3", "his": "pro3", "her": "pro3", "him": "him", "they": "they", "them": "him",
    "their": "they", "it": "it", "its": "it", "i": "i", "we": "i", "my": "i", "our": "i", "who": "who",
    "which": "who", "that": "who", "whom": "who",
}  # fmt: skip
_RELATIONS: Final = lexicon.words(
    "nsubj nsubjpass pobj poss dobj dative appos conj attr ROOT npadvmod nmod compound oprd dep csubj"
)
_CARRIES_ON: Final = lexicon.words("conj advcl xcomp prep pcomp dep")
_SUBJECTS: Final = frozenset(("nsubj", "nsubjpass", "csubj", "expl"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A noun phrase that may be a speaker. `verbs` are (token, depth) in its sentence, the governing verb first.

    `kind` is full, name, pro3, they, i, it, who, him, role, role1 or noun; `relation` its place in the sentence.
    """

    start: int
    end: int
    sentence: int
    paragraph: int
    token: int
    relation: str
    kind: str
    noun: str
    head_start: int
    verbs: tuple[tuple[int, int], ...]

    def __hash__(self) -> int:
        """Hash by place alone: mentions are looked up some twenty thousand times a text."""
        return self.head_start


@dataclass(slots=True)
class Sentence:
    """One sentence of the body, and its parse if it was worth one. `inside` marks the tokens within quotation marks."""

    index: int
    paragraph: int
    start: int
    end: int
    parse: Parse = field(default_factory=Parse)
    inside: list[bool] = field(default_factory=list)
    children: list[list[int]] = field(default_factory=list)
    mentions: list[Mention] = field(default_factory=list)


@dataclass(slots=True)
class Layout:
    """A body cut up: paragraphs, sentences in order, and what stands between quotation marks."""

    body: str
    paragraphs: list[tuple[int, int]]
    sentences: list[Sentence]
    quoted: list[quotemarks.Quoted]
    sentence_starts: list[int] = field(default_factory=list)
    quoted_starts: list[int] = field(default_factory=list)

    def quoted_within(self, start: int, end: int) -> list[quotemarks.Quoted]:
        """Give the quoted stretches that overlap a stretch, marks included, in order."""
        low = max(0, bisect_right(self.quoted_starts, start) - 1)
        high = bisect_left(self.quoted_starts, end)
        return [q for q in self.quoted[low:high] if q.outer_end > start]

    def is_quoted(self, offset: int) -> bool:
        """True for what stands between quotation marks."""
        i = bisect_right(self.quoted_starts, offset) - 1
        return i >= 0 and self.quoted[i].start <= offset < self.quoted[i].end

    def sentence_at(self, offset: int) -> int:
        """Give the index of the sentence that holds an offset, or the last one before it."""
        return max(0, bisect_right(self.sentence_starts, offset) - 1)


def lay_out(body: str) -> Layout:
    """Cut a body into paragraphs, sentences and quoted stretches."""
    lines = quotemarks.paragraphs(body)
    found: list[Sentence] = []
    for number, (start, end) in enumerate(lines):
        for a, b in sentences.split(body, start, end):
            found.append(Sentence(len(found), number, a, b))
    quoted = quotemarks.pair(body)
    return Layout(body, lines, found, quoted, [s.start for s in found], [q.outer for q in quoted])


def outside(layout: Layout, sentence: Sentence) -> str:
    """Give the text of a sentence with everything inside quotation marks blanked out, at the same length."""
    text = layout.body[sentence.start : sentence.end]
    for q in layout.quoted_within(sentence.start, sentence.end):
        a, b = max(0, q.outer - sentence.start), min(len(text), q.outer_end - sentence.start)
        text = text[:a] + " " * (b - a) + text[b:]
    return text


def shortened(layout: Layout, sentence: Sentence) -> str:
    """Give the text of a sentence for the parser: a long stretch inside quotation marks keeps its two ends only.

    Most of what would be parsed is quoted, and how it hangs on its speaker shows at its edges.
    """
    body, at, kept = layout.body, sentence.start, ""
    for start, end in cuts(layout, sentence):
        kept += body[at:start]
        at = end
    return kept + body[at : sentence.end]


def cuts(layout: Layout, sentence: Sentence) -> list[tuple[int, int]]:
    """Give the stretches of a sentence that `shortened` leaves out, in order."""
    found: list[tuple[int, int]] = []
    for q in layout.quoted_within(sentence.start, sentence.end):
        if q.start >= sentence.end or q.end <= sentence.start:
            continue
        spaces = [
            m.start() for m in _BLANK.finditer(layout.body, max(q.start, sentence.start), min(q.end, sentence.end))
        ]
        if len(spaces) > LONG_QUOTE:
            found.append((spaces[KEPT - 1], spaces[-KEPT]))
    return found


def place(layout: Layout, sentence: Sentence, parse: Parse) -> Parse:
    """Turn the offsets of a parse of the shortened text into offsets of the whole sentence."""
    for start, end in cuts(layout, sentence):
        parse.at = [at + end - start if sentence.start + at >= start else at for at in parse.at]
    return parse


def words_of(text: str) -> list[str]:
    """Give the words of a text, in lower case."""
    return [w.casefold() for w in _WORD.findall(text)]


def attach(
    layout: Layout, sentence: Sentence, parse: Parse, heads: Mapping[str, float], cues: Mapping[str, float]
) -> None:
    """Give a sentence its parse and find the mentions in it.

    `heads` says how often a noun is a speaker's head noun, `cues` how often a word is a speech cue, both 0.0 to 1.0.
    """
    sentence.parse = parse
    _unmake_modals(parse)
    sentence.inside = _inside(layout, sentence, parse)
    sentence.children = [[] for _ in parse.words]
    for i, head in enumerate(parse.heads):
        if head != i:
            sentence.children[head].append(i)
    for i in range(len(parse.words)):
        mention = None if sentence.inside[i] else _mention(sentence, i, heads, cues)
        if mention is not None:
            sentence.mentions.append(mention)


def _unmake_modals(parse: Parse) -> None:
    """Take `May said` and `Will said` for what they are: a modal never stands before a finite verb."""
    for i in range(len(parse.tags) - 1):
        if parse.tags[i] == "MD" and parse.words[i][0].isupper() and parse.tags[i + 1] in ("VBD", "VBZ"):
            parse.tags[i], parse.deps[i], parse.heads[i] = "NNP", "nsubj", i + 1


def _inside(layout: Layout, sentence: Sentence, parse: Parse) -> list[bool]:
    spans = [(q.outer, q.outer_end) for q in layout.quoted_within(sentence.start, sentence.end)]
    if not spans:
        return [False] * len(parse.words)
    return [any(a <= sentence.start + at < b for a, b in spans) for at in parse.at]


def _mention(s: Sentence, i: int, heads: Mapping[str, float], cues: Mapping[str, float]) -> Mention | None:
    parse = s.parse
    tag, dep, word = parse.tags[i], parse.deps[i], parse.words[i]
    low = word.casefold()
    if tag in ("PRP", "PRP$", "WP", "WDT", "WP$"):
        kind = _PRONOUNS.get(low)
        if kind is None or (kind == "who" and dep not in _SUBJECTS) or dep not in _RELATIONS:
            return None
    elif tag in ("NNP", "NNPS"):
        if (
            dep not in _RELATIONS
            or dep in ("compound", "nmod", "npadvmod")
            or (low in _CALENDAR and not _speaks(parse, i, cues))
            or not word[0].isalnum()
        ):
            return None
        before = i > 0 and parse.tags[i - 1] in ("NNP", "NNPS") and parse.heads[i - 1] == i
        kind = "full" if before else "name"
    elif tag in ("NN", "NNS"):
        share = heads.get(low, 0.0)
        if dep not in _RELATIONS or dep in ("compound", "nmod", "npadvmod") or low in _CALENDAR:
            return None
        if share < 0.03 and dep != "nsubj":
            return None
        kind = "role" if share >= 0.3 else "role1" if share >= 0.1 else "noun"
    elif tag in ("CD", "DT", "JJ", "JJS", "JJR") and dep in ("nsubj", "nsubjpass"):
        kind = "noun"
    else:
        return None
    relation, verbs = _place(s, i, cues, 0)
    first, last = _phrase(s, i)
    return Mention(
        start=s.start + parse.at[first],
        end=s.start + parse.at[last] + len(parse.words[last]),
        sentence=s.index,
        paragraph=s.paragraph,
        token=i,
        relation=relation,
        kind=kind,
        noun=low,
        head_start=s.start + parse.at[i],
        verbs=verbs,
    )


def _speaks(parse: Parse, i: int, cues: Mapping[str, float]) -> bool:
    """True for the subject of a speech verb: `May said` and `Winter said` name no time of the year."""
    return parse.deps[i] == "nsubj" and cues.get(parse.words[parse.heads[i]].casefold(), 0.0) >= 0.5


def _phrase(s: Sentence, i: int) -> tuple[int, int]:
    """Give the first and last token of the noun phrase up to its head: the head with what stands before it in it."""
    parse = s.parse
    first = i
    for j in range(i - 1, -1, -1):
        up = j
        while parse.heads[up] != up and not i <= up:
            up = parse.heads[up]
        if up != i or s.inside[j] or parse.deps[j] in ("punct", "cc", "conj", "appos", "relcl", "prep", "mark"):
            joined = up == i and parse.words[j] in ("-", "–", "'", "’", ".") and not s.inside[j]
            if not joined:
                break
        first = j
    return first, i


def _place(s: Sentence, i: int, cues: Mapping[str, float], depth: int) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Give the relation of a noun and the verbs it can speak with."""
    parse = s.parse
    dep, head = parse.deps[i], parse.heads[i]
    if dep in ("nsubj", "nsubjpass", "csubj"):
        relative = parse.deps[head] == "relcl" and parse.tags[i] in ("WP", "WDT")
        return ("relsubj" if relative else dep), carriers(s, head)
    if dep == "pobj":
        preposition = parse.words[head].casefold()
        over = parse.heads[head]
        if preposition == "to" and parse.words[over].casefold() == "according":
            return "acc", ((over, 0),)
        if preposition in ("by", "from", "of", "to", "for", "in", "with", "at", "on", "as", "about", "against"):
            name = "p_" + preposition
        else:
            name = "p_x"
        speaks = parse.tags[over].startswith("V") or cues.get(parse.words[over].casefold(), 0.0) > 0
        return name, (((over, 0),) if speaks and over != head else ())
    if dep == "poss":
        cued = "+c" if cues.get(parse.words[head].casefold(), 0.0) >= 0.12 else ""
        place = "poss_s" if parse.deps[head] in ("nsubj", "nsubjpass") else "poss_o"
        verbs = carriers(s, parse.heads[head]) if place == "poss_s" else ()
        return place + cued, ((head, 0), *verbs) if cued else verbs
    if dep in ("appos", "conj") and depth < 4 and head != i:
        joined, verbs = _place(s, head, cues, depth + 1)
        return f"{dep}<{joined.split('<')[-1]}", verbs
    if dep in ("dobj", "dative", "attr", "oprd"):
        return dep, ((head, 0),)
    return dep, ()


def carriers(s: Sentence, verb: int) -> tuple[tuple[int, int], ...]:
    """Give a verb and the verbs joined to it that have no subject of their own, with their depth (at most two down)."""
    parse = s.parse
    found: list[tuple[int, int]] = []
    waiting = [(verb, 0)]
    while waiting and len(found) < 12:
        v, depth = waiting.pop(0)
        found.append((v, depth))
        if depth >= 3:
            continue
        for child in s.children[v]:
            dep = parse.deps[child]
            if dep not in _CARRIES_ON:
                continue
            if dep == "prep":
                waiting += [(g, depth + 1) for g in s.children[child] if parse.deps[g] == "pcomp"]
            elif parse.tags[child].startswith("V") and not any(parse.deps[g] in _SUBJECTS for g in s.children[child]):
                waiting.append((child, depth + 1))
    return tuple(found)
