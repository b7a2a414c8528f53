"""Which quotations of several articles are one statement, and which events are one. Pure: no store, no clock.

Only articles of one story, or that a relation links, are compared. Two quotations are one statement if one holds the
words of the other, or they share most of the weight of the shorter, and no two different people are named as saying
them. Two events are one if they are of one date and their sentences share most of the weight of the shorter. What is
tied to one another, directly or through others, is one: so the outcome never depends on the order of arrival.
"""

import hashlib
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, Literal

from storage.records import Agreement, Carried, Occurrence, Quotation, Reported, Speaker, Statement
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
TELLING: Final = 3
"""How many of its heaviest words are looked for in other quotations."""

_Bond = Literal["same", "open", "none"]


@dataclass(frozen=True, slots=True)
class _Words:
    """A wording: its tokens as one string to search in, the stems with their weights, the sum."""

    line: str
    stems: Counter[str]
    weight: dict[str, int]
    total: int


@dataclass(slots=True, eq=False)
class _Node:
    """Quotations (or events) that no rule can tell apart: one story or article, one wording, one speaker."""

    group: str
    words: _Words
    speaker: Speaker | None
    date: str
    members: list[Any]
    articles: set[str]


def group_quotations(carried: Sequence[Carried], links: Collection[tuple[str, str]]) -> tuple[Statement, ...]:
    """Put quotations together that are one statement; each is in exactly one. `links` are pairs of related articles.

    The order of `carried` does not matter. Statements come by id.
    """
    nodes: dict[Any, _Node] = {}
    for c in carried:
        q = c.quotation
        group = c.story or c.article
        name = q.speaker and (_fold(q.speaker.name), q.speaker.type)
        words = _words(q.text)
        node = nodes.setdefault((group, words.line, name), _Node(group, words, q.speaker, "", [], set()))
        node.members.append(c)
        node.articles.add(c.article)
    found = _tie(list(nodes.values()), links, _same_statement)
    return tuple(sorted((_statement(cluster) for cluster in found), key=lambda s: s.id))


def group_events(reported: Sequence[Reported], links: Collection[tuple[str, str]]) -> tuple[Occurrence, ...]:
    """Put events together that are one; each is in exactly one. As `group_quotations`."""
    nodes: dict[Any, _Node] = {}
    for r in reported:
        group = r.story or r.article
        words = _words(r.event.text)
        date = r.event.date[:10]  # a time of the day does not tell two reports of one event apart
        node = nodes.setdefault((group, words.line, date), _Node(group, words, None, date, [], set()))
        node.members.append(r)
        node.articles.add(r.article)
    found = _tie(list(nodes.values()), links, _same_event)
    return tuple(sorted((_occurrence(cluster) for cluster in found), key=lambda o: o.id))


def _tie(
    nodes: list[_Node], links: Collection[tuple[str, str]], same: Callable[[_Node, _Node], bool]
) -> list[list[_Node]]:
    """Join nodes that are the same, through others too; but nothing that would join two different speakers."""
    linked: dict[str, set[str]] = defaultdict(set)
    for one, other in links:
        linked[one].add(other)
        linked[other].add(one)
    pairs = [
        (nodes[i], nodes[j])
        for i, j in _candidates(nodes)
        if _may_meet(nodes[i], nodes[j], linked) and same(nodes[i], nodes[j])
    ]
    # First what has a named speaker, and apart from it what has none. Then an unnamed family joins a named one, unless
    # it is tied to several: it could be anyone's then.
    head = {id(n): n for n in nodes}
    for a, b in pairs:
        if (_person(a) is None) == (_person(b) is None):
            head[id(_find(head, a))] = _find(head, b)
    toward: dict[int, set[int]] = defaultdict(set)
    for a, b in pairs:
        if (_person(a) is None) != (_person(b) is None):
            unnamed, named = (a, b) if _person(a) is None else (b, a)
            toward[id(_find(head, unnamed))].add(id(_find(head, named)))
    named_families = {key: families for key, families in toward.items() if len(families) == 1}
    by_key = {id(n): n for n in nodes}
    for key, families in named_families.items():
        head[key] = by_key[next(iter(families))]
    clusters: dict[int, list[_Node]] = defaultdict(list)
    for n in nodes:
        clusters[id(_find(head, n))].append(n)
    return list(clusters.values())


def _find(head: dict[int, _Node], node: _Node) -> _Node:
    while (above := head[id(node)]) is not node:
        head[id(node)] = head[id(above)]
        node = above
    return node


def _candidates(nodes: list[_Node]) -> Iterable[tuple[int, int]]:
    """Pairs worth comparing: the same wording, or a telling word in common. Each pair once."""
    holding: dict[str, list[int]] = defaultdict(list)
    for i, node in enumerate(nodes):
        holding["=" + node.words.line].append(i)
        for word, weight in node.words.weight.items():
            if weight:
                holding[word].append(i)
    pairs: set[tuple[int, int]] = set()
    for i, node in enumerate(nodes):
        heaviest = sorted(node.words.weight, key=lambda word: (-node.words.weight[word], word))[:TELLING]
        for word in ("=" + node.words.line, *heaviest):
            pairs.update((min(i, j), max(i, j)) for j in holding.get(word, ()) if i != j)
    return sorted(pairs)


def _may_meet(a: _Node, b: _Node, linked: dict[str, set[str]]) -> bool:
    if a.group == b.group:
        return True
    few, many = sorted((a.articles, b.articles), key=len)
    return any(not linked[article].isdisjoint(many) for article in few if article in linked)


def _same_statement(a: _Node, b: _Node) -> bool:
    bond = _bond(a.speaker, b.speaker)
    if bond == "none":
        return False
    if a.words.line == b.words.line:
        return True
    short, long = sorted((a.words, b.words), key=lambda w: (w.total, w.line))
    if short.line in long.line and short.total >= HELD_FLOOR * (1 if bond == "same" else 2):
        return True
    shared = _shared(short, long)
    if shared >= short.total * SHARED_NEARLY:
        return shared >= NEARLY_FLOOR
    return shared >= FLOOR and shared >= short.total * (SHARED if bond == "same" else SHARED_OPEN)


def _same_event(a: _Node, b: _Node) -> bool:
    if a.date != b.date:
        return False
    short, long = sorted((a.words, b.words), key=lambda w: (w.total, w.line))
    shared = _shared(short, long)
    return short.line == long.line or (shared >= FLOOR and shared >= EVENT_SHARED * short.total)


def _shared(a: _Words, b: _Words) -> int:
    return sum(a.weight[stem] * min(count, b.stems[stem]) for stem, count in a.stems.items() if stem in b.stems)


def _person(node: _Node) -> str | None:
    return node.speaker.name if node.speaker and node.speaker.type == "Person" else None


def _bond(a: Speaker | None, b: Speaker | None) -> _Bond:
    """`same` person or body, perhaps (`open`: one is not named, or speaks for a body), or `none`."""
    if a is None or b is None or a.type != b.type:
        return "open"
    one, two = _fold(a.name).split(), _fold(b.name).split()
    if a.type != "Person":
        return "same" if one == two else "none"
    if not one or not two or one[-1] != two[-1]:
        return "none"
    # Two full names with one surname: a first name, or its initial, must agree.
    return "same" if len(one) == 1 or len(two) == 1 or one[0][0] == two[0][0] else "none"


@lru_cache(maxsize=4096)
def _fold(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.casefold())
    return re.sub(r"[^\w\s]+", " ", "".join(c for c in plain if not unicodedata.combining(c))).strip()


@lru_cache(maxsize=8192)
def _words(text: str) -> _Words:
    tokens = [_token(token) for token in wordtable.TOKEN.findall(text)]
    weight: dict[str, int] = {}
    for place, (_, stem, heavy, capital) in enumerate(tokens):
        # Names say whom it is about, and all of a story is about the same few.
        weight[stem] = max(weight.get(stem, 0), heavy // 3 if place and capital else heavy)
    stems = Counter(stem for _, stem, _, _ in tokens)
    total = sum(weight[stem] * count for stem, count in stems.items())
    return _Words(f" {' '.join(lower for lower, _, _, _ in tokens)} ", stems, weight, total)


@lru_cache(maxsize=65536)
def _token(token: str) -> tuple[str, str, int, bool]:
    """Give a token in lower case, its stem, its weight in tenths, and whether it begins with a capital."""
    lower = token.casefold().replace("’", "'")
    return lower, wordtable.stem(lower), wordtable.weigh(lower, lower)[0], token[0].isupper()


def _rank(published_at: datetime | None, article: str, start: int) -> tuple[bool, datetime, str, int]:
    return published_at is None, published_at or datetime.max.replace(tzinfo=UTC), article, start


def _statement(cluster: list[_Node]) -> Statement:
    carried: list[Carried] = sorted(
        (c for node in cluster for c in node.members), key=lambda c: _rank(c.published_at, c.article, c.quotation.start)
    )
    said = next((c.quotation for c in carried if c.quotation.said), None)
    speaker = _speaker([c.quotation.speaker for c in carried if c.quotation.speaker])
    # The fullest wording that somebody puts between quotation marks speaks for all.
    order = {"direct": 2, "mixed": 1, "indirect": 0}
    fullest = max((c.quotation for c in reversed(carried)), key=lambda q: (order[q.type], len(q.text)))
    first = carried[0]
    return Statement(
        id=_name(first.article, _words(first.quotation.text).line, _fold(speaker.name) if speaker else ""),
        text=fullest.text,
        type=fullest.type,
        speaker=speaker.name if speaker else None,
        speaker_type=speaker.type if speaker else None,
        said=said.said if said else None,
        said_basis=said.said_basis if said else None,
        agreement=_agreement([(c.article, c.quotation) for c in carried]),
        members=tuple(c.key for c in carried),
    )


def _speaker(named: list[Speaker]) -> Speaker | None:
    """The one most often named, a person before a body, under the fullest name."""
    if not named:
        return None
    counted = Counter((s.type == "Person", s.type, s.name) for s in named)
    _, type_, _ = max(counted, key=lambda s: (s[0], counted[s], s))
    name = max((s.name for s in named if s.type == type_), key=lambda name: (len(name.split()), len(name), name))
    return Speaker(name=name, type=type_)


def _agreement(carried: list[tuple[str, Quotation]]) -> Agreement:
    """`disputed` if one article only reports what another puts between quotation marks."""
    quoting = {article for article, q in carried if q.type != "indirect"}
    if quoting and any(article not in quoting for article, _ in carried):
        return "disputed"
    return "same" if len({_words(q.text).line for _, q in carried}) == 1 else "variant"


def _occurrence(cluster: list[_Node]) -> Occurrence:
    reported: list[Reported] = sorted(
        (r for node in cluster for r in node.members), key=lambda r: _rank(r.published_at, r.article, r.event.start)
    )
    first = reported[0]
    finest = max((r.event for r in reversed(reported)), key=lambda e: (e.precision == "time", len(e.date)))
    return Occurrence(
        id=_name(first.article, first.event.date[:10], _words(first.event.text).line),
        date=finest.date,
        precision=finest.precision,
        text=first.event.text,
        people=tuple(sorted({name for r in reported for name in r.event.people})),
        members=tuple(r.key for r in reported),
    )


def _name(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]
