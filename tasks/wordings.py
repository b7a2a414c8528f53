"""When two wordings are one statement, and two dated sentences one event. Pure: no store, no clock.

Two quotations are one statement if one holds the words of the other, or they share most of the weight of the shorter,
and no two different people are named as saying them. Two events are one if they are of one date and their sentences
share most of the weight of the shorter, or if a copy has the sentence letter for letter: what is `today` in one and
`today` in a reprint of the day after is one day, that of the earlier.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Any, Final, Literal

from storage.records import Carried, Reported, Speaker
from tasks import wordtable

SHARED: Final = 0.55
"""Share of the shorter one's weight that two wordings have in common. Nine remarks that five real articles carry in
several wordings (clips, translations, a retelling) lie at .57 and above; others of one person at .53 at most."""
SHARED_OPEN: Final = 0.8
"""The same where one of the two names no person as its speaker."""
FLOOR: Final = 45
"""Tenths of weight that overlapping wordings must share, about three telling words."""
SHARED_NEARLY: Final = 0.9
NEARLY_FLOOR: Final = 30
"""Tenths of weight that are enough where nothing but small words differs: 'no indication it is required' has 33."""
HELD_FLOOR: Final = 15
"""Tenths of weight of a fragment that another quotation holds word by word: 'vested interest' has 33."""
EVENT_SHARED: Final = 0.55
BESIDE: Final = 8
"""Words of the reporter's beside a fragment that are looked at for what another article quotes."""
MOVED: Final = 15
"""Tenths of weight that two or more of them must have in common for the quotation marks to have moved: 'serious
international' has 19. Names do not count."""
EDGE: Final = 3
"""Words of a fragment that may differ at the end from which the marks have moved."""
TELLING: Final = 3
"""How many of its heaviest words are looked for in other quotations."""

_Bond = Literal["same", "open", "none"]


@dataclass(frozen=True, slots=True)
class Words:
    """A wording: its tokens as one string to search in, the stems with their weights, the sum."""

    line: str
    stems: Counter[str]
    weight: dict[str, int]
    total: int


@dataclass(slots=True, eq=False)
class Node:
    """Quotations (or events) that no rule can tell apart: one story or article, one wording, one speaker.

    `quoted`: it stands between quotation marks; `lead` and `tail` are the reporter's words beside a fragment.
    """

    key: tuple[Any, ...]
    group: str
    words: Words
    speaker: Speaker | None
    date: str
    members: list[Any]
    articles: set[str]
    quoted: bool = False
    lead: tuple[str, ...] = ()
    tail: tuple[str, ...] = ()


def nodes_of(members: Iterable[Any]) -> dict[Any, Node]:
    nodes: dict[Any, Node] = {}
    for member in members:
        made = _quotation_node(member) if isinstance(member, Carried) else _event_node(member)
        node = nodes.setdefault(made.key, made)
        node.members.append(member)
        node.articles.add(member.article)
    return nodes


def _quotation_node(c: Carried) -> Node:
    q = c.quotation
    group, words = c.story or c.article, words_of(q.text)
    name = q.speaker and (fold(q.speaker.name), q.speaker.type)
    lead, tail, quoted = _own_words(c.lead)[-BESIDE:], _own_words(c.tail)[:BESIDE], q.type != "indirect"
    key = (group, words.line, name, quoted, lead, tail)
    return Node(key, group, words, q.speaker, "", [], set(), quoted, lead, tail)


def _own_words(text: str) -> tuple[str, ...]:
    """Give the words of a reporter without the names: of whom a fragment speaks has to be told outside of it."""
    return tuple(_token(token)[0] for token in wordtable.TOKEN.findall(text) if not token[0].isupper())


def _event_node(r: Reported) -> Node:
    # A time of the day does not tell two reports of one event apart.
    group, words, date = r.story or r.article, words_of(r.event.text), r.event.date[:10]
    return Node((group, words.line, date), group, words, None, date, [], set())


def wordings(members: Sequence[Carried | Reported]) -> dict[str, list[int]]:
    """Give, by story, the key of the earliest carrier of each wording."""
    found: dict[str, list[int]] = defaultdict(list)
    for node in nodes_of(members).values():
        first = min(node.members, key=rank)
        if first.story is not None:
            found[first.story].append(first.key)
    return dict(found)


def new_wordings(standing: Sequence[Carried | Reported], new: Sequence[Carried | Reported]) -> dict[str, list[int]]:
    """Give, by story, the key of the earliest carrier of each wording that is not among the `standing`."""
    known = nodes_of(standing).keys()
    fresh = [member for key, node in nodes_of(new).items() if key not in known for member in node.members]
    return wordings(fresh)


def candidates(nodes: list[Node], of: Collection[int] | None = None) -> Iterator[tuple[int, int]]:
    """Pairs worth comparing: with the same wording, or of one date with a telling word in common. Each pair once.

    `of` wants only those that one of these nodes has a part in. A thousand quotations may have half a million pairs, so
    they are never held together.
    """
    holding: dict[tuple[str, str], list[int]] = defaultdict(list)
    telling: dict[tuple[str, str], list[int]] = defaultdict(list)
    heaviest = [list(_marked(node, _heaviest(node.words))) for node in nodes]
    for i, node in enumerate(nodes):
        for word in _marked(node, node.words.weight):
            holding[word].append(i)
        for word in heaviest[i]:
            telling[word].append(i)
    wanted = range(len(nodes)) if of is None else sorted(of)
    for i in wanted:
        partners: set[int] = set()
        for word in heaviest[i]:
            partners.update(holding[word])
        for word in _marked(nodes[i], nodes[i].words.weight):
            partners.update(telling.get(word, ()))
        for j in sorted(partners):
            if i < j:
                yield i, j
            elif j < i and of is not None and j not in of:
                yield j, i


def _marked(node: Node, words: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Give words with the date that their node is of, and its whole wording like a word."""
    yield "", "=" + node.words.line
    for word in words:
        if node.words.weight[word]:
            yield node.date, word


def _heaviest(words: Words) -> list[str]:
    return sorted(words.weight, key=lambda word: (-words.weight[word], word))[:TELLING]


def linked_of(links: Collection[tuple[str, str]]) -> dict[str, set[str]]:
    linked: dict[str, set[str]] = defaultdict(set)
    for one, other in links:
        linked[one].add(other)
        linked[other].add(one)
    return linked


def may_meet(a: Node, b: Node, linked: dict[str, set[str]]) -> bool:
    if a.group == b.group:
        return True
    few, many = sorted((a.articles, b.articles), key=len)
    return any(not linked[article].isdisjoint(many) for article in few if article in linked)


def same_statement(a: Node, b: Node) -> bool:
    bond = _bond(a.speaker, b.speaker)
    if bond == "none":
        return False
    if a.words.line == b.words.line:
        return True
    brief, full = (a, b) if (a.words.total, a.words.line) <= (b.words.total, b.words.line) else (b, a)
    short, long = brief.words, full.words
    # What is held in another's own words, or by who may be another, says less.
    sure = bond == "same" and (full.quoted or not brief.quoted)
    if short.line in long.line and short.total >= HELD_FLOOR * (1 if sure else 2):
        return True
    shared = _shared(short, long)
    if shared >= short.total * SHARED_NEARLY:
        return shared >= NEARLY_FLOOR
    return shared >= FLOOR and shared >= short.total * (SHARED if bond == "same" else SHARED_OPEN)


def same_event(a: Node, b: Node) -> bool:
    if a.date != b.date:
        return a.words.line == b.words.line and a.group == b.group and a.words.total >= FLOOR
    short, long = sorted((a.words, b.words), key=lambda w: (w.total, w.line))
    shared = _shared(short, long)
    return short.line == long.line or (shared >= FLOOR and shared >= EVENT_SHARED * short.total)


def moved_marks(a: Node, b: Node) -> bool:
    """True if one puts words between quotation marks that the other has as its reporter's own, right beside a fragment.

    It takes two articles: one that tells a statement twice does not contradict itself.
    """
    if len(a.articles | b.articles) < 2 or a.words.line == b.words.line or not (a.quoted and b.quoted):
        return False
    return any(
        _moved(fragment.words.line, fragment.lead, fragment.tail, whole.words.line)
        for fragment, whole in ((a, b), (b, a))
        if fragment.lead or fragment.tail
    )


@lru_cache(maxsize=8192)
def _moved(fragment: str, lead: tuple[str, ...], tail: tuple[str, ...], whole: str) -> bool:
    """Lay the longest run of words that both quote one upon the other, and look what else the whole one quotes."""
    short, long = fragment.split(), whole.split()
    run = SequenceMatcher(None, short, long, autojunk=False).find_longest_match()
    if run.size < min(2, len(short)):
        return False
    weight = words_of(whole).weight
    before = long[max(0, run.b - BESIDE) : run.b] if run.a < EDGE else ()
    behind = long[run.b + run.size :][:BESIDE] if len(short) - run.a - run.size < EDGE else ()
    return max(_common(before, lead, weight), _common(behind, tail, weight)) >= MOVED


def _common(quoted: Sequence[str], told: Sequence[str], weight: Mapping[str, int]) -> int:
    both = {wordtable.stem(word) for word in quoted} & {wordtable.stem(word) for word in told}
    found = [heavy for stem in both if (heavy := weight.get(stem, 0))]
    return sum(found) if len(found) > 1 else 0


def _shared(a: Words, b: Words) -> int:
    return sum(a.weight[stem] * min(count, b.stems[stem]) for stem, count in a.stems.items() if stem in b.stems)


def person(node: Node) -> str | None:
    return node.speaker.name if node.speaker and node.speaker.type == "Person" else None


def _bond(a: Speaker | None, b: Speaker | None) -> _Bond:
    """`same` person or body, perhaps (`open`: one is not named, or speaks for a body), or `none`."""
    if a is None or b is None or a.type != b.type:
        return "open"
    if a.type != "Person":
        return "same" if _folded(a.name) == _folded(b.name) else "none"
    one, two = called(a), called(b)
    return "none" if one is None or two is None or are_two(one, two) else "same"


def called(speaker: Speaker | None) -> tuple[str, str] | None:
    """Give the surname of a person and the initial of the first name, "" if that is not told; None for all others."""
    words = _folded(speaker.name) if speaker is not None and speaker.type == "Person" else ()
    return (words[-1], words[0][0] if len(words) > 1 else "") if words else None


def are_two(one: tuple[str, str] | None, other: tuple[str, str] | None) -> bool:
    """True if two people are meant: another surname, or another initial where both are told."""
    if one is None or other is None or one == other:
        return False
    return one[0] != other[0] or (bool(one[1]) and bool(other[1]))


@lru_cache(maxsize=4096)
def _folded(name: str) -> tuple[str, ...]:
    return tuple(fold(name).split())


@lru_cache(maxsize=4096)
def fold(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.casefold())
    return re.sub(r"[^\w\s]+", " ", "".join(c for c in plain if not unicodedata.combining(c))).strip()


@lru_cache(maxsize=8192)
def words_of(text: str) -> Words:
    tokens = [_token(token) for token in wordtable.TOKEN.findall(text)]
    weight: dict[str, int] = {}
    for place, (_, stem, heavy, capital) in enumerate(tokens):
        # Names say whom it is about, and all of a story is about the same few.
        weight[stem] = max(weight.get(stem, 0), heavy // 3 if place and capital else heavy)
    stems = Counter(stem for _, stem, _, _ in tokens)
    total = sum(weight[stem] * count for stem, count in stems.items())
    return Words(f" {' '.join(lower for lower, _, _, _ in tokens)} ", stems, weight, total)


@lru_cache(maxsize=65536)
def _token(token: str) -> tuple[str, str, int, bool]:
    """Give a token in lower case, its stem, its weight in tenths, and whether it begins with a capital."""
    lower = token.casefold().replace("’", "'")
    return lower, wordtable.stem(lower), wordtable.weigh(lower, lower)[0], token[0].isupper()


def rank(member: Carried | Reported) -> tuple[datetime, str, int]:
    start = member.quotation.start if isinstance(member, Carried) else member.event.start
    return member.published_at or datetime.max.replace(tzinfo=UTC), member.article, start
