"""What is true of a quotation whoever said it, and of its text: the ground on which its speaker is chosen.

Pure: layouts in, plain values out. Lexicons are learnt (`tasks/data/quotes.json.gz`) and come as arguments.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from tasks.grammar import Layout, Mention
from tasks.quotemarks import Quoted

Identities = Mapping[Mention, tuple[str, str]]
"""Who a mention names, where that is known without the quotation: (name, type)."""


@dataclass(frozen=True, slots=True)
class Text:
    """What is looked at for every quotation of a text; `talks` counts the speech verbs whose subject a name is.

    `subjects` are the places of those who act or speak, `speaking` how many of them up to each have spoken.
    """

    layout: Layout
    cues: Mapping[str, float]
    known: Identities
    talks: Mapping[str, int]
    subjects: Sequence[int]
    speaking: Sequence[int]

    def acting(self, low: int, high: int) -> tuple[int, int]:
        """Count those who act in a stretch, and those of them who speak."""
        a, b = bisect_left(self.subjects, low), bisect_left(self.subjects, high)
        return b - a, self.speaking[b] - self.speaking[a]


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


@dataclass(slots=True)
class History:
    """The quotations before: those with a speaker, and the last one with whether it had any."""

    spoken: list[tuple[Scene, Mention]]
    last: tuple[Scene, bool] | None = None

    def add(self, at: Scene, mention: Mention | None) -> None:
        """Take down who was chosen."""
        self.last = at, mention is not None
        if mention is not None:
            self.spoken.append((at, mention))

    @property
    def speaker(self) -> Mention | None:
        """Whoever spoke last."""
        return self.spoken[-1][1] if self.spoken else None


def speaks(layout: Layout, cues: Mapping[str, float], m: Mention) -> bool:
    """True for whoever is the subject of a likely speech verb."""
    words = layout.sentences[m.sentence].parse.words
    return bool(m.verbs) and (
        m.relation == "acc" or (bool(words) and cues.get(words[m.verbs[0][0]].casefold(), 0.0) >= 0.5)
    )


def text(layout: Layout, cues: Mapping[str, float], known: Identities) -> Text:
    """Put together what is known of a text."""
    talks: Counter[str] = Counter()
    for m, (name, _) in known.items():
        talks[name] += m.relation in ("nsubj", "acc") and speaks(layout, cues, m)
    acting = (m for s in layout.sentences for m in s.mentions if m.relation.startswith(("nsubj", "acc", "relsubj")))
    ordered = sorted((m.start, speaks(layout, cues, m)) for m in acting)
    spoken = accumulate((speaking for _, speaking in ordered), initial=0)
    return Text(layout, cues, known, talks, [start for start, _ in ordered], list(spoken))


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


def apart(then: Scene, now: Scene) -> str:
    if then.last >= now.first:
        return "sent"
    if then.paragraph == now.paragraph:
        return "para"
    return "next" if now.paragraph - then.paragraph == 1 else "far"
