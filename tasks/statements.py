"""Which quotations of several articles are one statement, and which events are one. Pure: no store, no clock.

Only articles of one story, or that a relation links, are compared (`tasks/wordings.py`). What is tied to one another,
directly or through others, is one: so the outcome never depends on the order of arrival.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence

from storage.records import Agreement, Carried, Modality, Occurrence, Reported, Speaker, Statement
from tasks.wordings import (
    Node,
    are_two,
    called,
    candidates,
    fold,
    linked_of,
    may_meet,
    moved_marks,
    nodes_of,
    person,
    rank,
    same_event,
    same_statement,
    words_of,
)


def group_quotations(carried: Sequence[Carried], links: Collection[tuple[str, str]]) -> tuple[Statement, ...]:
    """Put quotations together that are one statement; each is in exactly one. `links` are pairs of related articles.

    The order of `carried` does not matter. Statements come by id.
    """
    found = tie_together(list(nodes_of(carried).values()), links, same_statement)
    linked = linked_of(links)
    return tuple(sorted((statement_of(cluster, linked) for cluster in found), key=lambda s: s.id))


def undecided(carried: Sequence[Carried], links: Collection[tuple[str, str]]) -> frozenset[str]:
    """Give the articles that carry what ties statements of named persons to such without a name.

    To which of several a statement without a name belongs, if to any, depends on all that these are tied to.
    """
    nodes, linked = list(nodes_of(carried).values()), linked_of(links)
    head = {id(n): n for n in nodes}
    for i, j in candidates(nodes):
        _join(head, nodes[i], nodes[j], linked, same_statement)
    kinds: dict[int, set[bool]] = defaultdict(set)
    for n in nodes:
        kinds[id(_find(head, n))].add(person(n) is None)
    return frozenset(i for n in nodes if len(kinds[id(_find(head, n))]) > 1 for i in n.articles)


def unnamed(carried: Sequence[Carried]) -> frozenset[str]:
    """Give the articles that carry something of which no person is named as the speaker."""
    return frozenset(c.article for c in carried if c.quotation.speaker is None or c.quotation.speaker.type != "Person")


def group_events(reported: Sequence[Reported], links: Collection[tuple[str, str]]) -> tuple[Occurrence, ...]:
    """Put events together that are one; each is in exactly one. As `group_quotations`."""
    found = tie_together(list(nodes_of(reported).values()), links, same_event)
    return tuple(sorted((occurrence_of(cluster) for cluster in found), key=lambda o: o.id))


def tie_together(
    nodes: list[Node], links: Collection[tuple[str, str]], same: Callable[[Node, Node], bool]
) -> list[list[Node]]:
    """Join nodes that are the same, through others too; but nothing that would join two different speakers."""
    linked = linked_of(links)
    # First what has a named speaker, and apart from it what has none. Then an unnamed family joins a named one, unless
    # it is tied to several: it could be anyone's then. What is joined already need not be compared.
    head = {id(n): n for n in nodes}
    mixed: list[tuple[Node, Node]] = []
    is_named = [person(n) is not None for n in nodes]
    names = [called(n.speaker) for n in nodes]
    for i, j in candidates(nodes):
        if are_two(names[i], names[j]):
            continue  # before anything else: a thousand quotations of one text may be half a million pairs
        if is_named[i] == is_named[j]:
            _join(head, nodes[i], nodes[j], linked, same)
        else:
            mixed.append((nodes[i], nodes[j]))
    toward: dict[int, set[int]] = defaultdict(set)
    for a, b in mixed:
        unnamed, named = (a, b) if person(a) is None else (b, a)
        known = toward[id(_find(head, unnamed))]
        if id(_find(head, named)) not in known and may_meet(a, b, linked) and same(a, b):
            known.add(id(_find(head, named)))
    named_families = {key: families for key, families in toward.items() if len(families) == 1}
    by_key = {id(n): n for n in nodes}
    for key, families in named_families.items():
        head[key] = by_key[next(iter(families))]
    clusters: dict[int, list[Node]] = defaultdict(list)
    for n in nodes:
        clusters[id(_find(head, n))].append(n)
    return list(clusters.values())


def _join(
    head: dict[int, Node], a: Node, b: Node, linked: dict[str, set[str]], same: Callable[[Node, Node], bool]
) -> None:
    if _find(head, a) is not _find(head, b) and may_meet(a, b, linked) and same(a, b):
        head[id(_find(head, a))] = _find(head, b)


def _find(head: dict[int, Node], node: Node) -> Node:
    while (above := head[id(node)]) is not node:
        head[id(node)] = head[id(above)]
        node = above
    return node


def statement_of(cluster: list[Node], linked: dict[str, set[str]]) -> Statement:
    """Give the statement that some nodes are; `linked` is as `linked_of` gives it."""
    carried: list[Carried] = sorted((c for node in cluster for c in node.members), key=rank)
    said = next((c.quotation for c in carried if c.quotation.said), None)
    speaker = speaker_of([c.quotation.speaker for c in carried if c.quotation.speaker])
    # The fullest wording that somebody puts between quotation marks speaks for all; of several, the earliest.
    fullest = max((c.quotation for c in carried), key=lambda q: fullness(q.type, q.text))
    first = carried[0]
    return Statement(
        id=_name(first.article, words_of(first.quotation.text).line, fold(speaker.name) if speaker else ""),
        text=fullest.text,
        type=fullest.type,
        speaker=speaker.name if speaker else None,
        speaker_type=speaker.type if speaker else None,
        said=said.said if said else None,
        said_basis=said.said_basis if said else None,
        agreement=_agreement(cluster, linked),
        members=tuple(c.key for c in carried),
    )


def speaker_of(named: list[Speaker]) -> Speaker | None:
    """Choose a person before a body and a body before a place, by the fullest name; how often is no matter."""
    if not named:
        return None
    order = ("Person", "Organization", "Place")
    best = max(named, key=lambda s: (-order.index(s.type), len(s.name.split()), len(s.name), s.name))
    return Speaker(name=best.name, type=best.type)


def _agreement(cluster: list[Node], linked: dict[str, set[str]]) -> Agreement:
    """`disputed` if one article tells in its own words what another puts between quotation marks, all or a part of it.

    A part counts only between articles that are held against each other, so that what comes later need look no further.
    """
    quoting = {c.article for node in cluster for c in node.members if c.quotation.type != "indirect"}
    if quoting and any(not node.articles <= quoting for node in cluster):
        return "disputed"
    if is_moved(cluster, cluster, linked):
        return "disputed"
    return "same" if len({node.words.line for node in cluster}) == 1 else "variant"


def is_moved(some: Sequence[Node], others: Sequence[Node], linked: dict[str, set[str]]) -> bool:
    """True if the quotation marks of one of `some` and one of `others` are not around the same words."""
    beside = [node for node in others if node.lead or node.tail]
    pairs = [(a, b) for a in some for b in (others if a.lead or a.tail else beside) if a is not b]
    return any(moved_marks(a, b) and may_meet(a, b, linked) for a, b in pairs)


def occurrence_of(cluster: list[Node]) -> Occurrence:
    """Give the occurrence that some nodes are."""
    reported: list[Reported] = sorted((r for node in cluster for r in node.members), key=rank)
    first = reported[0]
    finest = max((r.event for r in reported), key=lambda e: fineness(e.precision, e.date))
    return Occurrence(
        id=_name(first.article, first.event.date[:10], words_of(first.event.text).line),
        date=finest.date,
        precision=finest.precision,
        text=first.event.text,
        people=tuple(sorted({name for r in reported for name in r.event.people})),
        members=tuple(r.key for r in reported),
        modality=surest([r.event.modality for r in reported]),
    )


def surest(told: Iterable[Modality | None]) -> Modality | None:
    """Give what is surest of several: past before planned before conditional before what nobody tells."""
    return max(told, key=(None, "conditional", "planned", "past").index, default=None)


def fullness(type_: str, text: str) -> tuple[int, int]:
    return ("indirect", "mixed", "direct").index(type_), len(text)


def fineness(precision: str, date: str) -> tuple[bool, int]:
    return precision == "time", len(date)


def _name(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]
