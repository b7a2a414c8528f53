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
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, Literal, NamedTuple

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

    key: tuple[Any, ...]
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
    found = _tie(list(_nodes(carried).values()), links, _same_statement)
    return tuple(sorted((_statement(cluster) for cluster in found), key=lambda s: s.id))


def group_events(reported: Sequence[Reported], links: Collection[tuple[str, str]]) -> tuple[Occurrence, ...]:
    """Put events together that are one; each is in exactly one. As `group_quotations`."""
    found = _tie(list(_nodes(reported).values()), links, _same_event)
    return tuple(sorted((_occurrence(cluster) for cluster in found), key=lambda o: o.id))


def wordings(members: Sequence[Carried | Reported]) -> dict[str, list[int]]:
    """Give, by story, the key of the earliest carrier of each wording."""
    found: dict[str, list[int]] = defaultdict(list)
    for node in _nodes(members).values():
        first = min(node.members, key=_member_rank)
        if first.story is not None:
            found[first.story].append(first.key)
    return dict(found)


def new_wordings(standing: Sequence[Carried | Reported], new: Sequence[Carried | Reported]) -> dict[str, list[int]]:
    """Give, by story, the key of the earliest carrier of each wording that is not among the `standing`."""
    known = _nodes(standing).keys()
    fresh = [member for key, node in _nodes(new).items() if key not in known for member in node.members]
    return wordings(fresh)


def add_quotations(
    known: Mapping[int, Statement],
    standing: Sequence[Carried],
    new: Sequence[Carried],
    links: Collection[tuple[str, str]],
) -> list[Statement] | None:
    """Put what new articles of a story carry beside what is there, or give None if it takes looking at all of it.

    `standing` is the earliest carrier of each wording in the story (`wordings`) and what linked articles of other
    stories carry; `known` gives the statement of each by its key. Gives the statements that are new or have more
    carriers now; `members` are only the new ones. The outcome is that of `group_quotations` over everything.
    """
    found = _add(known, standing, new, links, _same_statement)
    return found and _absorb(found, _with_quotation, _statement)


def add_events(
    known: Mapping[int, Occurrence],
    standing: Sequence[Reported],
    new: Sequence[Reported],
    links: Collection[tuple[str, str]],
) -> list[Occurrence] | None:
    """Put what new articles of a story report beside what is there. As `add_quotations`."""
    found = _add(known, standing, new, links, _same_event)
    return found and _absorb(found, _with_event, _occurrence)


def _nodes(members: Iterable[Any]) -> dict[Any, _Node]:
    nodes: dict[Any, _Node] = {}
    for member in members:
        made = _quotation_node(member) if isinstance(member, Carried) else _event_node(member)
        node = nodes.setdefault(made.key, made)
        node.members.append(member)
        node.articles.add(member.article)
    return nodes


def _quotation_node(c: Carried) -> _Node:
    q = c.quotation
    group, words = c.story or c.article, _words(q.text)
    name = q.speaker and (_fold(q.speaker.name), q.speaker.type)
    return _Node((group, words.line, name), group, words, q.speaker, "", [], set())


def _event_node(r: Reported) -> _Node:
    # A time of the day does not tell two reports of one event apart.
    group, words, date = r.story or r.article, _words(r.event.text), r.event.date[:10]
    return _Node((group, words.line, date), group, words, None, date, [], set())


class _Added(NamedTuple):
    """For each cluster that gets more members: it, the present members at hand, the new ones; and the new clusters."""

    joined: list[tuple[Any, list[Any], list[Any]]]
    fresh: list[list[_Node]]


def _add(
    known: Mapping[int, Any],
    standing: Sequence[Any],
    new: Sequence[Any],
    links: Collection[tuple[str, str]],
    same: Callable[[_Node, _Node], bool],
) -> _Added | None:
    """Find the cluster that each new wording is tied to, and group those that are tied to none.

    None where one would tie clusters that are there to each other, or name a person beside those who are named.
    """
    nodes, fresh = _nodes(standing), _nodes(new)
    cluster = {key: known[node.members[0].key].id for key, node in nodes.items()}
    for key, node in fresh.items():
        if key in nodes:
            nodes[key].articles |= node.articles
    every = [*nodes.values(), *(node for key, node in fresh.items() if key not in nodes)]
    linked = _linked(links)
    ties = [
        (every[i], every[j])
        for i, j in _candidates(every, {i for i, node in enumerate(every) if node.key in fresh})
        if _may_meet(every[i], every[j], linked) and same(every[i], every[j])
    ]
    towards: dict[Any, set[str]] = defaultdict(set)
    named: set[Any] = set()
    among: set[Any] = set()
    for tie in ties:
        for here, there in (tie, tie[::-1]):
            if there.key in cluster:
                towards[here.key].add(cluster[there.key])
                if _person(here) is None or _person(there) is not None:
                    named.add(here.key)
            elif here.key not in cluster:
                among.add(here.key)
    for key in fresh:
        if key in cluster:
            towards[key].add(cluster[key])
        elif towards[key] and (key not in named or key in among):
            return None
        if len(towards[key]) > 1:
            return None
    by_id = {statement.id: statement for statement in known.values()}
    present: dict[str, list[Any]] = defaultdict(list)
    for member in standing:
        present[known[member.key].id].append(member)
    more: dict[str, list[Any]] = defaultdict(list)
    for key, node in fresh.items():
        for id_ in towards[key]:
            more[id_] += node.members
    joined = [(by_id[id_], present[id_], sorted(more[id_], key=_member_rank)) for id_ in sorted(more)]
    return _Added(joined, _tie([node for key, node in fresh.items() if not towards[key]], links, same))


def _absorb(found: _Added, join: Callable[[Any, list[Any], Any], Any], make: Callable[[list[_Node]], Any]) -> Any:
    grown: list[Any] = []
    for cluster, present, members in found.joined:
        whole = cluster
        for member in members:
            if (whole := join(whole, present, member)) is None:
                return None
        grown.append(replace(whole, members=tuple(m.key for m in members)))
    return [*grown, *map(make, found.fresh)]


def _with_quotation(statement: Statement, present: Sequence[Carried], member: Carried) -> Statement | None:
    """Give a statement as it reads with one more carrier, or None where that depends on carriers not at hand."""
    q, here = member.quotation, _member_rank(member)
    fuller = _fullness(q.type, q.text), _fullness(statement.type, statement.text)
    later = [c for c in present if _member_rank(c) < here]
    if not later or (fuller[0] == fuller[1] and q.text != statement.text):
        return None
    if q.said is not None and q.said != statement.said and not any(c.quotation.said for c in later):
        return None
    quoted = statement.type != "indirect"
    if quoted and q.type == "indirect" and statement.agreement != "disputed":
        return None
    alike = _words(q.text).line == _words(statement.text).line
    agreement: Agreement = statement.agreement if alike or statement.agreement == "disputed" else "variant"
    held = Speaker(name=statement.speaker, type=statement.speaker_type or "Person") if statement.speaker else None
    if _speaker([s for s in (held, q.speaker) if s]) != held:  # the statement's id has the name in it
        return None
    text, type_ = (q.text, q.type) if fuller[0] > fuller[1] else (statement.text, statement.type)
    return replace(
        statement,
        text=text,
        type=type_,
        agreement="disputed" if q.type != "indirect" and not quoted else agreement,
    )


def _with_event(occurrence: Occurrence, present: Sequence[Reported], member: Reported) -> Occurrence | None:
    """Give an occurrence as it reads with one more report, or None where that depends on reports not at hand."""
    e = member.event
    finer = _fineness(e.precision, e.date), _fineness(occurrence.precision, occurrence.date)
    if all(_member_rank(r) > _member_rank(member) for r in present):
        return None
    if finer[0] == finer[1] and e.date != occurrence.date:
        return None
    date, precision = (e.date, e.precision) if finer[0] > finer[1] else (occurrence.date, occurrence.precision)
    people = tuple(sorted({*occurrence.people, *e.people}))
    return replace(occurrence, date=date, precision=precision, people=people)


def _fullness(type_: str, text: str) -> tuple[int, int]:
    return ("indirect", "mixed", "direct").index(type_), len(text)


def _fineness(precision: str, date: str) -> tuple[bool, int]:
    return precision == "time", len(date)


def _linked(links: Collection[tuple[str, str]]) -> dict[str, set[str]]:
    linked: dict[str, set[str]] = defaultdict(set)
    for one, other in links:
        linked[one].add(other)
        linked[other].add(one)
    return linked


def _tie(
    nodes: list[_Node], links: Collection[tuple[str, str]], same: Callable[[_Node, _Node], bool]
) -> list[list[_Node]]:
    """Join nodes that are the same, through others too; but nothing that would join two different speakers."""
    linked = _linked(links)
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


def _candidates(nodes: list[_Node], of: Collection[int] | None = None) -> list[tuple[int, int]]:
    """Pairs worth comparing: of one date, and with the same wording or a telling word in common. Each pair once.

    `of` wants only those that one of these nodes has a part in.
    """
    holding: dict[tuple[str, str], list[int]] = defaultdict(list)
    telling: dict[tuple[str, str], list[int]] = defaultdict(list)
    for i, node in enumerate(nodes):
        for word in _marked(node, node.words.weight):
            holding[word].append(i)
        for word in _marked(node, _heaviest(node.words)):
            telling[word].append(i)
    pairs: set[tuple[int, int]] = set()
    for i in range(len(nodes)) if of is None else of:
        node = nodes[i]
        for word in _marked(node, _heaviest(node.words)):
            pairs.update((min(i, j), max(i, j)) for j in holding[word] if i != j)
        if of is not None:
            for word in _marked(node, node.words.weight):
                pairs.update((min(i, j), max(i, j)) for j in telling.get(word, ()) if i != j)
    return sorted(pairs)


def _marked(node: _Node, words: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Give words with the date that their node is of, and its whole wording like a word."""
    yield node.date, "=" + node.words.line
    for word in words:
        if node.words.weight[word]:
            yield node.date, word


def _heaviest(words: _Words) -> list[str]:
    return sorted(words.weight, key=lambda word: (-words.weight[word], word))[:TELLING]


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


def _member_rank(member: Carried | Reported) -> tuple[datetime, str, int]:
    start = member.quotation.start if isinstance(member, Carried) else member.event.start
    return member.published_at or datetime.max.replace(tzinfo=UTC), member.article, start


def _statement(cluster: list[_Node]) -> Statement:
    carried: list[Carried] = sorted((c for node in cluster for c in node.members), key=_member_rank)
    said = next((c.quotation for c in carried if c.quotation.said), None)
    speaker = _speaker([c.quotation.speaker for c in carried if c.quotation.speaker])
    # The fullest wording that somebody puts between quotation marks speaks for all; of several, the earliest.
    fullest = max((c.quotation for c in carried), key=lambda q: _fullness(q.type, q.text))
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
    """Choose a person before a body and a body before a place, by the fullest name; how often is no matter."""
    if not named:
        return None
    order = ("Person", "Organization", "Place")
    best = max(named, key=lambda s: (-order.index(s.type), len(s.name.split()), len(s.name), s.name))
    return Speaker(name=best.name, type=best.type)


def _agreement(carried: list[tuple[str, Quotation]]) -> Agreement:
    """`disputed` if one article only reports what another puts between quotation marks."""
    quoting = {article for article, q in carried if q.type != "indirect"}
    if quoting and any(article not in quoting for article, _ in carried):
        return "disputed"
    return "same" if len({_words(q.text).line for _, q in carried}) == 1 else "variant"


def _occurrence(cluster: list[_Node]) -> Occurrence:
    reported: list[Reported] = sorted((r for node in cluster for r in node.members), key=_member_rank)
    first = reported[0]
    finest = max((r.event for r in reported), key=lambda e: _fineness(e.precision, e.date))
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
