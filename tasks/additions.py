"""What new articles add to the statements and events of their story, without looking at all of it. Pure: no clock.

The outcome is that of `tasks/statements.py` over everything; what that cannot be said of is left to it.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from storage.records import Agreement, Carried, Occurrence, Reported, Speaker, Statement
from tasks.statements import (
    fineness,
    fullness,
    is_moved,
    occurrence_of,
    speaker_of,
    statement_of,
    surest,
    tie_together,
)
from tasks.wordings import (
    Node,
    candidates,
    linked_of,
    may_meet,
    nodes_of,
    person,
    rank,
    same_event,
    same_statement,
    words_of,
)


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
    found = _add(known, standing, new, links, same_statement)
    if found is None:
        return None
    linked = linked_of(links)
    grown = _absorb(found, _with_quotation)
    if grown is None:
        return None
    told = [
        replace(statement, agreement="disputed") if _is_moved(present, members, linked) else statement
        for statement, (_, present, members) in zip(grown, found.joined, strict=True)
    ]
    return [*told, *(statement_of(cluster, linked) for cluster in found.fresh)]


def add_events(
    known: Mapping[int, Occurrence],
    standing: Sequence[Reported],
    new: Sequence[Reported],
    links: Collection[tuple[str, str]],
) -> list[Occurrence] | None:
    """Put what new articles of a story report beside what is there. As `add_quotations`."""
    found = _add(known, standing, new, links, same_event)
    grown = found and _absorb(found, _with_event)
    return grown if found is None or grown is None else [*grown, *map(occurrence_of, found.fresh)]


class _Added(NamedTuple):
    """For each cluster that gets more members: it, the present members at hand, the new ones; and the new clusters."""

    joined: list[tuple[Any, list[Any], list[Any]]]
    fresh: list[list[Node]]


def _add(
    known: Mapping[int, Any],
    standing: Sequence[Any],
    new: Sequence[Any],
    links: Collection[tuple[str, str]],
    same: Callable[[Node, Node], bool],
) -> _Added | None:
    """Find the cluster that each new wording is tied to, and group those that are tied to none.

    None where one would tie clusters that are there to each other, or name a person beside those who are named.
    """
    nodes, fresh = nodes_of(standing), nodes_of(new)
    cluster = {key: known[node.members[0].key].id for key, node in nodes.items()}
    for key, node in fresh.items():
        if key in nodes:
            nodes[key].articles |= node.articles
    every = [*nodes.values(), *(node for key, node in fresh.items() if key not in nodes)]
    linked = linked_of(links)
    towards: dict[Any, set[str]] = defaultdict(set)
    named: set[Any] = set()
    for key in fresh.keys() & cluster.keys():
        towards[key].add(cluster[key])
        named.add(key)
    among: list[tuple[int, int]] = []
    for i, j in candidates(every, {i for i, node in enumerate(every) if node.key in fresh}) if nodes else ():
        pair = every[i], every[j]
        if pair[0].key not in cluster and pair[1].key not in cluster:
            among.append((i, j))  # they are compared only if it turns out to matter
            continue
        # Whoever is in a cluster for sure need not be held against the rest of it.
        sure = any(a.key in named and cluster.get(b.key) in towards[a.key] for a, b in (pair, pair[::-1]))
        if sure or not may_meet(*pair, linked) or not same(*pair):
            continue
        for here, there in (pair, pair[::-1]):
            if there.key in cluster:
                towards[here.key].add(cluster[there.key])
                if person(here) is None or person(there) is not None:
                    named.add(here.key)
    if any(len(towards[key]) > 1 or (towards[key] and key not in named) for key in fresh):
        return None
    for one, other in ((every[i], every[j]) for i, j in among):
        if towards[one.key] != towards[other.key] and may_meet(one, other, linked) and same(one, other):
            return None
    by_id = {statement.id: statement for statement in known.values()}
    present: dict[str, list[Any]] = defaultdict(list)
    for member in standing:
        present[known[member.key].id].append(member)
    more: dict[str, list[Any]] = defaultdict(list)
    for key, node in fresh.items():
        for id_ in towards[key]:
            more[id_] += node.members
    joined = [(by_id[id_], present[id_], sorted(more[id_], key=rank)) for id_ in sorted(more)]
    return _Added(joined, tie_together([node for key, node in fresh.items() if not towards[key]], links, same))


def _is_moved(present: Sequence[Carried], members: Sequence[Carried], linked: dict[str, set[str]]) -> bool:
    fresh = list(nodes_of(members).values())
    return is_moved(fresh, [*nodes_of(present).values(), *fresh], linked)


def _absorb(found: _Added, join: Callable[[Any, list[Any], Any], Any]) -> list[Any] | None:
    grown: list[Any] = []
    for cluster, present, members in found.joined:
        whole = cluster
        for member in members:
            if (whole := join(whole, present, member)) is None:
                return None
        grown.append(replace(whole, members=tuple(m.key for m in members)))
    return grown


def _with_quotation(statement: Statement, present: Sequence[Carried], member: Carried) -> Statement | None:
    """Give a statement as it reads with one more carrier, or None where that depends on carriers not at hand."""
    q, here = member.quotation, rank(member)
    fuller = fullness(q.type, q.text), fullness(statement.type, statement.text)
    later = [c for c in present if rank(c) < here]
    if not later or (fuller[0] == fuller[1] and q.text != statement.text):
        return None
    told = (q.said, q.said_basis) == (statement.said, statement.said_basis)
    if q.said is not None and not told and not any(c.quotation.said for c in later):
        return None
    quoted = statement.type != "indirect"
    if quoted and q.type == "indirect" and statement.agreement != "disputed":
        return None
    alike = words_of(q.text).line == words_of(statement.text).line
    agreement: Agreement = statement.agreement if alike or statement.agreement == "disputed" else "variant"
    held = Speaker(name=statement.speaker, type=statement.speaker_type or "Person") if statement.speaker else None
    if speaker_of([s for s in (held, q.speaker) if s]) != held:  # the statement's id has the name in it
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
    finer = fineness(e.precision, e.date), fineness(occurrence.precision, occurrence.date)
    if all(rank(r) > rank(member) for r in present):
        return None
    same = (occurrence.date, occurrence.precision)
    # Of equally exact dates the earliest report's is told: it stands if one that is there has it and came before.
    stands = any((r.event.date, r.event.precision) == same and rank(r) < rank(member) for r in present)
    if finer[0] == finer[1] and (e.date, e.precision) != same and not stands:
        return None
    date, precision = (e.date, e.precision) if finer[0] > finer[1] else (occurrence.date, occurrence.precision)
    people = tuple(sorted({*occurrence.people, *e.people}))
    modality = surest((occurrence.modality, e.modality))
    return replace(occurrence, date=date, precision=precision, people=people, modality=modality)
